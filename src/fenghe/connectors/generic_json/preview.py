"""What a layout reads from a pasted answer (声明预览): number, events, times, codes, and what each path led to. Pure.

Promises: nothing is stored; what is shown is what the real reader reads; a path that leads nowhere is named.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from fenghe.connectors.generic_json.layout import PATHS, JsonLayout, Reader, layout_of, reader_of
from fenghe.connectors.generic_json.paths import Path
from fenghe.connectors.generic_json.push import read_layout
from fenghe.connectors.generic_json.query import nothing_said
from fenghe.connectors.scans import NotReadable, decode_json, form_fields, looks_like_json, shorten, text_of

MOST_EVENTS: Final = 200
LARGEST: Final = 1_000_000


class PathFound(msgspec.Struct, frozen=True, kw_only=True):
    """Where one declared path led: how often, and the first thing there; `problem` when that cannot be right."""

    name: str
    path: str
    hits: int
    sample: str
    problem: str | None = None


class EventFound(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it was read."""

    number: str
    occurred_at: datetime | None
    code: str
    text: str
    location: str
    order_no: str


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. `answer` says what kind of answer this is: events, nothing, error or unread."""

    problems: Sequence[str] = ()
    paths: Sequence[PathFound] = ()
    events: Sequence[EventFound] = ()
    total: int = 0
    unreadable: Sequence[str] = ()
    answer: str = "unread"
    said: str = ""


def preview(config: Mapping[str, Any], body: bytes, *, number: str = "") -> Preview:
    """Read a pasted answer by a source's settings as they stand in the dialog."""
    layout = layout_of(config)
    if isinstance(layout, list):
        return Preview(problems=layout)
    if len(body) > LARGEST:
        return Preview(problems=[f"答复太大：预览最多 {LARGEST // 1_000_000} MB"])
    try:
        told = decode_json(_json_of(body, str(config.get("form_field") or "")))
    except NotReadable as problem:
        return Preview(problems=[f"答复不是能读的 JSON：{problem.note.got}"])
    return _read(config, layout, told, number)


def _json_of(body: bytes, field: str) -> bytes:
    return dict(form_fields(body)).get(field, b"") if field and not looks_like_json(body) else body


def _read(config: Mapping[str, Any], layout: JsonLayout, told: Any, number: str) -> Preview:
    reading = read_layout(told, layout, number=number)
    error = Path(str(config.get("error") or "")).text(told, told, told) if config.get("error") else ""
    nothing = nothing_said(config, told)
    answer = "events" if reading.items else "nothing" if nothing else "error" if error else "unread"
    events = [
        EventFound(
            number=one.tracking_no,
            occurred_at=one.occurred_at,
            code=one.code or "",
            text=one.text,
            location=one.location,
            order_no=one.order_no or "",
        )
        for one in reading.items[:MOST_EVENTS]
    ]
    return Preview(
        paths=_paths(reader_of(layout), layout, told),
        events=events,
        total=len(reading.items),
        unreadable=[
            f"第 {note.item + 1} 条 {note.field}：应为 {note.expected}，实为「{note.got}」"
            for note in reading.unreadable
        ],
        answer=answer,
        said=shorten(nothing or error),
    )


def _paths(reader: Reader, layout: JsonLayout, told: Any) -> list[PathFound]:
    """Each declared path from where it starts, so that the one that is wrong is named and not those behind it."""
    parcels = reader.paths["parcels"].found(told) if layout.parcels else [told]
    pairs = [
        (parcel, event)
        for parcel in parcels
        for event in (reader.paths["events"].found(parcel, parcel, told) if layout.events else [parcel])
    ]
    found = []
    if layout.parcels:
        found.append(_found("parcels", layout.parcels, parcels))
    if layout.events and parcels:
        found.append(_found("events", layout.events, [event for _, event in pairs]))
    if not pairs:
        return found
    parts = [(name, str(getattr(layout, name))) for name in PATHS[2:] if getattr(layout, name)]
    for name in ("time", "location"):
        value = getattr(layout, name)
        parts += [(name, path) for path in ((value,) if isinstance(value, str) else value) if path]
    for name, text in parts:
        path = Path(text)
        things = [said for parcel, event in pairs if (said := path.text(event, parcel, told))]
        found.append(_found(name, text, things, wanted=name in ("number", "code", "text", "time")))
    return found


def _found(name: str, path: str, things: Sequence[Any], *, wanted: bool = True) -> PathFound:
    first = things[0] if things else None
    kind = "对象" if isinstance(first, dict) else "列表" if isinstance(first, list) else ""
    problem = None
    if not things and wanted:
        problem = f"{name} 的路径 {path} 在这份答复里什么也没找到"
    elif name == "events" and kind == "列表":
        problem = f"events 的路径 {path} 指向的是列表，末尾可能少了 [*]"
    sample = f"（{kind}）" if kind else shorten(text_of(first), 80)
    return PathFound(name=name, path=path, hits=len(things), sample=sample, problem=problem)
