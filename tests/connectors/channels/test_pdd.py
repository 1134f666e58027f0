"""PDD orders: amounts in yuan as numbers, a status that needs four others, several parcels."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fenghe.connectors.pdd import CONNECTOR, read
from fenghe.orders.snapshot import OrderLine, OrderSnapshot, Parcel
from tests.connectors.channels.telling import delivery, heard, notes, one, sample


@pytest.fixture
def order(shared: Path) -> Any:
    return sample(shared, "pdd_order.json")


def test_the_whole_order(order: Any) -> None:
    assert one(CONNECTOR, order) == OrderSnapshot(
        channel="pdd",
        shop="",
        order_no="260205-123456789012345",
        codes="pdd",
        status_code="order_status:1",
        modified_at=datetime(2026, 2, 5, 7, 12, 31, tzinfo=UTC),
        created_at=datetime(2026, 2, 5, 7, 10, tzinfo=UTC),
        paid_at=datetime(2026, 2, 5, 7, 10, 9, tzinfo=UTC),
        promised_ship_at=datetime(2026, 2, 7, 7, 12, 30, tzinfo=UTC),
        total_minor=3980,
        paid_minor=3380,
        post_minor=0,
        discount_minor=600,
        payment_no="2026020522001400000000000077",
        order_type="normal",
        receiver_name="张*",
        receiver_phone="1******0000",
        receiver_region="广东省 深圳市 南山区",
        receiver_address="**",
        lines=(
            OrderLine(
                line_no="1412345678901",
                item_id="604123456789",
                sku_id="1412345678901",
                outer_sku_id="ANKE-6.1-BK",
                title="硅胶手机壳",
                spec="黑色,6.1寸",
                quantity=2,
                price_minor=1990,
                refund_code="refund_status:1",
            ),
        ),
        facts={
            "confirm_status": "1",
            "group_status": "1",
            "risk_control_status": "0",
            "refund_status": "1",
            "after_sales_status": "0",
            "platform_discount": "4.0",
            "seller_discount": "2.0",
            "capital_free_discount": "0.0",
            "pay_type": "ALIPAY",
            "confirm_time": "2026-02-05 15:12:30",
            "logistics_id": "0",
        },
    )


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, None),
        ({"group_status": 0}, "paid_hold"),
        ({"confirm_status": 0}, "paid_hold"),
        ({"risk_control_status": 1}, "paid_hold"),
        ({"refund_status": 2}, "paid_hold"),
        ({"refund_status": 3}, "paid_hold"),
        ({"refund_status": 9}, "paid_hold"),
        ({"group_status": None}, "paid_hold"),
        ({"group_status": 2}, "closed_refunded"),
        ({"refund_status": 4}, "closed_refunded"),
        ({"confirm_status": 2}, "cancelled"),
        ({"order_status": 2, "refund_status": 2}, None),
        ({"order_status": 3, "refund_status": 4}, None),
        ({"order_status": 77}, None),
    ],
)
def test_what_the_statuses_say_together(order: Any, change: dict[str, Any], state: str | None) -> None:
    snapshot = one(CONNECTOR, {**order, **change})
    assert snapshot.status_state == state
    assert snapshot.status_code == f"order_status:{change.get('order_status', 1)}"


@pytest.mark.parametrize(
    ("number", "fen"), [("33.8", 3380), ("0.07", 7), ("1000000.29", 100000029), ("5", 500), ("0.0", 0)]
)
def test_amounts_are_read_by_their_text(number: str, fen: int) -> None:
    assert one(CONNECTOR, f'{{"order_sn":"1","pay_amount":{number}}}').paid_minor == fen


def test_every_parcel_of_an_order(order: Any) -> None:
    told = {
        **order,
        "order_status": 2,
        "tracking_number": "YT1",
        "logistics_id": 85,
        "shipping_time": "2026-02-06 10:00:00",
        "extra_delivery_list": [{"tracking_number": "YT2", "logistics_id": 85}, {"tracking_number": "YT1"}],
        "gift_delivery_list": [{"tracking_number": "", "logistics_id": 0}],
        "resend_delivery_list": [{"tracking_number": "ZT3", "logistics_id": 115}],
    }
    snapshot = one(CONNECTOR, told, logistics_companies={"85": "圆通快递"})
    assert snapshot.parcels == (
        Parcel(tracking_no="YT1", carrier_name="圆通快递", shipped_at=datetime(2026, 2, 6, 2, 0, tzinfo=UTC)),
        Parcel(tracking_no="YT2", carrier_name="圆通快递"),
        Parcel(tracking_no="ZT3"),
    )


def test_gifts_and_repeated_goods_are_lines_of_their_own(order: Any) -> None:
    item = order["item_list"][0]
    gift = {"sku_id": 9007199254740993, "goods_id": 5, "goods_count": 1, "goods_price": 0.0}
    snapshot = one(CONNECTOR, {**order, "item_list": [item, item], "gift_list": [gift]})
    assert [line.line_no for line in snapshot.lines] == ["1412345678901", "1412345678901#2", "gift:9007199254740993"]


def test_receivers_who_may_not_be_seen_are_not_said(order: Any) -> None:
    masks = {name: "" for name in order if name.endswith("_mask")}
    snapshot = one(CONNECTOR, {**order, **masks})
    assert (snapshot.receiver_name, snapshot.receiver_phone, snapshot.receiver_address) == ("", "", "")


def test_the_official_answer_and_the_other_wrappers(shared: Path, order: Any) -> None:
    official = sample(shared, "pdd_order_list_get_response.json")
    reading = heard(CONNECTOR, official)
    (snapshot,) = reading.items
    assert (snapshot.order_no, snapshot.order_type, snapshot.paid_minor) == ("1", "presale", 100)
    assert "created_time" in {note.field for note in reading.unreadable}
    for body in (
        {"order_list_get_response": {"order_list": [order], "total_count": 1}},
        {"order_sn_increment_get_response": {"order_sn_list": [order]}},
        {"order_info_get_response": {"order_info": order}},
    ):
        assert one(CONNECTOR, body).order_no == order["order_sn"]
    reading = heard(CONNECTOR, {"order_list_get_response": {"total_count": 0}})
    assert (reading.items, reading.unreadable) == ((), ())


def test_frames_are_hints_and_heartbeats_are_nothing(shared: Path) -> None:
    frame = sample(shared, "pdd_pmc_frame.json")
    (note,) = heard(CONNECTOR, frame).unreadable
    assert (note.code, note.got[:24]) == ("hint_only", "pdd_refund_RefundCreated")
    assert notes(CONNECTOR, [frame["message"]]) == [("message", "hint_only")]
    reading = heard(CONNECTOR, {"commandType": "HeartBeat", "id": 1, "time": 1})
    assert (reading.items, reading.unreadable) == ((), ())


def test_what_is_no_order_is_said() -> None:
    error = {"error_response": {"error_code": 10019, "error_msg": "access_token已过期", "sub_code": None}}
    (note,) = heard(CONNECTOR, error).unreadable
    assert (note.code, note.got) == ("api_error", "10019 access_token已过期")
    assert notes(CONNECTOR, {"order_sn": ""}) == [("order_sn", "unreadable")]
    assert notes(CONNECTOR, {"x": 1}) == [("body", "unreadable")]
    assert notes(CONNECTOR, '"x"') == [("body", "unreadable")]
    assert CONNECTOR.check(delivery(x_fenghe_token="t"), {"token": "t"}).key is None  # type: ignore[union-attr]


def test_documents_are_recognised(order: Any) -> None:
    assert read.fits(order)
    assert read.fits([{"order_list_get_response": {}}])
    assert not read.fits({"tid": "1"})
    assert not read.fits(5)
