"""The voucher chain of one order (凭证溯源): its documents, how they hang together, what is missing, where the money stands. Pure.

Promises: a gap is named only where the leg it belongs to has data at all; a leg nobody feeds is said to be uncovered, never
whole; money that stands somewhere adds up to what was paid.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

UNPAID: Final = ("await_payment", "part_paid", "closed_unpaid", "order_unknown")
CLOSED: Final = ("closed_unpaid", "closed_refunded", "cancelled")
SHIPPED: Final = ("part_shipped", "shipped", "received", "finished")
UNSEEN: Final = ("unknown", "created", "await_pickup", "handed_over")
"""Of such a parcel only the seller has spoken, or the carrier has not had it yet."""
PATIENCE: Final = timedelta(days=2)
"""A document of the next leg is not missed before it has had so long to come."""


class Kind(StrEnum):
    """What a document in the chain is, in the order of the road."""

    ORDER = "order"
    PAYMENT = "payment"
    REFUND = "refund"
    PARCEL = "parcel"
    VOUCHER = "voucher"
    INVOICE = "invoice"
    STATEMENT = "statement"
    PAYOUT = "payout"
    BANK = "bank"
    LEDGER = "ledger"
    EVIDENCE = "evidence"


TITLES: Final[Mapping[Kind, str]] = {
    Kind.ORDER: "订单",
    Kind.PAYMENT: "支付单",
    Kind.REFUND: "退款单",
    Kind.PARCEL: "运单",
    Kind.VOUCHER: "财务凭证",
    Kind.INVOICE: "发票",
    Kind.STATEMENT: "账单行",
    Kind.PAYOUT: "出款",
    Kind.BANK: "银行流水",
    Kind.LEDGER: "记账凭证",
    Kind.EVIDENCE: "寻踪所得",
}


STATES: Final[Mapping[str, str]] = {
    "order": "订单凭证",
    "refund": "退款",
    "fee": "手续费",
    "fee_refund": "退手续费",
    "payout": "出款",
    "invoice": "发票",
    "payment": "收款",
    "commission": "佣金",
    "split": "分账",
    "split_return": "分账退回",
    "transfer": "转账",
    "adjustment": "调整",
    "fx": "结汇",
    "other": "其他",
    "part": "本单部分",
    "message": "报文提到",
    "line": "账单行提到",
    "voucher": "凭证摘要提到",
    "upload": "未导入的文件提到",
}
"""What a voucher, a statement line or a part of a pay-out is about; states of subjects have titles of their own."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One document of the chain. `about`: the numbers it names, by field; `amount_minor` signed from the seller's side."""

    kind: Kind
    id: str
    number: str
    title: str
    state: str = ""
    currency: str = "CNY"
    amount_minor: int | None = None
    fee_minor: int | None = None
    """What the provider kept, as a payment's own statement line tells it (negative: it was taken)."""
    at: datetime | None = None
    about: Mapping[str, str] = {}
    counts: bool = True
    """Whether it says that money moved: a successful payment, a refund that went through."""
    message_id: int | None = None


class Link(msgspec.Struct, frozen=True):
    """Two documents name each other, by which field and number."""

    start: str
    end: str
    field: str
    number: str


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A document that ought to be there and is not: beside which one, and what can be asked."""

    code: str
    beside: str
    words: str
    search: str = ""
    """What looks for it: `payment.query`, `refund.query`, `order.query`, `track.query`, `bill`, `files`; empty: nobody can."""

    @property
    def name(self) -> str:
        """What tells it from the chain's other gaps."""
        return f"{self.code}|{self.beside}"


class Place(msgspec.Struct, frozen=True):
    """An amount and where it stands now."""

    code: str
    words: str
    amount_minor: int
    currency: str


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Which legs are fed at all. A leg without any source is uncovered, not missing."""

    vouchers: bool
    invoices: bool
    statements: bool
    payouts: bool
    bank: bool


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known about one number."""

    documents: Sequence[Document]
    links: Sequence[Link]
    gaps: Sequence[Gap]
    places: Sequence[Place]
    uncovered: Sequence[str]


_BINDS: Final = ("order_no", "payment_no", "refund_no", "bank_ref", "batch_no", "tracking_no")
"""Fields by which documents hang together; the first kind of the road that owns a number is its head."""


