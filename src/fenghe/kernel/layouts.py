"""How a file of columns is laid out (列布局): recognised by the columns it needs, read column by column. Pure.

What every room's layouts share; which fields a row may say, and what a layout must tell, is each room's own.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, timedelta, timezone
from functools import lru_cache
from typing import Any, Generic, Literal, TypeVar

import msgspec

S = TypeVar("S", bound="ColumnSource")
L = TypeVar("L", bound="ColumnLayout")


class ColumnSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a value comes from: the first of `columns` that says something, a `sum` of amounts, a `join` of texts, a constant."""

    columns: tuple[str, ...] = ()
    sum: tuple[str, ...] = ()
    """Amounts to be added."""
    join: tuple[str, ...] = ()
    """Texts to be put one after another, as a date and a time in two columns."""
    constant: str = ""
    values: dict[str, str] = {}
    """What the file calls it → what we call it."""
    unsaid: tuple[str, ...] = ()
    """Values by which the file means that it says nothing, beside the usual ones."""
    before: str = ""
    """Only what stands before this mark."""
    after: str = ""
    """Only what stands after this mark."""
    zone: str = ""
    """The offset of this column's times where it is not the layout's."""


class ColumnLayout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One layout. `needs` are the columns by which it is recognised; each may be a list of names for the same."""

    name: str
    title: str
    needs: tuple[str | tuple[str, ...], ...]
    zone: str = "+08:00"
    currency: str = "CNY"
    decimal: Literal[".", ","] = "."
    note: str = ""
    general: bool = False
    """Known by everyday names for its columns, so only where nothing more particular fits."""
    header_has: tuple[str, ...] = ()
    skip_prefixes: tuple[str, ...] = ()
    sheet: str | None = None
    short_rows: bool = False

    def needed(self) -> list[tuple[str, ...]]:
        """Each column it needs, with all its names."""
        return [(need,) if isinstance(need, str) else need for need in self.needs]


class LayoutKey(Generic[L]):
    """A layout as a key of a cache: the same object is the same layout."""

    __slots__ = ("layout",)

    def __init__(self, layout: L) -> None:
        self.layout = layout

    def __hash__(self) -> int:
        return hash(self.layout.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LayoutKey) and (other.layout is self.layout or other.layout == self.layout)


class BadLayout(ValueError):
    """The layout says something that cannot be; `path` is where, `expected` what would be right."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(f"{path}: expected {expected}")
        self.path = path
        self.expected = expected


class Ambiguous(msgspec.Struct, frozen=True, kw_only=True):
    """Several layouts fit the columns equally well; a person has to say which."""

    names: tuple[str, ...]

    @property
    def said(self) -> str:
        """The sentence for the user."""
        return f"the columns fit several layouts alike: {', '.join(self.names)}; name one of them"


class NoLayout(msgspec.Struct, frozen=True, kw_only=True):
    """No layout fits. `nearest` misses the fewest columns, those in `missing`."""

    columns: tuple[str, ...] = ()
    nearest: str = ""
    missing: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The sentence for the user."""
        found = "、".join(self.columns[:30]) or "none"
        if not self.nearest:
            return f"no layout fits the columns {found}; name one, or write one for this file"
        missing = "、".join(self.missing)
        return f"no layout fits the columns {found}; the nearest, {self.nearest}, also needs {missing}"


def source_in_full(told: str | tuple[str, ...] | S, kind: type[S]) -> S:
    """A source in full; a bare name, or a list of names, is short for its columns."""
    if isinstance(told, kind):
        return told
    return kind(columns=(told,) if isinstance(told, str) else tuple(told))  # type: ignore[arg-type]


def nearest_of(columns: tuple[str, ...], layouts: Sequence[L], missing: Mapping[str, tuple[str, ...]]) -> NoLayout:
    """Which layout misses the smallest part of what it needs; none where every one of them misses everything."""
    near = min(layouts, key=lambda one: (len(missing[one.name]) / len(one.needs), one.general), default=None)
    if near is None or len(missing[near.name]) == len(near.needs):
        return NoLayout(columns=columns)
    return NoLayout(columns=columns, nearest=near.name, missing=missing[near.name])


def best_of(layouts: Sequence[L], score: Callable[[L], int]) -> L | Ambiguous:
    """The one that scores most; several that score alike are for a person to choose from."""
    scores = {layout.name: score(layout) for layout in layouts}
    best = [layout for layout in layouts if scores[layout.name] == max(scores.values())]
    return best[0] if len(best) == 1 else Ambiguous(names=tuple(layout.name for layout in best))


def decoded(body: bytes | Mapping[str, Any], kind: type[L]) -> L:
    """A layout from its JSON, with what all layouts must tell. Raises BadLayout with the place and what is expected there."""
    try:
        layout = msgspec.json.decode(body, type=kind) if isinstance(body, bytes) else msgspec.convert(body, kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        what, _, where = str(error).partition(" - at ")
        raise BadLayout(where.strip("`") or "$", what) from None
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", layout.name):
        raise BadLayout("$.name", "a word of small letters, digits and _, like my_bank")
    if not layout.needs:
        raise BadLayout("$.needs", "the columns by which the layout is recognised")
    if not re.fullmatch(r"[A-Z]{3}", layout.currency):
        raise BadLayout("$.currency", "a currency code like CNY")
    check_zone("$.zone", layout.zone)
    return layout


def check_source(path: str, source: ColumnSource, ways: Sequence[tuple[str, ...]], *, adds: bool) -> None:
    """A source tells one way; amounts are added only where an amount is told (`adds`). Raises BadLayout."""
    told = [way for way in ways if way]
    if len(told) > 1 or not (told or source.constant):
        raise BadLayout(path, "one of columns, sum, join, or a constant")
    if not adds:
        raise BadLayout(f"{path}.sum", "sums only where an amount is told")
    if source.zone:
        check_zone(f"{path}.zone", source.zone)


@lru_cache(maxsize=64)
def parse_zone(text: str) -> timezone:
    """An offset like `+08:00` or `Z`. Raises ValueError."""
    if text == "Z":
        return UTC
    found = re.fullmatch(r"([+-])(\d\d):(\d\d)", text)
    if found is None or int(found[2]) > 14 or int(found[3]) > 59:
        raise ValueError(text)
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-offset if found[1] == "-" else offset)


def check_zone(path: str, zone: str) -> None:
    """Raises BadLayout for what is no offset."""
    try:
        parse_zone(zone)
    except ValueError:
        raise BadLayout(path, "an offset like +08:00") from None
