"""Audits under way: two workers, a crash between slices, a keeper who is gone, and the audits that nobody asks for."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from fenghe.hub import callback_running
from fenghe.hub.callback_running import AuditDuty
from fenghe.kernel.database.address import Database
from fenghe.logistics import store_callback_audits as audits
from tests.world import put_json, scan, work

NOW = datetime.now(UTC)


def told(database: Database, parcels: int = 40) -> None:
    """Parcels whose code nobody mapped, one finding each."""
    with psycopg.connect(database.app_url) as connection:
        connection.execute("insert into source (id, connector, title, kind) values ('zto', 'zto', '中通', 'carrier')")
        for n in range(parcels):
            put_json(connection, "zto", scan(f"7319055{n:07d}", "ZT_77", n, "神秘"))
    work(database.app_url)


def ask(connection: psycopg.Connection[Any], **more: Any) -> int:
    """An audit of the last hours."""
    asked = {"about": "tracking", "since": NOW - timedelta(hours=1), "until": NOW + timedelta(hours=1), "asked_by": "t"}
    return audits.ask(connection, **{**asked, **more})


def kept(database: Database) -> list[tuple[Any, ...]]:
    """(number, kind) of every finding, and how the audits stand."""
    with psycopg.connect(database.app_url) as connection:
        return connection.execute(
            "select number, kind from callback_finding where kind = 'unknown_code' order by n"
        ).fetchall()


def test_two_workers_and_every_finding_once(migrated_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    told(migrated_database)
    monkeypatch.setattr(callback_running, "SLICE", 3)
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        audit_id = ask(connection)

    def run(name: str) -> None:
        duty = AuditDuty()
        duty._keeper = name
        with psycopg.connect(migrated_database.app_url, autocommit=True) as own:
            while own.execute("select 1 from callback_audit where status in ('waiting', 'running')").fetchone():
                duty.turn(own, now=NOW)

    both = [threading.Thread(target=run, args=(name,)) for name in ("a", "b")]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    numbers = [number for number, _ in kept(migrated_database)]
    assert len(numbers) == len(set(numbers)) == 40
    with psycopg.connect(migrated_database.app_url) as connection:
        done = audits.find_audit(connection, audit_id, own=None)
        assert done is not None and (done.status, done.counts["unknown_code"], done.read) == ("done", 40, 40)
        assert connection.execute("select count(*) from callback_target").fetchone() == (0,)


def test_a_crash_in_a_slice_leaves_all_or_nothing_of_it(
    migrated_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(migrated_database, 10)
    monkeypatch.setattr(callback_running, "SLICE", 4)
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        ask(connection)
        duty = AuditDuty()
        duty.turn(connection, now=NOW)
        duty.turn(connection, now=NOW)
        assert len(kept(migrated_database)) == 4
        with monkeypatch.context() as broken:
            broken.setattr(audits, "go_on", _die)
            with pytest.raises(KeyboardInterrupt):
                duty.turn(connection, now=NOW)
        assert len(kept(migrated_database)) == 4
        heir = AuditDuty()
        heir._keeper = "another machine"
        with connection.transaction():
            assert audits.claim(connection, keeper=heir._keeper) is None, "the keeper may only be slow"
        connection.execute("update callback_audit set alive_at = now() - interval '1 hour'")
        while connection.execute("select 1 from callback_audit where status <> 'done'").fetchone():
            assert heir.turn(connection, now=NOW) == 1
    assert len(kept(migrated_database)) == 10


def _die(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_an_audit_that_breaks_says_so_and_the_next_is_done(
    migrated_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(migrated_database, 2)
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        bad = ask(connection, since=None)
        good = ask(connection)
        duty = AuditDuty()
        while connection.execute("select 1 from callback_audit where status in ('waiting', 'running')").fetchone():
            duty.turn(connection, now=NOW)
        first, second = (audits.find_audit(connection, one, own=None) for one in (bad, good))
        assert first is not None and first.status == "failed" and "window" in (first.problem or "")
        assert second is not None and second.status == "done"


def test_the_last_hours_are_audited_by_themselves_and_not_too_often(migrated_database: Database) -> None:
    told(migrated_database, 3)
    now = datetime.now(UTC)
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        duty = AuditDuty()
        turns = 0
        while duty.turn(connection, now=now + timedelta(minutes=1)):
            turns += 1
            assert turns < 50
        made = connection.execute("select about, asked_by, status from callback_audit order by id").fetchall()
        assert made == [("tracking", "fenghe", "done"), ("orders", "fenghe", "done")]
        assert len(kept(migrated_database)) == 3
        assert duty.turn(connection, now=now) == 0
        connection.execute(
            "update callback_audit set started_at = now() - interval '1 hour', finished_at = now() - interval '50 min'"
        )
        assert duty.turn(connection, now=now) == 0, "one that took ten minutes is not made every hour"
        connection.execute("update callback_audit set started_at = finished_at - interval '1 second'")
        assert duty.turn(connection, now=now + timedelta(minutes=1)) == 1


def test_findings_beyond_the_room_are_counted(migrated_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    told(migrated_database, 9)
    monkeypatch.setattr(audits, "MOST_KEPT", 4)
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        audit_id = ask(connection)
        duty = AuditDuty()
        while connection.execute("select 1 from callback_audit where status <> 'done'").fetchone():
            duty.turn(connection, now=NOW)
        done = audits.find_audit(connection, audit_id, own=None)
        assert done is not None and (done.kept, done.found, done.counts) == (4, 9, {"unknown_code": 9})


def test_old_audits_are_tidied_away_and_the_evidence_stays(migrated_database: Database) -> None:
    told(migrated_database, 2)
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        for by in (audits.BY_ITSELF, audits.BY_ITSELF, "t"):
            ask(connection, asked_by=by)
        duty = AuditDuty()
        while connection.execute("select 1 from callback_audit where status <> 'done'").fetchone():
            duty.turn(connection, now=NOW)
        connection.execute("update callback_audit set finished_at = now() - interval '11 minutes'")
        assert audits.tidy(connection) == 1
        connection.execute("update callback_audit set asked_at = now() - interval '31 days' where asked_by = 't'")
        assert audits.tidy(connection) == 1
        assert connection.execute("select count(*) from callback_finding").fetchone() == (2,)
        assert connection.execute("select count(*) from inbound_message").fetchone() == (2,)
