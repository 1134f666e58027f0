"""The table: a call is put in once, claimed by one, comes back when its lease is over, and ends once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from fenghe.kernel.database.address import Database
from fenghe.kernel.outbox import store
from fenghe.kernel.outbox.store import Claimed

PAST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def connection(migrated_database: Database) -> Iterator[Connection[Any]]:
    """The application on a database with two sources."""
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        connection.execute("insert into source (id, connector, title, kind) values ('a', 'zto', 'A', 'carrier')")
        connection.execute("insert into source (id, connector, title, kind) values ('b', 'zto', 'B', 'carrier')")
        yield connection


def put(connection: Connection[Any], key: str, *, source: str = "a", due_at: datetime = PAST) -> bool:
    """Enqueue."""
    return store.enqueue(
        connection, idempotency_key=key, source=source, act="ping", payload={"key": key}, due_at=due_at
    )


def take(connection: Connection[Any], *, lease: float = 60, **room: int) -> list[Claimed]:
    """Claim."""
    return store.claim(connection, room or {"a": 10}, lease_seconds=lease)


def test_the_same_key_twice_is_one_call(connection: Connection[Any]) -> None:
    assert put(connection, "k") is True
    assert put(connection, "k") is False
    (claimed,) = take(connection)
    assert (claimed.idempotency_key, claimed.act, claimed.payload, claimed.attempts) == ("k", "ping", {"key": "k"}, 1)


def test_a_call_put_in_by_a_transaction_that_fails_is_not_there(connection: Connection[Any]) -> None:
    with connection.transaction(force_rollback=True):
        assert put(connection, "k") is True
    assert take(connection) == []


def test_what_is_not_due_waits(connection: Connection[Any]) -> None:
    put(connection, "k", due_at=datetime.now(UTC) + timedelta(hours=1))
    assert store.sources_due(connection) == []
    assert take(connection) == []


def test_a_claim_is_a_lease(connection: Connection[Any]) -> None:
    put(connection, "k")
    assert len(take(connection, lease=60)) == 1
    assert take(connection) == []
    connection.execute("update outbox set due_at = now()")
    assert [one.attempts for one in take(connection)] == [2]


def test_each_source_gets_as_much_as_it_bears_oldest_first(connection: Connection[Any]) -> None:
    for place in range(5):
        put(connection, f"a{place}", due_at=PAST - timedelta(hours=place))
        put(connection, f"b{place}", source="b")
    assert store.sources_due(connection) == ["a", "b"]
    claimed = take(connection, a=2, b=0)
    assert {one.idempotency_key for one in claimed} == {"a4", "a3"}
    assert [one.source for one in take(connection, b=3)] == ["b", "b", "b"]


def test_what_another_is_just_claiming_is_passed_over(connection: Connection[Any], migrated_database: Database) -> None:
    put(connection, "k1")
    put(connection, "k2")
    with psycopg.connect(migrated_database.app_url) as other:
        other.execute("select from outbox where idempotency_key = 'k1' for update")
        assert [one.idempotency_key for one in take(connection)] == ["k2"]
    assert [one.idempotency_key for one in take(connection)] == ["k1"]


def test_the_first_good_answer_ends_a_call_whoever_has_it(connection: Connection[Any]) -> None:
    put(connection, "k")
    (first,) = take(connection, lease=0)
    (second,) = take(connection)
    assert store.finish(connection, first) is True
    assert store.finish(connection, second) is False
    assert take(connection) == []


def test_who_lost_his_lease_cannot_fail_the_call(connection: Connection[Any]) -> None:
    put(connection, "k")
    (first,) = take(connection, lease=0)
    (second,) = take(connection)
    assert store.give_up(connection, first, error="late") is False
    assert store.try_later(connection, first, error="late", delay_seconds=0) is False
    assert store.try_later(connection, second, error="later", delay_seconds=0) is True
    (third,) = take(connection)
    assert store.give_up(connection, third, error="never") is True
    ((entry,)) = store.entries(connection, ["k", "other"])
    assert entry.status == "failed" and entry.done_at is not None
