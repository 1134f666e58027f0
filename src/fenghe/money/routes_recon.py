"""Reconciliation over HTTP (对账): runs with their waterfall, and the queue of breaks."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from psycopg import Connection

from fenghe.kernel.listing import Counts, Listing, listing, numbers_of
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.routes_listing import filtered, room_hub
from fenghe.kernel.store_reading import Row, stream
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.paging import Paging, read_id
from fenghe.kernel.web.problems import bad_field, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, export_response, paged, requires
from fenghe.money import sheet, store_breaks, store_edits, store_recon
from fenghe.money.causes import Cause, title_of
from fenghe.money.store_break_filter import BreakFilter

VIEW: Final = "money.view"
RECONCILE: Final = "money.reconcile"
COUNT_TO: Final = 10_000
LONGEST_AGE: Final = 36_500
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
    owner: str = ""
    age: int = 0
    run: str = ""
    place: int | None = None


_BREAKS: Final = {**paged("amount", "day", "found_at", default="-amount"), **filtered(BreakQuery)}


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
    """One run: what it went by, read and stated; `before_id` is the run before it over the same days."""

    run: RunRow
    before_id: str | None
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
        day_from=read_day("day_from", asked.day_from),
        day_to=read_day("day_to", asked.day_to),
        numbers=tuple(numbers_of(asked.number)),
        provider=asked.provider,
        channel=asked.channel,
        currency=asked.currency,
        fault=asked.fault,
        owner=asked.owner.strip(),
        age_days=min(max(asked.age, 0), LONGEST_AGE),
        run=read_id(asked.run, "run") if asked.run else None,
        place=asked.place,
    )


def read_day(field: str, text: str) -> date | None:
    """A day as the address says it; nothing said is no day."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
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
        before = store_recon.run_before(connection, row)
        return RunPage(
            run=_run_row(row),
            before_id=None if before is None else str(before),
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
        sort = f"-{paging.sort}" if paging.descending else paging.sort
        rows = store_breaks.list_breaks(connection, wanted, limit=paging.size, offset=paging.offset, sort=sort)
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
    hub = room_hub(request)
    query, values = store_breaks.every(read_query(asked))
    secret = await hub.sync(_begin_export, actor=actor_of(request), asked=asked)
    rows = _export_rows(stream(hub.pool, query, values), secret)
    return await export_response(sheet.HEADINGS, rows, file_format=format, filename="差异")


def _begin_export(connection: Connection[Any], *, actor: Actor, asked: BreakQuery) -> bytes:
    log_access(connection, actor, action="break.export.done", target=str(msgspec.to_builtins(asked)))
    return store_edits.sheet_secret(connection)


async def _export_rows(rows: AsyncIterator[Row], secret: bytes) -> AsyncIterator[Sequence[Cell]]:
    async for row in rows:
        yield sheet.cells(secret, row)


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


router = Router(
    path="/",
    route_handlers=[
        list_runs, get_run, list_breaks, sum_breaks, export_breaks, get_break,
    ],
    tags=["reconciliation"],
)  # fmt: skip
