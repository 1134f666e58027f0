"""Audits under way (核查值守): taken up, done a slice at a time, taken over when their keeper is gone.

Promises: an audit that is interrupted anywhere goes on where it was; each finding is stored once; one that cannot be done
says why, and the next is done.
"""

import os
import socket
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import structlog
from psycopg import Connection

from fenghe.hub.callback_files import Audit as FileAuditing
from fenghe.hub.callback_files import FileSource, totals
from fenghe.hub.callback_stored import SLICE, Rereader, audit_slice, messages_slice
from fenghe.hub.callback_subjects import Audited
from fenghe.hub.declared import Declared
from fenghe.kernel.intake import Limits
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.values import to_ms
from fenghe.logistics import store_callback_audits as audits
from fenghe.logistics import store_callbacks as store
from fenghe.logistics.callbacks import DEFAULT_AUDIT, AuditPolicy, Located
from fenghe.logistics.store_callback_audits import Audit
from fenghe.logistics.store_callbacks import Window

HOURS: Final = 72
"""How far back an audit looks that nobody asked for."""
EVERY_SECONDS: Final = 60
SHARE: Final = 20
"""Such an audit may take one part in so many of a worker's time."""
LARGEST_FILE: Final = 20_000_000
UPLOADED: Final = Limits(archive_bytes=200 * 1024 * 1024, document_bytes=32 * 1024 * 1024)
FINDINGS: Final = 2_000
_log = structlog.get_logger("fenghe.callbacks")


def keeper_name() -> str:
    """Who does an audit: this process on this machine."""
    return f"{socket.gethostname()}:{os.getpid()}"


class AuditDuty:
    """Takes up audits that wait, and makes one of the last hours by itself now and then."""

    name = "callback_audit"
    every_seconds = 2.0

    def __init__(self) -> None:
        self._keeper = keeper_name()
        self._declared = Declared()

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """One slice of one audit; 0 when none waits."""
        with connection.transaction():
            audit = audits.claim(connection, keeper=self._keeper)
        if audit is None:
            with connection.transaction():
                return self._ask_by_itself(connection, now)
        try:
            with connection.transaction():
                self._declared.refresh(connection)
                step(connection, audits.hold(connection, audit.id, keeper=self._keeper), self._declared)
        except LookupError:
            return 1  # somebody took it over between the two transactions
        except Exception as problem:
            if connection.broken or connection.closed:
                raise
            _log.exception("audit failed", audit=audit.id)
            with connection.transaction():
                audits.finish(connection, audit.id, problem=repr(problem)[:500])
        return 1

    def _ask_by_itself(self, connection: Connection[Any], now: datetime) -> int:
        if not audits.alone(connection):
            return 0
        for about in ("tracking", "orders"):
            if audits.due_by_itself(connection, about, at_least_seconds=EVERY_SECONDS, share=SHARE):
                since = now - timedelta(hours=HOURS)
                audits.tidy(connection)
                audits.ask(connection, about=about, since=since, until=now, asked_by=audits.BY_ITSELF)
                return 1
        return 0


def step(
    connection: Connection[Any], audit: Audit, declared: Declared, *, policy: AuditPolicy = DEFAULT_AUDIT
) -> list[Located]:
    """The next slice of an audit, in the caller's transaction; returns what it found."""
    if audit.origin == "file":
        _whole_file(connection, audit, declared, policy)
        return []
    window = _window(audit)
    match audit.phase:
        case "begin":
            _begin(connection, audit, window, policy)
            return []
        case "subjects":
            return _next_subjects(connection, audit, window, declared, policy)
        case _:
            return _next_messages(connection, audit, window, declared)


def _window(audit: Audit) -> Window:
    if audit.since is None or audit.until is None:
        raise ValueError(f"audit {audit.id} has no window")
    return Window(about=audit.about, since=audit.since, until=audit.until, source=audit.source)


