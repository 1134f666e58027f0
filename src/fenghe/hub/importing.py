"""Import of files (文件导入): rows go to the inbox in durable batches; what can't be read is set aside and told.

Promises: read = stored + duplicate + set_aside; a row is stored once however often it is told; a file that is refused
leaves nothing behind; memory is bounded whatever the file; an import that was killed goes on when it is run again.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
import structlog
from psycopg import Connection

from fenghe.hub import import_source, store_importing
from fenghe.hub.import_source import Plan
from fenghe.hub.import_survey import NotThisFile, survey
from fenghe.hub.import_words import refusal_words
from fenghe.kernel.connecting import Unreadable
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.intake import Broken, FileRefused, Record, open_records, row_key
from fenghe.kernel.people.person import Actor
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
_log = structlog.get_logger("fenghe.import")


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
    """What became of one file's rows. `incomplete`: stored rows of which a part could not be read."""

    file: str
    read: int = 0
    stored: int = 0
    duplicate: int = 0
    set_aside: int = 0
    incomplete: int = 0
    reasons: dict[str, int] = msgspec.field(default_factory=dict)
    problems: list[RowProblem] = msgspec.field(default_factory=list)
    refused: Refusal | None = None


Note = Callable[[int, int], None]
"""(rows read so far, line in the file), after every batch."""


class _Row(msgspec.Struct, frozen=True):
    key: bytes
    told: Record | Broken


def import_file(
    connection: Connection[Any], path: Path, plan: Plan, *, actor: Actor, note: Note = lambda _rows, _line: None
) -> FileReport:
    """Read one file into the inbox. Bad files and rows are in the report; only a lost database raises."""
    report = FileReport(file=str(path))
    try:
        survey(path, plan)
        import_source.ensure(connection, plan, actor)
        for batch in _batches(open_records(path, shape=plan.shape)):
            _keep(connection, plan, batch, report)
            note(report.read, batch[-1].told.line)
    except (FileRefused, NotThisFile, OSError) as problem:
        report.refused = Refusal(*refusal_words(problem, path))
    return report


def total(reports: Sequence[FileReport]) -> FileReport:
    """All files' numbers together."""
    reasons: Counter[str] = Counter()
    for one in reports:
        reasons.update(one.reasons)
    return FileReport(
        file="",
        read=sum(one.read for one in reports),
        stored=sum(one.stored for one in reports),
        duplicate=sum(one.duplicate for one in reports),
        set_aside=sum(one.set_aside for one in reports),
        incomplete=sum(one.incomplete for one in reports),
        reasons=dict(reasons.most_common()),
    )


def _batches(records: Iterator[Record | Broken]) -> Iterator[list[_Row]]:
    batch: list[_Row] = []
    size = 0
    for told in records:
        batch.append(_Row(_identity(told), told))
        size += len(told.body) if isinstance(told, Record) else len(told.text)
        if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _identity(told: Record | Broken) -> bytes:
    """A row is its content; a broken one also its line, as only the beginning of its text is known."""
    if isinstance(told, Record):
        return bytes.fromhex(row_key(told.fields))
    return bytes.fromhex(digest(BROKEN, str(told.line), told.field, told.got, told.text))


def _keep(connection: Connection[Any], plan: Plan, batch: Sequence[_Row], report: FileReport) -> None:
    """Store one batch in one transaction; a deadlock with the workers' writes is tried again."""
    for tries_left in reversed(range(TRIES)):
        try:
            with connection.transaction():
                store_importing.lock_source(connection, plan.source)
                known = store_importing.known_keys(connection, plan.source, [row.key for row in batch])
                arrivals, notes = _arrivals(batch, known, plan)
                pending = [one for one in arrivals if one.status == inbox.PENDING]
                aside = [one for one in arrivals if one.status == inbox.SET_ASIDE]
                stored = inbox.store_many(connection, source=plan.source, way="file", arrivals=pending)
                set_aside = inbox.store_many(connection, source=plan.source, way="file", arrivals=aside)
            break
        except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
            if not tries_left:
                raise
    report.read += len(batch)
    report.stored += stored.stored
    report.set_aside += set_aside.stored
    report.duplicate += stored.duplicate + set_aside.duplicate
    _tell(report, notes)


def _tell(report: FileReport, notes: Sequence[tuple[RowProblem, bool]]) -> None:
    for problem, whole in notes:
        if whole:
            report.reasons[problem.code] = report.reasons.get(problem.code, 0) + 1
            report.problems += [problem] if len(report.problems) < MOST_PROBLEMS else []
        else:
            report.incomplete += 1


def _arrivals(
    batch: Sequence[_Row], known: set[bytes], plan: Plan
) -> tuple[list[inbox.Arrival], list[tuple[RowProblem, bool]]]:
    """Messages to be stored, and the first fault of each new row that has one (True: nothing of it could be read)."""
    arrivals: list[inbox.Arrival] = []
    notes: list[tuple[RowProblem, bool]] = []
    statuses: dict[bytes, int] = dict.fromkeys(known, inbox.PENDING)
    for row in batch:
        origin = f"{_printable(row.told.where)}:{row.told.line}"
        body = row.told.body if isinstance(row.told, Record) else msgspec.json.encode({"broken": row.told.text})
        status, finding = statuses.get(row.key, inbox.PENDING), None
        if row.key not in statuses:
            faults, whole = _faults(row.told, plan)
            if faults:
                notes.append((_problem(row.told, faults[0]), whole))
                finding = msgspec.json.encode(faults[:MOST_NOTES]).decode()
            status = statuses[row.key] = inbox.SET_ASIDE if faults and whole else inbox.PENDING
        arrivals.append(
            inbox.Arrival(
                dedupe_key=row.key, body=body, headers=HEADERS, origin=origin, status=status,
                finding=finding if status == inbox.SET_ASIDE else None,
            )
        )  # fmt: skip
    return arrivals, notes


def _faults(told: Record | Broken, plan: Plan) -> tuple[tuple[Unreadable, ...], bool]:
    """What cannot be read of a row, and whether that is all of it."""
    if isinstance(told, Broken):
        return (Unreadable(item=0, field=told.field, expected=told.expected, got=told.got, code=BROKEN),), True
    try:
        reading = import_source.read_row(told.body, plan)
    except Exception:  # noqa: BLE001 - the connector's own fault is the worker's to handle: it halves and retries
        _log.exception("row could not be looked at, left to the worker", source=plan.source, line=told.line)
        return (), False
    return reading.unreadable, not reading.items


def _problem(told: Record | Broken, fault: Unreadable) -> RowProblem:
    return RowProblem(
        file=_printable(told.where),
        line=told.line,
        field=fault.field,
        expected=fault.expected,
        got=fault.got,
        code=fault.code,
    )


def _printable(name: str) -> str:
    """A file's name as the database takes it: names need not be text."""
    return name.encode("utf-8", "replace").decode()


def last_message(connection: Connection[Any]) -> int:
    """To be asked before an import, and told to `outcome` after it."""
    return store_importing.last_message(connection)


def outcome(connection: Connection[Any], plan: Plan, *, after: int) -> Mapping[str, int]:
    """What the judging of an import came to so far."""
    found: dict[str, int] = msgspec.to_builtins(store_importing.outcome(connection, plan.source, after=after))
    return found
