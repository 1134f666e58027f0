"""What people do about breaks over HTTP (差异处理): edits in bulk, sheets taken back, rulings of two, runs asked for."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Router, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, JSONBody
from psycopg import Connection

from fenghe.kernel.listing import MAX_BULK, BulkResult, check_expected, read_filter
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.routes_listing import room_hub
from fenghe.kernel.web.paging import read_id
from fenghe.kernel.web.problems import Problem, bad_field
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, requires
from fenghe.money import store_asks, store_breaks, store_edits
from fenghe.money.causes import title_of
from fenghe.money.routes_recon import RECONCILE, VIEW, BreakQuery, read_day, read_query
from fenghe.money.sheet import DECISIONS, LONGEST_COMMENT
from fenghe.money.store_break_filter import BreakFilter
from fenghe.money.store_sheet import NotASheet, read_sheet
from fenghe.money.tasks_recon import yesterday

TOPICS: Final = ("money",)
LARGEST_SHEET: Final = 20_000_000
SHOWN_EDITS: Final = 500


class EditBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to set on some breaks: by their ids, or all that a filter finds; None leaves a field as it is."""

    ids: Sequence[str] | None = None
    filter: Mapping[str, str] | None = None
    expected: int | None = None
    owner: str | None = None
    decision: str | None = None
    comment: str | None = None


@post("/api/recon/breaks/edits", guards=[requires(RECONCILE)], status_code=200)
async def edit_breaks(request: ApiRequest, data: JSONBody[EditBody]) -> BulkResult:
    """Owner, decision or comment of many breaks at once."""
    told = {name: getattr(data, name) for name in ("owner", "decision", "comment")}
    changes = {name: value.strip() for name, value in told.items() if value is not None}
    if not changes:
        raise bad_field("owner", "请给出负责人、处理意见或备注")

    def work(connection: Connection[Any]) -> BulkResult:
        _check(connection, changes)
        ids = _ids(connection, data)
        check_expected(len(ids), data.expected)
        changed = store_edits.edit(connection, ids, changes, actor=actor_of(request))
        beat(connection, TOPICS)
        return BulkResult(matched=len(ids), changed=changed)

    return await room_hub(request).sync(work)


def _check(connection: Connection[Any], changes: Mapping[str, str]) -> None:
    if (owner := changes.get("owner")) and owner not in store_edits.owners(connection):
        raise bad_field("owner", f"没有叫 {owner} 的人员，或其账号已停用")
    if changes.get("decision", "") not in set(DECISIONS.values()):
        raise bad_field("decision", f"处理意见应为 {'、'.join(filter(None, DECISIONS.values()))}")
    if len(changes.get("comment", "")) > LONGEST_COMMENT:
        raise bad_field("comment", f"备注最长 {LONGEST_COMMENT} 个字")


def _ids(connection: Connection[Any], data: EditBody) -> list[int]:
    if (data.ids is None) == (data.filter is None):
        raise bad_field("ids", "请给出 ids 或 filter 其中之一")
    if data.ids is not None:
        wanted = BreakFilter(status="all", ids=tuple(read_id(one, "ids") for one in data.ids))
    else:
        wanted = read_query(read_filter(BreakQuery, (data.filter or {}).items()))
    found = store_breaks.list_breaks(connection, wanted, limit=MAX_BULK + 1) if data.ids != [] else []
    return [one["id"] for one in found]


