"""The shipment table (运单), written set-wise by the engine."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from fenghe.kernel.store_copy import copy_rows, moment, text


def save_shipments(connection: Connection[Any], rows: Sequence[tuple[int, tuple[Any, ...]]]) -> None:
    """Upsert shipments and watch those handed over; the order is found by its subject key, which the same transaction or an
    earlier one created.
    """
    connection.execute(
        "create temp table if not exists told_shipment (subject_id bigint, tracking_no text, carrier text, order_key text,"
        " shipped_at timestamptz, forwarded_to text) on commit delete rows"
    )
    copy_rows(connection, "copy told_shipment from stdin", (_columns(subject_id, row) for subject_id, row in rows))
    connection.execute(
        "insert into shipment as s (subject_id, tracking_no, carrier, order_id, shipped_at, forwarded_to)"
        " select t.subject_id, t.tracking_no, t.carrier, o.id, t.shipped_at, t.forwarded_to from told_shipment t"
        " left join subject o on o.kind = 'order' and o.key = t.order_key"
        " on conflict (subject_id) do update set carrier = excluded.carrier, order_id = excluded.order_id,"
        " shipped_at = excluded.shipped_at,"
        " forwarded_to = excluded.forwarded_to"
    )
    connection.execute(
        "insert into shipment_watch (subject_id, track_id, carrier) select subject_id, 'TK' || lpad(subject_id::text, 10, '0'),"
        " carrier from told_shipment where shipped_at is not null on conflict (subject_id) do nothing"
    )
    connection.execute("delete from told_shipment")


def _columns(subject_id: int, row: tuple[Any, ...]) -> tuple[str, ...]:
    tracking_no, carrier, order_key, shipped_at, forwarded_to = row
    return (
        str(subject_id),
        text(tracking_no),
        text(carrier),
        text(order_key),
        moment(shipped_at),
        text(forwarded_to),
    )
