"""What repairs a break (自动补偿): from the break and what is known now to proposals, exact to the cent. Pure.

Promises: the proposals about a break add up to the break's own amount, or there are none; nothing is proposed twice for one
document; what the documents no longer bear out is not proposed, so the same rule asked again right before the act says whether
it is still to be done.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from fenghe.kernel.values import digest
from fenghe.money.causes import Cause
from fenghe.money.chain import subset_of
from fenghe.money.compensation_policy import MOVES_MONEY, Kind

VERSION: Final = "compensation:1"
CLOSED: Final = frozenset({"closed_unpaid", "cancelled", "closed_refunded"})
NO_SUCH_ORDER: Final = "渠道没有这个订单"
"""How the channel's own word that there is no such order begins, in whatever the act says of it."""

CHANGED: Final = "单据与差异发现时已不同，等下一次对账"
NO_CHANNEL: Final = "没有能按单号查询订单的渠道连接，请在「连接」页填写渠道的应用密钥"
NO_PROVIDER: Final = "没有能退款的支付连接，请在「连接」页添加收款的支付机构"
WHICH: Final = "分不清该退哪一笔支付，请人工处理"
NO_REFUND: Final = "找不到这笔退款的支付机构单据，不能补记"


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that succeeded. `back_minor`: what was given back of it, or is about to be, other than by this break's repair.

    `source`: the connection by which it can be given back.
    """

    payment_no: str
    provider: str
    out_trade_no: str
    currency: str
    amount_minor: int
    back_minor: int
    paid_at: datetime | None
    refusal: str
    source: str | None

    @property
    def left(self) -> int:
        """What can still be given back."""
        return self.amount_minor - self.back_minor


class Back(msgspec.Struct, frozen=True, kw_only=True):
    """A refund that was not made by this break's repair and has not failed."""

    refund_no: str
    provider: str
    payment_no: str
    currency: str
    amount_minor: int
    succeeded: bool


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known now about the order number that a break hangs on. `channels`: who can be asked for the order, in turn."""

    states: tuple[str, ...] = ()
    payments: tuple[Money, ...] = ()
    refunds: tuple[Back, ...] = ()
    booked: frozenset[str] = frozenset()
    """Numbers of refunds that have a voucher."""
    channels: tuple[str, ...] = ()
    absent: bool = False
    """Every channel that could be asked says that there is no such order."""


class BreakSeen(msgspec.Struct, frozen=True, kw_only=True):
    """An open break as the last run wrote it."""

    key: str
    cause: str
    field: str
    order_no: str
    currency: str
    amount_minor: int
    documents: Sequence[Mapping[str, Any]]


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be done. `target`: the document it is done to; `plan`: what the act is told."""

    kind: Kind
    target: str
    provider: str
    amount_minor: int
    plan: Mapping[str, Any]

    @property
    def moves_money(self) -> bool:
        """Whether a second person must agree."""
        return self.kind in MOVES_MONEY


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is to be done by us now, and why, in plain words."""

    words: str


def propose(told: BreakSeen, facts: Facts) -> tuple[Proposal, ...] | Nothing:
    """What repairs this break."""
    payments = tuple(sorted((one for one in facts.payments if one.currency == told.currency), key=_when))
    refunds = tuple(one for one in facts.refunds if one.currency == told.currency)
    match told.cause:
        case Cause.PAY_WITHOUT_ORDER:
            return _without_order(told, facts, payments, refunds)
        case Cause.CANCELLED_NOT_REFUNDED:
            return _cancelled(told, facts, payments, refunds)
        case Cause.DUPLICATE_PAYMENT:
            return _duplicate(told, facts, payments)
        case Cause.AMOUNT_WRONG if told.amount_minor > 0 and told.field == "amount":
            return _overpaid(told, facts, payments)
        case Cause.REFUND_NOT_AT_PROVIDER if told.amount_minor > 0:
            return _promised(told, payments, refunds)
        case Cause.PARTIAL_REFUND_NOT_BOOKED | Cause.VOUCHER_MISSING if told.field == "refund_voucher":
            return _unbooked(told, facts, refunds)
        case _:
            return Nothing(words="这种差异没有可以代做的补偿，请人工处理")


def still_due(proposal: Proposal, told: BreakSeen, facts: Facts) -> bool:
    """Would the very same thing be proposed now?"""
    again = propose(told, facts)
    if isinstance(again, Nothing):
        return False
    name = (proposal.kind, proposal.target, proposal.amount_minor)
    return any((one.kind, one.target, one.amount_minor) == name for one in again)


def _when(one: Money) -> tuple[bool, float, str]:
    return one.paid_at is None, one.paid_at.timestamp() if one.paid_at else 0.0, one.payment_no


def _numbers(told: BreakSeen, kind: str) -> set[str]:
    return {str(one["number"]) for one in told.documents if one["kind"] == kind}


def _same_payments(told: BreakSeen, payments: Iterable[Money]) -> bool:
    return _numbers(told, "payment") == {one.payment_no for one in payments}


def _without_order(
    told: BreakSeen, facts: Facts, payments: Sequence[Money], refunds: Sequence[Back]
) -> tuple[Proposal, ...] | Nothing:
    net = sum(one.amount_minor for one in payments) - sum(one.amount_minor for one in refunds)
    if facts.states or net != told.amount_minor or not _same_payments(told, payments):
        return Nothing(words=CHANGED)
    if facts.absent:
        return _refunds(told, payments, told.amount_minor, why=f"{NO_SUCH_ORDER}，收款退回")
    if not facts.channels:
        return Nothing(words=NO_CHANNEL)
    plan = {"order_no": told.order_no, "channels": list(facts.channels)}
    one = Proposal(kind=Kind.REBUILD_ORDER, target="", provider="", amount_minor=told.amount_minor, plan=plan)
    return (one,)


def _cancelled(
    told: BreakSeen, facts: Facts, payments: Sequence[Money], refunds: Sequence[Back]
) -> tuple[Proposal, ...] | Nothing:
    over = bool(facts.states) and all(state in CLOSED for state in facts.states)
    known = _numbers(told, "refund") == {one.refund_no for one in refunds}
    if not over or not known or not _same_payments(told, payments):
        return Nothing(words=CHANGED)
    return _refunds(told, payments, told.amount_minor, why="订单已取消")


def _duplicate(told: BreakSeen, facts: Facts, payments: Sequence[Money]) -> tuple[Proposal, ...] | Nothing:
    if not _live(facts.states) or not _same_payments(told, payments):
        return Nothing(words=CHANGED)
    spare = _spare(payments, told.amount_minor)
    if spare is None:
        return Nothing(words=WHICH)
    return _refunds(told, spare, told.amount_minor, why="重复支付")


def _live(states: Collection[str]) -> bool:
    return bool(states) and not any(state in CLOSED for state in states)


def _spare(payments: Sequence[Money], amount: int) -> Sequence[Money] | None:
    """The payments too many: those the guard refused as such, else the latest that make up the amount. One always stays."""
    whole = [one for one in payments if not one.back_minor]
    refused = [one for one in whole if one.refusal == Cause.DUPLICATE_PAYMENT]
    if sum(one.amount_minor for one in refused) == amount and len(refused) < len(payments):
        return refused
    latest = whole[::-1]
    places = subset_of([one.amount_minor for one in latest], amount, steps=20_000)
    if places is None or len(places) >= len(payments):
        return None
    return [latest[place] for place in places]


def _overpaid(told: BreakSeen, facts: Facts, payments: Sequence[Money]) -> tuple[Proposal, ...] | Nothing:
    if not _live(facts.states) or not _same_payments(told, payments) or any(one.back_minor for one in payments):
        return Nothing(words=CHANGED)
    return _refunds(told, payments[::-1], told.amount_minor, why="多收的部分退回")


def _promised(told: BreakSeen, payments: Sequence[Money], refunds: Sequence[Back]) -> tuple[Proposal, ...] | Nothing:
    if any(not one.succeeded for one in refunds):
        return Nothing(words=CHANGED)
    return _refunds(told, payments, told.amount_minor, why="订单或账上已说退款")


def _refunds(told: BreakSeen, payments: Sequence[Money], amount: int, *, why: str) -> tuple[Proposal, ...] | Nothing:
    """The amount, payment by payment, never more of one than is left of it; all of it or nothing."""
    left, parts = amount, []
    for one in payments:
        part = min(left, one.left)
        if part > 0:
            parts.append(_refund(told, one, part, why))
            left -= part
    if left or amount <= 0:
        return Nothing(words=CHANGED)
    if any(not part.plan["source"] for part in parts):
        return Nothing(words=NO_PROVIDER)
    return tuple(parts)


def _refund(told: BreakSeen, one: Money, amount: int, why: str) -> Proposal:
    plan = {
        "source": one.source or "",
        "payment_no": one.payment_no,
        "out_trade_no": one.out_trade_no,
        "out_refund_no": refund_number(told.key, one, amount),
        "order_no": told.order_no,
        "total_minor": one.amount_minor,
        "reason": why,
    }
    return Proposal(
        kind=Kind.REFUND_PAYMENT, target=one.payment_no, provider=one.provider, amount_minor=amount, plan=plan
    )


def refund_number(break_key: str, one: Money, amount: int) -> str:
    """Our number of a refund: the same repair of the same state has the same, whoever asks however often.

    The provider makes one refund of one number. What was given back before is part of it, so that a later, different repair of
    the same payment is a refund of its own.
    """
    return "FH" + digest("refund", break_key, one.provider, one.payment_no, str(amount), str(one.back_minor))[:30]


def _unbooked(told: BreakSeen, facts: Facts, refunds: Sequence[Back]) -> tuple[Proposal, ...] | Nothing:
    """The refund that the break names has no voucher: one is issued with its own amount."""
    named = _numbers(told, "missing:refund_voucher")
    found = [one for one in refunds if one.refund_no in named and one.succeeded]
    if len(found) != 1:
        return Nothing(words=NO_REFUND)
    back = found[0]
    if back.amount_minor != told.amount_minor or back.refund_no in facts.booked:
        return Nothing(words=CHANGED)
    plan = {
        "voucher_no": voucher_number(told.key, back),
        "refund_no": back.refund_no,
        "payment_no": back.payment_no,
        "order_no": told.order_no,
    }
    one = Proposal(
        kind=Kind.BOOK_REFUND, target=back.refund_no, provider=back.provider, amount_minor=back.amount_minor, plan=plan
    )
    return (one,)


def voucher_number(break_key: str, back: Back) -> str:
    """The number of the voucher that Fenghe issues for a refund."""
    return "FHV-" + digest("voucher", break_key, back.provider, back.refund_no)[:16].upper()


# ── what people read ─────────────────────────────────────────────────────────────────────────────────────────────────


def words(kind: str, plan: Mapping[str, Any], amount: str) -> str:
    """What will be done, in one sentence."""
    match kind:
        case Kind.REFUND_PAYMENT:
            return (
                f"经 {plan['source']} 把支付单 {plan['payment_no']} 中的 {amount} 原路退给买家"
                f"（{plan['reason']}），商户退款单号 {plan['out_refund_no']}"
            )
        case Kind.BOOK_REFUND:
            return f"为退款 {plan['refund_no']} 补记一张 {amount} 的退款凭证，凭证号 {plan['voucher_no']}"
        case _:
            asked = "、".join(plan["channels"])
            return (
                f"按单号 {plan['order_no']} 向渠道（{asked}）查询这个订单，答复以 source=auto_recover 进入收件箱重建订单，"
                f"随后由凭证绑定把 {amount} 的支付绑上；渠道说没有这个订单时，另提退款由人批准"
            )
