"""From a row's cells to values (单元格 → 值): found once for a layout and a table's columns, then only read.

Promises: an amount is exact or a fault; a number that a spreadsheet has shortened is a fault; what is not said is None.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from fenghe.connectors.sales import minor_units, whole_id
from fenghe.connectors.scans import parse_time, shorten
from fenghe.kernel.layouts import LayoutKey, parse_zone
from fenghe.kernel.values import BadValue, minor_digits
from fenghe.money.headers import Unit, stem_of, tidy
from fenghe.money.layouts import FIELDS, Layout, Source, Value, source_of

UNSAID: Final = frozenset({"", "-", "--", "/", "\\N", "null", "NULL", "None", "无"})
LONGEST_TEXT: Final = 2_000
UNIT_UNCLEAR: Final = "unit_unclear"

CURRENCIES: Final[Mapping[str, str]] = {
    "人民币": "CNY", "人民币元": "CNY", "元": "CNY", "RMB": "CNY", "¥": "CNY", "￥": "CNY", "CNH": "CNY", "美元": "USD",
    "$": "USD", "港币": "HKD", "港元": "HKD", "欧元": "EUR", "€": "EUR", "日元": "JPY", "英镑": "GBP", "韩元": "KRW",
}  # fmt: skip

_EDGES: Final = " \t\r\n`'\"\u3000\xa0\ufeff"
_CHINESE_TIME: Final = str.maketrans({"年": "-", "月": "-", "日": " ", "：": ":", "\u3000": " ", "／": "/", "－": "-"})
_SPLIT_CLOCK: Final = re.compile(r"(\d{4})-?(\d\d)-?(\d\d) (\d\d)(\d\d)(\d\d)")
PLAIN_AMOUNT: Final = re.compile(r"[+-]?\d[\d,]*")


class BadCell(Exception):
    """A cell cannot be read; becomes an Unreadable before it leaves the connector."""

    def __init__(self, column: str, expected: str, got: str, code: str = "unreadable") -> None:
        super().__init__(f"{column}: expected {expected}")
        self.column = column
        self.expected = expected
        self.got = shorten(got)
        self.code = code


Cells = Mapping[str, str]
Read = Callable[[Cells, str], Any]
"""(the row by column, its currency) → the value; None where nothing is said; raises BadCell."""


def bare(text: str) -> str:
    """A cell without the blanks, tabs, back-ticks and quotes round it."""
    return text.strip(_EDGES) if text and (text[0] in _EDGES or text[-1] in _EDGES) else text


class Readers:
    """How each field of a layout is read from a table of these columns."""

    def __init__(self, layout: Layout, columns: Iterable[str], unit: Unit) -> None:
        self.layout = layout
        self._unit = unit
        self._columns = tuple(columns)
        known = FIELDS[layout.kind]
        found = {name: self._reader(source_of(told), known[name]) for name, told in layout.fields.items()}
        self.currency = found.pop("currency", None)
        self.fields = {name: read for name, read in found.items() if read is not None}
        self.plain = tuple(dict.fromkeys(self._plain_columns()))
        """Columns whose unit only the whole file can tell."""
        self.parts = tuple(
            (name, column, sign)
            for name, sign in layout.components.items()
            if (column := self.column(name, money=True))
        )

    def column(self, name: str, *, money: bool = False) -> str | None:
        """The table's column that a layout calls `name`; of several the one that tells its unit."""
        wanted = tidy(name)
        exact = [column for column in self._columns if tidy(column) == wanted]
        if not money:
            return exact[0] if exact else None
        stem = stem_of(name)[0]
        alike = [column for column in self._columns if stem_of(column)[0] in (wanted, stem)]
        marked = [column for column in alike if stem_of(column)[1]]
        return next(iter([*exact, *marked, *alike] if exact and stem_of(exact[0])[1] else [*marked, *alike]), None)

    def currency_of(self, cells: Cells) -> str:
        """The row's own currency, else the layout's."""
        told: str | None = self.currency(cells, "") if self.currency else None
        if not told:
            return self.layout.currency
        code = CURRENCIES.get(told, told.upper())
        if not re.fullmatch("[A-Z]{3}", code):
            raise BadCell("currency", "a currency code like CNY", told)
        return code

    def _plain_columns(self) -> Iterable[str]:
        known = FIELDS[self.layout.kind]
        for name, told in self.layout.fields.items():
            source = source_of(told)
            if known[name] != "money" or source.unit:
                continue
            for wanted in (*source.columns, *source.sum, *source.less):
                column = self.column(wanted, money=True)
                if column and not stem_of(column)[1]:
                    yield column

    def local_day(self, moment_told: datetime) -> date:
        """The day of a moment where whoever made the file lives."""
        return moment_told.astimezone(parse_zone(self.layout.zone)).date()

    def unit_of(self, column: str, source: Source) -> Unit:
        """Of an amount in this column."""
        return source.unit or stem_of(column)[1] or self._unit

    def _reader(self, source: Source, value: Value) -> Read | None:
        if source.sum or source.less:
            return self._sum_reader(source)
        names = source.join or source.columns
        columns = [column for name in names if (column := self.column(name, money=value == "money"))]
        columns = list(dict.fromkeys(columns))
        if not columns and not source.constant:
            return None
        read = self._value_reader(source, value)
        if value in ("time", "date") and len(columns) > 1:
            said = _timed(columns, source)
        else:
            said = _joined(columns, source) if source.join else _first(columns, source)

        def read_field(cells: Cells, currency: str) -> Any:
            column, text = said(cells)
            return read(column, text, currency) if text else None

        return read_field

    def _sum_reader(self, source: Source) -> Read | None:
        parts = [(column, 1) for name in source.sum if (column := self.column(name, money=True))]
        parts += [(column, -1) for name in source.less if (column := self.column(name, money=True))]
        if not parts:
            return None
        turn = -1 if source.sign == "-" else 1

        def read_sum(cells: Cells, currency: str) -> int | None:
            told = [(column, way, text) for column, way in parts if (text := _said(cells, column, source))]
            if not told:
                return None
            return turn * sum(
                way * self.money(column, text, currency=currency, source=source) for column, way, text in told
            )

        return read_sum

    def _value_reader(self, source: Source, value: Value) -> Callable[[str, str, str], Any]:
        zone = parse_zone(source.zone or self.layout.zone)
        match value:
            case "money":
                return lambda column, text, currency: _signed(
                    self.money(column, text, currency=currency, source=source), source
                )
            case "id":
                return lambda column, text, _: _caught(whole_id, column, text)
            case "time":
                return lambda column, text, _: moment(column, text, zone)
            case "date":
                return lambda column, text, _: day(column, text, zone)
            case "rate":
                return lambda column, text, _: _rate(column, text)
            case "word":
                return lambda _column, text, _: _word(text, source)
            case _:
                return lambda _column, text, _: source.values.get(text, text)[:LONGEST_TEXT]

    def money(self, column: str, text: str, *, currency: str, source: Source) -> int:
        """An amount in minor units. Raises BadCell; also where nothing tells whether it is in yuan or in fen."""
        unit = self.unit_of(column, source)
        if not unit:
            if minor_digits(currency) and PLAIN_AMOUNT.fullmatch(narrow(text)):
                expected = "an amount that shows its unit: name the column amount_yuan or amount_fen, or write 12.00"
                raise BadCell(column, expected, text, UNIT_UNCLEAR)
            unit = "major"
        try:
            return minor_units(narrow(text), currency, unit=unit, decimal=self.layout.decimal)
        except BadValue as problem:
            raise BadCell(column, problem.expected, problem.got) from None


