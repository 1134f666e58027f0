"""Runs: again changes nothing, late files reopen and close, two at once and a kill in the middle end the same."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from fenghe.kernel.database.address import Database
from fenghe.money.tasks_recon import Ask, Report, ScanAppointment, run
from tests.money.month import Month, make
from tests.money.pour import pour
from tests.money.test_month import found

NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)
QUEUE = (
    "select md5(string_agg(concat_ws('|', key, status, cause, amount_minor, documents, first_run, last_run, changed_at), ','"
    " order by key)), (select count(*) from recon_event), (select count(*) from case_entry),"
    " (select md5(string_agg(key || status || title, ',' order by key)) from work_case) from recon_break"
)
END = (
    "select md5(string_agg(concat_ws('|', key, status, cause, amount_minor, steps), ',' order by key)) from recon_break"
)


@pytest.fixture
def connection(migrated_database: Database) -> Iterator[Connection[Any]]:
    with psycopg.connect(migrated_database.app_url, autocommit=True) as opened:
        yield opened


def do(connection: Connection[Any], kind: str = "reconcile", **ask: Any) -> Report:
    return run(connection, Ask(**{"kind": kind, **ask}), now=NOW)


def test_running_twice_changes_nothing(migrated_database: Database, connection: Connection[Any]) -> None:
    pour(migrated_database.app_url, make(400, faults=2))
    first = do(connection)
    before = connection.execute(QUEUE).fetchall()
    again = do(connection)
    scanned = do(connection, "scan")
    assert connection.execute(QUEUE).fetchall() == before
    for one in (again, scanned):
        assert (one.moved.opened, one.moved.reopened, one.moved.changed, one.moved.closed) == (0, 0, 0, 0)
    assert first.waterfall == again.waterfall
    digests = connection.execute(
        "select distinct inputs ->> 'digest' from recon_run where kind = 'reconcile'"
    ).fetchall()
    assert len(digests) == 1


def test_the_seeds_case(migrated_database: Database, connection: Connection[Any]) -> None:
    """62 paid without an order, 17 cancelled and not refunded, 3 partial refunds not booked: found, named, summed."""
    counts = {"pay_without_order": 62, "cancelled_not_refunded": 17, "partial_refund_not_booked": 3}
    month = make(900, seed=17, faults=counts, settled=False)
    pour(migrated_database.app_url, month)
    report = do(connection, "scan")
    assert {cause: told["CNY"]["count"] for cause, told in report.found.items()} == counts
    assert {cause: told["CNY"]["amount_minor"] for cause, told in report.found.items()} == {
        cause: sum(names.values()) for cause, names in month.planted.items()
    }
    assert found(connection) == month.planted
    titles = [row[0] for row in connection.execute("select title from work_case where status = 'open' order by 1")]
    assert [title.split("，")[0] for title in titles] == ["已取消未退款 17 笔", "支付漏单 62 笔", "部分退款未入账 3 笔"]


def test_a_late_file_closes_with_its_evidence_and_its_loss_is_not_forgotten(
    migrated_database: Database, connection: Connection[Any]
) -> None:
    month = make(200, faults={"voucher_missing": 2, "pay_without_order": 1}, settled=False)
    pour(migrated_database.app_url, month)
    do(connection, "scan")
    number = next(iter(month.planted["voucher_missing"]))
    order = next(one for one in month.orders if one.number == number)
    voucher = replace(month.vouchers[0], number="LATE1", kind="order", order_no=number, amount=order.due)
    pour(migrated_database.app_url, Month(vouchers=[voucher]))
    report = do(connection, "scan", scope="new", last=date(2026, 3, 2))
    assert report.moved.closed == 1
    closed = connection.execute("select closed_by from recon_break where status = 'closed'").fetchall()
    assert [one["number"] for one in closed[0][0]["documents"]] == ["LATE1"]
    again = replace(voucher, number="LATE2", amount=1)
    pour(migrated_database.app_url, Month(vouchers=[again]))
    report = do(connection, "scan", scope="new", last=date(2026, 3, 2))
    assert found(connection)["voucher_amount_wrong"] == {number: 1}
    events = (
        "select event from recon_event e join recon_break b on b.id = e.break_id where b.order_no = %s order by e.id"
    )
    assert [row[0] for row in connection.execute(events, (number,))] == ["opened", "closed", "opened"]


def test_day_by_day_ends_as_all_at_once(migrated_database: Database, connection: Connection[Any]) -> None:
    """The nightly run over files that come in any order ends where one run over everything does."""
    month = make(300, faults=1, settled=False)
    pour(migrated_database.app_url, Month(vouchers=month.vouchers))
    days = [date(2026, 2, 1) + timedelta(days=n) for n in (3, 9, 20, 30)]
    do(connection, "scan", scope="new", last=days[0])
    pour(migrated_database.app_url, Month(payments=month.payments[::2], refunds=month.refunds))
    do(connection, "scan", scope="new", last=days[1])
    pour(migrated_database.app_url, Month(orders=month.orders))
    do(connection, "scan", scope="new", last=days[2])
    pour(migrated_database.app_url, Month(payments=month.payments[1::2]))
    do(connection, "scan", scope="new", last=days[3])
    del month.planted["fee_wrong"]  # a scan compares no fees
    assert found(connection) == month.planted
    before = connection.execute(QUEUE).fetchall()
    do(connection, "scan", scope="all")
    assert connection.execute(QUEUE).fetchall() == before


def test_a_row_that_commits_late_is_seen(migrated_database: Database, connection: Connection[Any]) -> None:
    """A transaction that began before a run and commits after it wrote rows with an older time than the run's."""
    month = make(60, faults=0, settled=False)
    pour(migrated_database.app_url, month)
    do(connection, "scan", scope="new", last=date(2026, 3, 2))
    with psycopg.connect(migrated_database.app_url) as slow:
        slow.execute(
            "insert into finance_voucher (source, message_id, item, voucher_no, voucher_type, order_no, currency, amount_minor,"
            " booked_on) values ('books', 999999, 0, 'SLOW', 'order', 'NO-SUCH', 'CNY', 100, '2026-02-03')"
        )
        began = slow.execute("select now()").fetchall()[0][0]
        for _ in range(2):
            assert do(connection, "scan", scope="new", last=date(2026, 3, 2)).moved.opened == 0
        assert connection.execute("select seen_from from recon_mark").fetchall()[0][0] <= began
        slow.commit()
    assert do(connection, "scan", scope="new", last=date(2026, 3, 2)).moved.opened == 1
    assert set(found(connection)) == {"voucher_without_source"}


