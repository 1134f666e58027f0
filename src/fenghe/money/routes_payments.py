"""Payments and refunds over HTTP (支付单、退款单): lists, pages with two clocks, export, asking the provider, an order's money."""

from collections.abc import Sequence
from datetime import UTC, datetime
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
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.room import RoomHub
from fenghe.kernel.routes_export import Export, export_list
from fenghe.kernel.routes_listing import filtered, room_hub
from fenghe.kernel.store_reading import Row
from fenghe.kernel.store_subjects import source_titles, subjects
from fenghe.kernel.timeline import Story, audit_item, timeline
from fenghe.kernel.titles import Titles
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.paging import Paging, read_id
from fenghe.kernel.web.problems import Problem, bad_field, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, paged, requires
from fenghe.money import store_asking
from fenghe.money import store_payments as store
from fenghe.money.routes_rows import (
    OrderMoney,
    PaymentPage,
    PaymentRow,
    RefundPage,
    RefundRow,
    order_money,
    pay_order_row,
    payment_row,
    refund_row,
)

VIEW: Final = "money.view"
_PAYMENTS: Final = {**paged(*store.PAYMENT_SORTS, default=store.DEFAULT_SORT), **filtered(store.PaymentFilter)}
_REFUNDS: Final = {**paged(*store.REFUND_SORTS, default=store.DEFAULT_SORT), **filtered(store.RefundFilter)}
WAYS: Final = ("native", "h5", "page")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The question is on its way."""

    words: str


class LinkWish(msgspec.Struct, frozen=True, kw_only=True):
    """How the buyer is to pay: native (QR code), h5 (phone), page (browser)."""

    way: str = "native"


@get("/api/payments", guards=[requires(VIEW)], dependencies=_PAYMENTS)
async def list_payments(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[store.PaymentFilter]
) -> Listing[PaymentRow]:
    """Payments, newest first."""
    hub, shops = room_hub(request), current_person(request).shops

    def read(connection: Connection[Any]) -> Listing[PaymentRow]:
        rows = store.payments(connection, asked, shops=shops, paging=paging)
        counts = store.payment_counts(connection, asked, shops=shops)
        return listing([payment_row(row, hub.titles) for row in rows], counts=counts, paging=paging)

    return await hub.sync(read)


@get("/api/refunds", guards=[requires(VIEW)], dependencies=_REFUNDS)
async def list_refunds(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[store.RefundFilter]
) -> Listing[RefundRow]:
    """Refunds, newest first."""
    hub, shops = room_hub(request), current_person(request).shops

    def read(connection: Connection[Any]) -> Listing[RefundRow]:
        rows = store.refunds(connection, asked, shops=shops, paging=paging)
        counts = store.refund_counts(connection, asked, shops=shops)
        return listing([refund_row(row, hub.titles) for row in rows], counts=counts, paging=paging)

    return await hub.sync(read)


PAYMENTS_EXPORTED: Final = (
    "支付机构", "支付单号", "商户单号", "订单号", "状态", "绑定", "未绑定原因", "金额", "买家实付", "手续费", "已退",
    "币种", "支付时间", "支付方式",
)  # fmt: skip
REFUNDS_EXPORTED: Final = (
    "支付机构", "退款单号", "商户退款单号", "支付单号", "订单号", "状态", "金额", "币种", "退款时间",
)  # fmt: skip


@get("/api/payments/export", guards=[requires("exports.create"), requires(VIEW)], dependencies=_PAYMENTS)
async def export_payments(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    paging: NamedDependency[Paging],
    asked: NamedDependency[store.PaymentFilter],
) -> Stream:
    """The list as a file."""
    statement = store.all_payments(asked, shops=current_person(request).shops, paging=paging)
    return await export_list(request, _PAYMENTS_EXPORTED_FILE, statement=statement, asked=asked, file_format=format)


def _payment_cells(row: Row, titles: Titles) -> Sequence[Cell]:
    one = payment_row(row, titles)
    return (
        one.provider_title, one.payment_no, one.out_trade_no, one.order_no, one.state_title, one.binding_title,
        one.cause_title, one.amount, one.buyer_paid, one.fee, one.refunded, row["currency"], one.paid_at, one.method,
    )  # fmt: skip


_PAYMENTS_EXPORTED_FILE: Final = Export(
    filename="支付单",
    header=PAYMENTS_EXPORTED,
    cells=_payment_cells,
    action="payment.export.done",
)


@get("/api/refunds/export", guards=[requires("exports.create"), requires(VIEW)], dependencies=_REFUNDS)
async def export_refunds(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    paging: NamedDependency[Paging],
    asked: NamedDependency[store.RefundFilter],
) -> Stream:
    """The list as a file."""
    statement = store.all_refunds(asked, shops=current_person(request).shops, paging=paging)
    return await export_list(request, _REFUNDS_EXPORTED_FILE, statement=statement, asked=asked, file_format=format)


def _refund_cells(row: Row, titles: Titles) -> Sequence[Cell]:
    one = refund_row(row, titles)
    return (
        one.provider_title, one.refund_no, one.out_refund_no, one.payment_no, one.order_no, one.state_title,
        one.amount, row["currency"], one.refunded_at,
    )  # fmt: skip


_REFUNDS_EXPORTED_FILE: Final = Export(
    filename="退款单",
    header=REFUNDS_EXPORTED,
    cells=_refund_cells,
    action="refund.export.done",
)


@get("/api/payments/{payment_id:str}", guards=[requires(VIEW)])
async def get_payment(request: ApiRequest, payment_id: FromPath[str]) -> PaymentPage:
    """A payment with everything that was said of it."""
    hub = room_hub(request)
    return await hub.sync(_payment_page, hub, payment_id=read_id(payment_id), shops=current_person(request).shops)


def _payment_page(
    connection: Connection[Any], hub: RoomHub, *, payment_id: int, shops: Sequence[str] | None
) -> PaymentPage:
    """The payment's page, in eight statements."""
    row = store.find_payment(connection, payment_id, shops=shops)
    if row is None:
        raise not_found(f"支付单 {payment_id}")
    siblings = store.payments_of_order(connection, row["order_no"]) if row["order_no"] else []
    given_back = store.refunds_of(connection, row["provider"], row["payment_no"])
    return PaymentPage(
        payment=payment_row(row, hub.titles),
        refunds=[refund_row(one, hub.titles) for one in given_back],
        others=[payment_row(one, hub.titles) for one in siblings if one["id"] != payment_id],
        **_told(connection, hub, payment_id),
    )


