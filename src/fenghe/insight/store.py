"""The workbench's numbers (工作台): a fixed handful of statements, each answered by an index."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from fenghe.kernel.store_reading import Row, fetch, find

WORDS: Final = 1_000
"""Choices one query bar offers."""

_OWN_CASES: Final = (
    " join subject s on s.id = c.subject_id left join shipment p on p.subject_id = c.subject_id"
    " join customer_order o on o.subject_id = coalesce(p.order_id, c.subject_id) and o.shop = any(%(shops)s)"
)


def open_cases(connection: Connection[Any], shops: Sequence[str] | None) -> list[Row]:
    """Open cases by kind, the gravest kinds first; of each kind what most of them say against what, and how many."""
    return fetch(
        connection,
        "with told as (select c.kind, c.ours, c.theirs, count(*) as open, count(*) filter (where c.severity = 3) as severe,"
        f" count(*) filter (where c.due_at < now()) as overdue from work_case c{'' if shops is None else _OWN_CASES}"
        " where c.status = 'open' group by c.kind, c.ours, c.theirs) select kind, sum(open)::bigint as open,"
        " sum(severe)::bigint as severe, sum(overdue)::bigint as overdue, (array_agg(ours order by open desc, ours, theirs))[1]"
        " as ours, (array_agg(theirs order by open desc, ours, theirs))[1] as theirs, max(open) as most from told"
        " group by kind order by severe desc, open desc, kind",
        {"shops": list(shops or ())},
    )


def shipments_by_state(connection: Connection[Any], shops: Sequence[str] | None) -> list[Row]:
    """How many parcels stand where, and whether their road ends there."""
    if shops is None:
        counted = "select state, count(*) as count from subject where kind = 'shipment' group by state"
    else:
        counted = (
            "select x.state, count(*) as count from customer_order o join shipment p on p.order_id = o.subject_id"
            " join subject x on x.id = p.subject_id where o.shop = any(%(shops)s) group by x.state"
        )
    # Whether a state ends the road is told by any parcel that stands there.
    ends = "select f.final from subject f where f.kind = 'shipment' and f.state = g.state limit 1"
    query = f"select g.state, g.count, ({ends}) as final from ({counted}) g"
    return fetch(connection, query, {"shops": list(shops or ())})


def totals(connection: Connection[Any], shops: Sequence[str] | None) -> Row:
    """Orders, disputed subjects, codes without a meaning, messages that wait or were set aside."""
    own = "" if shops is None else " where shop = any(%(shops)s)"
    held = "select count(*) from subject where kind in ('order', 'shipment') and held is not null"
    if shops is not None:
        held = (
            "select count(*) from subject x left join shipment p on p.subject_id = x.id"
            " join customer_order o on o.subject_id = coalesce(p.order_id, x.id) and o.shop = any(%(shops)s)"
            " where x.kind in ('order', 'shipment') and x.held is not null"
        )
    found = find(
        connection,
        "with recursive code(codes, code) as ((select codes, code from observation o where o.status is null and o.kind"
        " in ('event', 'snapshot') order by codes, code limit 1) union all select x.codes, x.code from code c"
        " cross join lateral (select o.codes, o.code from observation o where o.status is null and o.kind in ('event',"
        " 'snapshot') and (o.codes, o.code) > (c.codes, c.code) order by o.codes, o.code limit 1) x)"
        f" select (select count(*) from customer_order{own}) as orders, ({held}) as held,"
        " (select count(*) from (select from code limit 1000) x) as unmapped_codes,"
        " (select count(*) from (select from compensation where state = 'proposed' limit 1000) y) as compensations_waiting,"
        " (select count(*) from message_handling where status = 0) as messages_pending,"
        " (select count(*) from message_handling where status = 2) as messages_set_aside",
        {"shops": list(shops or ())},
    )
    return found or {}


def received(connection: Connection[Any], *, since: datetime) -> list[Row]:
    """Each source with its newest arrival and how many arrived in each hour since; answered by one index."""
    return fetch(
        connection,
        "select s.id, s.title, s.kind, s.enabled, l.received_at as last_received_at, h.hour, coalesce(h.received, 0)"
        " as received from source s left join lateral (select m.received_at from inbound_message m where m.source ="
        " s.id"
        " order by m.received_at desc limit 1) l on true left join lateral (select date_trunc('hour', m.received_at)"
        " as hour, count(*) as received from inbound_message m where m.source = s.id and m.received_at >= %(since)s"
        " group by 1) h on true order by s.id, h.hour",
        {"since": since},
    )


def left_over(connection: Connection[Any], *, since: datetime) -> list[Row]:
    """By source and hour of arrival: what waits, what was set aside, and repeats; of messages that arrived since."""
    return fetch(
        connection,
        "with since as (select min(f.id) as id from source s cross join lateral (select m.id from inbound_message m"
        " where m.source = s.id and m.received_at >= %(since)s order by m.received_at, m.id limit 1) f)"
        " select m.source, date_trunc('hour', m.received_at) as hour, count(*) filter (where h.status = 0) as pending,"
        " count(*) filter (where h.status = 2) as set_aside, sum(h.repeats)::bigint as repeats from message_handling h"
        " join inbound_message m on m.id = h.message_id where h.message_id >= (select id from since)"
        " and (h.status <> 1 or h.repeats > 0) and m.received_at >= %(since)s group by 1, 2",
        {"since": since},
    )


def refused(connection: Connection[Any], *, since: datetime) -> dict[str, int]:
    """Deliveries each source had turned away since."""
    rows = fetch(
        connection,
        "select source, sum(count)::bigint as refused from refused_delivery where last_at >= %(since)s group by source",
        {"since": since},
    )
    return {row["source"]: row["refused"] for row in rows}


def shops_and_channels(connection: Connection[Any], shops: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """(shops, channels) in use, found by leaping over an index, never by reading all orders."""
    row = find(
        connection,
        "with recursive shop(name) as ((select min(shop) from customer_order) union all"
        " select (select min(o.shop) from customer_order o where o.shop > shop.name) from shop where shop.name is"
        " not null),"
        " channel(name) as ((select min(channel) from customer_order) union all select (select min(o.channel)"
        " from customer_order o where o.channel > channel.name) from channel where channel.name is not null)"
        f" select array(select name from shop where name <> '' limit {WORDS}) as shops,"
        f" array(select name from channel where name is not null limit {WORDS}) as channels",
    )
    if row is None:
        return [], []
    return [shop for shop in row["shops"] if shops is None or shop in shops], list(row["channels"])


def carriers(connection: Connection[Any]) -> list[str]:
    """Carriers in use, found the same way."""
    rows = fetch(
        connection,
        "with recursive carrier(name) as ((select min(carrier) from shipment) union all select (select min(p.carrier)"
        " from shipment p where p.carrier > carrier.name) from carrier where carrier.name is not null)"
        f" select name from carrier where name is not null limit {WORDS}",
    )
    return [row["name"] for row in rows]


def case_kinds(connection: Connection[Any]) -> list[str]:
    """Kinds of cases there have ever been, found the same way within each status."""
    rows = fetch(
        connection,
        "with recursive kind(status, name) as (select t.status, (select min(c.kind) from work_case c where"
        " c.status = t.status) from unnest(array['open', 'resolved', 'self_closed']) t(status) union all"
        " select k.status, (select min(c.kind) from work_case c where c.status = k.status and c.kind > k.name)"
        f" from kind k where k.name is not null) select distinct name from kind where name is not null limit {WORDS}",
    )
    return sorted(row["name"] for row in rows)
