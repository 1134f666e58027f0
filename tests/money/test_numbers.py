"""Numbers as money compares them (商户单号): noise comes off, a channel's prefix too, a shortened number is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.money.numbers import Shortened, clean_number, like_an_order, order_no_of, shape_of


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("`4200001234", "4200001234"),
        ("2026020522001\t", "2026020522001"),
        ('="0012345"', "0012345"),
        ("'6921234567", "6921234567"),
        ("  TB 2026  ", "TB2026"),
        ("\ufeff123", "123"),
        ("12E5", "12E5"),
        ("", ""),
    ],
)
def test_noise_comes_off(told: str, number: str) -> None:
    assert clean_number(told) == number


@pytest.mark.parametrize("told", ["2.07E+17", "2.07e17", "207E+15", "`2.07E+17"])
def test_a_shortened_number_is_refused(told: str) -> None:
    with pytest.raises(Shortened):
        clean_number(told)
    assert order_no_of(told) == ""


@pytest.mark.parametrize(
    ("told", "order_no"),
    [
        ("T200P1234567890123456789", "1234567890123456789"),
        ("T50060NP2407654321987654321", "2407654321987654321"),
        ("T200PFH20260205000001", "FH20260205000001"),
        ("T200P", "T200P"),
        ("T12PABCDEFGH1", "T12PABCDEFGH1"),
        ("TB20260222000000000017", "TB20260222000000000017"),
        ("00e7ee1b050b8499577073aeb2a297a1", "00e7ee1b050b8499577073aeb2a297a1"),
        ("6921234567-1", "6921234567-1"),
        ("备注里的字", ""),
        ("", ""),
        ("x" * 65, ""),
    ],
)
def test_the_order_a_number_stands_for(told: str, order_no: str) -> None:
    assert order_no_of(told) == order_no


@given(st.text(max_size=80))
def test_any_text_has_an_answer_and_cleaning_twice_changes_nothing(told: str) -> None:
    order_no = order_no_of(told)
    assert order_no_of(order_no) in (order_no, order_no_of(order_no))
    shape_of(told)
    try:
        cleaned = clean_number(told)
    except Shortened:
        return
    assert clean_number(cleaned).strip() == clean_number(cleaned)


def test_a_strange_number_does_not_look_like_an_order() -> None:
    shapes = {shape_of(number) for number in ("TB20260222000000000017", "2407654321987654321")}
    assert like_an_order("TB20260222000000099999", shapes)
    assert like_an_order("240765432198765432", shapes), "a numbering may have had a digit less"
    for strange in (
        "pay_8f3a9c",
        "550e8400-e29b-41d4-a716-446655440000",
        "TB17",
        "QR20260222000000000017",
        "x9f8a7b6c5",
    ):
        assert not like_an_order(strange, shapes)
    assert like_an_order("ffff1111050b8499577073aeb2a297a1", {shape_of("00e7ee1b050b8499577073aeb2a297a1")})
