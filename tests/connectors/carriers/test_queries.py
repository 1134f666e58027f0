"""Queries and their answers, field by field: what is an error, what is empty, what is evidence."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from fenghe.connectors import kuaidi100, sf, signing, zto
from fenghe.connectors.asking import Heard, Wanted
from fenghe.connectors.generic_json.query import DeclaredQuery
from fenghe.connectors.kuaidi100.query import subscribe, subscribed
from fenghe.connectors.sf import query as sf_query
from fenghe.connectors.zto import query as zto_query

NOW = datetime(2026, 2, 5, 10, 0, tzinfo=UTC)
SF = Wanted(number="SF1234567890", phone_tail="1234", order_no="A1")
ROUTE = {"acceptTime": "2026-02-05 10:00:00", "opCode": "80", "remark": "已签收"}


def fields(body: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}


def sf_answer(inner: Any, code: str = "A1000") -> bytes:
    return json.dumps({"apiResultCode": code, "apiErrorMsg": "坏了", "apiResultData": json.dumps(inner)}).encode()


def good(*routes: dict[str, str]) -> dict[str, Any]:
    return {
        "success": True,
        "errorCode": "S0000",
        "msgData": {"routeResps": [{"mailNo": SF.number, "routes": list(routes)}]},
    }


def hear_sf(body: bytes) -> Heard:
    return sf.TRACKER.hear(body, [SF], settings={})


def test_sf_is_asked_as_the_vectors_sign() -> None:
    given = {"partner_id": "P", "checkword": "W"}
    request = sf.TRACKER.ask([SF, Wanted(number="SF2", phone_tail="5678")], settings=given, now=NOW, nonce="n-1")
    told = fields(request.body)
    assert request.url == "https://bspgw.sf-express.com/std/service"
    assert told["msgDigest"] == signing.sf_digest(told["msgData"], told["timestamp"], "W")
    assert (told["serviceCode"], told["requestID"], told["partnerID"]) == ("EXP_RECE_SEARCH_ROUTES", "n-1", "P")
    data = json.loads(told["msgData"])
    assert (data["trackingNumber"], data["checkPhoneNo"]) == (["SF1234567890", "SF2"], "1234,5678")
    plain = fields(sf.TRACKER.ask([SF], settings=given | {"digest": "plain"}, now=NOW, nonce="n").body)
    assert plain["msgDigest"] == signing.sf_plain_digest(plain["msgData"], plain["timestamp"], "W")


def test_sf_evidence_and_no_evidence() -> None:
    (event,) = hear_sf(sf_answer(good(ROUTE))).reading.items
    assert (event.code, event.order_no, event.tracking_no) == ("80", "A1", SF.number)
    empty = hear_sf(sf_answer(good()))
    assert empty.no_evidence
    assert empty.error is None
    assert hear_sf(sf_answer({"success": True, "errorCode": "S0000", "msgData": None})).no_evidence


@pytest.mark.parametrize(
    ("body", "error", "permanent"),
    [
        (sf_answer({}, "A1005"), "throttled", False),
        (sf_answer({}, "A1006"), "signature_wrong", True),
        (sf_answer({}, "A1099"), "system_error", False),
        (sf_answer({}, "A7777"), "sf_A7777", False),
        (sf_answer({"success": False, "errorCode": "S0003", "errorMsg": "x"}), "sf_S0003", False),
        (sf_answer({"success": False, "errorCode": "S0002", "errorMsg": "x"}), "sf_S0002", True),
        (sf_answer([1]), "not_readable", False),
        (b'{"apiResultCode":"A1000","apiResultData":"{"}', "not_readable", False),
        (b"<html>502</html>", "not_readable", False),
        (b"{}", "not_readable", False),
        (b"[]", "not_readable", False),
    ],
)
def test_three_layers_of_sf_failure(body: bytes, error: str, permanent: bool) -> None:
    heard = hear_sf(body)
    assert (heard.error, heard.permanent) == (error, permanent)
    assert not heard.no_evidence


def test_zto_asks_and_hears() -> None:
    wanted = [Wanted(number="73190553102532", phone_tail="1234")]
    request = zto.TRACKER.ask(wanted, settings={"app_key": "k", "app_secret": "zto-secret"}, now=NOW, nonce="n")
    assert request.headers["x-dataDigest"] == "OYQaSkE+H9/xhKCNQzz8ug=="
    assert request.url.endswith("/zto.merchant.waybill.track.query")
    scan = {"scanType": "签收", "scanDate": "2026-02-05 10:00:00", "desc": "已签收"}
    (event,) = zto.TRACKER.hear(
        json.dumps({"status": True, "result": [scan]}).encode(), wanted, settings={}
    ).reading.items
    assert (event.tracking_no, event.code) == ("73190553102532", "签收")
    nothing: tuple[Any, ...] = (None, [])
    for result in nothing:
        assert zto.TRACKER.hear(
            json.dumps({"status": True, "result": result}).encode(), wanted, settings={}
        ).no_evidence
    for said, error, permanent in (
        ("签名错误", "zto_S1", True),
        ("系统繁忙", "zto_S1", False),
        ("请求过于频繁", "throttled", False),
    ):
        body = json.dumps({"status": False, "statusCode": "S1", "message": said}).encode()
        heard = zto.TRACKER.hear(body, wanted, settings={})
        assert (heard.error, heard.permanent, heard.said) == (error, permanent, said)
    assert isinstance(zto_query.unwrap(b"[]"), Heard)


def test_kuaidi100_asks_and_hears() -> None:
    wanted = [Wanted(number="YT9693083639795", carrier="yto")]
    given = {"key": "ABCDEFabc123", "customer": "0F1E2D3C4B5A"}
    told = fields(kuaidi100.TRACKER.ask(wanted, settings=given, now=NOW, nonce="n").body)
    assert told["param"] == '{"com":"yuantong","num":"YT9693083639795","resultv2":"4"}'
    assert told["sign"] == "6C5DC7FD9BDA68FE3BE6FD972CAED95B"
    body = {"message": "ok", "nu": "YT9693083639795", "com": "yuantong", "state": "3", "status": "200"}
    scan = {"time": "2026-02-05 10:00:00", "context": "已签收"}
    heard = kuaidi100.TRACKER.hear(json.dumps(body | {"data": [scan]}).encode(), wanted, settings={})
    assert [event.text for event in heard.reading.items] == ["已签收"]


@pytest.mark.parametrize(
    ("code", "error", "permanent"),
    [
        ("500", None, False),
        ("501", "server_error", False),
        ("502", "server_busy", False),
        ("503", "signature_wrong", True),
        ("600", "not_a_customer", True),
        ("601", "key_expired", True),
        ("999", "kuaidi100_999", False),
    ],
)
def test_kuaidi100_errors(code: str, error: str | None, permanent: bool) -> None:
    body = json.dumps({"result": False, "returnCode": code, "message": "说明"}).encode()
    heard = kuaidi100.TRACKER.hear(body, [], settings={})
    assert (heard.error, heard.permanent, heard.said) == (error, permanent, "说明")
    assert heard.no_evidence == (code == "500")


def test_kuaidi100_subscription_and_rubbish() -> None:
    request = subscribe(Wanted(number="1", carrier="sf"), settings={"key": "k", "callback_url": "u", "salt": "s"})
    param = json.loads(fields(request.body)["param"])
    assert (param["company"], param["parameters"]["salt"], param["parameters"]["callbackurl"]) == ("shunfeng", "s", "u")
    assert subscribed(b'{"result":false,"returnCode":"501","message":"x"}').error is None
    assert subscribed(b'{"result":false,"returnCode":"700","message":"x"}').permanent
    for body in (b"", b"[]", b"<html>"):
        assert subscribed(body).error == "not_readable"
        assert kuaidi100.TRACKER.hear(body, [], settings={}).error == "not_readable"


def test_sf_booking_without_a_waybill_is_an_error() -> None:
    done = {
        "success": True,
        "errorCode": "S0000",
        "msgData": {"waybillNoInfoList": [{"waybillType": 1, "waybillNo": "SF9"}]},
    }
    assert sf_query.booked(sf_answer(done)) == "SF9"
    nothing = sf_query.booked(sf_answer({"success": True, "errorCode": "S0000", "msgData": {}}))
    assert isinstance(nothing, Heard)
    assert nothing.error == "no_waybill"


DECLARED = {
    "query_url": "https://carrier.example/track/{number}?p={phone}",
    "query_method": "post",
    "query_headers": {"authorization": "Bearer {secret}"},
    "query_body": '{"no":"{number}","v":{"x":1}}',
    "error": "err",
    "layout": {"carrier": "fast", "codes": "fast", "events": "list[*]", "number": "no", "code": "st", "time": "at"},
}


def test_a_declared_query_puts_the_number_in_safely() -> None:
    query = DeclaredQuery(DECLARED)
    wanted = [Wanted(number='A"/{secret}\r\n', phone_tail="1")]
    request = query.ask(wanted, settings={"secret": "s3"}, now=NOW, nonce="n")
    assert request.url == "https://carrier.example/track/A%22%2F%7Bsecret%7D%0D%0A?p=1"
    assert json.loads(request.body) == {"no": wanted[0].number, "v": {"x": 1}}
    assert (request.method, request.headers["authorization"]) == ("POST", "Bearer s3")
    assert (query.batch, query.seconds_between) == (1, 60)


def test_a_declared_answer() -> None:
    query, wanted = DeclaredQuery(DECLARED), [Wanted(number="F1234567")]
    heard = query.hear(b'{"list":[{"st":"9","at":1770285600}]}', wanted, settings={})
    assert [(event.tracking_no, event.code) for event in heard.reading.items] == [("F1234567", "9")]
    assert query.hear(b'{"err":"limit"}', wanted, settings={}).error == "carrier_error"
    assert query.hear(b'{"list":[]}', wanted, settings={}).no_evidence
    assert query.hear(b"<", wanted, settings={}).error == "not_readable"
    wrong = DeclaredQuery({"layout": {}}).hear(b"{}", wanted, settings={})
    assert (wrong.error, wrong.permanent) == ("layout_wrong", True)
