"""Reading lists from the database (列表读取): conditions with values, counts that stop, streams for exports."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow, dict_row
from psycopg_pool import AsyncConnectionPool

COUNT_TO: Final = 10_000
"""Counts stop here where an index alone answers them: a list says "10000+", and no request scans a million rows."""

COUNT_TO_FILTERED: Final = 5_000
"""Where each row must be looked up, so many are, and the counts say "at least"."""

STREAM_ROWS: Final = 1_000
"""Rows an export fetches at a time."""

Row = dict[str, Any]


class Where:
    """Conditions joined by `and`, with their values by name."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.values: dict[str, Any] = {}

    def add(self, condition: str, **values: Any) -> None:
        """One more condition; values are named in it as %(name)s."""
        self._parts.append(condition)
        self.values |= values

    def any_of(self, column: str, name: str, words: Sequence[Any]) -> None:
        """The column is one of these words; no words: no condition."""
        if len(words) == 1:
            self.add(f"{column} = %({name})s", **{name: words[0]})
        elif words:
            self.add(f"{column} = any(%({name})s)", **{name: list(words)})

    def own(self, column: str, shops: Sequence[str] | None) -> None:
        """Only what is of these shops; None: of any."""
        if shops is not None and not shops:
            self.add("false")
        else:
            self.any_of(column, "own_shops", list(shops or ()))

    def between(self, column: str, name: str, *, start: datetime | None, end: datetime | None) -> None:
        """From `start` on and before `end`."""
        if start is not None:
            self.add(f"{column} >= %({name}_from)s", **{f"{name}_from": start})
        if end is not None:
            self.add(f"{column} < %({name}_to)s", **{f"{name}_to": end})

    @property
    def empty(self) -> bool:
        """Whether everything is wanted."""
        return not self._parts

    def sql(self, *more: str) -> str:
        """The whole condition, with some more that carry no values."""
        return " and ".join([*self._parts, *more]) or "true"


def fetch(connection: Connection[Any], query: str, values: Mapping[str, Any] | None = None) -> list[Row]:
    """All rows of a bounded query, by column name."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), values).fetchall()


def find(connection: Connection[Any], query: str, values: Mapping[str, Any] | None = None) -> Row | None:
    """The first row, if any."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), values).fetchone()


async def stream(
    pool: AsyncConnectionPool[AsyncConnection[TupleRow]], query: str, values: Mapping[str, Any] | None = None
) -> AsyncIterator[Row]:
    """Rows of a query of any size through a server-side cursor, on a connection of its own until the last is read."""
    async with (
        pool.connection() as connection,
        connection.cursor(name="fenghe_export", row_factory=dict_row) as cursor,
    ):
        cursor.itersize = STREAM_ROWS
        await cursor.execute(query.encode(), values)
        async for row in cursor:
            yield row


def count_of(source: str, where: str, *, up_to: int) -> str:
    """A scalar sub-query that counts rows and stops just past `up_to`."""
    return f"(select count(*) from (select 1 from {source} where {where} limit {up_to + 1}) counted)"


def order_by(columns: Mapping[str, str], *, sort: str, descending: bool, tie: str) -> str:
    """`order by` a chosen column in a direction an index can walk; `tie` makes the order total."""
    way = "desc nulls last" if descending else "asc nulls first"
    return f"{columns[sort]} {way}, {tie} {'desc' if descending else 'asc'}"
