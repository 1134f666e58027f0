"""Notices in the database (通知): handed in once, found in changed cases by their state, never by a cursor."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.notices.changes import Case, Named, Seen, changed, escalated, mentioned, overdue
from fenghe.kernel.notices.notice import Notice
from fenghe.kernel.notices.rule import NOTICE_RULE, NoticeRule, rules_of
from fenghe.kernel.notices.timing import step_due
from fenghe.kernel.store_reading import Row, fetch

WATCH_LOCK: Final = 7318
BATCH: Final = 2_000

_SHOP: Final = (
    "coalesce((select m.shop from customer_order m where m.subject_id = coalesce((select n.order_id from shipment n"
    " where n.subject_id = c.subject_id), c.subject_id)), '')"
)
_CASE: Final = (
    f"c.id, c.kind, c.severity, c.status, c.owner_id, c.due_at, c.title, c.opened_at, c.changed_at, {_SHOP} as shop"
)


def notify(connection: Connection[Any], notice: Notice) -> bool:
    """Hand in one notice, in the caller's transaction; False when one of that key is there already."""
    return notify_all(connection, [notice]) == 1


def notify_all(connection: Connection[Any], notices: Sequence[Notice]) -> int:
    """Hand in many; those whose key is known are passed over. Returns how many were new."""
    if not notices:
        return 0
    rows = [{**msgspec.to_builtins(one), "happened_at": _moment(one.happened_at)} for one in notices]
    cursor = connection.execute(
        "insert into notice (key, event, kind, severity, shop, case_id, person_id, actor, title, body, link,"
        " only_targets, rule, happened_at) select key, event, kind, severity, shop, case_id, person_id, actor, title,"
        ' text, link, array(select jsonb_array_elements_text(t."only")), rule, coalesce(happened_at, now())'
        " from jsonb_to_recordset(%s::jsonb) as t(key text, event text, kind text, severity smallint, shop text,"
        ' case_id bigint, person_id bigint, actor text, title text, text text, link text, "only" jsonb, rule text,'
        " happened_at timestamptz) on conflict (key) do nothing",
        (orjson.dumps(rows).decode(),),
    )
    return cursor.rowcount


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def take_turn(connection: Connection[Any]) -> bool:
    """One process at a time finds and gathers, so that no digest is torn in two; the others have nothing to do."""
    row = connection.execute("select pg_try_advisory_xact_lock(%s, 0)", (WATCH_LOCK,)).fetchone()
    return bool(row and row[0])


def rules_in_force(connection: Connection[Any]) -> dict[str, tuple[NoticeRule, int]]:
    """Every rule with its version, by name."""
    published = {
        one.name: (one.version, one.body) for one in declarations.in_force(connection) if one.kind == NOTICE_RULE
    }
    return rules_of(published)


def watch_changes(connection: Connection[Any], *, limit: int = BATCH) -> int:
    """Cases that were opened or changed: compare with what was seen, hand in what is new, remember. Returns how many.

    A case somebody is just writing is passed over: it is flagged for as long as nobody took the flag down. What is read
    is what was locked, not the statement's snapshot: a change in between would be lost with its flag.
    """
    rows = fetch(
        connection,
        f"with flagged as materialized (select {_CASE} from work_case c where c.unnoticed order by c.id limit %(limit)s"
        " for update skip locked), down as (update work_case w set unnoticed = false from flagged"
        " where w.id = flagged.id)"
        " select c.*, w.case_id as seen, w.status as seen_status, w.severity as seen_severity,"
        " w.owner_id as seen_owner, w.due_at as seen_due, w.overdue_told, w.opened_times, a.name as assigned_by,"
        " a.id as assigned_by_id from flagged c"
        " left join case_watch w on w.case_id = c.id"
        " left join lateral (select p.id, coalesce(p.name, e.author) as name from case_entry e"
        "  left join person p on p.username = e.author where e.case_id = c.id and c.owner_id is not null"
        "  and e.kind = 'log' and e.body like 'assigned:%%' order by e.id desc limit 1) a on true",
        {"limit": limit},
    )
    if not rows:
        return 0
    told: list[Notice] = []
    seen: list[dict[str, Any]] = []
    for row in rows:
        now, notices = changed(_seen(row), _case(row))
        told += notices
        seen.append({"case_id": row["id"], **msgspec.to_builtins(now), "due_at": _moment(now.due_at)})
    _remember(connection, seen)
    notify_all(connection, told)
    _end_escalations(connection, [row["id"] for row in rows if row["status"] != "open" or row["owner_id"] is not None])
    return len(rows)


def _case(row: Row) -> Case:
    names = Case.__struct_fields__
    return Case(**{name: row[name] for name in names if row.get(name) is not None or name in ("owner_id", "due_at")})


def _seen(row: Row) -> Seen | None:
    if row["seen"] is None:
        return None
    return Seen(
        status=row["seen_status"],
        severity=row["seen_severity"],
        owner_id=row["seen_owner"],
        due_at=row["seen_due"],
        overdue_told=row["overdue_told"],
        opened_times=row["opened_times"],
    )


