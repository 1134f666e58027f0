"""Compensation over HTTP (补偿审批): what is proposed, decided and done about breaks, and decisions of the second person."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from psycopg import Connection

from fenghe.kernel.listing import Counts, Listing, listing, words_of
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.routes_listing import filtered, room_hub
from fenghe.kernel.store_reading import Row
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.paging import Paging, read_id
from fenghe.kernel.web.problems import bad_field, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, export_response, paged, requires
from fenghe.money import store_breaks
from fenghe.money import store_compensation_queries as store
from fenghe.money.causes import Cause, title_of
from fenghe.money.compensation import NO_SUCH_ORDER, Nothing, words
from fenghe.money.compensation_policy import KIND_OF, TITLES, Kind
from fenghe.money.observing import amount_words
from fenghe.money.store_compensation_queries import STATES, Expected, Filter

VIEW: Final = "money.view"
APPROVE: Final = "money.approve"
PROPOSE: Final = "money.reconcile"
COUNT_TO: Final = 10_000
MOST: Final = 2_000
STATE_TITLES: Final = {
    "proposed": "待批准", "approved": "已批准", "under_way": "进行中", "done": "已完成", "failed": "失败",
    "refused": "已驳回", "withdrawn": "已撤回",
}  # fmt: skip


class CompensationQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What the list may be narrowed by, as the address says it; words are separated by commas."""

    tab: str = "proposed"
    kind: str = ""
    cause: str = ""
    number: str = ""
    currency: str = ""


_LIST: Final = {**paged("id", default="-id"), **filtered(CompensationQuery)}


class CompensationRow(msgspec.Struct, frozen=True, kw_only=True):
    """One compensation in the list; `own`: whoever looks proposed it, and somebody else has to decide."""

    id: str
    break_id: str
    kind: str
    kind_title: str
    cause: str
    cause_title: str
    state: str
    state_title: str
    order_no: str
    target: str
    provider: str
    channel: str
    shop: str
    day: date | None
    currency: str
    amount_minor: int
    moves_money: bool
    automatic: bool
    words: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    why: str
    waits: str
    started_at: datetime | None
    ended_at: datetime | None
    message_id: str | None
    break_status: str
    own: bool
    unanswered: bool
    """The channel was asked for the order and did not say whether it has it: a person may."""


class CompensationEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to it."""

    at: datetime
    author: str
    event: str
    body: Mapping[str, Any]


class CompensationPage(msgspec.Struct, frozen=True, kw_only=True):
    """One compensation whole: the break with its documents, and the history."""

    item: CompensationRow
    note: str
    documents: Sequence[Mapping[str, Any]]
    field: str
    ours_minor: int | None
    theirs_minor: int | None
    closed_by: Mapping[str, Any] | None
    events: Sequence[CompensationEvent]


class BreakRepairs(msgspec.Struct, frozen=True, kw_only=True):
    """What can be done about a break now (`kind` empty: nothing, `why_not` says why) and every compensation there was of it."""

    kind: str
    kind_title: str
    able: bool
    why_not: str
    items: Sequence[CompensationRow]


class CompensationSum(msgspec.Struct, frozen=True, kw_only=True):
    """How many there are and of how much."""

    state: str
    kind: str
    kind_title: str
    cause: str
    cause_title: str
    currency: str
    count: int
    amount_minor: int


class DecisionSum(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision on the filter would decide: how many, of how much by currency, and how many are one's own."""

    count: int
    amounts: Mapping[str, int]
    kinds: Mapping[str, int]
    own: int


class CompensationDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What the second person says about these, or about all of a filter; `count` and `amounts` are what he was shown."""

    approve: bool
    count: int
    amounts: dict[str, int]
    reason: str = ""
    ids: tuple[str, ...] = ()
    filter: CompensationQuery = CompensationQuery()


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """How many were decided."""

    decided: int


class ProposalWish(msgspec.Struct, frozen=True, kw_only=True):
    """Breaks whose repair somebody wants to propose."""

    break_ids: tuple[str, ...]


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """How many proposals there are now that were not there before."""

    proposed: int


class SetAside(msgspec.Struct, frozen=True, kw_only=True):
    """An open break about which nothing can be done by us, and why."""

    break_id: str
    cause: str
    cause_title: str
    order_no: str
    payment_no: str
    currency: str
    amount_minor: int
    day: date | None
    words: str


def _filter(asked: CompensationQuery, ids: Sequence[str] = ()) -> Filter:
    states, kinds = () if asked.tab == "all" else tuple(words_of(asked.tab)), tuple(words_of(asked.kind))
    if unknown := [one for one in states if one not in STATES]:
        raise bad_field("tab", f"没有 {unknown[0]} 这种状态")
    if unknown := [one for one in kinds if one not in set(Kind)]:
        raise bad_field("kind", f"没有 {unknown[0]} 这种动作")
    return Filter(
        state=states,
        kind=kinds,
        cause=tuple(words_of(asked.cause)),
        number=asked.number.strip(),
        currency=asked.currency.strip(),
        ids=tuple(read_id(one, "ids") for one in ids),
    )


def _row(row: Row, person: str) -> CompensationRow:
    told = {
        name: row[name]
        for name in CompensationRow.__struct_fields__
        if name in row and name not in ("id", "break_id", "message_id")
    }
    return CompensationRow(
        **told,
        id=str(row["id"]),
        break_id=str(row["break_id"]),
        message_id=None if row["message_id"] is None else str(row["message_id"]),
        kind_title=TITLES[Kind(row["kind"])],
        cause_title=title_of(row["cause"]),
        state_title=STATE_TITLES[row["state"]],
        words=words(row["kind"], row["plan"], amount_words(row["amount_minor"], row["currency"])),
        own=row["proposed_by"] == person,
        unanswered=row["kind"] == Kind.REBUILD_ORDER
        and row["state"] == "failed"
        and not row["why"].startswith(NO_SUCH_ORDER),
    )


@get("/api/compensations", guards=[requires(VIEW)], dependencies=_LIST)
async def list_compensations(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[CompensationQuery]
) -> Listing[CompensationRow]:
    """Compensations, the newest first."""
    wanted, person = _filter(asked), actor_of(request).person

    def read(connection: Connection[Any]) -> Listing[CompensationRow]:
        rows = store.list_compensations(connection, wanted, limit=paging.size, offset=paging.offset)
        told = store.sums(connection, msgspec.structs.replace(wanted, state=()))
        tabs = {state: sum(one["count"] for one in told if one["state"] == state) for state in STATES}
        total = sum(count for state, count in tabs.items() if state in (wanted.state or STATES))
        counts = Counts(total=total, limit=COUNT_TO, tabs={**tabs, "all": sum(tabs.values())})
        return listing([_row(row, person) for row in rows], counts=counts, paging=paging)

    return await room_hub(request).sync(read)


@get("/api/compensations/summary", guards=[requires(VIEW)], dependencies=filtered(CompensationQuery))
async def sum_compensations(request: ApiRequest, asked: NamedDependency[CompensationQuery]) -> list[CompensationSum]:
    """How many there are and of how much, by state, kind, cause and currency."""
    wanted = _filter(asked)
    rows = await room_hub(request).sync(lambda connection: store.sums(connection, wanted))
    return [
        CompensationSum(**row, kind_title=TITLES[Kind(row["kind"])], cause_title=title_of(row["cause"])) for row in rows
    ]


@get("/api/compensations/deciding", guards=[requires(APPROVE)], dependencies=filtered(CompensationQuery))
async def preview_decision(
    request: ApiRequest, asked: NamedDependency[CompensationQuery], ids: FromQuery[str] = ""
) -> DecisionSum:
    """What a decision on this filter (or on these ids) would decide, before it is taken."""
    wanted, person = _filter(asked, words_of(ids)), actor_of(request).person
    rows = await room_hub(request).sync(lambda connection: store.deciding(connection, wanted, person=person))
    mine = [row for row in rows if not row["own"]]
    amounts: dict[str, int] = {}
    kinds: dict[str, int] = {}
    for row in mine:
        amounts[row["currency"]] = amounts.get(row["currency"], 0) + row["amount_minor"]
        title = TITLES[Kind(row["kind"])]
        kinds[title] = kinds.get(title, 0) + row["count"]
    return DecisionSum(
        count=sum(row["count"] for row in mine),
        amounts=amounts,
        kinds=kinds,
        own=sum(row["count"] for row in rows if row["own"]),
    )


@get("/api/compensations/set-aside", guards=[requires(VIEW)])
async def list_set_aside(request: ApiRequest) -> list[SetAside]:
    """Open breaks about which nothing is proposed, with the reason; the largest first."""
    rows = await room_hub(request).sync(lambda connection: store.set_aside(connection, limit=MOST))
    return [SetAside(**{**row, "break_id": str(row["break_id"])}, cause_title=title_of(row["cause"])) for row in rows]


EXPORTED: Final = (
    "编号", "动作", "原因", "状态", "订单号", "单据", "支付机构", "币种", "金额（分）", "做什么", "提出人", "提出时间", "决定人",
    "决定时间", "说明", "完成时间",
)  # fmt: skip


@get(
    "/api/compensations/export",
    guards=[requires("exports.create"), requires(VIEW)],
    dependencies=filtered(CompensationQuery),
)
async def export_compensations(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    asked: NamedDependency[CompensationQuery],
) -> Stream:
    """The list as a file."""
    wanted, actor = _filter(asked), actor_of(request)

    def read(connection: Connection[Any]) -> list[Sequence[Cell]]:
        log_access(connection, actor, action="compensation.export.done", target=str(msgspec.to_builtins(asked)))
        return [_cells(_row(row, actor.person)) for row in store.list_compensations(connection, wanted)]

    rows = await room_hub(request).sync(read)
    return await export_response(EXPORTED, rows, file_format=format, filename="补偿")


def _cells(one: CompensationRow) -> Sequence[Cell]:
    return (
        one.id, one.kind_title, one.cause_title, one.state_title, one.order_no, one.target, one.provider, one.currency,
        one.amount_minor, one.words, one.proposed_by, one.proposed_at, one.decided_by, one.decided_at,
        one.why or one.waits, one.ended_at,
    )  # fmt: skip


@get("/api/compensations/{compensation_id:str}", guards=[requires(VIEW)])
async def get_compensation(request: ApiRequest, compensation_id: FromPath[str]) -> CompensationPage:
    """One compensation: what will be or was done, the break and its documents, the history."""
    number, person = read_id(compensation_id), actor_of(request).person

    def read(connection: Connection[Any]) -> CompensationPage:
        row = store.find(connection, number)
        told = store_breaks.find_break(connection, row["break_id"])
        assert told is not None
        return CompensationPage(
            item=_row(row, person),
            note=told["note"],
            documents=told["documents"],
            field=told["field"],
            ours_minor=told["ours_minor"],
            theirs_minor=told["theirs_minor"],
            closed_by=told["closed_by"],
            events=[CompensationEvent(**one) for one in store.events_of(connection, number)],
        )

    return await room_hub(request).sync(read)


LIVE: Final = frozenset({"proposed", "approved", "under_way"})


@get("/api/recon/breaks/{break_id:str}/repairs", guards=[requires(VIEW)])
async def repairs_of_break(request: ApiRequest, break_id: FromPath[str]) -> BreakRepairs:
    """What repairs a break of this cause, and every compensation there was of it."""
    number, person = read_id(break_id), actor_of(request).person

    def read(connection: Connection[Any]) -> BreakRepairs:
        told = store_breaks.find_break(connection, number)
        if told is None:
            raise not_found(f"差异 {number}")
        rows = store.of_break(connection, number)
        waits = told["status"] != "open" or any(row["state"] in LIVE for row in rows)
        found = None if waits else store.repair_of(connection, told)
        kind = found[0].kind if isinstance(found, tuple) else None
        return BreakRepairs(
            kind=kind or "",
            kind_title=TITLES[kind] if kind else "",
            able=kind is not None,
            why_not=found.words if isinstance(found, Nothing) and Cause(told["cause"]) in KIND_OF else "",
            items=[_row(row, person) for row in rows],
        )

    return await room_hub(request).sync(read)


@post("/api/compensations/decision", guards=[requires(APPROVE)], status_code=200)
async def decide_compensations(request: ApiRequest, data: JSONBody[CompensationDecision]) -> Decided:
    """Approve or refuse, if what stands is exactly what was shown; one's own proposals are left to others."""
    if not data.approve and not data.reason.strip():
        raise bad_field("reason", "请写明为什么驳回")
    if len(data.ids) > MOST:
        raise bad_field("ids", f"一次最多 {MOST} 条，请改用筛选条件")
    wanted, expected = _filter(data.filter, data.ids), Expected(count=data.count, amounts=data.amounts)

    def work(connection: Connection[Any]) -> int:
        return store.decide(
            connection, wanted, approve=data.approve, reason=data.reason.strip()[:500], expected=expected,
            actor=actor_of(request), now=datetime.now(UTC),
        )  # fmt: skip

    return Decided(decided=await room_hub(request).sync(work))


