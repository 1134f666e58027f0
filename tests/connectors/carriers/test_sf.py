"""SF's pushes: three ways in, the reason that changes a code's meaning, order states, bad input."""

import json
from pathlib import Path

import pytest

from fenghe.connectors import signing
from fenghe.connectors.sf import CONNECTOR
from fenghe.kernel.connecting import Accepted, Refused
from fenghe.logistics.mapping import map_status, shipped_mapping
from fenghe.logistics.scale import State
from tests.connectors.carriers.telling import delivery, form, message

SECRETS = {"partner_id": "FENGHE", "checkword": "word-1"}
ROUTE = {
    "id": "1",
    "mailno": "SF1010101010101",
    "orderid": "FH1",
    "acceptTime": "2026-02-05 18:00:00",
    "acceptAddress": "杭州市",
    "remark": "顺丰速运 已收取快件",
    "opCode": "50",
    "reasonCode": "",
}


def push(*routes: dict[str, str]) -> str:
    return json.dumps({"Body": {"WaybillRoute": list(routes)}}, ensure_ascii=False)


def standard(data: str, **changed: str) -> bytes:
    fields = {
        "partnerID": "FENGHE",
        "requestID": "r-1",
        "serviceCode": "RoutePushService",
        "timestamp": "1770285600000",
        "msgData": data,
        "msgDigest": signing.sf_digest(data, "1770285600000", "word-1"),
    }
    return form(**{**fields, **changed})


def test_the_standard_form_is_checked_by_sfs_digest() -> None:
    data = push(ROUTE)
    verdict = CONNECTOR.check(delivery(standard(data)), SECRETS)
    assert isinstance(verdict, Accepted)
    assert json.loads(verdict.reply) == {"return_code": "0000", "return_msg": "成功"}
    again = CONNECTOR.check(delivery(standard(data, requestID="r-2")), SECRETS)
    assert isinstance(again, Accepted)
    assert again.key == verdict.key


def test_tampered_deliveries_are_refused() -> None:
    data = push(ROUTE)
    digest = signing.sf_digest(data, "1770285600000", "word-1")
    for body in (
        standard(push(ROUTE | {"opCode": "80"}), msgDigest=digest),
        standard(data, timestamp="1770285600001", msgDigest=digest),
        standard(data, msgDigest="x"),
        standard(data, partnerID="OTHER"),
        standard(data).replace(b"%E6", b"%FF", 1),
    ):
        verdict = CONNECTOR.check(delivery(body), SECRETS)
        assert isinstance(verdict, Refused)
        assert json.loads(verdict.reply)["return_code"] != "0000"
    assert isinstance(CONNECTOR.check(delivery(standard(data)), {"partner_id": "FENGHE"}), Refused)


def test_accounts_set_to_the_plain_digest() -> None:
    data = push(ROUTE)
    body = standard(data, msgDigest=signing.sf_plain_digest(data, "1770285600000", "word-1"))
    assert isinstance(CONNECTOR.check(delivery(body), SECRETS | {"digest": "plain"}), Accepted)
    assert isinstance(CONNECTOR.check(delivery(body), SECRETS), Refused)


def test_unsigned_json_needs_the_token_of_its_address() -> None:
    body = push(ROUTE)
    secrets = SECRETS | {"push_token": "tok-123"}
    assert isinstance(CONNECTOR.check(delivery(body, query="token=tok-123"), secrets), Accepted)
    assert isinstance(CONNECTOR.check(delivery(body, path="tok-123"), secrets), Accepted)
    assert isinstance(CONNECTOR.check(delivery(body, query="token=tok-124"), secrets), Refused)
    assert isinstance(CONNECTOR.check(delivery(body), secrets), Refused)
    verdict = CONNECTOR.check(delivery(body), SECRETS)
    assert isinstance(verdict, Refused)
    assert verdict.reason == "signature_missing"
    assert isinstance(CONNECTOR.check(delivery(body), {"unsigned": "allowed"}), Accepted)


def test_reads_the_sample_and_the_form_content(shared: Path) -> None:
    sample = (shared / "protocols/samples/sf_route_push.json").read_text(encoding="utf-8")
    for body in (sample.encode(), form(content=sample), standard(sample)):
        reading = CONNECTOR.read(message(body, "sf"))
        assert not reading.unreadable
        assert [(e.code, e.order_no, e.location, e.item) for e in reading.items] == [
            ("50", "FH20260205000001", "杭州市", 0),
            ("30", "FH20260205000001", "杭州市", 1),
        ]


@pytest.mark.parametrize(
    ("op_code", "reason", "code", "state"),
    [
        ("8000", "", "8000", State.DELIVERED),
        ("8000", "6", "8000+6", State.LOST),
        ("8000", "2", "8000+2", State.LOST),
        ("8000", "77", "8000+77", None),
        ("70", "46", "70+46", State.CANCELLED),
        ("70", "83", "70+83", State.READY_FOR_PICKUP),
        ("70", "5", "70", State.DELIVERY_FAILED),
        ("33", "85", "33+85", State.READY_FOR_PICKUP),
        ("99", "2", "99+2", State.RETURNING),
        ("4242", "", "4242", None),
        ("", "", None, None),
    ],
)
def test_reasons_that_change_the_meaning(op_code: str, reason: str, code: str | None, state: State | None) -> None:
    body = push(ROUTE | {"opCode": op_code, "reasonCode": reason, "remark": ""})
    (event,) = CONNECTOR.read(message(body, "sf")).items
    assert event.code == code
    assert map_status(shipped_mapping("sf"), code=event.code, text=event.text) is state


def test_648_names_the_new_number() -> None:
    text = "快件已转寄,新单号:SF2020202020202"
    (event,) = CONNECTOR.read(message(push(ROUTE | {"opCode": "648", "remark": text}), "sf")).items
    assert event.forwarded_to == "SF2020202020202"
    assert map_status(shipped_mapping("sf"), code=event.code, text=event.text) is State.FORWARDED


def test_order_states_are_answered_and_read() -> None:
    state = {
        "orderNo": "FH1",
        "waybillNo": "SF1010101010101",
        "orderStateCode": "04-40001",
        "orderStateDesc": "调度成功",
        "lastTime": "2026-02-05 17:00:00",
    }
    body = json.dumps({"requestId": "1", "orderState": [state, state | {"waybillNo": ""}]})
    verdict = CONNECTOR.check(delivery(body), {"unsigned": "allowed"})
    assert isinstance(verdict, Accepted)
    assert json.loads(verdict.reply)["success"] == "true"
    reading = CONNECTOR.read(message(body, "sf"))
    assert [(e.code, e.order_no) for e in reading.items] == [("orderState:04-40001", "FH1")]
    assert map_status(shipped_mapping("sf"), code=reading.items[0].code, text="") is State.AWAIT_PICKUP
    assert [note.code for note in reading.unreadable] == ["no_tracking_no"]


def test_equal_times_keep_the_order_of_the_file() -> None:
    routes = [ROUTE | {"opCode": code} for code in ("31", "30", "36")]
    assert [e.code for e in CONNECTOR.read(message(push(*routes), "sf")).items] == ["31", "30", "36"]


def test_bad_input_is_noted_never_raised() -> None:
    for body in (b"", b"[]", b"{}", b"[[[", b"a=1", b'{"Body":null}', b'{"Body":{"WaybillRoute":[7]}}', b"content=%7B"):
        reading = CONNECTOR.read(message(body, "sf"))
        assert not reading.items
        assert reading.unreadable
