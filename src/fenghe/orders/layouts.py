"""How a file of orders is laid out (文件布局): which column says what. A declaration that a user may write. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, timedelta, timezone
from functools import cache, lru_cache
from typing import Any, Final, Literal

import msgspec

from fenghe.orders.mapping import SHIPPED, OrderState

Kind = Literal["text", "id", "money", "time", "count"]

ORDER_FIELDS: Final[dict[str, Kind]] = {
    "order_no": "id",
    "channel": "text",
    "shop": "text",
    "modified_at": "time",
    "created_at": "time",
    "paid_at": "time",
    "shipped_at": "time",
    "finished_at": "time",
    "promised_ship_at": "time",
    "currency": "text",
    "total_minor": "money",
    "paid_minor": "money",
    "post_minor": "money",
    "discount_minor": "money",
    "refunded_minor": "money",
    "payment_no": "id",
    "order_type": "text",
    "buyer": "text",
    "receiver_name": "text",
    "receiver_phone": "id",
    "receiver_region": "text",
    "receiver_address": "text",
    "remark": "text",
}
"""What a row may say about its order; the names are those of an order snapshot."""

LINE_FIELDS: Final[dict[str, Kind]] = {
    "line_no": "id",
    "item_id": "id",
    "sku_id": "id",
    "outer_sku_id": "id",
    "title": "text",
    "spec": "text",
    "quantity": "count",
    "price_minor": "money",
    "paid_minor": "money",
    "refund_code": "text",
}
"""What a row may say about one line of its order."""


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a value comes from: the first of `columns` that says something, a `sum`, or a `join`; else `constant`."""

    columns: tuple[str, ...] = ()
    sum: tuple[str, ...] = ()
    """Amounts to be added; those the file does not have are left out, but the first must be there."""
    join: tuple[str, ...] = ()
    """Texts to be put one after another with a blank between."""
    constant: str = ""
    values: dict[str, str] = {}
    """What the file calls it → what we call it."""
    unsaid: tuple[str, ...] = ()
    """Values by which the file means that it says nothing, beside an empty one, `-` and `\\N`."""
    before: str = ""
    """Only what stands before this mark."""
    after: str = ""
    """Only what stands after this mark."""
    unit: Literal["major", "minor"] = "major"
    """Amounts are in yuan (major) or in fen (minor)."""
    zone: str = ""
    """The offset of this column's times where it is not the layout's."""
    type: Kind = "text"
    """For `facts` only: how the value is read."""


Told = str | tuple[str, ...] | Source
"""A source; a bare name, or a list of names, is short for its columns."""


class Parcels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a row names the parcels of its order; `split` lists the marks between several in one field."""

    tracking_no: Told
    carrier_name: Told | None = None
    shipped_at: Told | None = None
    split: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a row says the state, and what its words mean to us. A word that is not here is kept and left unmapped.

    `of` says whose state it is: the order's, the line's, or the line's and then the order's where order and line
    have one number (`only_line`: the order has no other line).
    """

    columns: tuple[str, ...]
    states: dict[str, OrderState] = {}
    of: Literal["order", "line", "only_line"] = "order"


class Layout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One layout. `needs` are the columns by which it is recognised; each may be a list of names for the same."""

    name: str
    title: str
    channel: str
    needs: tuple[str | tuple[str, ...], ...]
    order: dict[str, Told]
    line: dict[str, Told] = {}
    parcels: tuple[Parcels, ...] = ()
    facts: dict[str, Told] = {}
    """Anything else worth keeping; `{column}` in a name is filled in from the row."""
    status: Status | None = None
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

    @property
    def row_is(self) -> str:
        """`line` where several rows may be one order, else `order`."""
        return "line" if self.line else "order"


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

    columns: tuple[str, ...]
    nearest: str
    missing: tuple[str, ...]

    @property
    def said(self) -> str:
        """The sentence for the user."""
        found = "、".join(self.columns[:30]) or "none"
        if not self.nearest:
            return f"no layout fits the columns {found}; name one, or write one for this file"
        missing = "、".join(self.missing)
        return f"no layout fits the columns {found}; the nearest, {self.nearest}, also needs {missing}"


@lru_cache(maxsize=8192)
def tidy(name: str) -> str:
    """A column's name without blanks, quotes and letter cases, full-width letters as half-width ones."""
    return re.sub(r"[\s`'\"\ufeff]", "", unicodedata.normalize("NFKC", name)).casefold()


def find_layout(columns: Iterable[str], layouts: Sequence[Layout]) -> Layout | Ambiguous | NoLayout:
    """The layout that fits the columns: all it needs is there, and of several it knows the most of them."""
    told = tuple(columns)
    have = {tidy(name) for name in told}
    missing = {layout.name: missing_columns(layout, have) for layout in layouts}
    fitting = [layout for layout in layouts if not missing[layout.name]]
    if not fitting:
        nearest = min(
            layouts, key=lambda layout: (len(missing[layout.name]) / len(layout.needs), layout.general), default=None
        )
        if nearest is None or len(missing[nearest.name]) == len(nearest.needs):
            return NoLayout(columns=told, nearest="", missing=())
        return NoLayout(columns=told, nearest=nearest.name, missing=missing[nearest.name])
    special = [layout for layout in fitting if not layout.general] or fitting
    scores = {layout.name: len(have & _known_columns(layout)) + len(layout.needs) for layout in special}
    best = [layout for layout in special if scores[layout.name] == max(scores.values())]
    return best[0] if len(best) == 1 else Ambiguous(names=tuple(layout.name for layout in best))


