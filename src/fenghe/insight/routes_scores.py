"""Scorecards over HTTP (记分卡): carriers, routes, shops over a span of days; one card by day; the parcels behind a number."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Stream
from psycopg import Connection

from fenghe.insight import store_scores as store
from fenghe.insight.scores import Card, Share, Span, card
from fenghe.insight.store_scores import Behind
from fenghe.kernel.listing import Listing
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.room import RoomHub
from fenghe.kernel.routes_listing import room_hub
from fenghe.kernel.store_reading import Row, stream
from fenghe.kernel.titles import Titles
from fenghe.kernel.values import CHINA
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.paging import Paging
from fenghe.kernel.web.problems import bad_field
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, export_response, paged, requires

Dim = Literal["carrier", "route", "shop"]
USUAL_DAYS: Final = 30
MOST_DAYS: Final = 366
NOBODY: Final = "未知"


class CardRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line: what it is about, and what it says. `a` and `b` name it in further questions."""

    a: str
    b: str
    title: str
    card: Card


class ScorePage(msgspec.Struct, frozen=True, kw_only=True):
    """A scorecard over days, the last included. `waiting`: days whose sums are still being made anew."""

    dim: str
    since: date
    until: date
    waiting: int
    total: Card
    rows: Sequence[CardRow]


def _span(since: str, until: str) -> tuple[date, date]:
    today = datetime.now(UTC).astimezone(CHINA).date()
    last = _day(until, "until") or today
    first = _day(since, "since") or last - timedelta(days=USUAL_DAYS - 1)
    if first > last:
        raise bad_field("since", "起始日晚于截止日")
    if (last - first).days >= MOST_DAYS:
        raise bad_field("since", f"一次最多看 {MOST_DAYS} 天")
    return first, last


