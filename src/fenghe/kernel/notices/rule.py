"""Rules of notification (通知规则): which events of which cases go to whom, when, and in which words. Data and its checks; pure."""

from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

import msgspec

from fenghe.kernel.notices import template
from fenghe.kernel.notices.notice import EVENTS, PERSONAL, Notice
from fenghe.kernel.notices.timing import Quiet, hour_of

NOTICE_RULE: Final = "notice_rule"
"""The kind of declaration."""

DEFAULT_TITLE: Final = "【{severity}】{kind}"
DEFAULT_BODY: Final = """### 【{severity}】{kind}
> {event} · 工单 #{case}

**{title}**

- 订单:{order_no} · 运单:{tracking_no}({carrier})
- 店铺:{shop}
- 我方「{ours}」,对方「{theirs}」
- 从何时起:{since}(已 {lasting})
- 影响:{money},买家 {buyer}
- 怎么办:{advice}

[打开工单]({link})"""
"""预警卡片: what happened, order and parcel, since when, whom and how much it touches, what to do, and the way there."""


class Digest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Many of one kind within the window become one message with the count and the first few."""

    minutes: int = 5
    more_than: int = 3
    top: int = 5
    severe_at_once: bool = False


class Targets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told: robots by id, everybody of a role, single people, and whose case it is."""

    robots: list[str] = []
    roles: list[str] = []
    people: list[str] = []
    owner: bool = False

    def words(self) -> list[str]:
        """As `robot:ID`, `role:NAME`, `person:ID`."""
        return [
            *(f"robot:{one}" for one in self.robots),
            *(f"role:{one}" for one in self.roles),
            *(f"person:{one}" for one in self.people),
        ]


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nobody took the case within so many minutes (of the step before): these are told."""

    after_minutes: int
    targets: Targets = msgspec.field(default_factory=Targets)


class NoticeRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule. Empty lists of kinds, severities or shops mean any."""

    title: str
    enabled: bool = True
    events: list[str] = msgspec.field(default_factory=lambda: ["opened"])
    kinds: list[str] = []
    severities: list[int] = []
    shops: list[str] = []
    targets: Targets = msgspec.field(default_factory=Targets)
    message_title: str = DEFAULT_TITLE
    message_body: str = DEFAULT_BODY
    quiet: Quiet | None = None
    digest: Digest = Digest()
    dedupe_minutes: int = 60
    escalation: list[Step] = []

    def problems(self) -> list[str]:
        """Why it cannot be published, in words; each begins with the field."""
        return [*self._choices(), *self._words(), *self._times(), *self._people()]

    def _choices(self) -> list[str]:
        found = [f"events 没有事件 {one}" for one in self.events if one not in EVENTS or one == "escalated"]
        if not self.events:
            found.append("events 至少选一种事件")
        found += [f"severities 级别只有 1、2、3,没有 {one}" for one in self.severities if one not in (1, 2, 3)]
        found += [f"kinds 类型 {one} 不对" for one in self.kinds if not one.strip() or len(one) > 100]
        return found

    def _words(self) -> list[str]:
        found = [] if 1 <= len(self.title.strip()) <= 60 else ["title 名称应为 1 到 60 个字"]
        found += [f"message_title {one}" for one in template.problems(self.message_title)]
        if "\n" in self.message_title or len(self.message_title) > 200:
            found.append("message_title 标题为一行,最多 200 个字")
        return found + [f"message_body {one}" for one in template.problems(self.message_body)]

    def _times(self) -> list[str]:
        found = []
        if self.quiet is not None and None in (hour_of(self.quiet.start), hour_of(self.quiet.end)):
            found.append("quiet 免打扰时间应像 22:00")
        if not 0 <= self.digest.minutes <= 1_440:
            found.append("digest 汇总窗口应为 0 到 1440 分钟")
        if not 1 <= self.digest.more_than <= 1_000 or not 1 <= self.digest.top <= 20:
            found.append("digest 超过 1 到 1000 条时汇总,列出 1 到 20 条")
        if not 0 <= self.dedupe_minutes <= 10_080:
            found.append("dedupe_minutes 去重时间应为 0 到 10080 分钟")
        if any(not 1 <= one.after_minutes <= 10_080 for one in self.escalation) or len(self.escalation) > 5:
            found.append("escalation 升级最多 5 级,每级 1 到 10080 分钟")
        return found

    def _people(self) -> list[str]:
        personal = self.targets.owner or bool(PERSONAL & set(self.events))
        found = [] if self.targets.words() or personal else ["targets 至少选一个接收人"]
        found += [
            f"escalation 第 {n} 级没有接收人" for n, one in enumerate(self.escalation, 1) if not one.targets.words()
        ]
        if self.escalation and not {"opened", "reopened", "severity", "overdue"} & set(self.events):
            found.append("escalation 只有工单事件可以升级")
        return found

    @property
    def steps(self) -> list[Step]:
        """The steps of the escalation, and behind the last one the administrators."""
        if not self.escalation:
            return []
        return [
            *self.escalation,
            Step(after_minutes=self.escalation[-1].after_minutes, targets=Targets(roles=["admin"])),
        ]

    def matches(self, notice: Notice) -> bool:
        """Whether this notice is the rule's business."""
        if notice.event == "escalated" or not self.enabled:
            return False
        return (
            notice.event in self.events
            and (not self.kinds or any(fnmatchcase(notice.kind, one) for one in self.kinds))
            and (not self.severities or notice.severity in self.severities)
            and (not self.shops or notice.shop in self.shops)
        )

    def recipients(self, notice: Notice, *, owner_id: int | None) -> list[str]:
        """Targets of a notice this rule matches, each once. What is one person's business goes to that person alone."""
        if notice.event in PERSONAL:
            return [] if notice.person_id is None else [f"person:{notice.person_id}"]
        own = [f"person:{owner_id}"] if self.targets.owner and owner_id is not None else []
        return list(dict.fromkeys([*self.targets.words(), *own]))


