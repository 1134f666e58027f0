"""One bad message, one bad subject (毒丸): set aside with its reason, while everything else goes on."""

import random
import string
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from fenghe.connectors import taobao, zto
from fenghe.hub import rooms
from fenghe.hub.worker import Worker
from fenghe.kernel.connecting import Accepted, Delivery, InboundMessage, Reading, Refused
from fenghe.kernel.database.address import Database
from fenghe.kernel.judging.contract import Rule
from fenghe.kernel.values import Observation, Projection
from tests.stories.doors import SOURCES
from tests.stories.driving import add_sources, until
from tests.stories.holding import ask, rows
from tests.world import put_json, trade

MESSAGES = 1_000


class Choking:
    """ZTO's connector with a bug: it breaks on one parcel."""

    name, title, kind = "zto", "中通", "carrier"

    def __init__(self, number: str) -> None:
        self._number = number.encode()
        self.choked = 0

    def check(self, delivery: Delivery, secrets: Any) -> Accepted | Refused:
        """As it was."""
        return zto.CONNECTOR.check(delivery, secrets)

    def read(self, message: InboundMessage) -> Reading:
        """As it was, but for one."""
        if self._number in message.body:
            self.choked += 1
            raise ZeroDivisionError("a bug in a connector")
        return zto.CONNECTOR.read(message)


def scan(number: str, **more: str) -> dict[str, str]:
    """One scan as ZTO tells it."""
    return {"billCode": number, "scanType": "收件", "scanDate": "2026-02-05 10:00:00", "desc": "已揽收", **more}


@pytest.fixture
def database(migrated_database: Database) -> Database:
    """With two sources."""
    add_sources(migrated_database, SOURCES)
    return migrated_database


def statuses(database: Database) -> dict[int, int]:
    """How many messages are pending (0), judged (1), set aside (2)."""
    return dict(rows(database.app_url, "select status::int, count(*) from message_handling group by status"))


def test_a_message_that_breaks_its_reader_is_set_aside_after_three_tries(database: Database) -> None:
    numbers = [f"7340000000{n:04d}" for n in range(MESSAGES)]
    choking = Choking(numbers[617])
    with psycopg.connect(database.app_url) as connection:
        for number in numbers:
            put_json(connection, "zto", scan(number))
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        worker = Worker(connection, {"zto": choking})
        worker.turn()
        assert statuses(database) == {0: 1, 1: MESSAGES - 1}, "the first turn finds it and judges all others"
        worker.turn()
        assert statuses(database) == {0: 1, 1: MESSAGES - 1}
        worker.turn()
        assert statuses(database) == {1: MESSAGES - 1, 2: 1}
        tries = choking.choked
        assert worker.turn().messages == 0 and choking.choked == tries, "it is not tried again by itself"
    ((attempts, finding),) = rows(database.app_url, "select attempts, finding from message_handling where status = 2")
    assert attempts == 3
    assert finding[0]["code"] == "judge_failed" and "a bug in a connector" in finding[0]["got"]
    assert ask(database.app_url, "select count(*) from subject where state = 'picked_up'") == MESSAGES - 1


def test_two_workers_that_meet_it_at_once_judge_the_rest_once(database: Database) -> None:
    numbers = [f"7340000003{n:04d}" for n in range(200)]
    with psycopg.connect(database.app_url) as connection:
        for number in numbers:
            put_json(connection, "zto", scan(number))

    def drain() -> None:
        with psycopg.connect(database.app_url, autocommit=True) as connection:
            worker = Worker(connection, {"zto": Choking(numbers[150])})
            until(
                lambda: worker.turn(batch=50).messages == 0 and 0 not in statuses(database), seconds=30, what="drained"
            )

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(drain) for _ in range(2)]:
            done.result()
    assert statuses(database) == {1: 199, 2: 1}
    assert ask(database.app_url, "select count(*) from observation") == 199
    assert ask(database.app_url, "select count(*) from order_state_audit") == 199


def noise(length: int) -> str:
    """Text that does not compress."""
    return "".join(random.Random(length).choices(string.ascii_letters + string.digits, k=length))


HOSTILE: Sequence[tuple[str, Any]] = (
    *(
        ("zto", scan("73400000009001", **{field: noise(9_000)}))
        for field in ("scanType", "desc", "orderCode", "billCode", "scanDate", "operateUser")
    ),
    ("zto", scan("73400000009002", action=noise(9_000), scanType="")),
    ("zto", scan("73400000009003", desc="快件已转单,新单号:" + "9" * 9_000)),
    ("zto", scan("73400000009004", scanType="转单", desc="快件已转单,新单号:" + noise(9_000))),
    *(
        ("shop", {**trade(6), field: noise(9_000)})
        for field in (
            *("seller_nick", "status", "tid", "receiver_name", "receiver_address"),
            *("seller_memo", "buyer_nick", "alipay_no", "type"),
        )
    ),
    ("shop", {**trade(6), "payment": "9" * 300}),
    ("shop", {**trade(6), "num": 10**30, "orders": {"order": [{"oid": "1", "num": 10**30, "price": "1e400"}]}}),
    ("shop", {**trade(6), "created": "9999-12-31 23:59:59", "modified": "0001-01-01 00:00:00"}),
)


def test_values_no_index_can_hold_stop_nobody(database: Database) -> None:
    """All of them in one batch with what is innocent."""
    with psycopg.connect(database.app_url) as connection:
        for place, (source, told) in enumerate(HOSTILE):
            put_json(connection, "zto", scan(f"7340000001{place:04d}"))
            put_json(connection, source, told)
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        worker = Worker(connection, {"zto": zto.CONNECTOR, "taobao": taobao.CONNECTOR})
        for _ in range(4):
            worker.turn()
    left = "select m.source, left(convert_from(m.body, 'utf-8'), 200) from inbound_message m join message_handling h"
    assert rows(database.app_url, f"{left} on h.message_id = m.id where h.status = 0") == []
    innocent = "select count(*) from subject where key like %s and state = 'picked_up'"
    assert ask(database.app_url, innocent, "7340000001%") == len(HOSTILE)


class Stumbling:
    """The shipments' rule with a bug: it breaks on one history."""

    kind = "shipment"

    def __init__(self, inner: Rule) -> None:
        self._inner = inner
        self.case, self.row, self.same_row, self.save = inner.case, inner.row, inner.same_row, inner.save

    def project(self, history: Sequence[Observation], now_ms: int) -> tuple[Projection, str]:
        """As it was, but for one."""
        if any(one.code == "坏" for one in history):
            raise ZeroDivisionError("a bug in a rule")
        return self._inner.project(history, now_ms)


def test_a_subject_that_breaks_its_rule_does_not_stop_the_clock(database: Database) -> None:
    """Subjects whose time has come are judged too; one that cannot be must not keep the others waiting for ever."""
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        with connection.transaction():
            for n in range(20):
                put_json(connection, "zto", scan(f"7340000002{n:04d}"))
            put_json(connection, "zto", scan("73400000020007", scanType="坏", scanDate="2026-02-05 11:00:00"))
        worker = Worker(connection, rooms.connectors())
        worker.turn()
        connection.execute("update subject set due_at = now() - interval '1 minute' where kind = 'shipment'")
        stumbling: Any = Stumbling(worker.rules["shipment"])
        worker.rules = {**worker.rules, "shipment": stumbling}
        for _ in range(4):
            worker.turn()
    late = rows(database.app_url, "select key from subject where due_at < now()")
    assert set(late) <= {("73400000020007",)}, "at most the bad one waits"
