"""Table calendar_job (日程): when each appointment falls due next, and how it went. Signs of life of duties."""

from datetime import datetime
from typing import Any

import orjson
from psycopg import Connection

CALENDAR_LOCK = 7314


def note_turn(connection: Connection[Any], duty: str, *, moved: int, problem: str | None) -> None:
    """How a duty's last turn went, for the people who watch it."""
    connection.execute(
        "insert into pulse (name, detail) values (%s, %s::jsonb) on conflict (name) do update set at = now(),"
        " detail = excluded.detail",
        (f"duty:{duty}", orjson.dumps({"moved": moved, "problem": problem}).decode()),
    )


def enter(connection: Connection[Any], name: str, due_at: datetime) -> None:
    """Put an appointment into the calendar at its first due time; one that is there keeps its own."""
    connection.execute(
        "insert into calendar_job (name, due_at) values (%s, %s) on conflict (name) do nothing", (name, due_at)
    )


def take(connection: Connection[Any], name: str, now: datetime) -> datetime | None:
    """The due time of an appointment that is due and nobody else keeps; ours until `leave` or the connection ends."""
    if not _locked(connection, "pg_try_advisory_lock", name):
        return None
    row = connection.execute(
        "update calendar_job set started_at = now(), problem = null where name = %s and due_at <= %s"
        " and (retry_at is null or retry_at <= %s) returning due_at",
        (name, now, now),
    ).fetchone()
    if row is None:
        leave(connection, name)
        return None
    due_at: datetime = row[0]
    return due_at


def leave(connection: Connection[Any], name: str) -> None:
    """Let others take the appointment."""
    _locked(connection, "pg_advisory_unlock", name)


def _locked(connection: Connection[Any], verb: str, name: str) -> bool:
    row = connection.execute(f"select {verb}(%s, hashtext(%s))".encode(), (CALENDAR_LOCK, name)).fetchone()
    return bool(row and row[0])


def kept(connection: Connection[Any], name: str, *, next_due: datetime) -> None:
    """It went well: due again at the next hour."""
    connection.execute(
        "update calendar_job set due_at = %s, done_at = now(), retry_at = null where name = %s", (next_due, name)
    )


def missed(connection: Connection[Any], name: str, *, problem: str, retry_at: datetime) -> None:
    """It went wrong: still due, tried again later."""
    connection.execute(
        "update calendar_job set problem = %s, retry_at = %s where name = %s", (problem[:500], retry_at, name)
    )
