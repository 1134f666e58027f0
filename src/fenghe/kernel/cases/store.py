"""Cases in the database (工单): lists, assignment, comments, the start of a ruling. Nothing here changes a state."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.cases.kinds import SEVERITY_NUMBERS, decisions, settled_words
from fenghe.kernel.listing import MAX_BULK, Counts, numbers_of, words_of
from fenghe.kernel.people.person import Actor, Person
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.store_reading import COUNT_TO, Row, Where, count_of, fetch, find
from fenghe.kernel.store_subjects import ids_of_numbers
from fenghe.kernel.web.paging import Paging, read_id, read_ids
from fenghe.kernel.web.problems import Problem, bad_field, conflict, not_found

SORTS: Final[Mapping[str, str]] = {
    "severity": "c.severity desc, c.opened_at, c.id",
    "opened_at": "c.opened_at desc, c.id desc",
    "due_at": "c.due_at desc nulls last, c.id desc",
    "closed_at": "c.closed_at desc nulls last, c.id desc",
}
_SORTS_UP: Final[Mapping[str, str]] = {
    "severity": "c.severity, c.opened_at desc, c.id desc",
    "opened_at": "c.opened_at, c.id",
    "due_at": "c.due_at nulls last, c.id",
    "closed_at": "c.closed_at nulls last, c.id",
}
DEFAULT_SORT: Final = "-severity"
STATUSES: Final = ("open", "resolved", "self_closed")
TABS: Final = {
    "open": "c.status = 'open'",
    "mine": "c.status = 'open' and c.owner_id = %(me)s",
    "overdue": "c.status = 'open' and c.due_at < now()",
    "resolved": "c.status = 'resolved'",
    "self_closed": "c.status = 'self_closed'",
}
LONGEST_COMMENT: Final = 4_000

_JOINS: Final = (
    " left join subject s on s.id = c.subject_id left join shipment p on p.subject_id = c.subject_id"
    " left join payment y on y.subject_id = c.subject_id left join refund z on z.subject_id = c.subject_id"
    " left join customer_order o on o.subject_id = coalesce(p.order_id, y.order_id, z.order_id, c.subject_id)"
)
_COLUMNS: Final = (
    "c.id, c.kind, c.severity, c.status, c.title, c.subject_id, s.kind as subject_kind, s.key, o.subject_id as"
    " order_id,"
    " o.order_no, c.owner_id, w.name as owner_name, c.due_at, c.opened_at, c.closed_at, c.resolution, c.resolved_by,"
    " r.name as resolver, c.ours, c.theirs, c.distance, c.reason, c.evidence, c.rule_version"
)
_FROM: Final = (
    f"work_case c{_JOINS} left join person w on w.id = c.owner_id left join person r on r.username = c.resolved_by"
)


_OWN: Final = (
    "(select m.shop from customer_order m where m.subject_id = coalesce((select n.order_id from shipment n"
    " where n.subject_id = c.subject_id), (select n.order_id from payment n where n.subject_id = c.subject_id),"
    " (select n.order_id from refund n where n.subject_id = c.subject_id), c.subject_id)) = any(%(own_shops)s)"
)
"""Only cases of a person's shops: asked case by case, so that a count that stops early reads no more than it counts."""


class CaseFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the queue may be narrowed by, as the address says it. `owner` is me, none or a person's id."""

    status: str = "open"
    kind: str = ""
    severity: str = ""
    ours: str = ""
    theirs: str = ""
    owner: str = ""
    overdue: bool | None = None
    q: str = ""
    ids: str = ""


class Disputed(msgspec.Struct, frozen=True, kw_only=True):
    """What a ruling is about: the subject and the evidence that a person rules on."""

    subject_kind: str
    subject: str
    keys: tuple[str, ...]


def _conditions(connection: Connection[Any], asked: CaseFilter, person: Person) -> Where:
    """Everything that every tab shares."""
    where = Where()
    where.values["me"] = person.id
    if person.shops is not None:
        where.add(_OWN, own_shops=list(person.shops))
    where.any_of("c.kind", "kind", words_of(asked.kind))
    where.any_of("c.ours", "ours", words_of(asked.ours))
    where.any_of("c.theirs", "theirs", words_of(asked.theirs))
    if severities := words_of(asked.severity):
        unknown = [word for word in severities if word not in SEVERITY_NUMBERS]
        if unknown:
            raise bad_field("severity", f"没有 {unknown[0]} 这一级,可用的有 low、medium、high")
        where.any_of("c.severity", "severity", [SEVERITY_NUMBERS[word] for word in severities])
    if numbers := numbers_of(asked.q):
        where.add(
            "(c.id = any(%(case_ids)s) or c.subject_id = any(%(subjects)s))",
            case_ids=[int(one) for one in numbers if one.isascii() and one.isdigit() and len(one) < 10],
            subjects=ids_of_numbers(connection, numbers),
        )
    if (ids := read_ids(asked.ids)) is not None:
        where.add("c.id = any(%(ids)s)", ids=list(ids))
    return where


