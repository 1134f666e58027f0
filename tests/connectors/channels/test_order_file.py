"""Orders from files: every shipped layout on rows like the platforms' own, and on the real files."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.connectors.order_file import CONNECTOR
from fenghe.connectors.sales import minor_units, whole_id
from fenghe.kernel.connecting import Accepted, Refused
from fenghe.kernel.intake import Record, open_records
from fenghe.kernel.values import BadValue
from fenghe.orders.layouts import Layout, find_layout, shipped_layouts
from fenghe.orders.snapshot import OrderLine, OrderSnapshot, Parcel
from tests.connectors.channels.telling import delivery, heard, message, notes, one


def _row(names: str, *values: str) -> dict[str, str]:
    return dict(zip(names.split(","), values, strict=True))


TAOBAO = {
    "订单编号": '="2067719225654838"',
    "订单状态": "卖家已发货，等待买家确认",
    "总金额": "138.00",
    "买家应付邮费": "0.00",
    "买家实际支付金额": "100.00",
    "退款金额": "28.00",
    "订单创建时间": "2026/2/5 14:59:50",
    "订单付款时间 ": "2026-02-05 15:00:04",
    "联系手机": "'138****0000",
    "收货地址 ": "浙江省 杭州市 **",
    "物流单号": "78123456789012",
    "物流公司": "中通快递",
    "订单备注": "急单 😀",
}


def test_a_taobao_order_with_what_spreadsheets_hang_on_it() -> None:
    assert one(CONNECTOR, TAOBAO) == OrderSnapshot(
        channel="taobao",
        shop="",
        order_no="2067719225654838",
        codes="taobao_orders",
        status_code="订单状态:卖家已发货,等待买家确认",
        status_state="shipped",
        created_at=datetime(2026, 2, 5, 6, 59, 50, tzinfo=UTC),
        paid_at=datetime(2026, 2, 5, 7, 0, 4, tzinfo=UTC),
        total_minor=13800,
        paid_minor=12800,
        post_minor=0,
        refunded_minor=2800,
        receiver_phone="138****0000",
        receiver_address="浙江省 杭州市 **",
        remark="急单 😀",
        parcels=(Parcel(tracking_no="78123456789012", carrier_name="中通快递"),),
    )


def test_a_status_nobody_knows_is_kept_and_left_unmapped() -> None:
    snapshot = one(CONNECTOR, {**TAOBAO, "订单状态": "外星人已签收"})
    assert (snapshot.status_code, snapshot.status_state) == ("订单状态:外星人已签收", None)


def test_pdd_rows_have_one_line_and_name_its_parcels() -> None:
    row = {
        "订单号": "260205-123456789012345\t",
        "订单状态": "已发货，待签收",
        "商品总价(元)": "39.8",
        "用户实付金额(元)": "33.80",
        "店铺优惠折扣(元)": "2.0",
        "平台优惠折扣(元)": "4",
        "商品数量(件)": "2",
        "样式ID": "1412345678901",
        "商品id": "604123456789",
        "商品规格": "黑色,6.1寸",
        "快递单号": "YT1,YT2",
        "快递公司": "圆通快递",
        "发货时间": "2026-02-06 10:00:00",
    }
    snapshot = one(CONNECTOR, row)
    assert (snapshot.order_no, snapshot.total_minor, snapshot.paid_minor, snapshot.discount_minor) == (
        "260205-123456789012345",
        3980,
        3380,
        600,
    )
    assert snapshot.lines == (
        OrderLine(
            line_no="1412345678901", item_id="604123456789", sku_id="1412345678901", spec="黑色,6.1寸", quantity=2
        ),
    )
    shipped = datetime(2026, 2, 6, 2, 0, tzinfo=UTC)
    assert snapshot.parcels == tuple(
        Parcel(tracking_no=number, carrier_name="圆通快递", shipped_at=shipped) for number in ("YT1", "YT2")
    )


def test_a_douyin_sub_orders_state_is_the_orders_only_where_it_has_no_other() -> None:
    names = "主订单编号,子订单编号,选购商品,商品数量,订单应付金额,订单状态,订单提交时间,快递信息"
    alone = one(
        CONNECTOR,
        _row(
            names,
            "\t6917",
            "\t6917",
            "辣丝丝",
            "1",
            "28.90",
            "已发货",
            "2026-09-22 00:54:10",
            "SF1-顺丰速运;SF2-顺丰速运",
        ),
    )
    assert (alone.status_code, alone.status_state, alone.lines[0].paid_minor) == ("订单状态:已发货", "shipped", 2890)
    assert [(parcel.tracking_no, parcel.carrier_name) for parcel in alone.parcels] == [
        ("SF1", "顺丰速运"),
        ("SF2", "顺丰速运"),
    ]
    among = one(CONNECTOR, _row(names, "6917", "6918", "辣丝丝", "1", "28.90", "已关闭", "2026-09-22 00:54:10", ""))
    assert (among.status_code, among.status_state, among.parcels) == (None, None, ())
    assert (among.lines[0].line_no, among.lines[0].status_code) == ("6918", "订单状态:已关闭")


def test_jd_rows_are_lines_of_one_order() -> None:
    names = "订单号,商品ID,商品名称,订购数量,下单时间,京东价,订单金额,应付金额,订单状态,货号"
    rows = [
        _row(
            names,
            "268843001234",
            sku,
            "硅胶手机壳",
            "1",
            "2026-01-15 10:00:00",
            "59.90",
            "119.80",
            "99.80",
            "(锁定)等待出库",
            "ANKE",
        )
        for sku in ("100012345678", "100012345679")
    ]
    reading = heard(CONNECTOR, rows)
    assert [(s.order_no, s.item, s.status_state, s.paid_minor) for s in reading.items] == [
        ("268843001234", 0, "paid_hold", 9980),
        ("268843001234", 1, "paid_hold", 9980),
    ]
    assert [line.line_no for s in reading.items for line in s.lines] == ["100012345678", "100012345679"]


def test_our_own_layout() -> None:
    names = "order_no,channel,status,currency,total,created_at,modified_at,line_no,quantity,price"
    row = _row(
        names,
        "A1",
        "wechat_shop",
        "已发货",
        "JPY",
        "¥1,200",
        "2026-02-05T15:00:00+09:00",
        "2026-02-06 00:00:00",
        "1",
        "2",
        "600",
    )
    snapshot = one(CONNECTOR, row)
    assert (snapshot.channel, snapshot.currency, snapshot.total_minor) == ("wechat_shop", "JPY", 1200)
    assert snapshot.created_at == datetime(2026, 2, 5, 6, 0, tzinfo=UTC)
    assert snapshot.modified_at == datetime(2026, 2, 5, 16, 0, tzinfo=UTC)
    assert snapshot.lines == (OrderLine(line_no="1", quantity=2, price_minor=600),)
    assert (
        one(CONNECTOR, {**row, "currency": "人民币", "total": "12.5", "line_no": "", "quantity": "", "price": ""}).lines
        == ()
    )


def test_nested_json_rows_are_read_by_dotted_names() -> None:
    layout = {
        "name": "nested", "title": "n", "channel": "x", "needs": ["id"],
        "order": {"order_no": "id", "buyer": "buyer.name", "paid_minor": {"columns": ["pay.fen"], "unit": "minor"}},
        "line": {"line_no": "items.0.sku", "quantity": "items.0.n"},
    }  # fmt: skip
    row = {"id": 6930162745589500001, "buyer": {"name": "张*"}, "pay": {"fen": 1990}, "items": [{"sku": "a", "n": 2}]}
    snapshot = one(CONNECTOR, row, layout=layout)
    assert (snapshot.order_no, snapshot.buyer, snapshot.paid_minor) == ("6930162745589500001", "张*", 1990)
    assert snapshot.lines == (OrderLine(line_no="a", quantity=2),)


def test_words_before_and_after_marks_and_times_that_mean_none() -> None:
    layout = {
        "name": "cut", "title": "c", "channel": "x", "needs": ["id"],
        "order": {
            "order_no": {"columns": ["id"], "after": "#"},
            "buyer": {"columns": ["who"], "before": "("},
            "paid_at": "paid",
            "currency": "in",
        },
    }  # fmt: skip
    row = {"id": "no#77", "who": "张* (旺旺)", "paid": "0000-00-00 00:00:00", "in": "usd"}
    snapshot = one(CONNECTOR, row, layout=layout)
    assert (snapshot.order_no, snapshot.buyer, snapshot.paid_at, snapshot.currency) == ("77", "张*", None, "USD")
    assert notes(CONNECTOR, {**row, "in": "shells"}, layout=layout) == [("in", "unreadable")]
    assert notes(CONNECTOR, {**row, "id": "#" + "7" * 129}, layout=layout) == [("id", "unreadable")]


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        ({"订单编号": "6.93016E+18"}, "订单编号", "a spreadsheet has shortened it"),
        ({"订单编号": " "}, "订单编号", "the number of the order"),
        ({"总金额": "138.005"}, "总金额", "at most 2 decimals, like 1234.50"),
        ({"总金额": "1,38.00"}, "总金额", "an amount in CNY"),
        ({"退款金额": "all"}, "退款金额", "an amount in CNY"),
        ({"总金额": "99999999999999"}, "总金额", "an amount that an order can have"),
        ({"订单创建时间": "yesterday"}, "订单创建时间", "a time like"),
        ({"订单创建时间": "2126-02-05 10:00:00"}, "订单创建时间", "between the years"),
    ],
)
def test_a_row_with_anything_wrong_is_set_aside_whole(change: dict[str, str], field: str, expected: str) -> None:
    reading = heard(CONNECTOR, [{**TAOBAO, **change}, TAOBAO])
    (note,) = reading.unreadable
    assert (note.item, note.field) == (0, field)
    assert expected in note.expected
    assert [snapshot.item for snapshot in reading.items] == [1]


def test_what_no_layout_fits_is_said() -> None:
    assert notes(CONNECTOR, {"a": 1}) == [("columns", "no_layout")]
    assert notes(CONNECTOR, TAOBAO, layout="unheard_of") == [("layout", "no_layout")]
    assert notes(CONNECTOR, TAOBAO, layout={"name": "x"}) == [("layout $", "bad_layout")]
    assert notes(CONNECTOR, "[1]") == [("row", "unreadable")]
    assert notes(CONNECTOR, "{") == [("body", "not_json")]
    assert notes(CONNECTOR, [TAOBAO] * 5001) == [("rows", "too_many")]
    line = {"order_no": "A", "channel": "x", "status": "shipped", "quantity": "2"}
    assert notes(CONNECTOR, line) == [("line_no", "unreadable")]


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        ("taobao_trade_fullinfo_get_response.json", "taobao"),
        ("pdd_order.json", "pdd"),
        ("douyin_order_searchList_response.json", "douyin"),
        ("jd_pop_order_get_response.json", "jd"),
    ],
)
def test_a_channels_own_json_needs_no_layout(shared: Path, name: str, channel: str) -> None:
    (record,) = open_records(shared / "protocols" / "samples" / name)
    assert isinstance(record, Record)
    snapshot = one(CONNECTOR, record.body, shop="旗舰店")
    assert (snapshot.channel, snapshot.codes, snapshot.shop) == (channel, channel, "旗舰店")
    assert ("order_no", "unreadable") in notes(CONNECTOR, record.body, layout="fenghe")


def test_rows_may_be_posted_with_our_token() -> None:
    assert CONNECTOR.check(delivery(x_fenghe_token="t"), {"token": "t"}) == Accepted()
    for told, secrets, reason in (("x", {"token": "t"}, "signature_wrong"), ("", {"token": "t"}, "signature_missing")):
        refused = CONNECTOR.check(delivery(x_fenghe_token=told), secrets)
        assert isinstance(refused, Refused)
        assert (refused.reason, refused.status) == (reason, 401)
    assert CONNECTOR.check(delivery(x_fenghe_token=""), {}) == Refused(reason="token_not_set")


def _read_file(path: Path) -> tuple[list[Mapping[str, str]], list[OrderSnapshot]]:
    rows: list[Mapping[str, str]] = []
    snapshots: list[OrderSnapshot] = []
    for record in open_records(path):
        assert isinstance(record, Record)
        layout = find_layout(record.fields, shipped_layouts())
        assert isinstance(layout, Layout)
        reading = CONNECTOR.read(message(CONNECTOR, record.body, layout=layout.name))
        assert reading.unreadable == ()
        rows.append(record.fields)
        snapshots += reading.items
    assert len(rows) == len(snapshots)
    return rows, snapshots


def _sum(rows: list[Mapping[str, str]], *names: str) -> int:
    return int(sum(Decimal(row[name]) for row in rows for name in names) * 100)


def test_the_real_tmall_report(shared_data: Path) -> None:
    rows, snapshots = _read_file(shared_data / "tmall_2020_02" / "tmall_order_report.csv")
    assert len({snapshot.order_no for snapshot in snapshots}) == len(rows) == 4718
    assert sum(s.total_minor or 0 for s in snapshots) == _sum(rows, "总金额")
    assert sum(s.refunded_minor or 0 for s in snapshots) == _sum(rows, "退款金额")
    assert sum(s.paid_minor or 0 for s in snapshots) == _sum(rows, "买家实际支付金额", "退款金额")
    for snapshot in snapshots:
        assert snapshot.paid_minor == (snapshot.total_minor if snapshot.paid_at else 0)
        assert snapshot.status_code is None
        assert snapshot.receiver_region


def test_the_real_olist_orders_items_and_payments(shared_data: Path) -> None:
    rows, orders = _read_file(shared_data / "olist" / "orders.csv")
    states = Counter(snapshot.status_state for snapshot in orders)
    assert states["received"] == sum(row["order_status"] == "delivered" for row in rows) == 695
    assert None not in states
    assert all(snapshot.created_at and snapshot.currency == "BRL" for snapshot in orders)
    rows, items = _read_file(shared_data / "olist" / "order_items.csv")
    assert sum(line.price_minor or 0 for snapshot in items for line in snapshot.lines) == _sum(rows, "price")
    assert len({(snapshot.order_no, snapshot.lines[0].line_no) for snapshot in items}) == len(rows)
    rows, payments = _read_file(shared_data / "olist" / "order_payments.csv")
    told = {(s.order_no, name): int(v) for s in payments for name, v in s.facts.items() if name.endswith("paid_minor")}
    assert len(told) == len(rows)
    assert sum(told.values()) == _sum(rows, "payment_value")


_amounts = st.integers(-(10**12), 10**12)


@given(_amounts, st.sampled_from(["{}", "¥{}", " {} ", "{}元", "{}0", "￥{}"]))
def test_amounts_are_exact(fen: int, written: str) -> None:
    text = f"{Decimal(fen).scaleb(-2):f}"
    assert minor_units(written.format(text)) == fen
    assert minor_units(str(fen), unit="minor") == fen
    with pytest.raises(BadValue, match="with at most 0 decimals"):
        minor_units(f"{fen}.00", unit="minor")
    assert minor_units(f"{abs(fen) // 100:,}.{abs(fen) % 100:02d}") == abs(fen)
    assert minor_units(text.replace(".", ","), decimal=",") == fen


@given(st.text(max_size=12))
def test_any_text_is_an_amount_or_a_said_fault(text: str) -> None:
    faults: list[str] = []
    for read in (minor_units, whole_id):
        try:
            read(text)
        except BadValue as fault:
            faults.append(fault.expected)
    assert all(faults)


_cells = st.text(max_size=10) | st.sampled_from(["2026-02-05 10:00:00", "12.30", "交易成功", "-", "1e5", "99" * 40])


@given(
    st.dictionaries(st.sampled_from([*TAOBAO, "x"]), _cells | st.none() | st.integers() | st.lists(_cells)),
    st.booleans(),
)
def test_no_row_raises_and_none_is_lost(row: dict[str, Any], named: bool) -> None:
    reading = heard(CONNECTOR, row, **({"layout": "taobao_orders"} if named else {}))
    assert bool(reading.items) != bool(reading.unreadable)