def _remember(connection: Connection[Any], seen: Sequence[dict[str, Any]]) -> None:
    connection.execute(
        "insert into case_watch (case_id, status, severity, owner_id, due_at, overdue_told, opened_times)"
        " select * from jsonb_to_recordset(%s::jsonb) as t(case_id bigint, status text, severity smallint,"
        " owner_id bigint, due_at timestamptz, overdue_told boolean, opened_times integer)"
        " on conflict (case_id) do update set status = excluded.status, severity = excluded.severity,"
        " owner_id = excluded.owner_id, due_at = excluded.due_at, overdue_told = excluded.overdue_told,"
        " opened_times = excluded.opened_times",
        (orjson.dumps(list(seen)).decode(),),
    )


def _end_escalations(connection: Connection[Any], case_ids: Sequence[int]) -> None:
    """Taken or closed: nobody else need be woken."""
    connection.execute(
        "update case_escalation set due_at = null where case_id = any(%s) and due_at is not null", (list(case_ids),)
    )


def watch_due_times(connection: Connection[Any], *, now: datetime, limit: int = BATCH) -> int:
    """Open cases whose due time has passed. Returns how many."""
    rows = fetch(
        connection,
        "with due as materialized (select case_id from case_watch where status = 'open' and not overdue_told"
        " and due_at <= %(now)s order by due_at limit %(limit)s for update skip locked),"
        " told as (update case_watch w set overdue_told = true from due where w.case_id = due.case_id)"
        f" select {_CASE} from due join work_case c on c.id = due.case_id"
        " where c.status = 'open' and c.due_at <= %(now)s",
        {"now": now, "limit": limit},
    )
    notify_all(connection, [overdue(_case(row)) for row in rows])
    return len(rows)


def watch_comments(connection: Connection[Any], *, limit: int = BATCH) -> int:
    """Comments that name somebody. Who wrote it, and who may not see the case's shop, is not told. Returns how many."""
    rows = fetch(
        connection,
        "with named as materialized (select id from case_entry where unnoticed order by id limit %(limit)s"
        " for update skip locked), down as (update case_entry w set unnoticed = false from named where w.id = named.id)"
        f" select {_CASE}, e.id as entry, e.body, e.at, e.author, coalesce(p.name, e.author) as author_name"
        " from named join case_entry e on e.id = named.id join work_case c on c.id = e.case_id"
        " left join person p on p.username = e.author",
        {"limit": limit},
    )
    if not rows:
        return 0
    people = fetch(connection, "select id, username, name, shops from person where active")
    notices = []
    for row in rows:
        able = [
            Named(id=one["id"], username=one["username"], name=one["name"])
            for one in people
            if one["username"] != row["author"] and (one["shops"] is None or row["shop"] in one["shops"])
        ]
        notices += [_mention(row, who) for who in mentioned(row["body"], able)]
    notify_all(connection, notices)
    return len(rows)


def _mention(row: Row, person_id: int) -> Notice:
    return Notice(
        key=f"entry:{row['entry']}:{person_id}",
        event="mentioned",
        kind=row["kind"],
        severity=row["severity"],
        shop=row["shop"],
        case_id=row["id"],
        person_id=person_id,
        actor=row["author_name"],
        title=row["title"],
        text=row["body"][:500],
        happened_at=row["at"],
    )


def watch_escalations(
    connection: Connection[Any], rules: dict[str, tuple[NoticeRule, int]], *, now: datetime, limit: int = BATCH
) -> int:
    """Cases nobody took in time: the next step is told, and the one after it put into the calendar. Returns how many."""
    rows = fetch(
        connection,
        f"select {_CASE}, e.rule, e.step, e.began_at from case_escalation e join work_case c on c.id = e.case_id"
        " where e.due_at <= %(now)s order by e.due_at limit %(limit)s for update of e skip locked",
        {"now": now, "limit": limit},
    )
    notices: list[Notice] = []
    moved: list[dict[str, Any]] = []
    for row in rows:
        found = rules.get(row["rule"])
        steps = found[0].steps if found is not None and found[0].enabled else []
        stands = row["status"] == "open" and row["owner_id"] is None and row["step"] < len(steps)
        following = None
        if stands:
            targets = steps[row["step"]].targets.words()
            at = step_due(row["began_at"], [one.after_minutes for one in steps], row["step"]) or now
            notices.append(escalated(_case(row), rule=row["rule"], step=row["step"], targets=targets, at=at))
            following = step_due(row["began_at"], [one.after_minutes for one in steps], row["step"] + 1)
        moved.append({"case_id": row["id"], "rule": row["rule"], "step": row["step"] + 1, "due_at": _moment(following)})
    connection.execute(
        "update case_escalation e set step = t.step, due_at = t.due_at from jsonb_to_recordset(%s::jsonb)"
        " as t(case_id bigint, rule text, step integer, due_at timestamptz)"
        " where e.case_id = t.case_id and e.rule = t.rule",
        (orjson.dumps(moved).decode(),),
    )
    notify_all(connection, notices)
    return len(rows)
