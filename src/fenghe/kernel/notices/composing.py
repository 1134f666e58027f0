"""Messages put together (组信): one about one case, or a digest of many with the count and the first few. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from fenghe.kernel.connecting_robots import Message
from fenghe.kernel.notices import template
from fenghe.kernel.notices.notice import EVENTS
from fenghe.kernel.notices.rule import NoticeRule
from fenghe.kernel.people.masking import mask_name, mask_phone
from fenghe.kernel.values import CHINA, minor_digits

LEVELS: Final = {1: "轻微", 2: "一般", 3: "严重"}
_LEADING: Final = re.compile(r"^[\s::,,]+")
_MANY_STARS: Final = re.compile(r"\*{5,}")
"""Channels that cover a number themselves leave nothing but stars."""
LONGEST_BODY: Final = 3_800
"""Bytes: WeCom takes 4,096 of Markdown, the others more."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One notice on its way to one target, with what is known of its case. Facts are words; nothing is asked of anybody."""

    id: int
    notice_id: int
    rule: str
    target: str
    event: str
    kind: str
    kind_title: str
    severity: int
    case_id: int | None
    title: str
    text: str = ""
    link: str = ""
    actor: str = ""
    happened_at: datetime
    order_no: str = ""
    tracking_no: str = ""
    carrier: str = ""
    shop: str = ""
    ours: str = ""
    theirs: str = ""
    reason: str = ""
    opened_at: datetime | None = None
    due_at: datetime | None = None
    owner: str = ""
    paid_minor: int | None = None
    currency: str = ""
    buyer_name: str = ""
    buyer_phone: str = ""
    advice: str = ""


def link_of(item: Item, public_url: str) -> str:
    """Where the reader is taken: the phone's page of the case."""
    path = item.link or (f"/m/cases/{item.case_id}" if item.case_id is not None else "/m")
    return f"{public_url.rstrip('/')}{path}"


def values_of(item: Item, *, public_url: str, now: datetime) -> dict[str, str]:
    """What stands for the placeholders. Personal data is masked here, before any template sees it."""
    return {
        "event": EVENTS.get(item.event, item.event),
        "severity": LEVELS[item.severity],
        "kind": item.kind_title or item.kind or EVENTS["told"],
        "title": item.title,
        "case": "" if item.case_id is None else str(item.case_id),
        "since": clock(item.opened_at or item.happened_at),
        "lasting": lasting(now - (item.opened_at or item.happened_at)),
        "due": clock(item.due_at) if item.due_at else "",
        "owner": item.owner or "无人领取",
        "money": money_words(item.paid_minor, item.currency),
        "buyer": buyer_words(item.buyer_name, item.buyer_phone),
        "advice": item.advice or "打开工单,核对双方证据后裁定",
        "link": link_of(item, public_url),
        **{
            name: getattr(item, name)
            for name in ("order_no", "tracking_no", "carrier", "shop", "ours", "theirs", "reason", "actor", "text")
        },
    }


def clock(moment: datetime) -> str:
    """As people in China write it."""
    return moment.astimezone(CHINA).strftime("%m-%d %H:%M")


def lasting(span: timedelta) -> str:
    """How long, in its largest unit."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} 分钟"
    return f"{minutes // 60} 小时" if minutes < 48 * 60 else f"{minutes // 1440} 天"


def money_words(amount_minor: int | None, currency: str) -> str:
    """The order's amount, or that it is not known."""
    if amount_minor is None:
        return "订单金额未知"
    digits = minor_digits(currency)
    whole, part = divmod(abs(amount_minor), 10**digits)
    shown = f"{whole:,}.{part:0{digits}d}" if digits else f"{whole:,}"
    return f"订单 {'-' if amount_minor < 0 else ''}{'¥' if currency == 'CNY' else currency + ' '}{shown}"


