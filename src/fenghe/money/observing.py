"""From what was told about a payment or a refund to observations (归一): identity by content, amounts exact. Pure.

The same claim has the same identity whoever passes it on: a notification, a query's answer, a line of a bill. What only
some of them say (fee, purse, buyer) is left out of the identity, so that it is added and nothing is counted twice.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from fenghe.kernel.values import Observation, digest, minor_digits, short_word, to_ms
from fenghe.money.events import PaymentTold, RefundTold
from fenghe.money.numbers import order_no_of

PAYMENT: Final = "payment"
REFUND: Final = "refund"
_PAYMENT_FACTS: Final = (
    "provider", "payment_no", "out_trade_no", "order_no", "currency", "amount_minor", "buyer_paid_minor", "fee_minor",
    "method", "buyer",
)  # fmt: skip
_REFUND_FACTS: Final = (
    "provider", "refund_no", "out_refund_no", "payment_no", "out_trade_no", "order_no", "currency", "amount_minor",
)  # fmt: skip


class Teller(msgspec.Struct, frozen=True, kw_only=True):
    """The message that tells: its source, number, and when it reached us."""

    source: str
    message_id: int
    received_ms: int


def payment_key(told: PaymentTold) -> str:
    """The payment's subject key: numbers are unique within a provider only."""
    return f"{told.provider}:{told.payment_no}"


def refund_key(told: RefundTold) -> str:
    """The refund's subject key."""
    return f"{told.provider}:{told.refund_no}"


def observe_payment(told: PaymentTold, teller: Teller) -> Observation:
    """The observation of one word about a payment. It happened when the told state began, else when it was paid."""
    facts = _facts(told, _PAYMENT_FACTS)
    if told.paid_at is not None:
        facts["paid_at"] = to_ms(told.paid_at)
    return _observation(PAYMENT, told, facts, teller, moment=told.occurred_at or told.paid_at)


def observe_refund(told: RefundTold, teller: Teller) -> Observation:
    """The observation of one word about a refund."""
    facts = _facts(told, _REFUND_FACTS)
    if told.refunded_at is not None:
        facts["refunded_at"] = to_ms(told.refunded_at)
    return _observation(REFUND, told, facts, teller, moment=told.occurred_at or told.refunded_at)


def _facts(told: PaymentTold | RefundTold, names: tuple[str, ...]) -> dict[str, Any]:
    facts = {name: value for name in names if (value := getattr(told, name)) not in (None, "")}
    if "order_no" not in facts and (order_no := order_no_of(told.out_trade_no)):
        facts["order_no"] = order_no
    if told.facts:
        facts["more"] = dict(told.facts)
    return facts


def _observation(
    kind: str, told: PaymentTold | RefundTold, facts: Mapping[str, Any], teller: Teller, *, moment: Any
) -> Observation:
    code = short_word(told.status_code)
    occurred = None if moment is None else to_ms(moment)
    claim = (kind, str(told.state), code, str(occurred), told.currency, str(told.amount_minor), told.out_trade_no)
    return Observation(
        key=digest(*claim, getattr(told, "payment_no", "")),
        status=None if told.state is None else str(told.state),
        occurred_ms=teller.received_ms if occurred is None else occurred,
        heard_ms=teller.received_ms,
        kind="event",
        source=teller.source,
        message_id=teller.message_id,
        item=told.item,
        code=code,
        text=_words(told),
        facts=facts if occurred is not None else {**facts, "no_time": "1"},
    )


def _words(told: PaymentTold | RefundTold) -> str:
    """What the message amounts to, for the timeline."""
    money = "金额未说" if told.amount_minor is None else amount_words(told.amount_minor, told.currency)
    verb = "支付" if isinstance(told, PaymentTold) else "退款"
    return f"{verb} {money}" + (f"，商户单号 {told.out_trade_no}" if told.out_trade_no else "，未说商户单号")


def amount_words(amount_minor: int, currency: str) -> str:
    """An amount as a person writes it: `12.34 CNY`."""
    digits = minor_digits(currency)
    whole = f"{abs(amount_minor):0{digits + 1}d}"
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{whole[:-digits]}.{whole[-digits:]} {currency}" if digits else f"{sign}{whole} {currency}"