def _told(connection: Connection[Any], hub: RoomHub, subject: int) -> dict[str, Any]:
    """What was said of a payment or refund, with both clocks; its audit and cases."""
    titles = hub.titles.named(source_titles(connection))
    known = subjects(connection, [subject])[subject]
    effects = hub.explain(known.kind, known.key, known.history).effects
    story = Story(kind=known.kind, label=known.label, history=known.history, effects=effects)
    return {
        "timeline": timeline([story], titles),
        "audit": [audit_item(one, titles) for one in audit.rows_of(connection, [subject])],
        "cases": [case_row(one, titles) for one in cases.cases_of_subjects(connection, [subject])],
    }


@get("/api/refunds/{refund_id:str}", guards=[requires(VIEW)])
async def get_refund(request: ApiRequest, refund_id: FromPath[str]) -> RefundPage:
    """A refund with everything that was said of it."""
    hub, shops = room_hub(request), current_person(request).shops
    number = read_id(refund_id)

    def read(connection: Connection[Any]) -> RefundPage:
        row = store.find_refund(connection, number, shops=shops)
        if row is None:
            raise not_found(f"退款单 {number}")
        return RefundPage(refund=refund_row(row, hub.titles), **_told(connection, hub, number))

    return await hub.sync(read)


@post("/api/payments/{payment_id:str}/ask", guards=[requires(VIEW)], status_code=200)
async def ask_payment(request: ApiRequest, payment_id: FromPath[str]) -> Asked:
    """Have the provider asked about a payment now."""
    hub, number, shops = room_hub(request), read_id(payment_id), current_person(request).shops
    actor = actor_of(request)

    def ask(connection: Connection[Any]) -> Asked:
        row = store.find_payment(connection, number, shops=shops)
        if row is None:
            raise not_found(f"支付单 {number}")
        if not store_asking.has_source(connection, row["provider"]):
            title = payment_row(row, hub.titles).provider_title
            raise Problem(409, f"没有可以询问{title}的连接，请在「连接」页添加。", code="nobody_to_ask")
        store_asking.ask_now(connection, "payment", number, now=datetime.now(UTC))
        log_access(connection, actor, action="payment.ask.done", target=f"payment {row['payment_no']}")
        return Asked(words="已安排询问，答复到了会记在时间线上")

    return await hub.sync(ask)


@get("/api/orders/{order_id:str}/money", guards=[requires("orders.view")])
async def get_order_money(request: ApiRequest, order_id: FromPath[str]) -> OrderMoney:
    """What an order should bring, and every payment, refund and link that names it."""
    hub, shops = room_hub(request), current_person(request).shops
    return await hub.sync(_order_money, hub, order_id=read_id(order_id), shops=shops)


def _order_money(
    connection: Connection[Any], hub: RoomHub, *, order_id: int, shops: Sequence[str] | None
) -> OrderMoney:
    book = store.find_book(connection, order_id, shops=shops)
    if book is None:
        raise not_found(f"订单 {order_id}")
    number = book["order_no"]
    return order_money(
        book,
        payments=[payment_row(one, hub.titles) for one in store.payments_of_order(connection, number)],
        refunds=[refund_row(one, hub.titles) for one in store.refunds_of_order(connection, number)],
        links=[pay_order_row(one) for one in store_asking.pay_orders_of(connection, number)],
    )


@post("/api/orders/{order_id:str}/pay-link", guards=[requires("cases.rule")], status_code=200)
async def make_pay_link(request: ApiRequest, order_id: FromPath[str], data: JSONBody[LinkWish]) -> OrderMoney:
    """A link by which an order that awaits payment can be paid; the same one again while it is open."""
    if data.way not in WAYS:
        raise bad_field("way", f"付款方式应为 {'、'.join(WAYS)}")
    hub, number, shops = room_hub(request), read_id(order_id), current_person(request).shops
    book = await hub.sync(store.find_book, number, shops=shops)
    if book is None:
        raise not_found(f"订单 {number}")
    await hub.pay_link(actor_of(request).person, order_no=book["order_no"], way=data.way)
    return await hub.sync(_order_money, hub, order_id=number, shops=shops)


router = Router(
    "/",
    route_handlers=[
        list_payments, list_refunds, export_payments, export_refunds, get_payment, get_refund, ask_payment,
        get_order_money, make_pay_link,
    ],
    tags=["payments"],
)  # fmt: skip