def buyer_words(name: str, phone: str) -> str:
    """The buyer, to be told apart and not to be reached."""
    covered = _MANY_STARS.sub("****", mask_phone(phone))
    return " ".join(part for part in (mask_name(name) if name.strip() else "", covered) if part)


def groups(items: Sequence[Item], rules: Mapping[str, NoticeRule]) -> list[list[Item]]:
    """Items of one target, rule, event and kind together; where they are few enough, each for itself."""
    gathered: dict[tuple[str, str, str, str], list[Item]] = {}
    for item in sorted(items, key=lambda one: (-one.severity, one.happened_at, one.id)):
        gathered.setdefault((item.target, item.rule, item.event, item.kind), []).append(item)
    parts: list[list[Item]] = []
    for (_, name, _, _), together in gathered.items():
        rule = rules.get(name)
        if rule is None or len(together) <= rule.digest.more_than or rule.digest.minutes == 0:
            parts += [[one] for one in together]
        else:
            parts.append(together)
    return parts


def compose(items: Sequence[Item], rule: NoticeRule, *, public_url: str, now: datetime) -> Message:
    """The message of a group, in the rule's words."""
    if len(items) == 1:
        return _single(items[0], rule, public_url=public_url, now=now)
    return _digest(items, rule, public_url=public_url, now=now)


def _single(item: Item, rule: NoticeRule, *, public_url: str, now: datetime) -> Message:
    values = values_of(item, public_url=public_url, now=now)
    body = template.fill(rule.message_body, values) if item.event != "told" else _told(values)
    return Message(
        title=template.fill(rule.message_title, values, markdown=False)[:100],
        markdown=cut(body, LONGEST_BODY),
        text=template.plain(body),
        link=values["link"],
        severity=item.severity,
    )


def _told(values: Mapping[str, str]) -> str:
    text = f"\n\n{template.one_line(values['text'])}" if values["text"] else ""
    return f"### {template.one_line(values['title'])}{text}\n\n[查看]({values['link']})"


def _digest(items: Sequence[Item], rule: NoticeRule, *, public_url: str, now: datetime) -> Message:
    first = values_of(items[0], public_url=public_url, now=now)
    event, kind = first["event"], template.one_line(first["kind"])
    link = f"{public_url.rstrip('/')}/m"
    lines = [f"### 【{LEVELS[max(one.severity for one in items)]}】{kind}:{len(items)} 件", f"> {event} · 汇总", ""]
    lines += [_line(one, public_url=public_url, now=now) for one in items[: rule.digest.top]]
    if len(items) > rule.digest.top:
        lines.append(f"- ……另有 {len(items) - rule.digest.top} 件")
    lines += ["", f"- 怎么办:{template.one_line(first['advice'])}", "", f"[打开待办]({link})"]
    body = "\n".join(lines)
    return Message(
        title=f"{template.one_line(first['kind'], markdown=False)}:{len(items)} 件"[:100],
        markdown=cut(body, LONGEST_BODY),
        text=template.plain(body),
        link=link,
        severity=max(one.severity for one in items),
        count=len(items),
    )


def _line(item: Item, *, public_url: str, now: datetime) -> str:
    values = values_of(item, public_url=public_url, now=now)
    number = template.one_line(item.tracking_no or item.order_no or item.title)
    told = _LEADING.sub("", item.title.removeprefix(item.tracking_no or item.order_no or item.title))
    label = f"#{values['case'] or item.notice_id} {number}"
    return f"- [{label}]({values['link']}) {template.one_line(told)}".rstrip()


def cut(text: str, most_bytes: int) -> str:
    """At most so many bytes, ended at a line where it is cut, so that no mark-up is left open."""
    if len(text.encode()) <= most_bytes:
        return text
    kept: list[str] = []
    size = len("\n……".encode())
    for line in text.splitlines():
        size += len(line.encode()) + 1
        if size > most_bytes:
            break
        kept.append(line)
    return "\n".join([*kept, "……"])
