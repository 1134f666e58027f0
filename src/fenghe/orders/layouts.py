"""How a file of orders is laid out (文件布局): which column says what. A declaration that a user may write. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final, Literal

import msgspec

from fenghe.kernel.layouts import (
    Ambiguous,
    BadLayout,
    ColumnLayout,
    ColumnSource,
    NoLayout,
    best_of,
    check_source,
    decoded,
    nearest_of,
    source_in_full,
)
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


class Source(ColumnSource, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a value of an order comes from. Of a `sum` the first column must be there; a `join` puts blanks between."""

    unit: Literal["major", "minor"] = "major"
    """Amounts are in yuan (major) or in fen (minor)."""
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


class Layout(ColumnLayout, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A layout of orders. A general one counts only where nothing more particular fits or knows as many of its columns."""

    channel: str
    order: dict[str, Told]
    line: dict[str, Told] = msgspec.field(default_factory=dict)
    parcels: tuple[Parcels, ...] = ()
    facts: dict[str, Told] = msgspec.field(default_factory=dict)
    """Anything else worth keeping; `{column}` in a name is filled in from the row."""
    status: Status | None = None

    @property
    def row_is(self) -> str:
        """`line` where several rows may be one order, else `order`."""
        return "line" if self.line else "order"


@lru_cache(maxsize=8192)
def tidy(name: str) -> str:
    """A column's name without blanks, quotes, underscores and letter cases (`orderNo` is `order_no`), full-width as half-width."""
    return re.sub(r"[\s`'\"\ufeff_]", "", unicodedata.normalize("NFKC", name)).casefold()


def find_layout(columns: Iterable[str], layouts: Sequence[Layout]) -> Layout | Ambiguous | NoLayout:
    """The layout that fits the columns: all it needs is there, and of several it knows the most of them."""
    told = tuple(columns)
    have = {tidy(name) for name in told}
    missing = {layout.name: missing_columns(layout, have) for layout in layouts}
    fitting = [layout for layout in layouts if not missing[layout.name]]
    if not fitting:
        return nearest_of(told, layouts, missing)
    known = {layout.name: len(have & _known_columns(layout)) for layout in fitting}
    most_general = max((known[layout.name] for layout in fitting if layout.general), default=0)
    special = [layout for layout in fitting if not layout.general and known[layout.name] >= most_general] or fitting
    return best_of(special, lambda layout: known[layout.name] + len(layout.needs))


def missing_columns(layout: Layout, have: Iterable[str]) -> tuple[str, ...]:
    """What the layout needs and the file does not have."""
    tidied = {tidy(name) for name in have}
    return tuple(names[0] for names in layout.needed() if not tidied & {tidy(name) for name in names})


def source_of(told: Told) -> Source:
    """The source in full."""
    return source_in_full(told, Source)


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


def parse_layout(body: bytes | Mapping[str, Any]) -> Layout:
    """A layout from its JSON. Raises BadLayout with the place and what is expected there."""
    layout = decoded(body, Layout)
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
    if "order_no" not in layout.order:
        raise BadLayout("$.order.order_no", "the column of the order number")
    if layout.line and "line_no" not in layout.line:
        raise BadLayout("$.line.line_no", "the column that tells an order's lines apart")
    if layout.status and not layout.status.columns:
        raise BadLayout("$.status.columns", "the column of the state")
    for part, fields, known in (("order", layout.order, ORDER_FIELDS), ("line", layout.line, LINE_FIELDS)):
        for name in fields:
            if name not in known:
                raise BadLayout(f"$.{part}.{name}", f"one of {', '.join(known)}")
    for path, source in _sources(layout):
        _check_source(f"$.{path}", source)


def _check_source(path: str, source: Source) -> None:
    field = path.rpartition(".")[2]
    money = ORDER_FIELDS.get(field, LINE_FIELDS.get(field, source.type)) == "money"
    check_source(path, source, (source.columns, source.sum, source.join), adds=money or not source.sum)


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
