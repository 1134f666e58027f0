"""The daily cap on cents (分差日限额): one cause while small together, each named beyond, whatever order they come in."""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import orjson
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import Connection

from fenghe.kernel.database.address import Database
from fenghe.money.causes import TO_PROVIDER, Cause
from fenghe.money.cents import Stands, capped
from fenghe.money.chain import Difference
from fenghe.money.found import Found, key_of
from fenghe.money.policy import KIND, SHIPPED, problems
from fenghe.money.tasks_recon import Ask, Report, run
from tests.money.month import Month, make
from tests.money.pour import pour
from tests.money.test_month import found as in_queue

NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)
DAYS = (date(2026, 2, 1), date(2026, 2, 2), None)


def cent(
    number: str, amount: int, *, provider: str = "alipay", day: date | None = DAYS[0], currency: str = "CNY"
) -> Found:
    """A difference within the tolerance."""
    told = Difference(
        cause=Cause.CENT_DIFFERENCE, field="amount", ours_minor=100, theirs_minor=100 + amount, amount_minor=amount,
        currency=currency, documents=(), steps=((currency, TO_PROVIDER, amount),),
    )  # fmt: skip
    scope = f"order:{number}"
    return Found(key=key_of(scope, told), scope_key=scope, difference=told, order_no=number, provider=provider, day=day)


def test_the_first_that_goes_beyond_and_all_after_it_are_over() -> None:
    told = [cent("A3", 1), cent("A1", 4), cent("A2", -7), cent("B1", 9, day=DAYS[1]), cent("A0", 3, provider="jd")]
    causes = {one.order_no: one.difference.cause for one in capped(told, cap=10)}
    assert causes == {
        "A1": Cause.CENT_DIFFERENCE, "A2": Cause.CENT_OVER_CAP, "A3": Cause.CENT_OVER_CAP,
        "B1": Cause.CENT_DIFFERENCE, "A0": Cause.CENT_DIFFERENCE,
    }  # fmt: skip
    over = next(one for one in capped(told, cap=10) if one.order_no == "A2")
    assert over.difference.note == (
        "alipay 2026-02-01 的分差共 3 笔、0.12 CNY，超过每天 0.10 CNY 的限额；按单号排到本笔时已超"
    )
    assert over.key != cent("A2", -7).key and over.key == key_of("order:A2", over.difference)
    assert all(one.difference.cause == Cause.CENT_DIFFERENCE for one in capped(told, cap=12))
    assert {one.difference.cause for one in capped(told, cap=0)} == {Cause.CENT_OVER_CAP}


def test_what_stands_elsewhere_takes_its_share_and_is_not_told_again() -> None:
    stands = Stands(scope_key="order:A0", provider="alipay", day=DAYS[0], currency="CNY", amount_minor=-8)
    (one,) = capped([cent("A1", 4)], [stands, msgspec.structs.replace(stands, provider="jd")], cap=10)
    assert one.difference.cause == Cause.CENT_OVER_CAP and "共 2 笔、0.12 CNY" in one.difference.note
    (one,) = capped([cent("A1", 4)], [msgspec.structs.replace(stands, scope_key="order:A2")], cap=10)
    assert one.difference.cause == Cause.CENT_DIFFERENCE


cents = st.lists(
    st.builds(
        cent,
        st.integers(0, 40).map(str),
        st.integers(-9, 9).filter(bool),
        provider=st.sampled_from(["alipay", "wechatpay", ""]),
        day=st.sampled_from(DAYS),
        currency=st.sampled_from(["CNY", "USD"]),
    ),
    max_size=40,
    unique_by=lambda one: one.order_no,
)


@given(cents, st.integers(0, 60), st.randoms())
def test_no_order_of_arrival_and_no_amount_matters_otherwise(told: list[Found], cap: int, rng: random.Random) -> None:
    named = list(capped(told, cap=cap))
    shuffled = rng.sample(told, len(told))
    assert sorted(one.key for one in capped(shuffled, cap=cap)) == sorted(one.key for one in named)
    assert sorted((one.scope_key, one.difference.amount_minor, one.difference.steps) for one in named) == sorted(
        (one.scope_key, one.difference.amount_minor, one.difference.steps) for one in told
    )
    kept: dict[Any, int] = defaultdict(int)
    whole: dict[Any, int] = defaultdict(int)
    for one in named:
        name, amount = (one.provider, one.day, one.difference.currency), abs(one.difference.amount_minor)
        whole[name] += amount
        kept[name] += amount if one.difference.cause == Cause.CENT_DIFFERENCE else 0
    assert all(amount <= cap for amount in kept.values())
    assert all(kept[name] == whole[name] for name in whole if whole[name] <= cap)


@given(cents, st.integers(0, 60))
def test_a_higher_cap_names_no_more(told: list[Found], cap: int) -> None:
    def over(cap: int) -> set[str]:
        return {one.order_no for one in capped(told, cap=cap) if one.difference.cause == Cause.CENT_OVER_CAP}

    assert over(cap + 5) <= over(cap)


