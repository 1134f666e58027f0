"""Foreign carriers by declaration only: number, order and time of events, and delivered or not, against another project's."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fenghe.connectors.asking import Wanted
from fenghe.connectors.generic_json.examples import NAMES, Example, examples
from fenghe.connectors.generic_json.layout import problems, zone_of
from fenghe.connectors.generic_json.preview import preview
from fenghe.connectors.generic_json.query import DeclaredQuery
from fenghe.kernel.values import to_ms
from fenghe.logistics.events import TrackingEvent
from fenghe.logistics.fuse import project
from fenghe.logistics.mapping import Mapping, MappingRule, compile_mapping, map_status
from fenghe.logistics.observing import observe_event
from fenghe.logistics.policy import FusePolicy

COMPARED = ("australiapost", "boxknight", "gls", "laposte", "sendle", "ups", "usps")
"""Roadie is read as well, but the other project takes its ascending list for a descending one (see docs/connectors.md)."""


def cases(shared_data: Path, *names: str) -> Iterator[dict[str, Any]]:
    for line in (shared_data / "tracks_karrio/tracking_cases.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["carrier"] in names:
            yield case


def mapping_of(example: Example) -> Mapping:
    codes = example.layout.codes
    rules = [MappingRule(codes=codes, match=one.match, value=one.value, state=one.state) for one in example.mapping]
    assert not [problem for rule in rules if (problem := rule.problem())]
    return compile_mapping(codes, rules)


def heard(example: Example, case: dict[str, Any], number: str) -> list[TrackingEvent]:
    answer = DeclaredQuery(example.config).hear(case["raw"].encode(), [Wanted(number=number)], settings={})
    assert answer.error is None and not answer.reading.unreadable
    return [one for one in answer.reading.items if one.tracking_no == number.upper()]


ZONES = {
    "australiapost": ("+11:00",),
    "gls": ("+02:00",),
    "laposte": ("+01:00",),
    "sendle": ("-04:00", "+00:00"),
    "ups": ("America/New_York",),
    "usps": ("-05:00",),
}
"""The offsets that stand in the carriers' answers: the other project keeps the wall clock, we keep the moment."""


def wall_clock(event: TrackingEvent, told: str) -> bool:
    """Is this the wall clock there? Some are told to the minute only."""
    assert event.occurred_at is not None
    moments = [event.occurred_at.astimezone(zone_of(zone)).replace(tzinfo=None) for zone in ZONES[event.codes]]
    local = datetime.fromisoformat(told)
    return local in moments or (local.second == 0 and local in [moment.replace(second=0) for moment in moments])


@pytest.mark.parametrize("name", COMPARED)
def test_number_events_order_times_and_delivered(shared_data: Path, name: str) -> None:
    example, compared = examples()[name], 0
    mapping = mapping_of(example)
    for case in cases(shared_data, name):
        for expected in case["expected"][0]:
            events = heard(example, case, expected["tracking_number"])
            assert events, expected["tracking_number"]
            theirs = sorted(expected.get("events", []), key=_when)
            if theirs:
                assert len(events) == len(theirs)
                _same_events(events, theirs)
            history = [
                observe_event(one, mapping, source="t", message_id=1, received_ms=to_ms(datetime.now(UTC)))[1]
                for one in events
            ]
            state = project(history, policy=FusePolicy(distance=9), now_ms=to_ms(datetime.now(UTC))).state
            assert (state == "delivered") is expected.get("delivered", False), (state, expected["tracking_number"])
            compared += 1
    assert compared


def _when(event: dict[str, Any]) -> str:
    return f"{event['date']} {event.get('timestamp', event['time'])}"


def _same_events(events: list[TrackingEvent], theirs: list[dict[str, Any]]) -> None:
    for ours, told in zip(events, theirs, strict=True):
        assert told.get("code") in (None, ours.code)
        assert told["description"] == ours.text
        if told["date"] == "__ANY__":
            assert ours.occurred_at is None
        elif told.get("timestamp"):
            assert wall_clock(ours, told["timestamp"].removesuffix(".000Z").removesuffix("Z")), (ours, told)
        else:
            assert wall_clock(ours, f"{told['date']}T{told['time']}:00"), (ours, told)


