"""The demo's questions to the database."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from psycopg import Connection


def has_people(connection: Connection[Any]) -> bool:
    """Was this demo prepared before?"""
    return connection.execute("select 1 from person limit 1").fetchone() is not None


def set_base_url(connection: Connection[Any], source: str, address: str) -> None:
    """The sandbox listens on another port at every start."""
    connection.execute(
        "update source set config = config || %s::jsonb where id = %s",
        (orjson.dumps({"base_url": address}).decode(), source),
    )


def settled(connection: Connection[Any]) -> bool:
    """Everything stored is judged, and nothing waits for a moment that is nearly there."""
    row = connection.execute(
        "select exists (select from message_handling where status = 0)"
        " or exists (select from subject where due_at < now() + interval '10 seconds')"
    ).fetchone()
    return row is not None and not row[0]


def counts(connection: Connection[Any]) -> dict[str, int]:
    """How much there is of everything."""
    row = connection.execute(
        "select (select count(*) from inbound_message where way = 'webhook') as messages,"
        " (select count(*) from inbound_message where way = 'poll') as answers,"
        " (select coalesce(sum(h.repeats), 0) from message_handling h join inbound_message m on m.id = h.message_id"
        "   where m.way = 'webhook') as repeats,"
        " (select count(*) from message_handling where status = 2) as set_aside,"
        " (select count(*) from message_handling h join inbound_message m on m.id = h.message_id"
        "   where h.status = 0 and m.way = 'webhook') as pending,"
        " (select coalesce(sum(count), 0) from refused_delivery) as refused,"
        " (select count(*) from customer_order) as orders, (select count(*) from shipment) as shipments,"
        " (select count(*) from observation) as observations, (select count(*) from order_state_audit) as audit,"
        " (select count(distinct (codes, code)) from observation where status is null and code <> ''"
        " and kind = 'event') as unmapped,"
        " (select count(*) from work_case where status = 'open') as cases"
    )
    names = [column.name for column in row.description or ()]
    return {name: int(value) for name, value in zip(names, row.fetchone() or (), strict=True)}


def cases_by_kind(connection: Connection[Any]) -> list[tuple[str, int]]:
    """Open cases by kind and what stands against what."""
    rows = connection.execute(
        "select kind, count(*) from work_case where status = 'open' group by kind order by count(*) desc, kind"
    )
    return [(row[0], row[1]) for row in rows]


def ghosts_held(connection: Connection[Any], numbers: Sequence[str]) -> int:
    """Of these parcels, how many are still 已发货 with an open case against the carrier's 待揽收."""
    row = connection.execute(
        "select count(distinct s.id) from subject s join work_case c on c.subject_id = s.id and c.status = 'open'"
        " where s.kind = 'shipment' and s.key = any(%s) and s.state = 'handed_over' and c.ours = 'handed_over'"
        " and c.theirs = 'await_pickup'",
        (list(numbers),),
    ).fetchone()
    return int(row[0]) if row else 0


def bindings(connection: Connection[Any]) -> dict[str, str]:
    """By payment: `bound`, why it is nobody's, or `pending`."""
    rows = connection.execute(
        "select payment_no, case when binding = 'refused' then refusal else binding end from payment where succeeded"
    )
    return {row[0]: row[1] for row in rows}


def money_waits(connection: Connection[Any]) -> bool:
    """Is a payment or refund still to be looked at by the guard?"""
    row = connection.execute(
        "select exists (select from payment where bind_due_at <= now())"
        " or exists (select from refund where bind_due_at <= now())"
    ).fetchone()
    return row is not None and bool(row[0])


def refunds(connection: Connection[Any]) -> int:
    """How many refunds were told."""
    row = connection.execute("select count(*) from refund").fetchone()
    return int(row[0]) if row else 0


def expect_word(connection: Connection[Any], source: str, cadence: Mapping[str, int]) -> None:
    """Declare how often a source is expected to speak, once."""
    connection.execute(
        "insert into declaration_version (kind, name, version, body, note, author) values ('cadence', %s, 1,"
        " %s::jsonb, '演示环境', 'fenghe') on conflict do nothing",
        (source, orjson.dumps(dict(cadence)).decode()),
    )


def breaks(connection: Connection[Any]) -> list[tuple[str, str, bool]]:
    """Every break that was ever found: its cause, the order (or the pay-out) it is about, and whether it stands open."""
    rows = connection.execute(
        "select cause, case when order_no <> '' then order_no else split_part(scope_key, ':', 3) end, status = 'open'"
        " from recon_break where fault order by cause, id"
    )
    return [(row[0], row[1], row[2]) for row in rows]
