"""Files as parts (文件部件): the members of an archive, each a grid of cells, lines of text, XML or JSON, headings not yet known.

For files that carry more than one table: preambles, totals, footers. Who knows what they mean tells rows from remarks.
"""

import csv
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Literal

import msgspec

from fenghe.kernel.intake.archive import Budget, check_workbook, gunzipped, is_workbook, members
from fenghe.kernel.intake.csv_rows import Feed, LineCut, RowTooLong, padded_cells
from fenghe.kernel.intake.encoding import BROKEN_CHAR, CHUNK, Line, decide_encoding, text_lines, to_utf8
from fenghe.kernel.intake.opening import HEAD_BYTES, expect_text
from fenghe.kernel.intake.records import Limits
from fenghe.kernel.intake.refusals import ArchiveTooDeep, EmptyFile, FileTooLarge, UnknownFormat
from fenghe.kernel.intake.workbook import sheet_rows

Form = Literal["table", "text", "xml", "json"]

SAMPLE_LINES: Final = 300
"""Lines by which a table's delimiter is told."""
_SWIFT: Final = (":20:", ":25:", ":28", "{1:F01", ":940:")
"""What stands at the beginning of lines near the top of a SWIFT message."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One file inside a file (or the file itself). `path` holds its bytes until the next part is asked for."""

    where: str
    path: Path
    form: Form
    digest: str


class GridRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a table: its cells as they stand there. `fault`: (expected, got) where it cannot be read."""

    line: int
    cells: tuple[str, ...]
    fault: tuple[str, str] | None = None

    @property
    def text(self) -> str:
        """The row as a remark."""
        return ",".join(self.cells).strip()


def open_parts(path: Path, *, limits: Limits | None = None) -> Iterator[Part]:
    """The parts of a file, told by their content. Raises a FileRefused."""
    limits = limits or Limits()
    if path.stat().st_size > limits.file_bytes:
        raise FileTooLarge(name=path.name, limit=limits.file_bytes)
    yield from _parts(path, path.name, limits, Budget(path.name, limits), depth=0)


def _parts(path: Path, name: str, limits: Limits, budget: Budget, *, depth: int) -> Iterator[Part]:
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise EmptyFile(name=name)
    if head.startswith(b"PK\x03\x04") and is_workbook(path):
        check_workbook(path, budget)
        yield _part(path, name, "table")
    elif head.startswith(b"\xd0\xcf\x11\xe0"):
        yield _part(path, name, "table")
    elif head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        _check_depth(name, limits, depth + 1)
        yield from _zip_parts(path, name, limits, budget, depth=depth + 1)
    elif head.startswith(b"\x1f\x8b"):
        _check_depth(name, limits, depth + 1)
        with gunzipped(path, name, budget) as unpacked:
            yield from _parts(unpacked, name.removesuffix(".gz"), limits, budget, depth=depth + 1)
    else:
        expect_text(head, name)
        yield _part(path, name, _form(head, name))


def _check_depth(name: str, limits: Limits, depth: int) -> None:
    if depth > limits.archive_depth:
        raise ArchiveTooDeep(name=name)


def _zip_parts(path: Path, name: str, limits: Limits, budget: Budget, *, depth: int) -> Iterator[Part]:
    for member, unpacked in members(path, name, budget):
        try:
            yield from _parts(unpacked, f"{name} › {member}", limits, budget, depth=depth)
        except EmptyFile:
            continue


def _part(path: Path, where: str, form: Form) -> Part:
    told = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            told.update(chunk)
    return Part(where=where, path=path, form=form, digest=told.hexdigest())


def _form(head: bytes, name: str) -> Form:
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if text[:200].lower().startswith(("<html", "<!doctype html", "<table")):
        raise UnknownFormat(name=name, found="a web page (open it in a spreadsheet and save it as XLSX)")
    if text.startswith(("<?xml", "<Document", "<ns")):
        return "xml"
    if text.startswith(("{", "[")) and not text.startswith("{1:"):
        return "json"
    lines = [line.strip() for line in text.splitlines()[:20]]
    tags = [line for line in lines if line.startswith(_SWIFT)]
    return "text" if len(tags) > 1 else "table"


def is_sheet(part: Part) -> bool:
    """Whether the table is a workbook's."""
    with part.path.open("rb") as stream:
        return stream.read(4).startswith((b"PK", b"\xd0\xcf"))


