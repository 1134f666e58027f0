"""Rows as COPY text (批量写入): formatted here, because a thousand rows a batch are written this way and every step counts.

PostgreSQL's COPY text format: tab between columns, `\\N` for null, backslash escapes; see its manual under COPY.
"""

from collections.abc import Iterable
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
