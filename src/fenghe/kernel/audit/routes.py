"""The audit chain over HTTP (审计): every change of state, newest first, and as a file for who checks the books."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Stream
from psycopg import Connection

from fenghe.kernel.audit import store_queries as store
from fenghe.kernel.listing import Counts, Listing, listing
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.room import RoomHub
from fenghe.kernel.routes_listing import filtered, room_hub
from fenghe.kernel.store_reading import COUNT_TO, stream
from fenghe.kernel.store_subjects import source_titles
from fenghe.kernel.timeline import AuditItem, audit_item
from fenghe.kernel.titles import Titles
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.paging import Paging
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, export_response, paged, requires

_LISTED: Final = {**paged("recorded_at", default="-recorded_at"), **filtered(store.AuditFilter)}


@get("/api/audit", guards=[requires("audit.view")], dependencies=_LISTED)
async def list_audit(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[store.AuditFilter]
) -> Listing[AuditItem]:
    """Changes of state, newest first."""
    hub = room_hub(request)
    return await hub.sync(_page, hub, asked=asked, shops=current_person(request).shops, paging=paging)


def _page(
    connection: Connection[Any],
    hub: RoomHub,
    *,
    asked: store.AuditFilter,
    shops: Sequence[str] | None,
    paging: Paging,
) -> Listing[AuditItem]:
    rows, total = store.page(connection, asked, shops=shops, paging=paging)
    titles = hub.titles.named(source_titles(connection))
    return listing([audit_item(row, titles) for row in rows], counts=Counts(total=total, limit=COUNT_TO), paging=paging)


EXPORTED: Final = (
    "审计号", "序号", "对象", "编号", "订单号", "原状态", "新状态", "来源", "操作人", "IP", "发生时间", "记录时间",
    "原因", "报文号", "冲正序号", "已被冲正", "规则版本", "哈希",
)  # fmt: skip
_KINDS: Final = {"order": "订单", "shipment": "运单"}


@get("/api/audit/export", guards=[requires("audit.view")], dependencies=_LISTED)
async def export_audit(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    paging: NamedDependency[Paging],
    asked: NamedDependency[store.AuditFilter],
) -> Stream:
    """The chain as a file."""
    hub = room_hub(request)
    query, values, titles = await hub.sync(
        _begin_export, hub, asked=asked, shops=current_person(request).shops, paging=paging, actor=actor_of(request)
    )
    rows = _export_rows(hub, query, values, titles)
    return await export_response(EXPORTED, rows, file_format=format, filename="审计")


def _begin_export(
    connection: Connection[Any],
    hub: RoomHub,
    *,
    asked: store.AuditFilter,
    shops: Sequence[str] | None,
    paging: Paging,
    actor: Actor,
) -> tuple[str, dict[str, Any], Titles]:
    log_access(connection, actor, action="audit.export.done", target=str(msgspec.to_builtins(asked)))
    query, values = store.everything(store.conditions(connection, asked, shops), paging)
    return query, values, hub.titles.named(source_titles(connection))


async def _export_rows(
    hub: RoomHub, query: str, values: dict[str, Any], titles: Titles
) -> AsyncIterator[Sequence[Cell]]:
    async for row in stream(hub.pool, query, values):
        one = audit_item(row, titles)
        yield (
            one.id, one.seq, _KINDS.get(one.subject_kind, one.subject_kind), one.subject_label, one.order_no,
            one.from_title, one.to_title, one.source_title, one.operator, one.ip, one.occurred_at, one.recorded_at,
            one.reason, one.message_id, one.reverses_seq, one.reversed, one.policy_version, one.hash,
        )  # fmt: skip


router = Router("/", route_handlers=[list_audit, export_audit], tags=["audit"])
