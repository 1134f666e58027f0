"""Personal data covered: what stays, and that the rest is really gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.people.masking import mask_address, mask_name, mask_phone


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812345678", "138****5678"),
        ("138-1234-5678", "138-****-5678"),
        ("+86 138 1234 5678", "+86 1** **** 5678"),
        ("0571-8888666", "057*-***8666"),
        ("12345", "***45"),
        ("110", "***"),
        ("", ""),
        ("1381234abcd", "*****34****"),
    ],
)
def test_phones(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@given(st.text(alphabet="0123456789-+ x", max_size=25))
def test_at_least_a_third_of_a_phone_is_covered(phone: str) -> None:
    digits = sum(one.isdigit() for one in phone)
    shown = sum(one.isdigit() for one in mask_phone(phone))
    assert shown <= max(2, 7)
    assert digits - shown >= min(digits, 3)


@pytest.mark.parametrize(
    ("name", "masked"), [("张三", "张*"), ("欧阳锋", "欧*"), ("李", "*"), ("", ""), (" 王五 ", "王*")]
)
def test_names(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@given(st.text(min_size=1))
def test_a_name_tells_one_character_and_not_its_length(name: str) -> None:
    assert len(mask_name(name)) <= 2


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("浙江省杭州市余杭区文一西路969号3幢", "浙江省****"),
        ("中国 上海市浦东新区张江路1号", "上海市****"),
        ("新疆维吾尔自治区喀什地区某路", "新疆维吾尔自治区****"),
        ("北京朝阳区", "北京****"),
        ("某某小区3栋", "****"),
        ("华润超市对面", "****"),
        (" ", ""),
    ],
)
def test_addresses(address: str, masked: str) -> None:
    assert mask_address(address) == masked
