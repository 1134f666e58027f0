"""Stage clocks over HTTP (时效): the board with money at risk, the list by what is due first, an order's clocks, export."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from psycopg import Connection

from fenghe.insight import store_board as store
from fenghe.insight import store_clocks, store_expected
from fenghe.insight.clocks import OUTCOMES, TITLES, Outcome, Stage
from fenghe.insight.expected import ENOUGH, PERCENTS, SCOPES, Expected, forecast
from fenghe.insight.promises import FROM, UNTIL
from fenghe.kernel.listing import Listing, listing
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.room import RoomHub
from fenghe.kernel.routes_listing import filtered, room_hub
from fenghe.kernel.store_reading import Row, stream
from fenghe.kernel.titles import Titles
from fenghe.kernel.values import Money
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.paging import Paging, read_id
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, export_response, paged, requires

MOST_EXPECTED: Final = 1_000
_LISTED: Final = {**paged(*store.SORTS, default=store.DEFAULT_SORT), **filtered(store.ClockFilter)}
_SECOND: Final = timedelta(seconds=1)


class ForecastItem(msgspec.Struct, frozen=True, kw_only=True):
    """What own history says; `cases` is how many it rests on."""

    likely_at: datetime | None
    late_percent: int | None
    late_seconds: int | None
    cases: int
    scope: str
    scope_title: str


class ClockItem(msgspec.Struct, frozen=True, kw_only=True):
    """One clock. `forecast` is null where fewer than `enough` cases are known: unknown, not fine."""

    id: str
    stage: str
    stage_title: str
    subject_kind: str
    subject_id: str
    label: str
    order_id: str | None
    order_no: str | None
    channel: str
    channel_title: str
    shop: str
    carrier_title: str
    destination: str
    started_at: datetime
    due_at: datetime | None
    done_at: datetime | None
    heard_at: datetime | None
    exact: bool
    outcome: str
    outcome_title: str
    at_risk: bool
    risk: Money | None
    case_open: bool
    basis: str
    forecast: ForecastItem | None


def clock_item(row: Row, titles: Titles, now: datetime) -> ClockItem:
    """A row of `store_board` in the screens' words."""
    by_order = row["subject_id"] == row["order_id"]
    outcome = outcome_at(row, now)
    risk = None if row["risk_minor"] is None else Money(currency=row["currency"], amount_minor=row["risk_minor"])
    return ClockItem(
        id=f"{row['subject_id']}-{row['stage']}",
        stage=row["stage"],
        stage_title=TITLES[Stage(row["stage"])],
        subject_kind="order" if by_order else "shipment",
        subject_id=str(row["subject_id"]),
        label=(row["order_no"] if by_order else row["tracking_no"]) or str(row["subject_id"]),
        order_id=None if row["order_id"] is None else str(row["order_id"]),
        channel_title=titles.channel(row["channel"]),
        carrier_title=titles.carrier(row["carrier"]),
        outcome=outcome,
        outcome_title=OUTCOMES[outcome],
        at_risk=outcome is Outcome.RUNNING and row["warn_at"] is not None and row["warn_at"] <= now,
        risk=risk,
        basis=basis_words(row["promise"], Stage(row["stage"])),
        forecast=_forecast(row, outcome, now),
        **{
            name: row[name]
            for name in (
                "order_no", "channel", "shop", "destination", "started_at", "due_at", "done_at", "heard_at", "exact",
                "case_open",
            )
        },
    )  # fmt: skip


def outcome_at(row: Row, now: datetime) -> Outcome:
    """How the clock stands now: of an open one the present decides, whenever somebody last looked at it."""
    if row["outcome"] != "open":
        return Outcome(row["outcome"])
    return Outcome.BREACHED if row["due_at"] is not None and row["due_at"] <= now else Outcome.RUNNING


def basis_words(promise: str, stage: Stage) -> str:
    """Which promise decided, as one would name it."""
    if not promise:
        return "没有约定时限"
    if promise == "order":
        return "渠道给出的承诺时间"
    table, _, row = promise.partition("#")
    name, _, version = table.partition("@")
    whose = "默认承诺表" if name == "default" else f"{name} 承诺表"
    return f"{FROM[stage]}起算;{whose}{'(出厂默认)' if version == '0' else f' v{version}'} 第 {row} 行"


