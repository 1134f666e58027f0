"""Carriers declared without code: paths, signatures, clear errors, and six foreign carriers' real answers."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any

import pytest

from fenghe.connectors import signing
from fenghe.connectors.generic_json import CONNECTOR, problems
from fenghe.connectors.generic_json.paths import Path
from fenghe.kernel.connecting import Accepted, Refused
from tests.connectors.carriers.telling import delivery, form, message

THING = {"a": {"b": [{"c": 1}, {"c": 2}]}, "x-y": "z", "empty": "", "list": [[1, 2], [3]], "none": None}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b[*].c", ["1", "2"]),
        ("a.b[0].c", ["1"]),
        ("a.b[-1].c", ["2"]),
        ("a.b[7].c", []),
        ("a.b[-7].c", []),
        ("empty|x-y", [""]),
        ("none|x-y", ["z"]),
        ("list[*][*]", ["1", "2", "3"]),
        ("a.b.c", []),
        ("", [THING]),
        ("$.q", ["whole"]),
        ("^.q|x-y", ["parcel"]),
    ],
)
def test_paths_lead(path: str, found: list[Any]) -> None:
    here = json.loads(json.dumps(THING), parse_int=str)
    expected = [here if thing is THING else thing for thing in found]
    assert Path.problem(path) is None
    assert Path(path).found(here, {"q": "parcel"}, {"q": "whole"}) == expected


def test_the_first_alternative_that_says_something() -> None:
    assert Path("empty|none|x-y").text(THING) == "z"
    assert Path("a.b[*].d|a.b[*].c").text(json.loads(json.dumps(THING), parse_int=str)) == "1"
    assert Path("a").text(THING) == ""


@pytest.mark.parametrize("path", ["a..b", "a[", "a[x]", "a.", "$a", "a.b]", "a[*", "a|b..c"])
def test_a_wrong_path_is_said(path: str) -> None:
    problem = Path.problem(path)
    assert problem is not None
    assert "路径" in problem


LAYOUT = {"carrier": "fast", "codes": "fast", "number": "no", "code": "st", "text": "msg", "time": "at"}
BODY = b'{"no":"F1234567","st":"P9","msg":"x","at":1770285600}'


def test_reads_by_the_declared_layout_and_keeps_unknown_codes() -> None:
    (event,) = CONNECTOR.read(message(BODY, "generic_json", {"layout": LAYOUT})).items
    assert (event.tracking_no, event.carrier, event.codes, event.code) == ("F1234567", "fast", "fast", "P9")
    assert event.occurred_at.isoformat() == "2026-02-05T10:00:00+00:00"
    body = form(data=BODY.decode(), sign="x")
    config = {"layout": LAYOUT, "form_field": "data"}
    assert CONNECTOR.read(message(body, "generic_json", config)).items[0].code == "P9"


@pytest.mark.parametrize(
    ("more", "at", "expected"),
    [
        ({"zone": "Asia/Shanghai"}, "2026-02-05 10:00:00", "2026-02-05T02:00:00+00:00"),
        ({"zone": "-05:00"}, "2026-02-05 10:00:00", "2026-02-05T15:00:00+00:00"),
        ({"zone": "America/New_York"}, "2026-07-05 10:00:00", "2026-07-05T14:00:00+00:00"),
        ({"zone": "America/New_York"}, "2026-07-05T10:00:00+08:00", "2026-07-05T02:00:00+00:00"),
        ({"time_format": "%d/%m/%Y %I:%M %p"}, "05/02/2026 03:30 PM", "2026-02-05T07:30:00+00:00"),
        ({}, "1770285600000", "2026-02-05T10:00:00+00:00"),
        ({}, "20260205180000", "2026-02-05T10:00:00+00:00"),
    ],
)
def test_times_as_declared(more: dict[str, str], at: str, expected: str) -> None:
    body = json.dumps({"no": "F1234567", "st": "P9", "at": at})
    (event,) = CONNECTOR.read(message(body, "generic_json", {"layout": LAYOUT | more})).items
    assert event.occurred_at.isoformat() == expected


@pytest.mark.parametrize(
    ("layout", "word"),
    [
        (None, "layout"),
        ({**LAYOUT, "colour": "red"}, "colour"),
        ({**LAYOUT, "code": "", "text": ""}, "code"),
        ({**LAYOUT, "carrier": ""}, "carrier"),
        ({**LAYOUT, "zone": "Mars"}, "Mars"),
        ({**LAYOUT, "newest_first": "maybe"}, "maybe"),
        ({**LAYOUT, "events": "a[x]"}, "a[x]"),
        ({**LAYOUT, "time": ["a", "b[["]}, "b[["),
    ],
)
def test_a_declaration_that_cannot_work_is_refused_in_plain_words(layout: Any, word: str) -> None:
    assert any(word in problem for problem in problems({"layout": layout}, {"scheme": "none"}))
    reading = CONNECTOR.read(message(BODY, "generic_json", {"layout": layout}))
    assert not reading.items
    assert [note.code for note in reading.unreadable] == ["layout_wrong"]


def test_signatures() -> None:
    mac = hmac.new(b"s", BODY, hashlib.sha256).digest()
    for scheme, told in (
        ("header-token", "s"),
        ("hmac-sha256-hex", mac.hex()),
        ("hmac-sha256-base64", base64.b64encode(mac).decode()),
        ("md5-body-secret-hex", signing.md5_hex(BODY, "s").upper()),
        ("md5-body-secret-base64", signing.md5_base64(BODY, "s")),
    ):
        secrets = {"scheme": scheme, "header": "X-Sign", "secret": "s", "prefix": "v1=", "reply": "SUCCESS"}
        verdict = CONNECTOR.check(delivery(BODY, {"x-sign": f"v1={told}"}), secrets)
        assert isinstance(verdict, Accepted)
        assert verdict.reply == b"SUCCESS"
        assert isinstance(CONNECTOR.check(delivery(BODY, {"x-sign": told[:-1]}), secrets), Refused)
        assert isinstance(CONNECTOR.check(delivery(BODY), secrets), Refused)
        if scheme != "header-token":
            assert isinstance(CONNECTOR.check(delivery(BODY + b" ", {"x-sign": told}), secrets), Refused)


def test_no_signature_must_be_said_aloud() -> None:
    assert isinstance(CONNECTOR.check(delivery(BODY), {"scheme": "none"}), Accepted)
    for secrets in ({}, {"scheme": "sha3"}, {"scheme": "hmac-sha256-hex", "header": "x"}):
        verdict = CONNECTOR.check(delivery(BODY, {"x": ""}), secrets)
        assert isinstance(verdict, Refused)
        assert verdict.reason == "signing_not_configured"
        assert problems({"layout": LAYOUT}, secrets)


FOREIGN: dict[str, dict[str, Any]] = {
    "australiapost": {
        "parcels": "tracking_results[*]",
        "events": "trackable_items[*].items[*].events[*]|trackable_items[*].events[*]",
        "number": "^.tracking_id",
        "text": "description",
        "time": "date",
        "location": "location",
    },
    "gls": {
        "parcels": "parcels[*]",
        "events": "events[*]",
        "number": "^.unitno",
        "code": "code",
        "text": "description",
        "time": "eventDateTime",
        "location": ["city", "postalCode", "country"],
    },
    "laposte": {
        "parcels": "[*].shipment|shipment",
        "events": "event[*]",
        "number": "^.idShip",
        "code": "code",
        "text": "label",
        "time": "date",
    },
    "usps": {
        "events": "trackingEvents[*]",
        "number": "$.trackingNumber",
        "code": "eventCode",
        "text": "eventType",
        "time": "GMTTimestamp|eventTimestamp",
    },
    "ups": {
        "parcels": "trackResponse.shipment[*].package[*]",
        "events": "activity[*]",
        "number": "^.trackingNumber",
        "code": "status.code",
        "text": "status.description",
        "time": ["date", "time"],
    },
    "roadie": {"parcels": "[*]", "events": "events[*]", "code": "name", "time": "occurred_at"},
    "boxknight": {"number": "id", "code": "orderStatus"},
}


def test_foreign_carriers_real_answers(shared_data: FilePath) -> None:
    seen = set()
    for line in (shared_data / "tracks_karrio/tracking_cases.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["carrier"] not in FOREIGN or not case["expected"][0]:
            continue
        layout = {"carrier": case["carrier"], "codes": case["carrier"], **FOREIGN[case["carrier"]]}
        reading = CONNECTOR.read(message(case["raw"], "generic_json", {"layout": layout}))
        assert not reading.unreadable
        told: dict[str, list[Any]] = {}
        for event in reading.items:
            told.setdefault(event.tracking_no, []).append(event)
        for expected in case["expected"][0]:
            events = told[expected["tracking_number"].upper()]
            for theirs in expected.get("events", []):
                assert [
                    e
                    for e in events
                    if (e.code or "") == theirs.get("code", e.code or "") or e.text == theirs["description"]
                ]
            stamps = {e.get("timestamp", "__ANY__") for e in expected.get("events", [])} - {"__ANY__"}
            minutes = {datetime.fromisoformat(stamp).minute for stamp in stamps}
            assert minutes <= {e.occurred_at.minute for e in events if e.occurred_at}
        seen.add(case["carrier"])
    assert seen == set(FOREIGN)


def test_nothing_found_is_no_evidence_and_bad_bytes_are_noted() -> None:
    layout = {"layout": LAYOUT | {"parcels": "list[*]"}}
    assert [note.code for note in CONNECTOR.read(message(b"{}", "generic_json", layout)).unreadable] == ["no_evidence"]
    for body in (b"", b"\xff", b"[" * 4000):
        assert CONNECTOR.read(message(body, "generic_json", layout)).unreadable
    bad = CONNECTOR.read(message(BODY.replace(b"1770285600", b'"soon"'), "generic_json", {"layout": LAYOUT}))
    assert [note.code for note in bad.unreadable] == ["bad_time"]
