"""Lanes (车道): workers of one backlog keep to their own parcels, help where they are idle, and wait for nobody who hangs."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest

from fenghe.connectors import zto
from fenghe.hub.worker import ALL_LANES_EVERY, APPLICATION, Worker
from fenghe.kernel.database.address import Database
from fenghe.kernel.door.door import DEFAULT_LIMITS
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.inbox.lanes import ANY, LANES, WHOLE, Share, lane_of
from tests.stories.doors import SOURCES, door_with, signed
from tests.stories.driving import add_sources, post
from tests.stories.holding import ask, rows
from tests.stories.test_door import scan

PARCELS = [f"7370000000{n:04d}" for n in range(40)]


@pytest.fixture
def url(migrated_database: Database) -> str:
    """A hub's database with its sources."""
    add_sources(migrated_database, SOURCES)
    return migrated_database.app_url


def put(url: str, number: str, *, desc: str = "", lane: int | None = None) -> None:
    """A scan of a parcel, as the door stores it; `lane`: in another one than its own."""
    body = scan(number, desc=desc)
    arrival = inbox.Arrival(
        dedupe_key=body[:200] + desc.encode(), body=body, lane=lane_of(number) if lane is None else lane
    )
    with psycopg.connect(url) as connection:
        inbox.store_many(connection, source="zto", way="webhook", arrivals=[arrival])


@contextmanager
def crowd(url: str, count: int) -> Iterator[list[Worker]]:
    """So many workers that know of each other, in the order of their places."""
    with ExitStack() as stack:
        connections = [
            stack.enter_context(psycopg.connect(url, autocommit=True, application_name=APPLICATION))
            for _ in range(count)
        ]
        connections.sort(key=lambda one: one.info.backend_pid)
        yield [Worker(one, {"zto": zto.CONNECTOR}) for one in connections]


def judged(url: str) -> set[str]:
    """Parcels of which something is known."""
    return {row[0] for row in rows(url, "select key from subject where told_count > 0")}


def test_each_worker_takes_its_own_parcels_and_none_is_left(url: str) -> None:
    for desc in ("一", "二"):
        for number in PARCELS:
            put(url, number, desc=desc)
    with crowd(url, 2) as (first, second):
        done = first.turn()
        assert judged(url) == {number for number in PARCELS if lane_of(number) % 2 == 0}
        assert done.messages == 2 * len(judged(url)) and not done.judged.left
        done = second.turn()
    assert judged(url) == set(PARCELS) and not done.judged.left


def test_an_idle_worker_takes_what_lies_in_anothers_lanes(url: str) -> None:
    others = [number for number in PARCELS if lane_of(number) % 2 == 1]
    for number in others:
        put(url, number)
    with crowd(url, 2) as (first, _):
        first.turn()
    assert judged(url) == set(others)


def test_what_nobody_placed_is_anybodys(url: str) -> None:
    put(url, PARCELS[0], lane=ANY)
    for place in range(2):
        with psycopg.connect(url) as connection:
            assert len(inbox.claim(connection, limit=10, share=Share(place=place, workers=2))) == 1


def test_nothing_waits_for_a_worker_that_hangs(url: str) -> None:
    mine = [number for number in PARCELS if lane_of(number) % 2 == 0]
    oldest = next(number for number in PARCELS if lane_of(number) % 2 == 1)
    for number in (oldest, *mine):
        put(url, number)
    assert len(mine) > ALL_LANES_EVERY
    with crowd(url, 2) as (first, _):
        for _ in range(ALL_LANES_EVERY - 1):
            first.turn(batch=1)
        assert oldest not in judged(url)
        first.turn(batch=1)
    assert oldest in judged(url) and not set(mine) <= judged(url)


def test_workers_are_counted_by_name(url: str) -> None:
    with crowd(url, 3) as workers:
        shares = [inbox.share_of(one.connection, application=APPLICATION) for one in workers]
        assert shares == [Share(place=place, workers=3) for place in range(3)]
        with psycopg.connect(url) as stranger:
            assert inbox.share_of(stranger, application=APPLICATION) == WHOLE


def test_the_door_notes_the_lane(url: str) -> None:
    with door_with(url, DEFAULT_LIMITS) as port:
        assert post(port, signed(scan(PARCELS[7]))) == 200
        assert post(port, signed(b'{"billCode": 7370000000008}')) == 200
    assert rows(url, "select lane from message_handling order by message_id") == [(lane_of(PARCELS[7]),), (ANY,)]
    assert 0 <= ask(url, "select max(lane) from message_handling") < LANES
