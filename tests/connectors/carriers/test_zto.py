"""ZTO's pushes: signatures in both styles, scans in both vocabularies, one unknown code, bad input."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fenghe.connectors import signing
from fenghe.connectors.scans import Scans, reading_or_note
from fenghe.connectors.zto import CONNECTOR
from fenghe.connectors.zto.push import content_of
from fenghe.connectors.zto.traces import NESTED, add_traces, lone_trace
from fenghe.kernel.connecting import Accepted, Reading, Refused
from fenghe.logistics.mapping import map_status, shipped_mapping
from fenghe.logistics.scale import State
from tests.connectors.carriers.telling import delivery, form, message

SECRETS = {"app_key": "key-1", "app_secret": "zto-secret"}
SCAN: dict[str, Any] = {
    "billCode": "73190553102532",
    "scanType": "派件",
    "scanDate": "2026-02-06 08:31:00",
    "desc": "正在派件",
}
BODY = json.dumps(SCAN, ensure_ascii=False).encode()
ACTION = json.dumps(
    {
        "billCode": "73190553102532",
        "action": "ARRIVAL",
        "actionTime": "2026-02-05 23:00:00",
        "desc": "已到达",
        "city": "郑州市",
    }
)


def signed(body: bytes) -> dict[str, str]:
    return {"x-appkey": "key-1", "x-datadigest": signing.zto_digest(body, "zto-secret")}


def test_accepts_what_zto_signs_and_answers_in_its_terms() -> None:
    verdict = CONNECTOR.check(delivery(BODY, signed(BODY)), SECRETS)
    assert isinstance(verdict, Accepted)
    assert json.loads(verdict.reply)["status"] is True


def test_refuses_one_changed_byte_a_missing_digest_and_a_strangers_key() -> None:
    for one in (
        delivery(BODY.replace(b"08:31", b"08:32"), signed(BODY)),
        delivery(BODY, {"x-appkey": "key-1"}),
        delivery(BODY, {**signed(BODY), "x-appkey": "key-2"}),
        delivery(BODY, {**signed(BODY), "x-datadigest": signing.zto_digest(BODY, "other")}),
    ):
        verdict = CONNECTOR.check(one, SECRETS)
        assert isinstance(verdict, Refused)
        assert json.loads(verdict.reply)["status"] is False


def test_refuses_everything_while_no_secret_is_configured() -> None:
    verdict = CONNECTOR.check(delivery(BODY, {"x-datadigest": signing.md5_base64(BODY)}), {})
    assert isinstance(verdict, Refused)
    assert verdict.reason == "secret_not_configured"


def test_old_form_style_both_digests() -> None:
    first = signing.zto_digest(ACTION, "zto-secret")
    fields = [("company_id", "key-1"), ("data", ACTION), ("msg_type", "Traces")]
    second = signing.zto_form_digest(fields, "zto-secret")
    for digest in (first, second):
        body = form(company_id="key-1", data=ACTION, msg_type="Traces", data_digest=digest)
        assert isinstance(CONNECTOR.check(delivery(body), SECRETS), Accepted)
        tampered = body.replace(b"ARRIVAL", b"SIGNED")
        assert isinstance(CONNECTOR.check(delivery(tampered), SECRETS), Refused)
    assert isinstance(CONNECTOR.check(delivery(form(company_id="key-1")), SECRETS), Refused)


def test_repeats_of_a_form_have_one_identity() -> None:
    digest = signing.zto_digest(ACTION, "zto-secret")
    bodies = [form(data=ACTION, data_digest=digest, company_id="key-1", token=token) for token in ("a", "b")]
    verdicts = [CONNECTOR.check(delivery(body), SECRETS) for body in bodies]
    assert isinstance(verdicts[0], Accepted)
    assert verdicts[0].key is not None
    assert isinstance(verdicts[1], Accepted)
    assert verdicts[0].key == verdicts[1].key


def test_reads_the_sample(shared: Path) -> None:
    sample = (shared / "protocols/samples/zto_trace_push.json").read_bytes()
    (event,) = CONNECTOR.read(message(sample)).items
    assert (event.tracking_no, event.carrier, event.codes, event.code) == ("73190553102532", "zto", "zto", "派件")
    assert event.occurred_at.isoformat() == "2026-02-06T00:31:00+00:00"
    assert event.location == "杭州余杭"
    assert map_status(shipped_mapping("zto"), code=event.code, text=event.text) is State.OUT_FOR_DELIVERY


def test_the_name_spaces_do_not_mix() -> None:
    body = json.dumps([SCAN | {"scanType": "ARRIVAL"}, SCAN | {"scanType": "7"}, json.loads(ACTION)])
    codes = [event.code for event in CONNECTOR.read(message(body)).items]
    assert codes == ["action:ARRIVAL", "ARRIVAL", "7"]
    mapping = shipped_mapping("zto")
    assert [map_status(mapping, code=code, text="") for code in codes] == [
        State.IN_TRANSIT,
        State.READY_FOR_PICKUP,
        State.DELIVERED,
    ]


def test_traces_inside_an_object_in_time_order() -> None:
    scans = [SCAN | {"billCode": None, "scanDate": f"2026-02-06 0{hour}:00:00"} for hour in (9, 8, 7)]
    reading = CONNECTOR.read(message(json.dumps({"billCode": "73190553102532", "traces": scans})))
    assert [event.item for event in reading.items] == [0, 1, 2]
    assert [event.occurred_at.hour for event in reading.items] == [23, 0, 1]
    assert {event.tracking_no for event in reading.items} == {"73190553102532"}


def test_unknown_and_empty_codes_are_carried_on_untouched() -> None:
    body = json.dumps([SCAN | {"scanType": "ZT_05"}, SCAN | {"scanType": "", "desc": ""}])
    events = CONNECTOR.read(message(body)).items
    assert [event.code for event in events] == ["ZT_05", None]
    assert map_status(shipped_mapping("zto"), code="ZT_05", text="快件已签收") is None


def test_a_forwarded_parcel_names_its_new_number() -> None:
    body = json.dumps(SCAN | {"scanType": "签收", "desc": "已转邮政,新单号:9876543210123,已签收"})
    (event,) = CONNECTOR.read(message(body)).items
    assert event.forwarded_to == "9876543210123"
    assert map_status(shipped_mapping("zto"), code=event.code, text=event.text) is State.FORWARDED


def test_bad_input_is_noted_never_raised() -> None:
    for body in (b"", b"{", b"[1,2]", b"\xff\xfe", b"[" * 5000, b"null", b"a=b", b'{"scanType":"1"}'):
        reading = CONNECTOR.read(message(body))
        assert not reading.items
        assert reading.unreadable
    (note,) = CONNECTOR.read(message(json.dumps(SCAN | {"scanDate": "yesterday"}))).unreadable
    assert (note.field, note.code, note.got) == ("scanDate", "bad_time", "yesterday")


def test_numbers_stay_exact_and_times_may_be_epochs() -> None:
    body = '{"billCode":123456789012345678901234567890,"scanType":1,"scanDate":1770337860000,"desc":"x"}'
    (event,) = CONNECTOR.read(message(body)).items
    assert event.tracking_no == "123456789012345678901234567890"
    assert event.code == "1"
    assert event.occurred_at.isoformat() == "2026-02-06T00:31:00+00:00"


def test_too_many_events_are_said_once() -> None:
    reading = CONNECTOR.read(message(json.dumps([SCAN] * 5_010)))
    assert len(reading.items) == 5_000
    assert [note.code for note in reading.unreadable] == ["too_many"]


WORDS = (
    st.none()
    | st.text(max_size=8)
    | st.sampled_from(["签收", " 派件 ", "2026-02-06 08:31:00", "转单号73190553102533", "7319"])
)
TOLD: st.SearchStrategy[Any] = WORDS | st.integers(0, 9) | st.booleans() | st.just([])
SITE = st.fixed_dictionaries({}, optional={"name": TOLD, "code": TOLD}) | TOLD
NAMES = (
    *("billCode", "billcode", "scanType", "action", "scanDate", "actionTime", "desc", "remark", "orderCode"),
    *(
        "partnerOrderCode",
        "city",
        "facilityName",
        "problemCode",
        "returnType",
        "comName",
        "nextNodeName",
        "nextCity",
        "x",
    ),
)


@st.composite
def pushes(draw: st.DrawFn) -> bytes:
    """A scan as ZTO might push it: mostly words, now and then a number, a list or a stranger where a word belongs."""
    usual = draw(st.dictionaries(st.sampled_from(NAMES), WORDS, max_size=12))
    odd = draw(st.dictionaries(st.sampled_from((*NAMES, *NESTED)), TOLD, max_size=1))
    sites = draw(st.fixed_dictionaries({}, optional={"scanSite": SITE, "preOrNextSite": SITE}))
    told = {"billCode": "73190553102532", "scanDate": "2026-02-06 08:31:00", **usual, **odd, **sites}
    return json.dumps(told, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


def the_long_way(body: bytes) -> Reading:
    def read() -> Reading:
        scans = Scans()
        add_traces(scans, content_of(body))
        return scans.reading(newest_first=False)

    return reading_or_note(read)


@given(pushes())
def test_a_scan_decoded_at_once_says_what_the_long_way_says(body: bytes) -> None:
    assert CONNECTOR.read(message(body)) == the_long_way(body)


def test_the_plain_scan_is_decoded_at_once_and_bytes_that_are_no_text_are_not() -> None:
    assert lone_trace(BODY) is not None
    assert lone_trace(BODY[:-1] + b',"x":"\xff"}') is None
    assert lone_trace(BODY[:-1] + b',"x":"\\u0000"}') is None
    assert lone_trace(BODY[:-1] + b',"traces":[]}') is None
    assert lone_trace(b'{"billCode":"1","x":' + b"[" * 60 + b"]" * 60 + b"}") is None
