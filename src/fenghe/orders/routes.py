"""Orders over HTTP (订单): the list, an order's page with two clocks, "what did we believe then", export."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from psycopg import Connection

from fenghe.kernel.audit import store_queries as audit
from fenghe.kernel.cases import store as cases
from fenghe.kernel.cases.rows import case_row
from fenghe.kernel.listing import Listing, listing, moment_from
from fenghe.kernel.people.masking import mask_address, mask_phone
from fenghe.kernel.people.person import Actor, Person
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.room import RoomHub
from fenghe.kernel.routes_listing import filtered, room_hub
from fenghe.kernel.store_reading import Row, stream
from fenghe.kernel.store_subjects import Known, order_with_parcels, source_titles
from fenghe.kernel.timeline import Story, audit_item, known_at, timeline
from fenghe.kernel.values import Money, to_ms
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.paging import Paging, read_id
from fenghe.kernel.web.problems import bad_field, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, export_response, paged, requires
from fenghe.orders import store_queries as store
from fenghe.orders.routes_rows import (
    KIND,
    AsOf,
    OrderDetail,
    OrderRow,
    ParcelThen,
    ShipmentBrief,
    order_full,
    order_row,
    parcel_brief,
)

PII: Final = "orders.pii"
_LISTED: Final = {**paged(*store.SORTS, default=store.DEFAULT_SORT), **filtered(store.OrderFilter)}


@get("/api/orders", guards=[requires("orders.view")], dependencies=_LISTED)
async def list_orders(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[store.OrderFilter]
) -> Listing[OrderRow]:
    """Orders, newest first."""
    hub = room_hub(request)
    return await hub.sync(_page, hub, asked=asked, person=current_person(request), paging=paging)


def _page(
    connection: Connection[Any], hub: RoomHub, *, asked: store.OrderFilter, person: Person, paging: Paging
) -> Listing[OrderRow]:
    """One page, in four statements whatever is on it."""
    rows = store.page(connection, asked, shops=person.shops, paging=paging)
    ids = [row["id"] for row in rows]
    parcels: dict[int, list[ShipmentBrief]] = defaultdict(list)
    for parcel in store.parcels_of(connection, ids):
        parcels[parcel["order_id"]].append(parcel_brief(parcel, hub.titles))
    open_cases = store.open_cases_of(connection, ids)
    items = [
        order_row(
            row,
            parcels=parcels[row["id"]],
            open_cases=open_cases.get(row["id"], 0),
            clear=person.may(PII),
            titles=hub.titles,
        )
        for row in rows
    ]
    return listing(items, counts=store.counts(connection, asked, shops=person.shops), paging=paging)


EXPORTED: Final = (
    "渠道", "店铺", "订单号", "状态", "渠道状态码", "订单金额", "实付金额", "币种", "首件商品", "商品行数",
    "收件人", "电话", "地区", "地址", "下单时间", "付款时间", "发货时间", "承诺发货时间", "运单号", "订单类型",
    "更新时间", "最先到期", "到期时间", "超时约赔",
)  # fmt: skip


@get("/api/orders/export", guards=[requires("exports.create")], dependencies=_LISTED)
async def export_orders(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    paging: NamedDependency[Paging],
    asked: NamedDependency[store.OrderFilter],
) -> Stream:
    """The list as a file."""
    hub, person = room_hub(request), current_person(request)
    query, values = store.everything(asked, shops=person.shops, paging=paging)
    target = str(msgspec.to_builtins(asked))
    await hub.sync(log_access, actor_of(request), action="order.export.done", target=target)
    rows = _export_rows(hub, query, values, clear=person.may(PII))
    return await export_response(EXPORTED, rows, file_format=format, filename="订单")


async def _export_rows(
    hub: RoomHub, query: str, values: dict[str, Any], *, clear: bool
) -> AsyncIterator[Sequence[Cell]]:
    async for row in stream(hub.pool, query, values):
        yield _exported(row, hub, clear=clear)


def _exported(row: Row, hub: RoomHub, *, clear: bool) -> Sequence[Cell]:
    one = order_row(row, parcels=(), open_cases=0, clear=clear, titles=hub.titles)
    total = None if row["total_minor"] is None else Money(currency=row["currency"], amount_minor=row["total_minor"])
    return (
        one.channel_title, one.shop, one.order_no, one.state_title, one.status_code, total, one.paid, row["currency"],
        one.first_title, one.line_count, one.receiver_name,
        row["receiver_phone"] if clear else mask_phone(row["receiver_phone"]), one.receiver_region,
        row["receiver_address"] if clear else mask_address(row["receiver_address"]), one.created_at, one.paid_at,
        one.shipped_at, one.promised_ship_at, row["tracking_numbers"], one.order_type, one.updated_at,
        one.clock.stage_title if one.clock else None, one.clock.due_at if one.clock else None,
        one.clock.risk if one.clock else None,
    )  # fmt: skip


@get("/api/orders/{order_id:str}", guards=[requires("orders.view")])
async def get_order(request: ApiRequest, order_id: FromPath[str]) -> OrderDetail:
    """An order with its parcels and everything that was said of them."""
    hub, person = room_hub(request), current_person(request)
    return await hub.sync(_read_detail, hub, order_id=read_id(order_id), person=person, actor=actor_of(request))


def _read_detail(
    connection: Connection[Any], hub: RoomHub, *, order_id: int, person: Person, actor: Actor
) -> OrderDetail:
    """The order's page, in seven statements and one that notes who saw personal data."""
    row = _must_find(connection, order_id, person)
    titles = hub.titles.named(source_titles(connection))
    known = order_with_parcels(connection, order_id)
    ids = [one.id for one in known]
    found = [case_row(one, titles) for one in cases.cases_of_subjects(connection, ids)]
    briefs = [parcel_brief(one, titles) for one in store.parcels_of(connection, [order_id])]
    if person.may(PII):
        log_access(connection, actor, action="order.read.done", target=f"order {row['order_no']}")
    return OrderDetail(
        order=order_full(
            row,
            parcels=briefs,
            open_cases=sum(1 for one in found if one.status == "open"),
            clear=person.may(PII),
            titles=titles,
        ),
        shipments=hub.parcels(connection, [order_id], titles),
        timeline=timeline([_story(one, hub) for one in known], titles),
        audit=[audit_item(one, titles) for one in audit.rows_of(connection, ids)],
        cases=found,
    )


