"""A payment's state (支付单状态): paid is paid, whatever is said late; closed after paid is refunded in full, not unpaid. Pure."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from fenghe.kernel.values import Observation, Projection, from_ms, short_word
from fenghe.money.binding import rulings_of
from fenghe.money.claims import Road, Walk, newest, order_of, project
from fenghe.money.events import PaymentState

TITLES: Final = {
    PaymentState.AWAITING: "待支付",
    PaymentState.SUCCESS: "支付成功",
    PaymentState.CLOSED: "已关闭",
    PaymentState.FAILED: "支付失败",
    PaymentState.UNKNOWN: "未知",
}
ROAD: Final = Road(
    ranks={PaymentState.AWAITING: 0, PaymentState.FAILED: 1, PaymentState.CLOSED: 2, PaymentState.SUCCESS: 3},
    success=PaymentState.SUCCESS,
    first=PaymentState.AWAITING,
    contradicts=frozenset({PaymentState.FAILED}),
    follows={PaymentState.CLOSED: "refunded_in_full"},
    numbers=("out_trade_no",),
)
REASONS: Final = {"refunded_in_full": "付款后关闭：是全额退款，不是没付"}


class PaymentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as its claims fold: the columns of table payment that the provider tells."""

    provider: str
    payment_no: str
    out_trade_no: str
    order_no: str
    method: str
    status_code: str
    succeeded: bool
    currency: str
    amount_minor: int | None
    buyer_paid_minor: int | None
    fee_minor: int | None
    paid_at: Any
    buyer: str
    ruled: str
    """What people decided about its binding: `cause:decision`, parted by blanks."""
    open: bool
    """Its provider has more to say of it: it is not final, or nobody said the amount."""


def project_payment(history: Sequence[Observation]) -> Projection:
    """The payment's road."""
    return project(history, ROAD)


def fold_payment(subject: str, history: Sequence[Observation], projection: Projection) -> PaymentRow:
    """What a payment's claims say of it; of a fact that can be one only, the value that stands."""
    walk = Walk(history, ROAD)
    provider, _, number = subject.partition(":")
    succeeded = projection.state == PaymentState.SUCCESS
    paid = [one.facts.get("paid_at") or one.occurred_ms for one in walk.successes if "no_time" not in one.facts]
    return PaymentRow(
        provider=provider,
        payment_no=number,
        out_trade_no=_word(walk.chosen("out_trade_no")),
        order_no=_word(order_of(walk)),
        method=_word(newest(walk, "method")),
        status_code=next((one.code for one in reversed(walk.counting) if one.code), ""),
        succeeded=succeeded,
        currency=_word(walk.chosen("currency")) or "CNY",
        amount_minor=walk.chosen("amount_minor"),
        buyer_paid_minor=newest(walk, "buyer_paid_minor"),
        fee_minor=newest(walk, "fee_minor"),
        paid_at=from_ms(min(paid)) if succeeded and paid else None,
        buyer=_word(newest(walk, "buyer")),
        ruled=" ".join(f"{cause}:{decision}" for cause, decision in sorted(_ruled(walk).items())),
        open=not projection.final or walk.chosen("amount_minor") is None,
    )


def _ruled(walk: Walk) -> dict[str, str]:
    return rulings_of((str(one.facts.get("decision")), one.facts.get("keys", ())) for one in walk.rulings)


def _word(value: Any) -> str:
    return short_word(str(value)) if value is not None else ""
