"""Payments and refunds as told, for the tests of money's rules."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fenghe.kernel.values import Observation, digest, to_ms
from fenghe.money.events import PaymentState, PaymentTold, RefundState, RefundTold
from fenghe.money.observing import Teller, observe_payment, observe_refund

START: Final = datetime(2026, 2, 5, 6, 0, tzinfo=UTC)
START_MS: Final = to_ms(START)
NUMBER: Final = "4200001234202602050000000001"


def at(hours: float) -> datetime:
    """So many hours after the start."""
    return START + timedelta(hours=hours)


def payment(state: PaymentState | None, hours: float | None = 1, **more: Any) -> PaymentTold:
    """One word about the payment."""
    told: dict[str, Any] = {
        "provider": "wechatpay",
        "payment_no": NUMBER,
        "out_trade_no": "TB20260222000000000017",
        "amount_minor": 1990,
        "status_code": "" if state is None else str(state).upper(),
        "occurred_at": None if hours is None else at(hours),
    }
    return PaymentTold(state=state, **{**told, **more})


def heard_payment(state: PaymentState | None, hours: float | None = 1, **more: Any) -> Observation:
    """The observation of it."""
    teller = Teller(source="wechat", message_id=1, received_ms=START_MS + 9 * 3_600_000)
    return observe_payment(payment(state, hours, **more), teller)


def heard_refund(state: RefundState | None, hours: float | None = 1, **more: Any) -> Observation:
    """One word about a refund of it."""
    told: dict[str, Any] = {
        "provider": "wechatpay",
        "refund_no": "5030000001",
        "payment_no": NUMBER,
        "out_trade_no": "TB20260222000000000017",
        "amount_minor": 500,
        "status_code": "" if state is None else str(state).upper(),
        "occurred_at": None if hours is None else at(hours),
    }
    teller = Teller(source="wechat", message_id=1, received_ms=START_MS + 9 * 3_600_000)
    return observe_refund(RefundTold(state=state, **{**told, **more}), teller)


def ruling(decision: str, *keys: str, hours: float = 20) -> Observation:
    """What a person decided."""
    facts = {"decision": decision, "keys": list(keys), "operator": "caiwu", "ip": "10.0.0.1", "reason": "查过"}
    when = START_MS + int(hours * 3_600_000)
    return Observation(
        key=digest("ruling", decision, str(when), *keys),
        status=None,
        occurred_ms=when,
        heard_ms=when,
        kind="ruling",
        source="person",
        message_id=1,
        item=0,
        code="",
        text="",
        facts=facts,
    )
