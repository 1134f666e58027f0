"""The binding guard (凭证绑定): is a payment that succeeded the payment of an order that waited for it, to the cent? Pure.

Promises: only what is `Bound` counts as an order's payment; everything else has one cause, its own path and a person who
sees it. The verdicts on an order's payments are a function of the set of payments and of the order as it was when each
was made: whatever arrives late, twice or in another order, they end the same.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from fenghe.money.books import mixed_up
from fenghe.money.numbers import Shape, like_an_order
from fenghe.money.observing import amount_words

PAY_WITHOUT_ORDER: Final = "pay_without_order"
RANDOM_OUT_TRADE_NO: Final = "random_out_trade_no"
AMOUNT_WRONG: Final = "amount_wrong"
CENT_DIFFERENCE: Final = "cent_difference"
FEN_YUAN_MIXUP: Final = "fen_yuan_mixup"
DUPLICATE_PAYMENT: Final = "duplicate_payment"
CURRENCY_WRONG: Final = "currency_wrong"
LATE_PAYMENT: Final = "late_payment"
ORDER_AMBIGUOUS: Final = "order_ambiguous"


class Cause(msgspec.Struct, frozen=True):
    """Why a payment is nobody's: what it is called, how grave it is, and within how many hours somebody must look."""

    title: str
    severity: int
    due_hours: int


CAUSES: Final[Mapping[str, Cause]] = {
    PAY_WITHOUT_ORDER: Cause("支付漏单：钱到了，没有这个订单", 3, 4),
    RANDOM_OUT_TRADE_NO: Cause("商户单号不合规：不是订单号", 3, 4),
    AMOUNT_WRONG: Cause("金额与订单不符", 3, 4),
    CENT_DIFFERENCE: Cause("分差", 1, 72),
    FEN_YUAN_MIXUP: Cause("分元混淆：差一百倍", 3, 4),
    DUPLICATE_PAYMENT: Cause("重复支付", 3, 4),
    CURRENCY_WRONG: Cause("币种与订单不符", 3, 4),
    LATE_PAYMENT: Cause("订单取消后才付款", 3, 4),
    ORDER_AMBIGUOUS: Cause("几个渠道都有这个订单号", 2, 24),
}
WAITS: Final[Mapping[str, str]] = {
    "not_succeeded": "还没有支付成功",
    "no_evidence": "没有一条报文说过这笔支付",
    "disputed": "支付单自己的说法有矛盾，先裁定",
    "amount_unknown": "支付机构没有说金额",
    "due_unknown": "渠道没有说应付多少",
    "order_on_its_way": "订单可能还在路上",
}
TITLES: Final = {"pending": "待绑定", "bound": "已绑定", "refused": "未绑定"}
REASONS: Final = {"bound": "与订单一致", "bound_by_person": "人工裁定为该订单的支付", "pending": "还不能判断"}
CLOSED: Final = frozenset({"closed_unpaid", "cancelled", "closed_refunded"})
PART_PAID: Final = "part_paid"
CENTS: Final = 9
"""Up to this a difference is one of cents."""
GRACE: Final = timedelta(seconds=60)
"""The money is often told some seconds before the order."""
MOST_PARTS: Final = 12


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as its provider tells it. `rulings`: what a person decided, by the cause it was about."""

    id: int
    payment_no: str
    out_trade_no: str
    order_no: str
    succeeded: bool
    disputed: bool
    currency: str
    amount_minor: int | None
    paid_at: datetime | None
    rulings: Mapping[str, str] = {}


class OrderSeen(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the book has it; `closed_at` is when it was closed or cancelled, None while it is open or nobody knows."""

    id: int
    channel: str
    state: str
    currency: str
    due_minor: int | None
    refunded_minor: int | None
    paid_at: datetime | None
    closed_at: datetime | None
    given_back_minor: int = 0
    """What providers gave back of it: some channels tell what was paid less what was refunded."""


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """It is this order's payment. `by_person`: somebody decided so against the rule."""

    order_id: int
    by_person: bool = False


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """It is nobody's payment, and why. `settled`: a person has seen it and agrees."""

    cause: str
    ours: str
    order_id: int | None = None
    settled: bool = False


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing can be said yet; `until` when it is looked at again by itself."""

    reason: str
    until: datetime | None = None


Verdict = Bound | Refused | Waits


def bind(
    claims: Sequence[Claim], orders: Sequence[OrderSeen], *, shapes: Collection[Shape], now: datetime
) -> dict[int, Verdict]:
    """The verdict on every payment that names one order number, by the payment's id."""
    verdicts: dict[int, Verdict] = {}
    ready: list[Claim] = []
    for claim in sorted(claims, key=_turn):
        waits = _not_ready(claim)
        if waits is None:
            ready.append(claim)
        else:
            verdicts[claim.id] = waits
    order = _order_of(ready, orders)
    found = {} if order is None else _against(ready, order)
    for claim in ready:
        verdict = _without_order(claim, orders, shapes, now) if order is None else found[claim.id]
        verdicts[claim.id] = _ruled(claim, verdict, order)
    return verdicts


def _turn(claim: Claim) -> tuple[bool, float, str]:
    """Payments by when they were made; those of which nobody knows come last."""
    return claim.paid_at is None, claim.paid_at.timestamp() if claim.paid_at else 0.0, claim.payment_no


def _not_ready(claim: Claim) -> Waits | None:
    if not claim.succeeded:
        return Waits(reason="not_succeeded")
    if claim.disputed:
        return Waits(reason="disputed")
    return Waits(reason="amount_unknown") if claim.amount_minor is None else None


