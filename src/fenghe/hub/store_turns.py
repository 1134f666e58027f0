"""Equal rows of one file told apart by their turn (第几次), counted in a temporary table of the database."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.hub.import_rows import Row
from fenghe.kernel.values import digest

TURNS: Final = 2_000
"""Rows told apart at once."""


class Turns:
    """Tells equal rows of one file apart by their turn (第几次): the second is another row, and the same one next time.

    What was seen is counted in a temporary table, so that memory stays bounded whatever the file.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        connection.execute("create temp table if not exists seen_row (key bytea primary key, seen int not null)")
        connection.execute("truncate seen_row")

    def apart(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The same rows; from its second turn on a row has a key of its own."""
        while batch := list(itertools.islice(rows, TURNS)):
            seen = self._seen(batch)
            for row in batch:
                turn = seen[row.key]
                seen[row.key] += 1
                key = row.key if turn == 0 else bytes.fromhex(digest(row.key, str(turn)))
                yield msgspec.structs.replace(row, key=key)

    def _seen(self, batch: Sequence[Row]) -> dict[bytes, int]:
        """How often each row had been seen before this batch."""
        counts: dict[bytes, int] = {}
        for row in batch:
            counts[row.key] = counts.get(row.key, 0) + 1
        with self._connection.transaction():
            found = self._connection.execute(
                "insert into seen_row (key, seen) select * from unnest(%b::bytea[], %b::int[])"
                " on conflict (key) do update set seen = seen_row.seen + excluded.seen returning key, seen",
                (list(counts), list(counts.values())),
            ).fetchall()
        return {bytes(key): total - counts[bytes(key)] for key, total in found}
