"""Uploaded statements imported by the workers (上传导入): one at a time, taken up again when a worker dies in the middle."""

import time
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.hub import importing, store_uploads, uploads
from fenghe.hub.import_source import ImportRefused, Wish, plan_import
from fenghe.hub.store_uploads import Taken
from fenghe.kernel.people.person import Actor
from fenghe.kernel.pulse import store as pulse

SIGN_SECONDS: Final = 1.0
TOPICS: Final = ("statements", "messages", "workbench")


class StatementDuty:
    """Imports what was uploaded on the screen."""

    name = "statement_import"
    every_seconds = 1.0

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """Import one upload; without any, give up the bytes of old ones."""
        taken = store_uploads.take(connection, now)
        if taken is None:
            store_uploads.forget_old(connection)
            return 0
        _import(connection, taken)
        pulse.beat(connection, TOPICS)
        return 1


def _import(connection: Connection[Any], taken: Taken) -> None:
    signed = time.monotonic()

    def note(rows: int, _line: int) -> None:
        nonlocal signed
        if time.monotonic() - signed > SIGN_SECONDS:
            store_uploads.sign(connection, taken.id, rows)
            pulse.beat(connection, ("statements",))
            signed = time.monotonic()

    try:
        wish = Wish(kind="statement", source=taken.source, mapping=taken.layout or None)
        plan = plan_import(connection, wish)
    except ImportRefused as problem:
        report: dict[str, Any] = {"refused": {"code": problem.code, "message": str(problem)}}
        store_uploads.end(connection, taken.id, state="refused", report=report, rows=0)
        return
    with uploads.as_file(connection, taken.id, taken.name) as path:
        told = importing.import_file(
            connection, path, plan, actor=Actor(taken.person, taken.ip), steps=importing.Steps(note=note), anyway=True
        )
    report = msgspec.to_builtins(told) | {"file": taken.name}
    state = "refused" if told.refused else "done"
    store_uploads.end(connection, taken.id, state=state, report=report, rows=told.read)
