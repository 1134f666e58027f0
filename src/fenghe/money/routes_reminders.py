"""Reminders over HTTP (催付): what was sent and who paid then, whom it would remind now, one by hand, the short address."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Final

import msgspec
from litestar import MediaType, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from psycopg import Connection

from fenghe.kernel.listing import Counts, Listing, listing, words_of
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.routes_listing import filtered, room_hub
from fenghe.kernel.store_reading import Row
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.paging import Paging, read_id
from fenghe.kernel.web.problems import bad_field, not_found
from fenghe.kernel.web.routes_support import (
    PUBLIC,
    ApiRequest,
    actor_of,
    current_person,
    export_response,
    paged,
    requires,
)
from fenghe.money import store_payments
from fenghe.money import store_reminder_queries as store
from fenghe.money import store_reminders as duty
from fenghe.money.reminder import AWAITS
from fenghe.money.store_reminder_queries import TABS, Filter

VIEW: Final = "money.view"
COUNT_TO: Final = 10_000
STATE_TITLES: Final = {
    "preparing": "准备中", "queued": "待发送", "sent": "已发送", "unsure": "是否送达不明", "failed": "没有发成",
    "withdrawn": "已撤回",
}  # fmt: skip


class ReminderQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What the list may be narrowed by, as the address says it; words are separated by commas."""

    tab: str = "all"
    channel: str = ""
    number: str = ""


_LIST: Final = {**paged("id", default="-id"), **filtered(ReminderQuery)}


class ReminderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One reminder; the phone is covered. `paid_after`: the order was paid after this message went out."""

    id: str
    order_id: str
    nth: int
    order_no: str
    channel: str
    shop: str
    currency: str
    amount_minor: int
    state: str
    state_title: str
    why: str
    phone: str
    robot: str
    policy: str
    asked_by: str
    asked_at: datetime
    checked_at: datetime | None
    sent_at: datetime | None
    ended_at: datetime | None
    paid_at: datetime | None
    paid_after: bool
    text: str


class ReminderEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to it."""

    at: datetime
    author: str
    event: str
    body: Mapping[str, Any]


class ReminderPage(msgspec.Struct, frozen=True, kw_only=True):
    """One reminder whole."""

    item: ReminderRow
    events: Sequence[ReminderEvent]


class ReminderSum(msgspec.Struct, frozen=True, kw_only=True):
    """Of one channel and currency: messages, orders reminded, and those of them that were paid afterwards."""

    channel: str
    currency: str
    messages: int
    orders: int
    amount_minor: int
    paid_orders: int
    paid_minor: int
    withdrawn: int
    failed: int


class WouldRemind(msgspec.Struct, frozen=True, kw_only=True):
    """An order that awaits payment, and what the rule says of it now."""

    order_id: str
    order_no: str
    channel: str
    currency: str
    amount_minor: int | None
    created_at: datetime | None
    phone: str
    sent: int
    due: bool
    words: str


class WhomNow(msgspec.Struct, frozen=True, kw_only=True):
    """Whom it would remind now; `more`: there are orders beyond those shown."""

    orders: Sequence[WouldRemind]
    more: bool


def _filter(asked: ReminderQuery) -> Filter:
    if asked.tab not in TABS:
        raise bad_field("tab", f"没有 {asked.tab} 这个标签，可用的有 {'、'.join(TABS)}")
    return Filter(tab=asked.tab, channel=tuple(words_of(asked.channel)), number=asked.number.strip())


def _row(row: Row) -> ReminderRow:
    same = [name for name in ReminderRow.__struct_fields__ if name in row and name not in ("id", "order_id", "text")]
    return ReminderRow(
        **{name: row[name] for name in same},
        id=str(row["id"]),
        order_id=str(row["order_id"]),
        state_title=STATE_TITLES[row["state"]],
        text=row["text"] or "",
    )


@get("/api/reminders", guards=[requires(VIEW)], dependencies=_LIST)
async def list_reminders(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[ReminderQuery]
) -> Listing[ReminderRow]:
    """Reminders, the newest first."""
    wanted, shops = _filter(asked), current_person(request).shops

    def read(connection: Connection[Any]) -> Listing[ReminderRow]:
        rows = store.page(connection, wanted, shops=shops, limit=paging.size, offset=paging.offset)
        tabs = store.counts(connection, wanted, shops=shops, up_to=COUNT_TO)
        counts = Counts(total=tabs[wanted.tab], limit=COUNT_TO, tabs=tabs, tab=wanted.tab)
        return listing([_row(row) for row in rows], counts=counts, paging=paging)

    return await room_hub(request).sync(read)


@get("/api/reminders/summary", guards=[requires(VIEW)])
async def sum_reminders(request: ApiRequest, days: FromQuery[int] = 30) -> list[ReminderSum]:
    """Of the last days: how many orders were reminded, and how many were paid afterwards."""
    if not 1 <= days <= 366:
        raise bad_field("days", "应为 1 到 366 天")
    since, shops = datetime.now(UTC) - timedelta(days=days), current_person(request).shops
    rows = await room_hub(request).sync(lambda connection: store.sums(connection, since=since, shops=shops))
    return [ReminderSum(**row) for row in rows]


@get("/api/reminders/now", guards=[requires(VIEW)])
async def whom_now(request: ApiRequest) -> WhomNow:
    """Whom it would remind at this moment, and of every other order that awaits payment why not; writes nothing."""
    shops = current_person(request).shops

    def read(connection: Connection[Any]) -> WhomNow:
        rules = duty.rules_in_force(connection)
        rows, more = store.would_remind(connection, rules, now=datetime.now(UTC), shops=shops)
        held = store.looks(connection, [row["order_id"] for row in rows if row["due"]])
        return WhomNow(orders=[_would(row, held.get(row["order_id"], "")) for row in rows], more=more)

    return await room_hub(request).sync(read)