def _forecast(row: Row, outcome: Outcome, now: datetime) -> ForecastItem | None:
    if outcome not in (Outcome.RUNNING, Outcome.BREACHED) or row["expect_id"] is None:
        return None
    known = Expected(id=row["expect_id"], scope=row["scope"], cases=row["cases"], seconds=tuple(row["seconds"]))
    allowed = None if row["due_at"] is None else (row["due_at"] - row["started_at"]) // _SECOND
    found = forecast(known, elapsed=max((now - row["started_at"]) // _SECOND, 0), allowed=allowed)
    if found is None:
        return None
    likely = None if found.likely_seconds is None else row["started_at"] + found.likely_seconds * _SECOND
    late = None
    if likely is not None and row["due_at"] is not None:
        late = max((likely - row["due_at"]) // _SECOND, 0)
    return ForecastItem(
        likely_at=likely,
        late_percent=found.late_percent,
        late_seconds=late,
        cases=found.cases,
        scope=found.scope,
        scope_title=SCOPES[found.scope],
    )


@get("/api/clocks", guards=[requires("orders.view")], dependencies=_LISTED)
async def list_clocks(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[store.ClockFilter]
) -> Listing[ClockItem]:
    """Clocks, the first due first."""
    hub = room_hub(request)
    return await hub.sync(_page, hub, asked=asked, shops=current_person(request).shops, paging=paging)


def _page(
    connection: Connection[Any], hub: RoomHub, *, asked: store.ClockFilter, shops: Sequence[str] | None, paging: Paging
) -> Listing[ClockItem]:
    """One page, in two statements."""
    rows, counts = store.page(connection, asked, shops=shops, paging=paging)
    now = datetime.now(UTC)
    return listing([clock_item(row, hub.titles, now) for row in rows], counts=counts, paging=paging)


EXPORTED: Final = (
    "环节", "对象", "订单号", "渠道", "店铺", "承运商", "目的地", "开始时间", "应完成时间", "状态", "超时约赔", "币种",
    "依据", "预计完成", "预计超时概率(%)", "依据的历史单数",
)  # fmt: skip


@get("/api/clocks/export", guards=[requires("exports.create")], dependencies=_LISTED)
async def export_clocks(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    paging: NamedDependency[Paging],
    asked: NamedDependency[store.ClockFilter],
) -> Stream:
    """The list as a file."""
    hub = room_hub(request)
    shops = current_person(request).shops
    query, values = await hub.sync(store.everything, asked, shops=shops, paging=paging)
    target = str(msgspec.to_builtins(asked))
    await hub.sync(log_access, actor_of(request), action="clock.export.done", target=target)
    rows = _export_rows(hub, query, values)
    return await export_response(EXPORTED, rows, file_format=format, filename="时效")


async def _export_rows(hub: RoomHub, query: str, values: Mapping[str, Any]) -> AsyncIterator[Sequence[Cell]]:
    now = datetime.now(UTC)
    async for row in stream(hub.pool, query, values):
        one = clock_item(row, hub.titles, now)
        told = one.forecast
        yield (
            one.stage_title, one.label, one.order_no, one.channel_title, one.shop, one.carrier_title, one.destination,
            one.started_at, one.due_at, one.outcome_title, one.risk, row["currency"], one.basis,
            told.likely_at if told else None, told.late_percent if told else None, told.cases if told else None,
        )  # fmt: skip


class StageCount(msgspec.Struct, frozen=True, kw_only=True):
    """One stage on the board. `unpriced`: overdue or nearly so, and what a breach costs is not known."""

    stage: str
    title: str
    promise: str
    running: int
    at_risk: int
    breached: int
    lapsed: int
    at_risk_money: Sequence[Money]
    breached_money: Sequence[Money]
    unpriced: int


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """The clock board; `waiting` are changes whose clocks are still to be read (up to ten thousand are counted)."""

    as_of: datetime
    waiting: int
    stages: Sequence[StageCount]


@get("/api/clocks/board", guards=[requires("orders.view")])
async def get_board(request: ApiRequest) -> Board:
    """By stage: running, at risk, breached, and the money at stake."""
    return await room_hub(request).sync(_board, shops=current_person(request).shops)


def _board(connection: Connection[Any], *, shops: Sequence[str] | None) -> Board:
    """The board, in three statements."""
    rows, lapsed = store.board(connection, shops=shops), store.lapsed(connection, shops=shops)
    return Board(
        as_of=datetime.now(UTC),
        waiting=store_clocks.waiting(connection),
        stages=[_stage(stage, [row for row in rows if row["stage"] == stage], lapsed) for stage in Stage],
    )


def _stage(stage: Stage, rows: Sequence[Row], lapsed: Mapping[str, int]) -> StageCount:
    counts = {name: sum(row[name] for row in rows) for name in ("running", "at_risk", "breached", "unpriced")}
    return StageCount(
        stage=stage,
        title=TITLES[stage],
        promise=f"{FROM[stage]} → {UNTIL[stage].removeprefix('有')}",
        lapsed=lapsed.get(stage, 0),
        at_risk_money=_sums(rows, "at_risk_minor"),
        breached_money=_sums(rows, "breached_minor"),
        **counts,
    )


def _sums(rows: Sequence[Row], name: str) -> list[Money]:
    return [Money(currency=row["currency"], amount_minor=row[name]) for row in rows if row[name]]


@get("/api/clocks/order/{order_id:str}", guards=[requires("orders.view")])
async def get_order_clocks(request: ApiRequest, order_id: FromPath[str]) -> list[ClockItem]:
    """Every clock of an order and its parcels."""
    hub = room_hub(request)
    return await hub.sync(_of_order, hub, order_id=read_id(order_id), shops=current_person(request).shops)


def _of_order(
    connection: Connection[Any], hub: RoomHub, *, order_id: int, shops: Sequence[str] | None
) -> list[ClockItem]:
    """In one statement."""
    now = datetime.now(UTC)
    return [clock_item(row, hub.titles, now) for row in store.of_order(connection, order_id, shops=shops)]


class ExpectedItem(msgspec.Struct, frozen=True, kw_only=True):
    """How long a stage takes, with what it rests on. `enough`: whether anything may be claimed from so few cases."""

    id: str
    stage: str
    stage_title: str
    scope: str
    scope_title: str
    about: str
    cases: int
    enough: bool
    half_seconds: int
    most_seconds: int
    window_from: datetime
    window_to: datetime
    computed_at: datetime


@get("/api/clocks/expected", guards=[requires("orders.view")])
async def list_expected(
    request: ApiRequest, stage: FromQuery[str] = "", by: FromQuery[str] = "", q: FromQuery[str] = ""
) -> list[ExpectedItem]:
    """Expected times learnt from own history, those resting on most first; at most a thousand."""
    hub = room_hub(request)
    shops = current_person(request).shops
    asked = store_expected.Asked(stage=stage, scope=by, q=q[:60])
    rows = await hub.sync(store_expected.listed, asked, shops=shops, limit=MOST_EXPECTED)
    return [_expected(row, hub.titles) for row in rows]


def _expected(row: Row, titles: Titles) -> ExpectedItem:
    place = " → ".join(word for word in (row["origin"], row["destination"]) if word)
    about = [
        titles.carrier(row["carrier"]),
        place,
        row["shop"],
        titles.channel(row["channel"]) if row["channel"] else "",
    ]
    seconds = row["seconds"]
    return ExpectedItem(
        id=str(row["id"]),
        stage=row["stage"],
        stage_title=TITLES[Stage(row["stage"])],
        scope=row["scope"],
        scope_title=SCOPES[row["scope"]],
        about=" · ".join(word for word in about if word) or "全部",
        cases=row["cases"],
        enough=row["cases"] >= ENOUGH,
        half_seconds=seconds[PERCENTS.index(50)],
        most_seconds=seconds[PERCENTS.index(90)],
        window_from=row["window_from"],
        window_to=row["window_to"],
        computed_at=row["computed_at"],
    )


router = Router(
    "/",
    route_handlers=[list_clocks, export_clocks, get_board, get_order_clocks, list_expected],
    tags=["clocks"],
)
