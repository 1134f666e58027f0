"""What a file holds once read (文件记录): whole rows, broken rows, and the bounds of reading. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from fenghe.kernel.values import digest

MEBI = 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much a file may ask of us. The defaults fit a year of a large seller's exports in bounded memory."""

    file_bytes: int = 4096 * MEBI
    record_chars: int = MEBI
    """One row or one JSON element; what is longer is a broken record, not a broken file."""
    record_lines: int = 1000
    """How far a quoted field may run before its opening quote is called unclosed."""
    columns: int = 2000
    preamble_lines: int = 200
    document_bytes: int = 64 * MEBI
    """One JSON document that is not an array or a line of its own; it is held in memory whole."""
    archive_entries: int = 100
    archive_bytes: int = 500 * MEBI
    archive_ratio: int = 200
    archive_free_bytes: int = MEBI
    """Below this size the ratio is not asked: a few blank lines compress a thousandfold and harm nobody."""
    archive_depth: int = 2
    """An archive, and one inside it."""
    sheet_rows: int = 1_048_576
    sheet_process_bytes: int = 2048 * MEBI
    sheet_process_seconds: int = 600


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who knows the file says about it; nothing here is needed for an ordinary table."""

    header_has: tuple[str, ...] = ()
    """Lines before the first one that carries all these names are a preamble and are passed over."""
    skip_prefixes: tuple[str, ...] = ()
    """Lines that begin so are remarks or totals, not rows."""
    sheet: str | None = None
    """Which sheet of a workbook; None is the first."""
    short_rows: bool = False
    """Rows may leave out trailing empty fields."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One whole row or JSON value. `line` is where it begins in `where` (1 is the first line of the file)."""

    line: int
    where: str
    fields: Any
    """`dict[str, str]` for tables; for JSON the value with exact numbers (int, Decimal)."""
    body: bytes
    """The record as UTF-8 JSON: the file's own text where the file is JSON, else the fields by column name."""


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """One row that could not be read, in the words of whoever made the file."""

    line: int
    where: str
    field: str
    expected: str
    got: str
    text: str = ""
    """The beginning of the row as it stands in the file, so that a person can find and mend it."""


def shown(text: str, length: int = 120) -> str:
    """Text short enough for a message, with what cannot be printed made visible."""
    plain = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text[: length + 1])
    return plain if len(plain) <= length else plain[:length] + "…"


def row_key(fields: Any) -> str:
    """The identity of a row: the same for the same named values, whatever their order and the blanks around them.

    Empty fields do not count, so that an export that gains an empty column still holds the same rows.
    """
    return digest(msgspec.json.encode(_bare(fields), order="deterministic"))


def _bare(value: Any) -> Any:
    if type(value) is dict and {str}.issuperset(map(type, value.values())):
        # A row of a table, by far the most there are: the same as below, without asking each cell what it is.
        return {str(name).strip(): text for name, inner in value.items() if (text := inner.strip())}
    if isinstance(value, Mapping):
        named = ((str(name).strip(), _bare(inner)) for name, inner in value.items())
        return {name: inner for name, inner in named if inner not in ("", None)}
    if isinstance(value, list | tuple):
        return [_bare(inner) for inner in value]
    return value.strip() if isinstance(value, str) else value
