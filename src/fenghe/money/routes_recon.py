"""Reconciliation over HTTP (对账): runs with their waterfall, the queue of breaks, sheets, and rulings of two people."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec
from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from psycopg import Connection

from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.listing import Counts, Listing, listing
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.routes_listing import filtered, room_hub
from fenghe.kernel.web.exporting import ExportFormat
from fenghe.kernel.web.paging import Paging, read_id
from fenghe.kernel.web.problems import Problem, bad_field, conflict, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, export_response, paged, requires
from fenghe.money import sheet, store_breaks, store_edits, store_recon
from fenghe.money.causes import MEANINGS, Cause, title_of
from fenghe.money.policy import KIND, SHIPPED, problems
from fenghe.money.store_breaks import BreakFilter

VIEW: Final = "money.view"
RECONCILE: Final = "money.reconcile"
COUNT_TO: Final = 10_000
_RUNS: Final = paged("id", default="-id")


class BreakQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What the queue may be narrowed by, as the address says it; words are separated by commas."""

    cause: str = ""
    status: str = "open"
    day_from: str = ""
    day_to: str = ""
    number: str = ""
    provider: str = ""
    channel: str = ""
    currency: str = ""
    fault: bool | None = None


_BREAKS: Final = {**paged("amount", default="-amount"), **filtered(BreakQuery)}


class WaterfallLine(msgspec.Struct, frozen=True, kw_only=True):
    """A level (no cause), or what a cause contributes between two levels."""

    currency: str
    place: int
    step: str
    cause: str
    title: str
    fault: bool
    amount_minor: int
    count: int


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """One run in the list."""

    id: str
    kind: str
    scope: str
    day_from: date | None
    day_to: date | None
    chains: int
    opened: int
    reopened: int
    closed: int
    standing: int
    asked_by: str
    started_at: datetime
    finished_at: datetime


class RunPage(msgspec.Struct, frozen=True, kw_only=True):
    """One run: what it went by, read and stated."""

    run: RunRow
    rules: Mapping[str, Any]
    inputs: Mapping[str, Any]
    coverage: Mapping[str, Any]
    counts: Mapping[str, Any]
    waterfall: list[WaterfallLine]
    channels: list[str]
    providers: list[str]


class BreakRow(msgspec.Struct, frozen=True, kw_only=True):
    """One break in the queue, with its reason on the row: field, ours, theirs."""

    id: str
    key: str
    cause: str
    title: str
    fault: bool
    status: str
    order_no: str
    payment_no: str
    channel: str
    shop: str
    provider: str
    day: date | None
    currency: str
    amount_minor: int
    field: str
    ours_minor: int | None
    theirs_minor: int | None
    documents: list[Mapping[str, Any]]
    note: str
    rule_version: str
    owner: str | None
    decision: str
    comment: str
    case_id: str | None
    found_at: datetime
    closed_at: datetime | None
    closed_by: Mapping[str, Any] | None


class BreakEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a break."""

    at: datetime
    author: str
    event: str
    run_id: str | None
    body: Mapping[str, Any]


class BreakPage(msgspec.Struct, frozen=True, kw_only=True):
    """One break with its history."""

    item: BreakRow
    events: list[BreakEvent]


class CauseSum(msgspec.Struct, frozen=True, kw_only=True):
    """How many breaks of a cause stand, and their sum."""

    cause: str
    title: str
    currency: str
    fault: bool
    count: int
    amount_minor: int


class RulingWish(msgspec.Struct, frozen=True, kw_only=True):
    """A ruling that is proposed: match or unmatch a document, or accept (force) a break as it is."""

    act: str
    reason: str
    key: str = ""
    kind: str = ""
    document_id: str = ""
    order_no: str = ""


class RulingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A ruling with who proposed and who decided it."""

    id: str
    act: str
    scope_key: str
    body: Mapping[str, Any]
    reason: str
    status: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the second person says."""

    approve: bool


def _run_row(row: Mapping[str, Any]) -> RunRow:
    return RunRow(**{**{name: row[name] for name in RunRow.__struct_fields__}, "id": str(row["id"])})


def _break_row(row: Mapping[str, Any]) -> BreakRow:
    told = {name: row[name] for name in BreakRow.__struct_fields__ if name != "title"}
    case = None if row["case_id"] is None else str(row["case_id"])
    return BreakRow(**{**told, "id": str(row["id"]), "case_id": case, "title": title_of(row["cause"])})


def read_query(asked: BreakQuery) -> BreakFilter:
    """The filter in the queue's own terms; what is wrong is said by field."""
    causes = tuple(word for word in asked.cause.split(",") if word)
    if unknown := [one for one in causes if one not in set(Cause)]:
        raise bad_field("cause", f"没有 {unknown[0]} 这种原因")
    if asked.status not in ("open", "closed", "all"):
        raise bad_field("status", "应为 open、closed 或 all")
    return BreakFilter(
        cause=causes,
        status=asked.status,
        day_from=_day("day_from", asked.day_from),
        day_to=_day("day_to", asked.day_to),
        order_no=asked.number.strip(),
        provider=asked.provider,
        channel=asked.channel,
        currency=asked.currency,
        fault=asked.fault,
    )


