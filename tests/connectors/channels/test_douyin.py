"""Douyin: pushes with their event-sign, orders with sub-orders in fen and seconds, ids beyond any float."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fenghe.connectors.douyin import CONNECTOR, push, read
from fenghe.kernel.connecting import Accepted, Refused
from fenghe.orders.snapshot import OrderLine, OrderSnapshot, Parcel
from tests.connectors.channels.telling import delivery, heard, notes, one, sample

SECRETS = {"app_key": "6839996111111", "app_secret": "1a2b3c4d", "token": "t"}
ORDER = 6930162745589500001


def _push(tag: int, msg_id: str = "", **data: Any) -> dict[str, Any]:
    return {"tag": str(tag), "msg_id": msg_id, "data": json.dumps({"p_id": ORDER, "shop_id": 1111111, **data})}


@pytest.fixture
def order(shared: Path) -> Any:
    return sample(shared, "douyin_order_searchList_response.json")["data"]["shop_order_list"][0]


def test_the_whole_order(shared: Path) -> None:
    snapshot = one(CONNECTOR, sample(shared, "douyin_order_searchList_response.json"))
    assert snapshot == OrderSnapshot(
        channel="douyin",
        shop="1111111",
        order_no="6931162745589500001",
        codes="douyin",
        status_code="order_status:2",
        modified_at=datetime(2026, 2, 5, 6, 43, 20, tzinfo=UTC),
        created_at=datetime(2026, 2, 5, 6, 43, tzinfo=UTC),
        paid_at=datetime(2026, 2, 5, 6, 43, 10, tzinfo=UTC),
        promised_ship_at=datetime(2026, 2, 7, 6, 43, 10, tzinfo=UTC),
        total_minor=4000,
        paid_minor=4000,
        post_minor=0,
        discount_minor=1000,
        payment_no="2026020522001400000000000088",
        order_type="normal",
        receiver_name="张*",
        receiver_phone="1******0000",
        lines=(
            OrderLine(
                line_no="6931162745589500001",
                item_id="3600000000000001",
                sku_id="1750000000000001",
                outer_sku_id="ANKE-6.1-BK",
                title="硅胶手机壳",
                spec="颜色:黑色;尺寸:6.1寸",
                quantity=1,
                price_minor=5000,
                paid_minor=4000,
                status_code="order_status:2",
                refund_code="aftersale_status:0",
            ),
        ),
        facts={
            "main_status": "2",
            "promotion_shop_amount": "0",
            "promotion_platform_amount": "1000",
            "promotion_talent_amount": "0",
            "pay_type": "2",
            "biz": "2",
        },
    )


def test_parcels_regions_and_refunds(order: Any) -> None:
    address = {"province": {"name": "广东省"}, "city": {"name": "深圳市"}, "town": {"name": ""}, "detail": "**"}
    parcel = {"tracking_no": "SF1", "company": "shunfeng", "company_name": "顺丰速运", "ship_time": 1770360180}
    line = {
        **order["sku_order_list"][0],
        "after_sale_info": {"after_sale_status": 12, "refund_status": 1},
        "author_id": 77,
    }
    told = {
        **order,
        "order_status": 3,
        "mask_post_addr": address,
        "logistics_info": [parcel, parcel, {"tracking_no": ""}],
    }
    snapshot = one(CONNECTOR, {**told, "sku_order_list": [line]})
    assert (snapshot.receiver_region, snapshot.receiver_address) == ("广东省 深圳市", "**")
    at = datetime(2026, 2, 6, 6, 43, tzinfo=UTC)
    assert snapshot.parcels == (Parcel(tracking_no="SF1", carrier_name="顺丰速运", shipped_at=at),)
    assert snapshot.lines[0].refund_code == "aftersale_status:12"
    assert snapshot.facts["line.6931162745589500001.refund_status"] == "1"
    assert snapshot.facts["line.6931162745589500001.author_id"] == "77"


@pytest.mark.parametrize(
    ("status", "main", "code"),
    [
        (4, 21, "main_status:21"),
        (1, 103, "main_status:103"),
        (105, 105, "order_status:105"),
        (88, 0, "order_status:88"),
    ],
)
def test_the_more_exact_status_counts(order: Any, status: int, main: int, code: str) -> None:
    assert one(CONNECTOR, {**order, "order_status": status, "main_status": main}).status_code == code


def test_order_types(order: Any) -> None:
    line = {**order["sku_order_list"][0], "pre_sale_type": 1}
    assert one(CONNECTOR, {**order, "sku_order_list": [line]}).order_type == "presale"
    assert one(CONNECTOR, {**order, "order_type": 4, "order_type_desc": "电子券"}).order_type == "电子券"


def test_pushed_statuses_keep_every_digit(shared: Path) -> None:
    vectors = json.loads((shared / "protocols" / "vectors" / "channels.json").read_bytes())
    body = next(vector for vector in vectors if vector["id"] == "dy-event-sign")["inputs"]["raw_body"]
    snapshot = one(CONNECTOR, body)
    assert (snapshot.order_no, snapshot.status_code, snapshot.shop) == (str(ORDER), "order_status:1", "1111111")
    assert snapshot.modified_at == snapshot.created_at == datetime(2026, 2, 5, 6, 43, tzinfo=UTC)


def test_a_batch_is_read_message_by_message() -> None:
    batch = [
        _push(101, order_status=105, pay_amount=4000, pay_time=1770273790),
        _push(110, f"{ORDER}:0:110:1770273795:a", order_status=2),
        _push(
            102,
            order_status=3,
            update_time=1770360180,
            logistics_msg={"logistics_code": "SF1", "express_company_id": "shunfeng"},
        ),
        _push(106, order_status=4, cancel_time=1770360181, cancel_reason="不想要了"),
        _push(
            206,
            aftersale_id=7000000000000000001,
            aftersale_status=12,
            s_id=ORDER + 1,
            refund_amount=1990,
            success_time=1770360182,
        ),
        _push(113, remark="急", update_time=1770360183),
        _push(400, product_id=1),
        {"tag": "0", "msg_id": "0", "data": "{}"},
        {"tag": "100", "msg_id": "", "data": "{"},
    ]
    reading = heard(CONNECTOR, batch)
    paid, waiting, shipped, cancelled, refund = reading.items
    assert (paid.status_code, paid.paid_minor, paid.item) == ("order_status:105", 4000, 0)
    assert (waiting.status_code, waiting.modified_at) == ("order_status:2", datetime(2026, 2, 5, 6, 43, 15, tzinfo=UTC))
    assert shipped.parcels == (Parcel(tracking_no="SF1", carrier_name="shunfeng"),)
    assert (cancelled.status_code, cancelled.facts) == ("order_status:4", {"cancel_reason": "不想要了"})
    assert (refund.status_code, refund.lines) == (
        None,
        (OrderLine(line_no=str(ORDER + 1), refund_code="aftersale_status:12"),),
    )
    assert refund.facts["aftersale.7000000000000000001.refund_minor"] == "1990"
    assert [(note.item, note.code) for note in reading.unreadable] == [
        (5, "hint_only"),
        (6, "hint_only"),
        (8, "unreadable"),
    ]


def test_only_our_apps_signature_opens_the_door() -> None:
    body = json.dumps([_push(100, order_status=1)]).encode()
    sign = push.event_sign(SECRETS["app_key"], body, SECRETS["app_secret"])
    assert CONNECTOR.check(delivery(body, event_sign=sign.upper()), SECRETS) == Accepted(
        reply=b'{"code":0,"msg":"success"}'
    )
    for headers, secrets, reason in (
        ({"event_sign": sign[:-1] + "x"}, SECRETS, "signature_wrong"),
        ({"event_sign": sign, "app_id": "other"}, SECRETS, "app_id_wrong"),
        ({}, SECRETS, "signature_missing"),
        ({"event_sign": sign}, {}, "secret_not_set"),
        ({"event_sign": "ü"}, SECRETS, "signature_wrong"),
    ):
        refused = CONNECTOR.check(delivery(body, **headers), secrets)
        assert isinstance(refused, Refused)
        assert (refused.reason, refused.status) == (reason, 401)
    changed = CONNECTOR.check(delivery(body + b" ", event_sign=sign), SECRETS)
    assert isinstance(changed, Refused)
    assert isinstance(CONNECTOR.check(delivery(body, x_fenghe_token="t"), SECRETS), Accepted)


def test_answers_of_every_shape(order: Any) -> None:
    for body in (
        {"code": 10000, "data": {"shop_order_detail": order}},
        {"shop_order_list": [order]},
        order,
        [order],
    ):
        assert one(CONNECTOR, body).order_no == order["order_id"]
        assert read.fits(body)
    reading = heard(CONNECTOR, {"code": 10000, "data": {"total": 0, "page": 0}})
    assert (reading.items, reading.unreadable) == ((), ())


def test_what_is_no_order_is_said(order: Any) -> None:
    (note,) = heard(CONNECTOR, {"code": 30001, "msg": "token expired", "sub_code": "x", "data": None}).unreadable
    assert (note.code, note.got) == ("api_error", "30001 token expired x")
    assert notes(CONNECTOR, {"code": 10000, "data": {}}) == [("data", "unreadable")]
    assert notes(CONNECTOR, "true") == [("body", "unreadable")]
    assert notes(CONNECTOR, [{**order, "order_id": ""}]) == [("order_id", "unreadable")]
    reading = heard(CONNECTOR, {**order, "sku_order_list": [{"item_num": 1}], "pay_amount": "40.00"})
    assert [note.field for note in reading.unreadable] == ["pay_amount", "sku_order_list.0.order_id"]
    assert not read.fits({"tid": 1})
    assert not read.fits(None)
