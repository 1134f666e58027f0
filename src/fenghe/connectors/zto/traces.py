"""ZTO's traces (中通轨迹): scans under `scanType` (three name spaces) and, in pushes, under `action` (a fourth).

Promises: `scanType` stays as told; an `action` is kept apart by its prefix (`action:ARRIVAL` is a hub, the
scanType ARRIVAL a locker); an unknown word is carried on untouched. A push of one scan, and of words alone, is decoded
as such, several times as fast, and says the same as the long way.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from fenghe.connectors.scans import Scans, field_of, shorten, text_of
from fenghe.logistics.events import TrackingEvent
from fenghe.logistics.phrases import forwarded_number

CODES: Final = "zto"
CARRIER: Final = "zto"
_FACTS: Final = ("problemCode", "returnType", "comName", "nextNodeName", "nextCity")
NESTED: Final = ("traces", "data", "result", "traceList", "scanTraces")
"""Where a body keeps its scans when it is not one itself."""


class _Site(msgspec.Struct, frozen=True):
    name: str | None = None


class Trace(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The words of one scan."""

    bill_code: str | None = None
    billcode: str | None = None
    scan_type: str | None = None
    action: str | None = None
    scan_date: str | None = None
    action_time: str | None = None
    desc: str | None = None
    remark: str | None = None
    order_code: str | None = None
    partner_order_code: str | None = None
    scan_site: _Site | None = None
    pre_or_next_site: _Site | None = None
    city: str | None = None
    facility_name: str | None = None
    problem_code: str | None = None
    return_type: str | None = None
    com_name: str | None = None
    next_node_name: str | None = None
    next_city: str | None = None


class _Alone(Trace, frozen=True, kw_only=True, rename="camel"):
    """A body that is one scan: what could hold others is not there."""

    traces: msgspec.UnsetType = msgspec.UNSET
    data: msgspec.UnsetType = msgspec.UNSET
    result: msgspec.UnsetType = msgspec.UNSET
    trace_list: msgspec.UnsetType = msgspec.UNSET
    scan_traces: msgspec.UnsetType = msgspec.UNSET


_alone: Final = msgspec.json.Decoder(_Alone)
_TOLD: Final = dict(zip(Trace.__struct_fields__, Trace.__struct_encode_fields__, strict=True))


def lone_trace(body: bytes) -> Trace | None:
    """The one scan that this body is, or None when it takes the long way to tell: numbers, lists, escapes, anything wrong."""
    if b"\\" in body or b"[" in body or body.count(b"{") > 3:
        return None
    try:
        body.decode()  # the decoder does not look into what it passes over
        return _alone.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


_SITES: Final = ("scan_site", "pre_or_next_site")


def _trace_of(told: Mapping[str, Any]) -> Trace:
    """The words of a record, whatever they were told as."""
    words = {field: text_of(told.get(name)) for field, name in _TOLD.items()}
    sites = {field: told.get(_TOLD[field]) for field in _SITES}
    places = {field: _Site(field_of(site, "name")) if isinstance(site, dict) else None for field, site in sites.items()}
    return Trace(**{**words, **places})  # type: ignore[arg-type]


def add_traces(scans: Scans, told: Any, *, number: str = "") -> None:
    """A scan, a list of scans, or an object that holds a list."""
    for record in scans.records(told, "body"):
        own = field_of(record, "billCode", "billcode") or number
        nested = next((record[name] for name in NESTED if name in record and _holds(record[name])), None)
        if nested is not None and trace_code(record) is None:
            add_traces(scans, nested, number=own)
        else:
            add_trace(scans, _trace_of(record), own)


def add_trace(scans: Scans, told: Trace, number: str) -> None:
    """One scan of the parcel `number`."""
    text = _first(told.desc, told.remark)
    event = TrackingEvent(
        tracking_no=number,
        carrier=CARRIER,
        codes=CODES,
        code=_code(_first(told.scan_type), _first(told.action)),
        text=text,
        occurred_at=None,
        item=0,
        order_no=_first(told.order_code, told.partner_order_code) or None,
        location=_where(told),
        forwarded_to=forwarded_number(text, number),
        facts=_facts(told),
    )
    scans.add(event, time=_first(told.scan_date, told.action_time), number_field="billCode", time_field="scanDate")


def _first(*words: str | None) -> str:
    """The first that says something."""
    for word in words:
        if word and (plain := word.strip()):
            return plain
    return ""


def _where(told: Trace) -> str:
    if told.scan_site and (name := _first(told.scan_site.name)):
        return name
    return " ".join(filter(None, (_first(told.city), _first(told.facility_name))))


def _facts(told: Trace) -> dict[str, str]:
    facts = {}
    if told.problem_code or told.return_type or told.com_name or told.next_node_name or told.next_city:
        words = (told.problem_code, told.return_type, told.com_name, told.next_node_name, told.next_city)
        facts = {name: shorten(plain) for name, word in zip(_FACTS, words, strict=True) if (plain := _first(word))}
    if told.pre_or_next_site and (site := _first(told.pre_or_next_site.name)):
        facts["nextSite"] = site
    return facts


def _holds(value: Any) -> bool:
    return isinstance(value, dict | list)


def trace_code(told: Mapping[str, Any]) -> str | None:
    """The scan's word in its name space."""
    return _code(field_of(told, "scanType"), field_of(told, "action"))


def _code(scan_type: str, action: str) -> str | None:
    return scan_type or (f"action:{action}" if action else None)


def number_of(told: Trace) -> str:
    """The waybill number it names."""
    return _first(told.bill_code, told.billcode)
