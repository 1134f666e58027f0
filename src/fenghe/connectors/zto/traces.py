"""ZTO's traces (中通轨迹): scans under `scanType` (three name spaces) and, in pushes, under `action` (a fourth).

Promises: `scanType` stays as told; an `action` is kept apart by its prefix (`action:ARRIVAL` is a hub, the
scanType ARRIVAL a locker); an unknown word is carried on untouched.
"""

from collections.abc import Mapping
from typing import Any, Final

from fenghe.connectors.scans import Scans, facts_of, field_of
from fenghe.logistics.events import TrackingEvent
from fenghe.logistics.phrases import forwarded_number

CODES: Final = "zto"
CARRIER: Final = "zto"
_FACTS: Final = ("problemCode", "returnType", "comName", "nextNodeName", "nextCity")
NESTED: Final = ("traces", "data", "result", "traceList", "scanTraces")
"""Where a body keeps its scans when it is not one itself."""


def add_traces(scans: Scans, told: Any, *, number: str = "") -> None:
    """A scan, a list of scans, or an object that holds a list."""
    for record in scans.records(told, "body"):
        own = field_of(record, "billCode", "billcode") or number
        nested = next((record[name] for name in NESTED if name in record and _holds(record[name])), None)
        if nested is not None and trace_code(record) is None:
            add_traces(scans, nested, number=own)
        else:
            _add_trace(scans, record, own)


def _add_trace(scans: Scans, told: Mapping[str, Any], number: str) -> None:
    text = field_of(told, "desc", "remark")
    site, following = told.get("scanSite"), told.get("preOrNextSite")
    where = field_of(site, "name") if isinstance(site, dict) else ""
    facts = facts_of(told, _FACTS)
    if isinstance(following, dict) and field_of(following, "name"):
        facts["nextSite"] = field_of(following, "name")
    event = TrackingEvent(
        tracking_no=number,
        carrier=CARRIER,
        codes=CODES,
        code=trace_code(told),
        text=text,
        occurred_at=None,
        item=0,
        order_no=field_of(told, "orderCode", "partnerOrderCode") or None,
        location=where or " ".join(filter(None, (field_of(told, "city"), field_of(told, "facilityName")))),
        forwarded_to=forwarded_number(text, number),
        facts=facts,
    )
    scans.add(event, time=field_of(told, "scanDate", "actionTime"), number_field="billCode", time_field="scanDate")


def _holds(value: Any) -> bool:
    return isinstance(value, dict | list)


def trace_code(told: Mapping[str, Any]) -> str | None:
    """The scan's word in its name space."""
    scan_type, action = field_of(told, "scanType"), field_of(told, "action")
    return scan_type or (f"action:{action}" if action else None)
