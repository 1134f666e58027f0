"""Parcels over HTTP (运单): the list, a parcel's page with its timeline, correction by hand, export."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from psycopg import Connection

from fenghe.kernel.audit import store_queries as audit
from fenghe.kernel.cases import store as cases
from fenghe.kernel.cases.rows import case_row
from fenghe.kernel.listing import Listing, listing
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.room import RoomHub
from fenghe.kernel.routes_export import Export, export_list
from fenghe.kernel.routes_listing import filtered, room_hub
from fenghe.kernel.store_reading import Row
from fenghe.kernel.store_subjects import source_titles, subjects
from fenghe.kernel.timeline import Story, audit_item, timeline
from fenghe.kernel.titles import Titles
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.paging import Paging, read_id
from fenghe.kernel.web.problems import bad_field, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, paged, requires
from fenghe.logistics import store_queries as store
from fenghe.logistics.routes_rows import ShipmentDetail, ShipmentPage, ShipmentRow, shipment_detail, shipment_row

LONGEST_REASON: Final = 500
_LISTED: Final = {**paged(*store.SORTS, default=store.DEFAULT_SORT), **filtered(store.ShipmentFilter)}


class CorrectionBody(msgspec.Struct, frozen=True, kw_only=True):
    """The state as a person knows it to be, and how he knows."""

    state: str
    reason: str


@get("/api/shipments", guards=[requires("orders.view")], dependencies=_LISTED)
async def list_shipments(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[store.ShipmentFilter]
) -> Listing[ShipmentRow]:
    """Parcels, newest word first."""
    hub = room_hub(request)
    return await hub.sync(_page, hub, asked=asked, shops=current_person(request).shops, paging=paging)


def _page(
    connection: Connection[Any],
    hub: RoomHub,
    *,
    asked: store.ShipmentFilter,
    shops: Sequence[str] | None,
    paging: Paging,
) -> Listing[ShipmentRow]:
    rows = store.page(connection, asked, shops=shops, paging=paging)
    counts = store.counts(connection, asked, shops=shops)
    return listing([shipment_row(row, hub.titles) for row in rows], counts=counts, paging=paging)


EXPORTED: Final = (
    "运单号",
    "承运商",
    "状态",
    "存疑",
    "存疑原因",
    "订单号",
    "最近轨迹时间",
    "轨迹条数",
    "物流异常待跟进",
)


@get("/api/shipments/export", guards=[requires("exports.create")], dependencies=_LISTED)
async def export_shipments(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    paging: NamedDependency[Paging],
    asked: NamedDependency[store.ShipmentFilter],
) -> Stream:
    """The list as a file."""
    statement = store.everything(asked, shops=current_person(request).shops, paging=paging)
    return await export_list(request, _FILE, statement=statement, asked=asked, file_format=format)


def _cells(row: Row, titles: Titles) -> Sequence[Cell]:
    one = shipment_row(row, titles)
    return (
        one.tracking_no, one.carrier_title, one.state_title, one.held, one.hold_reason, one.order_no,
        one.last_event_at, one.event_count, one.silent,
    )  # fmt: skip


_FILE: Final = Export(
    filename="运单",
    header=EXPORTED,
    cells=_cells,
    action="shipment.export.done",
)


@get("/api/shipments/{shipment_id:str}", guards=[requires("orders.view")])
async def get_shipment(request: ApiRequest, shipment_id: FromPath[str]) -> ShipmentPage:
    """A parcel with everything that was said of it."""
    hub = room_hub(request)
    return await hub.sync(_read_page, hub, shipment_id=read_id(shipment_id), shops=current_person(request).shops)


def _read_page(
    connection: Connection[Any], hub: RoomHub, *, shipment_id: int, shops: Sequence[str] | None
) -> ShipmentPage:
    """The parcel's page, in five statements."""
    row = store.find_details(connection, shipment_id, shops=shops)
    if row is None:
        raise not_found(f"运单 {shipment_id}")
    titles = hub.titles.named(source_titles(connection))
    known = subjects(connection, [shipment_id])[shipment_id]
    effects = hub.explain(known.kind, known.key, known.history).effects
    story = Story(kind=known.kind, label=known.label, history=known.history, effects=effects)
    return ShipmentPage(
        shipment=shipment_detail(row, titles),
        timeline=timeline([story], titles),
        audit=[audit_item(one, titles) for one in audit.rows_of(connection, [shipment_id])],
        cases=[case_row(one, titles) for one in cases.cases_of_subjects(connection, [shipment_id])],
    )


@post("/api/shipments/{shipment_id:str}/correct", guards=[requires("cases.rule")], status_code=200)
async def correct_shipment(
    request: ApiRequest, shipment_id: FromPath[str], data: JSONBody[CorrectionBody]
) -> ShipmentDetail:
    """Set a parcel's state by hand (客服手动修改)."""
    number, hub, actor = read_id(shipment_id), room_hub(request), actor_of(request)
    reason = data.reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise bad_field("reason", f"请填写理由,1 到 {LONGEST_REASON} 个字")
    shops = current_person(request).shops
    await hub.sync(_detail, hub, shipment_id=number, shops=shops)
    await hub.correct(actor.person, actor.ip, shipment_id=number, state=data.state, reason=reason)
    await hub.sync(beat, ("orders", "cases", "workbench"))
    return await hub.sync(_detail, hub, shipment_id=number, shops=shops)


def _detail(
    connection: Connection[Any], hub: RoomHub, *, shipment_id: int, shops: Sequence[str] | None
) -> ShipmentDetail:
    row = store.find_details(connection, shipment_id, shops=shops)
    if row is None:
        raise not_found(f"运单 {shipment_id}")
    return shipment_detail(row, hub.titles.named(source_titles(connection)))


router = Router(
    "/", route_handlers=[list_shipments, export_shipments, get_shipment, correct_shipment], tags=["shipments"]
)