@post("/api/compensations", guards=[requires(PROPOSE)])
async def propose_compensations(request: ApiRequest, data: JSONBody[ProposalWish]) -> Proposed:
    """Propose the repair of these breaks; somebody else decides."""
    if not 0 < len(data.break_ids) <= MOST:
        raise bad_field("break_ids", f"应为 1 到 {MOST} 条差异")
    breaks = [read_id(one, "break_ids") for one in data.break_ids]

    def work(connection: Connection[Any]) -> int:
        return store.propose_by_person(connection, breaks, actor=actor_of(request), now=datetime.now(UTC))

    return Proposed(proposed=await room_hub(request).sync(work))


@post("/api/compensations/{compensation_id:str}/again", guards=[requires(PROPOSE)], status_code=204)
async def try_compensation_again(request: ApiRequest, compensation_id: FromPath[str]) -> None:
    """Propose anew what failed or was refused: the same act under the same number, decided by somebody else."""
    number = read_id(compensation_id)

    def work(connection: Connection[Any]) -> None:
        store.try_again(connection, number, actor=actor_of(request), now=datetime.now(UTC))

    await room_hub(request).sync(work)


class AbsentWord(msgspec.Struct, frozen=True, kw_only=True):
    """That an order does not exist on its platform, as a person found there, and how he knows."""

    reason: str


@post("/api/compensations/{compensation_id:str}/absent", guards=[requires(PROPOSE)], status_code=200)
async def say_order_absent(request: ApiRequest, compensation_id: FromPath[str], data: JSONBody[AbsentWord]) -> Proposed:
    """Say that the order which the channel gave no answer about does not exist there; another person decides what follows."""
    number, reason = read_id(compensation_id), data.reason.strip()
    if len(reason) < 2:
        raise bad_field("reason", "请写明是在哪里核对的")

    def work(connection: Connection[Any]) -> int:
        return store.say_absent(connection, number, reason=reason[:400], actor=actor_of(request), now=datetime.now(UTC))

    return Proposed(proposed=await room_hub(request).sync(work))


router = Router(
    path="/",
    route_handlers=[
        list_compensations, sum_compensations, preview_decision, list_set_aside, export_compensations, get_compensation,
        decide_compensations, propose_compensations, try_compensation_again, repairs_of_break, say_order_absent,
    ],
    tags=["compensation"],
)  # fmt: skip
