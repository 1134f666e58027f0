"""Whether a buyer is to be reminded that his order awaits payment (催付): how often, when, and never once it was paid. Pure.

Promises: an order that was paid, closed or is of no known amount is never due; nothing is due in the quiet hours, past the
time to pay, or sooner after the last reminder than declared; put to the rule again right before the message leaves, the same
facts give the same answer.
"""

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Final

import msgspec

from fenghe.kernel.values import CHINA
from fenghe.money.observing import amount_words
from fenghe.money.reminder_policy import ReminderRule, hour_of

AWAITS: Final = "await_payment"
BY_HAND_GAP: Final = timedelta(minutes=10)
"""However often somebody presses the button."""
FAILED_MOST: Final = 3
"""So many that could not be sent or had to be withdrawn, and the order is left alone until a person wants it."""
LAST_MINUTES: Final = timedelta(minutes=5)
"""A link that cannot be paid in time is not sent."""
STALE: Final = timedelta(minutes=10)
"""A message that could not leave for so long is put to the rule anew, with the provider asked again."""
_MOBILE: Final = re.compile(r"1[3-9]\d{9}")
_BLANKS: Final = re.compile(r"[\s\-()]")


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an order now. `sent`: reminders that went out or may have; `failed`: that did not; `under_way`: may yet."""

    state: str
    paid: bool
    due_minor: int | None
    currency: str
    created_at: datetime | None
    phone: str = ""
    sent: int = 0
    failed: int = 0
    under_way: bool = False
    last_at: datetime | None = None


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """It is to be reminded now; `phone` is who is written to."""

    phone: str
    deadline: datetime


class Later(msgspec.Struct, frozen=True, kw_only=True):
    """Not yet, and when it may be."""

    at: datetime
    words: str


class Never(msgspec.Struct, frozen=True, kw_only=True):
    """Not at all as things are, and why, in plain words."""

    words: str


Answer = Due | Later | Never


def judge(seen: Seen, rule: ReminderRule, *, now: datetime, by_hand: bool = False) -> Answer:
    """Is a reminder due? `by_hand`: somebody wants it now, whatever the times declared."""
    if (settled := _settled(seen)) is not None:
        return settled
    if seen.created_at is None:
        return Never(words="不知道订单是什么时候下的，算不出付款时限")
    deadline = seen.created_at + timedelta(minutes=rule.pay_within_minutes)
    if now > deadline - LAST_MINUTES:
        return Never(words="付款时限已到，不再催付")
    if (told := _often_enough(seen, rule, by_hand=by_hand)) is not None:
        return told
    phone = phone_of(seen.phone)
    if not phone:
        return Never(words="收件人电话不是可以收短信的手机号（脱敏号、虚拟号或没有填）")
    at = max(_due_at(seen, rule, by_hand=by_hand), now)
    calm = out_of_quiet(at, rule)
    if calm > deadline - LAST_MINUTES:
        return Never(words="等到可以打扰时，付款时限已到")
    if calm > now:
        return Later(
            at=calm, words="免打扰时段，结束后再催" if calm > at else _not_yet(seen, rule, at, by_hand=by_hand)
        )
    return Due(phone=phone, deadline=deadline)


def _settled(seen: Seen) -> Never | None:
    """What makes a reminder wrong whatever is declared."""
    if seen.paid:
        return Never(words="已经收到付款，不再催付")
    if seen.state != AWAITS:
        return Never(words="订单已不在待付款状态，不再催付")
    if not seen.due_minor or seen.due_minor < 0:
        return Never(words="不知道订单应付多少")
    return None


def _often_enough(seen: Seen, rule: ReminderRule, *, by_hand: bool) -> Never | None:
    if rule.mode == "off" or (rule.mode == "by_hand" and not by_hand):
        return Never(words="这个渠道的催付没有开启：平台订单请在平台后台催付，或由财务在催付策略里改")
    if seen.under_way:
        return Never(words="有一条催付正在发送")
    if seen.sent >= rule.most:
        return Never(words=f"已经催过 {seen.sent} 次，到了上限")
    if not by_hand and seen.sent >= len(rule.after_minutes):
        return Never(words=f"已经自动催过 {seen.sent} 次")
    if not by_hand and seen.failed >= FAILED_MOST:
        return Never(words=f"有 {seen.failed} 次没有发成，请人工处理")
    return None


def _not_yet(seen: Seen, rule: ReminderRule, at: datetime, *, by_hand: bool) -> str:
    gap = BY_HAND_GAP if by_hand else timedelta(minutes=rule.gap_minutes)
    rests = seen.last_at is not None and at == seen.last_at + gap
    return "离上次催付还不够久" if rests else "还没有到催付的时间"


def in_words(answer: Later | Never) -> str:
    """Why not, and from when it may be."""
    return (
        f"{answer.words}（{answer.at.astimezone(CHINA):%m-%d %H:%M} 起可催）"
        if isinstance(answer, Later)
        else answer.words
    )


def _due_at(seen: Seen, rule: ReminderRule, *, by_hand: bool) -> datetime:
    """By the times declared, and never too soon after the last one."""
    assert seen.created_at is not None
    gap = BY_HAND_GAP if by_hand else timedelta(minutes=rule.gap_minutes)
    rested = seen.created_at if seen.last_at is None else seen.last_at + gap
    if by_hand:
        return rested
    return max(seen.created_at + timedelta(minutes=rule.after_minutes[seen.sent]), rested)


def out_of_quiet(moment: datetime, rule: ReminderRule) -> datetime:
    """The first moment from this one on at which a buyer may be written to, by China's clock."""
    start, end = hour_of(rule.quiet_start), hour_of(rule.quiet_end)
    if start is None or end is None or start == end:
        return moment
    local = moment.astimezone(CHINA)
    if not _within(local.time(), start, end):
        return moment
    today = datetime.combine(local.date(), end, tzinfo=CHINA)
    return (today if today > local else today + timedelta(days=1)).astimezone(moment.tzinfo)


