"""Rows by COPY (批量写入): as values in PostgreSQL's binary format where every microsecond counts, else as text.

The text format: tab between columns, `\\N` for null, backslash escapes; see PostgreSQL's manual under COPY.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from psycopg import Connection

from fenghe.kernel.values import from_ms

NULL = "\\N"
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\ufffd", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
)


def text(value: str | None) -> str:
    """A text column. PostgreSQL cannot store NUL; it becomes U+FFFD."""
    if value is None:
        return NULL
    return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPES)


def number(value: int | None) -> str:
    """An integer column."""
    return NULL if value is None else str(value)


def binary(value: bytes | None) -> str:
    """A bytea column."""
    return NULL if value is None else "\\\\x" + value.hex()


def moment(value: datetime | None) -> str:
    """A timestamptz column."""
    return NULL if value is None else value.isoformat()


@lru_cache(maxsize=8192)
def moment_ms(milliseconds: int) -> str:
    """A timestamptz column from UTC milliseconds."""
    return from_ms(milliseconds).isoformat()


def flag(value: bool) -> str:
    """A boolean column."""
    return "t" if value else "f"


def copy_rows(connection: Connection[Any], statement: str, rows: Iterable[tuple[str, ...]]) -> None:
    """Send rows of formatted columns with one COPY ... FROM STDIN."""
    body = "\n".join(map("\t".join, rows))
    if body:
        with connection.cursor().copy(statement.encode()) as copy:
            copy.write(body.encode() + b"\n")


MOMENT = "int8"
"""The type of a timestamptz column whose values are told by `since_2000`: so its binary form is, and nothing is parsed."""
_YEAR_2000_MS = 946_684_800_000


def since_2000(milliseconds: int | None) -> int | None:
    """UTC milliseconds since 1970 as PostgreSQL counts: microseconds since 2000."""
    return None if milliseconds is None else (milliseconds - _YEAR_2000_MS) * 1000


def storable(value: str) -> str:
    """A text column's value. PostgreSQL cannot store NUL; it becomes U+FFFD."""
    return value.replace("\0", "\ufffd")


def copy_values(
    connection: Connection[Any], table: str, rows: Sequence[Sequence[Any]], *, columns: Mapping[str, str]
) -> None:
    """Send rows of values with one binary COPY. `columns`: names and types, in the order of the values."""
    if not rows:
        return
    statement = f"copy {table} ({', '.join(columns)}) from stdin (format binary)"
    with connection.cursor().copy(statement.encode()) as copy:
        copy.set_types(list(columns.values()))
        for row in rows:
            copy.write_row(row)