def _narrow(where: Where, asked: CaseFilter) -> str:
    """What this list wants beyond what the tabs share."""
    parts = []
    statuses = [word for word in words_of(asked.status) if word != "all"]
    if unknown := [word for word in statuses if word not in STATUSES]:
        raise bad_field("status", f"没有 {unknown[0]} 这种状态,可用的有 {'、'.join(STATUSES)}、all")
    if len(statuses) == 1:
        parts.append(f"c.status = '{statuses[0]}'")
    elif statuses:
        parts.append("c.status in (" + ", ".join(f"'{word}'" for word in statuses) + ")")
    match asked.owner:
        case "":
            pass
        case "me":
            parts.append("c.owner_id = %(me)s")
        case "none":
            parts.append("c.owner_id is null")
        case other:
            where.values["owner"] = read_id(other, "owner")
            parts.append("c.owner_id = %(owner)s")
    if asked.overdue is not None:
        parts.append("c.due_at < now()" if asked.overdue else "(c.due_at is null or c.due_at >= now())")
    return " and ".join(parts) or "true"


def page(connection: Connection[Any], asked: CaseFilter, *, person: Person, paging: Paging) -> tuple[list[Row], Counts]:
    """The rows of one page, and how many there are here and under each tab."""
    where = _conditions(connection, asked, person)
    here = _narrow(where, asked)
    where.values |= {"size": paging.size, "offset": paging.offset}
    query = f"{_select(where.sql(here), paging)} limit %(size)s offset %(offset)s"
    rows = fetch(connection, query, where.values)
    limit = COUNT_TO if where.empty else MAX_BULK
    # Open cases are looked at once for the three tabs they fill.
    opened = f"select c.owner_id, c.due_at from work_case c where {where.sql(TABS['open'])} limit {limit + 1}"
    closed = [
        f'{count_of("work_case c", where.sql(TABS[tab]), up_to=limit)} as "{tab}"'
        for tab in ("resolved", "self_closed")
    ]
    found = find(
        connection,
        f"with opened as materialized ({opened}) select (select count(*) from opened) as open,"
        " (select count(*) from opened where owner_id = %(me)s) as mine,"
        f" (select count(*) from opened where due_at < now()) as overdue, {', '.join(closed)},"
        f" {count_of('work_case c', where.sql(here), up_to=limit)} as here",
        where.values,
    )
    tabs = {tab: int((found or {}).get(tab, 0)) for tab in TABS}
    return rows, Counts(total=int((found or {}).get("here", 0)), limit=limit, tabs=tabs)


def everything(
    connection: Connection[Any], asked: CaseFilter, *, person: Person, paging: Paging
) -> tuple[str, dict[str, Any]]:
    """The statement of an export: the same rows as the list's pages."""
    where = _conditions(connection, asked, person)
    return _select(where.sql(_narrow(where, asked)), paging), where.values


def _select(condition: str, paging: Paging) -> str:
    order = (SORTS if paging.descending else _SORTS_UP)[paging.sort]
    return f"select {_COLUMNS} from {_FROM} where {condition} order by {order}"


def matching(connection: Connection[Any], asked: CaseFilter, *, person: Person) -> list[int]:
    """The cases a bulk action is about; one more than it may touch shows that there are too many."""
    where = _conditions(connection, asked, person)
    condition = where.sql(_narrow(where, asked))
    rows = fetch(
        connection,
        f"select c.id from work_case c where {condition} order by {SORTS['severity']} limit {MAX_BULK + 1}",
        where.values,
    )
    return [row["id"] for row in rows]


def find_case(connection: Connection[Any], case_id: int, *, shops: Sequence[str] | None) -> Row | None:
    """One case; None when there is none that this person may see."""
    own = "" if shops is None else f" and {_OWN}"
    return find(
        connection,
        f"select {_COLUMNS} from {_FROM} where c.id = %(id)s{own}",
        {"id": case_id, "own_shops": list(shops or ())},
    )


def cases_of_subjects(connection: Connection[Any], ids: Sequence[int]) -> list[Row]:
    """Every case of these subjects, open ones first."""
    return fetch(
        connection,
        f"select {_COLUMNS} from {_FROM} where c.subject_id = any(%(ids)s) order by (c.status <> 'open'),"
        " c.opened_at desc, c.id",
        {"ids": list(ids)},
    )


