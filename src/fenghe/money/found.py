"""From what the rules find to rows of the break queue (差异行): keys that stay the same, and what hangs together. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

import msgspec

from fenghe.kernel.values import digest
from fenghe.money.causes import MEANINGS, Cause
from fenghe.money.chain import Chain, Difference, MoneyDoc, OrderDoc, order_documents
from fenghe.money.classify import Outcome, classify
from fenghe.money.policy import Policy

FARTHEST = timedelta(days=2)
"""How far apart an order and a payment under another number may lie to be one and the same."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One break, ready to be stored."""

    key: str
    scope_key: str
    difference: Difference
    order_no: str = ""
    payment_no: str = ""
    channel: str = ""
    shop: str = ""
    provider: str = ""
    day: date | None = None

    @property
    def fault(self) -> bool:
        """Whether somebody has to mend it."""
        return MEANINGS[self.difference.cause].fault


def scope_of(order_no: str) -> str:
    """What the breaks of a chain hang on."""
    return f"order:{order_no}"


def key_of(scope: str, one: Difference) -> str:
    """A break's name: the same difference found again has the same, whatever its amount is by then."""
    return digest("break", scope, one.cause, one.field, one.mark, one.currency)


def found_in(chain: Chain, differences: Iterable[Difference]) -> list[Found]:
    """The rows of a chain's differences."""
    scope = scope_of(chain.order_no)
    order = chain.orders[0] if chain.orders else None
    money = next(iter((*chain.payments, *chain.refunds)), None)
    return [
        Found(
            key=key_of(scope, one),
            scope_key=scope,
            difference=one,
            order_no="" if chain.order_no.startswith("?") else chain.order_no,
            payment_no=chain.payments[0].number if chain.payments else "",
            channel=order.channel if order else "",
            shop=order.shop if order else "",
            provider=money.provider if money else "",
            day=chain.day(),
        )
        for one in differences
    ]


class Pending(msgspec.Struct, kw_only=True):
    """Chains that may belong together: payments under a number that is none, and orders that nobody paid."""

    strays: list[Chain] = msgspec.field(default_factory=list)
    unpaid: list[Chain] = msgspec.field(default_factory=list)

    def hold(self, chain: Chain, outcome: Outcome) -> bool:
        """Keep a chain back until all are seen; False when it is none of these."""
        causes = {one.cause for one in outcome.differences}
        if Cause.RANDOM_OUT_TRADE_NO in causes:
            self.strays.append(chain)
        elif Cause.ORDER_WITHOUT_PAYMENT in causes:
            self.unpaid.append(chain)
        else:
            return False
        return True


def settle(pending: Pending, policy: Policy) -> list[tuple[list[Found], Outcome]]:
    """Tie each stray payment to the one unpaid order it fits; the rows and sums of all that was held back.

    It fits by currency and amount, and each is the other's nearest in time. Where two are as near nobody is tied.
    """
    pairs = _pairs(pending)
    tied = {order.order_no for order in pairs.values()}
    rows = []
    for stray in pending.strays:
        order = pairs.get(stray.order_no)
        rows.append(_together(stray, order, policy) if order else _alone(stray, policy))
    rows += [_alone(one, policy) for one in pending.unpaid if one.order_no not in tied]
    return rows


def _alone(chain: Chain, policy: Policy) -> tuple[list[Found], Outcome]:
    outcome = classify(chain, policy)
    return found_in(chain, outcome.differences), outcome


def _together(stray: Chain, order: Chain, policy: Policy) -> tuple[list[Found], Outcome]:
    whole = Chain(
        order_no=order.order_no,
        orders=order.orders,
        payments=stray.payments,
        refunds=(*stray.refunds, *order.refunds),
        vouchers=(*order.vouchers, *stray.vouchers),
    )
    outcome = classify(whole, policy)
    told = classify(stray, policy).differences[0]
    named = msgspec.structs.replace(
        told,
        ours_minor=order.orders[0].due_minor,
        documents=(*order_documents(order.orders), *(one for one in told.documents if one.side == "theirs")),
        steps=(),
        note=f"金额与时间与订单 {order.order_no} 相符",
    )
    rows = [
        msgspec.structs.replace(
            one, order_no=order.order_no, channel=order.orders[0].channel, shop=order.orders[0].shop
        )
        for one in found_in(stray, [named])
    ]
    return [*rows, *found_in(whole, outcome.differences)], outcome


def _pairs(pending: Pending) -> dict[str, Chain]:
    """Stray chain → its order."""
    by_amount: dict[tuple[str, int], list[Chain]] = {}
    for order in pending.unpaid:
        by_amount.setdefault((order.orders[0].currency, order.orders[0].due_minor or 0), []).append(order)
    strays: dict[tuple[str, int], list[Chain]] = {}
    for stray in pending.strays:
        name = (stray.payments[0].currency, stray.paid)
        if name in by_amount:
            strays.setdefault(name, []).append(stray)
    pairs: dict[str, Chain] = {}
    for name, told in strays.items():
        pairs |= _nearest(told, by_amount[name])
    return pairs


def _nearest(strays: Sequence[Chain], orders: Sequence[Chain]) -> dict[str, Chain]:
    """Mutual nearest in time, nearest pairs first; what is equally near to two is left to a person."""
    distances = sorted(
        (apart, stray.order_no, order.order_no)
        for stray in strays
        for order in orders
        if (apart := _apart(stray.payments[0], order.orders[0])) is not None
    )
    by_number = {order.order_no: order for order in orders}
    pairs: dict[str, Chain] = {}
    used: set[str] = set()
    for place, (apart, stray_no, order_no) in enumerate(distances):
        if stray_no in pairs or order_no in used:
            continue
        rivals = [
            other
            for other in distances[place + 1 :]
            if other[0] == apart and (other[1] == stray_no) != (other[2] == order_no)
            and other[1] not in pairs and other[2] not in used
        ]  # fmt: skip
        if not rivals:
            pairs[stray_no] = by_number[order_no]
            used.add(order_no)
    return pairs


def _apart(payment: MoneyDoc, order: OrderDoc) -> timedelta | None:
    moments = [one for one in (order.paid_at, order.created_at) if one is not None]
    if payment.at is None or not moments:
        return timedelta(0)
    apart = min(abs(payment.at - one) for one in moments)
    return apart if apart <= FARTHEST else None


def due_at(found_at: datetime, severity: int) -> datetime:
    """By when somebody should have looked at a break: the graver the sooner."""
    return found_at + timedelta(days={3: 1, 2: 3}.get(severity, 7))
