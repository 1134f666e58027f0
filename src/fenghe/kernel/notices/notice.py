"""What a notice (通知) is: one thing that happened to a case, or that somebody else wants told. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

EVENTS: Final[Mapping[str, str]] = {
    "opened": "新工单",
    "reopened": "工单重开",
    "severity": "级别变化",
    "overdue": "工单超时",
    "assigned": "指派给我",
    "mentioned": "评论提到我",
    "escalated": "无人处理,已升级",
    "told": "其他通知",
}
"""What may be notified, with its words. `told` is for whatever is no case."""

PERSONAL: Final = frozenset({"assigned", "mentioned"})
"""Events that are one person's business: a rule sends them to that person alone."""

OF_A_CASE: Final = frozenset({"opened", "reopened", "severity", "overdue", "escalated"})
"""Events that are no news any more once the case is closed."""

ESCALATES: Final = frozenset({"opened", "reopened", "severity", "overdue"})
"""Events that begin an escalation where the rule has one."""

SEVERE: Final = 3


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be told. `key` says it once: the same key is the same notice, however often it is handed in."""

    key: str
    event: str = "told"
    kind: str = ""
    """The case's kind (`shipment.distance`), or a word of the teller's own."""
    severity: int = 1
    shop: str = ""
    case_id: int | None = None
    person_id: int | None = None
    """Whose business it is, for what is one person's."""
    actor: str = ""
    """Who did it: who assigned, who commented."""
    title: str
    text: str = ""
    link: str = ""
    """Where to look, as a path of the screens; a case's own page when empty."""
    happened_at: datetime | None = None
    only: Sequence[str] = ()
    """Targets named by the event itself (an escalation's step) instead of the rule's."""
    rule: str = ""
    """The rule that made it (an escalation's)."""


def severe(severity: int) -> bool:
    """Whether it may break the quiet."""
    return severity >= SEVERE


def repeat_word(event: str) -> str:
    """What counts as the same news of one case for the dedupe: a case that opens again is. "" is never a repeat."""
    return {"opened": "open", "reopened": "open", "overdue": "overdue"}.get(event, "")
