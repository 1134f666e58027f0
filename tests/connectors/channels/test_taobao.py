"""Taobao trades: the API's answers, lists, messages; what the platform leaves out is unsaid, never nothing."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fenghe.connectors.taobao import CONNECTOR, read
from fenghe.orders.snapshot import OrderLine, OrderSnapshot, Parcel
from tests.connectors.channels.telling import heard, notes, one, sample


@pytest.fixture
def answer(shared: Path) -> Any:
    return sample(shared, "taobao_trade_fullinfo_get_response.json")


@pytest.fixture
def trade(answer: Any) -> Any:
    return answer["trade_fullinfo_get_response"]["trade"]


def test_the_whole_trade(answer: Any) -> None:
    assert one(CONNECTOR, answer) == OrderSnapshot(
        channel="taobao",
        shop="测试店铺",
        order_no="2067719225654838",
        codes="taobao",
        status_code="status:WAIT_SELLER_SEND_GOODS",
        modified_at=datetime(2026, 2, 5, 7, 0, 5, tzinfo=UTC),
        created_at=datetime(2026, 2, 5, 6, 59, 50, tzinfo=UTC),
        paid_at=datetime(2026, 2, 5, 7, 0, 4, tzinfo=UTC),
        total_minor=13800,
        paid_minor=12800,
        post_minor=0,
        discount_minor=1000,
        payment_no="2026020522001400000000000002",
        order_type="normal",
        buyer="AAHxxxxx",
        receiver_name="张*",
        receiver_phone="*******0000",
        receiver_region="浙江省 杭州市 余杭区",
        receiver_address="**",
        lines=(
            OrderLine(
                line_no="2067719225654838",
                item_id="725654838001",
                sku_id="5022112233445",
                outer_sku_id="CAT-FOOD-2KG",
                title="猫粮 2kg",
                spec="口味:鸡肉;净含量:2kg",
                quantity=1,
                price_minor=13800,
                paid_minor=12800,
                status_code="status:WAIT_SELLER_SEND_GOODS",
                refund_code="refund.status:NO_REFUND",
            ),
        ),
        facts={
            "received_payment": "0.00",
            "available_confirm_fee": "128.00",
            "commission_fee": "0.00",
            "adjust_fee": "0.00",
            "trade_from": "WAP,WAP",
            "oaid": "1mF7xxxx",
        },
    )


def test_parcels_are_told_by_sub_orders(trade: Any) -> None:
    shipped = {"invoice_no": " 78123456789012 ", "logistics_company": "中通快递", "consign_time": "2026-02-06 10:00:00"}
    first = {**trade["orders"]["order"][0], **shipped, "status": "WAIT_BUYER_CONFIRM_GOODS"}
    second = {**first, "oid": "2", "status": "TRADE_CLOSED_BY_TAOBAO"}
    snapshot = one(CONNECTOR, {**trade, "status": "SELLER_CONSIGNED_PART", "orders": {"order": [first, second]}})
    at = datetime(2026, 2, 6, 2, 0, tzinfo=UTC)
    assert snapshot.parcels == (Parcel(tracking_no="78123456789012", carrier_name="中通快递", shipped_at=at),)
    assert [line.status_code for line in snapshot.lines] == [
        "status:WAIT_BUYER_CONFIRM_GOODS",
        "status:TRADE_CLOSED_BY_TAOBAO",
    ]


def test_lists_are_wrapped_twice_once_or_not_at_all(trade: Any) -> None:
    other = {**trade, "tid": 6930162745589500001}
    for body in (
        {"trades_sold_get_response": {"total_results": 2, "trades": {"trade": [trade, other]}}},
        {"trades_sold_increment_get_response": {"has_next": False, "trades": [trade, other]}},
        [trade, other],
    ):
        reading = heard(CONNECTOR, body)
        assert [(s.item, s.order_no) for s in reading.items] == [(0, "2067719225654838"), (1, "6930162745589500001")]
    nothing: list[object] = [{"trades_sold_get_response": told} for told in ({"total_results": 0}, {"request_id": "1"})]
    for empty in [*nothing, []]:
        reading = heard(CONNECTOR, empty)
        assert (reading.items, reading.unreadable) == ((), ())


def test_a_presale_whose_deposit_is_paid(trade: Any) -> None:
    step = {**trade, "type": "step", "status": "WAIT_BUYER_PAY", "step_trade_status": "FRONT_PAID_FINAL_NOPAID"}
    snapshot = one(CONNECTOR, step)
    assert (snapshot.status_code, snapshot.order_type) == ("step_trade_status:FRONT_PAID_FINAL_NOPAID", "presale")
    unpaid = one(CONNECTOR, {**step, "step_trade_status": "FRONT_NOPAID_FINAL_NOPAID"})
    assert unpaid.status_code == "status:WAIT_BUYER_PAY"


def test_an_unknown_status_is_kept_and_odd_letters_stay(trade: Any) -> None:
    order = {**trade["orders"]["order"][0], "title": "猫粮 <\"&'> 😀 \u200b"}
    told = {**trade, "status": "WAIT_FOR_THE_MOON", "seller_memo": "客户说 <急> & 😀", "orders": {"order": [order]}}
    snapshot = one(CONNECTOR, json.dumps(told))
    assert snapshot.status_code == "status:WAIT_FOR_THE_MOON"
    assert (snapshot.remark, snapshot.lines[0].title) == ("客户说 <急> & 😀", "猫粮 <\"&'> 😀 \u200b")


def test_what_is_empty_or_absent_is_not_said() -> None:
    snapshot = one(
        CONNECTOR, {"tid": "1", "status": "", "payment": "", "pay_time": None, "end_time": "0000-00-00 00:00:00"}
    )
    assert snapshot == OrderSnapshot(channel="taobao", shop="", order_no="1", codes="taobao")
    assert one(CONNECTOR, {"tid": "1"}, shop="旗舰店").shop == "旗舰店"


def test_an_unreadable_field_is_noted_and_the_rest_is_read(trade: Any) -> None:
    order = {**trade["orders"]["order"][0], "num": "two"}
    reading = heard(CONNECTOR, {**trade, "payment": "128.005", "pay_time": "soon", "orders": {"order": [order]}})
    (snapshot,) = reading.items
    assert (snapshot.paid_minor, snapshot.paid_at, snapshot.lines[0].quantity) == (None, None, None)
    assert [(note.field, note.got) for note in reading.unreadable] == [
        ("pay_time", "soon"),
        ("payment", "128.005"),
        ("orders.0.num", "two"),
    ]


def test_messages_with_a_status_count_and_others_are_hints(shared: Path) -> None:
    answer = sample(shared, "taobao_tmc_messages_consume_response.json")
    snapshot = one(CONNECTOR, answer)
    assert (snapshot.order_no, snapshot.status_code, snapshot.paid_minor) == (
        "2067719225654838",
        "status:WAIT_SELLER_SEND_GOODS",
        12800,
    )
    assert snapshot.modified_at == datetime(2026, 2, 5, 7, 0, 5, tzinfo=UTC)
    envelope = answer["tmc_messages_consume_response"]["messages"]["tmc_message"][0]
    sub_order = {**json.loads(envelope["content"]), "oid": 5}
    told = one(CONNECTOR, {**envelope, "content": json.dumps(sub_order)})
    assert (told.status_code, told.lines) == (
        None,
        (OrderLine(line_no="5", status_code="status:WAIT_SELLER_SEND_GOODS"),),
    )
    refund = {**envelope, "topic": "taobao_refund_RefundCreated", "content": '{"tid":1,"oid":2,"refund_fee":"1.00"}'}
    assert notes(CONNECTOR, [refund, {**envelope, "content": "{"}]) == [
        ("topic", "hint_only"),
        ("content", "unreadable"),
    ]


def test_what_is_no_trade_is_said(shared: Path) -> None:
    reading = heard(CONNECTOR, sample(shared, "taobao_error_response.json"))
    (note,) = reading.unreadable
    assert (note.code, note.got) == ("api_error", "25 Invalid signature isv.invalid-signature 签名验证失败")
    assert notes(CONNECTOR, {"hello": 1}) == [("body", "unreadable")]
    assert notes(CONNECTOR, "5") == [("body", "unreadable")]
    assert notes(CONNECTOR, b"\xff") == [("body", "unreadable")]
    assert notes(CONNECTOR, [{"tid": 0}, 7]) == [("tid", "unreadable"), ("orders", "unreadable")]
    assert notes(CONNECTOR, [{"tid": 1}] * 5001) == [("orders", "too_many")]


def test_lists_that_are_none_and_lines_without_a_number_are_noted(trade: Any) -> None:
    reading = heard(CONNECTOR, {**trade, "orders": {"order": "none"}, "promotion_details": [1]})
    assert [note.field for note in reading.unreadable] == ["orders", "promotion_details"]
    assert reading.items[0].lines == ()
    reading = heard(CONNECTOR, {**trade, "orders": {"order": [{"oid": 0, "num": 1}]}})
    assert [note.field for note in reading.unreadable] == ["orders.0.oid"]
    many = heard(CONNECTOR, {**trade, "orders": {"order": [{"oid": number} for number in range(1, 1003)]}})
    assert ([note.field for note in many.unreadable], len(many.items[0].lines)) == (["orders"], 1000)


def test_documents_are_recognised(answer: Any) -> None:
    assert read.fits(answer)
    assert read.fits([answer["trade_fullinfo_get_response"]["trade"]])
    assert not read.fits({"order_sn": "1"})
    assert not read.fits([])