_CLOCK: Final = re.compile(r"([01]?\d|2[0-3])(:[0-5]\d){1,2}|([01]\d|2[0-3])([0-5]\d){2}")
"""A time of day without a day."""
_DAY: Final = re.compile(r"\d{8}|\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?")


def narrow(text: str) -> str:
    """Full-width figures and marks as ordinary ones."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _signed(amount: int, source: Source) -> int:
    return abs(amount) if source.sign == "absolute" else -amount if source.sign == "-" else amount


def _said(cells: Cells, column: str, source: Source) -> str:
    text = bare(cells.get(column, ""))
    if source.before:
        text = bare(text.partition(source.before)[0])
    if source.after:
        text = bare(text.partition(source.after)[2])
    return "" if text in UNSAID or text in source.unsaid else text


def _first(columns: list[str], source: Source) -> Callable[[Cells], tuple[str, str]]:
    if len(columns) == 1 and not (source.constant or source.before or source.after or source.unsaid):
        only = columns[0]

        def said_one(cells: Cells) -> tuple[str, str]:
            text = cells.get(only, "")
            if text and (text[0] in _EDGES or text[-1] in _EDGES):
                text = text.strip(_EDGES)
            return only, "" if text in UNSAID else text

        return said_one

    def said(cells: Cells) -> tuple[str, str]:
        for column in columns:
            if text := _said(cells, column, source):
                return column, text
        return "", source.constant

    return said


def _timed(columns: list[str], source: Source) -> Callable[[Cells], tuple[str, str]]:
    """The first time; where a column has the time of day only (交易日期 20260201, 交易时间 10:00:01), with the day beside it."""
    first = _first(columns, source)

    def said(cells: Cells) -> tuple[str, str]:
        column, text = first(cells)
        if not _CLOCK.fullmatch(text):
            return column, text
        days = (each for other in columns if (each := _said(cells, other, source)) and not _CLOCK.fullmatch(each))
        day_told = next(days, "")
        return column, f"{day_told} {_clock(text)}" if _DAY.fullmatch(day_told) else day_told or text

    return said


def _clock(text: str) -> str:
    return text if ":" in text else f"{text[:2]}:{text[2:4]}:{text[4:]}"


def _joined(columns: list[str], source: Source) -> Callable[[Cells], tuple[str, str]]:
    def said(cells: Cells) -> tuple[str, str]:
        told = [text for column in columns if (text := _said(cells, column, source))]
        return columns[0] if columns else "", source.glue.join(told) or source.constant

    return said


def _caught(read: Callable[[str], Any], column: str, text: str) -> Any:
    try:
        return read(text)
    except BadValue as problem:
        raise BadCell(column, problem.expected, problem.got) from None


def _word(text: str, source: Source) -> str:
    if text in source.values:
        return source.values[text]
    told = tidy(text)
    for word, ours in source.values.items():
        if tidy(word) == told:
            return ours
    return next((ours for part, ours in source.holds.items() if part in text), text)


def _rate(column: str, text: str) -> Decimal:
    try:
        rate = Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise BadCell(column, "a rate like 7.25", text) from None
    if not rate.is_finite() or not 0 < rate < 10**9:
        raise BadCell(column, "a rate like 7.25", text)
    return rate


def moment(column: str, text: str, zone: timezone) -> datetime | None:
    """A time as UTC; None where it is a database's word for none. Raises BadCell."""
    text = narrow(text)
    if text.startswith(("0000-00-00", "0001-01-01", "1970-01-01")) or set(text) <= {"0"}:
        return None
    try:
        return parse_time(text, zone)
    except BadValue:
        pass
    plain = " ".join(text.translate(_CHINESE_TIME).split())
    clock = _SPLIT_CLOCK.fullmatch(plain)
    if clock:
        plain = f"{clock[1]}-{clock[2]}-{clock[3]} {clock[4]}:{clock[5]}:{clock[6]}"
    try:
        return parse_time(plain, zone)
    except BadValue as problem:
        raise BadCell(column, problem.expected, text, "bad_time") from None


def day(column: str, text: str, zone: timezone) -> date | None:
    """A day; of a time, the day it is in `zone`. Raises BadCell."""
    found = moment(column, text, zone)
    return None if found is None else found.astimezone(zone).date()


@lru_cache(maxsize=512)
def readers_of(layout_key: LayoutKey[Layout], columns: tuple[str, ...], unit: Unit) -> Readers:
    """The readers of a layout and a table's columns, made once."""
    return Readers(layout_key.layout, columns, unit)