def test_a_cap_below_nothing_is_refused() -> None:
    assert problems("matching", {**SHIPPED["matching"], "cent_daily_cap_minor": -1}) == ["分差每天的限额不能是负数"]
    assert problems("matching", SHIPPED["matching"]) == []


# ── a whole run ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def connection(migrated_database: Database) -> Iterator[Connection[Any]]:
    with psycopg.connect(migrated_database.app_url, autocommit=True) as opened:
        yield opened


def declare(connection: Connection[Any], cap: int) -> None:
    """Put a cap in force."""
    connection.execute(
        "insert into declaration_version (kind, name, version, body, note, author) select %(kind)s, 'matching',"
        " coalesce(max(version), 0) + 1, %(body)s::jsonb, 'test', 'test' from declaration_version"
        " where kind = %(kind)s and name = 'matching'",
        {"kind": KIND, "body": orjson.dumps({**SHIPPED["matching"], "cent_daily_cap_minor": cap}).decode()},
    )


def do(connection: Connection[Any], kind: str = "reconcile", **ask: Any) -> Report:
    return run(connection, Ask(**{"kind": kind, **ask}), now=NOW)


def month() -> Month:
    return make(300, faults={"cent_difference": 60, "amount_wrong": 2})


def rows_of(report: Report, cause: str) -> tuple[int, int]:
    """(count, amount) of a cause in the waterfall's first step."""
    told = [one for one in report.waterfall if one.cause == cause and one.place == 2 * TO_PROVIDER - 1]
    return sum(one.count for one in told), sum(one.amount_minor for one in told)


def test_the_cap_is_a_row_of_its_own_when_it_is_hit(migrated_database: Database, connection: Connection[Any]) -> None:
    planted = month()
    pour(migrated_database.app_url, planted)
    plain = do(connection)
    assert plain.gaps == [] and in_queue(connection) == planted.planted and rows_of(plain, "cent_over_cap") == (0, 0)
    declare(connection, 2)
    report = do(connection)
    assert report.gaps == [], "still to the cent"
    queue = in_queue(connection)
    cents, over = queue["cent_difference"], queue["cent_over_cap"]
    assert over and cents and cents | over == planted.planted["cent_difference"] and not cents.keys() & over.keys()
    assert rows_of(report, "cent_over_cap") == (len(over), sum(over.values()))
    assert report.found["cent_over_cap"]["CNY"] == {"count": len(over), "amount_minor": sum(over.values())}
    _within(connection, 2)
    notes = connection.execute(
        "select note from recon_break where cause = 'cent_over_cap' and status = 'open'"
    ).fetchall()
    assert all("超过每天 0.02 CNY 的限额" in note for (note,) in notes)
    again = do(connection, "scan")
    assert (again.moved.opened, again.moved.changed, again.moved.closed) == (0, 0, 0)
    declare(connection, 100_00)
    do(connection)
    assert in_queue(connection) == planted.planted, "a higher cap takes them back"


def test_ten_thousand_orders_are_told_apart_as_before(migrated_database: Database, connection: Connection[Any]) -> None:
    planted = make(10_000, faults=40)
    pour(migrated_database.app_url, planted)
    report = do(connection)
    assert in_queue(connection) == planted.planted, "recall and precision 1.0, by kind"
    assert report.gaps == []


def _within(connection: Connection[Any], cap: int) -> None:
    days = connection.execute(
        "select sum(abs(amount_minor)) from recon_break where cause = 'cent_difference' and status = 'open'"
        " group by provider, day, currency"
    ).fetchall()
    assert days and all(amount <= cap for (amount,) in days)


@pytest.mark.parametrize("scope", ["new", "days"])
def test_the_parts_end_as_the_whole(migrated_database: Database, connection: Connection[Any], scope: str) -> None:
    """Payments come in two loads, days are looked at one by one: the names end where one run over everything has them."""
    planted = month()
    declare(connection, 3)
    pour(
        migrated_database.app_url,
        Month(orders=planted.orders, payments=planted.payments[::2], vouchers=planted.vouchers),
    )
    do(connection, "scan", scope="new", last=date(2026, 3, 1))
    pour(migrated_database.app_url, Month(payments=planted.payments[1::2], refunds=planted.refunds))
    if scope == "new":
        do(connection, "scan", scope="new", last=date(2026, 3, 2))
    else:
        for n in range(32):
            day = date(2026, 1, 31) + timedelta(days=n)
            do(connection, "scan", scope="days", first=day, last=day)
    parts = connection.execute("select key from recon_break where status = 'open' order by 1").fetchall()
    do(connection, "scan", scope="all")
    assert connection.execute("select key from recon_break where status = 'open' order by 1").fetchall() == parts
    assert connection.execute("select 1 from recon_break where cause = 'cent_over_cap' and status = 'open'").fetchone()