def chain(documents: Sequence[Document], *, coverage: Coverage, now: datetime) -> Chain:
    """The chain of these documents."""
    ordered = sorted(documents, key=lambda one: (list(Kind).index(one.kind), one.at is None, one.at, one.id))
    return Chain(
        documents=ordered,
        links=links(ordered),
        gaps=gaps(ordered, coverage=coverage, now=now),
        places=places(ordered),
        uncovered=_uncovered(coverage),
    )


def links(documents: Sequence[Document]) -> list[Link]:
    """Every document tied to the head of each number it names."""
    heads: dict[tuple[str, str], str] = {}
    for field, kind in (
        ("order_no", Kind.ORDER), ("payment_no", Kind.PAYMENT), ("refund_no", Kind.REFUND), ("batch_no", Kind.PAYOUT),
        ("bank_ref", Kind.PAYOUT), ("tracking_no", Kind.PARCEL),
    ):  # fmt: skip
        for one in documents:
            if one.kind is kind and (number := one.about.get(field)):
                heads.setdefault((field, number), one.id)
    told = {
        one.about["payment_no"]: one.id for one in documents if one.kind is Kind.ORDER and "payment_no" in one.about
    }
    found = []
    for one in documents:
        if one.kind is Kind.ORDER:
            continue
        tied = [
            Link(heads[(field, number)], one.id, field, number)
            for field in reversed(_BINDS)
            if (number := one.about.get(field)) and heads.get((field, number), one.id) != one.id
        ]
        number = one.about.get("payment_no", "")
        if not tied and one.kind is Kind.PAYMENT and number in told:
            tied = [Link(told[number], one.id, "payment_no", number)]
        found += tied[:1]
    return found


def gaps(documents: Sequence[Document], *, coverage: Coverage, now: datetime) -> list[Gap]:
    """What ought to be there and is not."""
    by_kind = {kind: [one for one in documents if one.kind is kind] for kind in Kind}
    paid = [one for one in by_kind[Kind.PAYMENT] if one.counts]
    refunds = [one for one in by_kind[Kind.REFUND] if one.counts]
    found = [*_order_gaps(by_kind, paid, refunds)]
    for one in paid:
        late = one.at is not None and now - one.at > PATIENCE
        found += _payment_gaps(one, by_kind, coverage, late=late)
    for one in refunds:
        if coverage.vouchers and not _named(by_kind[Kind.VOUCHER], one, ("refund_no", "order_no"), state="refund"):
            found.append(
                Gap(code="refund_voucher", beside=one.id, words=f"退款 {one.number} 没有退款凭证", search="files")
            )
    found += _payout_gaps(by_kind, coverage, now)
    found += _parcel_gaps(by_kind, now)
    return found


def _order_gaps(
    by_kind: Mapping[Kind, Sequence[Document]], paid: Sequence[Document], refunds: Sequence[Document]
) -> Iterable[Gap]:
    for order in by_kind[Kind.ORDER]:
        number = order.about.get("order_no", "")
        own = [one for one in paid if one.about.get("order_no") == number or _told(order, one)]
        if not own and order.state not in UNPAID and order.amount_minor:
            yield Gap(code="payment", beside=order.id, words=f"订单 {order.number} 没有支付单", search="payment.query")
        numbers = {one.about.get("payment_no") for one in own}
        back = [one for one in refunds if one.about.get("order_no") == number or one.about.get("payment_no") in numbers]
        if order.state in CLOSED and own and not back:
            yield Gap(
                code="refund", beside=order.id, words=f"订单 {order.number} 已取消,支付没有退回", search="refund.query"
            )
        if order.state in SHIPPED and not by_kind[Kind.PARCEL]:
            yield Gap(
                code="parcel", beside=order.id, words=f"订单 {order.number} 已发货,没有运单", search="order.query"
            )
    if not by_kind[Kind.ORDER]:
        for one in paid:
            yield Gap(code="order", beside=one.id, words=f"支付 {one.number} 没有订单", search="order.query")


def _told(order: Document, payment: Document) -> bool:
    """Whether the channel told this payment's number with the order."""
    return order.about.get("payment_no", "") == payment.about.get("payment_no")