def test_what_is_left_for_later_keeps_its_breaks(migrated_database: Database, connection: Connection[Any]) -> None:
    """A break of today that somebody asked for is not closed by the night's run, which looks no further than yesterday."""
    month = make(80, faults={"voucher_missing": 4}, settled=False)
    pour(migrated_database.app_url, month)
    do(connection, "scan", scope="days", first=date(2026, 2, 1), last=date(2026, 2, 28))
    assert found(connection) == month.planted
    for last in (date(2026, 2, 2), date(2026, 2, 3)):
        assert do(connection, "scan", scope="new", last=last).moved.closed == 0
    assert found(connection) == month.planted


def test_the_appointment_scans_up_to_yesterday(migrated_database: Database, connection: Connection[Any]) -> None:
    month = make(80, faults={"voucher_missing": 3}, settled=False)
    pour(migrated_database.app_url, month)
    for day in (date(2026, 2, 10), date(2026, 2, 11), date(2026, 3, 3)):
        ScanAppointment().keep(connection, day=day, now=datetime(2026, 3, 3, tzinfo=UTC))
        late = connection.execute("select count(*) from recon_break where day >= %s", (day,)).fetchall()
        assert late == [(0,)]
    assert found(connection) == month.planted


def test_two_at_once_wait_for_each_other(migrated_database: Database, connection: Connection[Any]) -> None:
    pour(migrated_database.app_url, make(300, faults=2))
    problems: list[BaseException] = []

    def work() -> None:
        try:
            with psycopg.connect(migrated_database.app_url, autocommit=True) as own:
                do(own)
        except BaseException as problem:  # noqa: BLE001 - shown below
            problems.append(problem)

    crowd = [threading.Thread(target=work) for _ in range(3)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert problems == []
    assert connection.execute("select count(*) from recon_event where event <> 'opened'").fetchall() == [(0,)]
    assert connection.execute("select count(distinct run_id) from recon_event").fetchall() == [(1,)]


@pytest.mark.heavy
def test_killed_anywhere_and_run_again_ends_the_same(migrated_database: Database, connection: Connection[Any]) -> None:
    pour(migrated_database.app_url, make(1_500, faults=3))
    script = textwrap.dedent(
        """
        import sys, psycopg
        from datetime import UTC, datetime
        from fenghe.money.tasks_recon import Ask, run
        with psycopg.connect(sys.argv[1], autocommit=True) as connection:
            print("ready", flush=True)
            run(connection, Ask(kind="reconcile"), now=datetime(2026, 3, 3, 2, tzinfo=UTC))
        """
    )
    for wait in (0.05, 0.2, 0.4, 0.8):
        process = subprocess.Popen(
            [sys.executable, "-c", script, migrated_database.app_url],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": "src"},
        )
        assert process.stdout
        process.stdout.readline()
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    do(connection)
    end = connection.execute(END).fetchall()
    assert connection.execute(
        "select count(*) from recon_break where first_run not in (select id from recon_run)"
    ).fetchall() == [(0,)]
    do(connection)
    assert connection.execute(END).fetchall() == end