def _would(row: Row, held: str) -> WouldRemind:
    names = ("order_no", "channel", "currency", "created_at", "phone", "sent", "due")
    return WouldRemind(
        **{name: row[name] for name in names},
        order_id=str(row["order_id"]),
        amount_minor=row["due_minor"],
        words=row["words"] or held,
    )


EXPORTED: Final = (
    "编号", "订单号", "渠道", "店铺", "第几次", "币种", "金额（分）", "状态", "说明", "电话", "网关", "谁催的", "提出时间",
    "发送时间", "付款时间", "催后付款",
)  # fmt: skip


@get(
    "/api/reminders/export",
    guards=[requires("exports.create"), requires(VIEW)],
    dependencies=filtered(ReminderQuery),
)
async def export_reminders(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    asked: NamedDependency[ReminderQuery],
) -> Stream:
    """The list as a file; phones stay covered."""
    wanted, actor, shops = _filter(asked), actor_of(request), current_person(request).shops

    def read(connection: Connection[Any]) -> list[Sequence[Cell]]:
        log_access(connection, actor, action="reminder.export.done", target=str(msgspec.to_builtins(asked)))
        return [_cells(_row(row)) for row in store.page(connection, wanted, shops=shops)]

    rows = await room_hub(request).sync(read)
    return await export_response(EXPORTED, rows, file_format=format, filename="催付")


def _cells(one: ReminderRow) -> Sequence[Cell]:
    return (
        one.id, one.order_no, one.channel, one.shop, one.nth, one.currency, one.amount_minor, one.state_title, one.why,
        one.phone, one.robot, one.asked_by, one.asked_at, one.sent_at, one.paid_at, "是" if one.paid_after else "",
    )  # fmt: skip


@get("/api/reminders/{reminder_id:str}", guards=[requires(VIEW)])
async def get_reminder(request: ApiRequest, reminder_id: FromPath[str]) -> ReminderPage:
    """One reminder with everything that happened to it."""
    number, shops = read_id(reminder_id), current_person(request).shops

    def read(connection: Connection[Any]) -> ReminderPage:
        row = store.find(connection, number, shops=shops)
        events = [ReminderEvent(**one) for one in store.events_of(connection, number)]
        return ReminderPage(item=_row(row), events=events)

    return await room_hub(request).sync(read)


@get("/api/orders/{order_id:str}/reminders", guards=[requires("orders.view")])
async def reminders_of_order(request: ApiRequest, order_id: FromPath[str]) -> list[ReminderRow]:
    """Every reminder of an order, the newest first."""
    asked, shops = Filter(order_id=read_id(order_id)), current_person(request).shops
    rows = await room_hub(request).sync(lambda connection: store.page(connection, asked, shops=shops))
    return [_row(row) for row in rows]


@post("/api/orders/{order_id:str}/remind", guards=[requires("cases.rule")], status_code=200)
async def remind(request: ApiRequest, order_id: FromPath[str]) -> list[ReminderRow]:
    """Remind the buyer of this order now; refused in plain words where he is not to be."""
    hub, number, shops = room_hub(request), read_id(order_id), current_person(request).shops
    book = await hub.sync(store_payments.find_book, number, shops=shops)
    if book is None:
        raise not_found(f"订单 {number}")
    actor = actor_of(request)
    await hub.remind(actor.person, actor.ip, order_id=number)
    asked = Filter(order_id=number)
    return [_row(row) for row in await hub.sync(lambda connection: store.page(connection, asked, shops=shops))]


# ── the short address that a buyer opens ─────────────────────────────────────────────────────────────────────────────

PAGE: Final = (
    "<!doctype html><html lang='zh-CN'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
    "<meta name='robots' content='noindex'><title>付款</title>"
    "<body style='font:18px/1.6 system-ui,sans-serif;margin:20vh auto;max-width:22em;padding:0 1em;text-align:center'>"
    "<p>{words}</p></body></html>"
)


@get("/p/{token:str}", opt=PUBLIC, include_in_schema=False, media_type=MediaType.HTML)
async def open_link(request: ApiRequest, token: FromPath[str]) -> Response[str]:
    """To the payment page while there is something to pay; else a line that says why not. Tells nothing of the order."""
    row = await room_hub(request).sync(lambda connection: duty.find_link(connection, token[:64]))
    if row is None:
        return _said("没有这个付款链接。", 404)
    if row["paid"] or row["link_status"] == "paid":
        return _said("这笔订单已经付款，不用再付了。", 200)
    late = row["expires_at"] is not None and row["expires_at"] <= datetime.now(UTC)
    if row["state"] != AWAITS or late or row["link_status"] != "open":
        return _said("这个付款链接已经失效，请联系客服。", 410)
    if not row["url"].startswith(("https://", "http://")):
        return _said(f"请在微信或支付宝里打开：{row['url']}", 200)
    return Response("", status_code=302, headers={"location": row["url"], "cache-control": "no-store"})


def _said(words: str, status: int) -> Response[str]:
    body = PAGE.format(words=escape(words))
    return Response(body, status_code=status, media_type=MediaType.HTML, headers={"cache-control": "no-store"})


router = Router(
    "/",
    route_handlers=[
        list_reminders, sum_reminders, whom_now, export_reminders, get_reminder, reminders_of_order, remind, open_link,
    ],
    tags=["reminders"],
)  # fmt: skip
