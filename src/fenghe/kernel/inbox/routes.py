"""The inbox over HTTP (收件箱): messages, the exact bytes of one, replay, refusals, the queue of unmapped codes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from psycopg import Connection

from fenghe.kernel.inbox import store_queries as store
from fenghe.kernel.inbox.rows import MessageDetail, MessageRow, message_detail, message_row
from fenghe.kernel.inbox.store import replay
from fenghe.kernel.listing import BulkResult, Listing, check_expected, listing, read_filter
from fenghe.kernel.people.person import Actor, Person
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.room import RoomHub
from fenghe.kernel.routes_listing import filtered, room_hub
from fenghe.kernel.store_reading import Row, stream
from fenghe.kernel.store_subjects import source_titles, subjects
from fenghe.kernel.values import Effect
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.paging import Paging, read_id
from fenghe.kernel.web.problems import Problem, bad_field, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, export_response, paged, requires

_LISTED: Final = {**paged(*store.SORTS, default=store.DEFAULT_SORT), **filtered(store.MessageFilter)}


class ReplayBody(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages to read again: those named, or all that a filter finds (`expected`: how many the person saw)."""

    ids: Sequence[str] | None = None
    filter: dict[str, Any] | None = None
    expected: int | None = None


class RefusedDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries of one hour that the door turned away for one reason."""

    source: str
    source_title: str
    at: datetime
    reason: str
    ip: str
    count: int


class UnmappedCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code nobody has given a meaning; `capped`: there are more events than were counted."""

    codes: str
    codes_title: str
    code: str
    sample_text: str
    events: int
    shipments: int
    first_seen_at: datetime
    last_seen_at: datetime
    capped: bool


def _whole_house(person: Person) -> None:
    """Raw messages tell of every shop at once: they are not for who may see only some."""
    if person.shops is not None:
        raise Problem(
            403,
            "原始报文含有全部店铺的内容,您的账号只限部分店铺,不能查看。需要时请联系管理员。",
            code="shops_limited",
        )


@get("/api/messages", guards=[requires("inbox.view")], dependencies=_LISTED)
async def list_messages(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[store.MessageFilter]
) -> Listing[MessageRow]:
    """Messages, newest first."""
    _whole_house(current_person(request))
    hub = room_hub(request)
    return await hub.sync(_page, hub, asked=asked, paging=paging)


def _page(
    connection: Connection[Any], hub: RoomHub, *, asked: store.MessageFilter, paging: Paging
) -> Listing[MessageRow]:
    rows, counts = store.page(connection, asked, paging=paging)
    said = store.said_by(connection, [row["id"] for row in rows])
    return listing([message_row(row, said.get(row["id"]), hub.titles) for row in rows], counts=counts, paging=paging)


EXPORTED: Final = (
    "报文号", "连接", "连接器", "来路", "收到时间", "状态", "重复次数", "字节数", "内容类型", "错误", "文件", "行号",
)  # fmt: skip
_STATUSES: Final = {"pending": "待研判", "judged": "已研判", "set_aside": "已搁置"}
_WAYS: Final = {"webhook": "推送", "file": "文件", "poll": "查询", "ruling": "人工", "api": "接口"}


@get("/api/messages/export", guards=[requires("exports.create")], dependencies=_LISTED)
async def export_messages(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    paging: NamedDependency[Paging],
    asked: NamedDependency[store.MessageFilter],
) -> Stream:
    """The list as a file, without the bodies."""
    person = current_person(request)
    _whole_house(person)
    if not person.may("inbox.view"):
        raise Problem(403, "需要权限“查看收件箱与原始报文”(inbox.view)。请联系管理员开通。", code="right_missing")
    hub = room_hub(request)
    query, values = await hub.sync(_begin_export, asked, paging=paging, actor=actor_of(request))
    return await export_response(EXPORTED, _export_rows(hub, query, values), file_format=format, filename="收件箱")


def _begin_export(
    connection: Connection[Any], asked: store.MessageFilter, *, paging: Paging, actor: Actor
) -> tuple[str, dict[str, Any]]:
    log_access(connection, actor, action="message.export.done", target=str(msgspec.to_builtins(asked)))
    return store.everything(connection, asked, paging=paging)


