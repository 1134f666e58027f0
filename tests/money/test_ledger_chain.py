"""The voucher chain (凭证链): a path proves its leaf and no other; periods take nothing once closed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.audit.chain import merkle_root
from fenghe.money.ledger_chain import inclusion_path, root_of
from fenghe.money.periods import booking_day, closing_problems, next_period

LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40, unique=True)


@given(leaves=LEAVES, data=st.data())
def test_a_path_leads_from_its_leaf_to_the_root_and_from_no_other(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    path = inclusion_path(leaves, place)
    assert root_of(leaves[place], path) == merkle_root(leaves)
    other = data.draw(st.binary(min_size=32, max_size=32).filter(lambda leaf: leaf != leaves[place]))
    assert root_of(other, path) != merkle_root(leaves)


def test_there_is_no_path_to_a_leaf_that_is_not_there() -> None:
    with pytest.raises(IndexError):
        inclusion_path([b"a"], 1)


def test_a_closed_month_takes_nothing_and_what_comes_late_goes_to_the_next_open_one() -> None:
    today = date(2026, 3, 9)
    assert booking_day(date(2026, 1, 31), set(), today=today) == (date(2026, 1, 31), "2026-01")
    assert booking_day(date(2025, 12, 31), {"2025-12", "2026-01"}, today=today) == (date(2026, 2, 1), "2026-02")
    assert booking_day(None, set(), today=today) == (today, "2026-03")
    assert next_period("2025-12") == "2026-01"


def test_why_a_month_cannot_be_closed_is_said() -> None:
    fine = closing_problems("2026-01", today=date(2026, 2, 1), open_before=(), unposted=0, open_breaks=0)
    assert fine == []
    assert closing_problems("2026-02", today=date(2026, 2, 28), open_before=["2026-01"], unposted=2, open_breaks=3) == [
        "2026-02 还没有过完",
        "更早的期间还没有关账:2026-01",
        "还有 2 张单据没有过账",
        "还有 3 条差异没有处理",
    ]