def _within(clock: time, start: time, end: time) -> bool:
    return start <= clock < end if start < end else clock >= start or clock < end


def phone_of(told: str) -> str:
    """A mobile number that a short message reaches; empty for what is masked, virtual or none."""
    digits = _BLANKS.sub("", told.strip()).removeprefix("+86").removeprefix("0086")
    return digits if _MOBILE.fullmatch(digits) else ""


def variables(order_no: str, *, amount_minor: int, currency: str, link: str) -> Mapping[str, str]:
    """What a message is filled with."""
    told = amount_words(amount_minor, currency)
    return {"order_no": order_no, "amount": told.replace(" CNY", "元"), "link": link}


def text_of(rule: ReminderRule, filled: Mapping[str, str]) -> str:
    """The message as the buyer reads it."""
    text = rule.text
    for name, value in filled.items():
        text = text.replace("{" + name + "}", value)
    return text


# ── right before it leaves ───────────────────────────────────────────────────────────────────────────────────────────


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the questions to the provider. `error`: why one could not be answered."""

    waiting: int = 0
    error: str = ""


def unanswered(asked: Asked, *, since: datetime, now: datetime) -> Later | Never | None:
    """May it go on? None: the provider knows of no payment. It is never taken for unpaid because nobody answered."""
    if asked.error:
        return Never(words=f"问不到支付机构是否已付（{asked.error}），不催")
    if asked.waiting:
        if now - since > STALE:
            return Never(words="支付机构没有答复是否已付，不催")
        return Later(at=now + timedelta(seconds=2), words="正在问支付机构是否已付")
    return None


def no_such_payment(error: str) -> bool:
    """The provider's own word that there is no payment of this number: the buyer never opened the link."""
    return "NOT_EXIST" in error or "NOTEXIST" in error
