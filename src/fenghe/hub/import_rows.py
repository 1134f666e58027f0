"""Rows on their way into the inbox (导入行): batches of bounded size, each stored in one transaction and counted to the row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import psycopg
from psycopg import Connection

from fenghe.hub import store_importing
from fenghe.kernel.connecting import Reading, Unreadable
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.intake import Broken, Record, row_key
from fenghe.kernel.values import digest

BATCH_ROWS: Final = 2_000
BATCH_BYTES: Final = 8 * 1024 * 1024
"""A batch ends at either bound: rows of a megabyte each must not add up."""
MOST_PROBLEMS: Final = 20
"""Rows told one by one in the report; all of them are in the inbox."""
MOST_NOTES: Final = 20
"""Faults kept of one row."""
TRIES: Final = 5
HEADERS: Final = '{"content-type":"application/json"}'
BROKEN: Final = "broken_row"


class RowProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was set aside, in the words of whoever made the file."""

    file: str
    line: int
    field: str
    expected: str
    got: str
    code: str


class Refusal(msgspec.Struct, frozen=True):
    """Why nothing of a file was imported."""

    code: str
    message: str


class FileReport(msgspec.Struct, kw_only=True):
    """What became of one file's rows. `incomplete`: stored rows of which a part could not be read.

    `checks` are a statement's own totals and balances that its rows do not come to, `notes` what could not be checked or
    should be known.
    """

    file: str
    read: int = 0
    stored: int = 0
    duplicate: int = 0
    set_aside: int = 0
    incomplete: int = 0
    reasons: dict[str, int] = msgspec.field(default_factory=dict)
    problems: list[RowProblem] = msgspec.field(default_factory=list)
    refused: Refusal | None = None
    checks: list[RowProblem] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)


class Row(msgspec.Struct, frozen=True):
    """One row and its identity within the source; `reading` None: not yet looked at."""

    key: bytes
    told: Record | Broken
    headers: str = HEADERS
    reading: Reading | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one batch. `readings`: what the rows that wait to be judged say, by message."""

    read: int
    stored: int
    duplicate: int
    set_aside: int
    notes: Sequence[tuple[RowProblem, bool]]
    readings: Mapping[int, Reading] = {}


Look = Callable[[Record | Broken], Reading | None]
"""What a row says; None leaves it to the worker."""
Same = Callable[[Connection[Any], Kept], None]
"""Work in the batch's own transaction."""
Note = Callable[[int, int], None]
"""(rows read so far, line in the file), after every batch."""


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """What is done after every batch: whoever watches is told, and what was stored may be judged at once."""

    begun: Callable[[], None] = lambda: None
    """The file can be taken, and its source is there; nothing of it is stored yet."""
    note: Note = lambda _rows, _line: None
    taken: Callable[[Kept], None] = lambda _kept: None


def batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Rows in the file's order, a bounded number and size at once."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row.told.body) if isinstance(row.told, Record) else len(row.told.text)
        if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def identity(told: Record | Broken) -> bytes:
    """A row is its content; a broken one also its line, as only the beginning of its text is known."""
    if isinstance(told, Record):
        return bytes.fromhex(row_key(told.fields))
    return bytes.fromhex(digest(BROKEN, str(told.line), told.field, told.got, told.text))


def keep(
    connection: Connection[Any], source: str, batch: Sequence[Row], *, look: Look, also: Same | None = None
) -> Kept:
    """Store one batch in one transaction; a deadlock with the workers' writes is tried again."""
    for tries_left in reversed(range(TRIES)):
        try:
            with connection.transaction():
                kept = _keep(connection, source, batch, look)
                if also is not None:
                    also(connection, kept)
        except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
            if not tries_left:
                raise
        else:
            return kept
    raise AssertionError("the last try either returns or raises")


def _keep(connection: Connection[Any], source: str, batch: Sequence[Row], look: Look) -> Kept:
    store_importing.lock_source(connection, source)
    known = store_importing.known_keys(connection, source, [row.key for row in batch])
    arrivals, notes, readings = _arrivals(batch, known, look)
    pending = [one for one in arrivals if one.status == inbox.PENDING]
    aside = [one for one in arrivals if one.status == inbox.SET_ASIDE]
    stored = inbox.store_many(connection, source=source, way="file", arrivals=pending)
    set_aside = inbox.store_many(connection, source=source, way="file", arrivals=aside)
    return Kept(
        read=len(batch),
        stored=stored.stored,
        duplicate=stored.duplicate + set_aside.duplicate,
        set_aside=set_aside.stored,
        notes=notes,
        readings={number: readings[key] for key, number in stored.ids.items() if key in readings},
    )


def count(report: FileReport, kept: Kept) -> None:
    """Add a batch to the file's report."""
    report.read += kept.read
    report.stored += kept.stored
    report.set_aside += kept.set_aside
    report.duplicate += kept.duplicate
    for problem, whole in kept.notes:
        if whole:
            report.reasons[problem.code] = report.reasons.get(problem.code, 0) + 1
            report.problems += [problem] if len(report.problems) < MOST_PROBLEMS else []
        else:
            report.incomplete += 1


def _arrivals(
    batch: Sequence[Row], known: set[bytes], look: Look
) -> tuple[list[inbox.Arrival], list[tuple[RowProblem, bool]], dict[bytes, Reading]]:
    """Messages to be stored, the first fault of each new row that has one (True: nothing of it could be read), and what
    the new rows say.
    """
    arrivals: list[inbox.Arrival] = []
    notes: list[tuple[RowProblem, bool]] = []
    readings: dict[bytes, Reading] = {}
    statuses: dict[bytes, int] = dict.fromkeys(known, inbox.PENDING)
    for row in batch:
        told = row.told
        body = told.body if isinstance(told, Record) else msgspec.json.encode({"broken": told.text})
        status, finding = statuses.get(row.key, inbox.PENDING), None
        if row.key not in statuses:
            reading = row.reading if row.reading is not None else look(told)
            if reading is not None:
                readings[row.key] = reading
            if reading is not None and reading.unreadable:
                notes.append((problem_of(told, reading.unreadable[0]), not reading.items))
                finding = msgspec.json.encode(reading.unreadable[:MOST_NOTES]).decode()
            aside = reading is not None and reading.unreadable and not reading.items
            status = statuses[row.key] = inbox.SET_ASIDE if aside else inbox.PENDING
        arrivals.append(
            inbox.Arrival(
                dedupe_key=row.key, body=body, headers=row.headers, origin=f"{printable(told.where)}:{told.line}",
                status=status, finding=finding if status == inbox.SET_ASIDE else None,
            )
        )  # fmt: skip
    return arrivals, notes, readings


def broken_reading(told: Broken) -> Reading:
    """What a row that is no row comes to."""
    fault = Unreadable(item=0, field=told.field, expected=told.expected, got=told.got, code=BROKEN)
    return Reading(unreadable=(fault,))


def problem_of(told: Record | Broken, fault: Unreadable) -> RowProblem:
    """A fault with its place in the file."""
    return RowProblem(
        file=printable(told.where),
        line=told.line,
        field=fault.field,
        expected=fault.expected,
        got=fault.got,
        code=fault.code,
    )


def printable(name: str) -> str:
    """A file's name as the database takes it: names need not be text."""
    return name.encode("utf-8", "replace").decode()
