"""The loops that keep duties and appointments (值守循环): one that fails is left alone for a while, the others go on."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import psycopg
import structlog
from psycopg import Connection

from fenghe.kernel.duties import store
from fenghe.kernel.duties.contract import Appointment, Duty

LONGEST_PAUSE_SECONDS: Final = 60.0
RETRY_MINUTES: Final = 5
NOTE_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 1.0
_log = structlog.get_logger("fenghe.duties")


class _Place(msgspec.Struct, kw_only=True):
    """Where a duty stands in the loop, in monotonic seconds."""

    duty: Duty
    due: float = 0.0
    failures: int = 0
    noted: float = float("-inf")


def run(dsn: str, duties: Sequence[Duty], *, stop: Any) -> None:
    """Do duties until `stop` is set; a lost database is waited for."""
    places = [_Place(duty=duty) for duty in duties]
    _connected(dsn, stop, lambda connection: _round(connection, places))


def _round(connection: Connection[Any], places: Sequence[_Place]) -> float:
    """One look at every duty whose time has come; returns how long nothing is due."""
    for place in places:
        if place.due <= time.monotonic():
            _turn(connection, place)
    return min((place.due for place in places), default=time.monotonic() + LOOK_SECONDS) - time.monotonic()


def _turn(connection: Connection[Any], place: _Place) -> None:
    moved, problem = 0, None
    try:
        moved = place.duty.turn(connection, now=datetime.now(UTC))
        place.failures = 0
        pause = 0.0 if moved else place.duty.every_seconds
    except Exception as failure:
        if connection.broken or connection.closed:
            raise
        _log.exception("duty failed", duty=place.duty.name)
        problem = repr(failure)
        place.failures += 1
        pause = min(2.0**place.failures, LONGEST_PAUSE_SECONDS)
    now = time.monotonic()
    place.due = now + pause
    if problem is not None or moved or now - place.noted > NOTE_SECONDS:
        store.note_turn(connection, place.duty.name, moved=moved, problem=problem)
        place.noted = now


def keep_calendar(dsn: str, appointments: Sequence[Appointment], *, stop: Any) -> None:
    """Keep appointments until `stop` is set; those missed while nobody ran are caught up once."""

    def look(connection: Connection[Any]) -> float:
        for appointment in appointments:
            keep_one(connection, appointment, now=datetime.now(UTC))
        return LOOK_SECONDS

    _connected(dsn, stop, look)


def keep_one(connection: Connection[Any], appointment: Appointment, *, now: datetime) -> bool:
    """Keep an appointment if it is due; True when it was kept."""
    hour = appointment.hour
    store.enter(connection, appointment.name, hour.next_after(now))
    due_at = store.take(connection, appointment.name, now)
    if due_at is None:
        return False
    try:
        appointment.keep(connection, day=due_at.astimezone(hour.zone).date(), now=now)
        store.kept(connection, appointment.name, next_due=hour.next_after(now))
    except Exception as failure:
        if connection.broken or connection.closed:
            raise
        _log.exception("appointment failed", appointment=appointment.name)
        again = now + timedelta(minutes=RETRY_MINUTES)
        store.missed(connection, appointment.name, problem=repr(failure), retry_at=again)
        return False
    finally:
        if not (connection.broken or connection.closed):
            store.leave(connection, appointment.name)
    return True


def _connected(dsn: str, stop: Any, look: Callable[[Connection[Any]], float]) -> None:
    while not stop.is_set():
        try:
            with psycopg.connect(dsn, autocommit=True, application_name="fenghe-duties") as connection:
                while not stop.is_set():
                    stop.wait(max(0.02, min(look(connection), LOOK_SECONDS)))
        except psycopg.OperationalError as problem:
            _log.warning("database away, trying again", problem=str(problem).strip()[:200])
            stop.wait(0.5)
