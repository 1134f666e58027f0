"""A message as the screens are told it (报文内容): the row of the inbox, and its page with body, items and faults."""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from fenghe.kernel.inbox.store_queries import BODY_BYTES, ITEMS, STATUSES
from fenghe.kernel.timeline import EFFECTS, label_of
from fenghe.kernel.titles import Titles
from fenghe.kernel.values import Effect

_STATUS_WORDS: Final = {number: word for word, number in STATUSES.items()}
_COVERED: Final = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"})
"""Headers whose values are nobody's business."""
SUMMARY: Final = 120


class MessageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message in the inbox."""

    id: str
    source: str
    source_title: str
    connector: str
    way: str
    received_at: datetime
    status: str
    repeats: int
    size: int
    content_type: str | None
    summary: str
    error: str | None
    file: str | None
    line: int | None


class MessageItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a message said, and what became of it."""

    item: int
    subject_kind: str
    subject_id: str
    subject_label: str
    code: str
    text: str
    occurred_at: datetime
    claimed: str | None
    claimed_title: str | None
    effect: str
    effect_title: str
    reason: str


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that could not be read."""

    item: int
    field: str
    expected: str
    got: str
    code: str


class MessageDetail(MessageRow, frozen=True, kw_only=True):
    """A message's page."""

    headers: Mapping[str, str]
    body_text: str | None
    body_truncated: bool
    body_base64: str | None
    encoding: str | None
    sha256: str
    handled_at: datetime | None
    attempts: int
    outcome: Mapping[str, int]
    items: Sequence[MessageItem]
    more_items: bool
    unreadable: Sequence[Fault]


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """A body as a person can read it, or as base64 when it is no text."""

    text: str | None = None
    base64: str | None = None
    encoding: str | None = None


def message_row(row: Mapping[str, Any], said: Mapping[str, Any] | None, titles: Titles) -> MessageRow:
    """A row of `store_queries` in the screens' words; `said`: the first thing it said first."""
    return MessageRow(**_common(row, summary=_summary(row, said, titles)))


def _common(row: Mapping[str, Any], *, summary: str) -> dict[str, Any]:
    file, line = _origin(row["origin"])
    return {
        **{name: row[name] for name in ("source", "way", "received_at", "repeats", "size", "content_type")},
        "id": str(row["id"]),
        "source_title": row["source_title"] or row["source"],
        "connector": row["connector"] or "",
        "status": _STATUS_WORDS[row["status"]],
        "summary": summary,
        "error": _error(row["finding"]),
        "file": file,
        "line": line,
    }


def _origin(origin: str | None) -> tuple[str | None, int | None]:
    """`orders.csv:17` as file and line."""
    if origin is None:
        return None, None
    file, colon, line = origin.rpartition(":")
    return (file, int(line)) if colon and line.isdigit() else (origin, None)


def _error(finding: Sequence[Mapping[str, Any]] | None) -> str | None:
    if not finding:
        return None
    first = finding[0]
    more = f"(共 {len(finding)} 处)" if len(finding) > 1 else ""
    where = f"{first.get('field')}:" if first.get("field") else ""
    return f"{where}应为 {first.get('expected') or '可读的内容'},收到 {first.get('got') or '空'}{more}"


def _summary(row: Mapping[str, Any], said: Mapping[str, Any] | None, titles: Titles) -> str:
    if said is None:
        if row["status"] == STATUSES["judged"] and not row["finding"]:
            return "内容此前都已收到过"
        return ""
    claimed = titles.state(said["kind"], said["status"]) or ("未映射" if said["code"] else "")
    words = [label_of(said["kind"], said["key"]), said["code"], claimed, said["body"]]
    more = f" 等 {said['told']} 条" if said["told"] > 1 else ""
    return " ".join(word for word in words if word)[:SUMMARY] + more


def message_detail(
    row: Mapping[str, Any],
    items: Sequence[Mapping[str, Any]],
    *,
    effects: Mapping[int, Mapping[str, Effect]],
    titles: Titles,
) -> MessageDetail:
    """The message's page; `effects` by subject are what the rules make of everything said there today."""
    shown = [_item(one, effects, titles) for one in items[:ITEMS]]
    body = readable(bytes(row["body"]), cut=row["size"] > BODY_BYTES)
    return MessageDetail(
        **_common(row, summary=f"{len(shown)} 条观测" if shown else ""),
        headers={name: "***" if name.lower() in _COVERED else value for name, value in row["headers"].items()},
        body_text=body.text,
        body_truncated=row["size"] > BODY_BYTES,
        body_base64=body.base64,
        encoding=body.encoding,
        sha256=row["sha256"],
        handled_at=row["handled_at"],
        attempts=row["attempts"],
        outcome=Counter(one.effect for one in shown),
        items=shown,
        more_items=len(items) > ITEMS,
        unreadable=[
            Fault(
                item=int(one.get("item", 0)),
                **{name: str(one.get(name, "")) for name in ("field", "expected", "got", "code")},
            )
            for one in row["finding"] or ()
        ],
    )


def _item(one: Mapping[str, Any], effects: Mapping[int, Mapping[str, Effect]], titles: Titles) -> MessageItem:
    kind = one["subject_kind"]
    effect = effects.get(one["subject_id"], {}).get(one["key"], Effect("ignored", ""))
    return MessageItem(
        item=one["item"],
        subject_kind=kind,
        subject_id=str(one["subject_id"]),
        subject_label=label_of(kind, one["subject_key"]),
        code=one["code"],
        text=one["body"],
        occurred_at=one["occurred_at"],
        claimed=one["status"],
        claimed_title=titles.state(kind, one["status"]),
        effect=effect.effect,
        effect_title=EFFECTS.get(effect.effect, effect.effect),
        reason=titles.reason(kind, effect.reason),
    )


def readable(body: bytes, *, cut: bool) -> Body:
    """The text as it came, in UTF-8 or GB18030; anything else as base64. A cut may fall inside a letter."""
    for encoding in ("utf-8-sig", "gb18030"):
        for shorter in range(4 if cut else 1):
            try:
                text = body[: len(body) - shorter].decode(encoding)
            except UnicodeDecodeError:
                continue
            if "\x00" not in text:
                return Body(text=text, encoding="utf-8" if encoding == "utf-8-sig" else encoding)
    return Body(base64=base64.b64encode(body).decode())
