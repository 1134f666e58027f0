"""What happened to cases in the last days (往事), as the notices it would have been: what a rule is tried on."""

from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from fenghe.kernel.notices.notice import Notice
from fenghe.kernel.notices.preview import Past
from fenghe.kernel.notices.store_routing import FACTS, FACTS_FROM, Words, item_of
from fenghe.kernel.store_reading import Row, fetch

MOST: Final = 20_000
"""Happenings read for one trial."""

_HAPPENED: Final = (
    "select c.id as case_id, 'opened' as event, c.opened_at as at, null::bigint as person_id, '' as actor, '' as body"
    " from work_case c where c.opened_at >= %(since)s"
    " union all select c.id, 'overdue', c.due_at, null, '', '' from work_case c where c.due_at >= %(since)s"
    "  and c.due_at <= %(now)s and (c.closed_at is null or c.closed_at > c.due_at)"
    " union all select e.case_id, 'assigned', e.at, p.id, coalesce(a.name, e.author), '' from case_entry e"
    "  join person p on e.body = 'assigned:' || p.name left join person a on a.username = e.author"
    "  where e.kind = 'log' and e.at >= %(since)s and e.author <> p.username"
)


def past(connection: Connection[Any], words: Words, *, days: int, now: datetime) -> list[Past]:
    """Cases opened, fallen due and given to somebody in so many days, oldest first, at most `MOST`."""
    rows = fetch(
        connection,
        f"with happened as (select * from ({_HAPPENED}) all_of order by at desc limit {MOST}),"
        " n as (select row_number() over (order by h.at) as id, h.case_id, h.event, h.at as happened_at, h.person_id,"
        "  h.actor, h.body, c.kind, c.severity, c.title, '' as link from happened h join work_case c on c.id = h.case_id)"
        " select n.id, n.id as notice_id, '' as rule, '' as target, n.case_id, n.event, n.person_id, c.owner_id,"
        " case when c.status <> 'open' then c.closed_at end as closed_at, (select min(e.at) from case_entry e"
        "  where e.case_id = n.case_id and e.kind = 'log' and e.body like 'assigned:%%') as assigned_at,"
        f"{FACTS} from n{FACTS_FROM} order by n.id",
        {"since": now - timedelta(days=days), "now": now},
    )
    return [_past(row, words) for row in rows]


def _past(row: Row, words: Words) -> Past:
    item = item_of(row, words)
    notice = Notice(
        key=f"past:{row['id']}",
        event=row["event"],
        kind=row["kind"],
        severity=row["severity"],
        shop=row["order_shop"] or "",
        case_id=row["case_id"],
        person_id=row["person_id"],
        title=row["title"],
        happened_at=row["happened_at"],
    )
    taken = [one for one in (row["assigned_at"], row["closed_at"]) if one is not None]
    return Past(
        notice=notice,
        item=item,
        owner_id=row["owner_id"],
        taken_at=min(taken) if taken else None,
        closed_at=row["closed_at"],
    )


def known(connection: Connection[Any]) -> tuple[list[str], list[str], dict[str, str]]:
    """(kinds of cases there were, shops, names of active people by id), for a rule to choose from."""
    kinds = connection.execute(
        "select distinct k.kind from unnest(array['open', 'resolved', 'self_closed']) s(status)"
        " cross join lateral (with recursive kind(name) as ((select c.kind from work_case c where c.status = s.status"
        "  order by c.kind limit 1) union all select (select c.kind from work_case c where c.status = s.status"
        "  and c.kind > k.name order by c.kind limit 1) from kind k where k.name is not null)"
        "  select name as kind from kind where name is not null limit 200) k order by 1"
    ).fetchall()
    shops = connection.execute(
        "with recursive own(name) as (select min(shop) from customer_order where shop <> '' union all"
        " select (select min(o.shop) from customer_order o where o.shop > s.name) from own s where s.name is not null)"
        " select name from own where name is not null order by name limit 500"
    ).fetchall()
    people = connection.execute("select id::text, name from person where active order by name, id").fetchall()
    return [row[0] for row in kinds], [row[0] for row in shops], dict(people)
