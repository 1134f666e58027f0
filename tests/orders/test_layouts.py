"""Layouts of order files: found by their columns, written by users, and said clearly when they are wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.layouts import Ambiguous, BadLayout, NoLayout, parse_zone
from fenghe.orders.layouts import (
    Layout,
    Source,
    find_layout,
    layout_order_rules,
    parse_layout,
    shipped_layout,
    shipped_layouts,
    status_told,
    tidy,
)
from fenghe.orders.mapping import (
    RANK,
    REFUND_TITLES,
    TITLES,
    OrderState,
    RefundState,
    shipped_code_titles,
    shipped_order_rules,
    shipped_refund_rules,
    state_of_lines,
)

EXPORTS = {
    "taobao_orders": (
        "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,总金额,买家实际支付金额,订单状态"
        ",收货人姓名,收货地址 ,联系手机,订单创建时间,订单付款时间 ,宝贝标题,物流单号,物流公司,订单备注"
        ",店铺名称,退款金额"
    ),
    "taobao_items": (
        "子订单编号,主订单编号,标题,价格,购买数量,外部系统编号,商品属性,备注,订单状态,商家编码,支付单号"
        ",买家应付货款,买家实际支付金额,退款状态,退款金额,订单创建时间,订单付款时间"
    ),
    "tmall_report": "订单编号,总金额,买家实际支付金额,收货地址 ,订单创建时间,订单付款时间 ,退款金额",
    "pdd_orders": (
        "商品,订单号,订单状态,商品总价（元）,邮费（元）,店铺优惠折扣(元),平台优惠折扣(元)"
        ",用户实付金额(元),商家实收金额(元),商品数量(件),发货时间,确认收货时间,商品id,商品规格,样式ID"
        ",商家编码-规格维度,商家备注,售后状态,快递单号,快递公司"
    ),
    "douyin_orders": (
        "主订单编号,子订单编号,选购商品,商品规格,商品数量,商家编码,订单应付金额,运费,收件人,收件人手机号"
        ",详细地址,订单提交时间,商家备注,订单完成时间,订单状态,售后状态,取消原因,发货时间"
    ),
    "jd_orders": (
        "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额"
        ",订单状态,订单类型,下单帐号,客户姓名,客户地址,联系电话,订单备注,商家备注,运费金额,付款确认时间"
        ",货号,订单完成时间"
    ),
    "olist_orders": (
        "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at"
        ",order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date"
    ),
    "olist_items": "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value",
    "olist_payments": "order_id,payment_sequential,payment_type,payment_installments,payment_value",
    "orders_general": "order_no,shop_name,order_status,total_amount,pay_amount,created_at,pay_time,refund_amount",
    "orders_general_fen": "out_trade_no,cents,state,at",
    "fenghe": ("order_no,channel,status,created_at,paid_at,paid,line_no,sku_id,quantity,price,tracking_no,carrier"),
}
OWN: dict[str, Any] = {
    "name": "my_shop",
    "title": "我的订单表",
    "channel": "wechat_shop",
    "needs": ["单号", ["金额", "实付"]],
    "order": {"order_no": "单号", "paid_minor": {"columns": ["金额", "实付"], "unit": "minor"}},
    "status": {"columns": ["状态"], "states": {"已付": "await_shipment"}},
}


@pytest.mark.parametrize("name", EXPORTS)
def test_each_export_is_known_by_its_columns(name: str) -> None:
    found = find_layout(EXPORTS[name].split(","), shipped_layouts())
    assert isinstance(found, Layout), found
    assert found.name == name


def test_our_own_layout_has_chinese_headings_too() -> None:
    found = find_layout(["订单号", "渠道", "订单状态", "下单时间", "实付金额"], shipped_layouts())
    assert isinstance(found, Layout)
    assert found.name == "fenghe"


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ("order_no,channel,shop,status,total_amount,paid_amount,currency,created_at,paid_at", "orders_general"),
        ("orderNo,channel,shopName,orderStatus,totalAmount,paidAmount,currency,createdAt,paidAt", "orders_general"),
        ("订单号,渠道,店铺,订单状态,订单金额(分),实付金额(分),下单时间,付款时间", "orders_general_fen"),
    ],
)
def test_our_own_layout_does_not_take_a_file_whose_amounts_it_cannot_read(columns: str, name: str) -> None:
    found = find_layout(columns.split(","), shipped_layouts())
    assert isinstance(found, Layout)
    assert found.name == name


def test_every_shipped_layout_has_an_export_here() -> None:
    assert {layout.name for layout in shipped_layouts()} == set(EXPORTS)
    assert shipped_layout("fenghe") is not None
    assert shipped_layout("unheard_of") is None


def test_a_file_that_fits_none_is_told_what_is_missing() -> None:
    columns = ["order_id", "order_item_id", "price"]
    found = find_layout(columns, shipped_layouts())
    assert isinstance(found, NoLayout)
    assert (found.nearest, found.missing) == ("olist_items", ("product_id", "freight_value"))
    assert found.said == (
        "no layout fits the columns order_id、order_item_id、price; "
        "the nearest, olist_items, also needs product_id、freight_value"
    )
    strange = find_layout(["a", "b"], shipped_layouts())
    assert isinstance(strange, NoLayout)
    assert strange.said == "no layout fits the columns a、b; name one, or write one for this file"
    assert find_layout([], []) == NoLayout(columns=(), nearest="", missing=())


def test_two_layouts_that_fit_alike_are_for_a_person() -> None:
    first, second = (parse_layout({**OWN, "name": name}) for name in ("one", "two"))
    found = find_layout(["单号", "金额"], [first, second])
    assert found == Ambiguous(names=("one", "two"))
    assert isinstance(found, Ambiguous)
    assert "one, two; name one of them" in found.said


def test_a_users_layout_is_the_same_json() -> None:
    layout = parse_layout(json.dumps(OWN).encode())
    assert layout == parse_layout(OWN)
    assert layout.row_is == "order"
    assert layout.order["order_no"] == Source(columns=("单号",))
    assert layout_order_rules(layout) == {"状态:已付": OrderState.AWAIT_SHIPMENT}
    assert isinstance(find_layout(["单号", "实付"], [layout]), Layout)


@pytest.mark.parametrize(
    ("change", "path", "expected"),
    [
        ({"name": "My Shop"}, "$.name", "small letters"),
        ({"needs": []}, "$.needs", "recognised"),
        ({"order": {}}, "$.order.order_no", "order number"),
        ({"order": {"order_no": "单号", "colour": "色"}}, "$.order.colour", "one of order_no, channel"),
        ({"order": {"order_no": {"colums": ["单号"]}}}, "$.order[...]", "unknown field `colums`"),
        ({"order": {"order_no": {"columns": ["单号"], "join": ["a"]}}}, "$.order.order_no", "one of columns, sum"),
        ({"order": {"order_no": {}}}, "$.order.order_no", "one of columns, sum"),
        ({"order": {"order_no": {"sum": ["a", "b"]}}}, "$.order.order_no.sum", "an amount"),
        (
            {"order": {"order_no": "单号", "paid_at": {"columns": ["x"], "zone": "CST"}}},
            "$.order.paid_at.zone",
            "+08:00",
        ),
        ({"line": {"title": "商品"}}, "$.line.line_no", "lines apart"),
        ({"zone": "Beijing"}, "$.zone", "+08:00"),
        ({"zone": "+25:00"}, "$.zone", "+08:00"),
        ({"currency": "yuan"}, "$.currency", "CNY"),
        ({"status": {"columns": []}}, "$.status.columns", "column of the state"),
        ({"status": {"columns": ["状态"], "states": {"已付": "paid"}}}, "$.status.states[...]", "paid"),
        ({"decimal": ";"}, "$.decimal", "Invalid enum value ';'"),
        ({"title": 5}, "$.title", "Expected `str`"),
    ],
)
def test_what_is_wrong_in_a_layout_is_said_with_its_place(change: dict[str, Any], path: str, expected: str) -> None:
    with pytest.raises(BadLayout) as caught:
        parse_layout(json.dumps({**OWN, **change}).encode())
    assert caught.value.path == path
    assert expected in caught.value.expected


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"name":"\xff"}', b"[" * 5000])
def test_what_is_no_layout_at_all_is_said(body: bytes) -> None:
    with pytest.raises(BadLayout):
        parse_layout(body)


def test_zones() -> None:
    assert str(parse_zone("-03:00").utcoffset(None)) == "-1 day, 21:00:00"
    assert str(parse_zone("Z").utcoffset(None)) == "0:00:00"


def test_a_state_is_spelt_as_the_layout_spells_it_and_an_unknown_one_is_kept() -> None:
    layout = shipped_layout("taobao_orders")
    assert layout is not None
    assert layout.status is not None
    code, state = status_told(layout.status, " 买家已付款，等待卖家发货 ")
    assert (code, state) == ("订单状态:买家已付款,等待卖家发货", OrderState.AWAIT_SHIPMENT)
    assert status_told(layout.status, "外星人已签收") == ("订单状态:外星人已签收", None)


def test_a_layouts_states_are_a_shipped_code_list() -> None:
    for layout in shipped_layouts():
        assert shipped_order_rules(layout.name) == layout_order_rules(layout)


def test_shipped_code_lists_say_what_the_facts_say(shared: Any) -> None:
    table = (shared / "protocols" / "channel_order_statuses.csv").read_text().splitlines()
    known = {
        codes: shipped_order_rules(codes) | shipped_refund_rules(codes) for codes in ("taobao", "pdd", "douyin", "jd")
    }
    told = [line.split(",") for line in table[1:] if line.split(",")[0] in known and ",query:" not in line]
    for channel, code, *rest in told:
        assert any(str(known[channel][code]) == word for word in rest), (channel, code)
    assert len(told) > 80
    assert shipped_order_rules("taobao")["status:TRADE_CLOSED_BY_TAOBAO"] is OrderState.CLOSED_UNPAID
    assert shipped_refund_rules("douyin")["aftersale_status:12"] is RefundState.REFUND_SUCCESS
    assert shipped_code_titles("jd")["order_state:LOCKED"] == "已锁定"
    assert shipped_order_rules("unheard of") == {}


def test_states_have_titles_and_the_ranks_of_the_facts(shared: Any) -> None:
    rows = [
        line.split(",") for line in (shared / "protocols" / "normalised_order_states.csv").read_text().splitlines()[1:]
    ]
    orders = {row[0]: row for row in rows if row[3] == "order"}
    refunds = {row[0]: row for row in rows if row[3] == "refund"}
    assert {state: TITLES[state] for state in OrderState} == {word: row[2] for word, row in orders.items()}
    assert {state: RANK.get(state, "") for state in OrderState} == {
        word: int(row[1]) if row[1] else "" for word, row in orders.items()
    }
    assert {state: REFUND_TITLES[state] for state in RefundState} == {word: row[2] for word, row in refunds.items()}


@pytest.mark.parametrize(
    ("lines", "order"),
    [
        ([], None),
        ([OrderState.SHIPPED, None], None),
        ([OrderState.SHIPPED, OrderState.ORDER_UNKNOWN], None),
        ([OrderState.SHIPPED, OrderState.SHIPPED], OrderState.SHIPPED),
        ([OrderState.SHIPPED, OrderState.AWAIT_SHIPMENT], OrderState.PART_SHIPPED),
        ([OrderState.FINISHED, OrderState.SHIPPED], OrderState.SHIPPED),
        ([OrderState.FINISHED, OrderState.CANCELLED], OrderState.FINISHED),
        ([OrderState.CLOSED_REFUNDED] * 2, OrderState.CLOSED_REFUNDED),
        ([OrderState.CLOSED_REFUNDED, OrderState.CLOSED_UNPAID], OrderState.CANCELLED),
    ],
)
def test_an_orders_state_from_its_lines(lines: list[OrderState | None], order: OrderState | None) -> None:
    assert state_of_lines(lines) == order
    assert state_of_lines(reversed(lines)) == order


@given(st.text("订单号aZ 1（(元", max_size=8), st.text(" \t`\u3000", max_size=3))
def test_a_columns_name_is_the_same_with_blanks_and_wide_letters(name: str, blanks: str) -> None:
    assert tidy(tidy(name)) == tidy(name)
    assert tidy(f"{blanks}{name}{blanks}") == tidy(name.replace("(", "（").upper())
