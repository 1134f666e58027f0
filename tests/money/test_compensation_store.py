"""Compensation in the database (自动补偿): once whatever dies when, by two people, and only while the break stands as it was."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from fenghe.hub.acts import ACTS
from fenghe.kernel.database.address import Database
from fenghe.kernel.outbox.sender import Sender
from fenghe.kernel.people.person import Actor
from fenghe.kernel.web.problems import Problem
from fenghe.money import store_compensation, tasks_compensation
from fenghe.money.compensation import CHANGED
from fenghe.money.store_compensation_queries import (
    Filter,
    list_compensations,
    propose_by_person,
    say_absent,
    try_again,
)
from fenghe.money.tasks_compensation import CompensationDuty
from fenghe.simulator.clock import VirtualClock
from fenghe.simulator.orders_app import OrderDesk, build_orders_app
from fenghe.simulator.running import serving
from fenghe.simulator.till import Sold
from fenghe.simulator.till_app import TillGateway, build_till_app
from tests.house.tree import ROOT
from tests.kernel.outbox.outside import KEY
from tests.money.compensating import BOSS, Shop, month, till_of
from tests.money.hearing import hear, payment, refund


@pytest.fixture
def shop(migrated_database: Database) -> Iterator[Shop]:
    told = month(good=3, unheard=1, ghosts=1, cancelled=2, partial=1)
    gateway, desk = TillGateway(till_of(told), VirtualClock(datetime.now(UTC))), OrderDesk(seed=3)
    with (
        serving(build_till_app(gateway)) as till,
        serving(build_orders_app(desk)) as channels,
        psycopg.connect(migrated_database.app_url, autocommit=True) as connection,
    ):
        shop = Shop(connection, told, till=till, desk_address=channels, desk=desk)
        shop.connect(gateway)
        shop.live()
        shop.reconcile()
        shop.compensate()
        yield shop


def ours(shop: Shop) -> list[Any]:
    return [one for one in shop.gateway.till.refunds.values() if one.out_refund_no.startswith("FH")]


class Died(Exception):
    """The process is gone."""


def test_a_sender_that_dies_between_sending_and_booking_refunds_once(shop: Shop) -> None:
    shop.approve(kind=("refund_payment",))
    shop.compensate()
    sender = Sender(shop.connection, ACTS, key=KEY)
    sender.turn()
    deadline = time.monotonic() + 10
    while len(ours(shop)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)  # the answers have arrived
    sender.close()  # what came back is never collected
    assert len(ours(shop)) == 2 and not shop.rows(
        "select 1 from outbox where status = 'done' and act = 'refund.create'"
    )
    shop.connection.execute("update outbox set due_at = now() where status = 'waiting'")
    shop.whole()
    assert len(ours(shop)) == 2, "asked for twice, refunded once"
    assert shop.states()["refund_payment", "done"][0] == 2


@pytest.mark.parametrize("place", ["_call", "move"])
def test_a_duty_that_dies_between_approval_and_call_begins_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    shop.approve()
    whose = tasks_compensation if place == "_call" else store_compensation
    real, calls = getattr(whose, place), []

    def die(*told: Any, **more: Any) -> Any:
        calls.append(told)
        if len(calls) > 1 or place == "move":
            raise Died
        return real(*told, **more)

    monkeypatch.setattr(whose, place, die)
    before = shop.rows("select count(*) from outbox"), shop.rows("select count(*) from inbound_message")
    with pytest.raises(Died):
        CompensationDuty().turn(shop.connection, now=datetime.now(UTC) + timedelta(seconds=5))
    assert (shop.rows("select count(*) from outbox"), shop.rows("select count(*) from inbound_message")) == before
    monkeypatch.undo()
    shop.whole()
    assert len(ours(shop)) == 2 and shop.states()["book_refund", "done"] == (1, 1_000)
    assert shop.rows("select count(*) from finance_voucher where voucher_no like 'FHV-%%'") == [(1,)]


def test_many_duties_at_once_do_it_once(shop: Shop, migrated_database: Database) -> None:
    shop.approve()

    def work() -> None:
        with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
            for _ in range(4):
                CompensationDuty().turn(connection, now=datetime.now(UTC))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    shop.whole()
    assert len(ours(shop)) == 2
    started = shop.rows("select compensation_id, count(*) from compensation_event where event = 'started' group by 1")
    assert started and all(count == 1 for _, count in started)


def test_nobody_approves_his_own(shop: Shop) -> None:
    shop.approve(approve=False)
    assert {state for _, state in shop.states()} >= {"refused"}
    ids = [row[0] for row in shop.rows("select break_id from compensation where kind = 'refund_payment'")]
    with pytest.raises(Problem) as caught:
        propose_by_person(shop.connection, ids, actor=BOSS, now=datetime.now(UTC))
    assert caught.value.code == "nothing_to_propose", "what was refused is not proposed again while nothing changed"
    one = shop.rows("select id from compensation where kind = 'refund_payment' limit 1")[0][0]
    for state in ("approved", "under_way", "done"):
        with pytest.raises(psycopg.errors.CheckViolation):
            shop.connection.execute(
                "update compensation set state = %s, decided_by = proposed_by where id = %s", (state, one)
            )
        with pytest.raises(psycopg.errors.CheckViolation):
            shop.connection.execute("update compensation set state = %s, decided_by = null where id = %s", (state, one))


def test_a_persons_own_proposal_waits_for_another(shop: Shop) -> None:
    shop.connection.execute(
        "update compensation set state = 'withdrawn', decided_by = null where kind = 'refund_payment'"
    )
    shop.connection.execute("update compensation set proposed_by = 'laoban' where state = 'withdrawn'")
    shop.connection.execute("update compensation set state = 'proposed' where proposed_by = 'laoban'")
    with pytest.raises(Problem) as caught:
        shop.approve(kind=("refund_payment",))
    assert caught.value.code == "second_person_needed"
    assert shop.approve(kind=("refund_payment",), actor=Actor("caiwu", "10.0.0.3")) == 2


def test_what_was_refunded_by_hand_meanwhile_is_not_refunded_again(shop: Shop) -> None:
    shop.approve(kind=("refund_payment",))
    one = shop.month.cancelled[0]
    _by_hand(shop, one)
    shop.compensate()
    rows = {row["order_no"]: row for row in list_compensations(shop.connection, Filter(kind=("refund_payment",)))}
    assert (rows[one.order_no]["state"], rows[one.order_no]["why"]) == ("withdrawn", CHANGED)
    shop.whole()
    assert {back.payment_no for back in ours(shop)} == {shop.paid(shop.month.cancelled[1]).payment_no}


def test_a_proposal_goes_with_its_break(shop: Shop) -> None:
    one, other = shop.month.cancelled
    _by_hand(shop, one)
    shop.reconcile()
    shop.compensate()
    rows = {row["order_no"]: row for row in list_compensations(shop.connection, Filter(kind=("refund_payment",)))}
    assert (rows[one.order_no]["state"], rows[one.order_no]["break_status"]) == ("withdrawn", "closed")
    assert rows[other.order_no]["state"] == "proposed"


def _by_hand(shop: Shop, one: Sold) -> None:
    """Somebody refunds it at the provider's own page, and we hear of it."""
    paid = shop.paid(one)
    told = refund(
        one.order_no, provider=paid.provider, payment_no=paid.payment_no, out_trade_no=paid.out_trade_no,
        refund_no="BY-HAND", amount_minor=paid.amount_minor,
    )  # fmt: skip
    hear(shop.connection, told)


