"""The order table (订单) and, in the same transaction, what money is compared with (应收), written set-wise by the engine."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

COLUMNS = (
    "channel, shop, order_no, status_code, order_type, currency, total_minor, paid_minor, post_minor, discount_minor,"
    " refunded_minor, payment_no, buyer, receiver_name, receiver_phone, receiver_region, receiver_address, remark, lines,"
    " line_count, first_title, created_at, paid_at, shipped_at, finished_at, promised_ship_at, modified_at, unlinked"
)
_CHANGES = ", ".join(f"{name.strip()} = excluded.{name.strip()}" for name in COLUMNS.split(","))

_BOOK = (
    "insert into order_book as b (subject_id, channel, shop, order_no, state, currency, due_minor, refunded_minor, created_at,"
    " paid_at) select subject_id, channel, shop, translate(order_no, E' \\t\\r\\n`\\'\"=\u3000\u00a0', ''), state, currency,"
    " case when paid_minor <> 0 or state not in ('await_payment', 'closed_unpaid') then coalesce(paid_minor, total_minor)"
    " else total_minor end, refunded_minor, created_at, paid_at from told_order"
    " on conflict (subject_id) do update set channel = excluded.channel, shop = excluded.shop, order_no = excluded.order_no,"
    " state = excluded.state, currency = excluded.currency, due_minor = excluded.due_minor,"
    " refunded_minor = excluded.refunded_minor, created_at = excluded.created_at, paid_at = excluded.paid_at, changed_at = now()"
    " where (b.channel, b.shop, b.order_no, b.state, b.currency, b.due_minor, b.refunded_minor, b.created_at, b.paid_at)"
    " is distinct from (excluded.channel, excluded.shop, excluded.order_no, excluded.state, excluded.currency,"
    " excluded.due_minor, excluded.refunded_minor, excluded.created_at, excluded.paid_at)"
)
"""What the buyer had to pay: as the channel says he paid, else the total. Nothing paid yet is no statement of what is due."""


def save_orders(connection: Connection[Any], rows: Sequence[tuple[int, tuple[Any, ...]]]) -> None:
    """Upsert orders as their histories fold today: (subject id, (the table's columns..., state))."""
    connection.execute(
        "create temp table if not exists told_order (like customer_order including defaults, state text)"
        " on commit delete rows"
    )
    with connection.cursor().copy(f"copy told_order (subject_id, {COLUMNS}, state) from stdin".encode()) as copy:
        for subject_id, columns in rows:
            copy.write_row((subject_id, *columns))
    connection.execute(
        f"insert into customer_order (subject_id, {COLUMNS}) select subject_id, {COLUMNS} from told_order"
        f" on conflict (subject_id) do update set {_CHANGES}".encode()
    )
    connection.execute(_BOOK.encode())
    connection.execute("delete from told_order")
