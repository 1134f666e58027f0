"""Chains in two currencies (跨币种): an order in one, its money or vouchers in the other, by the rate of exchange. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from fenghe.money.causes import TO_PROVIDER, TO_VOUCHER, Cause
from fenghe.money.chain import Chain, Difference, money_documents, order_documents, voucher_documents
from fenghe.money.classify import Outcome, classify
from fenghe.money.policy import Fx, Policy
from fenghe.money.rates import LEAST, MILLION, Quote, quoted

CONVERTED: Final = "fx_converted"
_PREVAILING: Final = "prevailing"
_GONE: Final = {
    Cause.ORDER_WITHOUT_PAYMENT,
    Cause.PAY_WITHOUT_ORDER,
    Cause.RANDOM_OUT_TRADE_NO,
    Cause.VOUCHER_WITHOUT_SOURCE,
}
_UNBOOKED: Final = {Cause.VOUCHER_MISSING, Cause.TIMING}


class Crossing(msgspec.Struct, frozen=True, kw_only=True):
    """An order's chain and what belongs to it in another currency; `place` is the step between the two."""

    ours: Chain
    theirs: Chain
    place: int

    @property
    def amounts(self) -> tuple[int, int]:
        """(what it is in the order's currency, what it is in the other)."""
        if self.place == TO_PROVIDER:
            due = sum(one.due_minor or 0 for one in self.ours.orders)
            return due, self.theirs.paid - self.theirs.given_back
        return self.ours.paid - self.ours.given_back, self.theirs.booked("order") - self.theirs.booked("refund")

    @property
    def pair(self) -> tuple[str, str]:
        """From which currency to which."""
        documents = self.theirs.payments or self.theirs.vouchers
        return self.ours.orders[0].currency, documents[0].currency


def crossing(chains: Sequence[Chain]) -> Crossing | None:
    """The chains of one number as an exchange; None when they are none: then each is judged for itself."""
    ordered = [one for one in chains if one.orders]
    others = [one for one in chains if not one.orders]
    if len(ordered) != 1 or len(others) != 1:
        return None
    ours, theirs = ordered[0], others[0]
    if theirs.payments and not ours.payments:
        return Crossing(ours=ours, theirs=theirs, place=TO_PROVIDER)
    if theirs.vouchers and not theirs.payments and not theirs.refunds and ours.payments and not ours.vouchers:
        return Crossing(ours=ours, theirs=theirs, place=TO_VOUCHER)
    return None


class Converter:
    """Rates by pair and day, as declared; else those that prevail among at least five conversions."""

    def __init__(self, fx: Fx, crossings: Iterable[Crossing]) -> None:
        self._fx = fx
        told: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for one in crossings:
            source, target = one.amounts
            if source > 0 and target > 0:
                told.setdefault(one.pair, []).append((source, target))
        self._usual = {pair: quoted(amounts) for pair, amounts in told.items() if len(amounts) >= LEAST}

    def rate(self, one: Crossing) -> tuple[Quote, str] | None:
        """The rate and who says so; None when nobody does."""
        day = one.ours.day()
        for known in sorted(self._fx.rates, key=lambda known: known.day is None):
            if (known.source_currency, known.target_currency) == one.pair and known.day in (None, day):
                return Quote(known.rate), known.told_by or "declared"
        usual = self._usual.get(one.pair)
        return None if usual is None else (usual, _PREVAILING)


def convert(one: Crossing, policy: Policy, converter: Converter) -> list[tuple[Chain, Outcome]]:
    """The outcome in each currency: what the exchange explains is no difference, what misses its rate is one."""
    ours, theirs = classify(one.ours, policy), classify(one.theirs, policy)
    kept_ours = tuple(
        told
        for told in ours.differences
        if told.cause not in _GONE and not (one.place == TO_VOUCHER and told.cause in _UNBOOKED)
    )
    kept_theirs = tuple(told for told in theirs.differences if told.cause not in _GONE)
    found = _difference(one, policy.fx, converter)
    if found is not None:
        kept_theirs = (found, *kept_theirs)
    return [
        (one.ours, msgspec.structs.replace(ours, differences=kept_ours, normal=_left(ours, kept_ours))),
        (one.theirs, msgspec.structs.replace(theirs, differences=kept_theirs, normal=_left(theirs, kept_theirs))),
    ]


def _difference(one: Crossing, fx: Fx, converter: Converter) -> Difference | None:
    source, target = one.amounts
    told = converter.rate(one)
    currency = one.pair[1]
    documents = (
        *order_documents(one.ours.orders),
        *money_documents((*one.ours.payments, *one.theirs.payments)),
        *voucher_documents(one.theirs.vouchers),
    )
    if told is None:
        cause = Cause.AMOUNT_WRONG if one.place == TO_PROVIDER else Cause.VOUCHER_AMOUNT_WRONG
        steps = ((currency, one.place, target),) if target else ()
        return Difference(
            cause=cause, field="currency", ours_minor=source, theirs_minor=target, amount_minor=target, documents=documents,
            steps=steps, note=f"{one.pair[0]} → {currency}：没有声明汇率", currency=currency,
        )  # fmt: skip
    quote, told_by = told
    rate = quote.rate
    should = int((source * rate).to_integral_value(rounding=quote.rounding))
    allowed = max(1, abs(should) * fx.tolerance_ppm // MILLION)
    if abs(target - should) <= allowed:
        return None
    return Difference(
        cause=Cause.FX_DIFFERENCE, field="rate", ours_minor=should, theirs_minor=target, amount_minor=target - should,
        documents=documents, steps=((currency, one.place, target - should),),
        note=f"{one.pair[0]} → {currency} 按 {rate:.6f}（{told_by}）", currency=currency,
    )  # fmt: skip


def _left(outcome: Outcome, differences: Sequence[Difference]) -> tuple[tuple[str, int, int], ...]:
    """What the exchange itself explains of each step, once the differences are told."""
    steps = {TO_PROVIDER: outcome.provider - outcome.receivable, TO_VOUCHER: outcome.booked - outcome.provider}
    for one in differences:
        for _, place, amount in one.steps:
            steps[place] -= amount
    return tuple((CONVERTED, place, amount) for place, amount in steps.items() if amount)
