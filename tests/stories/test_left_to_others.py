"""Two workers, one parcel (让开): what another worker holds is left to later, read once, and never passed over for ever."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from fenghe.connectors import zto
from fenghe.hub.worker import LEFT_IN_A_ROW, Worker
from fenghe.kernel.connecting import Accepted, Delivery, InboundMessage, Reading, Refused
from fenghe.kernel.database.address import Database
from tests.stories.doors import SOURCES
from tests.stories.driving import add_sources, until
from tests.stories.holding import ask
from tests.world import put_json

HELD, FREE = "73500000000001", "73500000000002"
TAKE = "select from subject where key = %s for update"


class Counting:
    """ZTO's connector; counts what it reads."""

    name, title, kind = "zto", "中通", "carrier"

    def __init__(self) -> None:
        self.read_messages: list[int] = []

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
        """As it was."""
        return zto.CONNECTOR.check(delivery, secrets)

    def read(self, message: InboundMessage) -> Reading:
        """As it was, noted."""
        self.read_messages.append(message.id)
        return zto.CONNECTOR.read(message)


def scan(number: str, word: str, hour: int) -> dict[str, str]:
    """One scan as ZTO tells it."""
    return {"billCode": number, "scanType": word, "scanDate": f"2026-02-05 {hour}:00:00", "desc": word}


@pytest.fixture
def database(migrated_database: Database) -> Database:
    """Two parcels picked up, then a scan of each and one message about both waiting."""
    add_sources(migrated_database, SOURCES)
    url = migrated_database.app_url
    _put(url, *(scan(number, "收件", 10) for number in (HELD, FREE)))
    with psycopg.connect(url, autocommit=True) as connection:
        Worker(connection, {"zto": zto.CONNECTOR}).turn()
    _put(url, *(scan(number, "发件", 11) for number in (HELD, FREE)))
    _put(url, {"traces": [scan(FREE, "到件", 12), scan(HELD, "到件", 12)]})
    return migrated_database


def _put(url: str, *said: Mapping[str, Any]) -> None:
    with psycopg.connect(url) as connection:
        for one in said:
            put_json(connection, "zto", one)


def told(database: Database, number: str) -> int:
    """Words about a parcel that count."""
    return int(ask(database.app_url, f"select told_count from subject where key = '{number}'"))


def pending(database: Database) -> int:
    """Messages that wait."""
    return int(ask(database.app_url, "select count(*) from message_handling where status = 0"))


def test_what_another_worker_holds_is_left_whole_and_read_once(database: Database) -> None:
    counting = Counting()
    with (
        psycopg.connect(database.app_url) as other,
        psycopg.connect(database.app_url, autocommit=True) as connection,
    ):
        worker = Worker(connection, {"zto": counting})
        other.execute(TAKE, (HELD,))
        worker.turn()
        assert (told(database, HELD), told(database, FREE)) == (1, 2), "the message about both had no effect on either"
        assert pending(database) == 2
        other.rollback()
        worker.turn()
        assert (told(database, HELD), told(database, FREE)) == (3, 3)
        assert pending(database) == 0 and ask(database.app_url, "select count(*) from observation") == 6
    assert sorted(set(counting.read_messages)) == sorted(counting.read_messages), "nothing is read twice"


def test_after_some_turns_a_worker_waits(database: Database) -> None:
    with (
        psycopg.connect(database.app_url) as other,
        psycopg.connect(database.app_url, autocommit=True) as connection,
        ThreadPoolExecutor(1) as pool,
    ):
        worker = Worker(connection, {"zto": zto.CONNECTOR})
        other.execute(TAKE, (HELD,))
        for _ in range(LEFT_IN_A_ROW):
            worker.turn()
        assert told(database, HELD) == 1
        waiting = pool.submit(worker.turn)
        until(
            lambda: ask(database.app_url, "select count(*) from pg_locks where not granted") > 0,
            seconds=20,
            what="the worker waits",
        )
        other.rollback()
        waiting.result(timeout=20)
    assert told(database, HELD) == 3 and pending(database) == 0
