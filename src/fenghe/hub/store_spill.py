"""Rows put aside on disk and taken up again by what they are about (外排): bounded memory whatever the file."""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

MOST_OF_ONE: Final = 2_000
"""Rows of one subject that are taken up; a real parcel has some dozens."""


class Spill:
    """A temporary table of (name, body) in the order they were put; gone when closed."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fenghe-audit-")
        self._database = sqlite3.connect(Path(self._folder.name) / "spill", isolation_level=None)
        self._database.execute("pragma journal_mode = off")
        self._database.execute("pragma synchronous = off")
        self._database.execute("create table told (name text not null, body blob not null)")
        self._database.execute("begin")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._folder.cleanup()

    def put(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Keep rows."""
        self._database.executemany("insert into told values (?, ?)", rows)

    def groups(self) -> Iterator[tuple[str, list[bytes]]]:
        """Each name once, with its rows in the order they were put (the first MOST_OF_ONE)."""
        self._database.execute("create index told_name on told (name)")
        name: str | None = None
        bodies: list[bytes] = []
        for told, body in self._database.execute("select name, body from told order by name, rowid"):
            if told != name:
                if name is not None:
                    yield name, bodies
                name, bodies = told, []
            if len(bodies) < MOST_OF_ONE:
                bodies.append(body)
        if name is not None:
            yield name, bodies
