"""Duties and the calendar on a real database: one that fails is left alone, nobody keeps an appointment twice, none is missed."""

import threading
import time as clock
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from fenghe.kernel.database.address import Database
from fenghe.kernel.duties import running, store
from fenghe.kernel.duties.contract import Hour

NIGHT = datetime(2026, 2, 5, 18, 30, tzinfo=UTC)  # 02:30 in China on the 6th


class Counting:
    """A duty that moves so often, or breaks."""

    every_seconds = 0.05

    def __init__(self, name: str, *, breaks: bool = False) -> None:
        self.name = name
        self.breaks = breaks
        self.turns = 0

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        self.turns += 1
        if self.breaks:
            raise ValueError("broken on purpose")
        return 1 if self.turns <= 3 else 0


class Nightly:
    """An appointment at 02:00 that remembers the days it kept."""

    name = "nightly"
    hour = Hour(at=time(2, 0))

    def __init__(self, failures: int = 0) -> None:
        self.days: list[date] = []
        self.failures = failures

    def keep(self, connection: Connection[Any], *, day: date, now: datetime) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not tonight")
        self.days.append(day)


def detail(connection: Connection[Any], duty: str) -> Any:
    row = connection.execute("select detail from pulse where name = %s", (f"duty:{duty}",)).fetchone()
    return row and row[0]


def test_a_duty_that_breaks_does_not_stop_the_others(migrated_database: Database) -> None:
    good, bad = Counting("good"), Counting("bad", breaks=True)
    stop = threading.Event()
    thread = threading.Thread(target=running.run, args=(migrated_database.app_url, [bad, good]), kwargs={"stop": stop})
    thread.start()
    deadline = clock.monotonic() + 20
    while (good.turns < 6 or bad.turns < 1) and clock.monotonic() < deadline:
        clock.sleep(0.02)
    stop.set()
    thread.join(10)
    assert good.turns >= 6 and 1 <= bad.turns <= 4
    with psycopg.connect(migrated_database.app_url) as connection:
        assert "broken on purpose" in detail(connection, "bad")["problem"]
        assert detail(connection, "good")["problem"] is None


@pytest.fixture
def connection(migrated_database: Database) -> Any:
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        yield connection


def test_an_appointment_is_kept_once_a_day(connection: Connection[Any]) -> None:
    nightly = Nightly()
    kept = [running.keep_one(connection, nightly, now=NIGHT + timedelta(hours=step)) for step in range(49)]
    assert nightly.days == [date(2026, 2, 7), date(2026, 2, 8)]
    assert sum(kept) == 2


def test_what_fell_due_while_nobody_ran_is_caught_up_once(connection: Connection[Any]) -> None:
    nightly = Nightly()
    running.keep_one(connection, nightly, now=NIGHT)
    assert running.keep_one(connection, nightly, now=NIGHT + timedelta(days=5))
    assert not running.keep_one(connection, nightly, now=NIGHT + timedelta(days=5, minutes=1))
    assert nightly.days == [date(2026, 2, 7)]


def test_a_failure_is_tried_again_later_and_said(connection: Connection[Any]) -> None:
    nightly = Nightly(failures=1)
    running.keep_one(connection, nightly, now=NIGHT)
    due = NIGHT + timedelta(days=1)
    assert not running.keep_one(connection, nightly, now=due)
    assert not running.keep_one(connection, nightly, now=due + timedelta(minutes=1))
    problem = connection.execute("select problem from calendar_job where name = 'nightly'").fetchone()
    assert problem is not None and "not tonight" in problem[0]
    assert running.keep_one(connection, nightly, now=due + timedelta(minutes=6))
    assert nightly.days == [date(2026, 2, 7)]


def test_two_who_come_at_once_keep_it_once(migrated_database: Database, connection: Connection[Any]) -> None:
    store.enter(connection, "nightly", NIGHT)
    with psycopg.connect(migrated_database.app_url, autocommit=True) as other:
        assert store.take(connection, "nightly", NIGHT) == NIGHT
        assert store.take(other, "nightly", NIGHT) is None
        connection.close()
        deadline = clock.monotonic() + 10
        while (taken := store.take(other, "nightly", NIGHT)) is None and clock.monotonic() < deadline:
            clock.sleep(0.05)
        assert taken == NIGHT