def _must_find(connection: Connection[Any], order_id: int, person: Person) -> Row:
    row = store.find_order(connection, order_id, shops=person.shops)
    if row is None:
        raise not_found(f"订单 {order_id}")
    return row


def _story(known: Known, hub: RoomHub) -> Story:
    effects = hub.explain(known.kind, known.key, known.history).effects
    return Story(kind=known.kind, label=known.label, history=known.history, effects=effects)


@get("/api/orders/{order_id:str}/as-of", guards=[requires("orders.view")])
async def get_order_as_of(request: ApiRequest, order_id: FromPath[str], at: FromQuery[str]) -> AsOf:
    """What we believed of the order at a moment, by what had reached us then."""
    moment = moment_from(at, "at")
    if moment is None:
        raise bad_field("at", "请给出时刻,例如 2026-02-05T14:23:00Z")
    hub, person = room_hub(request), current_person(request)
    return await hub.sync(_believed, hub, order_id=read_id(order_id), at=moment, person=person)


def _believed(connection: Connection[Any], hub: RoomHub, *, order_id: int, at: datetime, person: Person) -> AsOf:
    _must_find(connection, order_id, person)
    state, parcels = "unknown", []
    for one in order_with_parcels(connection, order_id):
        heard = known_at(one.history, to_ms(at))
        if not heard:
            continue
        then = hub.explain(one.kind, one.key, heard).state
        if one.kind == KIND:
            state = then
        else:
            title = hub.titles.state(one.kind, then) or then
            parcels.append(ParcelThen(id=str(one.id), tracking_no=one.key, state=then, state_title=title))
    return AsOf(at=at, state=state, state_title=hub.titles.state(KIND, state) or state, shipments=parcels)


router = Router("/", route_handlers=[list_orders, export_orders, get_order, get_order_as_of], tags=["orders"])
