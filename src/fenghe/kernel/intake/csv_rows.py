"""Tables in text files (CSV 表格): a broken row is told with its line and field, and the next is read."""

import csv
import re
from collections import deque
from collections.abc import Iterator

from fenghe.kernel.intake.encoding import BROKEN_CHAR, Line
from fenghe.kernel.intake.records import Broken, Limits, Record, Shape
from fenghe.kernel.intake.refusals import BadHeader, HeaderNotFound
from fenghe.kernel.intake.table import Heading, read_heading

csv.field_size_limit(2**31 - 1)
"""The bound on a field is ours (Limits.record_chars), not the module's."""

DELIMITERS = (",", "\t", ";")


class RowTooLong(Exception):
    """The row goes on beyond every bound: its first quote was never closed."""


class LineCut(Exception):
    """A single line is longer than a row may be."""


class Feed:
    """Hands lines to the CSV parser, remembers those of the row in hand, and can take them back."""

    def __init__(self, lines: Iterator[Line], limits: Limits) -> None:
        self._lines = lines
        self._limits = limits
        self._waiting: deque[Line] = deque()
        self._room = limits.record_chars
        self.taken: list[Line] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self._lines)
        if self.taken and (line.cut or len(line.text) > self._room or len(self.taken) >= self._limits.record_lines):
            self._waiting.appendleft(line)
            raise RowTooLong
        self.taken.append(line)
        self._room -= len(line.text)
        if line.cut:
            raise LineCut
        return line.text

    def start_row(self) -> None:
        """Forget the row that was read."""
        self.taken.clear()
        self._room = self._limits.record_chars

    def keep(self, count: int) -> None:
        """The row in hand is its first `count` lines only; what followed is read again as rows of its own."""
        self._waiting.extendleft(reversed(self.taken[count:]))
        del self.taken[count:]

    def peek(self) -> Line | None:
        """The next line, left where it is."""
        if not self._waiting:
            line = next(self._lines, None)
            if line is None:
                return None
            self._waiting.append(line)
        return self._waiting[0]

    def drop(self) -> None:
        """Pass over the next line."""
        self._waiting.popleft()


def csv_records(lines: Iterator[Line], *, where: str, shape: Shape, limits: Limits) -> Iterator[Record | Broken]:
    """The table's rows. Raises HeaderNotFound or BadHeader when there is no heading to read them by."""
    feed = Feed(lines, limits)
    first = _find_heading(feed, where, shape, limits)
    if first is None:
        return
    delimiter = max(DELIMITERS, key=first.text.count)
    rows = csv.reader(feed, delimiter=delimiter, strict=True)
    heading = _read_heading(rows, feed, where, limits)
    while (line := feed.peek()) is not None:
        if line.text.startswith(shape.skip_prefixes) or not line.text.strip():
            feed.drop()
            continue
        feed.start_row()
        outcome = _read_row(rows, feed, heading, shape, delimiter)
        if outcome is not None:
            yield outcome


def _find_heading(feed: Feed, where: str, shape: Shape, limits: Limits) -> Line | None:
    passed = 0
    while (line := feed.peek()) is not None:
        sought = all(name in line.text for name in shape.header_has)
        if sought and line.text.strip(" \t\r\n\ufeff,;") and not line.text.startswith(shape.skip_prefixes):
            return line
        feed.drop()
        passed += 1
        if shape.header_has and passed >= limits.preamble_lines:
            break
    if shape.header_has:
        raise HeaderNotFound(name=where, columns="、".join(shape.header_has), lines=min(passed, limits.preamble_lines))
    return None


def _read_heading(rows: Iterator[list[str]], feed: Feed, where: str, limits: Limits) -> Heading:
    feed.start_row()
    try:
        cells = next(rows)
    except (csv.Error, RowTooLong, LineCut) as error:
        got = _said(error)
        expected = "column names with their quotes closed" if got == _UNCLOSED else _EXPECTED[got]
        raise BadHeader(name=where, line=feed.taken[0].number, expected=expected, got=got) from None
    broken = next((line for line in feed.taken if line.broken_column is not None), None)
    if broken is not None:
        got = f"a broken byte at column {broken.broken_column}"
        raise BadHeader(name=where, line=broken.number, expected="readable column names", got=got)
    return read_heading(cells, line=feed.taken[0].number, where=where, limits=limits)