def grid_rows(part: Part, *, sheet: str | None = None, limits: Limits | None = None) -> Iterator[GridRow]:
    """The rows of a table, blank ones left out."""
    limits = limits or Limits()
    if is_sheet(part):
        yield from _sheet_grid(part, sheet, limits)
        return
    lines = _sampled(part, limits)
    sample = [next(lines, None) for _ in range(SAMPLE_LINES)]
    told = [line for line in sample if line is not None]
    yield from _csv_grid(_chain(told, lines), _delimiter(told), limits)


def _chain(first: list[Line], rest: Iterator[Line]) -> Iterator[Line]:
    yield from first
    yield from rest


def _sampled(part: Part, limits: Limits) -> Iterator[Line]:
    with part.path.open("rb") as stream:
        yield from _lines(stream, limits)


def part_lines(part: Part, *, limits: Limits | None = None) -> Iterator[Line]:
    """The lines of a text, in whatever encoding it is."""
    yield from _sampled(part, limits or Limits())


def _lines(stream: BinaryIO, limits: Limits) -> Iterator[Line]:
    encoding = decide_encoding(stream)
    if encoding.name != "utf-16":
        yield from text_lines(stream, encoding, limit=limits.record_chars)
        return
    with tempfile.TemporaryFile(prefix="fenghe-intake-") as spill:
        yield from text_lines(spill, to_utf8(stream, encoding, spill), limit=limits.record_chars)


def _delimiter(sample: list[Line]) -> str:
    """The mark between cells. A tab before a comma or a quote only pads a cell, as in wallets' bills."""
    counts = {",": 0, "\t": 0, ";": 0}
    for line in sample:
        text = line.text.rstrip("\r\n")
        counts[","] += text.count(",")
        counts[";"] += text.count(";")
        counts["\t"] += text.count("\t") - text.count("\t,") - text.count('\t"') - text.endswith("\t")
    return max(counts, key=lambda mark: counts[mark])


def _csv_grid(lines: Iterator[Line], delimiter: str, limits: Limits) -> Iterator[GridRow]:
    feed = Feed(lines, limits)
    rows = csv.reader(feed, delimiter=delimiter, strict=True)
    while (line := feed.peek()) is not None:
        if not line.text.strip():
            feed.drop()
            continue
        feed.start_row()
        cells, fault = _cells(rows, feed, delimiter)
        broken = next((one for one in feed.taken if one.broken_column is not None), None)
        if broken is not None and fault is None and any(BROKEN_CHAR in cell for cell in cells):
            fault = ("text in one encoding (UTF-8 or GB18030)", f"a broken byte at column {broken.broken_column}")
        yield GridRow(line=feed.taken[0].number, cells=tuple(cells), fault=fault)


def _cells(rows: Iterator[list[str]], feed: Feed, delimiter: str) -> tuple[list[str], tuple[str, str] | None]:
    try:
        return next(rows), None
    except (StopIteration, csv.Error, RowTooLong, LineCut) as problem:
        whole = len(feed.taken) == 1 and not isinstance(problem, LineCut)
        padded = padded_cells(feed.taken, delimiter) if whole else None
        feed.keep(1)
        first = feed.taken[0].text.rstrip("\r\n")
        if padded is not None:
            return padded, None
        if isinstance(problem, LineCut):
            return first[:200].split(delimiter), ("a row within the size that a row may have", "a longer one")
        if first.count('"') % 2:
            return first.split(delimiter), ("a closing quote", "a quote that is never closed")
        return next(csv.reader([first], delimiter=delimiter), []), None


def _sheet_grid(part: Part, sheet: str | None, limits: Limits) -> Iterator[GridRow]:
    for line, cells in sheet_rows(part.path, part.where, sheet=sheet, limits=limits):
        lost = next((cell for cell in cells if not isinstance(cell, str)), None)
        texts = tuple(cell if isinstance(cell, str) else str(cell[0]) for cell in cells)
        if not any(text.strip() for text in texts):
            continue
        fault = None
        if lost is not None:
            fault = ("a long number kept as text (the sheet has dropped its last digits)", str(lost[0]))
        yield GridRow(line=line, cells=texts, fault=fault)