def missing_columns(layout: Layout, have: Iterable[str]) -> tuple[str, ...]:
    """What the layout needs and the file does not have."""
    tidied = {tidy(name) for name in have}
    needs = [(need,) if isinstance(need, str) else need for need in layout.needs]
    return tuple(names[0] for names in needs if not tidied & {tidy(name) for name in names})


def source_of(told: Told) -> Source:
    """The source in full."""
    match told:
        case str():
            return Source(columns=(told,))
        case Source():
            return told
        case _:
            return Source(columns=told)


_PARTS: Final = ("order", "line", "facts")


def _sources(layout: Layout) -> Iterable[tuple[str, Source]]:
    for part in _PARTS:
        for name, told in getattr(layout, part).items():
            yield f"{part}.{name}", source_of(told)
    for place, parcel in enumerate(layout.parcels):
        for name in ("tracking_no", "carrier_name", "shipped_at"):
            if (told := getattr(parcel, name)) is not None:
                yield f"parcels.{place}.{name}", source_of(told)


def _known_columns(layout: Layout) -> set[str]:
    names = [name for _, source in _sources(layout) for name in (*source.columns, *source.sum, *source.join)]
    return {tidy(name) for name in (*names, *(layout.status.columns if layout.status else ()))}


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


def parse_layout(body: bytes | Mapping[str, Any]) -> Layout:
    """A layout from its JSON. Raises BadLayout with the place and what is expected there."""
    try:
        layout = msgspec.json.decode(body, type=Layout) if isinstance(body, bytes) else msgspec.convert(body, Layout)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        what, _, where = str(error).partition(" - at ")
        raise BadLayout(where.strip("`") or "$", what) from None
    _check(layout)
    return _in_full(layout)


def _in_full(layout: Layout) -> Layout:
    """The same with every short source written out, so that no row has to do it again."""
    parts = {name: {field: source_of(told) for field, told in getattr(layout, name).items()} for name in _PARTS}
    parcels = tuple(
        Parcels(
            tracking_no=source_of(one.tracking_no),
            carrier_name=None if one.carrier_name is None else source_of(one.carrier_name),
            shipped_at=None if one.shipped_at is None else source_of(one.shipped_at),
            split=one.split,
        )
        for one in layout.parcels
    )
    return msgspec.structs.replace(layout, parcels=parcels, **parts)


def _check(layout: Layout) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", layout.name):
        raise BadLayout("$.name", "a word of small letters, digits and _, like my_orders")
    if not layout.needs:
        raise BadLayout("$.needs", "the columns by which the layout is recognised")
    if "order_no" not in layout.order:
        raise BadLayout("$.order.order_no", "the column of the order number")
    if layout.line and "line_no" not in layout.line:
        raise BadLayout("$.line.line_no", "the column that tells an order's lines apart")
    if not re.fullmatch(r"[A-Z]{3}", layout.currency):
        raise BadLayout("$.currency", "a currency code like CNY")
    if layout.status and not layout.status.columns:
        raise BadLayout("$.status.columns", "the column of the state")
    for part, fields, known in (("order", layout.order, ORDER_FIELDS), ("line", layout.line, LINE_FIELDS)):
        for name in fields:
            if name not in known:
                raise BadLayout(f"$.{part}.{name}", f"one of {', '.join(known)}")
    _check_zone("$.zone", layout.zone)
    for path, source in _sources(layout):
        _check_source(f"$.{path}", source)


def _check_source(path: str, source: Source) -> None:
    ways = [way for way in (source.columns, source.sum, source.join) if way]
    if len(ways) > 1 or not (ways or source.constant):
        raise BadLayout(path, "one of columns, sum, join, or a constant")
    field = path.rpartition(".")[2]
    if source.sum and ORDER_FIELDS.get(field, LINE_FIELDS.get(field, source.type)) != "money":
        raise BadLayout(f"{path}.sum", "sums only where an amount is told")
    if source.zone:
        _check_zone(f"{path}.zone", source.zone)


def _check_zone(path: str, zone: str) -> None:
    try:
        parse_zone(zone)
    except ValueError:
        raise BadLayout(path, "an offset like +08:00") from None


@cache
def shipped_layouts() -> tuple[Layout, ...]:
    """The layouts that come with the product, by name."""
    return tuple(parse_layout(path.read_bytes()) for path in sorted(SHIPPED.glob("*.json")))


def shipped_layout(name: str) -> Layout | None:
    """The shipped layout of this name, or None."""
    return next((layout for layout in shipped_layouts() if layout.name == name), None)


def status_told(status: Status, word: str) -> tuple[str, OrderState | None]:
    """The code of a state as the file words it, and what it means to us, None where the layout does not know the word.

    The code is the column's first name and the word, spelt as the layout spells it.
    """
    tidied = tidy(word)
    spelt = next((known for known in status.states if tidy(known) == tidied), None)
    return f"{status.columns[0]}:{spelt or word.strip()}", status.states[spelt] if spelt else None


def layout_order_rules(layout: Layout) -> dict[str, OrderState]:
    """Code → state of a layout's own code list."""
    states = layout.status.states if layout.status else {}
    return {f"{layout.status.columns[0]}:{word}": state for word, state in states.items() if layout.status}
