"""What the heartbeat's bench asks of its own database."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from fenghe.kernel.store_copy import copy_rows, moment


def hand_over(connection: Connection[Any], parcels: Sequence[tuple[str, str, str]], *, at: datetime) -> None:
    """(number, carrier, phone's last digits) handed over by a shop, as its orders would have made them."""
    with connection.transaction():
        connection.execute("create temp table handed (n int, number text, carrier text, tail text) on commit drop")
        rows = ((str(n), number, carrier, tail) for n, (number, carrier, tail) in enumerate(parcels))
        copy_rows(connection, "copy handed from stdin", rows)
        connection.execute(
            "insert into subject (kind, key) select k, key from handed, lateral (values ('order', 'bench:' || n),"
            " ('shipment', number)) t(k, key)"
        )
        connection.execute(
            "insert into customer_order (subject_id, channel, order_no, currency, receiver_phone, modified_at)"
            " select s.id, 'bench', h.n::text, 'CNY', '1380000' || h.tail, %s from handed h"
            " join subject s on s.kind = 'order' and s.key = 'bench:' || h.n",
            (moment(at),),
        )
        connection.execute(
            "insert into shipment (subject_id, tracking_no, carrier, order_id, shipped_at) select s.id, h.number, h.carrier,"
            " o.id, %s from handed h join subject s on s.kind = 'shipment' and s.key = h.number"
            " join subject o on o.kind = 'order' and o.key = 'bench:' || h.n",
            (at - timedelta(days=2),),
        )
        connection.execute(
            "insert into shipment_watch (subject_id, track_id, carrier) select subject_id,"
            " 'TK' || lpad(subject_id::text, 10, '0'), carrier from shipment"
        )
    for table in ("subject", "customer_order", "shipment", "shipment_watch"):
        connection.execute(f"analyze {table}".encode())


def declare_limit(connection: Connection[Any], calls_per_minute: int) -> None:
    """The carriers' limit, as the screen would publish it."""
    connection.execute(
        "insert into declaration_version (kind, name, version, body, note, author) values ('heartbeat', 'default', 1,"
        " jsonb_build_object('calls_per_minute', %s::int), '', 'bench')",
        (calls_per_minute,),
    )


def watched(connection: Connection[Any]) -> list[int]:
    """Every parcel that is watched."""
    return [row[0] for row in connection.execute("select subject_id from shipment_watch where phase = 'watching'")]


def asked_since(connection: Connection[Any], since: datetime) -> list[tuple[int, datetime]]:
    """Parcels asked about after a moment, and when."""
    return connection.execute(
        "select subject_id, asked_at from shipment_watch where asked_at > %s", (since,)
    ).fetchall()


def polled_since(connection: Connection[Any], since: datetime) -> int:
    """Parcels that were asked about after a moment, or were at their end by then."""
    row = connection.execute(
        "select count(*) from shipment_watch where asked_at > %s or phase = 'stopped'", (since,)
    ).fetchone()
    return int(row[0]) if row else 0


def figures(connection: Connection[Any]) -> dict[str, int]:
    """What was done."""
    row = connection.execute(
        "select (select count(*) from shipment_watch), (select sum(polls) from shipment_watch),"
        " (select count(*) from shipment_watch where phase = 'stopped'), (select coalesce(sum(errors), 0) from"
        " carrier_account_hour), (select count(*) from inbound_message)"
    ).fetchone()
    names = ("parcels", "polls", "stopped", "errors", "messages")
    return dict(zip(names, (int(value or 0) for value in row or ()), strict=True))