async def _export_rows(hub: RoomHub, query: str, values: dict[str, Any]) -> AsyncIterator[Sequence[Cell]]:
    async for row in stream(hub.pool, query, values):
        one = message_row(row, None, hub.titles)
        yield (
            one.id, one.source_title, one.connector, _WAYS[one.way], one.received_at, _STATUSES[one.status],
            one.repeats, one.size, one.content_type, one.error, one.file, one.line,
        )  # fmt: skip


@get("/api/messages/refused", guards=[requires("inbox.view")])
async def list_refused(request: ApiRequest) -> Sequence[RefusedDelivery]:
    """The last deliveries the door turned away."""
    rows = await room_hub(request).sync(store.refused)
    return [
        RefusedDelivery(
            source=row["source"],
            source_title=row["source_title"] or row["source"],
            at=row["last_at"],
            reason=row["reason"],
            ip=row["ip"],
            count=row["count"],
        )
        for row in rows
    ]


@get("/api/messages/{message_id:str}", guards=[requires("inbox.view")])
async def get_message(request: ApiRequest, message_id: FromPath[str]) -> MessageDetail:
    """One message: the bytes as they came, what they said, and what became of it."""
    _whole_house(current_person(request))
    hub = room_hub(request)
    return await hub.sync(_read_detail, hub, message_id=read_id(message_id), actor=actor_of(request))


def _read_detail(connection: Connection[Any], hub: RoomHub, *, message_id: int, actor: Actor) -> MessageDetail:
    """The message's page, in four statements and one that notes who saw the raw payload."""
    row = store.find_message(connection, message_id)
    if row is None:
        raise not_found(f"报文 {message_id}")
    items = store.items_of(connection, message_id)
    known = subjects(connection, {one["subject_id"] for one in items})
    effects: Mapping[int, Mapping[str, Effect]] = {
        one.id: hub.explain(one.kind, one.key, one.history).effects for one in known.values()
    }
    log_access(connection, actor, action="message.read.done", target=f"message {message_id}")
    return message_detail(row, items, effects=effects, titles=hub.titles)


@post("/api/messages/replay", guards=[requires("inbox.replay")], status_code=200)
async def replay_messages(request: ApiRequest, data: JSONBody[ReplayBody]) -> BulkResult:
    """Put messages back to be read again: with today's mappings, and never twice in effect."""
    _whole_house(current_person(request))
    if (data.ids is None) == (data.filter is None):
        raise bad_field("ids", "请给出 ids 或 filter 其中之一")
    return await room_hub(request).sync(_replay, data, actor=actor_of(request))


def _replay(connection: Connection[Any], data: ReplayBody, *, actor: Actor) -> BulkResult:
    if data.ids is not None:
        asked = store.MessageFilter(ids=",".join(data.ids) or "0")
    else:
        asked = read_filter(store.MessageFilter, (data.filter or {}).items())
    ids = store.matching(connection, asked)
    check_expected(len(ids), data.expected, at_most=store.MAX_REPLAY)
    changed = replay(connection, ids)
    log_access(connection, actor, action="message.replay.done", target=f"{changed} messages, {_told(ids)}")
    beat(connection, ("messages", "workbench"))
    return BulkResult(matched=len(ids), changed=changed)


def _told(ids: Sequence[int]) -> str:
    return "none" if not ids else f"{ids[0]}..{ids[-1]}" if len(ids) > 20 else ",".join(str(one) for one in ids)


@get("/api/unmapped", guards=[requires("mapping.edit", "inbox.view", "orders.view")])
async def list_unmapped(request: ApiRequest) -> Sequence[UnmappedCode]:
    """Codes that wait for a meaning."""
    hub = room_hub(request)
    rows, sources = await hub.sync(_unmapped)
    titles = hub.titles.named(sources)
    return [
        UnmappedCode(
            codes=row["codes"],
            codes_title=titles.codes(row["codes"]),
            code=row["code"],
            sample_text=row["sample_text"],
            events=row["events"],
            shipments=row["subjects"],
            first_seen_at=row["first_seen_at"],
            last_seen_at=row["last_seen_at"],
            capped=row["events"] >= store.UNMAPPED_EVENTS,
        )
        for row in rows
    ]


def _unmapped(connection: Connection[Any]) -> tuple[list[Row], dict[str, str]]:
    return store.unmapped(connection), source_titles(connection)


router = Router(
    "/",
    route_handlers=[
        list_messages, export_messages, list_refused, get_message, replay_messages, list_unmapped,
    ],
    tags=["inbox"],
)  # fmt: skip
