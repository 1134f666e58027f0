"""Records in JSON files: one value a line (NDJSON), a streamed array, a wrapped list, or a single document."""

import codecs
import itertools
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from fenghe.kernel.intake.encoding import BROKEN_CHAR, CHUNK, Encoding, Line
from fenghe.kernel.intake.exact_json import BadJson, read_exact_json, write_exact_json
from fenghe.kernel.intake.records import Broken, Limits, Record, shown
from fenghe.kernel.intake.refusals import DocumentTooLarge

LIST_NAMES = ("RECORDS", "records", "rows", "data", "list", "results")
"""Under these names exporting tools put the list of a document; any other list is part of the record itself."""

_OPENING = re.compile(r'\s*(?P<wrap>\{\s*"(?:' + "|".join(LIST_NAMES) + r')"\s*:\s*)?\[')
_OUTSIDE = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|["{}\[\],]', re.DOTALL)
_INSIDE = re.compile(r'["\\]')
_DEPTH = {"{": 1, "[": 1, "}": -1, "]": -1}
_NO_NUL = "text without NUL characters"


def json_record(text: str, *, line: int, where: str, damaged: bool) -> Record | Broken:
    """One JSON value's own text as a record, or what is wrong with it."""
    if damaged and BROKEN_CHAR in text:
        expected, got = (
            "text in one encoding (UTF-8 or GB18030)",
            f"a broken byte at column {text.index(BROKEN_CHAR) + 1}",
        )
        return Broken(line=line, where=where, field="", expected=expected, got=got, text=shown(text, 300))
    try:
        body = text.encode()
        value = read_exact_json(body)
    except BadJson as error:
        at = line + error.line - 1
        got = f"{error.found} at column {error.column}"
        return Broken(line=at, where=where, field="", expected="a JSON value", got=got, text=shown(text, 300))
    if "\\u0000" in text and (path := _nul_path(value)) is not None:
        return Broken(line=line, where=where, field=path, expected=_NO_NUL, got="\\u0000", text=shown(text, 300))
    return Record(line=line, where=where, fields=value, body=body)


def _nul_path(value: Any) -> str | None:
    """Where in the value a NUL hides, which no database takes as text."""
    match value:
        case str():
            return "" if "\0" in value else None
        case dict():
            inner = [(str(name), _nul_path(item) if "\0" not in name else "") for name, item in value.items()]
        case list():
            inner = [(str(place), _nul_path(item)) for place, item in enumerate(value)]
        case _:
            return None
    return next((f"{name}.{path}".strip(".") for name, path in inner if path is not None), None)


def line_records(lines: Iterator[Line], *, where: str) -> Iterator[Record | Broken]:
    """NDJSON: every line that is not blank is a value."""
    for line in lines:
        text = line.text.strip()
        if line.cut:
            expected = "a line within the size that a record may have"
            yield Broken(
                line=line.number, where=where, field="", expected=expected, got="a longer one", text=shown(text, 300)
            )
        elif text:
            yield json_record(text, line=line.number, where=where, damaged=line.broken_column is not None)


class _Element(msgspec.Struct, frozen=True):
    line: int
    text: str
    cut: bool


class _Splitter:
    """Cuts an array into its elements by brackets, strings and commas alone, whatever the chunks they come in."""

    def __init__(self, limit: int, line: int) -> None:
        self._limit = limit
        self._kept: list[str] = []
        self._length = 0
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._line = line
        self._begun = line
        self.closed = False
        self.rest = ""

    def feed(self, chunk: str) -> Iterator[_Element]:
        """The elements that end in this chunk."""
        start = at = 0
        while at < len(chunk) and not self.closed:
            at, ended = self._step(chunk, at)
            if ended:
                self._keep(chunk[start : at - 1])
                yield self.taken()
                start = at
        if self.closed:
            self.rest = chunk[start:].strip()
        else:
            self._keep(chunk[start:])

    def _step(self, chunk: str, at: int) -> tuple[int, bool]:
        """Where to look next, and whether an element ended just before that place."""
        if self._escaped:
            self._escaped = False
            return at + 1, False
        found = (_INSIDE if self._in_string else _OUTSIDE).search(chunk, at)
        if found is None:
            return len(chunk), False
        token = found.group()
        if self._in_string:
            self._in_string, self._escaped = token != '"', token == "\\"
            return found.end(), False
        self._in_string = token == '"'
        self._depth += _DEPTH.get(token, 0)
        self.closed = self._depth < 0
        return found.end(), self.closed or (token == "," and self._depth == 0)

    def _keep(self, part: str) -> None:
        blank = 0 if self._length else len(part) - len(part.lstrip())
        self._line += part[:blank].count("\n")
        if not self._length:
            self._begun = self._line
        self._line += part[blank:].count("\n")
        if self._length <= self._limit:
            self._kept.append(part[blank:])
        self._length += len(part) - blank

    def taken(self) -> _Element:
        """The element in hand, which is finished."""
        element = _Element(self._begun, "".join(self._kept).rstrip(), self._length > self._limit)
        self._kept, self._length = [], 0
        return element


def opens_list(head: str) -> bool:
    """Whether the text begins as an array, or as an object whose first member is a list under a technical name."""
    return _OPENING.match(head) is not None


def array_records(stream: BinaryIO, encoding: Encoding, *, where: str, limits: Limits) -> Iterator[Record | Broken]:
    """The elements of a JSON array, one at a time; a broken element does not stop the next."""
    chunks = text_chunks(stream, encoding)
    head = next(chunks, "")
    opening = _OPENING.match(head)
    before = opening.group() if opening else ""
    splitter = _Splitter(limits.record_chars, line=1 + before.count("\n"))
    number = 0
    for chunk in itertools.chain((head[len(before) :],), chunks):
        for element in splitter.feed(chunk):
            number += 1
            if element.text or number > 1 or not splitter.closed:
                yield _judged(element, where=where, damaged=not encoding.clean)
        if splitter.closed:
            break
    if not splitter.closed:
        yield _faulty(splitter.taken(), where=where, expected="the closing ] of the list", got="the end of the file")
    elif not (opening and opening.group("wrap")) and (rest := splitter.rest or next(chunks, "").strip()):
        yield _faulty(splitter.taken(), where=where, expected="nothing after the list", got=shown(rest))


def text_chunks(stream: BinaryIO, encoding: Encoding) -> Iterator[str]:
    """The file's text in pieces; what cannot be decoded is U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding.name)(errors="replace")
    stream.seek(encoding.mark)
    while raw := stream.read(CHUNK):
        yield decoder.decode(raw)
    if tail := decoder.decode(b"", final=True):
        yield tail


def _judged(element: _Element, *, where: str, damaged: bool) -> Record | Broken:
    if element.cut:
        return _faulty(
            element, where=where, expected="an element within the size that a record may have", got="a longer one"
        )
    if not element.text:
        return _faulty(element, where=where, expected="a JSON value", got="nothing between two commas")
    return json_record(element.text, line=element.line, where=where, damaged=damaged)


def _faulty(element: _Element, *, where: str, expected: str, got: str) -> Broken:
    return Broken(line=element.line, where=where, field="", expected=expected, got=got, text=shown(element.text, 300))


def document_records(stream: BinaryIO, encoding: Encoding, *, where: str, limits: Limits) -> Iterator[Record | Broken]:
    """One document: its wrapped list if it has one under a technical name, else the document itself."""
    text = ""
    for chunk in text_chunks(stream, encoding):
        text += chunk
        if len(text) > limits.document_bytes:
            raise DocumentTooLarge(name=where, limit=limits.document_bytes)
    outcome = json_record(text, line=1, where=where, damaged=not encoding.clean)
    wrapped = _wrapped_list(outcome.fields) if isinstance(outcome, Record) else None
    if wrapped is None:
        yield outcome
        return
    for value in wrapped:
        yield Record(line=1, where=where, fields=value, body=write_exact_json(value))


def _wrapped_list(value: Any) -> list[Any] | None:
    for name in LIST_NAMES:
        inner = value.get(name) if isinstance(value, dict) else None
        if isinstance(inner, list) and inner and all(isinstance(item, dict) for item in inner):
            return inner
    return None
