"""Open any file a person may send (文件收取) and read it record by record, in bounded memory."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from fenghe.kernel.intake.archive import Budget, check_workbook, gunzipped, is_workbook, members
from fenghe.kernel.intake.csv_rows import csv_records
from fenghe.kernel.intake.encoding import UTF16_MARKS, Encoding, decide_encoding, text_lines, to_utf8
from fenghe.kernel.intake.exact_json import BadJson, read_exact_json
from fenghe.kernel.intake.json_values import array_records, document_records, line_records, opens_list
from fenghe.kernel.intake.records import Broken, Limits, Record, Shape
from fenghe.kernel.intake.refusals import ArchiveTooDeep, EmptyFile, FileTooLarge, UnknownFormat
from fenghe.kernel.intake.workbook import workbook_records

HEAD_BYTES = 64 * 1024
_MAGIC = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\x7fELF": "a program",
    b"SQLite format 3": "a database",
    b"PAR1": "a Parquet file",
}
_DELIMITED = (".csv", ".tsv", ".txt")
_LINES = (".ndjson", ".jsonl")


def open_records(path: Path, *, limits: Limits | None = None, shape: Shape | None = None) -> Iterator[Record | Broken]:
    """Every record of the file, whole or broken, in the file's order; raises a FileRefused when none can be told.

    CSV, NDJSON, JSON, XLSX, XLS, and ZIP or GZ of them; what it is, and its encoding, is told by the content.
    """
    limits = limits or Limits()
    if path.stat().st_size > limits.file_bytes:
        raise FileTooLarge(name=path.name, limit=limits.file_bytes)
    reader = _Reader(shape=shape or Shape(), limits=limits, budget=Budget(path.name, limits))
    yield from reader.records(path, path.name, depth=0)


class _Reader:
    """What stays the same while archives are opened inside a file."""

    def __init__(self, *, shape: Shape, limits: Limits, budget: Budget) -> None:
        self._shape = shape
        self._limits = limits
        self._budget = budget

    def records(self, path: Path, name: str, *, depth: int) -> Iterator[Record | Broken]:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
        if not head:
            raise EmptyFile(name=name)
        if head.startswith(b"PK\x03\x04") and is_workbook(path):
            check_workbook(path, self._budget)
            yield from workbook_records(path, name=name, shape=self._shape, limits=self._limits)
        elif head.startswith(b"\xd0\xcf\x11\xe0"):
            yield from workbook_records(path, name=name, shape=self._shape, limits=self._limits)
        elif head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            yield from self._zip(path, name, depth=depth + 1)
        elif head.startswith(b"\x1f\x8b"):
            yield from self._gz(path, name, depth=depth + 1)
        else:
            expect_text(head, name)
            yield from self._text(path, name)

    def _zip(self, path: Path, name: str, *, depth: int) -> Iterator[Record | Broken]:
        self._check_depth(name, depth)
        for member, unpacked in members(path, name, self._budget):
            where = f"{name} › {member}"
            try:
                yield from self.records(unpacked, where, depth=depth)
            except EmptyFile:
                continue
            except UnknownFormat as error:
                expected = "a CSV, JSON, NDJSON, XLSX or XLS file"
                yield Broken(line=0, where=where, field="", expected=expected, got=str(error.details["found"]))

    def _gz(self, path: Path, name: str, *, depth: int) -> Iterator[Record | Broken]:
        self._check_depth(name, depth)
        with gunzipped(path, name, self._budget) as unpacked:
            yield from self.records(unpacked, name.removesuffix(".gz"), depth=depth)

    def _check_depth(self, name: str, depth: int) -> None:
        if depth > self._limits.archive_depth:
            raise ArchiveTooDeep(name=name)

    def _text(self, path: Path, name: str) -> Iterator[Record | Broken]:
        with path.open("rb") as stream:
            encoding = decide_encoding(stream)
            if encoding.name != "utf-16":
                yield from self._decoded(stream, encoding, name)
                return
            with tempfile.TemporaryFile(prefix="fenghe-intake-") as spill:
                yield from self._decoded(spill, to_utf8(stream, encoding, spill), name)

    def _decoded(self, stream: BinaryIO, encoding: Encoding, name: str) -> Iterator[Record | Broken]:
        match self._text_kind(stream, encoding, name):
            case "csv":
                lines = text_lines(stream, encoding, limit=self._limits.record_chars)
                yield from csv_records(lines, where=name, shape=self._shape, limits=self._limits)
            case "lines":
                lines = text_lines(stream, encoding, limit=self._limits.record_chars)
                yield from line_records(lines, where=name)
            case "list":
                yield from array_records(stream, encoding, where=name, limits=self._limits)
            case _:
                yield from document_records(stream, encoding, where=name, limits=self._limits)

    def _text_kind(self, stream: BinaryIO, encoding: Encoding, name: str) -> str:
        stream.seek(encoding.mark)
        head = stream.read(HEAD_BYTES).decode(encoding.name, "replace").lstrip("\ufeff \t\r\n")
        if name.lower().endswith(_LINES):
            return "lines"
        if name.lower().endswith(_DELIMITED) or not head.startswith(("{", "[")):
            if head[:200].lower().lstrip().startswith(("<html", "<!doctype html", "<table")):
                raise UnknownFormat(name=name, found="a web page (open it in a spreadsheet and save it as XLSX)")
            if head.startswith("<?xml"):
                raise UnknownFormat(name=name, found="an XML document")
            return "csv"
        first, _, after = head.partition("\n")
        if after.lstrip().startswith(("{", "[")) and _is_json(first):
            return "lines"
        if opens_list(head):
            return "list"
        return "lines" if first.rstrip().endswith("}") and after.lstrip().startswith("{") else "document"


def expect_text(head: bytes, name: str) -> None:
    """Raise UnknownFormat where the beginning of a file is no text's."""
    for magic, found in _MAGIC.items():
        if head.startswith(magic):
            raise UnknownFormat(name=name, found=found)
    noise = head.count(b"\0") * 10 > len(head) or (len(head) >= _ENOUGH and _controls(head) * 20 > len(head))
    if noise and not head.startswith(UTF16_MARKS):
        raise UnknownFormat(name=name, found="not a text file")


_ENOUGH: Final = 1024
"""Bytes from which on scattered control codes tell that it is no text."""
_CONTROLS: Final = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1a\x1b")


def _controls(head: bytes) -> int:
    """How many bytes no text has."""
    return len(head) - len(head.translate(None, _CONTROLS))


def _is_json(text: str) -> bool:
    try:
        read_exact_json(text.encode("utf-8", "replace"))
    except BadJson:
        return False
    return True
