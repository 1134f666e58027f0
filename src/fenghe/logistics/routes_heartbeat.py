"""The heartbeat over HTTP (状态心跳): how it stands, the watches with their filters, export, and one parcel's watch."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from psycopg import Connection

from fenghe.kernel.listing import Listing, listing
from fenghe.kernel.room import RoomHub
from fenghe.kernel.routes_export import Export, export_list
from fenghe.kernel.routes_listing import filtered, room_hub
from fenghe.kernel.store_reading import Row
from fenghe.kernel.store_subjects import source_titles
from fenghe.kernel.titles import Titles
from fenghe.kernel.values import from_ms
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.paging import Paging, read_id
from fenghe.kernel.web.problems import not_found
from fenghe.kernel.web.routes_support import ApiRequest, current_person, paged, requires
from fenghe.logistics import store_heartbeat_queries as store
from fenghe.logistics.asking import batch_of, rate_name
from fenghe.logistics.declared import HEARTBEAT, heartbeat_of
from fenghe.logistics.heartbeat import calls_needed
from fenghe.logistics.store_declared import bodies_of

STANDINGS: Final = {"ok": "正常", "paused": "对方要求稍候", "failing": "连续出错", "idle": "尚未查询"}
STOPPED: Final = {"final": "已到终态", "forwarded": "转单后由新单号盯", "given_up": "超过盯单天数"}
OUTCOMES: Final = {"news": "有新轨迹", "empty": "无新轨迹", "error": "查询出错", "answered": "已答复,待研判"}
_LISTED: Final = {**paged(*store.SORTS, default=store.DEFAULT_SORT), **filtered(store.WatchFilter)}


class Pulse(msgspec.Struct, frozen=True, kw_only=True):
    """One poll of a parcel."""

    at: datetime
    outcome: str
    outcome_title: str
    events: int | None
    message_id: str | None


class WatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A watched parcel in the list."""

    id: str
    track_id: str
    tracking_no: str
    carrier: str
    carrier_title: str
    source: str | None
    source_title: str
    state: str
    state_title: str
    rank: int | None
    order_id: str | None
    order_no: str | None
    shop: str | None
    shipped_at: datetime | None
    phase: str
    stopped_title: str
    due_at: datetime | None
    asked_at: datetime | None
    answered_at: datetime | None
    news_at: datetime | None
    last_event_at: datetime | None
    polls: int
    empties: int
    errors: int
    last_error: str | None
    silent_since: datetime | None
    asks_no: str | None
    case_id: str | None


class WatchPage(WatchRow, frozen=True, kw_only=True):
    """A parcel's watch as its page shows it."""

    recent: Sequence[Pulse]
    alert_after: int
    interval_minutes: int


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """One connection that parcels are asked of. `standing`: ok, paused, failing or idle; calls are of about an hour."""

    id: str
    title: str
    connector: str
    parcels: int
    silent: int
    failing: int
    late: int
    standing: str
    standing_title: str
    batch: int
    needed_per_minute: float
    limit_per_minute: int
    enough: bool
    calls: int
    asked: int
    failed: int
    last_call_at: datetime | None
    last_answer_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    paused_until: datetime | None


