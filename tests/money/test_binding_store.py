"""The guard on the real database (凭证绑定): late orders, races, twenty senders, and two workers at once."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import Connection

from fenghe.kernel.audit import store as audit
from fenghe.kernel.database.address import Database
from fenghe.kernel.rulings import Ruling
from fenghe.kernel.values import to_ms
from fenghe.money.tasks_binding import BindingDuty
from tests.money.hearing import at, bindings, cases, guard, hear, number, order, payment, refund
from tests.stories.driving import own_database


@pytest.fixture(scope="module")
def database(cluster: Database, migrated_template: Database) -> Iterator[Database]:
    with own_database(cluster) as database:
        yield database


@pytest.fixture
def connection(database: Database) -> Iterator[Connection[Any]]:
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        yield connection


def test_a_payment_whose_order_comes_late_binds_by_itself_and_its_case_closes_on_record(
    connection: Connection[Any],
) -> None:
    one = number()
    hear(connection, order(number()), payment(one))
    guard(connection)
    assert bindings(connection, one) == [("refused", "pay_without_order")]
    assert cases(connection, one) == [("payment.pay_without_order", "open")]
    assert guard(connection) == 0, "nothing is looked at again for nothing"
    hear(connection, order(one))
    assert guard(connection) == 1
    assert bindings(connection, one) == [("bound", None)]
    assert cases(connection, one) == [("payment.pay_without_order", "self_closed")]
    rows = connection.execute(
        "select a.from_state, a.to_state, a.reason from order_state_audit a join payment p on p.subject_id = a.subject_id"
        " where p.order_no = %s order by a.seq",
        (one,),
    ).fetchall()
    assert rows == [
        (None, "success", "told_by_provider"),
        ("pending", "refused", "pay_without_order"),
        ("refused", "bound", "bound"),
    ]
    assert audit.verify(connection).bad is None
    hear(connection, order(one, "shipped", 9), payment(one))
    assert bindings(connection, one) == [("bound", None)] and cases(connection, one)[-1][1] == "self_closed"


def test_a_payment_that_nobody_told_of_stays_pending_and_stops_nobody_else(connection: Connection[Any]) -> None:
    one, other = number(), number()
    hear(connection, order(one), order(other), payment(one))
    row = connection.execute(
        "insert into subject (kind, key) values ('payment', %s) returning id", (f"wechatpay:99{one}",)
    ).fetchone()
    assert row is not None
    connection.execute(
        "insert into payment (subject_id, provider, payment_no, out_trade_no, order_no, succeeded, currency, amount_minor)"
        " values (%s, 'wechatpay', %s, %s, %s, true, 'CNY', 1990)",
        (row[0], f"99{one}", one, one),
    )
    assert guard(connection) == 2
    assert bindings(connection, one) == [("bound", None), ("pending", "no_evidence")], "it is no second payment either"
    assert cases(connection, one) == [] and guard(connection) == 0
    hear(connection, payment(one, payment_no=f"99{one}", hours=2))
    guard(connection)
    assert bindings(connection, one) == [("bound", None), ("refused", "duplicate_payment")], "told of, it is judged"


def test_an_order_that_may_still_be_on_its_way_is_waited_for(connection: Connection[Any]) -> None:
    one, now = number(), datetime.now(UTC)
    hear(connection, payment(one, paid_at=now, occurred_at=now))
    guard(connection)
    assert bindings(connection, one) == [("pending", "order_on_its_way")] and cases(connection, one) == []
    assert guard(connection) == 0
    guard(connection, now=now + timedelta(seconds=61))
    assert bindings(connection, one) == [("refused", "pay_without_order")]


def test_each_wrong_payment_has_its_own_path(connection: Connection[Any]) -> None:
    wrong = {
        "amount_wrong": payment(number(), amount_minor=1000),
        "cent_difference": payment(number(), amount_minor=1991),
        "fen_yuan_mixup": payment(number(), amount_minor=199_000),
        "currency_wrong": payment(number(), currency="USD"),
    }
    for cause, told in wrong.items():
        hear(connection, told, order(told.out_trade_no))
        guard(connection)
        assert bindings(connection, told.out_trade_no) == [("refused", cause)]
        assert cases(connection, told.out_trade_no) == [(f"payment.{cause}", "open")]
        case = connection.execute(
            "select ours, theirs, evidence ->> 'payment_no' from work_case where kind = %s", (f"payment.{cause}",)
        ).fetchone()
        assert case is not None and case[0] == "应付 19.90 CNY" and case[2] == told.payment_no
        hear(connection, order(told.out_trade_no, hours=2, total_minor=told.amount_minor, currency=told.currency))
        guard(connection)
        assert bindings(connection, told.out_trade_no) == [("bound", None)], "the channel put the price right"


def test_a_person_decides(connection: Connection[Any]) -> None:
    for decision, outcome in (("accept_theirs", ("bound", None)), ("keep_ours", ("refused", "amount_wrong"))):
        one = number()
        hear(connection, payment(one, amount_minor=1000), order(one))
        guard(connection)
        row = connection.execute(
            "select s.key, c.evidence -> 'keys' from work_case c join subject s on s.id = c.subject_id where s.key like %s",
            (f"%{one}1",),
        ).fetchone()
        assert row is not None
        ruling = Ruling(
            subject_kind="payment", subject=row[0], kind="ruling", decision=decision, keys=tuple(row[1]), state=None,
            reason="查过", operator="caiwu", ip="10.0.0.1", said_ms=to_ms(at(48)),
        )  # fmt: skip
        hear(connection, ruling)
        guard(connection)
        assert bindings(connection, one) == [outcome]
        assert cases(connection, one) == [("payment.amount_wrong", "resolved")]
        hear(connection, order(one, hours=3, discount_minor=1))
        guard(connection)
        assert cases(connection, one) == [("payment.amount_wrong", "resolved")], "what was settled stays settled"


def test_a_refund_belongs_to_its_payments_order_also_when_it_came_first(connection: Connection[Any]) -> None:
    one = number()
    hear(connection, refund(one))
    guard(connection)
    hear(connection, payment(one))
    guard(connection)
    hear(connection, order(one))
    guard(connection)
    row = connection.execute(
        "select r.order_id = p.order_id, r.succeeded from refund r join payment p on p.payment_no = r.payment_no"
        " where r.order_no = %s",
        (one,),
    ).fetchone()
    assert row == (True, True)


def at_once(database: Database, *works: Any) -> None:
    """Each work on a connection of its own, all at the same moment."""
    ready = threading.Barrier(len(works))
    problems: list[BaseException] = []

    def run(work: Any) -> None:
        try:
            with psycopg.connect(database.app_url, autocommit=True) as connection:
                ready.wait()
                work(connection)
        except BaseException as problem:  # noqa: BLE001 - told to the test
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not problems, problems


def again(work: Any) -> Any:
    """As the worker does: a deadlock is tried again."""

    def run(connection: Connection[Any]) -> None:
        for _ in range(20):
            try:
                work(connection)
            except psycopg.errors.DeadlockDetected:
                continue
            return

    return run


def saying(*items: Any) -> Any:
    """A worker that hears these."""
    return again(lambda connection: hear(connection, *items))


def test_the_same_callback_from_twenty_senders_is_one_payment(database: Database, connection: Connection[Any]) -> None:
    one = number()
    hear(connection, order(one))
    at_once(database, *([saying(payment(one))] * 20), again(guard), again(guard))
    guard(connection)
    assert bindings(connection, one) == [("bound", None)] and cases(connection, one) == []
    counts = connection.execute(
        "select count(*), count(*) filter (where a.to_state = 'bound') from order_state_audit a"
        " join payment p on p.subject_id = a.subject_id where p.order_no = %s",
        (one,),
    ).fetchone()
    assert counts == (2, 1)


@pytest.mark.parametrize("late", [False, True])
def test_payment_and_cancel_at_once_end_by_when_they_happened(
    database: Database, connection: Connection[Any], late: bool
) -> None:
    for _ in range(5):
        one = number()
        hear(connection, order(one))
        cancelled = order(one, "cancelled", 2)
        paid = payment(one, hours=3 if late else 1)
        at_once(
            database,
            saying(cancelled),
            saying(paid),
            again(guard),
            again(guard),
        )
        guard(connection)
        assert bindings(connection, one) == [("refused", "late_payment") if late else ("bound", None)]
        assert cases(connection, one) == ([("payment.late_payment", "open")] if late else [])


def test_refund_and_payment_at_once(database: Database, connection: Connection[Any]) -> None:
    for _ in range(5):
        one = number()
        hear(connection, order(one))
        at_once(
            database,
            saying(payment(one)),
            saying(refund(one)),
            saying(order(one, "await_shipment", 3, paid_minor=1490)),
            again(guard),
            again(guard),
        )
        guard(connection)
        assert bindings(connection, one) == [("bound", None)]
        row = connection.execute("select order_id is not null from refund where order_no = %s", (one,)).fetchone()
        assert row == (True,)


def story(one: str) -> list[Any]:
    """Everything that may be heard of one order's money; times are the sources' own."""
    return [
        order(one, hours=0.1),
        order(one, "cancelled", 2),
        order(one, "await_shipment", 1.5, paid_minor=1990, paid_at=at(1)),
        payment(one, 1, 1),
        payment(one, 2, 3),
        payment(one, 3, 1.2, amount_minor=1000),
        payment(one, 4, 1.3, amount_minor=990),
        refund(one, 1),
        payment(one, 5, 2.5, out_trade_no=one, provider="alipay"),
    ]


@settings(max_examples=60, deadline=None)
@given(picked=st.lists(st.integers(0, 8), min_size=1, max_size=7, unique=True), data=st.data())
def test_any_interleaving_of_words_and_turns_ends_the_same(
    database: Database, picked: list[int], data: st.DataObject
) -> None:
    one, other = number(), number()
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        hear(connection, *(story(one)[place] for place in picked))
        guard(connection)
        told = data.draw(st.permutations(picked + data.draw(st.lists(st.sampled_from(picked), max_size=4))))
        for place in told:
            hear(connection, story(other)[place])
            if data.draw(st.booleans()):
                BindingDuty().turn(connection, now=datetime.now(UTC))
        guard(connection)
        assert bindings(connection, one) == bindings(connection, other)
        assert {case for case in cases(connection, one) if case[1] == "open"} == {
            case for case in cases(connection, other) if case[1] == "open"
        }
        assert audit.verify(connection).bad is None


def test_a_worker_killed_in_its_turn_leaves_nothing_half(database: Database, connection: Connection[Any]) -> None:
    one = number()
    hear(connection, order(one), payment(one), payment(one, 2, 2))
    victim = psycopg.connect(database.app_url, autocommit=True)
    victim.execute("begin")
    assert BindingDuty().turn(victim, now=datetime.now(UTC)) == 2
    victim.close()  # before it could commit
    assert bindings(connection, one) == [("pending", None), ("pending", None)] and cases(connection, one) == []
    guard(connection)
    assert bindings(connection, one) == [("bound", None), ("refused", "duplicate_payment")]
