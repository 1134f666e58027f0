"""A row of a file and its layout make a snapshot of an order (文件行 → 订单快照). A row is read whole or set aside."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timezone
from typing import Any, Final, NamedTuple

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
_PLAIN: Final = frozenset({str})


def flat(value: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, str]:
    """A row as column → text; what is nested in a JSON row has a dotted name, like `buyer.name` or `items.0.sku`."""
    if not prefix and _PLAIN.issuperset(map(type, value.values())) and "".join(value.values()).isprintable():
        return dict(value)
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


class _Field(NamedTuple):
    """A value of a row: where this table tells it, and how it is read; `columns` are (the layout's name, the table's)."""

    source: Source
    columns: Sequence[tuple[str, str]]
    read: Callable[[str, str], Any]
    """(text, currency) → the value. Raises BadValue."""
    adds: bool = False
    """Amounts of several columns are added."""


class Table:
    """A layout over the columns of one table: which column says what is found once and not for every row."""

    def __init__(self, layout: Layout, columns: Iterable[str]) -> None:
        self.layout = layout
        self._own = {tidy(name): name for name in columns}
        self._named: dict[str, _Field] = {}
        order = {name: self.field(told, ORDER_FIELDS[name]) for name, told in layout.order.items()}
        self.currency = order.pop("currency", None)
        self.order = [(name, field) for name, field in order.items() if _says(field)]
        self.line = [
            (name, field) for name, told in layout.line.items() if _says(field := self.field(told, LINE_FIELDS[name]))
        ]
        self.facts = [(template, self.field(told, source_of(told).type)) for template, told in layout.facts.items()]
        self.status = self._plain(Source(columns=layout.status.columns)) if layout.status else None
        self.parcels = [
            _ParcelFields(
                declared.split,
                self._plain(source_of(declared.tracking_no)),
                self._plain(source_of(declared.carrier_name)) if declared.carrier_name else None,
                self.field(declared.shipped_at, "time") if declared.shipped_at else None,
            )
            for declared in layout.parcels
        ]

    def field(self, told: Told, kind: Kind) -> _Field:
        """How a value is read from this table."""
        source = source_of(told)
        adds = kind == "money" and bool(source.sum)
        present = self._present(source.join or source.columns or source.sum)
        if source.sum and present and present[0][0] != source.sum[0]:
            present = []
        return _Field(source, present, self._reader(kind, source), adds)

    def named(self, column: str) -> _Field:
        """A number in a column of this name."""
        if column not in self._named:
            self._named[column] = self.field(column, "id")
        return self._named[column]

    def _plain(self, source: Source) -> _Field:
        """These columns as they stand; what is cut from several values in one is cut later."""
        return _Field(
            Source(columns=source.columns, unsaid=source.unsaid, before=source.before, after=source.after),
            self._present(source.columns),
            lambda text, _currency: text,
        )

    def _present(self, names: Iterable[str]) -> list[tuple[str, str]]:
        return [(name, column) for name in names if (column := self._own.get(tidy(name))) is not None]

    def _reader(self, kind: Kind, source: Source) -> Callable[[str, str], Any]:
        match kind:
            case "id":
                return lambda text, _: whole_id(text)
            case "money":
                unit, decimal = source.unit, self.layout.decimal
                return lambda text, currency: minor_units(text, currency, unit=unit, decimal=decimal)
            case "time":
                zone = parse_zone(source.zone or self.layout.zone)
                return lambda text, _: moment(text, zone)
            case "count":
                return lambda text, _: count(text)
            case _:
                return lambda text, _: text[:LONGEST_TEXT]


class _ParcelFields(NamedTuple):
    """Where a row names parcels; `split` are the marks between several in one field."""

    split: str
    tracking_no: _Field
    carrier_name: _Field | None
    shipped_at: _Field | None


def _says(field: _Field) -> bool:
    """Whether a row of this table can say it at all."""
    return bool(field.columns or field.source.constant)


class _Row:
    """One row of a table. The first thing wrong with it is remembered; then the row is set aside."""

    def __init__(self, cells: Mapping[str, str], table: Table, item: int) -> None:
        self._cells = cells
        self._table = table
        self._item = item
        self.currency = table.layout.currency
        self.faults: list[Unreadable] = []

    def read_currency(self) -> None:
        """The row's own currency, where it has one: amounts are read by it."""
        name, word = self.said(self._table.currency) if self._table.currency else ("", "")
        code = _CURRENCIES.get(word, word.upper())
        if code and not re.fullmatch("[A-Z]{3}", code):
            self.fault(name, "a currency code like CNY", word)
        elif code:
            self.currency = code

    def _cell(self, column: str, source: Source, *, cut: bool = True) -> str:
        """What the column says, without the blanks and marks round it."""
        text = self._cells[column].strip()
        if "`" in text:
            text = text.strip("`\t").strip()
        if cut and (source.before or source.after):
            text = _cut(text, source)
        return "" if text in UNSAID or text in source.unsaid else text

    def said(self, field: _Field, *, cut: bool = True) -> tuple[str, str]:
        """The column that says something, and what; the constant where none does."""
        source = field.source
        if source.join:
            told = [text for _, column in field.columns if (text := self._cell(column, source, cut=cut))]
            return source.join[0], " ".join(told)
        for name, column in field.columns[:1] if field.adds else field.columns:
            if text := self._cell(column, source, cut=cut):
                return name, source.values.get(text, text)
        return "", source.constant

    def value(self, field: _Field) -> Any:
        """The value by its kind; None where nothing is said or where it cannot be read."""
        name, text = self.said(field)
        if not text:
            return None
        return self._sum(field) if field.adds else self._read(name, text, field)

    def _sum(self, field: _Field) -> int | None:
        told = [(name, text) for name, column in field.columns if (text := self._cell(column, field.source))]
        amounts = [self._read(name, text, field) for name, text in told]
        return None if None in amounts else sum(amounts)

    def _read(self, name: str, text: str, field: _Field) -> Any:
        try:
            return field.read(text, self.currency)
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
        return f"{before}{self.value(self._table.named(column)) or ''}{self.named(after)}"


