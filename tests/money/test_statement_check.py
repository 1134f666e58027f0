"""A statement's own figures: balances chain in any order, a missing row is a gap with its place, totals compare as numbers."""

import random

from hypothesis import given
from hypothesis import strategies as st

from fenghe.money.layouts import Total
from fenghe.money.statement_check import Chain, Sums, compare_totals, number_of
from fenghe.money.statement_words import figures_of, is_total_row, read_remarks

MOVES = st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=30)


def rows(moves: list[int], opening: int = 5_000) -> list[tuple[int, int, int]]:
    """(net, balance after, line) of an account's movements."""
    told, balance = [], opening
    for line, net in enumerate(moves, 1):
        balance += net
        told.append((net, balance, line))
    return told


def chain_of(told: list[tuple[int, int, int]]) -> Chain:
    """The rows put on a chain in this order."""
    chain = Chain()
    for net, balance, line in told:
        chain.add(net=net, balance=balance, line=line)
    return chain


@given(MOVES, st.randoms(use_true_random=False))
def test_a_whole_account_has_no_gap_in_any_order(moves: list[int], chance: random.Random) -> None:
    told = rows(moves)
    chance.shuffle(told)
    assert chain_of(told).gaps(newest_first=False) == []


@given(MOVES)
def test_it_begins_and_ends_where_the_account_does(moves: list[int]) -> None:
    told = rows(moves)
    opening, closing = chain_of(told).ends(newest_first=False)
    if sum(moves):
        assert (opening, closing) == (5_000, 5_000 + sum(moves))
        assert chain_of(told[::-1]).ends(newest_first=True) == (opening, closing)


@given(st.lists(st.integers(1, 10_000), min_size=3, max_size=30), st.data())
def test_a_missing_row_is_one_gap_at_its_place(moves: list[int], data: st.DataObject) -> None:
    told = rows(moves)
    missing = data.draw(st.integers(1, len(told) - 2))
    before, after = told[missing - 1], told[missing + 1]
    del told[missing]
    assert chain_of(told).gaps(newest_first=False) == [(after[2], before[1], after[1] - after[0])]


def test_rows_without_a_balance_make_no_chain() -> None:
    chain = Chain()
    chain.add(net=1, balance=None, line=1)
    chain.add(net=1, balance=2, line=2)
    assert not chain.checkable and chain.silent == 1


TOTALS = (
    Total(says="总交易单数", count=True),
    Total(says="退款总金额", sum="退款金额", where={"状态": ("REFUND",)}),
    Total(says="支出合计 共", sum="支出", absolute=True),
)


def test_totals_compare_as_numbers() -> None:
    sums = Sums(TOTALS)
    sums.add({"状态": "REFUND"}, {"退款金额": 150, "支出": -200})
    sums.add({"状态": "SUCCESS"}, {"退款金额": 999, "支出": -100})
    told = {"总交易单数": "2.0", "退款总金额": "1.50000", "支出合计 共": "3.00", "没有的": "1"}
    assert compare_totals(told, sums) == ([], 3)
    (difference,), _ = compare_totals({"退款总金额": "1.51"}, sums)
    assert (difference.check, difference.expected, difference.got) == ("退款总金额", "1.51", "1.50")
    (difference,), _ = compare_totals({"总交易单数": "坏"}, sums)
    assert difference.got == "2"


def test_numbers_of_figures() -> None:
    assert number_of("`1,234.50") == number_of("1234.5") and number_of("x") is None and number_of("NaN") is None


def test_remarks_as_providers_write_them() -> None:
    assert figures_of("#交易合计:3笔,商家实收共246.40元,商家优惠共1.50元") == {
        "交易合计": "3", "交易合计 商家实收共": "246.40", "交易合计 商家优惠共": "1.50",
    }  # fmt: skip
    assert figures_of("共66笔记录") == {"共": "66"}
    assert figures_of("收入:1笔 28.50元") == {"收入": "1", "收入 元": "28.50"}
    said = read_remarks(
        [
            "#账号：[2088]",
            "#起始日期：[2026年02月05日 00:00:00]   终止日期：[2026年02月06日 00:00:00]",
            "期初余额：1,000.00",
        ]
    )
    assert (said.account, str(said.period_from), str(said.period_to), said.opening) == (
        "2088",
        "2026-02-05",
        "2026-02-06",
        "1,000.00",
    )
    impossible = read_remarks(["起始日期：[2026年02月31日]"])
    assert impossible.period_from is None


def test_total_rows() -> None:
    assert is_total_row(["`合计", "", "1"]) and is_total_row(["", "人民币合计", "3"])
    assert not is_total_row(["合计退款给张三", "1"]) and not is_total_row(["2026-02-01", "1"])


@given(st.text(max_size=200))
def test_any_remark_is_harmless(text: str) -> None:
    read_remarks([text])
    figures_of(text)
