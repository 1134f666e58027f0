"""Chains in more than one currency (跨币种): an order in one, its money in another, compared by the rate of exchange. Pure."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import msgspec

from fenghe.money.causes import TO_PROVIDER, Cause
from fenghe.money.chain import Chain, Difference, money_documents, order_documents
from fenghe.money.classify import Outcome, classify
from fenghe.money.policy import Fx, Policy
from fenghe.money.rates import MILLION

CONVERTED: Final = "fx_converted"


class Converter:
    """Rates by pair and day, as declared."""

    def __init__(self, fx: Fx) -> None:
        self._fx = fx

    def rate(self, source: str, target: str, chain: Chain) -> tuple[Decimal, str] | None:
        """The declared rate and who says so; None when nobody declared one."""
        day = chain.day()
        for one in sorted(self._fx.rates, key=lambda one: one.day is None):
            if (one.source_currency, one.target_currency) == (source, target) and one.day in (None, day):
                return one.rate, one.told_by or "declared"
        return None


def across_currencies(chains: Sequence[Chain], policy: Policy, converter: Converter) -> list[tuple[Chain, Outcome]]:
    """The outcome in each currency. An order without money in its own and money without order in another are one thing."""
    ordered = [one for one in chains if one.orders]
    others = [one for one in chains if not one.orders and one.payments]
    rest = [(one, classify(one, policy)) for one in chains if one not in ordered and one not in others]
    if len(ordered) != 1 or len(others) != 1 or ordered[0].payments:
        return rest + [(one, _foreign(one, ordered, policy)) for one in (*ordered, *others)]
    return [*rest, *_converted(ordered[0], others[0], policy, converter)]


def _foreign(chain: Chain, ordered: Sequence[Chain], policy: Policy) -> Outcome:
    outcome = classify(chain, policy)
    if chain.orders or not ordered:
        return outcome
    documents = order_documents(ordered[0].orders)
    named = tuple(
        msgspec.structs.replace(
            one, cause=Cause.AMOUNT_WRONG, field="currency", documents=(*documents, *money_documents(chain.payments))
        )
        if one.cause in (Cause.PAY_WITHOUT_ORDER, Cause.RANDOM_OUT_TRADE_NO)
        else one
        for one in outcome.differences
    )
    return msgspec.structs.replace(outcome, differences=named)


def _converted(order: Chain, money: Chain, policy: Policy, converter: Converter) -> list[tuple[Chain, Outcome]]:
    ours, theirs = classify(order, policy), classify(money, policy)
    source, target = ours.currency, theirs.currency
    told = converter.rate(source, target, order)
    due, net = ours.receivable, theirs.provider
    if told is None:
        documents = (*order_documents(order.orders), *money_documents(money.payments))
        moved = tuple(
            msgspec.structs.replace(
                one, cause=Cause.AMOUNT_WRONG, field="currency", ours_minor=due, documents=documents
            )
            if one.cause in (Cause.PAY_WITHOUT_ORDER, Cause.RANDOM_OUT_TRADE_NO)
            else one
            for one in theirs.differences
        )
        without = tuple(one for one in ours.differences if one.cause is not Cause.ORDER_WITHOUT_PAYMENT)
        return [
            (order, msgspec.structs.replace(ours, differences=without, normal=_left(ours, without))),
            (money, msgspec.structs.replace(theirs, differences=moved)),
        ]
    rate, told_by = told
    should = int((due * rate).to_integral_value(rounding=ROUND_HALF_UP))
    off = net - should
    kept_ours = tuple(one for one in ours.differences if one.cause is not Cause.ORDER_WITHOUT_PAYMENT)
    allowed = max(1, abs(should) * policy.fx.tolerance_ppm // MILLION)
    found: tuple[Difference, ...] = ()
    if abs(off) > allowed:
        found = (
            Difference(
                cause=Cause.FX_DIFFERENCE, field="rate", ours_minor=should, theirs_minor=net, amount_minor=off,
                documents=(*order_documents(order.orders), *money_documents(money.payments)),
                steps=((target, TO_PROVIDER, off),), note=f"{source} → {target} 按 {rate}（{told_by}）", currency=target,
            ),
        )  # fmt: skip
    books = tuple(
        one for one in theirs.differences if one.cause not in (Cause.PAY_WITHOUT_ORDER, Cause.RANDOM_OUT_TRADE_NO)
    )
    kept_theirs = (*found, *books)
    return [
        (order, msgspec.structs.replace(ours, differences=kept_ours, normal=_left(ours, kept_ours))),
        (money, msgspec.structs.replace(theirs, differences=kept_theirs, normal=_left(theirs, kept_theirs))),
    ]


def _left(outcome: Outcome, differences: Sequence[Difference]) -> tuple[tuple[str, int, int], ...]:
    """What the exchange itself explains of each step, once the differences are told."""
    steps = {1: outcome.provider - outcome.receivable, 2: outcome.booked - outcome.provider}
    for one in differences:
        for _, place, amount in one.steps:
            steps[place] -= amount
    return tuple((CONVERTED, place, amount) for place, amount in steps.items() if amount)
