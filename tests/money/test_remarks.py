"""Order numbers in remarks: the ways platforms write them, and nothing where there is doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.money.remarks import order_no_in


@pytest.mark.parametrize(
    ("remark", "number"),
    [
        ("淘宝 T200P2067719225654838 收款", "2067719225654838"), ("T50060NP2067719225654838", "2067719225654838"),
        ("CAE_CHARITY==2067719225654838", "2067719225654838"), ("HJCAE_PAY_1==2067719225654838==", "2067719225654838"),
        ("公益宝贝捐赠 KY_ITEM)(2067719225654838", "2067719225654838"),
        ("网上支付 订单编号20250123123213213131 肯特瑞", "20250123123213213131"),
        ("订单号：FH20260205000001；", "FH20260205000001"),
        ("淘宝客佣金代扣款[2067719225654838]", "2067719225654838"), ("order_no=TB2026022200000001", "TB2026022200000001"),
        ("", ""), ("手续费", ""), ("转账 6228480012345678", ""), ("订单号 123", ""),
        ("T200P2067719225654838 T200P2067719225654839", ""), ("订单号11111111 订单号22222222", ""),
        ("订单号11111111 和 订单号：11111111", "11111111"),
    ],
)  # fmt: skip
def test_patterns(remark: str, number: str) -> None:
    assert order_no_in(remark) == number


@given(st.text(max_size=300))
def test_any_text_gives_a_number_of_it_or_nothing(text: str) -> None:
    assert order_no_in(text) in text
