"""Breaks of settlement as rows: short parts of pay-outs, conventions that are no fault, and keys that stay."""

from datetime import date

from fenghe.money.causes import Cause
from fenghe.money.payouts import BankLine, Payout, Settled
from fenghe.money.settled import of_absence, of_parts, of_settlement, of_statement

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


def test_money_that_nobody_paid_out_and_money_that_did_not_come() -> None:
    line = BankLine(id=4, number="B4", currency="CNY", amount_minor=77, day=DAY, text="财付通")
    alone = of_settlement(Settled(way="alone", lines=(line,)))
    assert alone is not None and (alone.scope_key, alone.difference.cause) == ("line:4", Cause.BANK_WITHOUT_PAYOUT)
    payout = Payout(provider="alipay", number="PO9", currency="CNY", amount_minor=1_000, day=DAY)
    missing = of_settlement(Settled(way="missing", payouts=(payout,)))
    waiting = of_settlement(Settled(way="on_the_way", payouts=(payout,)))
    assert missing is not None and (missing.difference.cause, missing.difference.amount_minor) == (
        Cause.PAYOUT_SHORT,
        -1_000,
    )
    assert waiting is not None and waiting.difference.cause is Cause.TIMING
    more = of_settlement(Settled(way="reference", payouts=(payout,), lines=(BankLine(
        id=5, number="B5", currency="CNY", amount_minor=1_500, day=DAY, text="PO9"),)))  # fmt: skip
    assert more is not None and more.difference.cause is Cause.AMOUNT_WRONG


def test_a_statement_that_tells_another_amount_or_nothing() -> None:
    row = ("payment", 1, "P1", "A1", "alipay", "CNY", 1_000, 7, "L7", 900, DAY)
    assert (of_statement(row).difference.cause, of_statement(row).difference.amount_minor) == (
        Cause.STATEMENT_AMOUNT_WRONG,
        -100,
    )
    mixed = of_statement((*row[:9], 10, DAY))
    assert mixed.difference.cause is Cause.FEN_YUAN_MIXUP
    absent = of_absence((1, "P1", "A1", "alipay", "CNY", 1_000, DAY))
    assert (absent.difference.cause, absent.difference.amount_minor, absent.payment_no) == (
        Cause.NOT_ON_STATEMENT,
        -1_000,
        "P1",
    )
