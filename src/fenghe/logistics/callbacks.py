"""What a callback audit (回调日志核查) looks at and what it may find: parcels as told, findings as values. Pure.

A finding says which field, what they said, what we hold, what was done about it, and the rule that says so.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec

from fenghe.kernel.values import CHINA, Observation, digest, from_ms
from fenghe.logistics.policy import HOUR_MS
from fenghe.logistics.scale import BY_WORD, TITLES

KINDS: Final[Mapping[str, str]] = {
    "empty_status": "状态为空",
    "unknown_code": "未知状态码",
    "updated_before_created": "更新早于创建",
    "foreign_number": "单号不属于该订单",
    "contradiction": "自相矛盾",
    "two_carriers": "一单两家",
    "reused_number": "单号复用",
    "history_stops": "历史中断",
    "out_of_order": "乱序",
    "duplicate": "重复",
    "future_time": "时间在未来",
    "no_time": "没有时间",
    "unreadable": "读不懂",
}
"""What may be wrong with what a carrier told, as the screens say it."""

ORDER_KINDS: Final[Mapping[str, str]] = {
    "paid_before_created": "付款早于下单",
    "handed_over_before_created": "发货早于下单",
    "handed_over_before_paid": "发货早于付款",
    "delivered_before_handed_over": "签收早于发货",
    "cancelled_yet_delivered": "已取消却签收",
    "delivered_without_time": "已签收却无时间",
    "handed_over_without_time": "已发货却无时间",
    "delivered_late": "晚于承诺送达",
    "handed_over_late": "晚于承诺发货",
    "future_time": "时间在未来",
    "unreadable": "读不懂",
}
"""What may be wrong with the times of an order."""

ARRIVAL_KINDS: Final = frozenset({"duplicate", "out_of_order"})
"""These are about how messages arrived; all others are the same whatever the order of arrival."""

SEVERITY: Final[Mapping[str, int]] = {
    "empty_status": 2,
    "unknown_code": 2,
    "updated_before_created": 2,
    "foreign_number": 3,
    "contradiction": 3,
    "two_carriers": 3,
    "reused_number": 2,
    "history_stops": 2,
    "out_of_order": 1,
    "duplicate": 1,
    "future_time": 2,
    "no_time": 1,
    "unreadable": 2,
    "paid_before_created": 2,
    "handed_over_before_created": 2,
    "handed_over_before_paid": 2,
    "delivered_before_handed_over": 3,
    "cancelled_yet_delivered": 3,
    "delivered_without_time": 2,
    "handed_over_without_time": 1,
    "delivered_late": 2,
    "handed_over_late": 2,
}


class AuditPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """When a silence or a difference of clocks is worth a person's look.

    `stop_hours`: a parcel that has not ended and of which nothing new was heard for so long has stopped. `clock_minutes`:
    how far two parties' clocks may differ. `pause_days`: a longer pause within one history separates two lives of a number.
    """

    stop_hours: int = 72
    clock_minutes: int = 5
    pause_days: int = 90


DEFAULT_AUDIT: Final = AuditPolicy()


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """One scan as told: the observation and whose code list its code belongs to."""

    told: Observation
    codes: str


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What one message (or one record of a file) said of one parcel. `where` is `file:line`, "" for a stored message."""

    message_id: int
    where: str
    source: str
    heard_ms: int
    scans: tuple[Scan, ...]
    is_list: bool = False
    """Several scans in one message: its own order is told by the message, not by when it came."""
    arrival_counts: bool = True
    """False where rows came all at once, out of a file that was imported."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What we hold of the parcel and of the orders that were named with it, from elsewhere than these messages."""

    order_no: str = ""
    order_created_ms: int | None = None
    carrier: str = ""
    parcels_of: Mapping[str, tuple[str, ...]] = {}
    """Of each order that was named: the numbers of its parcels."""


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """One tracking number and everything told of it, in the order it came. `words` are the seller's and people's own."""

    number: str
    tellings: tuple[Telling, ...]
    words: tuple[Observation, ...] = ()
    known: Known = Known()
    way: str | None = None
    """Which way the file runs that single rows came from (told_order.Way); None: by itself."""

    def scans(self) -> dict[str, tuple[Scan, Telling]]:
        """Every scan once, with the first telling of it; facts told more than once are put together."""
        found: dict[str, tuple[Scan, Telling]] = {}
        for telling in self.tellings:
            for scan in telling.scans:
                first = found.get(scan.told.key)
                if first is None:
                    found[scan.told.key] = (scan, telling)
                elif first[0].told.facts != scan.told.facts:
                    found[scan.told.key] = (_joined(first[0], scan), first[1])
        return found


def _joined(one: Scan, other: Scan) -> Scan:
    """The same claim told twice: all its facts, of two that differ the smaller, so that the order does not matter."""
    facts = dict(one.told.facts)
    for name, value in other.told.facts.items():
        facts[name] = min(facts[name], value, key=repr) if name in facts else value
    return msgspec.structs.replace(one, told=msgspec.structs.replace(one.told, facts=facts))


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong (发现项). `key` is its identity, the same however often and in whatever order it is found."""

    key: str
    kind: str
    severity: int
    number: str
    field: str
    theirs: str
    ours: str
    words: str
    rule: str
    at_ms: int
    order_no: str = ""
    carrier: str = ""
    source: str = ""
    codes: str = ""
    code: str = ""
    evidence: tuple[str, ...] = ()
    """Keys of the observations it rests on."""
    message_id: int | None = None
    where: str = ""
    effect: str = ""
    """What the fuse did with the word in question, and why: a key of the projection's effects."""
    effect_reason: str = ""


def finding_key(kind: str, number: str, *parts: str) -> str:
    """The identity of a finding: what is wrong, with what, on which evidence."""
    return digest("callback", kind, number, *parts)


def clock(ms: int) -> str:
    """「2026-02-05 14:23:00」 in China's time."""
    return moment_text(from_ms(ms))


def moment_text(moment: datetime) -> str:
    """A moment as people in China write it."""
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def span(ms: int) -> str:
    """「3 天 4 小时」: a length of time as one says it."""
    minutes = max(ms, 0) // 60_000
    if minutes < 60:
        return f"{minutes} 分钟"
    hours = ms // HOUR_MS
    if hours < 48:
        return f"{hours} 小时"
    days = hours // 24
    return f"{days} 天" if days < 730 else f"{days // 365} 年"


def title_of(status: str | None) -> str:
    """A state's word as the screens say it; an unmapped one is said to be none."""
    return TITLES[BY_WORD[status]] if status else "未映射"


def every(*parts: Iterator[Finding]) -> list[Finding]:
    """All findings, gravest first, each once."""
    found: dict[str, Finding] = {}
    for part in parts:
        for one in part:
            found.setdefault(one.key, one)
    return sorted(found.values(), key=lambda one: (-one.severity, one.at_ms, one.key))


class Located(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with what we hold of its parcel and order, where we hold anything."""

    finding: Finding
    subject_id: int | None = None
    order_id: int | None = None
