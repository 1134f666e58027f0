"""One timeline of two clocks (时间线): what was said, when it happened, when we heard, what came of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from fenghe.kernel.titles import Titles
from fenghe.kernel.values import Effect, Observation, from_ms

EFFECTS: Final = {
    "advanced": "推进",
    "confirmed": "印证",
    "ignored": "未采纳",
    "held": "存疑",
    "unmapped": "未映射",
    "silent": "不影响状态",
    "excluded": "已排除",
}
"""What an observation did to its subject, as the screens say it."""

DECISIONS: Final = {
    "accept_theirs": "以对方为准",
    "keep_ours": "维持我方",
    "ask_again": "重新询问",
    "manual": "人工修改",
    "settled": "已处理",
    "evidence": "证据补齐,自动关闭",
    "stage_done": "这一步已经完成",
    "stage_void": "这一步不再需要完成",
    "promise_moved": "时限已经改到以后",
    "heard_again": "又收到了正常的消息",
    "switched_off": "连接已被停用",
}
"""What settled a case, as the screens say it."""

_UNJUDGED: Final = Effect("ignored", "")


class TimelineItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was said, with both clocks and its effect."""

    key: str
    subject_kind: str
    subject_label: str
    kind: str
    occurred_at: datetime
    heard_at: datetime
    source: str
    source_title: str
    code: str
    text: str
    claimed: str | None
    claimed_title: str | None
    effect: str
    effect_title: str
    reason: str
    message_id: str
    item: int
    location: str


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """All that was said of one subject, and what the rule makes of it today."""

    kind: str
    label: str
    history: Sequence[Observation]
    effects: Mapping[str, Effect]


def timeline(stories: Iterable[Story], titles: Titles) -> list[TimelineItem]:
    """Everything said of these subjects in the order it happened; at equal moments as we heard, then by subject."""
    told = [(one, place, story) for place, story in enumerate(stories) for one in story.history]
    told.sort(key=lambda item: (item[0].occurred_ms, item[0].heard_ms, item[1], item[0].key))
    return [item_of(one, story, titles) for one, _, story in told]


def item_of(told: Observation, story: Story, titles: Titles) -> TimelineItem:
    """One observation as a line of the timeline."""
    effect = story.effects.get(told.key, _UNJUDGED)
    return TimelineItem(
        key=told.key,
        subject_kind=story.kind,
        subject_label=story.label,
        kind=told.kind if told.kind in ("ruling", "manual") else "event",
        occurred_at=from_ms(told.occurred_ms),
        heard_at=from_ms(told.heard_ms),
        source=told.source,
        source_title=titles.source(told.source),
        code=told.code,
        text=_text(told, titles, kind=story.kind),
        claimed=told.status,
        claimed_title=titles.state(story.kind, told.status),
        effect=effect.effect,
        effect_title=EFFECTS.get(effect.effect, effect.effect),
        reason=titles.reason(story.kind, effect.reason),
        message_id=str(told.message_id),
        item=told.item,
        location=str(told.facts.get("location", "")),
    )


def _text(told: Observation, titles: Titles, *, kind: str) -> str:
    """The sender's own words; where he gave none, what his message amounts to."""
    match told.kind:
        case "ruling":
            decision = DECISIONS.get(str(told.facts.get("decision")), str(told.facts.get("decision")))
            return f"{told.facts.get('operator', '')} 裁定:{decision}。{told.text}".strip()
        case "manual":
            return f"{told.facts.get('operator', '')} 改为「{titles.state(kind, told.status)}」。{told.text}".strip()
        case "handover":
            carrier = titles.carrier(str(told.facts.get("carrier") or told.facts.get("carrier_name") or ""))
            return f"商家已发货{f',交给{carrier}' if carrier else ''}(订单 {told.facts.get('order_no', '')})"
        case "snapshot" if not told.text:
            return f"渠道订单快照,状态 {told.code.rpartition(':')[2] or '(空)'}"
        case "facts" if not told.text:
            return "渠道订单资料,未说状态"
        case _:
            return told.text


def known_at(history: Iterable[Observation], moment_ms: int) -> list[Observation]:
    """What had reached us by then: the history for "what did we believe at 14:23?"."""
    return [one for one in history if one.heard_ms <= moment_ms]


def label_of(kind: str, key: str) -> str:
    """What a person calls the subject: a parcel's number, else the number without its channel or provider."""
    return key if kind == "shipment" else key.partition(":")[2]


class AuditItem(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the audit chain as the screens show it."""

    id: str
    seq: int
    subject_kind: str
    subject_id: str
    subject_label: str
    order_no: str | None
    from_: str | None = msgspec.field(name="from")
    from_title: str | None
    to: str
    to_title: str
    source: str
    source_title: str
    operator: str | None
    ip: str | None
    occurred_at: datetime
    recorded_at: datetime
    reason: str
    message_id: str | None
    reverses_seq: int | None
    reversed: bool
    hash: str
    policy_version: str


def audit_item(row: Mapping[str, Any], titles: Titles) -> AuditItem:
    """A row of `audit.store_queries` in the screens' words."""
    kind = row["subject_kind"]
    return AuditItem(
        id=str(row["id"]),
        seq=row["seq"],
        subject_kind=kind,
        subject_id=str(row["subject_id"]),
        subject_label=label_of(kind, row["key"]),
        order_no=row["order_no"],
        from_=row["from_state"],
        from_title=titles.state(kind, row["from_state"]),
        to=row["to_state"],
        to_title=titles.state(kind, row["to_state"]) or row["to_state"],
        source=row["source"],
        source_title=titles.source(row["source"]),
        operator=row["operator"],
        ip=row["ip"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        reason="冲正" if row["reason"] == "reversed" else titles.reason(kind, row["reason"]),
        message_id=None if row["message_id"] is None else str(row["message_id"]),
        reverses_seq=row["reverses_seq"],
        reversed=row["reversed"],
        hash=row["hash"],
        policy_version=row["rule_version"],
    )
