"""The waterfall (对账瀑布): from receivable to bank, each step the sum of named causes, the difference exactly zero. Pure."""

from collections.abc import Iterable
from typing import Final

import msgspec

from fenghe.money.causes import LEVELS, MEANINGS, STEPS, TO_BANK, TO_VOUCHER, Cause, title_of
from fenghe.money.found import Found

Part = tuple[str, str, str]
"""currency, channel, provider"""
LEVEL_PLACE: Final = 2
"""Level n stands at place 2n, the step down to it at 2n - 1."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row: a level (no cause), or what a cause contributes to the step above it."""

    currency: str
    channel: str = ""
    provider: str = ""
    place: int
    step: str
    cause: str = ""
    title: str = ""
    fault: bool = False
    amount_minor: int
    count: int


class Waterfall:
    """Gathers levels and contributions while a run goes on."""

    def __init__(self) -> None:
        self._levels: dict[tuple[Part, int], list[int]] = {}
        self._causes: dict[tuple[Part, int, str], list[int]] = {}
        self.bank = False

    def level(self, part: Part, number: int, amount: int, *, count: int) -> None:
        """Add to a level."""
        _add(self._levels, (part, number), amount, count)

    def explain(self, part: Part, place: int, *, cause: str, amount: int, count: int = 1) -> None:
        """Add what a cause contributes to a step."""
        if amount:
            _add(self._causes, (part, place, cause), amount, count)

    def found(self, told: Iterable[Found], accepted: frozenset[str] = frozenset()) -> None:
        """Add the contributions of breaks; those that people accepted are named so."""
        for one in told:
            cause = Cause.ACCEPTED if one.key in accepted else one.difference.cause
            for currency, place, amount in one.difference.steps:
                part = (currency, one.channel, one.provider)
                self.explain(part, place, cause=cause, amount=amount)
                if place == TO_VOUCHER:
                    self.explain(part, TO_BANK, cause=cause, amount=-amount)

    def told_wrong(self) -> dict[tuple[str, str, str, str], int]:
        """(currency, channel, provider, cause) → what breaks contribute to the step to the bank."""
        table: dict[tuple[str, str, str, str], int] = {}
        for (part, place, cause), (amount, _) in self._causes.items():
            if place == TO_BANK:
                table[(*part, cause)] = table.get((*part, cause), 0) + amount
        return table

    def held(self, number: int) -> dict[tuple[str, str], int]:
        """(currency, provider) → a level's amount over all channels."""
        table: dict[tuple[str, str], int] = {}
        for ((currency, _, provider), level), (amount, _) in self._levels.items():
            if level == number:
                table[(currency, provider)] = table.get((currency, provider), 0) + amount
        return table

    def rows(self) -> list[Row]:
        """Every row, levels and what lies between them; the step to the bank only where there is a bank."""
        last = 3 if self.bank else 2
        rows = [
            Row(currency=part[0], channel=part[1], provider=part[2], place=number * LEVEL_PLACE, step=LEVELS[number],
                title=LEVELS[number], amount_minor=amount, count=count)
            for (part, number), (amount, count) in self._levels.items()
            if number <= last
        ] + [
            Row(currency=part[0], channel=part[1], provider=part[2], place=place * LEVEL_PLACE - 1, step=STEPS[place], cause=cause,
                title=title_of(cause), fault=cause in set(Cause) and MEANINGS[Cause(cause)].fault, amount_minor=amount, count=count)
            for (part, place, cause), (amount, count) in self._causes.items()
            if place <= last and (amount or count)
        ]  # fmt: skip
        return sorted(
            rows,
            key=lambda one: (one.currency, one.channel, one.provider, one.place, -abs(one.amount_minor), one.cause),
        )


def _add(table: dict, key: tuple, amount: int, count: int) -> None:  # type: ignore[type-arg]
    told = table.setdefault(key, [0, 0])
    told[0] += amount
    told[1] += count


def whole(rows: Iterable[Row]) -> list[Row]:
    """The same by currency only."""
    table: dict[tuple[str, int, str], Row] = {}
    for one in rows:
        name = (one.currency, one.place, one.cause)
        known = table.get(name)
        table[name] = msgspec.structs.replace(
            one, channel="", provider="",
            amount_minor=one.amount_minor + (known.amount_minor if known else 0),
            count=one.count + (known.count if known else 0),
        )  # fmt: skip
    return sorted(table.values(), key=lambda one: (one.currency, one.place, -abs(one.amount_minor), one.cause))


def gaps(rows: Iterable[Row]) -> dict[tuple[str, int], int]:
    """What each step leaves unexplained, by currency and place: nothing, if all is right."""
    levels: dict[str, dict[int, int]] = {}
    between: dict[tuple[str, int], int] = {}
    for one in rows:
        if one.cause:
            between[(one.currency, one.place)] = between.get((one.currency, one.place), 0) + one.amount_minor
        else:
            told = levels.setdefault(one.currency, {})
            told[one.place] = told.get(one.place, 0) + one.amount_minor
    found = {}
    for currency, told in levels.items():
        for place in range(1, max(told), 2):
            off = told.get(place + 1, 0) - told.get(place - 1, 0) - between.get((currency, place), 0)
            if off:
                found[(currency, place)] = off
    return found
