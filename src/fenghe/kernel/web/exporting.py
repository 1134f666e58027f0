"""Lists as files (导出): CSV and XLSX, row by row, safe from cells that a spreadsheet would run. Pure.

A text that begins with a sign of a formula gets an apostrophe before it in CSV; `unguard` takes it off again on the way
back in. In XLSX texts are written as texts, which no spreadsheet runs. Times are in China's time, money in major units.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal

import xlsxwriter

from fenghe.kernel.values import CHINA, Money, minor_digits

ExportFormat = Literal["csv", "xlsx"]
Cell = str | int | Decimal | bool | datetime | date | Money | None

MEDIA_TYPES: Final[dict[ExportFormat, str]] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CHUNK_ROWS: Final = 500
ROWS_OF_A_SHEET: Final = 1_000_000
LONGEST_CELL: Final = 32_767
"""Characters a spreadsheet's cell can hold."""
EXACT_DIGITS: Final = 15
"""Digits a spreadsheet's number can hold; a longer number is written as text."""

_RUNS: Final = re.compile(r"^[\s\x00]*[=+\-@＝＋－＠]|^[\t\r\n]")
_UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def guard(text: str) -> str:
    """The text with an apostrophe before it if a spreadsheet might run it as a formula, or if it is guarded."""
    return f"'{text}" if _RUNS.match(text) or (text.startswith("'") and _RUNS.match(text.lstrip("'"))) else text


def unguard(text: str) -> str:
    """What `guard` was given."""
    return text[1:] if text.startswith("'") and _RUNS.match(text.lstrip("'")) else text


def as_text(cell: Cell) -> str:
    """How a cell reads in CSV, before guarding."""
    match cell:
        case None:
            return ""
        case bool():
            return "是" if cell else "否"
        case Money():
            return str(_major(cell))
        case datetime():
            return cell.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
        case date():
            return cell.isoformat()
        case _:
            return str(cell)


def _major(money: Money) -> Decimal:
    return Decimal(money.amount_minor).scaleb(-minor_digits(money.currency))


def csv_chunks(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The file in pieces of some hundred rows; begins with a byte order mark, so that Excel reads it as UTF-8."""
    writer = CsvWriter(columns)
    for row in rows:
        if chunk := writer.write(row):
            yield chunk
    yield writer.close()


class CsvWriter:
    """Gathers rows and gives them back as bytes, a chunk at a time."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._buffer = io.StringIO("\ufeff", newline="")
        self._buffer.seek(0, io.SEEK_END)
        self._writer = csv.writer(self._buffer)
        self._writer.writerow([guard(column) for column in columns])
        self._rows = 0

    def write(self, row: Sequence[Cell]) -> bytes:
        """Take one row; returns a chunk when enough is gathered, else nothing."""
        self._writer.writerow([guard(cell) if isinstance(cell, str) else as_text(cell) for cell in row])
        self._rows += 1
        return self._take() if self._rows % CHUNK_ROWS == 0 else b""

    def close(self) -> bytes:
        """What is left."""
        return self._take()

    def _take(self) -> bytes:
        chunk = self._buffer.getvalue().encode()
        self._buffer.seek(0)
        self._buffer.truncate()
        return chunk


class XlsxWriter:
    """Writes rows to a workbook on disk with bounded memory; a full sheet is followed by another."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._book = xlsxwriter.Workbook(
            path,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_date_format": "yyyy-mm-dd hh:mm:ss",
                "tmpdir": str(path.parent),
            },
        )
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._bold = self._book.add_format({"bold": True})
        self._columns = columns
        self._row = 0
        self._open_sheet()

    def _open_sheet(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._columns):
            self._sheet.write_string(0, place, column, self._bold)
        self._row = 0

    def write(self, row: Sequence[Cell]) -> None:
        """Take one row."""
        if self._row >= ROWS_OF_A_SHEET:
            self._open_sheet()
        self._row += 1
        for place, cell in enumerate(row):
            self._write_cell(place, cell)

    def _write_cell(self, place: int, cell: Cell) -> None:
        match cell:
            case None | "":
                return
            case Money():
                self._write_number(place, _major(cell))
            case datetime():
                self._sheet.write_datetime(self._row, place, cell.astimezone(CHINA).replace(tzinfo=None))
            case date():
                self._sheet.write_datetime(self._row, place, cell, self._day)
            case bool():
                self._sheet.write_string(self._row, place, as_text(cell))
            case int() | Decimal():
                self._write_number(place, cell)
            case _:
                self._sheet.write_string(self._row, place, _UNWRITABLE.sub("", cell)[:LONGEST_CELL])

    def _write_number(self, place: int, number: int | Decimal) -> None:
        if len(Decimal(number).as_tuple().digits) > EXACT_DIGITS:
            self._sheet.write_string(self._row, place, str(number))
        else:
            self._sheet.write_number(self._row, place, number)

    def close(self) -> None:
        """Finish the file."""
        self._book.close()
