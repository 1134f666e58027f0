"""Every channel's signature against the published and constructed vectors, and the calls that carry them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from fenghe.connectors import douyin as douyin_connector
from fenghe.connectors.douyin import api as douyin
from fenghe.connectors.douyin import push
from fenghe.connectors.jd import api as jd
from fenghe.connectors.pdd import api as pdd
from fenghe.connectors.taobao import api as taobao
from fenghe.kernel.connecting import Accepted
from tests.connectors.channels.telling import delivery

NOW = datetime(2026, 2, 5, 6, 23, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def vectors(shared: Path) -> dict[str, dict[str, Any]]:
    told = json.loads((shared / "protocols" / "vectors" / "channels.json").read_bytes())
    return {vector["id"]: vector for vector in told}


def test_every_channel_vector_is_tested_here(vectors: dict[str, Any]) -> None:
    assert set(vectors) == {
        *("top-md5", "top-hmac-md5", "pdd-md5", "pdd-ws-path-2", "jd-md5-2", "dy-api", "dy-event-sign", "dy-spi"),
    }


@pytest.mark.parametrize("name", ["top-md5", "top-hmac-md5"])
def test_top(vectors: dict[str, Any], name: str) -> None:
    told = vectors[name]["inputs"]
    expected = vectors[name]["expect"]["sign"]
    assert taobao.sign(told["params"], told["secret"], told["params"]["sign_method"]) == expected
    with_empty = {**told["params"], "nick": "", "": "x", "sign": "old"}
    assert taobao.sign(with_empty, told["secret"], told["params"]["sign_method"]) == expected
    assert taobao.sign(told["params"], told["secret"], told["params"]["sign_method"], body="<a/>") != expected


def test_pdd(vectors: dict[str, Any]) -> None:
    told = vectors["pdd-md5"]["inputs"]
    assert pdd.sign(told["params"], told["secret"]) == vectors["pdd-md5"]["expect"]["sign"]
    path = vectors["pdd-ws-path-2"]
    account = pdd.Account(client_id=path["inputs"]["client_id"], client_secret=path["inputs"]["secret"])
    assert pdd.message_path(account, now_ms=int(path["inputs"]["ms"])) == path["expect"]["path"]


def test_jd(vectors: dict[str, Any]) -> None:
    told = vectors["jd-md5-2"]["inputs"]
    assert jd.sign(told["params"], told["secret"]) == vectors["jd-md5-2"]["expect"]["sign"]


def test_douyin(vectors: dict[str, Any]) -> None:
    told, expected = vectors["dy-api"]["inputs"], vectors["dy-api"]["expect"]
    account = douyin.Account(app_key=told["app_key"], app_secret=told["app_secret"])
    text = douyin.param_json(told["param"])
    assert text == expected["param_json"]
    assert douyin.sign(account, told["method"], text, timestamp=told["timestamp"]) == expected["sign"]
    md5 = douyin.sign(account, told["method"], text, timestamp=told["timestamp"], sign_method="md5")
    assert md5 == expected["sign_if_md5"]
    assert douyin.param_json({"b": {"z": "<&>中", "a": 1}, "a": []}) == '{"a":[],"b":{"a":1,"z":"<&>中"}}'
    told, expected = vectors["dy-spi"]["inputs"], vectors["dy-spi"]["expect"]
    account = douyin.Account(app_key=told["app_key"], app_secret=told["app_secret"])
    for method, name in (("md5", "sign_md5"), ("hmac-sha256", "sign_hmac_sha256")):
        sign = douyin.spi_sign(account, told["param_json"], timestamp=told["timestamp"], sign_method=method)
        assert sign == expected[name]


def test_douyin_push(vectors: dict[str, Any]) -> None:
    told, expected = vectors["dy-event-sign"]["inputs"], vectors["dy-event-sign"]["expect"]
    body = told["raw_body"].encode()
    assert push.event_sign(told["app_key"], body, told["app_secret"]) == expected["event_sign"]
    arrived = delivery(body, event_sign=expected["event_sign"], app_id=told["app_key"])
    verdict = douyin_connector.CONNECTOR.check(arrived, {"app_key": told["app_key"], "app_secret": told["app_secret"]})
    assert isinstance(verdict, Accepted)
    assert json.loads(verdict.reply) == expected["reply"]


def test_a_top_call_carries_its_signature() -> None:
    account = taobao.Account(app_key="k", app_secret="s", session="t", url="http://127.0.0.1:1/router/rest")
    request = taobao.changed_trades(account, NOW - DAY, NOW, page=3, now=NOW)
    sent = dict(parse_qsl(request.body.decode()))
    assert (request.url, sent["method"]) == ("http://127.0.0.1:1/router/rest", "taobao.trades.sold.increment.get")
    assert (sent["timestamp"], sent["start_modified"], sent["page_no"]) == (
        "2026-02-05 14:23:00",
        "2026-02-04 14:23:00",
        "3",
    )
    assert sent["sign"] == taobao.sign(sent, "s", "hmac-sha256")
    for other in (
        taobao.sold_trades(account, NOW - DAY, NOW, page=1, now=NOW),
        taobao.trade(account, "1", now=NOW),
        taobao.take_messages(account, quantity=1, now=NOW),
        taobao.confirm_messages(account, ["1", "2"], now=NOW),
    ):
        sent = dict(parse_qsl(other.body.decode()))
        assert sent["sign"] == taobao.sign(sent, "s", "hmac-sha256")
    assert list(taobao.backwards(101, 50)) == [3, 2, 1]
    assert list(taobao.backwards(0, 50)) == []


def test_a_pdd_call_carries_its_signature() -> None:
    account = pdd.Account(client_id="c", client_secret="s", access_token="t")
    half_hour = timedelta(minutes=30)
    for request in (
        pdd.orders(account, NOW - DAY, NOW, page=1, now=NOW),
        pdd.changed_orders(account, NOW - half_hour, NOW, page=1, now=NOW),
        pdd.order(account, "1", now=NOW),
        pdd.statuses(account, ["1", "2"], now=NOW),
        pdd.carriers(account, now=NOW),
    ):
        sent = dict(parse_qsl(request.body.decode()))
        assert (sent["timestamp"], sent["sign"]) == ("1770272580", pdd.sign(sent, "s"))


def test_a_douyin_call_signs_its_body() -> None:
    account = douyin.Account(app_key="k", app_secret="s", access_token="t")
    request = douyin.orders(account, NOW - DAY, NOW, page=0, now=NOW)
    address = urlsplit(request.url)
    query = dict(parse_qsl(address.query))
    assert address.path == "/order/searchList"
    assert query["sign"] == douyin.sign(account, "order.searchList", request.body.decode(), timestamp="1770272580")
    assert json.loads(request.body)["update_time_start"] == 1770186180
    assert b"create_time_start" in douyin.orders(account, NOW - DAY, NOW, page=0, changed=False, now=NOW).body
    assert douyin.order(account, "6930162745589500001", now=NOW).body == b'{"shop_order_id":"6930162745589500001"}'


def test_a_jd_call_carries_its_signature() -> None:
    account = jd.Account(app_key="k", app_secret="s", access_token="t")
    for request in (jd.orders(account, NOW - DAY, NOW, page=1, now=NOW), jd.order(account, "1", now=NOW)):
        sent = dict(parse_qsl(request.body.decode()))
        assert sent["timestamp"] == "2026-02-05 14:23:00.000+0800"
        assert sent["sign"] == jd.sign(sent, "s")
        assert "orderState" in json.loads(sent["360buy_param_json"])["optional_fields"]


def test_spans_that_a_platform_would_refuse_are_not_asked_for() -> None:
    top = taobao.Account(app_key="k", app_secret="s")
    mall = pdd.Account(client_id="c", client_secret="s")
    shop = douyin.Account(app_key="k", app_secret="s")
    with pytest.raises(ValueError, match="a day at most"):
        taobao.changed_trades(top, NOW - 2 * DAY, NOW, page=1, now=NOW)
    with pytest.raises(ValueError, match="90 days"):
        taobao.sold_trades(top, NOW - 91 * DAY, NOW, page=1, now=NOW)
    with pytest.raises(ValueError, match="24 hours"):
        pdd.orders(mall, NOW - 2 * DAY, NOW, page=1, now=NOW)
    with pytest.raises(ValueError, match="30 minutes"):
        pdd.changed_orders(mall, NOW - DAY, NOW, page=1, now=NOW)
    with pytest.raises(ValueError, match="90 days"):
        douyin.orders(shop, NOW - 91 * DAY, NOW, page=0, now=NOW)