SHIPPED: Final[Mapping[str, NoticeRule]] = {
    "personal": NoticeRule(
        title="指派给我、评论提到我",
        events=["assigned", "mentioned"],
        digest=Digest(minutes=0),
        dedupe_minutes=0,
    ),
    "severe": NoticeRule(
        title="严重工单",
        events=["opened", "reopened", "severity"],
        severities=[3],
        targets=Targets(roles=["ops"]),
        digest=Digest(minutes=1),
        escalation=[Step(after_minutes=30, targets=Targets(roles=["cs"]))],
    ),
    "overdue": NoticeRule(
        title="工单超时",
        events=["overdue"],
        targets=Targets(roles=["ops"], owner=True),
        digest=Digest(minutes=5),
    ),
    "reminders": NoticeRule(
        title="催付短信",
        events=["told"],
        kinds=["money.reminder"],
        targets=Targets(roles=["cs"]),
        digest=Digest(minutes=10, more_than=1, top=10),
        dedupe_minutes=0,
    ),
}
"""Rules as shipped: in-site only, because no robot is known yet. What a user publishes under a name lies over it."""


def rules_of(published: Mapping[str, tuple[int, Any]]) -> dict[str, tuple[NoticeRule, int]]:
    """Every rule in force with its version (0: as shipped), by name."""
    shipped = {name: (rule, 0) for name, rule in SHIPPED.items()}
    return shipped | {name: (msgspec.convert(body, NoticeRule), version) for name, (version, body) in published.items()}


def matching(rules: Mapping[str, tuple[NoticeRule, int]], notice: Notice) -> list[tuple[str, NoticeRule, int]]:
    """(name, rule, version) of the rules a notice falls under; an escalation belongs to the rule that began it."""
    if notice.event == "escalated":
        found = rules.get(notice.rule)
        return [(notice.rule, *found)] if found and found[0].enabled else []
    return [(name, rule, version) for name, (rule, version) in sorted(rules.items()) if rule.matches(notice)]


def unknown_targets(
    rule: NoticeRule, *, robots: Collection[str], roles: Collection[str], people: Collection[str]
) -> list[str]:
    """Targets that do not exist, in words."""
    asked: Sequence[Targets] = [rule.targets, *(one.targets for one in rule.escalation)]
    return [
        *(f"targets 没有机器人 {one}" for each in asked for one in each.robots if one not in robots),
        *(f"targets 没有角色 {one}" for each in asked for one in each.roles if one not in roles),
        *(f"targets 没有人员 {one}" for each in asked for one in each.people if one not in people),
    ]
