"""Stage clocks on a real database, in the users' words: warned before the breach, once, and closed when it is done."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from fenghe.insight import store_clocks, store_expected
from fenghe.insight.tasks import ClockRefresh
from fenghe.insight.tasks_due import ClockDue
from fenghe.kernel.cases.store_noticing import Notice, close_noticed, open_noticed
from fenghe.kernel.database.address import Database
from fenghe.kernel.values import CHINA
from tests.insight.turning import all_done, read_clocks, rows
from tests.world import order_no, put_json, tracking_no, trade, work

NOW = datetime.now(UTC).replace(microsecond=0)


def at(hours: float) -> str:
    """So many hours from now as Taobao writes it."""
    return (NOW + timedelta(hours=hours)).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def paid(n: int, hours: float, **more: Any) -> dict[str, Any]:
    """The nth order, paid so many hours from now and not yet shipped."""
    told = trade(
        n, status="WAIT_SELLER_SEND_GOODS", created=at(hours - 1), pay_time=at(hours), modified=at(hours), **more
    )
    told["orders"] = {"order": [{"oid": order_no(n) + "1", "title": "手机壳", "num": 1, "price": "35.80"}]}
    return told


def shipped(n: int, hours: float, since: float) -> dict[str, Any]:
    """The nth order as it was handed over then."""
    told = paid(n, since) | {"status": "WAIT_BUYER_CONFIRM_GOODS", "modified": at(hours)}
    parcel = {"invoice_no": tracking_no(n), "logistics_company": "中通快递", "consign_time": at(hours)}
    told["orders"] = {"order": [{**told["orders"]["order"][0], **parcel}]}
    return told


@pytest.fixture
def connection(migrated_database: Database) -> Iterator[Connection[Any]]:
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        connection.execute(
            "insert into source (id, connector, title, kind) values ('qianniu', 'taobao', '千牛', 'channel'),"
            " ('zto', 'zto', '中通推送', 'carrier')"
        )
        yield connection


def tell(connection: Connection[Any], url: str, source: str, *told: dict[str, Any]) -> None:
    with connection.transaction():
        for one in told:
            put_json(connection, source, one)
    work(url)


SHIP_CASES = (
    "select key, kind, severity, status, resolution, due_at, title from work_case where kind = 'order.promise_ship'"
    " order by id"
)
CASES = "select key, kind, severity, status, resolution, due_at, title from work_case where kind like '%%promise%%' order by id"


def test_a_case_opens_before_the_breach_and_closes_when_it_ships(
    connection: Connection[Any], migrated_database: Database
) -> None:
    url = migrated_database.app_url
    tell(connection, url, "qianniu", paid(1, -43), paid(2, -10))
    all_done(connection, NOW)
    (case,) = rows(connection, CASES)
    assert case[1:4] == ("order.promise_ship", 2, "open")
    assert case[5] == NOW + timedelta(hours=5)
    assert "超时约赔 1.79 元" in case[6]
    all_done(connection, NOW + timedelta(hours=6))
    (case,) = rows(connection, CASES)
    assert (case[2], case[3]) == (3, "open") and "仍没有发货" in case[6]
    tell(connection, url, "qianniu", shipped(1, 5.5, -43))
    all_done(connection, NOW + timedelta(hours=7))
    ships = [one for one in rows(connection, CASES) if one[1] == "order.promise_ship"]
    assert [one[3:5] for one in ships] == [("self_closed", "stage_done")]
    told = rows(connection, "select body from case_entry order by id")
    assert [one[0] for one in told] == ["noticed", "noticed_again", "self_closed:stage_done"]
    stands: dict[str, str] = dict(rows(connection, "select stage, outcome from stage_clock where order_id = (select subject_id from"
                       " customer_order where order_no = %s) and stage = 'ship'", order_no(1)))  # fmt: skip
    assert stands == {"ship": "late"}


def test_two_workers_and_a_restart_open_one_case_an_order(
    connection: Connection[Any], migrated_database: Database
) -> None:
    url = migrated_database.app_url
    tell(connection, url, "qianniu", *(paid(n, -47) for n in range(60)))
    barrier = threading.Barrier(3)

    def worker() -> None:
        with psycopg.connect(url, autocommit=True) as own:
            duties = (ClockRefresh(), ClockDue())
            barrier.wait()
            for _ in range(40):
                for duty in duties:
                    duty.turn(own, now=NOW)

    crowd = [threading.Thread(target=worker) for _ in range(3)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join(60)
    all_done(connection, NOW)
    assert rows(connection, "select count(*), count(distinct subject_id) from work_case")[0] == (60, 60)
    assert rows(connection, "select count(*) from case_entry where body = 'noticed'")[0] == (60,)
    assert rows(connection, "select count(*) from stage_clock where case_open")[0] == (60,)
    assert rows(connection, "select count(*) from clock_look")[0] == (0,)


def test_a_turn_that_dies_leaves_all_its_work_to_the_next(
    connection: Connection[Any], migrated_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(connection, migrated_database.app_url, "qianniu", *(paid(n, -47) for n in range(5)))
    waiting = rows(connection, "select count(*) from clock_look")[0][0]

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(store_clocks, "write_scores", broken)
        with pytest.raises(RuntimeError):
            ClockRefresh().turn(connection, now=NOW)
    assert rows(connection, "select count(*) from stage_clock")[0] == (0,)
    assert rows(connection, "select count(*) from clock_look")[0][0] >= waiting
    all_done(connection, NOW)
    assert rows(connection, "select count(*) from stage_clock where stage = 'ship'")[0] == (5,)


def test_an_order_shipped_while_its_case_is_being_opened_ends_without_a_case(
    connection: Connection[Any], migrated_database: Database
) -> None:
    """The due turn holds the clock; the reading of the newer word waits for it and closes what it opened."""
    url = migrated_database.app_url
    tell(connection, url, "qianniu", paid(1, -47))
    all_done(connection, NOW, (ClockRefresh(),))
    tell(connection, url, "qianniu", shipped(1, -0.5, -47))
    with psycopg.connect(url) as other:
        due = store_clocks.take_due(other, now=NOW, limit=10)
        reader = threading.Thread(target=read_clocks, args=(url, NOW))
        reader.start()
        key = store_clocks.case_key(due[0].clock.subject_id, "ship")
        notice = Notice(
            key=key, kind="order.promise_ship", severity=2, subject_id=due[0].clock.subject_id, title="t", told="t",
            due_at=NOW,
        )  # fmt: skip
        open_noticed(other, [notice])
        other.execute("update stage_clock set case_open = true where stage = 'ship'")
        other.commit()
        reader.join(30)
    assert rows(connection, "select status from work_case where key = %s", key)[0] == ("self_closed",)
    assert rows(connection, "select case_open from stage_clock where stage = 'ship'")[0] == (False,)


def test_a_moved_promise_gives_time_again_and_takes_it_back(
    connection: Connection[Any], migrated_database: Database
) -> None:
    url = migrated_database.app_url
    tell(connection, url, "qianniu", paid(1, -47), shipped(2, -20, -47))
    all_done(connection, NOW)
    assert [one[3] for one in rows(connection, SHIP_CASES)] == ["open"]

    def publish(version: int, hours: int) -> None:
        connection.execute(
            "insert into declaration_version (kind, name, version, body, note, author) values ('promise', 'taobao', %s,"
            " jsonb_build_object('rules', jsonb_build_array(jsonb_build_object('stage', 'ship', 'hours', %s::int))), 'n', 't')",
            (version, hours),
        )
        connection.execute("insert into clock_look (subject_id) select subject_id from stage_clock")
        all_done(connection, NOW)

    publish(1, 96)
    assert [one[3:5] for one in rows(connection, SHIP_CASES)] == [("self_closed", "promise_moved")]
    done = rows(
        connection, "select due_at - started_at, promise from stage_clock where stage = 'ship' and outcome = 'in_time'"
    )
    assert done == [(timedelta(hours=48), "taobao@0#1")]
    publish(2, 47)
    (case,) = rows(connection, SHIP_CASES)
    assert case[3] == "open" and case[5] == NOW
    assert rows(connection, "select promise from stage_clock where stage = 'ship' and outcome = 'open'") == [
        ("taobao@2#1",)
    ]


def test_old_history_is_shown_but_opens_no_cases(connection: Connection[Any], migrated_database: Database) -> None:
    tell(connection, migrated_database.app_url, "qianniu", paid(1, -24 * 15), paid(2, -24 * 60), paid(3, -60))
    all_done(connection, NOW)
    assert len(rows(connection, CASES)) == 1
    stands = rows(connection, "select outcome, count(*) from stage_clock group by 1 order by 1")
    assert stands == [("lapsed", 1), ("open", 2)]
    assert rows(connection, "select count(*) from stage_clock where look_at <= %s", NOW)[0] == (0,)


def test_the_orders_own_promise_beats_the_rule(connection: Connection[Any], migrated_database: Database) -> None:
    tell(connection, migrated_database.app_url, "qianniu", paid(1, -3))
    connection.execute("update customer_order set promised_ship_at = %s", (NOW + timedelta(hours=1),))
    connection.execute("insert into clock_look (subject_id) select subject_id from customer_order")
    all_done(connection, NOW)
    assert rows(connection, "select due_at, promise from stage_clock where stage = 'ship'") == [
        (NOW + timedelta(hours=1), "order")
    ]


def test_noticing_twice_is_noticing_once(connection: Connection[Any]) -> None:
    one = Notice(key="k", kind="source.silent", severity=2, subject_id=None, title="t", told="w", due_at=None)
    assert [open_noticed(connection, [one]) for _ in range(3)] == [1, 0, 0]
    assert [close_noticed(connection, ["k"], resolution="heard_again") for _ in range(2)] == [1, 0]
    assert open_noticed(connection, [one]) == 1
    told = [row[0] for row in rows(connection, "select body from case_entry order by id")]
    assert told == ["noticed", "self_closed:heard_again", "noticed_again"]


def test_what_is_learnt_is_forecast_with_its_number_of_cases(
    connection: Connection[Any], migrated_database: Database
) -> None:
    url = migrated_database.app_url
    tell(connection, url, "qianniu", *(shipped(n, -50, -70) for n in range(40)), paid(50, -19))
    all_done(connection, NOW)
    assert rows(connection, "select expect_id from stage_clock where outcome = 'open' and stage = 'ship'") == [(None,)]
    store_expected.learn(connection, now=NOW)
    all_done(connection, NOW)
    found = rows(
        connection,
        "select e.scope, e.cases, e.seconds[6] from stage_clock k join expected_time e on e.id = k.expect_id"
        " where k.outcome = 'open' and k.stage = 'ship'",
    )
    assert found == [("shop", 30, 72_000)]
    store_expected.learn(connection, now=NOW + timedelta(days=200))
    all_done(connection, NOW)
    assert rows(connection, "select expect_id from stage_clock where outcome = 'open' and stage = 'ship'") == [(None,)]
