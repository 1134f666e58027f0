"""Published and constructed vectors of WeChat Pay and Alipay (签名向量): what the platforms themselves sign and seal."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from fenghe.connectors import alipay, rsa_signing, wechatpay
from fenghe.connectors.alipay import signing as ali
from fenghe.connectors.rsa_signing import CannotOpen
from fenghe.connectors.wechatpay import signing as wx
from fenghe.connectors.wechatpay.push import PLAIN
from fenghe.kernel.connecting import Accepted, Delivery, Refused


@pytest.fixture(scope="module")
def vectors(shared: Path) -> dict[str, dict[str, Any]]:
    told = json.loads((shared / "protocols/vectors/payments.json").read_bytes())
    return {one["id"]: one for one in told}


@pytest.fixture(scope="module")
def key(shared: Path) -> Any:
    return lambda name: (shared / "protocols/vectors" / name).read_text()


def test_wechat_requests_and_client_calls(vectors: dict[str, Any], key: Any) -> None:
    one = vectors["wx-request-get"]
    said, merchant = one["inputs"], key(one["inputs"]["private_key"])
    text = wx.request_text("GET", f"https://x{said['url_path']}", said["timestamp"], said["nonce"], b"")
    assert text.decode() == one["expect"]["message"]
    assert rsa_signing.sign(text, merchant) == one["expect"]["signature"]
    one = vectors["wx-paysign-jsapi"]
    said = one["inputs"]
    signed = wx.pay_sign(said["appId"], said["timeStamp"], said["nonceStr"], said["package"], key(said["private_key"]))
    assert signed == one["expect"]["paySign"]
    one = vectors["wx-rsa-sign-go"]
    assert (
        rsa_signing.sign(one["inputs"]["message"].encode(), key(one["inputs"]["private_key"]))
        == one["expect"]["signature"]
    )


def test_wechat_responses(vectors: dict[str, Any], key: Any) -> None:
    said = vectors["wx-response-verify"]["inputs"]
    headers = {name.lower(): value for name, value in said.items() if name.startswith("Wechatpay-")}
    headers["wechatpay-serial"] = "PUB_KEY_ID_1"
    settings = {"public_key_id": "PUB_KEY_ID_1", "public_key": key(said["public_key"])}
    now_ms = int(said["Wechatpay-Timestamp"]) * 1000
    body = said["body"].encode()
    assert wx.problem_of(headers, body, settings=settings, now_ms=now_ms) is None
    assert wx.problem_of(headers, body + b"\n", settings=settings, now_ms=now_ms) == "signature_wrong"
    assert wx.problem_of(headers, body, settings=settings, now_ms=now_ms + 300_999) is None
    assert wx.problem_of(headers, body, settings=settings, now_ms=now_ms + 301_000) == "stale"
    assert wx.problem_of(headers, body, settings=settings, now_ms=now_ms - 301_000) == "stale"
    assert wx.problem_of(headers, body, settings=settings, now_ms=0) == "stale", "no clock, no trust"
    probe = {**headers, "wechatpay-signature": "WECHATPAY/SIGNTEST/x" + headers["wechatpay-signature"]}
    assert wx.problem_of(probe, body, settings=settings, now_ms=now_ms) == "signature_probe"
    other = {**headers, "wechatpay-serial": "PUB_KEY_ID_2"}
    assert wx.problem_of(other, body, settings=settings, now_ms=now_ms) == "serial_unknown"


def test_wechat_boxes(vectors: dict[str, Any]) -> None:
    for name in ("wx-aes256gcm-java", "wx-aes256gcm-node-empty", "wx-aes256gcm-node"):
        said, wanted = vectors[name]["inputs"], vectors[name]["expect"]
        parts = {part: said[part] or "" for part in ("nonce", "associated_data", "ciphertext")}
        assert rsa_signing.open_box(said["api_v3_key"], **parts).decode() == wanted["plaintext"]
        for change in (
            {"associated_data": "bad"},
            {"nonce": "bad-4a9R25RW"},
            {"ciphertext": base64.b64encode(bytes(128)).decode()},
        ):
            with pytest.raises(CannotOpen):
                rsa_signing.open_box(said["api_v3_key"], **{**parts, **change})
    said, wanted = (vectors["wx-platform-cert-download"][part] for part in ("inputs", "expect"))
    pem = rsa_signing.open_box(
        said["api_v3_key"], nonce=said["nonce"], associated_data=said["associated_data"], ciphertext=said["ciphertext"]
    ).decode()
    assert pem.startswith(wanted["plaintext_starts"])
    assert f"{rsa_signing.certificate(pem).serial_number:X}" == wanted["certificate_serial_hex"]
    assert wx.platform_key(wanted["certificate_serial_hex"].lower(), {"platform_certificates": pem}) is not None
    assert wx.sha1_hex(vectors["wx-bill-sha1"]["inputs"]["text"].encode()) == vectors["wx-bill-sha1"]["expect"]["sha1"]


def test_a_wechat_notification_at_the_door(vectors: dict[str, Any], key: Any) -> None:
    said, wanted = (vectors["wx-notify-paid"][part] for part in ("inputs", "expect"))
    headers = {name.lower(): value for name, value in said["headers"].items()}
    secrets = {
        "api_v3_key": said["api_v3_key"],
        "platform_certificates": key(said["certificate"]),
        "mchid": "1900000109",
    }
    arrival = Delivery(headers=headers, query="", body=said["raw_body"].encode(), received_ms=said["clock"] * 1000)
    taken = wechatpay.CONNECTOR.check(arrival, secrets)
    assert isinstance(taken, Accepted) and json.loads(taken.beside[PLAIN]) == wanted["plaintext"]
    for secret, reason, status in (
        ({"mchid": "1900000999"}, "merchant_wrong", 401),
        ({"api_v3_key": "x" * 32}, "cannot_open", 500),
        ({"platform_certificates": ""}, "serial_unknown", 401),
    ):
        refused = wechatpay.CONNECTOR.check(arrival, {**secrets, **secret})
        assert isinstance(refused, Refused) and (refused.reason, refused.status) == (reason, status)


def test_the_published_wechat_notification(shared: Path) -> None:
    told = json.loads((shared / "data/wechatpay_vector/notify_v3.json").read_bytes())
    secrets = {"api_v3_key": told["apiv3_key"], "platform_certificates": told["platform_certificate_pem"]}
    headers = {name.lower(): value for name, value in told["headers"].items()}
    arrival = Delivery(headers=headers, query="", body=told["body"].encode(), received_ms=told["now"] * 1000)
    assert wx.problem_of(headers, arrival.body, settings=secrets, now_ms=arrival.received_ms) is None
    taken = wechatpay.CONNECTOR.check(arrival, {**secrets, "api_v3_key": told["apiv3_key"]})
    assert isinstance(taken, Accepted), "16 bytes in the published example, AES-128 then"
    assert json.loads(taken.beside[PLAIN]) == json.loads(told["expected_plaintext"])


def test_alipay(vectors: dict[str, Any], key: Any) -> None:
    said = vectors["alipay-sync-response"]["inputs"]
    body = f'{{"alipay_trade_pay_response":{said["sign_data"]},"sign":"{said["sign"]}"}}'
    text = ali.answer_text(body, "alipay_trade_pay_response")
    assert text == said["sign_data"]
    assert rsa_signing.signed_by(text.encode(), said["sign"], rsa_signing.public_key(key(said["public_key"])))
    one = vectors["alipay-cert-sn"]
    assert ali.cert_serial(key(one["inputs"]["file"])) == one["expect"]["alipay_cert_sn"]


def test_alipay_notifications_at_the_door(vectors: dict[str, Any], key: Any) -> None:
    for name in ("alipay-notify-paid", "alipay-notify-tampered"):
        said, wanted = vectors[name]["inputs"], vectors[name]["expect"]
        secrets = {
            "app_id": "2021000122672388",
            "seller_id": "2088721003236442",
            "alipay_public_key": key(said["public_key"]),
        }
        arrival = Delivery(headers={}, query="", body=said["raw_form_body"].encode())
        taken = alipay.CONNECTOR.check(arrival, secrets)
        if not wanted["valid"]:
            assert isinstance(taken, Refused) and taken.reply != b"success"
            continue
        assert isinstance(taken, Accepted) and (taken.reply, taken.content_type) == (b"success", "text/plain")
        for secret, reason in (({"app_id": "2"}, "app_id_wrong"), ({"seller_id": "2"}, "seller_wrong")):
            refused = alipay.CONNECTOR.check(arrival, {**secrets, **secret})
            assert isinstance(refused, Refused) and refused.reason == reason
        weaker = Delivery(headers={}, query="", body=arrival.body.replace(b"sign_type=RSA2", b"sign_type=RSA"))
        refused = alipay.CONNECTOR.check(weaker, secrets)
        assert isinstance(refused, Refused) and refused.reason == "sign_type_refused"
        twice = Delivery(headers={}, query="", body=arrival.body + b"&total_amount=0.01")
        assert isinstance(alipay.CONNECTOR.check(twice, secrets), Refused)