def _order_of(claims: Sequence[Claim], orders: Sequence[OrderSeen]) -> OrderSeen | None:
    """The order that is meant: the only one, or the only one that should bring what was paid."""
    if len(orders) < 2:
        return orders[0] if orders else None
    amounts = {claim.amount_minor for claim in claims}
    fitting = [one for one in orders if amounts & _dues(one)]
    return fitting[0] if len(fitting) == 1 else None


def _without_order(
    claim: Claim, orders: Sequence[OrderSeen], shapes: Collection[Shape], now: datetime
) -> Refused | Waits:
    if orders:
        told = "、".join(f"{one.channel} {_due_words(one)}" for one in sorted(orders, key=lambda one: one.id))
        return Refused(cause=ORDER_AMBIGUOUS, ours=told)
    if claim.paid_at is not None and now - claim.paid_at < GRACE:
        return Waits(reason="order_on_its_way", until=claim.paid_at + GRACE)
    named = claim.order_no or claim.out_trade_no
    ordinary = bool(claim.order_no) and (not shapes or like_an_order(named, shapes))
    cause = PAY_WITHOUT_ORDER if ordinary else RANDOM_OUT_TRADE_NO
    return Refused(cause=cause, ours=f"没有订单 {named}" if named else "没有商户单号")


def _against(claims: Sequence[Claim], order: OrderSeen) -> dict[int, Verdict]:
    """Each payment against the order as it was then, and all of them against what it should bring."""
    verdicts: dict[int, Verdict] = {}
    able: list[Claim] = []
    for claim in claims:
        if claim.currency != order.currency:
            verdicts[claim.id] = _refused(CURRENCY_WRONG, order)
        elif _late(claim, order):
            verdicts[claim.id] = _refused(LATE_PAYMENT, order)
        else:
            able.append(claim)
    return verdicts | _by_amount(able, order)


def _late(claim: Claim, order: OrderSeen) -> bool:
    """Was the order over before this payment was made? An order that was paid itself had been waiting for it."""
    if order.state not in CLOSED or order.paid_at is not None:
        return False
    return order.closed_at is not None and claim.paid_at is not None and claim.paid_at > order.closed_at


def _by_amount(claims: Sequence[Claim], order: OrderSeen) -> dict[int, Verdict]:
    dues = _dues(order)
    if not dues:
        return {claim.id: Waits(reason="due_unknown") for claim in claims}
    kept = _paying(claims, dues, part_paid=order.state == PART_PAID)
    verdicts: dict[int, Verdict] = {}
    for claim in claims:
        if claim in kept:
            verdicts[claim.id] = Bound(order_id=order.id)
        elif kept:
            verdicts[claim.id] = _refused(DUPLICATE_PAYMENT, order)
        else:
            verdicts[claim.id] = _refused(_difference(claim, order), order)
    return verdicts


def _dues(order: OrderSeen) -> set[int]:
    """What the order may have cost when it was paid: channels tell it before or after what was refunded."""
    if order.due_minor is None:
        return set()
    return {order.due_minor + back for back in (0, order.refunded_minor or 0, order.given_back_minor)}


def _paying(claims: Sequence[Claim], dues: set[int], *, part_paid: bool) -> list[Claim]:
    """The payments that pay the order: the first that is exact, else the first ones that add up to it, or will."""
    for claim in claims:
        if claim.amount_minor in dues:
            return [claim]
    total, parts = 0, []
    for claim in claims[:MOST_PARTS]:
        total += claim.amount_minor or 0
        parts.append(claim)
        if total in dues:
            return parts
    return parts if part_paid and total < max(dues) and len(parts) == len(claims) else []


def _difference(claim: Claim, order: OrderSeen) -> str:
    """What kind of wrong an amount is, against what it comes closest to."""
    amount_minor = claim.amount_minor or 0
    dues = sorted(_dues(order), key=lambda due: (abs(amount_minor - due), due))
    if abs(amount_minor - dues[0]) <= CENTS:
        return CENT_DIFFERENCE
    if any(mixed_up(amount_minor, due) for due in dues):
        return FEN_YUAN_MIXUP
    return AMOUNT_WRONG


def _refused(cause: str, order: OrderSeen) -> Refused:
    return Refused(cause=cause, ours=_due_words(order), order_id=order.id)


def _due_words(order: OrderSeen) -> str:
    return "应付多少没有说" if order.due_minor is None else f"应付 {amount_words(order.due_minor, order.currency)}"


def _ruled(claim: Claim, verdict: Verdict, order: OrderSeen | None) -> Verdict:
    """What a person said about exactly this refusal counts; about another one it does not."""
    if not isinstance(verdict, Refused):
        return verdict
    decision = claim.rulings.get(verdict.cause)
    if decision == "accept_theirs" and order is not None:
        return Bound(order_id=order.id, by_person=True)
    return msgspec.structs.replace(verdict, settled=True) if decision == "keep_ours" else verdict


RULED: Final = "binding:"
"""How a case of the guard names itself among the evidence, so that a ruling on it is known again."""


def rulings_of(rulings: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """By cause the last decision of a person, from (decision, evidence keys) in the order they were made."""
    found: dict[str, str] = {}
    for decision, keys in rulings:
        for key in keys:
            if key.startswith(RULED) and decision != "ask_again":
                found[key.removeprefix(RULED)] = decision
    return found
