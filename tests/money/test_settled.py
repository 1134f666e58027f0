"""Breaks of settlement as rows: short parts of pay-outs, conventions that are no fault, and keys that stay."""

from datetime import date

from fenghe.money.causes import Cause
from fenghe.money.payouts import BankLine, Payout, Settled
from fenghe.money.settled import of_parts, of_settlement

DAY = date(2026, 2, 3)


def part(n: int, should: int, paid: int, *, off: int = 1, rows: int = 100) -> tuple[object, ...]:
    return (n, "douyin", "PO1", f"A{n}", "CNY", DAY, should, paid, off, rows)


def test_an_order_s_part_that_is_short() -> None:
    found = of_parts([part(1, 9_500, 9_000), part(2, 9_500, 9_800), part(3, 9_500, 95)])
    assert [(one.order_no, one.difference.cause, one.difference.amount_minor) for one in found] == [
        ("A1", Cause.PAYOUT_SHORT, -500),
        ("A3", Cause.FEN_YUAN_MIXUP, -9_405),
    ]
    assert len({one.key for one in found}) == 2


def test_where_most_rows_are_off_it_is_a_way_of_telling() -> None:
    assert of_parts([part(1, 9_500, 9_000, off=30)]) == []


def test_a_break_keeps_its_key_whatever_the_amount() -> None:
    def told(came: int) -> Settled:
        payout = Payout(provider="alipay", number="PO9", currency="CNY", amount_minor=1_000, day=DAY)
        line = BankLine(id=4, number="B4", currency="CNY", amount_minor=came, day=DAY, text="PO9")
        return Settled(way="reference", payouts=(payout,), lines=(line,))

    first, second = of_settlement(told(900)), of_settlement(told(800))
    assert first is not None and second is not None
    assert (first.key, first.difference.cause, first.difference.amount_minor) == (second.key, Cause.PAYOUT_SHORT, -100)
    assert of_settlement(told(1_000)) is None
    mixed = of_settlement(told(10))
    assert mixed is not None and mixed.difference.cause is Cause.FEN_YUAN_MIXUP
