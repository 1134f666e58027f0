"""A statement's own figures against its rows (账单核对): totals, and balances that must form one chain. Pure.

The chain asks for no order: each row goes from the balance before it to the balance after it, and where no row is missing
all but the first and the last of these cancel. So rows of one second, newest-first files and shuffled ones check alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from fenghe.money.layouts import Total

MOST_GAPS: Final = 50


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that the file tells and its rows do not come to. Amounts as text in major units."""

    check: str
    expected: str
    got: str
    line: int = 0


class Sums:
    """What the rows come to, for each figure that the layout's files tell."""

    def __init__(self, totals: Sequence[Total]) -> None:
        self._totals = totals
        self._values = [0] * len(totals)

    def add(self, cells: Mapping[str, str], amounts: Mapping[str, int]) -> None:
        """One row: its cells by the layout's column names, and the amounts of the columns that are summed."""
        for place, total in enumerate(self._totals):
            if all(_is(cells.get(column, ""), amounts.get(column), words) for column, words in total.where.items()):
                self._values[place] += 1 if total.count else amounts.get(total.sum, 0)

    def values(self) -> dict[str, tuple[Total, int]]:
        """By what the file calls it."""
        return {total.says: (total, value) for total, value in zip(self._totals, self._values, strict=True)}

    def merge(self, other: "Sums") -> None:
        """Add another part's rows."""
        self._values = [a + b for a, b in zip(self._values, other._values, strict=True)]


def _is(cell: str, amount: int | None, words: Sequence[str]) -> bool:
    if words == ("!0",):
        return bool(amount)
    return cell in words


def summed_columns(totals: Iterable[Total]) -> tuple[str, ...]:
    """The columns whose amounts are needed."""
    names: dict[str, None] = {}
    for total in totals:
        names |= {total.sum: None} if total.sum else {}
        names |= {column: None for column, words in total.where.items() if words == ("!0",)}
    return tuple(names)


def compare_totals(told: Mapping[str, str], sums: Sums, *, digits: int = 2) -> tuple[list[Difference], int]:
    """Figures that do not agree, and how many were told at all."""
    found: list[Difference] = []
    known = 0
    for says, (total, value) in sums.values().items():
        if says not in told:
            continue
        known += 1
        ours = Decimal(value) if total.count else Decimal(value).scaleb(-digits)
        theirs = number_of(told[says])
        if theirs is None or (abs(theirs) != abs(ours) if total.absolute else theirs != ours):
            shown = f"{ours:f}" if total.count else f"{ours:.{digits}f}"
            found.append(Difference(check=says, expected=told[says], got=shown))
    return found, known


def number_of(text: str) -> Decimal | None:
    """A told figure; `45.0` and `45` are the same."""
    try:
        found = Decimal(text.replace(",", "").strip(" `\t\"'¥"))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


class Chain:
    """The balances of one account in one currency."""

    def __init__(self) -> None:
        self._open: dict[int, list[int]] = {}
        """Balances that a row starts from and none has led to yet: the rows' lines."""
        self._ends: dict[int, list[int]] = {}
        """Balances that a row led to and none starts from yet."""
        self._last: int | None = None
        self.rows = 0
        self.silent = 0
        """Rows that told no balance."""

    def add(self, *, net: int, balance: int | None, line: int) -> None:
        """One row."""
        if balance is None:
            self.silent += 1
            return
        self.rows += 1
        self._last = balance
        before = balance - net
        if before == balance:
            return
        self._match(self._ends, self._open, before, line)
        self._match(self._open, self._ends, balance, line)

    @staticmethod
    def _match(waiting: dict[int, list[int]], own: dict[int, list[int]], balance: int, line: int) -> None:
        lines = waiting.get(balance)
        if lines:
            lines.pop()
            if not lines:
                del waiting[balance]
        else:
            own.setdefault(balance, []).append(line)

    @property
    def checkable(self) -> bool:
        """Every row told its balance."""
        return self.rows > 0 and self.silent == 0

    def ends(self, *, newest_first: bool) -> tuple[int | None, int | None]:
        """(opening, closing) balance, where the chain is whole; of several the outermost."""
        starts, ends = self._ordered(newest_first)
        if not starts and not ends:
            return self._last, self._last
        return (starts[0][0] if starts else None, ends[-1][0] if ends else None)

    def gaps(self, *, newest_first: bool) -> list[tuple[int, int, int]]:
        """(line, balance expected before it, balance it starts from) wherever a row is missing or wrong."""
        starts, ends = self._ordered(newest_first)
        pairs = zip(starts[1:], ends[:-1], strict=False)
        return [(line, expected, got) for (got, line), (expected, _) in pairs][:MOST_GAPS]

    def _ordered(self, newest_first: bool) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        told = []
        for place in (self._open, self._ends):
            flat = [(balance, line) for balance, lines in place.items() for line in lines]
            told.append(sorted(flat, key=lambda one: -one[1] if newest_first else one[1]))
        return told[0], told[1]


def major(minor: int, digits: int = 2) -> str:
    """An amount as people write it."""
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"
