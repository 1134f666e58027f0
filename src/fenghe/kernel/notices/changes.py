"""What changed in a case since it was last looked at (工单变化), and who is named in a comment. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from fenghe.kernel.notices.notice import Notice


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A case as it is now."""

    id: int
    kind: str
    severity: int
    status: str
    owner_id: int | None
    due_at: datetime | None
    title: str
    shop: str
    opened_at: datetime
    changed_at: datetime
    assigned_by: str = ""
    """Who gave it to its owner, as he is called; "" when nobody knows."""
    assigned_by_id: int | None = None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A case as it was when it was last looked at."""

    status: str
    severity: int
    owner_id: int | None
    due_at: datetime | None = None
    overdue_told: bool = False
    opened_times: int = 1


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can be named in a comment."""

    id: int
    username: str
    name: str


def changed(before: Seen | None, case: Case) -> tuple[Seen, list[Notice]]:
    """(how it is remembered, what there is to tell). A case that was settled before anybody looked is no news."""
    opens = case.status == "open" and (before is None or before.status != "open")
    times = 1 if before is None else before.opened_times + (opens and before.status != "open")
    told_due = before.overdue_told if before is not None and before.due_at == case.due_at and not opens else False
    now = Seen(
        status=case.status,
        severity=case.severity,
        owner_id=case.owner_id,
        due_at=case.due_at,
        overdue_told=told_due,
        opened_times=times,
    )
    if case.status != "open":
        return now, []
    found: list[Notice] = []
    if before is None:
        found.append(_told(case, "opened", "1", at=case.opened_at))
    elif opens:
        found.append(_told(case, "reopened", str(times), at=case.changed_at))
    elif before.severity != case.severity:
        found.append(_told(case, "severity", _moment(case.changed_at), at=case.changed_at))
    if case.owner_id is not None and (before is None or before.owner_id != case.owner_id) and not _claimed(case):
        detail = f"{case.owner_id}:{_moment(case.changed_at)}"
        notice = _told(case, "assigned", detail, at=case.changed_at)
        found.append(msgspec.structs.replace(notice, person_id=case.owner_id, actor=case.assigned_by))
    return now, found


def _claimed(case: Case) -> bool:
    """Whoever takes a case himself need not be told of it."""
    return case.assigned_by_id is not None and case.assigned_by_id == case.owner_id


def overdue(case: Case) -> Notice:
    """The notice of a due time that has passed."""
    due = case.due_at or case.changed_at
    return _told(case, "overdue", _moment(due), at=due)


def escalated(case: Case, *, rule: str, step: int, targets: Sequence[str], at: datetime) -> Notice:
    """The notice of a step of an escalation; `at` also tells one escalation of the same case from the next."""
    notice = _told(case, "escalated", f"{rule}:{step}:{_moment(at)}", at=at)
    return msgspec.structs.replace(notice, only=tuple(targets), rule=rule)


def _told(case: Case, event: str, detail: str, *, at: datetime) -> Notice:
    return Notice(
        key=f"case:{case.id}:{event}:{detail}",
        event=event,
        kind=case.kind,
        severity=case.severity,
        shop=case.shop,
        case_id=case.id,
        title=case.title,
        happened_at=at,
    )


def _moment(at: datetime) -> str:
    return str(int(at.timestamp() * 1_000_000))


def mentioned(body: str, people: Iterable[Named]) -> list[int]:
    """Who is named with @: by user name or by name, the longest name that fits, each once."""
    names = sorted(
        ((word, one.id) for one in people for word in {one.username, one.name} if word),
        key=lambda pair: -len(pair[0]),
    )
    found: list[int] = []
    for place in (n for n, sign in enumerate(body) if sign in "@@"):
        rest = body[place + 1 :]
        who = next((person for word, person in names if rest.startswith(word) and _ends(rest, word)), None)
        if who is not None and who not in found:
            found.append(who)
    return found


def _ends(rest: str, word: str) -> bool:
    """`@kefu2` does not name kefu; Chinese runs on without a blank."""
    following = rest[len(word) : len(word) + 1]
    return not (word[-1].isascii() and following.isascii() and (following.isalnum() or following in ("_", "-")))
