"""Asking a channel for one order over real HTTP (按单号问渠道): its signature, its order, its own words that there is none."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from fenghe.connectors.order_answers import meaning_of, published
from fenghe.connectors.order_asking import ASKERS, UNKNOWN
from fenghe.kernel.connecting import Answer, Request
from fenghe.money.channel_asking import KEYS
from fenghe.money.compensation import NO_SUCH_ORDER
from fenghe.simulator.orders_app import OrderDesk, build_orders_app
from fenghe.simulator.running import serving
from fenghe.simulator.till import Sold

NOW = datetime.now(UTC).replace(microsecond=0)
NUMBERS = {
    "taobao": "2602052000000001",
    "pdd": "260205-000000000000001",
    "douyin": "6930162745589500001",
    "jd": "268843001234",
}
SAID = {"taobao": True, "pdd": False, "douyin": True, "jd": False}
"""Does the channel publish how it says that there is no such order?"""


@pytest.fixture(scope="module")
def desk() -> OrderDesk:
    desk = OrderDesk(seed=5)
    for channel, number in NUMBERS.items():
        desk.sell(
            Sold(
                channel=channel, order_no=number, title="精华 <液> & 30ml", due_minor=8_801, created_at=NOW - timedelta(hours=3),
                paid_at=NOW - timedelta(hours=2),
            )
        )  # fmt: skip
    return desk


@pytest.fixture(scope="module")
def address(desk: OrderDesk) -> Iterator[str]:
    with serving(build_orders_app(desk)) as told:
        yield told


def ask(
    desk: OrderDesk, address: str, channel: str, number: str, *, ago: timedelta = timedelta(), changed: Any = ()
) -> Answer:
    plain, secrets = desk.access[channel].settings(channel)
    base = f"{address}/{channel}" + ("" if channel == "douyin" else "/router/rest")
    settings = {**plain, **secrets, "base_url": base, **dict(changed)}
    request = ASKERS[channel].ask(number, settings=settings, now=datetime.now(UTC) - ago)
    assert isinstance(request, Request), request
    body = httpx.post(request.url, content=request.body, headers=dict(request.headers), timeout=10).content
    return ASKERS[channel].hear(body, number, settings=settings)


def test_every_channel_that_has_keys_can_be_asked() -> None:
    assert set(ASKERS) == set(KEYS) == set(NUMBERS)


@pytest.mark.parametrize("channel", NUMBERS)
def test_the_order_is_told_and_read(desk: OrderDesk, address: str, channel: str) -> None:
    heard = ask(desk, address, channel, NUMBERS[channel])
    assert heard.error is None, heard.error


@pytest.mark.parametrize("channel", NUMBERS)
def test_an_order_the_channel_does_not_have(desk: OrderDesk, address: str, channel: str) -> None:
    heard = ask(desk, address, channel, "999999999999")
    assert heard.error is not None and heard.permanent
    assert heard.error.startswith(NO_SUCH_ORDER) is SAID[channel], heard.error
    assert SAID[channel] or UNKNOWN in heard.error, "unknown is said, with what a person can do"


def test_a_code_that_a_shop_has_seen_is_declared_on_its_connection(desk: OrderDesk, address: str) -> None:
    heard = ask(desk, address, "jd", "999999999999", changed={"no_order_codes": "x, apiResult:-1"})
    assert heard.error is not None and heard.error.startswith(NO_SUCH_ORDER)


@pytest.mark.parametrize("channel", NUMBERS)
def test_wrong_keys_and_clocks_are_refused_in_the_channels_words(desk: OrderDesk, address: str, channel: str) -> None:
    secret = "client_secret" if channel == "pdd" else "app_secret"
    token = "session" if channel == "taobao" else "access_token"
    for changed in ({secret: "other"}, {token: "other"}):
        heard = ask(desk, address, channel, NUMBERS[channel], changed=changed)
        assert heard.error is not None and heard.permanent and not heard.error.startswith(NO_SUCH_ORDER)
    late = ask(desk, address, channel, NUMBERS[channel], ago=timedelta(minutes=20))
    assert late.error is not None and not late.error.startswith(NO_SUCH_ORDER)


def test_jd_tells_only_what_is_named(desk: OrderDesk, address: str) -> None:
    plain, secrets = desk.access["jd"].settings("jd")
    settings = {**plain, **secrets, "base_url": f"{address}/jd"}
    request = ASKERS["jd"].ask(NUMBERS["jd"], settings=settings, now=datetime.now(UTC))
    assert isinstance(request, Request)
    told = httpx.post(request.url, content=request.body, headers=dict(request.headers)).json()
    info = told["jingdong_pop_order_get_responce"]["orderDetailInfo"]["orderInfo"]
    assert {"orderId", "orderState", "orderPayment", "itemInfoList", "modified"} <= set(info)


def test_the_sandbox_takes_the_published_signature(shared: Path) -> None:
    told: list[dict[str, Any]] = json.loads((shared / "protocols" / "vectors" / "channels.json").read_bytes())
    vector = next(one for one in told if one["id"] == "jd-md5-2")
    from fenghe.simulator.dialects import order_desks  # noqa: PLC0415 - only here

    access = order_desks.Access(key="ak", secret=vector["inputs"]["secret"], token="tk")
    form = httpx.QueryParams({**vector["inputs"]["params"], "sign": vector["expect"]["sign"]})
    asked = order_desks.Asked(path="/jd", query="", body=str(form).encode())
    wall = datetime(2026, 2, 5, 6, 23, tzinfo=UTC)
    answer = json.loads(order_desks.answer("jd", asked, access=access, orders={}, wall=wall))
    assert answer["jingdong_pop_order_get_responce"]["orderDetailInfo"]["apiResult"]["success"] is False, (
        "signature accepted"
    )
    wrong = order_desks.Asked(path="/jd", query="", body=str(form.set("sign", "0" * 32)).encode())
    assert (
        json.loads(order_desks.answer("jd", wrong, access=access, orders={}, wall=wall))["error_response"]["code"]
        == "12"
    )


@pytest.mark.parametrize(
    ("body", "absent"),
    [
        (b'{"error_response":{"code":15,"sub_code":"isv.trade-not-exist","sub_msg":"x"}}', "taobao"),
        (b'{"code":40004,"sub_code":"isv.parameter-invalid:20014","sub_msg":"x"}', "douyin"),
        (b'{"code":40004,"sub_code":"isv.parameter-invalid:20001","sub_msg":"x"}', "douyin"),
        (b'{"code":50002,"sub_code":"isv.business-failed:20015","sub_msg":"not this shop\'s"}', ""),
        (b'{"error_response":{"code":15,"sub_code":"isp.remote-service-error","sub_msg":"x"}}', ""),
        (b'{"error_response":{"error_code":50001,"error_msg":"x"}}', ""),
        (b'{"jingdong_pop_order_get_responce":{"code":"0","orderDetailInfo":{"apiResult":{"success":true}}}}', ""),
        (b'{"jingdong_pop_order_get_responce":{"code":"0","orderDetailInfo":{"apiResult":{"success":false,"numberCode":7}}}}', ""),
        (b"{}", ""), (b"[]", ""), (b"", ""), (b'{"code":0}', ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("channel", NUMBERS)
def test_only_a_published_code_of_its_own_means_that_there_is_none(channel: str, body: bytes, absent: str) -> None:
    heard = ASKERS[channel].hear(body, "1", settings={})
    assert heard.error is not None
    assert heard.error.startswith(NO_SUCH_ORDER) is (channel == absent)


def test_the_table_of_codes_names_its_sources_and_holds_no_code_twice() -> None:
    names = [(one.channel, one.code) for one in published()]
    assert len(names) == len(set(names))
    assert all(one.source and one.words for one in published())
    assert not [one for one in published() if one.meaning == "absent" and "memory" in one.source]
    assert {one.channel for one in published() if one.meaning == "absent"} == {"taobao", "douyin"}
    assert meaning_of("douyin", ["20000", "isv.parameter-invalid:20014"], settings={}) == "absent"
    assert meaning_of("pdd", ["50001"], settings={"no_order_codes": "50001，7"}) == "absent"
