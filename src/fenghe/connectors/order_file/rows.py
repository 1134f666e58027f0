"""A row of a file and its layout make a snapshot of an order (文件行 → 订单快照). A row is read whole or set aside."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timezone
from functools import lru_cache
from typing import Any, Final

from fenghe.connectors.sales import LONGEST_TEXT, MAX_LINES, count, distinct, minor_units, whole_id
from fenghe.connectors.scans import parse_time, shorten, text_of
from fenghe.kernel.connecting import Unreadable
from fenghe.kernel.layouts import parse_zone
from fenghe.kernel.values import BadValue
from fenghe.logistics.events import clean_tracking_no
from fenghe.orders.layouts import (
    LINE_FIELDS,
    ORDER_FIELDS,
    Kind,
    Layout,
    Parcels,
    Source,
    Told,
    source_of,
    status_told,
    tidy,
)
from fenghe.orders.snapshot import OrderLine, OrderSnapshot, Parcel

_CURRENCIES: Final = {
    "人民币": "CNY",
    "元": "CNY",
    "RMB": "CNY",
    "¥": "CNY",
    "美元": "USD",
    "港币": "HKD",
    "欧元": "EUR",
}
UNSAID: Final = frozenset({"", "-", "--", "\\N"})
MAX_DEPTH: Final = 8


def flat(value: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, str]:
    """A row as column → text; what is nested in a JSON row has a dotted name, like `buyer.name` or `items.0.sku`."""
    fields: dict[str, str] = {}
    for name, inner in value.items():
        place = f"{prefix}{name}"
        if isinstance(inner, list):
            inner = {str(number): one for number, one in enumerate(inner[:MAX_LINES])}  # noqa: PLW2901
        if isinstance(inner, Mapping):
            fields |= flat(inner, f"{place}.", depth + 1) if depth < MAX_DEPTH else {}
        else:
            fields[place] = text_of(inner)
    return fields


class _Row:
    """One row under its layout. The first thing wrong with it is remembered; then the row is set aside."""

    def __init__(self, fields: Mapping[str, str], layout: Layout, item: int) -> None:
        self._cells = {tidy(name): text for name, text in fields.items()}
        self._layout = layout
        self._item = item
        self.currency = layout.currency
        self.faults: list[Unreadable] = []

    def read_currency(self) -> None:
        """The row's own currency, where it has one: amounts are read by it."""
        told = self._layout.order.get("currency")
        name, word = self.said(source_of(told)) if told else ("", "")
        code = _CURRENCIES.get(word, word.upper())
        if code and not re.fullmatch("[A-Z]{3}", code):
            self.fault(name, "a currency code like CNY", word)
        elif code:
            self.currency = code

    def cell(self, name: str, source: Source) -> str:
        """What the column says, without the blanks and marks round it."""
        text = self._cells.get(tidy(name))
        if not text:  # most of the names that a column may go by are not there
            return ""
        text = text.strip().strip("`\t").strip()
        if source.before:
            text = text.partition(source.before)[0].strip()
        if source.after:
            text = text.partition(source.after)[2].strip()
        return "" if text in UNSAID or text in source.unsaid else text

    def said(self, source: Source) -> tuple[str, str]:
        """The column that says something, and what; the constant where none does."""
        if source.join:
            return source.join[0], " ".join(text for name in source.join if (text := self.cell(name, source)))
        for name in source.columns or source.sum[:1]:
            if text := self.cell(name, source):
                return name, source.values.get(text, text)
        return "", source.constant

    def value(self, told: Told, kind: Kind) -> Any:
        """The value by its kind; None where nothing is said or where it cannot be read."""
        source = source_of(told)
        name, text = self.said(source)
        if not text:
            return None
        if kind == "money" and source.sum:
            return self._sum(source)
        return self._read(name, text, self._reader(kind, source))

    def _reader(self, kind: Kind, source: Source) -> Callable[[str], Any]:
        match kind:
            case "id":
                return whole_id
            case "money":
                unit, decimal, currency = source.unit, self._layout.decimal, self.currency
                return lambda text: minor_units(text, currency, unit=unit, decimal=decimal)
            case "time":
                zone = parse_zone(source.zone or self._layout.zone)
                return lambda text: moment(text, zone)
            case "count":
                return count
            case _:
                return lambda text: text[:LONGEST_TEXT]

    def _sum(self, source: Source) -> int | None:
        reader = self._reader("money", source)
        told = [(name, text) for name in source.sum if (text := self.cell(name, source))]
        amounts = [self._read(name, text, reader) for name, text in told]
        return None if None in amounts else sum(amounts)

    def _read(self, name: str, text: str, reader: Callable[[str], Any]) -> Any:
        try:
            return reader(text)
        except BadValue as problem:
            self.fault(name, problem.expected, problem.got)
            return None

    def fault(self, field: str, expected: str, got: str) -> None:
        """Something in the row cannot be read; a column is told of once."""
        if any(known.field == field for known in self.faults):
            return
        self.faults.append(Unreadable(item=self._item, field=field, expected=expected, got=shorten(got)))

    def named(self, template: str) -> str:
        """A fact's name with `{column}` filled in from the row."""
        before, opened, rest = template.partition("{")
        if not opened:
            return template
        column, _, after = rest.partition("}")
        return f"{before}{self.value(column, 'id') or ''}{self.named(after)}"


