"""The two-way contract over HTTP (双向契约): what was asked and answered, asking again, booking, letting go, export."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from psycopg import Connection

from fenghe.hub import contracts
from fenghe.kernel.connections.store import Source, load_sources
from fenghe.kernel.listing import Listing, listing
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.room import RoomHub
from fenghe.kernel.routes_export import Export, export_list
from fenghe.kernel.routes_listing import filtered, room_hub
from fenghe.kernel.store_reading import Row
from fenghe.kernel.store_subjects import source_titles
from fenghe.kernel.titles import Titles
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.hub import KernelHub
from fenghe.kernel.web.paging import Paging, read_id
from fenghe.kernel.web.problems import Problem, bad_field, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, paged, requires
from fenghe.logistics import store_contract as writing
from fenghe.logistics import store_contract_queries as store
from fenghe.logistics.contract import ACTS, TITLES

STATES: Final = {"asked": "已提出,待答复", "accepted": "已受理", "refused": "被拒绝", "withdrawn": "已放弃"}
_LISTED: Final = {**paged(*store.SORTS, default=store.DEFAULT_SORT), **filtered(store.ContractFilter)}
TOPICS: Final = ("orders", "cases")


class ContractRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing asked of a carrier and what came of it. `heard_at`: the last answer to a query about the parcel."""

    id: str
    act: str
    act_title: str
    source: str
    source_title: str
    state: str
    state_title: str
    asked_at: datetime
    asked_by: str
    answered_at: datetime | None
    message_id: str | None
    error: str | None
    waybill_no: str | None
    pushed_at: datetime | None
    heard_at: datetime | None
    finding: str | None
    finding_title: str
    finding_words: str
    finding_since: datetime | None
    shipment_id: str | None
    tracking_no: str | None
    carrier_title: str
    order_id: str | None
    order_no: str | None


class BookBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With which connection to book."""

    source: str


class BookChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A connection an order can be booked with."""

    id: str
    title: str