def _read_row(
    rows: Iterator[list[str]], feed: Feed, heading: Heading, shape: Shape, delimiter: str
) -> Record | Broken | None:
    try:
        cells = next(rows)
    except StopIteration:
        return None
    except (csv.Error, RowTooLong, LineCut) as error:
        padded = padded_cells(feed.taken, delimiter) if isinstance(error, csv.Error) else None
        if padded is None:
            return _unparsed(feed, heading, delimiter, _said(error))
        cells = padded
    broken = next((line for line in feed.taken if line.broken_column is not None), None)
    if broken is not None:
        return _undecoded(broken, cells, heading)
    return heading.record(cells, line=feed.taken[0].number, shape=shape)


def padded_cells(lines: list[Line], delimiter: str) -> list[str] | None:
    """The cells of a row whose closing quotes are followed by blanks or tabs, as in wallets' bills; else None."""
    if len(lines) != 1:
        return None
    text, at = lines[0].text.rstrip("\r\n"), 0
    blanks = "[ ]*" if delimiter == "\t" else "[ \t]*"
    quoted_or_bare = rf'"(?P<quoted>[^"]*(?:""[^"]*)*)"{blanks}|(?P<bare>(?!")[^{delimiter}\r\n]*)'
    field = re.compile(rf"(?:{quoted_or_bare})(?:{delimiter}|\Z)")
    cells: list[str] = []
    while at <= len(text):
        found = field.match(text, at)
        if found is None:
            return None
        quoted = found.group("quoted")
        cells.append(found.group("bare") if quoted is None else quoted.replace('""', '"'))
        if found.end() == len(text) and not text.endswith(delimiter, at, found.end()):
            return cells
        at = found.end()
    return cells


_UNCLOSED = "a quote that is never closed"
_EXPECTED = {
    _UNCLOSED: "a closing quote",
    "a longer one": "a row within the size that a row may have",
    "a bare line break inside a field": "line breaks only inside quotes",
    "a quote inside a field that is not doubled": "quotes inside a field written twice",
}


def _said(error: Exception) -> str:
    if isinstance(error, LineCut):
        return "a longer one"
    if isinstance(error, RowTooLong) or "unexpected end" in str(error):
        return _UNCLOSED
    if "new-line" in str(error):
        return "a bare line break inside a field"
    return "a quote inside a field that is not doubled"


def _unparsed(feed: Feed, heading: Heading, delimiter: str, got: str) -> Broken:
    """Blame the line where the faulty quote stands, and give the lines after it back to be read as rows."""
    place, field = _last_open(feed.taken, delimiter) if got == _UNCLOSED else (0, _fields_in(feed.taken[0], delimiter))
    line = feed.taken[place]
    feed.keep(place + 1)
    name = heading.names[min(field, len(heading.names) - 1)]
    return heading.broken(line=line.number, field=name, expected=_EXPECTED[got], got=got, text=line.text)


def _fields_in(line: Line, delimiter: str) -> int:
    return line.text.count(delimiter) if line.cut else _last_open([line], delimiter)[1]


def _last_open(lines: list[Line], delimiter: str) -> tuple[int, int]:
    """In which line, and in which field of the row, the last quote was opened."""
    place = opened = field = 0
    at_start, quoted = True, False
    for number, line in enumerate(lines):
        for char in line.text:
            if quoted:
                quoted = char != '"'
            elif char == '"' and at_start:
                quoted, place, opened = True, number, field
            elif char == delimiter:
                field += 1
            at_start = not quoted and char == delimiter
    return place, opened


def _undecoded(line: Line, cells: list[str], heading: Heading) -> Broken:
    place = next((place for place, cell in enumerate(cells) if BROKEN_CHAR in cell), 0)
    return heading.broken(
        line=line.number,
        field=heading.names[min(place, len(heading.names) - 1)],
        expected="text in one encoding (UTF-8 or GB18030)",
        got=f"a broken byte at column {line.broken_column}",
        text=line.text,
    )