class Unasked(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier nobody can be asked about."""

    carrier: str
    carrier_title: str
    parcels: int


class HeartbeatCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many parcels are where. `late`: due for more than ten minutes."""

    watching: int
    new: int
    due: int
    late: int
    silent: int
    cannot_ask: int
    failing: int
    final: int
    given_up: int
    forwarded: int


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """How the heartbeat stands."""

    now: datetime
    interval_minutes: int
    empties: int
    counts: HeartbeatCounts
    accounts: Sequence[AccountRow]
    unasked: Sequence[Unasked]


@get("/api/heartbeat", guards=[requires("orders.view")])
async def get_heartbeat(request: ApiRequest) -> Heartbeat:
    """How many are watched, how each account stands, and who cannot be asked."""
    hub = room_hub(request)
    return await hub.sync(_overview, hub)


def _overview(connection: Connection[Any], hub: RoomHub) -> Heartbeat:
    """In four statements."""
    now, bodies = datetime.now(UTC), bodies_of(connection, HEARTBEAT)
    policy = heartbeat_of(None, bodies)[0]
    return Heartbeat(
        now=now,
        interval_minutes=policy.interval_minutes,
        empties=policy.empties,
        counts=HeartbeatCounts(**store.counts(connection, now=now)),
        accounts=[_account(row, bodies, now) for row in store.accounts(connection, now=now)],
        unasked=[
            Unasked(
                carrier=row["carrier"],
                carrier_title=hub.titles.carrier(row["carrier"]) or "不明",
                parcels=row["parcels"],
            )
            for row in store.without_source(connection)
        ],
    )


def _account(row: Mapping[str, Any], bodies: Mapping[str, tuple[int, Any]], now: datetime) -> AccountRow:
    policy = heartbeat_of(rate_name(row["connector"], row["config"]), bodies)[0]
    batch = batch_of(row["connector"], policy)
    needed = calls_needed(policy, parcels=row["parcels"], batch=batch)
    standing = _standing(row, now)
    return AccountRow(
        id=row["id"],
        title=row["title"],
        connector=row["connector"],
        parcels=row["parcels"],
        silent=row["silent"],
        failing=row["failing"],
        late=row["late"],
        standing=standing,
        standing_title=STANDINGS[standing],
        batch=batch,
        needed_per_minute=round(needed, 1),
        limit_per_minute=policy.calls_per_minute,
        enough=needed <= policy.calls_per_minute,
        calls=row["calls"],
        asked=row["asked"],
        failed=row["failed"],
        last_call_at=row["last_call_at"],
        last_answer_at=row["last_answer_at"],
        last_error=row["last_error"],
        last_error_at=row["last_error_at"],
        paused_until=row["paused_until"],
    )


def _standing(row: Mapping[str, Any], now: datetime) -> str:
    if row["failing_since"] is not None or (row["breaker"] or {}).get("state") in ("open", "half_open"):
        return "failing"
    if row["paused_until"] is not None and row["paused_until"] > now:
        return "paused"
    return "ok" if row["last_answer_at"] is not None else "idle"


@get("/api/heartbeat/watches", guards=[requires("orders.view")], dependencies=_LISTED)
async def list_watches(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[store.WatchFilter]
) -> Listing[WatchRow]:
    """Watched parcels, those silent for the shortest time first."""
    hub = room_hub(request)
    return await hub.sync(_page, hub, asked=asked, shops=current_person(request).shops, paging=paging)


def _page(
    connection: Connection[Any],
    hub: RoomHub,
    *,
    asked: store.WatchFilter,
    shops: Sequence[str] | None,
    paging: Paging,
) -> Listing[WatchRow]:
    rows, counts = store.page(connection, asked, shops=shops, paging=paging)
    titles = hub.titles.named(source_titles(connection))
    return listing([WatchRow(**_fields(row, titles)) for row in rows], counts=counts, paging=paging)


EXPORTED: Final = (
    "运单号", "盯单号", "承运商", "订单号", "店铺", "状态", "发货时间", "最近轨迹时间", "物流异常自", "连续无新轨迹", "连续出错",
    "最近答复", "最近有新轨迹", "下次查询", "查询次数", "查询连接", "最近错误",
)  # fmt: skip


@get("/api/heartbeat/watches/export", guards=[requires("exports.create")], dependencies=_LISTED)
async def export_watches(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    paging: NamedDependency[Paging],
    asked: NamedDependency[store.WatchFilter],
) -> Stream:
    """The list as a file."""
    statement = store.everything(asked, shops=current_person(request).shops, paging=paging)
    return await export_list(request, _FILE, statement=statement, asked=asked, file_format=format)


def _cells(row: Row, titles: Titles) -> Sequence[Cell]:
    one = WatchRow(**_fields(row, titles))
    return (
        one.tracking_no, one.track_id, one.carrier_title, one.order_no, one.shop, one.state_title, one.shipped_at,
        one.last_event_at, one.silent_since, one.empties, one.errors, one.answered_at, one.news_at, one.due_at,
        one.polls, one.source_title, one.last_error,
    )  # fmt: skip


_FILE: Final = Export(
    filename="状态心跳",
    header=EXPORTED,
    cells=_cells,
    action="shipment.export.done",
    about="heartbeat",
    names_sources=True,
)


def _fields(row: Mapping[str, Any], titles: Titles) -> dict[str, Any]:
    same = (
        "track_id", "tracking_no", "source", "state", "rank", "order_no", "shop", "shipped_at", "phase", "due_at",
        "asked_at", "answered_at", "news_at", "last_event_at", "polls", "empties", "errors", "last_error",
        "silent_since", "asks_no",
    )  # fmt: skip
    return {
        **{name: row[name] for name in same},
        "id": str(row["id"]),
        "carrier": row["carrier"] or "",
        "carrier_title": titles.carrier(row["carrier"]),
        "source_title": titles.source(row["source"]) if row["source"] else "",
        "state_title": titles.state("shipment", row["state"]) or row["state"],
        "order_id": None if row["order_id"] is None else str(row["order_id"]),
        "stopped_title": STOPPED.get(row["stopped"] or "", ""),
        "case_id": None if row["case_id"] is None else str(row["case_id"]),
    }


@get("/api/shipments/{shipment_id:str}/watch", guards=[requires("orders.view")])
async def get_watch(request: ApiRequest, shipment_id: FromPath[str]) -> WatchPage:
    """One parcel's watch."""
    hub = room_hub(request)
    return await hub.sync(_one, hub, shipment_id=read_id(shipment_id), shops=current_person(request).shops)


def _one(connection: Connection[Any], hub: RoomHub, *, shipment_id: int, shops: Sequence[str] | None) -> WatchPage:
    row = store.find_watch(connection, shipment_id, shops=shops)
    if row is None:
        raise not_found(f"运单 {shipment_id} 的心跳")
    policy = heartbeat_of(row["carrier"], bodies_of(connection, HEARTBEAT))[0]
    return WatchPage(
        **_fields(row, hub.titles.named(source_titles(connection))),
        recent=[_pulse(one) for one in reversed(row["recent"])],
        alert_after=policy.empties,
        interval_minutes=policy.interval_minutes,
    )


def _pulse(one: Mapping[str, Any]) -> Pulse:
    message = one.get("message")
    return Pulse(
        at=from_ms(one["at"]),
        outcome=one["outcome"],
        outcome_title=OUTCOMES.get(one["outcome"], one["outcome"]),
        events=one.get("events"),
        message_id=None if message is None else str(message),
    )


router = Router("/", route_handlers=[get_heartbeat, list_watches, export_watches, get_watch], tags=["heartbeat"])
