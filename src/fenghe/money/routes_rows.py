"""Payments and refunds as the screens are told them (支付单、退款单内容): rows of the lists, pages, an order's money. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from fenghe.kernel.cases.rows import CaseRow
from fenghe.kernel.timeline import AuditItem, TimelineItem
from fenghe.kernel.titles import Titles
from fenghe.kernel.values import Money

PROVIDERS = {"wechatpay": "微信支付", "alipay": "支付宝"}
CLOSED_WORDS = {
    "waiting": "正在生成",
    "open": "可支付",
    "paid": "已支付",
    "closed": "已关闭",
    "failed": "生成失败",
    "absent": "没有找到",
}


class PaymentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A payment in the list."""

    id: str
    provider: str
    provider_title: str
    payment_no: str
    out_trade_no: str
    order_no: str
    order_id: str | None
    state: str
    state_title: str
    held: bool
    hold_reason: str | None
    binding: str
    binding_title: str
    cause: str | None
    cause_title: str | None
    amount: Money | None
    buyer_paid: Money | None
    fee: Money | None
    refunded: Money | None
    method: str
    paid_at: datetime | None
    changed_at: datetime
    ask_due_at: datetime | None
    asked: int


class RefundRow(msgspec.Struct, frozen=True, kw_only=True):
    """A refund in the list."""

    id: str
    provider: str
    provider_title: str
    refund_no: str
    out_refund_no: str
    payment_no: str
    payment_id: str | None
    order_no: str
    order_id: str | None
    state: str
    state_title: str
    held: bool
    hold_reason: str | None
    amount: Money | None
    refunded_at: datetime | None
    changed_at: datetime
    ask_due_at: datetime | None
    asked: int


class PayOrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """A link made for a buyer, or a search for an order's payment."""

    id: str
    source_title: str
    reason: str
    way: str
    status: str
    status_title: str
    url: str
    error: str
    amount: Money | None
    made_by: str
    created_at: datetime
    expires_at: datetime | None


class PaymentPage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the page of one payment."""

    payment: PaymentRow
    refunds: Sequence[RefundRow]
    others: Sequence[PaymentRow]
    timeline: Sequence[TimelineItem]
    audit: Sequence[AuditItem]
    cases: Sequence[CaseRow]


class RefundPage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the page of one refund."""

    refund: RefundRow
    timeline: Sequence[TimelineItem]
    audit: Sequence[AuditItem]
    cases: Sequence[CaseRow]


class OrderMoney(msgspec.Struct, frozen=True, kw_only=True):
    """An order's money: what it should bring, what came of it, and links that were made."""

    due: Money | None
    paid: Money
    refunded: Money
    awaiting: bool
    payments: Sequence[PaymentRow]
    refunds: Sequence[RefundRow]
    links: Sequence[PayOrderRow]


def provider_title(provider: str, titles: Titles) -> str:
    """What a provider is called."""
    return PROVIDERS.get(provider) or titles.channel(provider)


def _money(row: Mapping[str, Any], name: str) -> Money | None:
    return None if row[name] is None else Money(currency=row["currency"], amount_minor=row[name])


def _id(value: Any) -> str | None:
    return None if value is None else str(value)


def _common(kind: str, row: Mapping[str, Any], titles: Titles) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "provider_title": provider_title(row["provider"], titles),
        "order_id": _id(row["order_id"]),
        "state_title": titles.state(kind, row["state"]) or row["state"],
        "held": row["held"] is not None,
        "hold_reason": titles.reason(kind, row["held"]) if row["held"] else None,
        "amount": _money(row, "amount_minor"),
        **{
            name: row[name]
            for name in ("provider", "payment_no", "order_no", "state", "changed_at", "ask_due_at", "asked")
        },
    }


def payment_row(row: Mapping[str, Any], titles: Titles) -> PaymentRow:
    """A row of `store_payments` in the screens' words."""
    return PaymentRow(
        **_common("payment", row, titles),
        out_trade_no=row["out_trade_no"],
        binding=row["binding"],
        binding_title=titles.state("payment", row["binding"]) or row["binding"],
        cause=row["refusal"],
        cause_title=titles.reason("payment", row["refusal"]) if row["refusal"] else None,
        buyer_paid=_money(row, "buyer_paid_minor"),
        fee=_money(row, "fee_minor"),
        refunded=_money(row, "refunded_minor") if row["refunded_minor"] else None,
        method=row["method"],
        paid_at=row["paid_at"],
    )


def refund_row(row: Mapping[str, Any], titles: Titles) -> RefundRow:
    """A row of `store_payments` in the screens' words."""
    return RefundRow(
        **_common("refund", row, titles),
        refund_no=row["refund_no"],
        out_refund_no=row["out_refund_no"],
        payment_id=_id(row["payment_id"]),
        refunded_at=row["refunded_at"],
    )


def pay_order_row(row: Mapping[str, Any]) -> PayOrderRow:
    """A row of `store_asking.pay_orders_of` in the screens' words."""
    told = {
        name: row[name]
        for name in ("source_title", "reason", "way", "status", "url", "error", "made_by", "created_at", "expires_at")
    }
    status_title = CLOSED_WORDS.get(row["status"], row["status"])
    return PayOrderRow(id=str(row["id"]), status_title=status_title, amount=_money(row, "amount_minor"), **told)


def order_money(
    book: Mapping[str, Any],
    payments: Sequence[PaymentRow],
    refunds: Sequence[RefundRow],
    links: Sequence[PayOrderRow],
) -> OrderMoney:
    """What came of an order's money: only bound payments and refunds that went back count."""
    currency = str(book["currency"])
    paid = sum(one.amount.amount_minor for one in payments if one.binding == "bound" and one.amount is not None)
    back = sum(one.amount.amount_minor for one in refunds if one.state == "success" and one.amount is not None)
    return OrderMoney(
        due=_money(book, "due_minor"),
        paid=Money(currency=currency, amount_minor=paid),
        refunded=Money(currency=currency, amount_minor=back),
        awaiting=book["state"] == "await_payment",
        payments=payments,
        refunds=refunds,
        links=links,
    )
