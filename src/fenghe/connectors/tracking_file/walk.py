"""Finds the scans in a record of unknown shape (轨迹识别): envelopes are opened, lists walked, surroundings kept.

Promises: 快递100's results are read by their own reader wherever they are; a JSON text inside JSON is opened a
few times and no more; nothing recognised is said in plain words.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from fenghe.connectors.kuaidi100.results import read_push, read_result
from fenghe.connectors.scans import NotReadable, Scans, decode_json, form_fields, text_of
from fenghe.connectors.sf.routes import add_order_state
from fenghe.connectors.tracking_file.fields import CARRIER, NUMBER, ORDER, part, plain_record
from fenghe.connectors.tracking_file.layouts import Context, add_scan, is_scan
from fenghe.kernel.connecting import Reading, Unreadable

MAX_WRAPPINGS: Final = 4
EXPECTED: Final = "轨迹记录:快递100、顺丰、中通、圆通、申通、韵达、EMS 等原始报文,或含 运单号/时间/状态/内容 列的行"
_WRAPPERS: Final = ("param", "apiresultdata", "msgdata", "content", "payload", "data", "body")
"""Fields whose text may be JSON (or a form) again."""
_WAYBILL: Final = re.compile(r"[A-Za-z]{0,4}\d[\dA-Za-z-]{7,30}")
_REFUSALS: Final = ("apierrormsg", "errormsg", "errorcode", "message", "reason", "returncode", "apiresultcode")


class Found(msgspec.Struct):
    """What has been found so far."""

    scans: Scans
    readings: list[Reading]
    empty: bool = False
    """A list of scans was there, and nothing in it."""


def read_record(told: Any, context: Context, scans: Scans) -> Reading:
    """Everything one exported record says."""
    found = Found(scans=scans, readings=[])
    _walk(found, told, context, wrappings=0, whole=True)
    reading = joined([*found.readings, scans.reading(newest_first=None)])
    if reading.items or reading.unreadable:
        return reading
    return Reading(unreadable=(_nothing(told, found.empty),))


def joined(readings: list[Reading]) -> Reading:
    """Several readings as one, items numbered through."""
    items = [item for reading in readings for item in reading.items]
    numbered = tuple(msgspec.structs.replace(item, item=place) for place, item in enumerate(items))
    return Reading(items=numbered, unreadable=tuple(note for reading in readings for note in reading.unreadable))


def _nothing(told: Any, empty: bool) -> Unreadable:
    record = plain_record(told) if isinstance(told, dict) else {}
    got = part(record, _REFUSALS) or text_of(told) or "、".join(list(record)[:20])
    if empty and not _refusal(record):
        return Unreadable(
            item=0, field="traces", expected="至少一条轨迹;空列表不说明任何事", got=got, code="no_evidence"
        )
    if _refusal(record):
        return Unreadable(
            item=0, field="record", expected="轨迹;这是一条出错的回答", got=got[:200], code="error_answer"
        )
    return Unreadable(item=0, field="record", expected=EXPECTED, got=got[:200], code="not_recognised")


def _refusal(record: Mapping[str, Any]) -> bool:
    """Is this a platform's error answer?"""
    if part(record, ("result", "success")).casefold() in ("false", "f"):
        return True
    return part(record, ("apiresultcode",)) not in ("", "A1000")


def _walk(found: Found, told: Any, context: Context, *, wrappings: int, whole: bool) -> bool:
    """Read what is in here; True when a scan was found, so that the object around the scans is not taken for one."""
    if isinstance(told, list):
        rows = [_walk(found, item, context, wrappings=wrappings, whole=whole) for item in told]
        found.empty = found.empty or not told
        return any(rows)
    if isinstance(told, str):
        return _open_text(found, told, context, wrappings)
    if not isinstance(told, dict):
        return False
    if isinstance(told.get("lastResult"), dict):
        found.readings.append(read_push(told))
        found.empty = found.empty or not told["lastResult"].get("data")
        return True
    if "nu" in told and ("data" in told or "ischeck" in told):
        found.readings.append(read_result(told))
        found.empty = found.empty or not told.get("data")
        return True
    return _walk_record(found, told, context, wrappings=wrappings, whole=whole)


def _walk_record(found: Found, told: Mapping[str, Any], context: Context, *, wrappings: int, whole: bool) -> bool:
    record = plain_record(told)
    if "orderstatecode" in record:
        return add_order_state(found.scans, told) or True
    inner = Context(
        number=part(record, NUMBER) or _loose_number(record) or context.number,
        carrier=part(record, CARRIER) or context.carrier,
        order_no=part(record, ORDER) or context.order_no,
        codes=context.codes,
    )
    if isinstance(record.get("raw"), dict | list | str):
        return _walk(found, record["raw"], inner, wrappings=wrappings, whole=True)
    inside = False
    for name, value in told.items():
        if isinstance(value, dict | list):
            around = (
                inner if inner.number or not _WAYBILL.fullmatch(name) else msgspec.structs.replace(inner, number=name)
            )
            nested = _walk(found, value, around, wrappings=wrappings, whole=whole and isinstance(value, dict))
            inside = nested or inside
    for name in _WRAPPERS:
        if not inside and isinstance(record.get(name), str):
            inside = _open_text(found, record[name], inner, wrappings)
    if inside or not is_scan(record, whole=whole):
        return inside
    add_scan(found.scans, told, record=record, context=context)
    return True


def _loose_number(record: Mapping[str, Any]) -> str:
    """`no` is a waybill's number where it looks like one, else a row's."""
    told = text_of(record.get("no")).strip()
    return told if _WAYBILL.fullmatch(told) and sum(map(str.isdigit, told)) >= 8 else ""


def _open_text(found: Found, text: str, context: Context, wrappings: int) -> bool:
    """JSON (or 快递100's form) in a text field."""
    start = text.lstrip()[:6]
    if wrappings >= MAX_WRAPPINGS or not start.startswith(("{", "[", "param=")):
        return False
    try:
        body = dict(form_fields(text.encode("utf-8", "replace"))).get("param", b"") if start == "param=" else text
        return _walk(found, decode_json(body), context, wrappings=wrappings + 1, whole=True)
    except NotReadable:
        return False
