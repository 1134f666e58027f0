"""JD orders: text in yuan, two ways of spelling fields, wrappers of every depth."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fenghe.connectors.jd import CONNECTOR, read
from fenghe.kernel.connecting import Accepted
from fenghe.orders.snapshot import OrderLine, OrderSnapshot, Parcel
from tests.connectors.channels.telling import delivery, heard, notes, one, sample


@pytest.fixture
def order(shared: Path) -> Any:
    answer = sample(shared, "jd_pop_order_get_response.json")
    return answer["jingdong_pop_order_get_responce"]["orderDetailInfo"]["orderInfo"]


def test_the_whole_order(shared: Path) -> None:
    assert one(CONNECTOR, sample(shared, "jd_pop_order_get_response.json")) == OrderSnapshot(
        channel="jd",
        shop="10012345",
        order_no="268843001234",
        codes="jd",
        status_code="order_state:WAIT_SELLER_STOCK_OUT",
        modified_at=datetime(2026, 2, 5, 7, 20, 11, tzinfo=UTC),
        created_at=datetime(2026, 2, 5, 7, 20, tzinfo=UTC),
        paid_at=datetime(2026, 2, 5, 7, 20, 10, tzinfo=UTC),
        total_minor=5990,
        paid_minor=4990,
        post_minor=0,
        discount_minor=1000,
        order_type="normal",
        buyer="jd_xxx",
        receiver_name="张*",
        receiver_phone="1******0000",
        receiver_region="北京 大兴区",
        receiver_address="**",
        lines=(
            OrderLine(
                line_no="100012345678",
                item_id="10001234567890",
                sku_id="100012345678",
                outer_sku_id="ANKE-6.1-BK",
                title="硅胶手机壳 黑色 6.1寸",
                quantity=1,
                price_minor=5990,
            ),
        ),
        facts={
            "orderType": "22",
            "payType": "4-在线支付",
            "orderStateRemark": "等待出库",
            "deliveryType": "任意时间",
            "venderId": "10012345",
            "goods_price": "49.90",
        },
    )


def test_old_names_of_fields(order: Any) -> None:
    told = {
        "order_id": 6930162745589500001,
        "order_state": "LOCKED",
        "order_payment": "49.90",
        "pay_type": "1-货到付款",
        "item_info_list": [{"sku_id": "1", "item_total": "2"}, {"sku_id": "1", "item_total": "1"}],
    }
    snapshot = one(CONNECTOR, told)
    assert (snapshot.order_no, snapshot.status_code, snapshot.paid_minor, snapshot.order_type) == (
        "6930162745589500001",
        "order_state:LOCKED",
        4990,
        "cod",
    )
    assert [(line.line_no, line.quantity) for line in snapshot.lines] == [("1", 2), ("1#2", 1)]


def test_waybills(order: Any) -> None:
    told = {**order, "waybill": "JD1;JD2,JD1", "logisticsId": "467", "orderState": "WAIT_GOODS_RECEIVE_CONFIRM"}
    assert one(CONNECTOR, told, logistics_companies={"467": "京东快递"}).parcels == (
        Parcel(tracking_no="JD1", carrier_name="京东快递"),
        Parcel(tracking_no="JD2", carrier_name="京东快递"),
    )
    assert one(CONNECTOR, told).parcels[0].carrier_name == ""


def test_an_unknown_state_is_kept(order: Any) -> None:
    assert one(CONNECTOR, {**order, "orderState": "ON_THE_MOON"}).status_code == "order_state:ON_THE_MOON"
    assert one(CONNECTOR, {**order, "orderState": ""}).status_code is None


def test_lists_and_empty_lists(order: Any) -> None:
    result = {"orderInfoList": [order, {**order, "orderId": "2"}], "orderTotal": 2, "apiResult": {"success": True}}
    answer = {"jingdong_pop_order_search_responce": {"code": "0", "searchorderinfo_result": result}}
    assert [snapshot.order_no for snapshot in heard(CONNECTOR, answer).items] == ["268843001234", "2"]
    assert len(heard(CONNECTOR, [order]).items) == 1
    empty = {"jingdong_pop_order_search_responce": {"code": "0", "searchorderinfo_result": {"orderTotal": 0}}}
    reading = heard(CONNECTOR, empty)
    assert (reading.items, reading.unreadable) == ((), ())


def test_what_is_no_order_is_said(order: Any) -> None:
    failed = {"jingdong_x_responce": {"code": "0", "r": {"apiResult": {"success": False, "chineseErrCode": "无权限"}}}}
    for body, got in (
        ({"error_response": {"code": "19", "zh_desc": "无效access_token"}}, "19 无效access_token"),
        (failed, "无权限"),
        ({"jingdong_x_responce": {"code": "67", "zh_desc": "平台连接后端服务不可用"}}, "67 平台连接后端服务不可用"),
    ):
        (note,) = heard(CONNECTOR, body).unreadable
        assert (note.code, note.got) == ("api_error", got)
    assert notes(CONNECTOR, {"orderId": "1", "pin": "x"}) == [("orderId", "hint_only")]
    assert notes(CONNECTOR, {"x": {"y": 1}}) == [("body", "unreadable")]
    assert notes(CONNECTOR, "1") == [("body", "unreadable")]
    assert notes(CONNECTOR, [{**order, "orderId": None}]) == [("orderId", "unreadable")]
    assert heard(CONNECTOR, {**order, "freightPrice": "free"}).unreadable[0].field == "freightPrice"


def test_recognition_and_the_door(order: Any) -> None:
    assert read.fits(order)
    assert read.fits({"jingdong_pop_order_get_responce": {}})
    assert read.fits([order])
    assert not read.fits({"tid": 1})
    assert not read.fits("x")
    assert isinstance(CONNECTOR.check(delivery(x_fenghe_token="t"), {"token": "t"}), Accepted)
