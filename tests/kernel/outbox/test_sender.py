"""The sender against a real server and a real database: sent once, heard once, patient with whoever fails."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
import pytest
from psycopg import Connection

from fenghe.kernel.database.address import Database
from fenghe.kernel.outbox import sender, store
from fenghe.kernel.outbox.breaker import State
from fenghe.kernel.outbox.sender import Sender
from fenghe.kernel.secrets import about_source, seal_table
from tests.kernel.outbox.outside import KEY, Outside, Ping, Reply, work_off

EAGER = {"per_second": 1000, "burst": 1000, "timeout_seconds": 2}


class Desk:
    """A database with one source at the server outside, and a hand on its outbox."""

    def __init__(self, connection: Connection[Any], app_url: str, url: str) -> None:
        self.connection = connection
        self.app_url = app_url
        self.url = url
        self.act = Ping()

    def source(self, name: str = "a", *, secrets: bytes | None = None, **pace: Any) -> None:
        """A source with its pace."""
        config = orjson.dumps({"base_url": self.url, "outbox": {**EAGER, **pace}}).decode()
        sealed = secrets or seal_table(KEY, {"token": "s3cret"}, about=about_source(name))
        self.connection.execute(
            "insert into source (id, connector, title, kind, config, secrets_sealed)"
            " values (%s, 'zto', %s, 'carrier', %s, %s)",
            (name, name, config, sealed),
        )

    def put(self, count: int = 1, *, source: str = "a", act: str = "ping", trick: str = "") -> None:
        """Calls that are due."""
        for place in range(count):
            key = f"{source}-{trick}-{place}"
            payload = {"number": key, "trick": trick}
            now = datetime.now(UTC)
            store.enqueue(self.connection, idempotency_key=key, source=source, act=act, payload=payload, due_at=now)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        return self.connection.execute(query.encode()).fetchall()

    def calls(self) -> list[tuple[Any, ...]]:
        """(status, attempts, error) of every call."""
        return self.rows("select status, attempts, last_error from outbox order by id")

    @contextmanager
    def sender(self, **more: Any) -> Iterator[Sender]:
        """A sender on a connection of its own."""
        with (
            psycopg.connect(self.app_url, autocommit=True) as connection,
            closing(Sender(connection, {"ping": self.act}, key=KEY, **more)) as one,
        ):
            yield one


@pytest.fixture
def desk(migrated_database: Database, outside: Outside) -> Iterator[Desk]:
    """The desk."""
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        yield Desk(connection, migrated_database.app_url, outside.url)


def test_a_call_is_made_and_its_reply_comes_in_by_the_inbox(desk: Desk, outside: Outside) -> None:
    desk.source()
    desk.put()
    outside.answer = lambda _seen: Reply(body="答复".encode())
    with desk.sender() as one:
        work_off(one)
    (seen,) = outside.seen
    assert seen.headers["x-token"] == "s3cret" and orjson.loads(seen.body)["number"] == "a--0"
    ((source, way, body, headers, status),) = desk.rows(
        "select m.source, m.way, m.body, m.headers, h.status from inbound_message m"
        " join message_handling h on h.message_id = m.id"
    )
    assert (source, way, bytes(body).decode(), status) == ("a", "poll", "答复", 0)
    assert (headers[":act"], headers[":asked"]) == ("ping", "a--0")
    assert desk.calls() == [("done", 1, None)]
    ((key, outcome),) = desk.act.ended_with
    assert key == "a--0" and outcome.message_id == desk.rows("select id from inbound_message")[0][0]


def test_two_senders_at_once_send_each_call_once(desk: Desk, outside: Outside) -> None:
    desk.source(concurrency=8)
    desk.put(60)
    outside.answer = lambda _seen: Reply(wait=0.01)

    def send() -> None:
        with desk.sender() as one:
            work_off(one, until=lambda: not store_waits(desk.app_url) and not one.under_way)

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outside.seen) == 60
    assert desk.rows("select count(*) from inbound_message") == [(60,)]
    assert set(desk.calls()) == {("done", 1, None)}


def store_waits(app_url: str) -> bool:
    """Whether a call still waits."""
    with psycopg.connect(app_url, autocommit=True) as connection:
        row = connection.execute("select exists (select from outbox where status = 'waiting')").fetchone()
    return bool(row and row[0])


def test_a_reply_that_was_lost_is_fetched_again_and_counts_once(desk: Desk, outside: Outside) -> None:
    desk.source(timeout_seconds=1)
    desk.put()
    outside.answer = lambda _seen: Reply(wait=0.3)
    with desk.sender(lease_slack_seconds=-0.9) as lost:
        lost.turn()
        assert lost.under_way == 1
        time.sleep(0.2)
        with desk.sender() as other:
            work_off(other)
        work_off(lost)
    assert len(outside.seen) == 2
    assert desk.rows("select count(*) from inbound_message") == [(1,)]
    assert desk.calls() == [("done", 2, None)]
    assert len(desk.act.ended_with) == 1


@pytest.mark.parametrize(
    ("reply", "calls"),
    [
        (Reply(body=b"refused"), ("failed", 1, "refused")),
        (Reply(status=401), ("failed", 1, "HTTP 401")),
        (Reply(body=b"broken"), ("failed", 1, "内部错误：ValueError('a bug in the reading')")),
    ],
)
def test_what_will_never_work_is_not_tried_again(
    desk: Desk, outside: Outside, reply: Reply, calls: tuple[Any, ...]
) -> None:
    desk.source()
    desk.put()
    outside.answer = lambda _seen: reply
    with desk.sender() as one:
        work_off(one)
    assert desk.calls() == [calls]
    assert desk.rows("select count(*) from inbound_message") == [(0,)]
    assert desk.act.ended_with[0][1].error == calls[2]


def test_a_passing_error_is_tried_again_later_and_at_last_given_up(desk: Desk, outside: Outside) -> None:
    desk.source(give_up_after=3, breaker={"minimum": 99})
    desk.put()
    outside.answer = lambda _seen: Reply(status=503)
    with desk.sender() as one:
        for attempts in (1, 2):
            work_off(one)
            ((status, tried, error),) = desk.calls()
            assert (status, tried, error) == ("waiting", attempts, "HTTP 503")
            ((seconds,),) = desk.rows("select extract(epoch from due_at - now())::float from outbox")
            assert 0.5 * 2**attempts - 0.5 < seconds <= 1.5 * 2**attempts
            assert desk.act.ended_with == []
            desk.rows("update outbox set due_at = now() returning id")
        work_off(one)
    assert desk.calls() == [("failed", 3, "HTTP 503")]
    assert len(desk.act.ended_with) == 1


@pytest.mark.parametrize(
    ("act", "trick", "words"),
    [
        ("dance", "", "本版本不会做 dance"),
        ("ping", "pointless", "nothing to ask"),
        ("ping", "broken", "内部错误：ValueError('a bug in the act')"),
    ],
)
def test_a_call_that_cannot_be_prepared_stops_no_other(
    desk: Desk, outside: Outside, act: str, trick: str, words: str
) -> None:
    desk.source()
    desk.put(act=act, trick=trick)
    desk.put(trick="fine")
    with desk.sender() as one:
        work_off(one)
    assert desk.calls() == [("failed", 1, words), ("done", 1, None)]
    assert len(outside.seen) == 1


def test_who_cannot_be_told_stops_no_other(desk: Desk, outside: Outside) -> None:
    desk.source(give_up_after=1)
    desk.put(trick="cannot_tell")
    desk.put(trick="fine")
    with desk.sender() as one:
        work_off(one)
    assert desk.calls() == [("failed", 1, "内部错误：答复没有记下"), ("done", 1, None)]
    assert desk.rows("select count(*) from inbound_message") == [(1,)]


def test_secrets_of_another_key_are_said_to_be_unreadable(desk: Desk, outside: Outside) -> None:
    desk.source(secrets=seal_table(bytes(32), {"token": "x"}, about=about_source("a")))
    desk.put()
    desk.source("b")
    desk.put(source="b")
    with desk.sender() as one:
        work_off(one)
    (first, second) = desk.calls()
    assert first[0] == "failed" and "请重新填写" in first[2]
    assert second[0] == "done"


def test_a_disabled_source_is_not_called_and_loses_nothing(desk: Desk, outside: Outside) -> None:
    desk.source()
    desk.rows("update source set enabled = false returning id")
    desk.put()
    with desk.sender() as one:
        work_off(one)
    assert desk.calls() == [("waiting", 0, None)] and outside.seen == []


def test_no_more_at_once_than_a_source_bears(desk: Desk, outside: Outside) -> None:
    desk.source(concurrency=3)
    desk.put(12)
    outside.answer = lambda _seen: Reply(wait=0.05)
    with desk.sender() as one:
        work_off(one)
    assert len(outside.seen) == 12
    assert outside.most_under_way <= 3


def test_not_faster_than_a_source_bears(desk: Desk, outside: Outside) -> None:
    desk.source(per_second=20, burst=2)
    desk.put(10)
    with desk.sender() as one:
        work_off(one, until=lambda: all(call[0] == "done" for call in desk.calls()))
    times = [seen.at for seen in outside.seen]
    assert len(times) == 10
    for place in range(10):
        within = [at for at in times if times[place] <= at < times[place] + 0.1]
        assert len(within) <= 2 + 0.1 * 20 + 1


def test_who_asks_for_time_is_left_alone_and_the_others_go_on(desk: Desk, outside: Outside) -> None:
    desk.source(concurrency=1)
    desk.source("b")
    desk.put(2)
    desk.put(3, source="b")
    outside.answer = lambda seen: Reply(body=b"throttled" if b'"a-' in seen.body else b"fine")
    with desk.sender() as one:
        work_off(one)
    calls = desk.calls()
    assert calls[0] == ("waiting", 1, "throttled") and calls[1] == ("waiting", 0, None)
    assert [call[0] for call in calls[2:]] == ["done"] * 3


def test_the_breaker_opens_probes_and_closes(desk: Desk, outside: Outside) -> None:
    desk.source(concurrency=1, breaker={"minimum": 3, "hold_seconds": 0.6})
    desk.source("b")
    desk.put(30)
    well = False
    outside.answer = lambda seen: Reply(status=200 if well or b'"b-' in seen.body else 500)
    with desk.sender() as one:
        work_off(one, until=lambda: one.breakers["a"].state is State.OPEN if "a" in one.breakers else False)
        assert len(outside.seen) == 3
        desk.put(5, source="b")
        work_off(one, until=lambda: sum(call[0] == "done" for call in desk.calls()) == 5)
        assert sum(b'"a-' in seen.body for seen in outside.seen) == 3, "nothing goes out while it holds"
        assert sum(call[1] for call in desk.calls()[:30]) == 3, "and no call loses an attempt"
        probed = 4
        work_off(one, until=lambda: sum(b'"a-' in seen.body for seen in outside.seen) >= probed)
        work_off(one, until=lambda: one.breakers["a"].state is State.OPEN)
        assert one.breakers["a"].holds == 2, "a probe that failed opens it again, for longer"
        well = True
        work_off(one, until=lambda: one.breakers["a"].state is State.CLOSED)
        desk.rows("update outbox set due_at = now() where status = 'waiting' returning id")
        work_off(one, until=lambda: all(call[0] == "done" for call in desk.calls()))
    assert desk.rows("select count(*) from inbound_message") == [(35,)]


def test_the_loop_outlives_a_lost_database(desk: Desk, outside: Outside, migrated_database: Database) -> None:
    desk.source()
    stop = threading.Event()
    arguments: dict[str, Any] = {"stop": stop, "key": KEY, "acts": {"ping": desk.act}}
    thread = threading.Thread(target=sender.run, args=(desk.app_url,), kwargs=arguments)
    thread.start()
    try:
        desk.put()
        _eventually(lambda: [call[0] for call in desk.calls()] == ["done"])
        with psycopg.connect(str(migrated_database.superuser_url), autocommit=True) as superuser:
            superuser.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'fenghe-sender'"
                " and datname = current_database()"
            )
        desk.put(trick="again")
        _eventually(lambda: [call[0] for call in desk.calls()] == ["done", "done"])
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def _eventually(holds: Callable[[], bool], *, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
