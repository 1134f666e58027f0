"""The chain (交易凭证链) of one order number: what orders, provider and books say of it, and differences between them. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import msgspec

from fenghe.kernel.values import CHINA
from fenghe.money.causes import Cause


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One document of a side, or the one that was looked for and is not there (`kind` missing:...)."""

    side: str
    """ours or theirs"""
    kind: str
    number: str = ""
    id: int | None = None
    message_id: int | None = None
    amount_minor: int | None = None
    at: datetime | None = None


class OrderDoc(msgspec.Struct, frozen=True, kw_only=True):
    """An order of the book. `kind` is what its state means for money, see `kind_of`."""

    id: int
    order_no: str
    kind: str
    currency: str = "CNY"
    due_minor: int | None = None
    refunded_minor: int | None = None
    channel: str = ""
    shop: str = ""
    created_at: datetime | None = None
    paid_at: datetime | None = None
    on_delivery: bool = False
    """Cash on delivery (货到付款): the carrier takes the money and hands it over later."""


class MoneyDoc(msgspec.Struct, frozen=True, kw_only=True):
    """A payment or a refund at its provider; `kind` is payment, refund or the statement's line that alone tells it."""

    kind: str
    id: int
    number: str
    order_no: str
    provider: str = ""
    currency: str = "CNY"
    amount_minor: int
    at: datetime | None = None
    out_trade_no: str = ""
    payment_no: str = ""


class VoucherDoc(msgspec.Struct, frozen=True, kw_only=True):
    """A voucher of finance: order (money taken) or refund (money given back, positive)."""

    id: int
    number: str
    kind: str
    order_no: str
    currency: str = "CNY"
    amount_minor: int
    payment_no: str = ""
    refund_no: str = ""
    booked_on: date | None = None
    message_id: int | None = None


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one order number in one currency."""

    order_no: str
    orders: tuple[OrderDoc, ...] = ()
    payments: tuple[MoneyDoc, ...] = ()
    refunds: tuple[MoneyDoc, ...] = ()
    vouchers: tuple[VoucherDoc, ...] = ()

    @property
    def paid(self) -> int:
        """What the provider took."""
        return sum(one.amount_minor for one in self.payments)

    @property
    def given_back(self) -> int:
        """What the provider gave back."""
        return sum(one.amount_minor for one in self.refunds)

    def booked(self, kind: str) -> int:
        """What finance booked of this kind."""
        return sum(one.amount_minor for one in self.vouchers if one.kind == kind)

    def day(self) -> date | None:
        """The day the chain belongs to: when it was paid, else ordered, else booked."""
        moments = [one.paid_at for one in self.orders if one.paid_at]
        moments = moments or [one.at for one in self.payments if one.at]
        moments = moments or [one.created_at for one in self.orders if one.created_at]
        moments = moments or [one.at for one in self.refunds if one.at]
        if moments:
            return min(moments).astimezone(CHINA).date()
        return min((one.booked_on for one in self.vouchers if one.booked_on), default=None)


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Which legs have any source at all: of a leg without one nothing is said, once, instead of everything a thousand times."""

    orders: bool = True
    payments: bool = True
    refunds: bool = True
    vouchers: bool = True
    refund_vouchers: bool = True


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A break (差异) as the rules find it. `steps`: (currency, place, amount) it contributes to the waterfall."""

    cause: Cause
    field: str
    ours_minor: int | None
    theirs_minor: int | None
    amount_minor: int
    mark: str = ""
    """What tells it from its like within the chain: the number of a document, never an amount."""
    documents: tuple[Document, ...] = ()
    steps: tuple[tuple[str, int, int], ...] = ()
    note: str = ""
    currency: str = ""


LIVE = "live"
PART_PAID = "part_paid"
AWAITING = "awaiting"
CLOSED_UNPAID = "closed_unpaid"
CANCELLED = "cancelled"
CLOSED_REFUNDED = "closed_refunded"
UNKNOWN = "unknown"
_KINDS = {
    "await_payment": AWAITING,
    "part_paid": PART_PAID,
    "closed_unpaid": CLOSED_UNPAID,
    "cancelled": CANCELLED,
    "closed_refunded": CLOSED_REFUNDED,
    "order_unknown": UNKNOWN,
    "unknown": UNKNOWN,
}


def kind_of(state: str, *, says_paid: bool) -> str:
    """What an order's state means for money. An order without a state that says it was paid is one to be paid for."""
    kind = _KINDS.get(state, LIVE)
    return LIVE if kind == UNKNOWN and says_paid else kind


def subset_of(amounts: Sequence[int], target: int, *, steps: int = 200_000) -> tuple[int, ...] | None:
    """Places of amounts that sum to the target: fewest first, then earliest; None when there are none or too many ways.

    Exact and bounded: after `steps` tries it gives up rather than guess.
    """
    budget = [steps]
    for size in range(1, len(amounts) + 1):
        found = _pick(amounts, target, size, 0, budget)
        if found is not None or budget[0] <= 0:
            return found
    return None


def _pick(amounts: Sequence[int], target: int, size: int, start: int, budget: list[int]) -> tuple[int, ...] | None:
    if size == 0:
        return () if target == 0 else None
    for place in range(start, len(amounts) - size + 1):
        budget[0] -= 1
        if budget[0] <= 0:
            return None
        rest = _pick(amounts, target - amounts[place], size - 1, place + 1, budget)
        if rest is not None:
            return (place, *rest)
    return None


def ways_of(amounts: Sequence[int], target: int, *, most: int = 2, steps: int = 200_000) -> list[tuple[int, ...]]:
    """Up to `most` different subsets that sum to the target: two of them mean that nobody can tell."""
    found: list[tuple[int, ...]] = []
    budget = [steps]

    def walk(place: int, left: int, taken: tuple[int, ...]) -> None:
        budget[0] -= 1
        if len(found) >= most or budget[0] <= 0:
            return
        if left == 0 and taken:
            found.append(taken)
            return
        for at in range(place, len(amounts)):
            walk(at + 1, left - amounts[at], (*taken, at))

    walk(0, target, ())
    return found


def order_documents(orders: Iterable[OrderDoc]) -> tuple[Document, ...]:
    """The order's side."""
    return tuple(
        Document(side="ours", kind="order", number=one.order_no, id=one.id, amount_minor=one.due_minor, at=one.paid_at)
        for one in orders
    )


def money_documents(told: Iterable[MoneyDoc]) -> tuple[Document, ...]:
    """The provider's side."""
    return tuple(
        Document(side="theirs", kind=one.kind, number=one.number, id=one.id, amount_minor=one.amount_minor, at=one.at)
        for one in told
    )


def voucher_documents(told: Iterable[VoucherDoc]) -> tuple[Document, ...]:
    """The books' side."""
    return tuple(
        Document(
            side="ours", kind="voucher", number=one.number, id=one.id, message_id=one.message_id,
            amount_minor=one.amount_minor,
        )
        for one in told
    )  # fmt: skip


def missing(side: str, what: str, number: str) -> tuple[Document, ...]:
    """The document that was looked for, by which number, and is not there."""
    return (Document(side=side, kind=f"missing:{what}", number=number),)