class SheetEdit(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a sheet that wants something changed: field → (before, after)."""

    line: int
    key: str
    changes: Mapping[str, tuple[str, str]]


class SheetRefused(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is not taken, and why."""

    line: int
    field: str
    reason: str


class SheetTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What a sheet would change (`applied` false) or has changed; the lists end after some hundred rows, the counts do not."""

    name: str
    rows: int
    applied: bool
    edits: Sequence[SheetEdit]
    edit_count: int
    refused: Sequence[SheetRefused]
    refused_count: int
    changed: int


@post(
    "/api/recon/breaks/sheet",
    guards=[requires(RECONCILE)],
    status_code=200,
    request_max_body_size=LARGEST_SHEET + 100_000,
)
async def take_sheet(
    request: ApiRequest,
    data: Annotated[UploadFile, Body(media_type=RequestEncodingType.MULTI_PART)],
    apply: FromQuery[bool] = False,
) -> SheetTaken:
    """A sheet that was exported and edited: what it would change, and with `apply` the changes themselves."""
    name = (data.filename or "").replace("\\", "/").rpartition("/")[2].strip()[:200]
    body = await data.read()
    if not name or not body:
        raise bad_field("data", "请选择一个文件，不能是空的")
    if len(body) > LARGEST_SHEET:
        raise Problem(413, f"文件超过 {LARGEST_SHEET // 1_000_000} MB，请分几张表上传。", code="too_large")

    def work(connection: Connection[Any]) -> SheetTaken:
        taken = store_edits.take_back(connection, _sheet_rows(name, body), apply=apply, actor=actor_of(request))
        if apply:
            beat(connection, TOPICS)
        return SheetTaken(
            name=name,
            rows=taken.rows,
            applied=apply,
            edits=[SheetEdit(line=one.line, key=one.key, changes=one.changes) for one in taken.edits[:SHOWN_EDITS]],
            edit_count=len(taken.edits),
            refused=[
                SheetRefused(line=one.line, field=one.field, reason=one.reason) for one in taken.refused[:SHOWN_EDITS]
            ],
            refused_count=len(taken.refused),
            changed=taken.changed,
        )

    return await room_hub(request).sync(work)


def _sheet_rows(name: str, body: bytes) -> list[tuple[int, dict[str, str]]]:
    with tempfile.NamedTemporaryFile(prefix="fenghe-sheet-", suffix=Path(name).suffix[:12]) as file:
        file.write(body)
        file.flush()
        try:
            return read_sheet(Path(file.name), name=name)
        except NotASheet as problem:
            raise Problem(422, str(problem), code=problem.code) from None


class RulingWish(msgspec.Struct, frozen=True, kw_only=True):
    """A ruling that is proposed: match or unmatch a document, or accept (force) a break as it is."""

    act: str
    reason: str
    key: str = ""
    kind: str = ""
    document_id: str = ""
    order_no: str = ""


class RulingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A ruling with who proposed and who decided it; `own`: the one who asks proposed it and may not decide."""

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
    own: bool
    break_id: str | None
    cause_title: str
    currency: str
    amount_minor: int | None
    number: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the second person says."""

    approve: bool


def _ruling_row(row: Mapping[str, Any], person: str) -> RulingRow:
    plain = {name: row[name] for name in RulingRow.__struct_fields__ if name in row}
    cause, found = row["cause"], row["break_id"]
    return RulingRow(
        **{
            **plain,
            "id": str(row["id"]),
            "own": row["proposed_by"] == person,
            "break_id": None if found is None else str(found),
            "cause_title": title_of(cause) if cause else "",
            "currency": row["currency"] or "",
            "number": row["number"] or "",
        }
    )


@get("/api/recon/rulings", guards=[requires(VIEW)])
async def list_rulings(request: ApiRequest, status: FromQuery[str] = "") -> list[RulingRow]:
    """Rulings, the newest first; `status` proposed, approved or rejected."""
    person = current_person(request).username
    rows = await room_hub(request).sync(lambda connection: store_edits.list_rulings(connection, status=status))
    return [_ruling_row(row, person) for row in rows]


@post("/api/recon/rulings", guards=[requires(RECONCILE)])
async def propose_ruling(request: ApiRequest, data: JSONBody[RulingWish]) -> RulingRow:
    """Propose a match, an unmatch or an acceptance; it holds once a second person approves."""
    body: dict[str, Any] = {"key": data.key}
    if data.act != "force":
        body = {"kind": data.kind, "id": read_id(data.document_id, "document_id"), "order_no": data.order_no}

    def work(connection: Connection[Any]) -> RulingRow:
        number = store_edits.propose(connection, act=data.act, body=body, reason=data.reason, actor=actor_of(request))
        beat(connection, TOPICS)
        row = next(one for one in store_edits.list_rulings(connection) if one["id"] == number)
        return _ruling_row(row, current_person(request).username)

    return await room_hub(request).sync(work)


@post("/api/recon/rulings/{ruling_id:str}/decision", guards=[requires(RECONCILE)], status_code=204)
async def decide_ruling(request: ApiRequest, ruling_id: FromPath[str], data: JSONBody[Decision]) -> None:
    """Approve or reject a ruling that somebody else proposed; the next run goes by it."""
    number = read_id(ruling_id)

    def work(connection: Connection[Any]) -> None:
        store_edits.decide(connection, number, approve=data.approve, actor=actor_of(request))
        beat(connection, TOPICS)

    await room_hub(request).sync(work)


class RunWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run to be done: a scan or a reconciliation of days, of what is new, or of everything."""

    kind: Literal["scan", "reconcile"]
    scope: Literal["days", "new", "all"]
    day_from: str = ""
    day_to: str = ""


class AskRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run that was asked for, and what became of it; `stage` while it is under way."""

    id: str
    kind: str
    scope: str
    day_from: date | None
    day_to: date | None
    status: str
    asked_by: str
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    run_id: str | None
    problem: str | None
    stage: str


def _ask_row(row: Mapping[str, Any], stage: str = "") -> AskRow:
    run = row["run_id"]
    return AskRow(
        **{
            **row,
            "id": str(row["id"]),
            "run_id": None if run is None else str(run),
            "stage": stage if row["status"] == "running" else "",
        }
    )


@get("/api/recon/asks", guards=[requires(VIEW)])
async def list_asks(request: ApiRequest) -> list[AskRow]:
    """The last runs that people asked for, with what the one under way is doing."""

    def read(connection: Connection[Any]) -> list[AskRow]:
        stage = store_asks.stage(connection)
        return [_ask_row(row, stage) for row in store_asks.newest(connection)]

    return await room_hub(request).sync(read)


@post("/api/recon/asks", guards=[requires(RECONCILE)], status_code=202)
async def ask_run(request: ApiRequest, data: JSONBody[RunWish]) -> AskRow:
    """Put a run in line; asked again while it waits or runs, it is the same one."""
    first, last = _days(data)
    actor: Actor = actor_of(request)

    def work(connection: Connection[Any]) -> AskRow:
        row = store_asks.ask(connection, kind=data.kind, scope=data.scope, first=first, last=last, by=actor.person)
        log_access(connection, actor, action="recon.ask.done", target=f"{data.kind} {data.scope} {first} {last}")
        beat(connection, TOPICS)
        return _ask_row(row)

    return await room_hub(request).sync(work)


def _days(data: RunWish) -> tuple[date | None, date | None]:
    if data.scope != "days":
        return None, None
    first = read_day("day_from", data.day_from)
    last = read_day("day_to", data.day_to) or yesterday(datetime.now(UTC))
    if first is None:
        raise bad_field("day_from", "请选择起始日")
    if first > last:
        raise bad_field("day_to", f"截止日 {last} 早于起始日 {first}")
    return first, last


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What the queue may be narrowed to."""

    channels: Sequence[str]
    providers: Sequence[str]
    currencies: Sequence[str]
    owners: Sequence[str]


@get("/api/recon/choices", guards=[requires(VIEW)])
async def list_choices(request: ApiRequest) -> Choices:
    """Channels, providers and currencies that reconciliations spoke of, and who may own a break."""

    def read(connection: Connection[Any]) -> Choices:
        channels, providers, currencies = store_breaks.choices(connection)
        owners = store_edits.owners(connection)
        return Choices(channels=channels, providers=providers, currencies=currencies, owners=owners)

    return await room_hub(request).sync(read)


router = Router(
    path="/",
    route_handlers=[
        edit_breaks, take_sheet, list_rulings, propose_ruling, decide_ruling, list_asks, ask_run, list_choices,
    ],
    tags=["reconciliation"],
)  # fmt: skip
