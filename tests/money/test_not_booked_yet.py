"""Finance books a day when it is over: what moved today has no voucher yet and is on its way, what is older lacks one."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.values import CHINA
from fenghe.money.causes import Cause
from fenghe.money.chain import Chain, MoneyDoc, OrderDoc
from fenghe.money.classify import classify
from fenghe.money.policy import Days, Matching, Policy, unbooked_days

NUMBER = "TB202602010000000002"
TODAY = date(2026, 2, 10)
LATELY = Days(after=TODAY - timedelta(days=1), through=TODAY)
DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))


def chain(paid: datetime, *, back: datetime | None = None) -> Chain:
    """An order of 10.00 that was paid, and perhaps partly given back, and never booked."""
    order = OrderDoc(id=1, order_no=NUMBER, kind="live", due_minor=1000, refunded_minor=300 if back else 0)
    money = MoneyDoc(
        kind="payment", id=1, number="P1", order_no=NUMBER, out_trade_no=NUMBER, amount_minor=1000, at=paid
    )
    refund = MoneyDoc(kind="refund", id=2, number="R1", order_no=NUMBER, amount_minor=300, at=back)
    return Chain(order_no=NUMBER, orders=(order,), payments=(money,), refunds=(refund,) if back else (), vouchers=())


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=CHINA)


@given(booked_until=DAYS, today=DAYS, grace=st.integers(0, 10))
def test_what_must_be_booked_is_what_was_booked_or_had_its_grace(booked_until: date, today: date, grace: int) -> None:
    days = unbooked_days(booked_until, Matching(voucher_grace_days=grace), today=today)
    assert days is not None and days.through == today
    assert days.after >= booked_until and days.after >= today - timedelta(days=grace)
    assert days.after in (booked_until, today - timedelta(days=grace))
    assert not days.hold(booked_until) and not days.hold(today + timedelta(days=1))


def test_without_any_voucher_or_without_the_pass_nothing_is_awaited() -> None:
    assert unbooked_days(None, Matching(), today=TODAY) is None
    without = tuple(one for one in Matching().passes if one != "timing")
    assert unbooked_days(TODAY, Matching(passes=without), today=TODAY) is None


@pytest.mark.parametrize(
    ("day", "cause"),
    [
        (TODAY, Cause.TIMING),
        (TODAY - timedelta(days=1), Cause.VOUCHER_MISSING),
        (TODAY + timedelta(days=1), Cause.VOUCHER_MISSING),
    ],
    ids=str,
)
def test_a_payment_of_today_is_on_its_way_into_the_books(day: date, cause: Cause) -> None:
    policy = Policy(unbooked=LATELY)
    told = classify(chain(at(day)), policy)
    assert [one.cause for one in told.differences] == [cause]
    assert told.provider + sum(amount for one in told.differences for _, _, amount in one.steps) == told.booked == 0


def test_a_day_is_chinas() -> None:
    policy = Policy(unbooked=Days(after=TODAY, through=TODAY + timedelta(days=1)))
    late = datetime(2026, 2, 10, 23, 59, tzinfo=CHINA)
    assert classify(chain(late), policy).differences[0].cause is Cause.VOUCHER_MISSING
    after_midnight = at(TODAY + timedelta(days=1), hour=0)
    assert classify(chain(after_midnight), policy).differences[0].cause is Cause.TIMING


def test_a_refund_of_today_is_awaited_beside_a_payment_that_lacks_its_voucher() -> None:
    policy = Policy(unbooked=LATELY)
    told = classify(chain(at(TODAY - timedelta(days=5)), back=at(TODAY)), policy)
    assert {one.field: one.cause for one in told.differences} == {
        "voucher": Cause.VOUCHER_MISSING,
        "refund_voucher": Cause.TIMING,
    }
    assert all(one.note for one in told.differences if one.cause is Cause.TIMING)
