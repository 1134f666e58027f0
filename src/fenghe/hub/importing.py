"""Import of files (文件导入): rows go to the inbox in durable batches; what can't be read is set aside and told.

Promises: read = stored + duplicate + set_aside; a row is stored once however often it is told; a file that is refused
leaves nothing behind; memory is bounded whatever the file; an import that was killed goes on when it is run again.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from psycopg import Connection

from fenghe.hub import import_source, money_rows, statement_import, store_importing
from fenghe.hub.import_rows import (
    FileReport,
    Refusal,
    Row,
    RowProblem,
    Steps,
    batches,
    broken_reading,
    count,
    identity,
    keep,
    printable,
)
from fenghe.hub.import_source import Plan
from fenghe.hub.import_survey import KnownElsewhere, NoFile, NotThisFile, survey
from fenghe.hub.import_words import refusal_words
from fenghe.kernel.connecting import Reading
from fenghe.kernel.intake import Broken, FileRefused, Record, open_records
from fenghe.kernel.people.person import Actor

__all__ = ["FileReport", "Refusal", "RowProblem", "Steps", "import_file", "last_message", "outcome", "total"]

_log = structlog.get_logger("fenghe.import")
QUIET: Final = Steps()


def import_file(
    connection: Connection[Any],
    path: Path,
    plan: Plan,
    *,
    actor: Actor,
    steps: Steps = QUIET,
    anyway: bool = False,
) -> FileReport:
    """Read one file into the inbox. Bad files and rows are in the report; only a lost database raises.

    `anyway`: also when the same bytes were imported under another source.
    """
    report = FileReport(file=str(path))
    try:
        told = _digest(path)
        earlier = store_importing.imported_elsewhere(connection, told, kind=plan.kind, source=plan.source)
        if earlier and not anyway:
            known = _known(path, plan, earlier)
            if plan.money:
                raise known
            report.notes.append(str(known))  # what is told twice of an order or a parcel is judged once

        def begun() -> None:
            by, name = actor.person, printable(path.name)
            store_importing.note_imported(connection, told, kind=plan.kind, source=plan.source, name=name, by=by)

        steps = msgspec.structs.replace(steps, begun=begun)
        if plan.kind == "statement":
            statement_import.import_statement(connection, path, plan, report=report, actor=actor, steps=steps)
        else:
            _import_rows(connection, path, plan, report=report, actor=actor, steps=steps)
    except (FileRefused, NotThisFile, OSError) as problem:
        report.refused = Refusal(*refusal_words(problem, path))
    return report


def _import_rows(
    connection: Connection[Any], path: Path, plan: Plan, *, report: FileReport, actor: Actor, steps: Steps
) -> None:
    rows = _money_rows(connection, path, plan) if plan.money else _rows(path, plan)
    begun = False
    for batch in batches(rows):
        import_source.ensure(connection, plan, actor)
        if not begun:
            steps.begun()
            begun = True
        kept = keep(connection, plan.source, batch, look=lambda told: _reading(told, plan))
        count(report, kept)
        steps.note(report.read, batch[-1].told.line)
        steps.taken(kept)
    import_source.ensure(connection, plan, actor)


def _digest(path: Path) -> bytes:
    """SHA-256 of the file's bytes."""
    if not path.is_file():
        raise NoFile(name=path)
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def _known(path: Path, plan: Plan, earlier: Sequence[store_importing.Earlier]) -> KnownElsewhere:
    sources = [one.source for one in earlier]
    return KnownElsewhere(
        name=path.name, day=earlier[0].day, sources="、".join(sources), first=sources[0], source=plan.source
    )


def _rows(path: Path, plan: Plan) -> Iterator[Row]:
    survey(path, plan)
    return (Row(identity(told), told) for told in open_records(path, shape=plan.shape))


def _money_rows(connection: Connection[Any], path: Path, plan: Plan) -> Iterator[Row]:
    plan = money_rows.under_its_title(path, plan)
    return money_rows.money_rows(connection, path, plan, ways=money_rows.survey_money(path, plan))


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


def _reading(told: Record | Broken, plan: Plan) -> Reading | None:
    """What a row says."""
    if isinstance(told, Broken):
        return broken_reading(told)
    try:
        return import_source.read_row(told.body, plan)
    except Exception:  # noqa: BLE001 - the connector's own fault is the worker's to handle: it halves and retries
        _log.exception("row could not be looked at, left to the worker", source=plan.source, line=told.line)
        return None


def last_message(connection: Connection[Any]) -> int:
    """To be asked before an import, and told to `outcome` after it."""
    return store_importing.last_message(connection)


def outcome(connection: Connection[Any], plan: Plan, *, after: int) -> Mapping[str, int]:
    """What the judging of an import came to so far."""
    found: dict[str, int] = msgspec.to_builtins(store_importing.outcome(connection, plan.source, after=after))
    return found
