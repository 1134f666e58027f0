"""What outside parties say about money (资金事件), in nobody's dialect. Connectors produce it; payments and refunds are judged,
the rest is recorded.

Everywhere: amounts are integer minor units of `currency`; numbers are as told without blanks, tabs, quotes and back-ticks;
`order_no` is the order number that the merchant's number stands for, empty when it stands for none that can be told from it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import msgspec


class PaymentState(StrEnum):
    """What a payment can be, in our words."""

    AWAITING = "awaiting"
    SUCCESS = "success"
    CLOSED = "closed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class RefundState(StrEnum):
    """What a refund can be, in our words."""

    PROCESSING = "processing"
    SUCCESS = "success"
    CLOSED = "closed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class PaymentTold(msgspec.Struct, frozen=True, kw_only=True):
    """One payment (支付单) as one message tells it. `state` None: its code means nothing to us yet.

    `amount_minor` is what the seller is owed for it, `buyer_paid_minor` what left the buyer's purse (the rest is the provider's
    coupons). `occurred_at` is when the told state began; None when the teller gave no time.
    """

    provider: str
    payment_no: str
    out_trade_no: str = ""
    order_no: str = ""
    state: PaymentState | None
    status_code: str = ""
    currency: str = "CNY"
    amount_minor: int | None = None
    buyer_paid_minor: int | None = None
    fee_minor: int | None = None
    paid_at: datetime | None = None
    occurred_at: datetime | None = None
    method: str = ""
    buyer: str = ""
    item: int = 0
    facts: Mapping[str, str] = {}


class RefundTold(msgspec.Struct, frozen=True, kw_only=True):
    """One refund (退款单) as one message tells it; `amount_minor` is what went back (positive)."""

    provider: str
    refund_no: str
    out_refund_no: str = ""
    payment_no: str = ""
    out_trade_no: str = ""
    order_no: str = ""
    state: RefundState | None
    status_code: str = ""
    currency: str = "CNY"
    amount_minor: int | None = None
    refunded_at: datetime | None = None
    occurred_at: datetime | None = None
    item: int = 0
    facts: Mapping[str, str] = {}


class VoucherTold(msgspec.Struct, frozen=True, kw_only=True):
    """One voucher (凭证) as finance told it. `voucher_type` is order, refund, fee, payout, or finance's own word."""

    voucher_no: str
    voucher_type: str
    order_no: str = ""
    payment_no: str = ""
    refund_no: str = ""
    currency: str = "CNY"
    amount_minor: int
    booked_on: date | None = None
    account: str = ""
    remark: str = ""
    item: int = 0


class PayoutTold(msgspec.Struct, frozen=True, kw_only=True):
    """One pay-out (出款) as a provider told it; with an `order_no` it is that order's part of the pay-out."""

    provider: str
    payout_no: str
    currency: str = "CNY"
    amount_minor: int
    gross_minor: int | None = None
    fee_minor: int | None = None
    commission_minor: int | None = None
    paid_out_on: date | None = None
    occurred_at: datetime | None = None
    order_no: str = ""
    payment_no: str = ""
    bank_ref: str = ""
    account: str = ""
    turn: int = 0
    """Which of several equal rows of one file it is: parts of one order that nothing else tells apart."""
    item: int = 0


class LineTold(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a statement (账单行); the columns of table statement_line, see there.

    `ledger`: trade, funds, settlement, bank. `kind`: payment, refund, fee, fee_refund, commission, split, split_return, payout,
    transfer, adjustment, fx, other. `net_minor` is signed from the account's side. `components` add up to `net_minor`.
    """

    provider: str
    account: str = ""
    ledger: str
    kind: str
    occurred_at: datetime | None = None
    booked_on: date | None = None
    line_no: str = ""
    payment_no: str = ""
    out_trade_no: str = ""
    order_no: str = ""
    refund_no: str = ""
    batch_no: str = ""
    currency: str = "CNY"
    net_minor: int
    gross_minor: int | None = None
    fee_minor: int | None = None
    balance_minor: int | None = None
    components: Mapping[str, int] | None = None
    foreign_currency: str | None = None
    foreign_minor: int | None = None
    rate: Decimal | None = None
    counterparty: str = ""
    summary: str = ""
    file_digest: str = ""
    item: int = 0
