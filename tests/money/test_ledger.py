"""The ledger on a real database (总账): one voucher a document, corrected by reversal, balanced, chained, closed for good."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from fenghe.kernel.database.address import Database
from fenghe.money import store_ledger
from fenghe.money.store_feeds import FEEDS
from fenghe.money.store_verify import verify
from fenghe.money.tasks_ledger import post_all, seal

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
PAID = datetime(2026, 2, 5, 6, 23, tzinfo=UTC)


@pytest.fixture
def books(migrated_database: Database) -> Iterator[Connection[Any]]:
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        yield connection


def subject(connection: Connection[Any], kind: str, key: str) -> int:
    row = connection.execute("insert into subject (kind, key) values (%s, %s) returning id", (kind, key)).fetchone()
    assert row is not None
    return int(row[0])


def order(connection: Connection[Any], number: str, due: int, *, state: str = "finished", refunded: int = 0) -> int:
    own = subject(connection, "order", f"taobao:{number}")
    connection.execute(
        "insert into order_book (subject_id, channel, order_no, state, currency, due_minor, refunded_minor, paid_at)"
        " values (%s, 'taobao', %s, %s, 'CNY', %s, %s, %s)",
        (own, number, state, due, refunded, PAID),
    )
    return own


def payment(connection: Connection[Any], number: str, amount: int, *, order_no: str, binding: str = "bound") -> int:
    own = subject(connection, "payment", f"alipay:{number}")
    connection.execute(
        "insert into payment (subject_id, provider, payment_no, out_trade_no, order_no, succeeded, currency, amount_minor,"
        " paid_at, binding) values (%s, 'alipay', %s, %s, %s, true, 'CNY', %s, %s, %s)",
        (own, number, order_no, order_no, amount, PAID, binding),
    )
    return own


def refund(connection: Connection[Any], number: str, amount: int, *, order_no: str) -> int:
    own = subject(connection, "refund", f"alipay:{number}")
    connection.execute(
        "insert into refund (subject_id, provider, refund_no, order_no, succeeded, currency, amount_minor, refunded_at)"
        " values (%s, 'alipay', %s, %s, true, 'CNY', %s, %s)",
        (own, number, order_no, amount, PAID + timedelta(days=2)),
    )
    return own


def line(
    connection: Connection[Any], n: int, kind: str, net: int, *, ledger: str = "funds", fee: int | None = None
) -> None:
    connection.execute(
        "insert into statement_line (source, message_id, item, provider, ledger, kind, occurred_at, booked_on, currency,"
        " net_minor, fee_minor) values ('bill', %s, 0, 'alipay', %s, %s, %s, '2026-02-05', 'CNY', %s, %s)",
        (n, ledger, kind, PAID, net, fee),
    )


def balances(connection: Connection[Any]) -> dict[str, int]:
    rows = connection.execute(
        "select account, sum(debit_minor - credit_minor)::bigint from ledger_entry group by 1 having"
        " sum(debit_minor - credit_minor) <> 0"
    )
    kept = connection.execute(
        "select account, sum(debit_minor - credit_minor)::bigint from ledger_balance group by 1 having"
        " sum(debit_minor - credit_minor) <> 0"
    )
    found = dict(rows.fetchall())
    assert found == dict(kept.fetchall()), "the kept balances are the sums of the entries"
    assert sum(found.values()) == 0
    return found


def count(connection: Connection[Any]) -> int:
    row = connection.execute("select count(*) from ledger_voucher").fetchone()
    return int(row[0]) if row else 0


def test_an_order_paid_refunded_and_paid_out_leaves_nothing_receivable(books: Connection[Any]) -> None:
    order(books, "A1", 10_000, refunded=2_500)
    payment(books, "P1", 10_000, order_no="A1")
    refund(books, "R1", 2_500, order_no="A1")
    line(books, 1, "fee", -60)
    books.execute(
        "insert into payout (source, message_id, item, provider, payout_no, currency, amount_minor, paid_out_on)"
        " values ('bill', 2, 0, 'alipay', 'OUT1', 'CNY', 7440, '2026-02-09')"
    )
    post_all(books, now=NOW)
    assert balances(books) == {"1012.99": 7_440, "6001": -7_500, "6603.01": 60}
    before = count(books)
    post_all(books, now=NOW)
    assert count(books) == before, "posting again changes nothing"


def test_a_changed_document_is_taken_back_and_booked_anew(books: Connection[Any]) -> None:
    own = order(books, "A1", 10_000)
    post_all(books, now=NOW)
    books.execute(
        "update order_book set state = 'cancelled', changed_at = clock_timestamp() where subject_id = %s", (own,)
    )
    post_all(books, now=NOW)
    assert balances(books) == {}
    told = books.execute("select memo, reverses_id is not null from ledger_voucher order by id").fetchall()
    assert told == [("订单应收", False), ("冲销 记-2026-02-000001", True)]


def test_money_that_belongs_to_no_order_waits_in_suspense_until_it_does(books: Connection[Any]) -> None:
    own = payment(books, "P1", 5_000, order_no="A9", binding="refused")
    post_all(books, now=NOW)
    assert balances(books) == {"1012.01": 5_000, "2241.01": -5_000}
    books.execute("update payment set binding = 'bound', changed_at = clock_timestamp() where subject_id = %s", (own,))
    post_all(books, now=NOW)
    assert balances(books) == {"1012.01": 5_000, "1122": -5_000}


@pytest.mark.parametrize("first", ["trade", "funds"])
def test_a_fee_told_by_two_bills_is_booked_once_whichever_comes_first(books: Connection[Any], first: str) -> None:
    bills = [(1, "payment", 10_000, "trade", -60), (2, "fee", -60, "funds", None)]
    for n, kind, net, ledger, fee in bills if first == "trade" else reversed(bills):
        line(books, n, kind, net, ledger=ledger, fee=fee)
        post_all(books, now=NOW)
    assert balances(books) == {"1012.01": -60, "6603.01": 60}


def test_a_document_under_way_is_not_lost(migrated_database: Database, books: Connection[Any]) -> None:
    """An order stamped early and committed late, after the cursor had passed its stamp."""
    with psycopg.connect(migrated_database.app_url) as slow:
        order(slow, "SLOW", 100)
        order(books, "QUICK", 200)
        post_all(books, now=NOW)
        slow.commit()
    post_all(books, now=NOW)
    assert balances(books) == {"1122": 300, "6001": -300}


def test_a_closed_month_refuses_and_what_comes_late_goes_to_the_next(books: Connection[Any]) -> None:
    order(books, "A1", 100)
    post_all(books, now=NOW)
    books.execute("update accounting_period set status = 'closed' where name = '2026-02'")
    order(books, "A2", 200)
    post_all(books, now=NOW)
    rows = books.execute("select voucher_no, booked_on::text from ledger_voucher order by id").fetchall()
    assert rows == [("记-2026-02-000001", "2026-02-05"), ("记-2026-03-000001", "2026-03-01")]
    with pytest.raises(psycopg.errors.CheckViolation, match="closed"):
        books.execute(
            "insert into ledger_voucher (voucher_no, period, booked_on, event, document_kind, document_key, currency,"
            " total_minor, rule_version, prev_hash, hash) values ('x', '2026-02', '2026-02-05', 'e', 'd', 'k', 'CNY', 0,"
            " 'r', '', '')"
        )


def test_the_database_refuses_a_voucher_that_does_not_balance(books: Connection[Any]) -> None:
    order(books, "A1", 100)
    post_all(books, now=NOW)
    with pytest.raises(psycopg.errors.CheckViolation, match="differ"):
        books.execute(
            "insert into ledger_entry (voucher_id, line, account, debit_minor) select id, 9, '1002', 5 from ledger_voucher"
        )


def test_only_one_posts_at_a_time(migrated_database: Database, books: Connection[Any]) -> None:
    order(books, "A1", 100)
    with psycopg.connect(migrated_database.app_url) as other:
        assert store_ledger.lock(other)
        assert post_all(books, now=NOW) == 0
    assert post_all(books, now=NOW) > 0


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("update ledger_voucher set total_minor = total_minor + 1 where id = %s", "content does not match its hash"),
        (
            "update ledger_entry set account = '6001' where voucher_id = %s and line = 1",
            "content does not match its hash",
        ),
        ("delete from ledger_entry where voucher_id = %s", "content does not match its hash"),
        ("update ledger_voucher set prev_hash = '\\x00' where id = %s", "does not follow the voucher before"),
    ],
)
def test_what_a_superuser_changes_is_named(migrated_database: Database, change: str, problem: str) -> None:
    with psycopg.connect(migrated_database.app_url, autocommit=True) as books:
        for n in range(5):
            order(books, f"A{n}", 100 + n)
        post_all(books, now=NOW)
        assert seal(books) == 5
        assert verify(books).bad is None
        third = books.execute("select id, voucher_no from ledger_voucher order by id offset 2 limit 1").fetchone()
        assert third is not None
        with psycopg.connect(str(migrated_database.superuser_url), autocommit=True) as root:
            root.execute("set session_replication_role = replica")
            root.execute(change.encode(), (third[0],))
        bad = verify(books).bad
    assert bad is not None and (bad.voucher_no, bad.problem) == (third[1], problem)


def test_the_application_cannot_touch_what_is_booked(books: Connection[Any]) -> None:
    order(books, "A1", 100)
    post_all(books, now=NOW)
    for table in ("ledger_voucher", "ledger_entry", "ledger_seal", "period_change"):
        for deed in (f"delete from {table}", f"truncate {table}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                books.execute(deed.encode())
    assert [feed.name for feed in FEEDS] == ["order", "payment", "refund", "payout", "statement"]