def test_an_order_that_no_channel_has_is_proposed_to_be_refunded(shop: Shop) -> None:
    """PDD publishes no code for it: this shop has declared the one it has seen."""
    shop.connection.execute(
        "update source set config = config || '{\"no_order_codes\":\"50000\"}' where id = 'pdd-shop'"
    )
    shop.whole()
    ghost = shop.month.ghosts[0]
    rows = {row["kind"]: row for row in list_compensations(shop.connection, Filter(number=ghost.order_no))}
    assert rows["rebuild_order"]["state"] == "failed" and "渠道没有这个订单" in rows["rebuild_order"]["why"]
    assert (rows["refund_payment"]["state"], rows["refund_payment"]["amount_minor"]) == ("proposed", ghost.due_minor)
    assert not ours(shop), "money still waits for a person"
    shop.approve(number=ghost.order_no)
    shop.whole()
    assert [one.amount_minor for one in ours(shop)] == [ghost.due_minor]
    shop.reconcile()
    assert "pay_without_order" not in shop.open_breaks()


def test_where_the_channel_does_not_say_a_person_may_and_another_decides(shop: Shop) -> None:
    shop.whole()
    ghost = shop.month.ghosts[0]
    (row,) = list_compensations(shop.connection, Filter(number=ghost.order_no))
    assert (row["kind"], row["state"]) == ("rebuild_order", "failed")
    assert "没有问到" in row["why"] and "没有说清" in row["why"], "an unknown answer leads to no refund"
    with shop.connection.transaction():
        made = say_absent(shop.connection, row["id"], reason="拼多多后台查无此单", actor=BOSS, now=datetime.now(UTC))
    assert made == 1
    rows = {one["kind"]: one for one in list_compensations(shop.connection, Filter(number=ghost.order_no))}
    assert rows["rebuild_order"]["why"] == "渠道没有这个订单：laoban 核对渠道后台后确认，拼多多后台查无此单"
    assert (rows["refund_payment"]["state"], rows["refund_payment"]["proposed_by"]) == ("proposed", "laoban")
    with pytest.raises(Problem) as caught:
        shop.approve(number=ghost.order_no)
    assert caught.value.code == "second_person_needed"
    with pytest.raises(Problem), shop.connection.transaction():
        say_absent(shop.connection, row["id"], reason="再说一次", actor=BOSS, now=datetime.now(UTC))
    assert shop.approve(number=ghost.order_no, actor=Actor("caiwu", "10.0.0.3")) == 1
    shop.whole()
    assert [one.amount_minor for one in ours(shop)] == [ghost.due_minor]
    events = shop.rows("select author, event, body ->> 'why' from compensation_event where event = 'absent'")
    assert events == [("laoban", "absent", "拼多多后台查无此单")]