def moment(text: str, zone: timezone) -> datetime | None:
    """A time as UTC, or None where it is a database's word for none. Raises BadValue."""
    if text.startswith(("0000-00-00", "0001-01-01", "1900-01-0", "1970-01-01")) or set(text) <= {"0"}:
        return None
    return parse_time(text, zone).astimezone(UTC)


def read_row(
    cells: Mapping[str, str], table: Table, *, item: int, shop: str = "", channel: str = "", teller: str = ""
) -> tuple[OrderSnapshot | None, Sequence[Unreadable]]:
    """The snapshot, or what is wrong with the row. `shop` and `channel` are what the source is set up for.

    `cells` is a row of this table, flat. `teller` is the source itself: a channel where neither it, the row nor the
    layout names one.
    """
    layout = table.layout
    row = _Row(cells, table, item)
    row.read_currency()
    said = {name: value for name, field in table.order if (value := row.value(field)) is not None}
    line = _line(row, table)
    code, state = _status(row, table)
    if layout.status and layout.status.of != "order":
        line["status_code"] = code
        if layout.status.of == "line" or said.get("order_no") != line.get("line_no"):
            code, state = None, None
    if not said.get("order_no"):
        source = source_of(layout.order["order_no"])
        row.fault((*source.columns, "order_no")[0], "the number of the order", "nothing")
    parcels = distinct(parcel for fields in table.parcels for parcel in _parcels(row, fields)) if table.parcels else ()
    facts = _facts(row, table) if table.facts else {}
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


def _line(row: _Row, table: Table) -> dict[str, Any]:
    told = table.layout.line
    if not told:
        return {}
    said = {name: value for name, field in table.line if (value := row.value(field)) is not None}
    if all(field.source.constant for name, field in table.line if name in said):
        return {}
    if "line_no" not in said and not row.faults:
        row.fault(source_of(told["line_no"]).columns[0], "what tells the lines of an order apart", "nothing")
    return said


def _status(row: _Row, table: Table) -> tuple[str | None, str | None]:
    """The state's code, and what the layout says it means; a word that it does not know stays unmapped."""
    if table.layout.status is None or table.status is None:
        return None, None
    _, word = row.said(table.status)
    return status_told(table.layout.status, word) if word else (None, None)


def _facts(row: _Row, table: Table) -> dict[str, str]:
    facts: dict[str, str] = {}
    for template, field in table.facts:
        value = row.value(field)
        if value is not None:
            facts[row.named(template)] = value.isoformat() if isinstance(value, datetime) else str(value)
    return facts


def _parcels(row: _Row, fields: _ParcelFields) -> Iterable[Parcel]:
    numbers = _split(row, fields.tracking_no, fields.split)
    if not numbers:
        return
    carriers = _split(row, fields.carrier_name, fields.split) if fields.carrier_name else []
    shipped_at = row.value(fields.shipped_at) if fields.shipped_at else None
    for place, told in enumerate(numbers):
        number = clean_tracking_no(told)
        if not any(char.isdigit() for char in number):
            continue
        carrier = carriers[place] if len(carriers) == len(numbers) else carriers[0] if len(carriers) == 1 else ""
        yield Parcel(tracking_no=number, carrier_name=carrier, shipped_at=shipped_at)


def _split(row: _Row, field: _Field, marks: str) -> list[str]:
    """Each of several values in one field, cut to what stands before or after a mark in each."""
    text = row.said(field, cut=False)[1]
    if not text:
        return []
    parts = re.split(f"[{re.escape(marks)}\n]", text)
    return [cut for part in parts if (cut := _cut(part, field.source))]


def _cut(text: str, source: Source) -> str:
    if source.before:
        text = text.partition(source.before)[0]
    if source.after:
        text = text.partition(source.after)[2]
    return text.strip()
