"""Pay-outs and bank lines: what is matched, what is short, what is on its way, and that nothing is guessed or lost."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fenghe.money.payouts import BankLine, Payout, Settled, settle
from fenghe.money.policy import Matching

FRIDAY = date(2026, 2, 6)


def payout(number: str, amount: int, *, after: int = 0, provider: str = "alipay") -> Payout:
    return Payout(
        provider=provider, number=number, currency="CNY", amount_minor=amount, day=FRIDAY + timedelta(days=after)
    )


def line(at: int, amount: int, *, after: int = 1, text: str = "") -> BankLine:
    return BankLine(
        id=at, number=f"B{at}", currency="CNY", amount_minor=amount, day=FRIDAY + timedelta(days=after), text=text
    )


def ways(told: list[Settled]) -> dict[str, Any]:
    return {one.way: ([p.number for p in one.payouts], [b.id for b in one.lines]) for one in told}


def test_a_weekend_comes_in_one_line() -> None:
    told = settle(
        [payout("PO001", 500), payout("PO002", 700, after=1), payout("PO003", 900, after=2)],
        [line(1, 2_100, after=3)],
        Matching(),
    )
    assert ways(told) == {"together": (["PO001", "PO002", "PO003"], [1])}


def test_a_named_pay_out_that_is_short() -> None:
    told = settle([payout("PO001", 50_000)], [line(1, 49_000, text="结算PO001款")], Matching())
    assert [(one.way, one.off_minor) for one in told] == [("reference", -1_000)]


def test_an_unnamed_pay_out_that_is_short_is_found_when_only_one_fits() -> None:
    told = settle([payout("PO001", 50_000), payout("PO002", 9_000)], [line(1, 49_500), line(2, 9_000)], Matching())
    assert {(one.way, one.off_minor) for one in told} == {("short", -500), ("amount", 0)}


def test_a_short_line_among_several_days_is_the_one_it_clearly_misses_least() -> None:
    payouts = [payout("PO001", 50_000), payout("PO002", 54_000, after=1), payout("PO003", 50_050, provider="wechatpay")]
    lines = [line(1, 49_900, text="支付宝结算款"), line(2, 53_900, after=2, text="支付宝结算款")]
    told = settle(payouts, lines, Matching())
    short = {one.payouts[0].number: one.off_minor for one in told if one.way == "short"}
    assert short == {"PO001": -100, "PO002": -100}


def test_two_pay_outs_that_a_short_line_misses_alike_are_left_to_a_person() -> None:
    told = settle([payout("PO001", 50_000), payout("PO002", 50_040)], [line(1, 49_900)], Matching())
    assert not [one for one in told if one.way == "short"]


def test_two_ways_to_fill_a_line_are_left_to_a_person() -> None:
    payouts = [payout("PO001", 300), payout("PO002", 500), payout("PO003", 200), payout("PO004", 600)]
    told = settle(payouts, [line(1, 800, after=4), line(2, 1, after=20)], Matching())
    assert all(one.way == "missing" and "人工匹配" in one.note for one in told if one.payouts)


def test_within_its_days_it_is_on_the_way_and_after_them_missing() -> None:
    told = settle([payout("PO001", 300), payout("PO002", 500, after=9)], [line(1, 77, after=10)], Matching())
    assert ways(told) == {"missing": (["PO001"], []), "on_the_way": (["PO002"], [])}


def test_a_provider_s_money_that_nobody_paid_out() -> None:
    told = settle([], [line(1, 77, text="财付通支付科技 结算款"), line(2, 99, text="房租退款")], Matching())
    assert ways(told) == {"alone": ([], [1])}


def test_a_weekend_of_which_a_part_did_not_come() -> None:
    payouts = [payout("PO001", 50_000), payout("PO002", 70_000, after=1), payout("PO003", 90_000, after=2)]
    told = settle(payouts, [line(1, 208_300, after=3, text="支付宝 结算款")], Matching())
    assert [(one.way, len(one.payouts), one.off_minor) for one in told] == [("short", 3, -1_700)]


def test_two_weekends_that_a_short_line_could_be_are_left_to_a_person() -> None:
    other = [payout(f"WX{at}", 70_010, after=at, provider="wechatpay") for at in range(3)]
    payouts = [payout(f"PO{at:03}", 70_000, after=at) for at in range(3)]
    assert not [
        one for one in settle([*payouts, *other], [line(1, 208_300, after=3)], Matching()) if one.way == "short"
    ]


def test_lines_that_hang_together_by_name_and_one_that_names_only_some() -> None:
    payouts = [payout("PO001", 500), payout("PO002", 700), payout("PO003", 900), payout("PO004", 40)]
    lines = [line(1, 300, text="PO001"), line(2, 900, text="PO001 PO002"), line(3, 940, text="结算 PO003 等")]
    told = settle(payouts, lines, Matching())
    assert sorted((one.way, sorted(p.number for p in one.payouts), one.off_minor) for one in told) == [
        ("reference", ["PO001", "PO002"], 0),
        ("reference", ["PO003", "PO004"], 0),
    ]


def test_lines_without_a_day_and_in_another_currency() -> None:
    timeless = BankLine(id=1, number="B1", currency="CNY", amount_minor=1_200, day=None, text="")
    dollars = BankLine(id=2, number="B2", currency="USD", amount_minor=500, day=FRIDAY, text="PO009")
    payouts = [payout("PO001", 500), payout("PO002", 700), payout("PO009", 90)]
    told = settle(payouts, [timeless, dollars], Matching())
    assert ways(told) == {"together": (["PO001", "PO002"], [1]), "on_the_way": (["PO009"], [])}
    exact = BankLine(id=3, number="B3", currency="CNY", amount_minor=700, day=None, text="")
    assert ways(settle([payout("PO002", 700)], [exact], Matching())) == {"amount": (["PO002"], [3])}


def test_a_line_that_names_two_providers_is_nobody_s_short_one() -> None:
    told = settle([payout("PO001", 50_000)], [line(1, 49_500, text="支付宝 微信 结算")], Matching())
    assert not [one for one in told if one.way == "short"]


def test_runs_of_two_providers_that_both_fill_a_line() -> None:
    other = [payout(f"WX{at}", 600, after=at, provider="wechatpay") for at in range(2)]
    told = settle([payout("PO001", 500), payout("PO002", 700, after=1), *other], [line(1, 1_200, after=2)], Matching())
    assert not [one for one in told if one.way == "together"]


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 6)), max_size=8),
    st.lists(st.tuples(st.integers(1, 20), st.integers(0, 9)), max_size=5),
)
def test_every_pay_out_is_told_of_once_and_every_line_at_most_once(
    out: list[tuple[int, int]], came: list[tuple[int, int]]
) -> None:
    payouts = [payout(f"PO{at:03}", amount, after=after) for at, (amount, after) in enumerate(out)]
    lines = [line(at, amount, after=after) for at, (amount, after) in enumerate(came)]
    told = settle(payouts, lines, Matching())
    assert sorted(p.number for one in told for p in one.payouts) == [p.number for p in payouts]
    ids = [b.id for one in told for b in one.lines]
    assert len(ids) == len(set(ids))
    assert all(not one.off_minor for one in told if one.way in ("amount", "together"))
    assert settle(payouts[::-1], lines[::-1], Matching()) == told