def moment(text: str, zone: timezone) -> datetime | None:
    """A time as UTC, or None where it is a database's word for none. Raises BadValue."""
    if text.startswith(("0000-00-00", "0001-01-01", "1900-01-0", "1970-01-01")) or set(text) <= {"0"}:
        return None
    return parse_time(text, zone).astimezone(UTC)


def read_row(
    fields: Mapping[str, Any], layout: Layout, *, item: int, shop: str = "", channel: str = "", teller: str = ""
) -> tuple[OrderSnapshot | None, Sequence[Unreadable]]:
    """The snapshot, or what is wrong with the row. `shop` and `channel` are what the source is set up for.

    `teller` is the source itself: a channel where neither it, the row nor the layout names one.
    """
    row = _Row(flat(fields), layout, item)
    row.read_currency()
    order = {name: row.value(told, ORDER_FIELDS[name]) for name, told in layout.order.items() if name != "currency"}
    said = {name: value for name, value in order.items() if value is not None}
    line = _line(row, layout)
    code, state = _status(row, layout)
    if layout.status and layout.status.of != "order":
        line["status_code"] = code
        if layout.status.of == "line" or said.get("order_no") != line.get("line_no"):
            code, state = None, None
    if not said.get("order_no"):
        source = source_of(layout.order["order_no"])
        row.fault((*source.columns, "order_no")[0], "the number of the order", "nothing")
    parcels = distinct(parcel for declared in layout.parcels for parcel in _parcels(row, declared))
    facts = _facts(row, layout)
    if row.faults:
        return None, row.faults
    said["shop"] = shop or said.get("shop", "")
    said["channel"] = channel or said.get("channel", layout.channel) or teller
    lines = (OrderLine(**line),) if line.get("line_no") else ()
    return OrderSnapshot(
        codes=layout.name,
        item=item,
        status_code=code,
        status_state=state,
        currency=row.currency,
        lines=lines,
        parcels=parcels,
        facts=facts,
        **said,
    ), ()


def _line(row: _Row, layout: Layout) -> dict[str, Any]:
    values = {name: row.value(told, LINE_FIELDS[name]) for name, told in layout.line.items()}
    said = {name: value for name, value in values.items() if value is not None}
    number = source_of(layout.line["line_no"]) if layout.line else Source(constant="1")
    constants = {name for name, told in layout.line.items() if source_of(told).constant}
    if said.keys() <= constants:
        return {}
    if "line_no" not in said and not row.faults:
        row.fault(number.columns[0], "what tells the lines of an order apart", "nothing")
    return said


@lru_cache(maxsize=256)
def _plain(columns: tuple[str, ...], unsaid: tuple[str, ...] = ()) -> Source:
    """These columns as they stand."""
    return Source(columns=columns, unsaid=unsaid)


def _status(row: _Row, layout: Layout) -> tuple[str | None, str | None]:
    """The state's code, and what the layout says it means; a word that it does not know stays unmapped."""
    if layout.status is None:
        return None, None
    _, word = row.said(_plain(layout.status.columns))
    return status_told(layout.status, word) if word else (None, None)


def _facts(row: _Row, layout: Layout) -> dict[str, str]:
    facts: dict[str, str] = {}
    for template, told in layout.facts.items():
        value = row.value(told, source_of(told).type)
        if value is not None:
            facts[row.named(template)] = value.isoformat() if isinstance(value, datetime) else str(value)
    return facts


def _parcels(row: _Row, declared: Parcels) -> Iterable[Parcel]:
    numbers = _split(row, declared.tracking_no, declared.split)
    carriers = _split(row, declared.carrier_name, declared.split) if declared.carrier_name else []
    shipped_at = row.value(declared.shipped_at, "time") if declared.shipped_at else None
    for place, told in enumerate(numbers):
        number = clean_tracking_no(told)
        if not any(char.isdigit() for char in number):
            continue
        carrier = carriers[place] if len(carriers) == len(numbers) else carriers[0] if len(carriers) == 1 else ""
        yield Parcel(tracking_no=number, carrier_name=carrier, shipped_at=shipped_at)


def _split(row: _Row, told: Told, marks: str) -> list[str]:
    """Each of several values in one field, cut to what stands before or after a mark in each."""
    source = source_of(told)
    text = row.said(_plain(source.columns, source.unsaid))[1]
    if not text:
        return []
    parts = re.split(f"[{re.escape(marks)}\n]", text)
    return [cut for part in parts if (cut := _cut(part, source))]


def _cut(text: str, source: Source) -> str:
    if source.before:
        text = text.partition(source.before)[0]
    if source.after:
        text = text.partition(source.after)[2]
    return text.strip()
