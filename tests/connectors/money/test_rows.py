"""Rows of payments, refunds, vouchers and pay-outs: everyday names, exact amounts, units told or refused, words or nothing."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.connectors.money_file import CONNECTOR, Way, read_fields
from fenghe.kernel.connecting import InboundMessage, Reading
from fenghe.money.events import PaymentState, RefundState
from fenghe.money.layouts import Kind, Layout, find_layout, shipped_layouts


def read(kind: Kind, unit: Any = "major", **cells: str) -> Reading:
    """A row of a file of that kind, recognised by its columns."""
    layout = find_layout(cells, shipped_layouts(kind))
    assert isinstance(layout, Layout), layout
    return read_fields(cells, Way(layout=layout, unit=unit, provider="shop"))


def one(kind: Kind, **cells: str) -> Any:
    """The one item that such a row makes."""
    reading = read(kind, **cells)
    assert not reading.unreadable, reading.unreadable
    (item,) = reading.items
    return item


def test_a_payment_of_everyday_columns() -> None:
    told = one("payments", out_trade_no="TB1", txn="4200X", cents="137", status="SUCCESS", at="2026-02-22 08:00:00")
    assert (told.provider, told.payment_no, told.out_trade_no, told.order_no) == ("shop", "4200X", "TB1", "TB1")
    assert (told.state, told.amount_minor) == (PaymentState.SUCCESS, 137)
    assert told.paid_at == datetime(2026, 2, 22, tzinfo=UTC)


def test_a_payment_of_chinese_columns() -> None:
    cells = {"商户订单号": "T200P2067719225654838", "支付宝交易号": "`2026", "支付渠道": "支付宝", "支付金额(元)": "1,234.50",
             "支付状态": "支付成功", "支付时间": "2026年2月5日 14：00：01"}  # fmt: skip
    told = one("payments", **cells)
    assert (told.provider, told.payment_no, told.order_no) == ("alipay", "2026", "2067719225654838")
    assert (told.amount_minor, told.paid_at) == (123450, datetime(2026, 2, 5, 6, 0, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("column", "text", "minor"),
    [
        ("amount", "12.00", 1200), ("amount_fen", "1200", 1200), ("amountCents", "1200", 1200), ("金额", "12", 1200),
        ("金额（分）", "1200", 1200), ("pay_amount_yuan", "12", 1200), ("amount_minor", "1200", 1200),
    ],
)  # fmt: skip
def test_a_heading_tells_the_unit(column: str, text: str, minor: int) -> None:
    assert one("payments", payment_no="1", status="paid", **{column: text}).amount_minor == minor


def test_a_bare_whole_amount_is_never_guessed() -> None:
    (fault,) = read("payments", "", payment_no="1", amount="1200").unreadable
    assert (fault.field, fault.code) == ("amount", "unit_unclear")
    assert read("payments", "", payment_no="1", amount="12.00").items[0].amount_minor == 1200
    assert read("payments", "minor", payment_no="1", amount_fen="12").items[0].amount_minor == 12


def test_yen_have_no_fen_to_mix_up() -> None:
    assert read("payments", "", payment_no="1", amount="1200", currency="JPY").items[0].amount_minor == 1200


@pytest.mark.parametrize("word", ["怪", "PAID?", ""])
def test_an_unknown_status_is_a_finding(word: str) -> None:
    told = one("payments", payment_no="1", amount="1.00", status=word)
    assert (told.state, told.status_code) == (None, word)


def test_without_a_status_column_what_is_listed_succeeded() -> None:
    assert one("payments", payment_no="1", amount="1.00").state is PaymentState.SUCCESS


def test_refunds_have_words_of_their_own_and_one_sign() -> None:
    told = one("refunds", refund_no="R1", out_trade_no="A1", refund_amount="-3.00", status="退款成功", at="2026-02-01")
    assert (told.state, told.amount_minor, told.order_no) == (RefundState.SUCCESS, 300, "A1")
    assert one("refunds", refund_no="R1", amount="3.00", status="退款中").state is RefundState.PROCESSING


def test_vouchers() -> None:
    told = one("vouchers", out_trade_no="A1", voucher_no="V1", amount="9.90", vtype="order", d="2026-02-22")
    assert (told.voucher_no, told.voucher_type, told.amount_minor, told.booked_on) == (
        "V1",
        "order",
        990,
        date(2026, 2, 22),
    )
    sides = {"凭证号": "记-1", "借方金额": "", "贷方金额": "5.00", "凭证类型": "手续费"}
    assert (one("vouchers", **sides).voucher_type, one("vouchers", **sides).amount_minor) == ("fee", 500)
    assert one("vouchers", voucher_no="V2", amount="-1.00").voucher_type == "refund"
    assert one("vouchers", voucher_no="V2", amount="1.00", type="预提").voucher_type == "预提"


def test_payouts() -> None:
    told = one(
        "payouts",
        payout_no="P1",
        net_cents="990",
        gross_cents="1000",
        fee_cents="10",
        provider="微信",
        date="2026-02-22",
    )
    assert (told.provider, told.amount_minor, told.gross_minor, told.fee_minor) == ("wechatpay", 990, 1000, 10)
    assert told.paid_out_on == date(2026, 2, 22)


def test_olist_payments_are_numbered_by_order_and_sequence() -> None:
    cells = {"order_id": "f09", "payment_sequential": "2", "payment_type": "voucher", "payment_installments": "1",
             "payment_value": "27.63"}  # fmt: skip
    told = one("payments", **cells)
    assert (told.payment_no, told.order_no, told.currency, told.amount_minor) == ("f09:2", "f09", "BRL", 2763)
    assert told.state is PaymentState.SUCCESS


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"payment_no": "2.07E+17", "amount": "1.00"}, "payment_no"), ({"payment_no": "1", "amount": "1.005"}, "amount"),
        ({"payment_no": "1", "amount": "x"}, "amount"), ({"payment_no": "", "amount": "1.00"}, "payment_no"),
        ({"payment_no": "1", "amount": ""}, "amount"), ({"payment_no": "1", "amount": "1.00", "at": "2026-02-30"}, "at"),
        ({"payment_no": "1", "amount": "1.00", "currency": "朵"}, "currency"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_names_its_column(cells: dict[str, str], field: str) -> None:
    reading = read("payments", **cells)
    assert not reading.items and reading.unreadable[0].field == field


@given(st.integers(-(10**12), 10**12))
def test_amounts_are_exact(minor: int) -> None:
    sign, size = ("-" if minor < 0 else ""), abs(minor)
    assert one("payments", payment_no="1", amount=f"{sign}{size // 100}.{size % 100:02d}").amount_minor == minor
    assert one("payments", payment_no="1", amount_fen=str(minor)).amount_minor == minor


@given(
    st.dictionaries(st.text(max_size=12), st.text(max_size=30), max_size=6),
    st.sampled_from(["payments", "statement", ""]),
)
def test_any_row_is_read_or_told_of(cells: dict[str, str], kind: str) -> None:
    message = InboundMessage(
        id=1,
        source="s",
        connector="money_file",
        received_ms=0,
        headers={"fenghe-kind": kind},
        body=json.dumps(cells).encode(),
    )
    reading = CONNECTOR.read(message)
    assert reading.items or reading.unreadable
