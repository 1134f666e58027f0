"""Reminders in the database (催付): one message an order and time, only while nothing was paid, whatever dies when."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import psycopg
import pytest

from fenghe.connectors.robots import CHANNELS
from fenghe.hub import reminding
from fenghe.kernel.database.address import Database
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.notices import store_robots
from fenghe.kernel.notices.store_log import send_again
from fenghe.kernel.notices.store_robots import RobotChange
from fenghe.kernel.notices.tasks import SendDuty
from fenghe.kernel.values import digest
from fenghe.money.reminder import Later, Never
from fenghe.money.store_reminder_queries import events_of, sums
from fenghe.money.tasks_asking import AskingDuty
from fenghe.simulator.dialects.words import Reply
from tests.house.tree import ROOT
from tests.kernel.outbox.outside import KEY
from tests.money.hearing import hear, order
from tests.money.reminding import ADMIN, BASE, Street, street


@pytest.fixture
def shop(migrated_database: Database) -> Iterator[Street]:
    with street(migrated_database.app_url) as one:
        yield one


def test_a_buyer_gets_a_link_once_and_pays_by_it(shop: Street) -> None:
    number = shop.sell()
    shop.whole()
    (text,) = shop.texts()
    assert (text["phone"], text["template"]) == ("13812345678", "SMS_2")
    assert (text["order_no"], text["amount"]) == (number, "19.90元")
    ((token, checked, sent),) = shop.rows("select token, checked_at, sent_at from payment_reminder")
    assert text["link"] == f"{BASE}/p/{token}" and checked <= sent
    shop.whole()
    assert len(shop.texts()) == 1, "once"
    ((event, title, link),) = shop.rows("select event, title, link from notice where kind = 'money.reminder'")
    assert event == "told" and number in title and link.startswith("/orders/"), "customer service is told"
    shop.pay_by_link(number)
    shop.rows("update pay_order set ask_due_at = now() returning id")
    AskingDuty().turn(shop.connection, now=datetime.now(UTC))
    shop.call()
    (row,) = sums(shop.connection, since=datetime.now(UTC) - timedelta(days=1), shops=None)
    assert (row["orders"], row["paid_orders"], row["paid_minor"]) == (1, 1, 1990)
    shop.rows("update payment_reminder set sent_at = p.paid_at + interval '0.9 s' from payment p returning 1")
    (row,) = sums(shop.connection, since=datetime.now(UTC) - timedelta(days=1), shops=None)
    assert row["paid_orders"] == 1, "providers tell whole seconds"


def test_every_step_is_on_record_without_the_phone(shop: Street) -> None:
    shop.sell()
    shop.whole()
    ((reminder,),) = shop.rows("select id from payment_reminder")
    told = events_of(shop.connection, reminder)
    assert [one["event"] for one in told] == ["asked", "queued", "checked", "sent"]
    for table in ("payment_reminder", "payment_reminder_event", "notice_delivery", "notice", "outbox"):
        assert shop.rows(f"select 1 from {table} t where t::text like '%%13812345678%%'") == [], table
    for word in ("update payment_reminder_event set author = 'x'", "delete from payment_reminder_event"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            shop.connection.execute(word)


def test_the_second_is_sent_after_half_a_day_and_the_provider_is_asked_first(shop: Street) -> None:
    number = shop.sell(minutes=700)
    shop.whole()
    shop.connection.execute("update payment_reminder set sent_at = sent_at - interval '5 hours'")
    shop.connection.execute("update order_book set created_at = created_at - interval '1 hour'")
    shop.connection.execute("delete from payment_reminder_look")
    shop.whole()
    assert shop.numbers() == [number, number]
    ((questions,),) = shop.rows("select questions from payment_reminder where nth = 2")
    assert shop.rows("select status from outbox where idempotency_key = any(%s)", questions) == [("done",)]
    shop.connection.execute("update payment_reminder set sent_at = sent_at - interval '5 hours'")
    shop.connection.execute("delete from payment_reminder_look")
    shop.whole()
    assert len(shop.numbers()) == 2, "never a third by itself"


def test_what_the_provider_knows_and_nobody_told_us_stops_the_second(shop: Street) -> None:
    number = shop.sell(minutes=800)
    shop.whole()
    shop.pay_by_link(number)
    shop.connection.execute("update payment_reminder set sent_at = sent_at - interval '5 hours'")
    shop.connection.execute("delete from payment_reminder_look")
    shop.whole()
    assert shop.numbers() == [number]
    state, why = shop.states()[-1]
    assert len(shop.states()) == 2 and state == "withdrawn" and "已经收到付款" in why


@pytest.mark.parametrize("word", ["paid", "cancelled", "cheaper"])
def test_what_happens_after_it_was_queued_stops_it(shop: Street, word: str) -> None:
    number = shop.sell()
    shop.duty()
    shop.call()
    shop.connection.execute("update payment_reminder set due_at = now()")
    shop.duty()
    assert shop.states() == [("queued", "")]
    if word == "paid":
        shop.pay(number)
    else:
        state, total = ("cancelled", 1990) if word == "cancelled" else ("await_payment", 1000)
        ((made,),) = shop.rows("select created_at from order_book where order_no = %s", number)
        at = datetime.now(UTC)
        told = order(
            number, state, channel="myshop", codes="myshop", created_at=made, modified_at=at, total_minor=total
        )
        hear(shop.connection, told)
    shop.post(turns=3)
    assert shop.texts() == [] and shop.rows("select status from notice_delivery") == [("dropped",)]
    assert shop.states()[0][0] == "withdrawn"


def test_a_provider_that_cannot_be_asked_stops_it_and_is_not_asked_for_ever(shop: Street) -> None:
    number = shop.sell(minutes=800)
    shop.whole()
    shop.connection.execute("update payment_reminder set sent_at = sent_at - interval '5 hours'")
    for turn in range(8):
        shop.connection.execute("delete from payment_reminder_look")
        shop.duty()
        shop.connection.execute("update outbox set status = 'failed', last_error = '签名不对' where status = 'waiting'")
        shop.whole(rounds=1)
        assert len(shop.states()) <= turn + 2, "one a look"
    assert shop.numbers() == [number]
    states = shop.states()
    assert [state for state, _ in states] == ["sent", "withdrawn", "withdrawn", "withdrawn"]
    assert all("问不到支付机构是否已付（签名不对）" in why for state, why in states if state == "withdrawn")
    assert any("没有发成" in words for words in shop.looks())


def test_a_link_of_another_amount_is_not_sent(shop: Street) -> None:
    number = shop.sell(minutes=1)
    assert isinstance(shop.by_hand(number), int)
    shop.call()
    shop.connection.execute("update pay_order set amount_minor = 1")
    shop.whole()
    ((state, why),) = shop.states()
    assert state == "withdrawn" and "别的金额" in why and shop.texts() == []


def test_what_was_heard_and_not_read_yet_is_read_first(shop: Street) -> None:
    shop.sell()
    shop.duty()
    shop.call()
    shop.connection.execute("update payment_reminder set due_at = now()")
    shop.duty()
    arrival = inbox.Arrival(dedupe_key=bytes.fromhex(digest("x", "1")), body=b"{}")
    with shop.connection.transaction():
        inbox.store_one(shop.connection, source="wx-shop", way="webhook", arrival=arrival)
    shop.post(turns=2)
    assert shop.texts() == [] and shop.states() == [("queued", "")]
    assert shop.rows("select status, attempts from notice_delivery") == [("waiting", 0)]
    shop.call()
    shop.connection.execute("update notice_delivery set due_at = now()")
    shop.post()
    assert len(shop.texts()) == 1


def test_a_gateway_that_does_not_answer_is_not_asked_twice(shop: Street) -> None:
    shop.sell()
    shop.hall.fault = lambda _platform, _asked: Reply(status=503, body=b"")
    shop.whole(rounds=6)
    ((state, why),) = shop.states()
    assert state == "unsure" and why.startswith("是否送达不明")
    assert len(shop.hall.asked) == 1
    ((delivery,),) = shop.rows("select id from notice_delivery")
    assert send_again(shop.connection, [delivery], actor=ADMIN) == 0, "nor by the log's button"


def test_a_gateway_that_cannot_be_reached_is_tried_again(shop: Street) -> None:
    number = shop.sell()
    ((right,),) = shop.rows("select config ->> 'base_url' from notice_robot")
    _base(shop, "http://127.0.0.1:9")
    shop.whole(rounds=2)
    assert shop.states() == [("queued", "")] and shop.texts() == []
    _base(shop, right)
    shop.drain()
    assert shop.numbers() == [number]


def _base(shop: Street, address: str) -> None:
    ((config,),) = shop.rows("select config from notice_robot")
    change = RobotChange(config={**config, "base_url": address})
    store_robots.change_robot(shop.connection, "sms-demo", change, channels=CHANNELS, key=KEY, actor=ADMIN)


def test_a_gateway_that_is_too_busy_is_asked_again_and_one_that_refuses_is_not(shop: Street) -> None:
    shop.sell()
    busy = orjson.dumps({"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发流控"})
    shop.hall.fault = lambda _platform, _asked: Reply(body=busy)
    shop.whole(rounds=2)
    assert shop.states() == [("queued", "")]
    shop.hall.fault = lambda _platform, _asked: None
    shop.drain()
    shop.duty()
    assert len(shop.texts()) == 1
    shop.sell()
    shop.hall.fault = lambda _platform, _asked: Reply(body=b'{"Code":"isv.TEMPLATE_MISSING_PARAMETERS","Message":"no"}')
    shop.whole(rounds=3)
    assert [state for state, _ in shop.states()] == ["sent", "failed"]


def test_what_is_missing_is_said_and_no_message_is_made(shop: Street) -> None:
    shop.sell()
    shop.sell(phone="138****5678")
    shop.connection.execute("update notice_setting set value = '' where name = 'public_url'")
    shop.duty()
    assert ["没有填写" in words or "手机号" in words for words in shop.looks()] == [True, True]
    shop.connection.execute(
        "update notice_setting set value = %s where name = 'public_url'", (f"https://{'x' * 40}.example",)
    )
    shop.connection.execute("delete from payment_reminder_look")
    shop.duty()
    assert any("太长" in words for words in shop.looks())
    shop.connection.execute("update notice_setting set value = %s where name = 'public_url'", (BASE,))
    shop.connection.execute("update notice_robot set config = config - 'buyer_template_code'")
    shop.connection.execute("delete from payment_reminder_look")
    shop.duty()
    assert any("模板编号" in words for words in shop.looks()) and shop.states() == []


def test_platforms_are_left_alone_and_the_days_limit_is_kept(shop: Street) -> None:
    shop.sell(channel="jd")
    shop.rule("own", most_per_day=2)
    for _ in range(4):
        shop.sell()
    shop.whole()
    assert len(shop.texts()) == 2 and "今天的条数已到上限" in shop.looks()
    assert all(one.startswith("OWN") for one in shop.numbers())
    refused = shop.by_hand(shop.sell(channel="jd"))
    assert isinstance(refused, Never) and "没有开启" in refused.words


def test_by_hand_at_once_and_not_again_within_minutes(shop: Street) -> None:
    shop.rule("own", mode="by_hand")
    number = shop.sell(minutes=1)
    shop.duty()
    assert shop.states() == []
    assert isinstance(shop.by_hand(number), int)
    again = shop.by_hand(number)
    assert isinstance(again, Never) and "正在发送" in again.words
    shop.whole()
    assert shop.numbers() == [number] and isinstance(shop.by_hand(number), Later)
    assert shop.rows("select asked_by from payment_reminder") == [("kefu",)]
    assert shop.rows("select author, ip from payment_reminder_event where event = 'asked'") == [("kefu", "10.0.0.9")]


def test_many_workers_send_each_once(shop: Street, migrated_database: Database) -> None:
    numbers = [shop.sell() for _ in range(12)]

    def work() -> None:
        with (
            psycopg.connect(migrated_database.app_url, autocommit=True) as connection,
            closing(SendDuty(CHANNELS, key=KEY, gates=reminding.GATES)) as posting,
        ):
            for _ in range(8):
                reminding.duty(KEY).turn(connection, now=datetime.now(UTC))
                posting.turn(connection, now=datetime.now(UTC))

    shop.duty()
    shop.call()
    shop.connection.execute("update payment_reminder set due_at = now()")
    _threads(work, 4)
    shop.drain()
    shop.whole()
    assert Counter(shop.numbers()) == Counter(numbers)


def _threads(work: Any, count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


@pytest.mark.parametrize("seed", range(4))
def test_payment_and_reminder_at_once(shop: Street, migrated_database: Database, seed: int) -> None:
    """Nobody is written to after we had heard that he paid: what was heard before the gate looked stops the message."""
    rng, numbers = random.Random(seed), [shop.sell() for _ in range(16)]
    shop.duty()
    shop.call()
    shop.connection.execute("update payment_reminder set due_at = now()")
    shop.duty()
    heard: dict[str, datetime] = {}

    def pay() -> None:
        with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
            payer = object.__new__(Street)
            payer.connection = connection
            for number in rng.sample(numbers, len(numbers)):
                time.sleep(rng.random() * 0.02)
                payer.pay(number)
                ((heard[number],),) = payer.rows("select clock_timestamp()")

    def send() -> None:
        with (
            psycopg.connect(migrated_database.app_url, autocommit=True) as connection,
            closing(SendDuty(CHANNELS, key=KEY, gates=reminding.GATES)) as posting,
        ):
            deadline = time.monotonic() + 5
            while len(heard) < len(numbers) and time.monotonic() < deadline:
                posting.turn(connection, now=datetime.now(UTC))
                connection.execute("update robot_pace set tokens = null, tokens_at = null")
                time.sleep(rng.random() * 0.02)

    threads = [threading.Thread(target=pay), threading.Thread(target=send), threading.Thread(target=send)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    shop.drain()
    shop.duty()
    counts = Counter(shop.numbers())
    assert all(count == 1 for count in counts.values())
    for number, state, checked in shop.rows("select order_no, state, checked_at from payment_reminder"):
        assert (state == "sent") == (number in counts) and state in ("sent", "withdrawn")
        if state == "sent":
            assert checked < heard[number], "it left before we heard"
    assert len(shop.states()) == 16


def test_killed_again_and_again_nobody_is_written_to_twice(shop: Street, migrated_database: Database) -> None:
    numbers = [shop.sell() for _ in range(10)]
    for turn in range(8):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.money.reminder_process", migrated_database.app_url],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"ready"
        time.sleep(0.03 + 0.05 * turn)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    shop.connection.execute("update outbox set due_at = now() where status = 'waiting'")
    for _ in range(3):
        shop.whole(rounds=1)
        shop.drain()
    shop.duty()
    counts = Counter(shop.numbers())
    assert counts and all(count == 1 for count in counts.values()) and set(counts) <= set(numbers)
    states = Counter(state for state, _ in shop.states())
    assert states["sent"] + states["unsure"] == 10 == sum(states.values())
    assert len(counts) >= states["sent"], "what is called sent was sent; what is unsure may have been"
    twice = shop.rows("select reminder_id, event from payment_reminder_event group by 1, 2 having count(*) > 1")
    assert not twice, "every step once"


def test_a_message_whose_sender_died_after_the_gate_is_unsure(shop: Street) -> None:
    shop.sell()
    shop.duty()
    shop.call()
    shop.connection.execute("update payment_reminder set due_at = now()")
    shop.duty()
    with closing(SendDuty(CHANNELS, key=KEY, gates=reminding.GATES)) as dying:
        dying._post = lambda _one: (_ for _ in ()).throw(KeyboardInterrupt())  # type: ignore[method-assign,assignment]
        with pytest.raises(KeyboardInterrupt):
            dying.turn(shop.connection, now=datetime.now(UTC))
    assert shop.rows("select status, under_way from notice_delivery") == [("waiting", True)]
    shop.connection.execute("update notice_delivery set due_at = now()")
    shop.post()
    shop.duty()
    ((state, why),) = shop.states()
    assert state == "unsure" and "中断" in why and shop.texts() == []
    shop.whole()
    assert len(shop.states()) == 1
