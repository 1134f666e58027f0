"""The shared reading of scans: exact bytes of forms, times, order, and any bytes at all."""

import json
from datetime import UTC, datetime
from urllib.parse import unquote_to_bytes, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.connectors import generic_json, kuaidi100, sf, tracking_file, zto
from fenghe.connectors.scans import (
    NotReadable,
    decode_json,
    decode_text,
    form_fields,
    in_time_order,
    parse_time,
    percent_decoded,
)
from fenghe.connectors.signing import zto_digest
from fenghe.kernel.connecting import Accepted
from fenghe.kernel.values import CHINA, BadValue
from fenghe.logistics.events import TrackingEvent
from tests.connectors.carriers.telling import delivery, message

CONNECTORS = (zto.CONNECTOR, sf.CONNECTOR, kuaidi100.CONNECTOR, generic_json.CONNECTOR, tracking_file.CONNECTOR)
PIECES = st.lists(
    st.sampled_from([b"%E4", b"%", b"%G1", b"=", b"\n", b" ", b"a", b"%0a", b"\r\n", b"\t", b"%3d", b"_"])
)


@given(PIECES.map(b"".join) | st.binary(max_size=60))
def test_percent_decoding_is_the_standard_librarys(value: bytes) -> None:
    assert percent_decoded(value) == unquote_to_bytes(value)


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5))
def test_forms_come_back_as_they_were_sent(fields: dict[str, str]) -> None:
    sent = {
        name.encode("utf-8", "replace").decode(): value.encode("utf-8", "replace") for name, value in fields.items()
    }
    assert dict(form_fields(urlencode(sent).encode())) == sent


FIELDS = (
    *("lastResult", "data", "nu", "Body", "WaybillRoute", "billCode", "scanType", "traces", "raw", "routes", "opCode"),
    *("time", "运单号", "状态", "context", "mailno", "acceptTime", "orderState", "status", "statusCode", "param"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.just("2026-02-05 10:00:00"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


def outcome(body: bytes | str) -> tuple[str, object]:
    """(what it is, its value) of decoding."""
    try:
        return "value", decode_json(body)
    except NotReadable as problem:
        return "refused", problem.note.code


@given(JSON, st.booleans(), st.sampled_from([None, 0, 1]))
def test_bytes_say_the_same_as_their_text(value: object, plain: bool, indent: int | None) -> None:
    """Bytes may take a quicker way; numbers stay text on both."""
    body = json.dumps(value, ensure_ascii=plain, indent=indent).encode("utf-8", "surrogatepass")
    try:
        told = decode_text(body)
    except NotReadable:
        return
    assert outcome(body) == outcome(told)


@pytest.mark.parametrize(
    "body",
    [
        b'{"billCode":73100000000000000001}', b'{"a" : -1}', b"[1]", b'["a", 2.5]', b"7", b'{"a":"x:1,2","b":"[3"}', b"{}",
        b'{"a":"1","a":"2"}', b'{"a":NaN}', b'{"a":"\\ud800"}', b"[" * 60 + b"]" * 60, b'{"a":"\xff"}', b'\xef\xbb\xbf{"a":"b"}',
        b'{"a":"x\ty"}', b'{"a":tru', b"null", b'{"a":1e5,"b":-0}',
    ],
)  # fmt: skip
def test_no_number_slips_through_the_quicker_way(body: bytes) -> None:
    try:
        told = decode_text(body)
    except NotReadable:
        assert outcome(body) == ("refused", "unreadable")
        return
    assert outcome(body) == outcome(told)


@given(JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=80))
def test_no_bytes_make_a_connector_raise(body: bytes) -> None:
    layout = {
        "carrier": "x",
        "codes": "x",
        "events": "data[*]|routes[*]",
        "number": "^.nu|mailno",
        "code": "opCode",
        "time": "time",
    }
    for connector in CONNECTORS:
        reading = connector.read(message(body, connector.name, {"layout": layout}))
        assert [event.item for event in reading.items] == list(range(len(reading.items)))
        for event in reading.items:
            assert event.tracking_no
            event.text.encode()
            (event.code or "").encode()
        connector.check(delivery(body, {"x-datadigest": "é"}), {"app_secret": "s", "salt": "s", "checkword": "c"})


@pytest.mark.parametrize(
    "text",
    [
        "20260205100000",
        "2026-02-05 10+08:00",
        "2026-02-05 10:00+08",
        "202602051000",
        "2026-02-05 10:00:00",
        "2026/2/5 10:00",
        "1770256800",
    ],
)
def test_times_people_write(text: str) -> None:
    assert parse_time(text, CHINA) == datetime(2026, 2, 5, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["20261305", "99999999999999", "1e400", "-1", "0001-01-01 00:00:00", "²⁰26-01-01", "2026-02-30"]
)
def test_times_nobody_can_mean(text: str) -> None:
    with pytest.raises(BadValue):
        parse_time(text, CHINA)


def event(minute: int | None, text: str) -> TrackingEvent:
    at = None if minute is None else datetime(2026, 2, 5, 10, minute, tzinfo=UTC)
    return TrackingEvent(tracking_no="1", carrier=None, codes="x", code=None, text=text, occurred_at=at, item=0)


def test_order_is_told_by_the_times_and_ties_by_the_direction() -> None:
    newest_first = [event(None, "remark"), event(3, "d"), event(2, "c"), event(2, "b"), event(1, "a")]
    assert [e.text for e in in_time_order(newest_first, newest_first=None)] == ["a", "b", "c", "d", "remark"]
    oldest_first = [event(1, "a"), event(2, "b"), event(2, "c"), event(3, "d")]
    assert [e.text for e in in_time_order(oldest_first, newest_first=None)] == ["a", "b", "c", "d"]
    assert [e.item for e in in_time_order(oldest_first, newest_first=False)] == [0, 1, 2, 3]
    assert [e.text for e in in_time_order(oldest_first[1:3], newest_first=True)] == ["c", "b"]


def test_the_number_at_a_glance_is_the_one_that_is_read() -> None:
    at = "2026-02-05 10:00:00"
    param = json.dumps({"lastResult": {"nu": "YT25001", "com": "yuantong", "data": [{"time": at, "context": "揽收"}]}})
    routes = json.dumps({"Body": {"WaybillRoute": [{"mailno": "SF14001", "acceptTime": at, "opCode": "50"}]}})
    trace = '{"billCode" : "73190553102532","scanType":"收件","scanDate":"2026-02-05 10:00:00"}'
    for connector, body, secrets in (
        (kuaidi100.CONNECTOR, urlencode({"param": param}).encode(), {"unsigned": "allowed"}),
        (sf.CONNECTOR, routes.encode(), {"unsigned": "allowed"}),
        (
            zto.CONNECTOR,
            urlencode({"data": trace, "data_digest": zto_digest(trace, "s")}).encode(),
            {"app_secret": "s"},
        ),
    ):
        verdict = connector.check(delivery(body), secrets)
        (event,) = connector.read(message(body, connector.name)).items
        assert isinstance(verdict, Accepted) and verdict.about == event.tracking_no != ""