class OrderContracts(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for an order, and with whom it can be booked."""

    contracts: Sequence[ContractRow]
    choices: Sequence[BookChoice]


@get("/api/contracts", guards=[requires("orders.view")], dependencies=_LISTED)
async def list_contracts(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[store.ContractFilter]
) -> Listing[ContractRow]:
    """What was asked of carriers, the newest first."""
    hub = room_hub(request)
    return await hub.sync(_page, hub, asked=asked, shops=current_person(request).shops, paging=paging)


def _page(
    connection: Connection[Any],
    hub: RoomHub,
    *,
    asked: store.ContractFilter,
    shops: Sequence[str] | None,
    paging: Paging,
) -> Listing[ContractRow]:
    rows, counts = store.page(connection, asked, shops=shops, paging=paging)
    titles = hub.titles.named(source_titles(connection))
    return listing([_row(row, titles) for row in rows], counts=counts, paging=paging)


EXPORTED: Final = (
    "请求", "连接", "运单号", "订单号", "承运商", "状态", "提出时间", "答复时间", "下单单号", "最近推送", "最近查询答复", "发现",
    "说明", "错误",
)  # fmt: skip


@get("/api/contracts/export", guards=[requires("exports.create")], dependencies=_LISTED)
async def export_contracts(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    paging: NamedDependency[Paging],
    asked: NamedDependency[store.ContractFilter],
) -> Stream:
    """The list as a file."""
    statement = store.everything(asked, shops=current_person(request).shops, paging=paging)
    return await export_list(request, _FILE, statement=statement, asked=asked, file_format=format)


def _cells(row: Row, titles: Titles) -> Sequence[Cell]:
    one = _row(row, titles)
    return (
        one.act_title, one.source_title, one.tracking_no, one.order_no, one.carrier_title, one.state_title,
        one.asked_at, one.answered_at, one.waybill_no, one.pushed_at, one.heard_at, one.finding_title,
        one.finding_words, one.error,
    )  # fmt: skip


_FILE: Final = Export(
    filename="双向契约",
    header=EXPORTED,
    cells=_cells,
    action="shipment.export.done",
    about="contracts",
    names_sources=True,
)


def _row(row: Mapping[str, Any], titles: Titles) -> ContractRow:
    same = (
        "act", "source", "state", "asked_at", "asked_by", "answered_at", "error", "waybill_no", "pushed_at", "heard_at",
        "finding", "finding_words", "finding_since", "tracking_no", "order_no",
    )  # fmt: skip
    return ContractRow(
        **{name: row[name] for name in same},
        id=str(row["id"]),
        act_title=ACTS[row["act"]],
        source_title=titles.source(row["source"]),
        state_title=STATES[row["state"]],
        message_id=_text(row["message_id"]),
        finding_title=TITLES.get(row["finding"] or "", ""),
        shipment_id=_text(row["shipment_id"]),
        carrier_title=titles.carrier(row["carrier"]),
        order_id=_text(row["order_id"]),
    )


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


@get("/api/shipments/{shipment_id:str}/contracts", guards=[requires("orders.view")])
async def get_shipment_contracts(request: ApiRequest, shipment_id: FromPath[str]) -> list[ContractRow]:
    """What was asked about one parcel and for its order."""
    hub = room_hub(request)
    return await hub.sync(_of_shipment, hub, shipment_id=read_id(shipment_id), shops=current_person(request).shops)


def _of_shipment(
    connection: Connection[Any], hub: RoomHub, *, shipment_id: int, shops: Sequence[str] | None
) -> list[ContractRow]:
    titles = hub.titles.named(source_titles(connection))
    return [_row(row, titles) for row in store.of_shipment(connection, shipment_id, shops=shops)]


@post("/api/shipments/{shipment_id:str}/subscribe", guards=[requires("cases.rule")], status_code=200)
async def subscribe_shipment(request: ApiRequest, shipment_id: FromPath[str]) -> list[ContractRow]:
    """Ask for pushes of this parcel; 409 when they are asked for already."""
    hub, number, shops = room_hub(request), read_id(shipment_id), current_person(request).shops
    await hub.sync(_subscribe, shipment_id=number, actor=actor_of(request), shops=shops)
    return await hub.sync(_of_shipment, hub, shipment_id=number, shops=shops)


def _subscribe(connection: Connection[Any], *, shipment_id: int, actor: Actor, shops: Sequence[str] | None) -> None:
    wish = writing.find_wish(connection, shipment_id)
    if wish is None or (shops is not None and not _own(connection, shipment_id, shops)):
        raise not_found(f"运单 {shipment_id}")
    sources = contracts.able_to_push(connection)
    if wish.source not in sources:
        raise Problem(422, "没有能为这个运单订阅推送的连接。请在「连接」页添加承运商或快递100。", code="nobody_to_ask")
    if not contracts.subscribe(connection, [wish], by=actor.person, now=datetime.now(UTC)):
        raise Problem(409, "这个运单已经订阅,或正在等待答复。", code="already_asked")
    log_access(connection, actor, action="shipment.subscribe.done", target=f"shipment {wish.number} → {wish.source}")
    beat(connection, TOPICS)


def _own(connection: Connection[Any], shipment_id: int, shops: Sequence[str]) -> bool:
    return writing.is_of_shops(connection, shipment_id, shops)


@get("/api/orders/{order_id:str}/contracts", guards=[requires("orders.view")])
async def get_order_contracts(request: ApiRequest, order_id: FromPath[str]) -> OrderContracts:
    """What was asked for one order, and with whom it can be booked."""
    hub = room_hub(request)
    return await hub.sync(_of_order, hub, order_id=read_id(order_id), shops=current_person(request).shops)


def _of_order(
    connection: Connection[Any], hub: RoomHub, *, order_id: int, shops: Sequence[str] | None
) -> OrderContracts:
    titles = hub.titles.named(source_titles(connection))
    rows = [_row(row, titles) for row in store.of_order(connection, order_id, shops=shops)]
    choices = [BookChoice(id=one.id, title=one.title) for one in contracts.able_to_book(connection)]
    return OrderContracts(contracts=rows, choices=choices)


@post("/api/orders/{order_id:str}/book", guards=[requires("cases.rule")], status_code=200)
async def book_order(request: ApiRequest, order_id: FromPath[str], data: JSONBody[BookBody]) -> OrderContracts:
    """Book an order with a carrier (下单取号); the number comes with its answer."""
    hub, number, shops = room_hub(request), read_id(order_id), current_person(request).shops
    sources = await hub.sync(load_sources, _key(request))
    source = sources.get(data.source)
    if source is None or not source.enabled or source.connector not in contracts.BOOKERS:
        raise bad_field("source", f"连接 {data.source[:63]} 不能下单")
    await hub.sync(_book, order_id=number, source=source, actor=actor_of(request), shops=shops)
    return await hub.sync(_of_order, hub, order_id=number, shops=shops)


def _key(request: ApiRequest) -> bytes:
    hub: KernelHub = request.app.state.hub
    return hub.key


def _book(
    connection: Connection[Any], *, order_id: int, source: Source, actor: Actor, shops: Sequence[str] | None
) -> None:
    contract = contracts.book(connection, order_id, source, by=actor.person, shops=shops, now=datetime.now(UTC))
    log_access(
        connection, actor, action="order.book.done", target=f"order {order_id} → {source.id} (contract {contract})"
    )
    beat(connection, TOPICS)


@post("/api/contracts/{contract_id:str}/withdraw", guards=[requires("cases.rule")], status_code=200)
async def withdraw_contract(request: ApiRequest, contract_id: FromPath[str]) -> ContractRow:
    """Let a contract go: it is no longer held against anything, and its case is closed on record."""
    hub, number, shops = room_hub(request), read_id(contract_id), current_person(request).shops
    await hub.sync(_withdraw, contract_id=number, actor=actor_of(request), shops=shops)
    return await hub.sync(_one, hub, contract_id=number, shops=shops)


def _withdraw(connection: Connection[Any], *, contract_id: int, actor: Actor, shops: Sequence[str] | None) -> None:
    if store.find_contract(connection, contract_id, shops=shops) is None:
        raise not_found(f"契约 {contract_id}")
    gone = contracts.withdraw(connection, contract_id)
    if gone is not None:
        log_access(connection, actor, action="contract.withdraw.done", target=f"{gone[0]} {gone[1]}")
        beat(connection, TOPICS)


def _one(connection: Connection[Any], hub: RoomHub, *, contract_id: int, shops: Sequence[str] | None) -> ContractRow:
    row = store.find_contract(connection, contract_id, shops=shops)
    if row is None:
        raise not_found(f"契约 {contract_id}")
    return _row(row, hub.titles.named(source_titles(connection)))


router = Router(
    "/",
    route_handlers=[
        list_contracts, export_contracts, get_shipment_contracts, subscribe_shipment, get_order_contracts, book_order,
        withdraw_contract,
    ],
    tags=["contracts"],
)  # fmt: skip