def _day(field: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise bad_field(field, "日期应写成 2026-02-01") from None


@get("/api/recon/runs", guards=[requires(VIEW)], dependencies=_RUNS)
async def list_runs(request: ApiRequest, paging: NamedDependency[Paging], kind: FromQuery[str] = "") -> Listing[RunRow]:
    """Runs, the newest first; `kind` scan or reconcile."""

    def read(connection: Connection[Any]) -> Listing[RunRow]:
        rows, total = store_recon.list_runs(connection, kind=kind, limit=paging.size, offset=paging.offset)
        counts = Counts(total=total, limit=COUNT_TO)
        return listing([_run_row(row) for row in rows], counts=counts, paging=paging)

    return await room_hub(request).sync(read)


@get("/api/recon/runs/{run_id:str}", guards=[requires(VIEW)])
async def get_run(
    request: ApiRequest, run_id: FromPath[str], channel: FromQuery[str] = "", provider: FromQuery[str] = ""
) -> RunPage:
    """One run (`latest`: the newest reconciliation) with its waterfall, of some channels or providers if asked."""

    def read(connection: Connection[Any]) -> RunPage:
        row = store_recon.find_run(connection, None if run_id == "latest" else read_id(run_id))
        if row is None:
            raise not_found(f"对账批次 {run_id}")
        wanted = {
            "channel": tuple(word for word in channel.split(",") if word),
            "provider": tuple(word for word in provider.split(",") if word),
        }
        lines = store_recon.waterfall_of(connection, row["id"], **wanted)
        channels, providers = store_recon.parts_of(connection, row["id"])
        return RunPage(
            run=_run_row(row),
            rules=row["rules"],
            inputs=row["inputs"],
            coverage=row["coverage"],
            counts=row["counts"],
            waterfall=[
                WaterfallLine(
                    currency=one.currency, place=one.place, step=one.step, cause=one.cause,
                    title=title_of(one.cause) if one.cause else one.step, fault=one.fault, amount_minor=one.amount_minor,
                    count=one.count,
                )
                for one in lines
            ],
            channels=channels,
            providers=providers,
        )  # fmt: skip

    return await room_hub(request).sync(read)


@get("/api/recon/breaks", guards=[requires(VIEW)], dependencies=_BREAKS)
async def list_breaks(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[BreakQuery]
) -> Listing[BreakRow]:
    """The queue of breaks, the largest first."""
    wanted = read_query(asked)

    def read(connection: Connection[Any]) -> Listing[BreakRow]:
        rows = store_breaks.list_breaks(connection, wanted, limit=paging.size, offset=paging.offset)
        counts = Counts(total=store_breaks.count(connection, wanted, limit=COUNT_TO), limit=COUNT_TO)
        return listing([_break_row(row) for row in rows], counts=counts, paging=paging)

    return await room_hub(request).sync(read)


@get("/api/recon/causes", guards=[requires(VIEW)], dependencies=filtered(BreakQuery))
async def sum_breaks(request: ApiRequest, asked: NamedDependency[BreakQuery]) -> list[CauseSum]:
    """How many breaks stand and their sum, by cause and currency."""
    wanted = read_query(asked)
    rows = await room_hub(request).sync(store_breaks.summary, wanted)
    return [CauseSum(**row) for row in rows]


@get("/api/recon/breaks/export", guards=[requires("exports.create"), requires(VIEW)], dependencies=filtered(BreakQuery))
async def export_breaks(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    asked: NamedDependency[BreakQuery],
) -> Stream:
    """The queue as a sheet with signed rows, to be edited and taken back."""
    wanted = read_query(asked)

    def read(connection: Connection[Any]) -> list[tuple[Any, ...]]:
        log_access(connection, actor_of(request), action="break.export.done", target=str(msgspec.to_builtins(asked)))
        secret = store_edits.sheet_secret(connection)
        return [sheet.cells(secret, row) for row in store_breaks.list_breaks(connection, wanted)]

    rows = await room_hub(request).sync(read)
    return await export_response(sheet.HEADINGS, rows, file_format=format, filename="差异")


@get("/api/recon/breaks/{break_id:str}", guards=[requires(VIEW)])
async def get_break(request: ApiRequest, break_id: FromPath[str]) -> BreakPage:
    """One break: both documents, and what happened to it."""
    number = read_id(break_id)

    def read(connection: Connection[Any]) -> BreakPage:
        row = store_breaks.find_break(connection, number)
        if row is None:
            raise not_found(f"差异 {break_id}")
        events = [
            BreakEvent(
                at=one[0], author=one[1], event=one[2], run_id=None if one[3] is None else str(one[3]), body=one[4]
            )
            for one in store_breaks.events_of(connection, number)
        ]
        return BreakPage(item=_break_row(row), events=events)

    return await room_hub(request).sync(read)


@get("/api/recon/rulings", guards=[requires(VIEW)])
async def list_rulings(request: ApiRequest, status: FromQuery[str] = "") -> list[RulingRow]:
    """Rulings, the newest first; `status` proposed, approved or rejected."""
    rows = await room_hub(request).sync(lambda connection: store_edits.list_rulings(connection, status=status))
    return [RulingRow(**{**row, "id": str(row["id"])}) for row in rows]


@post("/api/recon/rulings", guards=[requires(RECONCILE)])
async def propose_ruling(request: ApiRequest, data: JSONBody[RulingWish]) -> RulingRow:
    """Propose a match, an unmatch or an acceptance; it holds once a second person approves."""
    body: dict[str, Any] = {"key": data.key}
    if data.act != "force":
        body = {"kind": data.kind, "id": read_id(data.document_id, "document_id"), "order_no": data.order_no}

    def work(connection: Connection[Any]) -> RulingRow:
        number = store_edits.propose(connection, act=data.act, body=body, reason=data.reason, actor=actor_of(request))
        row = next(one for one in store_edits.list_rulings(connection) if one["id"] == number)
        return RulingRow(**{**row, "id": str(number)})

    return await room_hub(request).sync(work)


@post("/api/recon/rulings/{ruling_id:str}/decision", guards=[requires(RECONCILE)], status_code=204)
async def decide_ruling(request: ApiRequest, ruling_id: FromPath[str], data: JSONBody[Decision]) -> None:
    """Approve or reject a ruling that somebody else proposed; the next run goes by it."""
    number = read_id(ruling_id)

    def work(connection: Connection[Any]) -> None:
        store_edits.decide(connection, number, approve=data.approve, actor=actor_of(request))

    await room_hub(request).sync(work)


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A declaration of match rules: in force, as shipped, and its draft."""

    name: str
    version: int
    body: Any
    shipped: Any
    draft: Any | None
    revision: int | None
    draft_by: str | None


class RuleDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as edited; `revision` None when there was none."""

    body: Any
    revision: int | None = None


class RuleNote(msgspec.Struct, frozen=True, kw_only=True):
    """Why the draft is published."""

    note: str
    revision: int


def _rule_rows(connection: Connection[Any]) -> list[RuleRow]:
    published = {one.name: one for one in declarations.in_force(connection) if one.kind == KIND}
    rows = []
    for name, shipped in SHIPPED.items():
        draft = declarations.find_draft(connection, KIND, name)
        told = published.get(name)
        rows.append(
            RuleRow(
                name=name,
                version=told.version if told else 0,
                body=told.body if told else shipped,
                shipped=shipped,
                draft=draft.body if draft else None,
                revision=draft.revision if draft else None,
                draft_by=draft.author if draft else None,
            )
        )
    return rows


@get("/api/recon/rules", guards=[requires(VIEW)])
async def list_rules(request: ApiRequest) -> list[RuleRow]:
    """Match rules: tolerances, rates and exchange, with their drafts."""
    return await room_hub(request).sync(_rule_rows)


@put("/api/recon/rules/{name:str}/draft", guards=[requires(RECONCILE)])
async def save_rule_draft(request: ApiRequest, name: FromPath[str], data: JSONBody[RuleDraft]) -> list[RuleRow]:
    """Save a draft; it decides nothing until it is published."""
    if wrong := problems(name, data.body):
        raise bad_field("body", "；".join(wrong))

    def work(connection: Connection[Any]) -> list[RuleRow]:
        base = next((row.version for row in _rule_rows(connection) if row.name == name), 0)
        try:
            declarations.save_draft(
                connection, KIND, name, body=data.body, revision=data.revision, author=actor_of(request).person,
                base_version=base,
            )  # fmt: skip
        except declarations.DraftMoved:
            raise conflict("草稿已被别人改过，请重新载入后再改。", code="draft_moved") from None
        return _rule_rows(connection)

    return await room_hub(request).sync(work)


@post("/api/recon/rules/{name:str}/publish", guards=[requires(RECONCILE)])
async def publish_rule(request: ApiRequest, name: FromPath[str], data: JSONBody[RuleNote]) -> list[RuleRow]:
    """Publish the draft that somebody else wrote; the next run goes by it."""
    if not data.note.strip():
        raise bad_field("note", "请写明为什么改")

    def work(connection: Connection[Any]) -> list[RuleRow]:
        actor = actor_of(request)
        draft = declarations.find_draft(connection, KIND, name)
        if draft is not None and draft.author == actor.person:
            raise Problem(403, "自己起草的规则要由另一个人发布。", code="second_person_needed")
        try:
            declarations.publish(connection, KIND, name, note=data.note, author=actor.person, revision=data.revision)
        except (declarations.DraftMoved, declarations.NothingToPublish):
            raise conflict("没有这一稿可发布，请重新载入。", code="draft_moved") from None
        log_access(connection, actor, action="match_rule.publish.done", target=name)
        return _rule_rows(connection)

    return await room_hub(request).sync(work)


CAUSES: Final = {str(cause): meaning.title for cause, meaning in MEANINGS.items()}

router = Router(
    path="/",
    route_handlers=[
        list_runs, get_run, list_breaks, sum_breaks, export_breaks, get_break, list_rulings, propose_ruling, decide_ruling,
        list_rules, save_rule_draft, publish_rule,
    ],
    tags=["reconciliation"],
)  # fmt: skip
