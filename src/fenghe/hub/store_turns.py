"""Equal rows of one file told apart by their turn (第几次), counted in a temporary table of the database."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.hub.import_rows import Row
from fenghe.kernel.values import digest

TURNS: Final = 2_000
"""Rows told apart at once."""


Mark = Callable[[Row, int], Row]
"""(a row that is not the first of its kind, its turn) → the row as it is told then."""


class Turns:
    """Tells equal rows of one file apart by their turn (第几次): the second is another row, and the same one next time.

    What was seen is counted in a temporary table, so that memory stays bounded whatever the file. `counts`: which rows
    are two when they are equal; of the others the second is the first told again.
    """

    def __init__(
        self,
        connection: Connection[Any],
        *,
        counts: Callable[[Row], bool] = lambda _: True,
        mark: Mark = lambda row, _: row,
    ) -> None:
        self._connection = connection
        self._counts = counts
        self._mark = mark
        connection.execute("create temp table if not exists seen_row (key bytea primary key, seen int not null)")
        connection.execute("truncate seen_row")

    def apart(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The same rows; from its second turn on a row has a key of its own."""
        while batch := list(itertools.islice(rows, TURNS)):
            seen = self._seen(batch)
            for row in batch:
                turn = seen.get(row.key, 0)
                if row.key in seen:
                    seen[row.key] += 1
                if turn:
                    key = bytes.fromhex(digest(row.key, str(turn)))
                    yield self._mark(msgspec.structs.replace(row, key=key), turn)
                else:
                    yield row

    def _seen(self, batch: Sequence[Row]) -> dict[bytes, int]:
        """How often each row had been seen before this batch."""
        counts: dict[bytes, int] = {}
        for row in filter(self._counts, batch):
            counts[row.key] = counts.get(row.key, 0) + 1
        with self._connection.transaction():
            found = self._connection.execute(
                "insert into seen_row (key, seen) select * from unnest(%b::bytea[], %b::int[])"
                " on conflict (key) do update set seen = seen_row.seen + excluded.seen returning key, seen",
                (list(counts), list(counts.values())),
            ).fetchall()
        return {bytes(key): total - counts[bytes(key)] for key, total in found}