def _payment_gaps(
    payment: Document, by_kind: Mapping[Kind, Sequence[Document]], coverage: Coverage, *, late: bool
) -> Iterable[Gap]:
    names = ("payment_no", "order_no")
    if coverage.vouchers and not _named(by_kind[Kind.VOUCHER], payment, names, state="order"):
        yield Gap(code="voucher", beside=payment.id, words=f"支付 {payment.number} 没有财务凭证", search="files")
    if coverage.invoices and not _named(by_kind[Kind.INVOICE], payment, names):
        yield Gap(code="invoice", beside=payment.id, words=f"支付 {payment.number} 没有发票", search="files")
    if late and coverage.statements and not _named(by_kind[Kind.STATEMENT], payment, names):
        yield Gap(code="statement", beside=payment.id, words=f"支付 {payment.number} 不在渠道账单里", search="bill")
    if late and not _named(by_kind[Kind.LEDGER], payment, ("payment_no",)):
        yield Gap(code="ledger", beside=payment.id, words=f"支付 {payment.number} 没有记账凭证")


def _payout_gaps(by_kind: Mapping[Kind, Sequence[Document]], coverage: Coverage, now: datetime) -> Iterable[Gap]:
    for one in by_kind[Kind.PAYOUT]:
        late = one.at is not None and now - one.at > PATIENCE
        if late and coverage.bank and not _named(by_kind[Kind.BANK], one, ("batch_no", "bank_ref")):
            yield Gap(code="bank", beside=one.id, words=f"出款 {one.number} 没有银行流水", search="files")


def _parcel_gaps(by_kind: Mapping[Kind, Sequence[Document]], now: datetime) -> Iterable[Gap]:
    for one in by_kind[Kind.PARCEL]:
        if one.state in UNSEEN and one.at is not None and now - one.at > PATIENCE:
            words = f"运单 {one.number} 没有承运商的轨迹"
            yield Gap(code="track", beside=one.id, words=words, search="track.query")


def _named(documents: Sequence[Document], other: Document, fields: Sequence[str], *, state: str = "") -> bool:
    """Whether one of these documents (of this kind of voucher) names a number of the other one."""
    return any(
        one.about.get(field) == other.about.get(field)
        for one in documents
        for field in fields
        if other.about.get(field) and (not state or one.state == state)
    )


def places(documents: Sequence[Document]) -> list[Place]:
    """Where what was paid stands now, by currency: with the buyer again, with the provider, on its way, in the bank."""
    found: list[Place] = []
    for currency in dict.fromkeys(one.currency for one in documents if one.kind is Kind.PAYMENT and one.counts):
        own = [one for one in documents if one.currency == currency and one.counts]
        paid = sum(one.amount_minor or 0 for one in own if one.kind is Kind.PAYMENT)
        back = -sum(one.amount_minor or 0 for one in own if one.kind is Kind.REFUND)
        fees = _fees([one for one in own if one.kind is Kind.STATEMENT])
        parts = [one for one in own if one.kind is Kind.PAYOUT and one.about.get("order_no")]
        refs = {one.about.get("bank_ref") for one in own if one.kind is Kind.BANK} - {None}
        banked = {one.about.get("batch_no") for one in own if one.kind is Kind.BANK} | {
            one.about.get("batch_no") for one in own if one.kind is Kind.PAYOUT and one.about.get("bank_ref") in refs
        }
        out = sum(one.amount_minor or 0 for one in parts)
        in_bank = sum(one.amount_minor or 0 for one in parts if one.about.get("batch_no") in banked)
        rest = paid - back - fees - out
        amounts = (
            ("refunded", "已退回买家", back),
            ("fees", "手续费与佣金", fees),
            ("provider", "在支付渠道账户", rest),
            ("in_transit", "已出款,在途", out - in_bank),
            ("bank", "已到银行", in_bank),
        )
        found += [Place(code, words, amount, currency) for code, words, amount in amounts if amount]
    return found


def _fees(lines: Sequence[Document]) -> int:
    """What providers kept: lines of their own where the bill has such, else as told on the payments' lines."""
    own = [one for one in lines if one.state in ("fee", "fee_refund", "commission")]
    told = (one.amount_minor for one in own) if own else (one.fee_minor for one in lines)
    return -sum(amount or 0 for amount in told)


def _uncovered(coverage: Coverage) -> list[str]:
    """Legs that nobody feeds, in words."""
    legs = (
        ("财务凭证", coverage.vouchers),
        ("发票", coverage.invoices),
        ("渠道账单", coverage.statements),
        ("出款", coverage.payouts),
        ("银行流水", coverage.bank),
    )
    return [name for name, fed in legs if not fed]