def test_a_zone_a_carrier_does_not_tell_is_declared(shared_data: Path) -> None:
    """UPS tells a date and a clock; USPS a clock and an offset: the moments are theirs, not ours."""
    (ups,) = [
        one
        for case in cases(shared_data, "ups")
        if case["expected"][0]
        for one in heard(examples()["ups"], case, "string")
    ]
    assert ups.occurred_at == datetime(2021, 2, 10, 7, 13, 56, tzinfo=zone_of("America/New_York"))
    usps = next(iter(cases(shared_data, "usps")))
    number = usps["expected"][0][0]["tracking_number"]
    last = heard(examples()["usps"], usps, number)[-1]
    assert last.occurred_at == datetime(2024, 11, 22, 18, 58, tzinfo=UTC)


def test_a_parcel_the_carrier_does_not_know_is_an_empty_answer_and_no_error(shared_data: Path) -> None:
    (unknown,) = [case for case in cases(shared_data, "ups") if not case["expected"][0]]
    answer = DeclaredQuery(examples()["ups"].config).hear(unknown["raw"].encode(), [Wanted(number="1Z")], settings={})
    assert answer.error is None and answer.no_evidence
    config = {name: value for name, value in examples()["ups"].config.items() if name != "nothing"}
    without = DeclaredQuery(config).hear(unknown["raw"].encode(), [Wanted(number="1Z")], settings={})
    assert without.error == "carrier_error"


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_sound_and_its_codes_mean_something(name: str) -> None:
    example = examples()[name]
    assert not problems(example.layout)
    mapping = mapping_of(example)
    for rule in example.mapping:
        text = rule.value if rule.match == "text" else ""
        assert map_status(mapping, code=rule.value if rule.match == "code" else None, text=text) is not None


def test_roadie_is_read_and_its_signature_is_a_delivery(shared_data: Path) -> None:
    (case,) = cases(shared_data, "roadie")
    events = heard(examples()["roadie"], case, "RETHNKW354W3H438")
    told = sorted({(one.code, one.occurred_at) for one in events}, key=lambda one: str(one[1]))
    assert told == [  # the sample tells one number twice
        ("at_delivery", datetime(2017, 12, 25, 10, 38, 43, 467000, tzinfo=UTC)),
        ("delivery_confirmed", datetime(2017, 12, 25, 12, 23, 54, 325000, tzinfo=UTC)),
    ]


def test_the_preview_shows_what_is_read_and_names_the_path_that_leads_nowhere(shared_data: Path) -> None:
    case = next(iter(cases(shared_data, "gls")))
    body, config = case["raw"].encode(), examples()["gls"].config
    seen = preview(config, body)
    assert (seen.answer, seen.total, seen.problems) == ("events", 2, ())
    assert [one.problem for one in seen.paths] == [None] * len(seen.paths)
    assert {one.name: one.hits for one in seen.paths}["events"] == 2
    wrong = preview({**config, "layout": {**config["layout"], "events": "evnts[*]"}}, body)
    assert [one.problem for one in wrong.paths if one.problem] == ["events 的路径 evnts[*] 在这份答复里什么也没找到"]
    listed = preview({**config, "layout": {**config["layout"], "events": "events"}}, body)
    assert (
        next(one.problem for one in listed.paths if one.problem)
        == "events 的路径 events 指向的是列表，末尾可能少了 [*]"
    )
    late = preview({**config, "layout": {**config["layout"], "time": "code"}}, body)
    assert late.answer == "unread" and "time" in late.unreadable[0] and "INTIAL" in late.unreadable[0]


@pytest.mark.parametrize(
    ("config", "body", "word"),
    [({}, b"{}", "layout"), ({"layout": {"carrier": "x", "codes": "x", "code": "a[["}}, b"{}", "a[["),
     ({"layout": {"carrier": "x", "codes": "x", "code": "a"}}, b"<xml/>", "JSON")],
)  # fmt: skip
def test_what_cannot_work_is_said(config: dict[str, Any], body: bytes, word: str) -> None:
    assert any(word in problem for problem in preview(config, body).problems)