def _begin(connection: Connection[Any], audit: Audit, window: Window, policy: AuditPolicy) -> None:
    told = store.count_messages(connection, window)
    noted = store.note_targets(connection, audit.id, window, stop=timedelta(hours=policy.stop_hours))
    audits.counted(
        connection, audit.id, audited=told.audited, unreadable=told.unreadable, pending=told.pending, reasons=told.reasons,
        subjects=noted,
    )  # fmt: skip
    audits.go_on(connection, audit.id, phase="subjects", cursor=0)


def _next_subjects(
    connection: Connection[Any], audit: Audit, window: Window, declared: Declared, policy: AuditPolicy
) -> list[Located]:
    ids = store.next_targets(connection, audit.id, after=audit.cursor, limit=SLICE)
    if not ids:
        audits.go_on(connection, audit.id, phase="messages", cursor=0)
        return []
    audited = Audited(policy_of=declared.policy, policy=policy, now_ms=to_ms(window.until))
    tells = store.times_told(connection) if audit.about == "orders" else {}
    found = audit_slice(connection, window, ids, audited=audited, tells=tells)
    audits.keep(connection, audit.id, found)
    audits.go_on(connection, audit.id, phase="subjects", cursor=ids[-1])
    return found


def _next_messages(connection: Connection[Any], audit: Audit, window: Window, declared: Declared) -> list[Located]:
    found, after = messages_slice(connection, window, after=audit.cursor, rereader=Rereader(declared))
    audits.keep(connection, audit.id, found)
    if after is None:
        audits.finish(connection, audit.id)
        beat(connection, ("callbacks",))
    else:
        audits.go_on(connection, audit.id, phase="messages", cursor=after)
    return found


def _whole_file(connection: Connection[Any], audit: Audit, declared: Declared, policy: AuditPolicy) -> None:
    """A file is read in one go: its size is bounded."""
    body = audits.upload_of(connection, audit.id)
    if body is None:
        audits.finish(connection, audit.id, problem="文件已不在,请重新上传")
        return
    audited = Audited(policy_of=declared.policy, policy=policy, now_ms=to_ms(audit.asked_at))
    with FileAuditing(audit.about, FileSource(), audited, declared=declared) as auditing:
        with tempfile.NamedTemporaryFile(prefix="fenghe-audit-", suffix=Path(audit.file_name).suffix[:12]) as file:
            file.write(body)
            file.flush()
            report = auditing.take(Path(file.name), name=audit.file_name, limits=UPLOADED)
        if report.refused:
            audits.finish(connection, audit.id, problem=report.refused[1])
            beat(connection, ("callbacks",))
            return
        found = chain(auditing.apart(), auditing.judged(connection))
        while rows := list(islice(found, FINDINGS)):
            audits.keep(connection, audit.id, rows)
        whole = totals(auditing.reports)
        audits.counted(
            connection, audit.id, audited=whole.audited, unreadable=whole.unreadable, pending=0, reasons=whole.reasons,
            subjects=auditing.subjects,
        )  # fmt: skip
    audits.finish(connection, audit.id)
    beat(connection, ("callbacks",))


def carry_out(
    connection: Connection[Any],
    window: Window,
    *,
    asked_by: str,
    policy: AuditPolicy,
    note: Callable[[Audit], None] = lambda _audit: None,
    take: Callable[[list[Located]], None] = lambda _found: None,
) -> Audit:
    """An audit of stored mail from beginning to end, by whoever asks for it; `take` is given all that is found."""
    keeper, declared = keeper_name(), Declared()
    declared.refresh(connection)
    audit_id = audits.ask(
        connection, about=window.about, since=window.since, until=window.until, source=window.source, asked_by=asked_by,
        keeper=keeper,
    )  # fmt: skip
    while True:
        with connection.transaction():
            audit = audits.find_audit(connection, audit_id, own=None)
            if audit is not None and audit.status == "done":
                return audit
            found = step(connection, audits.hold(connection, audit_id, keeper=keeper), declared, policy=policy)
        take(found)
        if audit is not None:
            note(audit)
