"""Whose scan is this (轨迹出处)? Each carrier's export is told by the fields its scans have. Declared data.

Promises: the code list is the carrier's when its marks are there; a scan nobody's marks fit is read under the
named carrier's list, or under `generic`; its code stays as told.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from fenghe.connectors.scans import Scans, shorten
from fenghe.connectors.sf.routes import add_route
from fenghe.connectors.tracking_file.fields import (
    CARRIER,
    CODE,
    CREATED,
    LOCATION,
    NUMBER,
    ORDER,
    ORDERED,
    SIGNED,
    TEXT,
    UPDATED,
    has,
    moment_text,
    part,
)
from fenghe.connectors.zto.traces import add_traces
from fenghe.logistics.events import TrackingEvent, carrier_word
from fenghe.logistics.mapping import revoked_codes, shipped_code_lists, shipped_mapping
from fenghe.logistics.phrases import forwarded_number

GENERIC: Final = "generic"


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What the surroundings of a scan say: the file's envelope, the answer around the list."""

    number: str = ""
    carrier: str = ""
    order_no: str = ""
    codes: str = ""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How one party writes a scan: all of `marks` are among its fields; the code is `prefix` + the first of `code`."""

    codes: str
    marks: frozenset[str]
    code: tuple[str, ...]
    prefix: str = ""
    carrier: str = ""
    facts: tuple[str, ...] = ()


LAYOUTS: Final = (
    Layout(codes="yto", carrier="yto", marks=frozenset({"infocontent"}), code=("infocontent",)),
    Layout(
        codes="sto",
        carrier="sto",
        marks=frozenset({"scantype", "memo"}),
        code=("scantype",),
        facts=("issuename", "signoffpeople"),
    ),
    Layout(codes="17track", marks=frozenset({"substatus", "timeiso"}), code=("substatus",), facts=("stage",)),
    Layout(codes="kdniao", marks=frozenset({"acceptstation"}), code=("action",)),
    Layout(codes="yunda", carrier="yunda", marks=frozenset({"action", "station"}), code=("action",), prefix="action:"),
    Layout(
        codes="jtexpress",
        carrier="jtexpress",
        marks=frozenset({"scantypecode"}),
        code=("scantypecode",),
        prefix="scan:",
    ),
    Layout(
        codes="jtexpress", carrier="jtexpress", marks=frozenset({"scantype", "scannetworkname"}), code=("scantype",)
    ),
    Layout(codes="best", carrier="best", marks=frozenset({"scantype", "acceptaddress"}), code=("scantype",)),
    Layout(codes="ems", carrier="ems", marks=frozenset({"opcode", "optime"}), code=("opcode",)),
    Layout(
        codes="ems",
        carrier="ems",
        marks=frozenset({"acceptaddress", "accepttime", "code", "remark"}),
        code=("code",),
    ),
    Layout(
        codes="jdl",
        carrier="jdl",
        marks=frozenset({"operemark"}),
        code=("state",),
        prefix="state:",
        facts=("opetitle",),
    ),
)
_SF: Final = ({"opcode", "accepttime"}, {"secondarystatuscode", "accepttime"})
_ZTO: Final = ({"scantype", "scandate"}, {"action", "actiontime"})


def add_scan(scans: Scans, told: Mapping[str, Any], *, record: Mapping[str, Any], context: Context) -> None:
    """One scan by whoever's marks fit. `record` is `told` by compared names."""
    names = record.keys()
    carrier = carrier_word(part(record, CARRIER)) or carrier_word(context.carrier)
    if carrier in (None, "sf") and any(marks <= names for marks in _SF):
        add_route(scans, told, number=part(record, NUMBER) or context.number, order_no=context.order_no)
    elif carrier in (None, "zto") and any(marks <= names for marks in _ZTO):
        add_traces(scans, dict(told), number=part(record, NUMBER) or context.number)
    else:
        _add_by_layout(scans, record, context=context, carrier=carrier)


def _add_by_layout(scans: Scans, record: Mapping[str, Any], *, context: Context, carrier: str | None) -> None:
    layout = next((one for one in LAYOUTS if one.marks <= record.keys()), None)
    codes = layout.codes if layout else context.codes or carrier or GENERIC
    code = part(record, layout.code) if layout else part(record, CODE)
    told_code = f"{layout.prefix if layout else ''}{code}" if code else ""
    code, text = told_code, part(record, TEXT)
    if layout is None or layout.codes not in shipped_code_lists():
        code, text = _code_and_text(codes, told_code, text)
    number = part(record, NUMBER) or context.number
    facts = {name: shorten(value) for name in (layout.facts if layout else ()) if (value := part(record, (name,)))}
    facts |= _facts(record, codes, code, told_code)
    event = TrackingEvent(
        tracking_no=number,
        carrier=carrier or (layout.carrier or None if layout else None),
        codes=codes,
        code=code or None,
        text=text,
        occurred_at=None,
        item=0,
        order_no=part(record, ORDER) or context.order_no or None,
        location=part(record, LOCATION),
        forwarded_to=forwarded_number(text, number),
        facts=facts,
    )
    scans.add(event, time=moment_text(record), number_field="运单号", time_field="时间")


def _facts(record: Mapping[str, Any], codes: str, code: str, told_code: str) -> dict[str, str]:
    """What a row says beside the scan. A creation time is told only where it is meant to come before the update's."""
    updated = part(record, UPDATED)
    told = {
        "create_time": part(record, CREATED) if updated else part(record, ORDERED),
        "update_time": updated if updated != moment_text(record) else "",
        "status": told_code if told_code != code else "",
        "status_empty": "1" if not told_code and has(record, CODE) else "",
        "signed": part(record, SIGNED),
        "revokes": " ".join(revoked_codes(codes, code)),
    }
    return {name: shorten(value) for name, value in told.items() if value}


def _code_and_text(codes: str, code: str, text: str) -> tuple[str, str]:
    """A status column with Chinese words nobody's list has (运输中) is text, not a code, when we can read the words."""
    if not code or code.isascii():
        return code, text
    mapping = shipped_mapping(codes)
    if mapping.by_code(code, text) is not None or mapping.by_text(code) is None:
        return code, text
    return "", text if mapping.by_text(text) is not None else f"{code} {text}".strip()


def is_scan(record: Mapping[str, Any], *, whole: bool) -> bool:
    """Does this record say something about a parcel? A row that stands alone may lack its time."""
    says = has(record, TEXT) or has(record, CODE)
    alone = whole and has(record, NUMBER) and [] not in record.values()
    return says and (bool(moment_text(record)) or alone)
