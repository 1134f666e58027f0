"""The order table (订单), written set-wise by the engine."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

COLUMNS = (
    "channel, shop, order_no, status_code, order_type, currency, total_minor, paid_minor, post_minor, discount_minor,"
    " refunded_minor, payment_no, buyer, receiver_name, receiver_phone, receiver_region, receiver_address, remark, lines,"
    " line_count, first_title, created_at, paid_at, shipped_at, finished_at, promised_ship_at, modified_at, unlinked"
)
_CHANGES = ", ".join(f"{name.strip()} = excluded.{name.strip()}" for name in COLUMNS.split(","))


def save_orders(connection: Connection[Any], rows: Sequence[tuple[int, tuple[Any, ...]]]) -> None:
    """Upsert orders as their histories fold today, and tie parcels that were heard of before their order."""
    connection.execute(
        "create temp table if not exists told_order (like customer_order including defaults) on commit delete rows"
    )
    with connection.cursor().copy(f"copy told_order (subject_id, {COLUMNS}) from stdin".encode()) as copy:
        for subject_id, columns in rows:
            copy.write_row((subject_id, *columns))
    connection.execute(
        f"insert into customer_order (subject_id, {COLUMNS}) select subject_id, {COLUMNS} from told_order"
        f" on conflict (subject_id) do update set {_CHANGES}".encode()
    )
    connection.execute("delete from told_order")
