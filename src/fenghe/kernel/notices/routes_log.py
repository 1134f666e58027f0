"""The delivery log over HTTP (投递日志): what went where and what was answered, as a list and a file; dead letters again."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from litestar.response import Stream
from psycopg import Connection

from fenghe.kernel.listing import Listing, check_expected, listing, read_filter
from fenghe.kernel.notices import store_log
from fenghe.kernel.notices.composing import LEVELS
from fenghe.kernel.notices.routes_hub import notice_hub
from fenghe.kernel.notices.store_log import Delivery, LogFilter
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.routes_listing import filtered
from fenghe.kernel.store_reading import stream
from fenghe.kernel.titles import Titles
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.hub import WebHub
from fenghe.kernel.web.paging import Paging, read_ids
from fenghe.kernel.web.problems import Problem, bad_field
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, export_response, paged, requires

_SORTED: Final = paged(*store_log.SORTS, default="-created_at")
EXPORTED: Final = (
    "编号", "生成时间", "送达时间", "机器人", "规则", "事件", "类型", "级别", "件数", "工单号", "标题", "正文", "状态",
    "尝试次数", "对方答复",
)  # fmt: skip


class AgainBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which dead letters to send again: those ticked, or all that a filter finds (`expected`: how many were seen)."""

    ids: list[str] | None = None
    filter: dict[str, Any] | None = None
    expected: int | None = None


class SentAgain(msgspec.Struct, frozen=True):
    """How many are on their way again."""

    changed: int


@get(
    "/api/notice-deliveries",
    guards=[requires("notices.manage")],
    dependencies={**_SORTED, **filtered(LogFilter)},
)
async def list_deliveries(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[LogFilter]
) -> Listing[Delivery]:
    """投递日志，最新在前。"""
    hub = notice_hub(request)
    rows, counts = await hub.sync(store_log.page, asked, paging=paging, titles=hub.words().titles)
    return listing(rows, counts=counts, paging=paging)


@get(
    "/api/notice-deliveries/export",
    guards=[requires("exports.create")],
    dependencies={**_SORTED, **filtered(LogFilter)},
)
async def export_deliveries(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    paging: NamedDependency[Paging],
    asked: NamedDependency[LogFilter],
) -> Stream:
    """投递日志导出。"""
    hub = notice_hub(request)
    _must_manage(request)
    query, values = await hub.sync(_begin_export, asked, paging=paging, actor=actor_of(request))
    rows = _export_rows(hub, query, values=values, titles=hub.words().titles)
    return await export_response(EXPORTED, rows, file_format=format, filename="投递日志")


def _must_manage(request: ApiRequest) -> None:
    """Whoever may export may not therefore see what robots were told."""
    if not current_person(request).may("notices.manage"):
        raise Problem(403, "需要权限“管理通知机器人、规则与投递日志”(notices.manage)。", code="right_missing")


def _begin_export(
    connection: Connection[Any], asked: LogFilter, *, paging: Paging, actor: Actor
) -> tuple[str, dict[str, Any]]:
    log_access(connection, actor, action="delivery.export.done", target=str(msgspec.to_builtins(asked)))
    return store_log.everything(asked, paging)


async def _export_rows(
    hub: WebHub, query: str, *, values: dict[str, Any], titles: Titles
) -> AsyncIterator[Sequence[Cell]]:
    async for row in stream(hub.pool, query, values):
        one = store_log.delivery(row, titles)
        yield (
            one.id, one.created_at, one.sent_at, one.robot_title, one.rule, one.event_title, one.kind_title,
            LEVELS[one.severity], one.count, one.case_id, one.title, one.body, one.status_title, one.attempts,
            one.answer,
        )  # fmt: skip


@post("/api/notice-deliveries/again", guards=[requires("notices.manage")], status_code=200)
async def send_again(request: ApiRequest, data: JSONBody[AgainBody]) -> SentAgain:
    """重发死信。"""
    return SentAgain(await notice_hub(request).sync(_again, data, actor=actor_of(request)))


def _again(connection: Connection[Any], data: AgainBody, *, actor: Actor) -> int:
    if (data.ids is None) == (data.filter is None):
        raise bad_field("ids", "请给出 ids 或 filter 其中之一")
    if data.filter is None:
        ids = list(read_ids(",".join(data.ids or ())) or ())
    else:
        ids = store_log.matching(connection, read_filter(LogFilter, data.filter.items()))
        check_expected(len(ids), data.expected, at_most=store_log.MOST_AGAIN)
    if not ids:
        raise bad_field("ids", "没有选中任何消息")
    changed = store_log.send_again(connection, ids, actor=actor)
    beat(connection, ("notices",))
    return changed


router = Router("/", route_handlers=[list_deliveries, export_deliveries, send_again], tags=["notices"])
