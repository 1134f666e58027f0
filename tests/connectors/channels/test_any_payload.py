"""Whatever is posted to a channel: it is read or said to be unreadable, never raised; read again it says the same."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fenghe.connectors import douyin, jd, order_file, pdd, taobao
from fenghe.kernel.connecting import Accepted, Connector, Refused
from tests.connectors.channels.telling import delivery, heard

CONNECTORS = [taobao.CONNECTOR, pdd.CONNECTOR, douyin.CONNECTOR, jd.CONNECTOR, order_file.CONNECTOR]
_WORDS = [
    "tid", "oid", "status", "orders", "order", "trades", "trade", "topic", "content", "messages",
    "tmc_message", "order_sn", "order_list", "order_info", "item_list", "order_status", "refund_status",
    "commandType", "message", "mallID", "type", "data", "tag", "msg_id", "p_id", "s_id", "aftersale_status",
    "shop_order_list", "sku_order_list", "order_id", "logistics_info", "orderInfo", "orderInfoList",
    "orderId", "itemInfoList", "error_response", "code", "payment", "pay_amount", "created", "create_time",
    "modified", "trades_sold_get_response", "order_list_get_response", "x",
]  # fmt: skip
_scalars = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from(["1", "0", "12.30", "2026-02-05 10:00:00", "\x00", "😀", "1770273780", "{}"])
)  # fmt: skip
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_WORDS), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda one: str(one.name))
@settings(max_examples=150)
@given(value=_values)
def test_no_document_raises(connector: Connector, value: Any) -> None:
    reading = heard(connector, json.dumps(value))
    assert reading == heard(connector, json.dumps(value))
    for snapshot in reading.items:
        assert snapshot.order_no
        assert "\x00" not in str(snapshot)


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda one: str(one.name))
@settings(max_examples=50)
@given(body=st.binary(max_size=60), token=st.text(max_size=5))
def test_no_bytes_raise(connector: Connector, body: bytes, token: str) -> None:
    assert heard(connector, body).items == () or body.strip().startswith((b"[", b"{"))
    verdict = connector.check(delivery(body, x_fenghe_token=token), {"token": "secret"})
    assert isinstance(verdict, Refused | Accepted)
    assert isinstance(verdict, Accepted) is (token == "secret")
