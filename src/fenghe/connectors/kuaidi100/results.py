"""快递100's results (物流结果): the `lastResult` of a push and the answer of a query are the same shape, newest first.

Promises: an event's code is its own `statusCode`; without one the text speaks; only when the text says nothing we
know, the event's status word, or for the newest event the parcel's `state`, stands in. What the message says of
the whole parcel is kept as facts of the newest event, so that contradictions can be audited.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from fenghe.connectors.scans import Scans, facts_of, field_of, shorten, text_of
from fenghe.kernel.connecting import Reading
from fenghe.logistics.events import TrackingEvent, carrier_word
from fenghe.logistics.mapping import shipped_mapping
from fenghe.logistics.phrases import forwarded_number

CODES: Final = "kuaidi100"
_OF_THE_PARCEL: Final = ("state", "ischeck", "condition", "com")
_OF_THE_WATCH: Final = ("status", "billstatus", "message", "autoCheck", "comOld", "comNew")


def read_push(told: Mapping[str, Any]) -> Reading:
    """A subscribe callback's `param`: what is watched (the envelope) and `lastResult`."""
    scans = Scans()
    result = told.get("lastResult")
    if not isinstance(result, dict):
        scans.note(0, "lastResult", expected="the parcel's result", got=text_of(result))
        return scans.reading(newest_first=True)
    watch = {f"push_{name}": value for name, value in facts_of(told, _OF_THE_WATCH).items()}
    _add_events(scans, result, watch)
    return _with_abort(scans.reading(newest_first=True), told, result)


def read_result(result: Mapping[str, Any]) -> Reading:
    """A query's answer, which is `lastResult` alone."""
    scans = Scans()
    _add_events(scans, result, {})
    return scans.reading(newest_first=True)


def _add_events(scans: Scans, result: Mapping[str, Any], watch: Mapping[str, str]) -> None:
    carrier, number = carrier_word(text_of(result.get("com"))), text_of(result.get("nu"))
    data = result.get("data")
    records = scans.records(data, "lastResult.data") if data else []
    parcel = {**facts_of(result, _OF_THE_PARCEL), **watch}
    newest = _newest(records)
    for place, told in enumerate(records):
        text = field_of(told, "context", "desc")
        code = _code(told, text, state=text_of(result.get("state")).strip() if place == newest else "")
        event = TrackingEvent(
            tracking_no=number,
            carrier=carrier,
            codes=CODES,
            code=code,
            text=text,
            occurred_at=None,
            item=place,
            location=field_of(told, "areaName", "location"),
            forwarded_to=forwarded_number(text, number),
            facts={**facts_of(told, ("status", "areaCode")), **(parcel if place == newest else {})},
        )
        scans.add(event, time=field_of(told, "time", "ftime"), number_field="lastResult.nu", time_field="data.time")


def _newest(records: list[Mapping[str, Any]]) -> int:
    """Where the newest event stands: the first of the latest time, as the list is newest first."""
    times = [field_of(told, "time", "ftime") for told in records]
    return times.index(max(times)) if times else -1


def _code(told: Mapping[str, Any], text: str, *, state: str) -> str | None:
    own = text_of(told.get("statusCode")).strip()
    if own:
        return own
    if shipped_mapping(CODES).by_text(text) is not None:
        return None
    return field_of(told, "status") or (state if text else "") or None


def _with_abort(reading: Reading, told: Mapping[str, Any], result: Mapping[str, Any]) -> Reading:
    """`abort` is the watcher's finding, not the carrier's scan: an event of its own without a time, never a move."""
    if text_of(told.get("status")) != "abort":
        return reading
    scans = Scans()
    abort = TrackingEvent(
        tracking_no=text_of(result.get("nu")),
        carrier=carrier_word(text_of(result.get("com"))),
        codes=CODES,
        code="abort",
        text=shorten(field_of(told, "message") or field_of(result, "message")),
        occurred_at=None,
        item=0,
        facts={**facts_of(result, (*_OF_THE_PARCEL, "message")), **facts_of(told, ("comOld", "comNew"))},
    )
    scans.add(abort, time="", number_field="lastResult.nu", time_field="data.time")
    items = (*reading.items, *(msgspec.structs.replace(event, item=len(reading.items)) for event in scans.events))
    return Reading(items=items, unreadable=(*reading.unreadable, *scans.unreadable))