def test_the_days_limit_holds_and_the_rest_waits_for_the_next_day(shop: Shop) -> None:
    shop.rows(
        "insert into declaration_version (kind, name, version, body, note, author) values ('compensation_policy',"
        " 'cancelled_not_refunded', 1, '{\"mode\":\"propose\",\"most_per_day\":1}', '', 't') returning 1"
    )
    shop.approve(kind=("refund_payment",))
    shop.whole()
    assert len(ours(shop)) == 1
    ((waits,),) = shop.rows("select waits from compensation where state = 'approved'")
    assert "上限" in waits
    CompensationDuty().turn(shop.connection, now=datetime.now(UTC) + timedelta(days=1, minutes=5))
    shop.connection.execute("update outbox set due_at = now() where status = 'waiting'")
    shop.send()
    assert len(ours(shop)) == 2


def test_what_the_provider_refused_can_be_proposed_again_by_a_person(shop: Shop) -> None:
    one = shop.month.cancelled[0]
    paid = shop.paid(one)
    shop.gateway.till.refund(paid, request="ELSEWHERE", amount_minor=paid.amount_minor, at=paid.paid_at or one.paid_at)
    shop.approve(kind=("refund_payment",))
    shop.whole()
    (row,) = list_compensations(shop.connection, Filter(state=("failed",), kind=("refund_payment",)))
    assert row["order_no"] == one.order_no and row["why"]
    with shop.connection.transaction():
        try_again(shop.connection, row["id"], actor=BOSS, now=datetime.now(UTC))
    with pytest.raises(Problem):
        shop.approve(number=one.order_no)
    assert shop.approve(number=one.order_no, actor=Actor("caiwu", "")) == 1
    shop.whole()
    (again,) = list_compensations(shop.connection, Filter(ids=(row["id"],)))
    assert again["state"] == "failed" and again["attempt"] == 2
    gone = [back.amount_minor for back in shop.gateway.till.refunds_of(paid.payment_no)]
    assert sum(gone) == paid.amount_minor


def test_a_process_killed_again_and_again_ends_as_if_it_had_not_been(shop: Shop, migrated_database: Database) -> None:
    shop.approve()
    for turn in range(6):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.money.compensation_process", migrated_database.app_url],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"ready"
        time.sleep(0.02 + 0.03 * turn)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    shop.connection.execute("update outbox set due_at = now() where status = 'waiting'")
    shop.whole()
    assert len(ours(shop)) == 2 and shop.states()["refund_payment", "done"][0] == 2
    assert shop.states()["book_refund", "done"] == (1, 1_000)
    assert shop.rows("select count(*) from finance_voucher where voucher_no like 'FHV-%%'") == [(1,)]
    ended = shop.rows(
        "select compensation_id, event, count(*) from compensation_event group by 1, 2 having count(*) > 1"
    )
    assert not ended, "every step once"


def test_a_second_payment_of_an_order_goes_back_and_the_first_stays(shop: Shop) -> None:
    one, till = shop.month.good[0], shop.gateway.till
    other = "wechatpay" if shop.paid(one).provider == "alipay" else "alipay"
    first = shop.paid(one)
    at = one.paid_at + timedelta(minutes=10)
    made = till.prepare(
        other, out_trade_no=one.order_no, amount_minor=one.due_minor, title=one.title, way="NATIVE", at=at
    )
    again = till.pay(made.payment_no, at)
    told = payment(
        one.order_no, provider=other, payment_no=again.payment_no, out_trade_no=one.order_no,
        amount_minor=one.due_minor, paid_at=at, occurred_at=at,
    )  # fmt: skip
    hear(shop.connection, told)
    shop.work()
    shop.reconcile()
    shop.compensate()
    (row,) = list_compensations(shop.connection, Filter(cause=("duplicate_payment",)))
    assert (row["target"], row["amount_minor"], row["state"]) == (again.payment_no, one.due_minor, "proposed")
    shop.approve(cause=("duplicate_payment",))
    shop.whole()
    assert [back.payment_no for back in ours(shop)] == [again.payment_no] and not till.refunds_of(first.payment_no)
    shop.reconcile()
    assert "duplicate_payment" not in shop.open_breaks()
