"""A rule tried on what happened (试运行): which messages it would have sent in the last days, and to whom. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from fenghe.kernel.notices import composing, timing
from fenghe.kernel.notices.composing import Item
from fenghe.kernel.notices.notice import ESCALATES, OF_A_CASE, Notice, repeat_word, severe
from fenghe.kernel.notices.rule import NoticeRule

SAMPLES: Final = 5


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a case: the notice it would have been, and the facts for its message."""

    notice: Notice
    item: Item
    owner_id: int | None = None
    taken_at: datetime | None = None
    """When somebody took the case or it was closed: no escalation after that."""
    closed_at: datetime | None = None
    """When it was closed for good: what was not told by then is not told any more."""


class WouldSend(msgspec.Struct, frozen=True, kw_only=True):
    """One message that would have gone out."""

    at: datetime
    target: str
    title: str
    body: str
    count: int


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule would have sent."""

    notices: int
    matched: int
    messages: int
    digests: int
    held_back: int
    """Repeats that the dedupe would have swallowed."""
    put_off: int
    """Messages that quiet hours would have put off."""
    escalations: int
    by_target: dict[str, int]
    samples: Sequence[WouldSend]


def tried(name: str, rule: NoticeRule, past: Sequence[Past], *, public_url: str, now: datetime) -> Preview:
    """The rule over the past, by the same steps as the duty takes."""
    matched = [one for one in past if rule.matches(one.notice)]
    raised = [step for one in matched for step in _escalated(rule, one, now=now)]
    sent: list[tuple[datetime, Item]] = []
    held, put_off = 0, 0
    told: dict[tuple[str, int | None, str], datetime] = {}
    for one in sorted([*matched, *raised], key=lambda each: (each.item.happened_at, each.item.id)):
        at = one.item.happened_at
        for target in one.notice.only or rule.recipients(one.notice, owner_id=one.owner_id):
            seen = (target, one.notice.case_id, repeat_word(one.notice.event))
            before = told.get(seen) if seen[2] else None
            if before is not None and at - before < timedelta(minutes=rule.dedupe_minutes):
                held += 1
                continue
            told[seen] = at
            due = due_of(rule, one.notice, at)
            if one.notice.event in OF_A_CASE and one.closed_at is not None and one.closed_at <= due:
                continue
            put_off += due != due_of(msgspec.structs.replace(rule, quiet=None), one.notice, at)
            sent.append((due, msgspec.structs.replace(one.item, target=target, rule=name)))
    letters = list(_letters(sent, name, rule, public_url=public_url))
    return Preview(
        notices=len(past),
        matched=len(matched),
        messages=len(letters),
        digests=sum(one.count > 1 for one in letters),
        held_back=held,
        put_off=put_off,
        escalations=len(raised),
        by_target=dict(Counter(one.target for one in letters).most_common()),
        samples=sorted(letters, key=lambda one: (-one.count, one.at))[:SAMPLES],
    )


def due_of(rule: NoticeRule, notice: Notice, at: datetime) -> datetime:
    """When a message about a notice is due under a rule. An escalation does not wait for a digest."""
    return timing.due_at(
        at,
        severe=severe(notice.severity),
        quiet=rule.quiet,
        minutes=0 if notice.event == "escalated" else rule.digest.minutes,
        severe_at_once=rule.digest.severe_at_once,
    )


def _escalated(rule: NoticeRule, one: Past, *, now: datetime) -> Iterable[Past]:
    minutes = [step.after_minutes for step in rule.steps]
    for place, step in enumerate(rule.steps if one.notice.event in ESCALATES else ()):
        at = timing.step_due(one.item.happened_at, minutes, place)
        if at is None or at > now or (one.taken_at is not None and one.taken_at <= at):
            return
        notice = msgspec.structs.replace(one.notice, event="escalated", only=step.targets.words())
        item = msgspec.structs.replace(one.item, event="escalated", happened_at=at)
        yield msgspec.structs.replace(one, notice=notice, item=item)


def _letters(
    sent: Sequence[tuple[datetime, Item]], name: str, rule: NoticeRule, *, public_url: str
) -> Iterable[WouldSend]:
    """What falls due at one moment is put together as the duty does it."""
    by_moment: dict[datetime, list[Item]] = {}
    for due, item in sent:
        by_moment.setdefault(due, []).append(item)
    for due, items in sorted(by_moment.items()):
        for group in composing.groups(items, {name: rule}):
            message = composing.compose(group, rule, public_url=public_url, now=due)
            yield WouldSend(
                at=due, target=group[0].target, title=message.title, body=message.markdown, count=message.count
            )
