"""Who is reminded to pay, when, and in which words (催付策略): one declaration a channel. Pure.

Promises: only channels declared as one's own are reminded; a platform's orders are left alone unless somebody declares
otherwise: a link of ours is forbidden or useless there, and of a channel that nobody declared nobody knows.
"""

import re
from datetime import time
from typing import Any, Final, Literal

import msgspec

POLICY: Final = "payment_reminder"
OWN: Final = "own"
"""The channels of one's own, which its rule names."""
OWN_CHANNELS: Final = (
    "own", "own_shop", "own_site", "ownshop", "fenghe", "generic", "generic_json", "官网", "自有商城", "小程序商城",
)  # fmt: skip
PLATFORMS: Final = {"taobao": "淘宝天猫", "pdd": "拼多多", "douyin": "抖音", "jd": "京东"}
"""Buyers pay there on the platform's own page; a link by SMS breaks its rules and pays an order that it does not know."""
DAY: Final = 24 * 60
MOST_TIMES: Final = 5
_NAMES: Final = frozenset({"order_no", "amount", "link"})
_HOLES: Final = re.compile(r"\{([^{}]*)\}")

Mode = Literal["automatic", "by_hand", "off"]


class ReminderRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One channel. `after_minutes`: when each automatic reminder is due, from the order's time; `most`: with those by hand."""

    mode: Mode = "automatic"
    after_minutes: tuple[int, ...] = (30, 720)
    pay_within_minutes: int = DAY
    gap_minutes: int = 120
    most: int = 3
    quiet_start: str = "22:00"
    quiet_end: str = "08:00"
    most_per_day: int = 500
    channels: tuple[str, ...] = ()
    """Which channels are one's own: said by the rule of one's own channels alone."""
    robot: str = ""
    """Which SMS gateway; empty: the only one that has a template for buyers."""
    text: str = "您的订单 {order_no}（{amount}）还没有付款，点此付款：{link} 。已付款请忽略。"


def shipped(name: str) -> ReminderRule:
    """As it is while nobody publishes another."""
    return ReminderRule(channels=OWN_CHANNELS) if name == OWN else ReminderRule(mode="off")


def title_of(name: str) -> str:
    """What the screens call a rule."""
    if name == OWN:
        return "自有渠道"
    return f"{PLATFORMS[name]}（平台，默认不催）" if name in PLATFORMS else f"渠道 {name}（默认不催）"


def rule_name(channel: str, named: frozenset[str], own: ReminderRule) -> str:
    """Which rule a channel goes by: one of its own name, else that of own channels if it is one; else none reminds it."""
    return OWN if channel not in named and channel in own.channels else channel


def hour_of(text: str) -> time | None:
    """`22:00` as a time; None for anything else."""
    try:
        return time.fromisoformat(text) if len(text) == 5 and text[2] == ":" else None
    except ValueError:
        return None


def problems(name: str, body: Any) -> list[tuple[str, str]]:
    """What is wrong with a rule: (field, words)."""
    if not re.fullmatch(r"[^\s/@]{1,63}", name):
        return [("name", f"没有 {name} 这个渠道")]
    try:
        rule = msgspec.convert(body, ReminderRule)
    except msgspec.ValidationError as problem:
        return [("body", f"格式不对：{problem}")]
    found = [("channels", "自有渠道的名单只在「自有渠道」里填")] if rule.channels and name != OWN else []
    return [*found, *_times(rule), *_words(rule)]


def _times(rule: ReminderRule) -> list[tuple[str, str]]:
    found = []
    after = rule.after_minutes
    if not 1 <= rule.pay_within_minutes <= 30 * DAY:
        found.append(("pay_within_minutes", "付款时限应为 1 分钟到 30 天"))
    if rule.mode == "automatic" and not after:
        found.append(("after_minutes", "自动催付至少要有一个时间"))
    if len(after) > MOST_TIMES or any(one < 1 for one in after) or list(after) != sorted(set(after)):
        found.append(("after_minutes", f"最多 {MOST_TIMES} 个时间，从早到晚，每个至少 1 分钟"))
    if after and after[-1] >= rule.pay_within_minutes:
        found.append(("after_minutes", "催付要在付款时限之前"))
    if not len(after) <= rule.most <= 2 * MOST_TIMES:
        found.append(("most", f"一个订单最多催几次，应不少于自动的次数、不多于 {2 * MOST_TIMES}"))
    if not 10 <= rule.gap_minutes <= 7 * DAY:
        found.append(("gap_minutes", "两次之间至少隔 10 分钟"))
    if (hour_of(rule.quiet_start) is None) or (hour_of(rule.quiet_end) is None):
        found.append(("quiet_start", "免打扰时间应像 22:00"))
    if not 0 <= rule.most_per_day <= 1_000_000:
        found.append(("most_per_day", "每天最多几条，应为不小于 0 的整数"))
    return found


def _words(rule: ReminderRule) -> list[tuple[str, str]]:
    holes = set(_HOLES.findall(rule.text))
    found = [
        ("text", f"没有 {{{one}}} 这个变量，可用的有 {{order_no}}、{{amount}}、{{link}}")
        for one in sorted(holes - _NAMES)
    ]
    if "link" not in holes:
        found.append(("text", "短信里要有 {link}，买家才能付款"))
    if not 1 <= len(rule.text) <= 300:
        found.append(("text", "短信为 1 到 300 个字"))
    return found
