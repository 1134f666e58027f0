"""Reminders as people see them (催付查询): lists, sums with who paid afterwards, one whole, and whom it would remind now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.people.masking import mask_phone
from fenghe.kernel.store_reading import Row, Where, fetch
from fenghe.kernel.web.problems import not_found
from fenghe.money import store_reminders as store
from fenghe.money.reminder import Due, in_words, judge
from fenghe.money.store_reminders import Rules

_AFTER: Final = "x.paid_at >= date_trunc('second', r.sent_at)"
"""Paid after the reminder went out. Providers tell whole seconds: a payment of the same second counts."""
TABS: Final = {
    "all": "true",
    "under_way": "r.state in ('preparing', 'queued')",
    "sent": "r.state = 'sent'",
    "paid": f"r.state in ('sent', 'unsure') and {_AFTER}",
    "failed": "r.state in ('failed', 'unsure')",
    "withdrawn": "r.state = 'withdrawn'",
}
LOOKED_AT: Final = 500
"""Orders that a look at whom it would remind now goes through."""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What the list may be narrowed by."""

    tab: str = "all"
    channel: tuple[str, ...] = ()
    number: str = ""
    order_id: int | None = None


_PAID_AT: Final = (
    "left join lateral (select least((select min(coalesce(p.paid_at, p.changed_at)) from payment p"
    " where p.order_no = r.order_no and p.succeeded), (select b.paid_at from order_book b where b.subject_id = r.order_id))"
    " as paid_at) x on true"
)
"""When the order was paid, by the provider's word or the channel's."""
_COLUMNS: Final = (
    "r.id, r.order_id, r.nth, r.order_no, r.channel, r.shop, r.currency, r.amount_minor, r.state, r.why, r.robot, r.policy,"
    " r.asked_by, r.asked_at, r.checked_at, r.sent_at, r.ended_at, x.paid_at, coalesce(o.receiver_phone, '') as phone,"
    f" o.receiver_name, coalesce({_AFTER}, false) as paid_after, d.attempts, d.plain as text"
)
_FROM: Final = (
    f"from payment_reminder r {_PAID_AT} left join customer_order o on o.subject_id = r.order_id"
    " left join notice_delivery d on d.key = 'reminder:' || r.id"
)


def conditions(asked: Filter, shops: Sequence[str] | None) -> Where:
    """Everything but the tab."""
    where = Where()
    where.own("r.shop", shops)
    where.any_of("r.channel", "channel", asked.channel)
    if asked.number:
        where.add("r.order_no = %(number)s", number=asked.number)
    if asked.order_id is not None:
        where.add("r.order_id = %(order_id)s", order_id=asked.order_id)
    return where


def page(
    connection: Connection[Any],
    asked: Filter,
    *,
    shops: Sequence[str] | None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Row]:
    """Reminders, the newest first; phones are covered before anybody sees them."""
    where = conditions(asked, shops)
    rows = fetch(
        connection,
        f"select {_COLUMNS} {_FROM} where {where.sql(TABS[asked.tab])} order by r.id desc limit %(limit)s offset %(offset)s",
        {**where.values, "limit": limit, "offset": offset},
    )
    return [_covered(row) for row in rows]


def _covered(row: Row) -> Row:
    return {**row, "phone": mask_phone(row["phone"])}


def counts(connection: Connection[Any], asked: Filter, *, shops: Sequence[str] | None, up_to: int) -> dict[str, int]:
    """How many there are under each tab, of the newest so many."""
    where = conditions(asked, shops)
    parts = ", ".join(f'count(*) filter (where {only}) as "{tab}"' for tab, only in TABS.items())
    rows = fetch(
        connection,
        f"with newest as (select r.* from payment_reminder r where {where.sql()} order by r.id desc limit %(most)s)"
        f" select {parts} from newest r {_PAID_AT}",
        {**where.values, "most": up_to},
    )
    return {tab: int(rows[0][tab]) for tab in TABS}


def sums(connection: Connection[Any], *, since: datetime, shops: Sequence[str] | None) -> list[Row]:
    """Of what was asked for since then, by channel and currency: orders reminded, paid afterwards, and of how much.

    An order counts once, however often it was reminded.
    """
    where = Where()
    where.own("r.shop", shops)
    where.add("r.asked_at >= %(since)s", since=since)
    return fetch(
        connection,
        "with orders as (select r.channel, r.currency, r.order_id, max(r.amount_minor) as amount_minor,"
        " count(*) filter (where r.state in ('sent', 'unsure')) as messages,"
        f" bool_or(r.state in ('sent', 'unsure') and {_AFTER}) as paid,"
        " count(*) filter (where r.state = 'withdrawn') as withdrawn, count(*) filter (where r.state = 'failed') as failed"
        f" from payment_reminder r {_PAID_AT} where {where.sql()} group by 1, 2, 3)"
        " select channel, currency, sum(messages)::bigint as messages, count(*) filter (where messages > 0) as orders,"
        " coalesce(sum(amount_minor) filter (where messages > 0), 0)::bigint as amount_minor,"
        " count(*) filter (where paid) as paid_orders,"
        " coalesce(sum(amount_minor) filter (where paid), 0)::bigint as paid_minor, sum(withdrawn)::bigint as withdrawn,"
        " sum(failed)::bigint as failed from orders group by 1, 2 order by 1, 2",
        where.values,
    )


def find(connection: Connection[Any], number: int, *, shops: Sequence[str] | None) -> Row:
    """One of them."""
    where = Where()
    where.own("r.shop", shops)
    where.add("r.id = %(id)s", id=number)
    rows = fetch(connection, f"select {_COLUMNS} {_FROM} where {where.sql()}", where.values)
    if not rows:
        raise not_found(f"催付 {number}")
    return _covered(rows[0])


def events_of(connection: Connection[Any], number: int) -> list[Row]:
    """What happened to it, the oldest first."""
    return fetch(
        connection,
        "select at, author, event, body from payment_reminder_event where reminder_id = %(id)s order by id",
        {"id": number},
    )


def would_remind(
    connection: Connection[Any], rules: Rules, *, now: datetime, shops: Sequence[str] | None, name: str = ""
) -> tuple[list[Row], bool]:
    """Orders that await payment, each with what the rule says of it now; and whether there are more. Writes nothing."""
    rows = store.candidates(connection, rules, now=now, limit=LOOKED_AT + 1, looked=False, name=name)
    found = []
    for row in rows[:LOOKED_AT]:
        if shops is not None and row["shop"] not in shops:
            continue
        told = judge(store.seen(row), rules.of(row["channel"])[2], now=now)
        words = "" if isinstance(told, Due) else in_words(told)
        found.append({**_covered(row), "due": isinstance(told, Due), "words": words})
    return sorted(found, key=lambda one: not one["due"]), len(rows) > LOOKED_AT


def looks(connection: Connection[Any], orders: Sequence[int]) -> dict[int, str]:
    """Why these could not be reminded although they were due: the gateway, the address or the link was missing."""
    rows = fetch(
        connection,
        "select order_id, words from payment_reminder_look where order_id = any(%(ids)s)",
        {"ids": list(orders)},
    )
    return {row["order_id"]: row["words"] for row in rows}
