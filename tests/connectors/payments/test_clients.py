"""Independent clients (独立客户端): wechatpayv3 and python-alipay-sdk believe our sandbox, and our door believes what they sign."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from alipay import AliPay
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.utils import rsa_sign

from fenghe.connectors import alipay, rsa_signing, wechatpay
from fenghe.connectors.wechatpay import signing as wx
from fenghe.connectors.wechatpay.push import PLAIN
from fenghe.kernel.connecting import Accepted, Delivery, Refused
from fenghe.simulator.dialects import alipay as ali_sandbox
from fenghe.simulator.dialects import wechatpay as wx_sandbox
from fenghe.simulator.keys import private_pem, public_pem
from fenghe.simulator.paying import render
from fenghe.simulator.running import serving
from fenghe.simulator.till import Till
from fenghe.simulator.till_app import TillGateway, build_till_app
from tests.connectors.payments.tills import order, till


@pytest.fixture(scope="module")
def gateway() -> TillGateway:
    orders = [order(n, channel="taobao" if n % 2 else "jd") for n in range(6)]
    return TillGateway(till(orders))


@pytest.fixture(scope="module")
def address(gateway: TillGateway) -> Iterator[str]:
    with serving(build_till_app(gateway)) as address:
        yield address


def wechat_client(
    gateway: TillGateway, address: str, monkeypatch: pytest.MonkeyPatch, *, public_key: bool
) -> WeChatPay:
    """The client pointed at the sandbox instead of WeChat; only the host is another."""
    secrets = gateway.secrets("wechatpay")
    from wechatpayv3 import core  # noqa: PLC0415

    came = core.Core.request

    def request(self: Any, *args: Any, **more: Any) -> Any:
        self._gate_way = address
        return came(self, *args, **more)

    monkeypatch.setattr(core.Core, "request", request)
    mode = {"public_key": secrets["public_key"], "public_key_id": secrets["public_key_id"]} if public_key else {}
    return WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE,
        mchid=secrets["mchid"],
        private_key=secrets["merchant_key"],
        cert_serial_no=secrets["merchant_serial"],
        appid=secrets["appid"],
        apiv3_key=secrets["api_v3_key"],
        notify_url="https://shop.example/hook/wechat",
        timeout=(5, 5),
        **mode,
    )


def of(till: Till, provider: str) -> Any:
    return next(one for one in till.payments.values() if one.provider == provider)


@pytest.mark.parametrize("public_key", [True, False])
def test_wechatpayv3_uses_the_sandbox_as_it_uses_wechat(
    gateway: TillGateway, address: str, monkeypatch: pytest.MonkeyPatch, public_key: bool
) -> None:
    client = wechat_client(gateway, address, monkeypatch, public_key=public_key)
    monkeypatch.setattr(
        wx_sandbox, "signed_headers", _by_key(wx_sandbox.signed_headers, public_key)
    )  # a merchant in certificate mode is answered by certificate
    paid = of(gateway.till, "wechatpay")
    status, text = client.query(out_trade_no=paid.out_trade_no)
    told = json.loads(text)
    assert status == 200 and told["transaction_id"] == paid.payment_no and told["amount"]["total"] == paid.amount_minor
    number = f"FH{public_key}9001"
    status, text = client.pay(description="手机壳", out_trade_no=number, amount={"total": 1990, "currency": "CNY"})
    assert status == 200 and json.loads(text)["code_url"].startswith("weixin://")
    assert client.close(out_trade_no=number)[0] == 204
    status, text = client.refund(
        out_refund_no=f"R{public_key}", amount={"refund": 5, "total": paid.amount_minor, "currency": "CNY"},
        transaction_id=paid.payment_no,
    )  # fmt: skip
    assert status == 200 and json.loads(text)["status"] == "PROCESSING"
    too_much = {"refund": paid.amount_minor, "total": paid.amount_minor, "currency": "CNY"}
    status, text = client.refund(out_refund_no="too-much", amount=too_much, transaction_id=paid.payment_no)
    assert status == 403 and json.loads(text)["code"] == "NOT_ENOUGH"
    status, text = client.trade_bill(bill_date="2026-02-05")
    assert status == 200
    status, body = client.download_bill(url=json.loads(text)["download_url"])
    assert status == 200 and body[:2] == b"\x1f\x8b"


def _by_key(signed: Any, public_key: bool) -> Any:
    def headers(*args: Any, **more: Any) -> Any:
        return signed(*args, **{**more, "by_public_key": public_key})

    return headers


def test_wechatpayv3_opens_the_sandbox_notification_and_so_does_our_door(
    gateway: TillGateway, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = wechat_client(gateway, address, monkeypatch, public_key=True)
    for notice in [one for one in gateway.till.notices() if one.provider == "wechatpay"]:
        wall = int(time.time())
        outgoing = render(gateway, notice, wall=wall)
        theirs = client.callback(dict(outgoing.headers), outgoing.body)
        arrival = Delivery(headers=outgoing.headers, query="", body=outgoing.body, received_ms=wall * 1000)
        ours = wechatpay.CONNECTOR.check(arrival, gateway.secrets("wechatpay"))
        assert isinstance(ours, Accepted) and json.loads(ours.beside[PLAIN]) == theirs["resource"]


def test_our_door_takes_what_wechatpayv3_signs(gateway: TillGateway) -> None:
    body = wx_sandbox.notice(
        gateway.till, "payment", of(gateway.till, "wechatpay").payment_no, at=gateway.till.now, turn=0
    )
    now = int(time.time())
    signature = rsa_sign(gateway.wechat_keys.platform, f"{now}\nnonce\n{body.decode()}\n")
    headers = {
        "wechatpay-timestamp": str(now),
        "wechatpay-nonce": "nonce",
        "wechatpay-signature": signature,
        "wechatpay-serial": wx_sandbox.PUBLIC_KEY_ID,
    }
    secrets = gateway.secrets("wechatpay")
    arrival = Delivery(headers=headers, query="", body=body, received_ms=now * 1000)
    assert isinstance(wechatpay.CONNECTOR.check(arrival, secrets), Accepted)
    changed = Delivery(
        headers=headers, query="", body=body.replace(b"TRANSACTION", b"TRANSFER"), received_ms=now * 1000
    )
    refused = wechatpay.CONNECTOR.check(changed, secrets)
    assert isinstance(refused, Refused) and refused.reason == "signature_wrong"


def alipay_client(gateway: TillGateway, address: str) -> AliPay:
    secrets = gateway.secrets("alipay")
    client = AliPay(
        appid=secrets["app_id"],
        app_private_key_string=secrets["app_key"],
        alipay_public_key_string=secrets["alipay_public_key"],
    )
    client._gateway = f"{address}/gateway.do"
    return client


def test_python_alipay_sdk_uses_the_sandbox_as_it_uses_alipay(gateway: TillGateway, address: str) -> None:
    client, paid = alipay_client(gateway, address), of(gateway.till, "alipay")
    told = client.api_alipay_trade_query(trade_no=paid.payment_no)
    assert (told["code"], told["trade_status"], told["out_trade_no"]) == ("10000", "TRADE_SUCCESS", paid.out_trade_no)
    told = client.api_alipay_trade_precreate(subject="手机壳", out_trade_no="FH9002", total_amount="19.90")
    assert told["qr_code"].startswith("https://qr.alipay.com/")
    told = client.api_alipay_trade_refund("0.05", trade_no=paid.payment_no, out_request_no="R1")
    assert (told["code"], told["fund_change"]) == ("10000", "Y")
    told = client.api_alipay_trade_refund("0.05", trade_no=paid.payment_no, out_request_no="R1")
    assert (told["code"], told["fund_change"]) == ("10000", "N"), "the same request is the same refund"
    told = client.api_alipay_trade_refund("9999", trade_no=paid.payment_no, out_request_no="R2")
    assert told["code"] == "40004"
    assert client.api_alipay_trade_query(trade_no="nobody")["sub_code"] == "ACQ.TRADE_NOT_EXIST"


def test_python_alipay_sdk_believes_the_sandbox_notification_and_so_does_our_door(
    gateway: TillGateway, address: str
) -> None:
    client = alipay_client(gateway, address)
    for notice in [one for one in gateway.till.notices() if one.provider == "alipay"]:
        body = render(gateway, notice, wall=0).body
        fields = dict(parse_qsl(body.decode()))
        assert client.verify({name: value for name, value in fields.items() if name != "sign"}, fields["sign"])
        assert isinstance(
            alipay.CONNECTOR.check(Delivery(headers={}, query="", body=body), gateway.secrets("alipay")), Accepted
        )


def test_our_door_takes_what_python_alipay_sdk_signs(gateway: TillGateway) -> None:
    platform = AliPay(
        appid=ali_sandbox.APP_ID,
        app_private_key_string=private_pem(gateway.alipay_keys.alipay),
        alipay_public_key_string=public_pem(gateway.alipay_keys.app),
    )
    fields = {
        "app_id": ali_sandbox.APP_ID,
        "trade_no": "1",
        "subject": "手机壳 & 膜",
        "seller_id": ali_sandbox.SELLER_ID,
    }
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    body = urlencode({**fields, "sign": platform._sign(text), "sign_type": "RSA2"}).encode()
    secrets = gateway.secrets("alipay")
    assert isinstance(alipay.CONNECTOR.check(Delivery(headers={}, query="", body=body), secrets), Accepted)
    changed = body.replace(b"trade_no=1", b"trade_no=2")
    assert isinstance(alipay.CONNECTOR.check(Delivery(headers={}, query="", body=changed), secrets), Refused)


def test_the_sandbox_keys_are_its_seeds_and_rsa(gateway: TillGateway) -> None:
    again = wx_sandbox.Keys(gateway.till.seed).secrets()
    assert again == gateway.secrets("wechatpay") and again != wx_sandbox.Keys(8).secrets()
    key = rsa_signing.private_key(again["merchant_key"])
    assert key.key_size == 2048
    old = wx.problem_of({}, b"", settings=again, now_ms=int(timedelta(days=20_000).total_seconds() * 1000))
    assert old == "signature_missing"