def _day(text: str, field: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise bad_field(field, f"{text[:20]} 不是日期,应像 2026-02-05") from None


@get("/api/scorecards", guards=[requires("orders.view")])
async def get_scorecard(
    request: ApiRequest, dim: FromQuery[Dim] = "carrier", since: FromQuery[str] = "", until: FromQuery[str] = ""
) -> ScorePage:
    """Carriers, routes or shops, the busiest first."""
    hub, (first, last) = room_hub(request), _span(since, until)
    shops = current_person(request).shops
    return await hub.sync(_page, hub.titles, dim=dim, shops=shops, days=(first, last))


def _page(
    connection: Connection[Any], titles: Titles, *, dim: str, shops: Sequence[str] | None, days: tuple[date, date]
) -> ScorePage:
    """In two statements."""
    rows = store.cards(connection, dim, shops=shops, since=days[0], until=days[1])
    total = {name: sum(row[name] for row in rows) for name in store.SUMMED}
    return ScorePage(
        dim=dim,
        since=days[0],
        until=days[1],
        waiting=store.waiting(connection),
        total=card(total),
        rows=[
            CardRow(a=row["a"], b=row["b"], title=card_title(dim, (row["a"], row["b"]), titles), card=card(row))
            for row in rows
        ],
    )


def card_title(dim: str, key: tuple[str, str], titles: Titles) -> str:
    """What a card is about; an unknown carrier or end of a route is called that."""
    match dim:
        case "carrier":
            return titles.carrier(key[0]) or f"{NOBODY}承运商"
        case "route":
            return f"{key[0] or NOBODY} → {key[1] or NOBODY}"
        case _:
            return key[0] or "没有关联店铺"


EXPORTED: Final = (
    "对象", "运单数", "已签收", "揽收平均(小时)", "揽收时刻已知", "揽收时刻未知", "按时揽收", "揽收可判定", "按时揽收率(%)",
    "派送平均(小时)", "派送时刻已知", "派送时刻未知", "全程平均(小时)", "全程已知", "全程未知", "按时签收", "签收可判定",
    "按时签收率(%)", "签收未到判定", "异常", "异常率(%)", "静默", "静默占比(%)", "丢损", "丢损率(%)", "退回", "退回率(%)",
)  # fmt: skip


@get("/api/scorecards/export", guards=[requires("exports.create")])
async def export_scorecard(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    dim: FromQuery[Dim] = "carrier",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
) -> Stream:
    """The scorecard as a file, every share with its denominator."""
    hub, (first, last) = room_hub(request), _span(since, until)
    page = await hub.sync(_page, hub.titles, dim=dim, shops=current_person(request).shops, days=(first, last))
    await hub.sync(log_access, actor_of(request), action="score.export.done", target=f"{dim} {first}..{last}")
    rows = [_exported(row.title, row.card) for row in page.rows]
    return await export_response(EXPORTED, rows, file_format=format, filename=f"记分卡-{dim}-{first}-{last}")


def _exported(title: str, one: Card) -> Sequence[Cell]:
    cells: list[Cell] = [title, one.shipments, one.delivered, *_time(one.pickup), *_share(one.pickup_in_time)]
    cells += [*_time(one.delivery), *_time(one.total), *_share(one.on_time), one.on_time_unknown]
    for part in (one.trouble, one.silent, one.lost, one.returned):
        cells += [part.count, _percent(part)]
    return cells


def _time(span: Span) -> Sequence[Cell]:
    return None if span.seconds is None else _decimal(span.seconds * 10 // 3600, 10), span.known, span.unknown


def _share(one: Share) -> Sequence[Cell]:
    return one.count, one.of, _percent(one)


def _percent(one: Share) -> Cell:
    return None if one.bp is None else _decimal(one.bp, 100)


def _decimal(number: int, parts: int) -> str:
    whole, rest = divmod(number, parts)
    return f"{whole}.{rest:0{len(str(parts)) - 1}d}"


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Half and nine tenths took no longer than so many seconds; null where none is known."""

    half: int | None
    most: int | None


class DayCard(msgspec.Struct, frozen=True, kw_only=True):
    """One day of a card."""

    day: date
    card: Card


class CardDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One card: by day, and how its times spread."""

    title: str
    pickup: Spread
    delivery: Spread
    total: Spread
    days: Sequence[DayCard]


@get("/api/scorecards/card", guards=[requires("orders.view")])
async def get_card(
    request: ApiRequest,
    dim: FromQuery[Dim],
    a: FromQuery[str] = "",
    b: FromQuery[str] = "",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
) -> CardDetail:
    """One carrier, route or shop, day by day."""
    hub = room_hub(request)
    return await hub.sync(_card, hub.titles, behind=_behind(request, dim, (a, b), days=_span(since, until)))


def _behind(
    request: ApiRequest, dim: str, key: tuple[str, str], *, days: tuple[date, date], part: str = "all"
) -> Behind:
    if part not in store.PARTS:
        raise bad_field("part", f"没有 {part[:40]} 这一部分,可用的有 {'、'.join(store.PARTS)}")
    shops = current_person(request).shops
    own = None if shops is None else tuple(shops)
    return Behind(dim=dim, key=(key[0][:100], key[1][:100]), shops=own, since=days[0], until=days[1], part=part)


def _card(connection: Connection[Any], titles: Titles, *, behind: Behind) -> CardDetail:
    """In two statements."""
    spread = store.spread(connection, behind)
    return CardDetail(
        title=card_title(behind.dim, behind.key, titles),
        days=[DayCard(day=row["day"], card=card(row)) for row in store.by_day(connection, behind)],
        **{name: _spread(spread.get(name)) for name in ("pickup", "delivery", "total")},
    )


def _spread(found: Sequence[int | None] | None) -> Spread:
    half, most = found or (None, None)
    return Spread(half=half, most=most)


class ScoredShipment(msgspec.Struct, frozen=True, kw_only=True):
    """One parcel behind a number; times in seconds, null where unknown."""

    id: str
    tracking_no: str
    day: date
    carrier_title: str
    shop: str
    route: str
    state: str
    state_title: str
    order_id: str | None
    order_no: str | None
    pickup_seconds: int | None
    delivery_seconds: int | None
    total_seconds: int | None
    on_time: str
    trouble: bool
    silent: bool


_ON_TIME: Final = {
    "in_time": "按时",
    "late": "超时",
    "breached": "超时未签收",
    "lapsed": "超时失联",
    "running": "还在时限内",
    "unknown": "时刻不明",
    "void": "不再适用",
    "done": "没有约定",
    "none": "没有发货记录",
}


@get("/api/scorecards/shipments", guards=[requires("orders.view")], dependencies=paged("day", default="-day"))
async def list_scored(
    request: ApiRequest,
    paging: NamedDependency[Paging],
    dim: FromQuery[Dim],
    a: FromQuery[str] = "",
    b: FromQuery[str] = "",
    part: FromQuery[str] = "all",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
) -> Listing[ScoredShipment]:
    """The parcels behind a number, the newest first."""
    hub = room_hub(request)
    behind = _behind(request, dim, (a, b), days=_span(since, until), part=part)
    rows, total = await hub.sync(store.shipments, behind, limit=paging.size, offset=paging.offset)
    return Listing(
        items=[_scored(row, hub.titles) for row in rows],
        total=min(total, store.COUNT_TO),
        page=paging.page,
        size=paging.size,
        capped=total > store.COUNT_TO,
    )


def _scored(row: Row, titles: Titles) -> ScoredShipment:
    return ScoredShipment(
        id=str(row["id"]),
        carrier_title=titles.carrier(row["carrier"]) or NOBODY,
        route=card_title("route", (row["origin"], row["destination"]), titles),
        state_title=titles.state("shipment", row["state"]) or row["state"],
        order_id=None if row["order_id"] is None else str(row["order_id"]),
        on_time=_ON_TIME.get(str(row["promise"]), str(row["promise"])),
        **{
            name: row[name]
            for name in (
                "tracking_no", "day", "shop", "state", "order_no", "pickup_seconds", "delivery_seconds",
                "total_seconds", "trouble", "silent",
            )
        },
    )  # fmt: skip


EXPORTED_SHIPMENTS: Final = (
    "运单号", "发货日", "承运商", "店铺", "线路", "状态", "订单号", "揽收用时(秒)", "派送用时(秒)", "全程用时(秒)", "签收时效",
    "异常", "静默",
)  # fmt: skip


@get("/api/scorecards/shipments/export", guards=[requires("exports.create")])
async def export_scored(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    dim: FromQuery[Dim],
    a: FromQuery[str] = "",
    b: FromQuery[str] = "",
    part: FromQuery[str] = "all",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
) -> Stream:
    """The parcels behind a number as a file."""
    hub = room_hub(request)
    behind = _behind(request, dim, (a, b), days=_span(since, until), part=part)
    query, values = store.everything(behind)
    target = f"{dim} {a}{b} {part} {behind.since}..{behind.until}"
    await hub.sync(log_access, actor_of(request), action="score.export.done", target=target)
    rows = _export_rows(hub, query, values)
    return await export_response(EXPORTED_SHIPMENTS, rows, file_format=format, filename="记分卡-运单")


async def _export_rows(hub: RoomHub, query: str, values: Mapping[str, Any]) -> AsyncIterator[Sequence[Cell]]:
    async for row in stream(hub.pool, query, values):
        one = _scored(row, hub.titles)
        yield (
            one.tracking_no, one.day, one.carrier_title, one.shop, one.route, one.state_title, one.order_no,
            one.pickup_seconds, one.delivery_seconds, one.total_seconds, one.on_time, one.trouble, one.silent,
        )  # fmt: skip


router = Router(
    "/",
    route_handlers=[get_scorecard, export_scorecard, get_card, list_scored, export_scored],
    tags=["scorecards"],
)
