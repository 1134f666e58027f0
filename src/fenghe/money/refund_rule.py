"""A refund's state (退款单状态): money that went back went back; a provider that says otherwise later is asked to explain. Pure."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from fenghe.kernel.values import Dispute, Observation, Projection, from_ms, short_word
from fenghe.money.claims import Road, Walk, newest, order_of, project
from fenghe.money.events import RefundState

TITLES: Final = {
    RefundState.PROCESSING: "退款中",
    RefundState.SUCCESS: "退款成功",
    RefundState.CLOSED: "退款关闭",
    RefundState.FAILED: "退款异常",
    RefundState.UNKNOWN: "未知",
}
ROAD: Final = Road(
    ranks={RefundState.PROCESSING: 0, RefundState.FAILED: 1, RefundState.CLOSED: 2, RefundState.SUCCESS: 3},
    success=RefundState.SUCCESS,
    first=RefundState.PROCESSING,
    contradicts=frozenset({RefundState.FAILED, RefundState.CLOSED}),
    follows={},
    numbers=("payment_no", "out_trade_no"),
)


class RefundRow(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as its claims fold: the columns of table refund that the provider tells."""

    provider: str
    refund_no: str
    out_refund_no: str
    payment_no: str
    out_trade_no: str
    order_no: str
    status_code: str
    succeeded: bool
    currency: str
    amount_minor: int | None
    refunded_at: Any
    open: bool
    """Its provider has more to say of it: it is not final, or nobody said the amount."""


def project_refund(history: Sequence[Observation]) -> Projection:
    """The refund's road; one that could not be paid back (the card is gone) waits for a person."""
    projection = project(history, ROAD)
    if projection.state != RefundState.FAILED:
        return projection
    failed = [one for one in history if one.status == RefundState.FAILED]
    stuck = Dispute(
        key="refund_abnormal#0",
        reason="refund_abnormal",
        ours=RefundState.PROCESSING,
        theirs=RefundState.FAILED,
        distance=None,
        severity=3,
        evidence=tuple(sorted(one.key for one in failed)),
        opens_ms=min(one.heard_ms for one in failed),
    )
    return msgspec.structs.replace(projection, disputes=(*projection.disputes, stuck))


def fold_refund(subject: str, history: Sequence[Observation], projection: Projection) -> RefundRow:
    """What a refund's claims say of it."""
    walk = Walk(history, ROAD)
    provider, _, number = subject.partition(":")
    succeeded = projection.state == RefundState.SUCCESS
    done = [one.facts.get("refunded_at") or one.occurred_ms for one in walk.successes if "no_time" not in one.facts]
    return RefundRow(
        provider=provider,
        refund_no=number,
        out_refund_no=_word(newest(walk, "out_refund_no")),
        payment_no=_word(walk.chosen("payment_no")),
        out_trade_no=_word(walk.chosen("out_trade_no")),
        order_no=_word(order_of(walk)),
        status_code=next((one.code for one in reversed(walk.counting) if one.code), ""),
        succeeded=succeeded,
        currency=_word(walk.chosen("currency")) or "CNY",
        amount_minor=walk.chosen("amount_minor"),
        refunded_at=from_ms(min(done)) if succeeded and done else None,
        open=not projection.final or walk.chosen("amount_minor") is None,
    )


def _word(value: Any) -> str:
    return short_word(str(value)) if value is not None else ""