def entries_of(connection: Connection[Any], case_id: int) -> list[Row]:
    """Comments and log of a case, oldest first; people by their names."""
    return fetch(
        connection,
        "select e.id, e.at, e.kind, e.body, coalesce(w.name, e.author) as author from case_entry e"
        " left join person w on w.username = e.author where e.case_id = %(id)s order by e.id limit 1000",
        {"id": case_id},
    )


def begin_ruling(connection: Connection[Any], *, case_id: int, decision: str, reason: str, actor: Actor) -> Disputed:
    """Lock a case that is still open and note the ruling; the caller's transaction then tells it to the inbox.

    Raises Problem: not found, settled meanwhile (it says by whom and how), a decision that does not fit.
    """
    # The subject first and its case second, as workers take them: otherwise the two would wait for each other.
    connection.execute(
        "select from subject where id = (select subject_id from work_case where id = %s) for update", (case_id,)
    )
    connection.execute("select from work_case where id = %s for update", (case_id,))
    case = find_case(connection, case_id, shops=None)
    if case is None or case["subject_id"] is None:
        raise not_found(f"工单 {case_id}")
    if case["status"] != "open":
        raise already_settled(case)
    if decision not in decisions(case["kind"], case["status"]):
        raise Problem(422, "这类工单不能这样裁定,请从列出的选项里选一个。", code="decision_unfit")
    _note(connection, case_id, actor.person, f"ruling:{decision}:{reason}")
    log_access(connection, actor, action="case.rule.done", target=f"case {case_id} {decision}")
    keys = tuple(str(key) for key in case["evidence"].get("keys", ()))
    return Disputed(subject_kind=case["subject_kind"], subject=case["key"], keys=keys)


def already_settled(case: Row) -> Problem:
    """409 for whoever comes second: who settled it, when and how."""
    return conflict(f"{settled_words(case)}。请刷新后查看结果。", code="case_settled")


def _note(connection: Connection[Any], case_id: int, author: str, body: str, *, kind: str = "log") -> None:
    connection.execute(
        "insert into case_entry (case_id, author, kind, body) values (%s, %s, %s, %s)", (case_id, author, kind, body)
    )


def comment(connection: Connection[Any], case_ids: Sequence[int], *, text: str, actor: Actor) -> None:
    """Say something on each of these cases."""
    said = text.strip()
    if not said or len(said) > LONGEST_COMMENT:
        raise bad_field("text", f"评论应为 1 到 {LONGEST_COMMENT} 个字")
    connection.execute(
        "insert into case_entry (case_id, author, kind, body) select id, %s, 'comment', %s from unnest(%s::bigint[])"
        " id",
        (actor.person, said, list(case_ids)),
    )
    log_access(connection, actor, action="case.comment.done", target=_named(case_ids))


def assign(
    connection: Connection[Any],
    case_ids: Sequence[int],
    *,
    owner_id: int | None,
    due_at: datetime | msgspec.UnsetType | None,
    actor: Actor,
    holder: int | None = None,
) -> set[int]:
    """Give open cases an owner (None: nobody) and, if said, a due time; returns those it could be done to.

    `holder` leaves alone what is neither free nor this person's.
    """
    owner_name = _name_of(connection, owner_id)
    due = "" if due_at is msgspec.UNSET else ", due_at = %(due)s"
    free = "" if holder is None else " and (owner_id is null or owner_id = %(holder)s)"
    changed = fetch(
        connection,
        f"update work_case set owner_id = %(owner)s, changed_at = now(){due}"
        f" where id = any(%(ids)s) and status = 'open'{free} returning id",
        {"ids": sorted(case_ids), "owner": owner_id, "holder": holder, "due": due_at or None},
    )
    ids = [row["id"] for row in changed]
    bodies = [f"assigned:{owner_name}" if owner_id is not None else "unassigned"]
    if isinstance(due_at, datetime):
        bodies.append(f"due:{due_at.isoformat()}")
    elif due_at is None:
        bodies.append("due:")
    connection.execute(
        "insert into case_entry (case_id, author, kind, body) select id, %s, 'log', body"
        " from unnest(%s::bigint[]) id, unnest(%s::text[]) body order by id",
        (actor.person, ids, bodies),
    )
    if ids:
        log_access(connection, actor, action="case.assign.done", target=f"{_named(ids)} → {owner_name or '-'}")
    return set(ids)


def _name_of(connection: Connection[Any], person_id: int | None) -> str:
    if person_id is None:
        return ""
    row = find(connection, "select name from person where id = %(id)s and active", {"id": person_id})
    if row is None:
        raise bad_field("owner", "没有这个人员,或其账号已停用")
    return str(row["name"])


def _named(case_ids: Sequence[int]) -> str:
    return "case " + ",".join(str(one) for one in case_ids)
