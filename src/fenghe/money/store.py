"""Tables payment and refund (支付单、退款单), written set-wise by the engine; a row is touched only when it says something new."""

from collections.abc import Sequence
from typing import Any, Final

from psycopg import Connection

from fenghe.kernel.store_copy import copy_rows, flag, moment, number, text
from fenghe.money.asking import SCHEDULE
from fenghe.money.payment_rule import PaymentRow
from fenghe.money.refund_rule import RefundRow

_PAYMENT: Final = (
    "provider", "payment_no", "out_trade_no", "order_no", "method", "status_code", "succeeded", "currency",
    "amount_minor", "buyer_paid_minor", "fee_minor", "paid_at", "buyer", "ruled",
)  # fmt: skip
_REFUND: Final = (
    "provider", "refund_no", "out_refund_no", "payment_no", "out_trade_no", "order_no", "status_code", "succeeded",
    "currency", "amount_minor", "refunded_at",
)  # fmt: skip


def payment_columns(row: PaymentRow) -> tuple[str, ...]:
    """A payment's row in the form of COPY."""
    return (
        text(row.provider),
        text(row.payment_no),
        text(row.out_trade_no),
        text(row.order_no),
        text(row.method),
        text(row.status_code),
        flag(row.succeeded),
        text(row.currency),
        number(row.amount_minor),
        number(row.buyer_paid_minor),
        number(row.fee_minor),
        moment(row.paid_at),
        text(row.buyer),
        text(row.ruled),
        flag(row.open),
    )


def refund_columns(row: RefundRow) -> tuple[str, ...]:
    """A refund's row in the form of COPY."""
    return (
        text(row.provider),
        text(row.refund_no),
        text(row.out_refund_no),
        text(row.payment_no),
        text(row.out_trade_no),
        text(row.order_no),
        text(row.status_code),
        flag(row.succeeded),
        text(row.currency),
        number(row.amount_minor),
        moment(row.refunded_at),
        flag(row.open),
    )


def save_payments(connection: Connection[Any], rows: Sequence[tuple[int, tuple[Any, ...]]]) -> None:
    """Write payments as their claims fold today; what changed is due at the binding guard."""
    _save(connection, "payment", _PAYMENT, rows)


def save_refunds(connection: Connection[Any], rows: Sequence[tuple[int, tuple[Any, ...]]]) -> None:
    """Write refunds as their claims fold today, each tied to its payment's order by the guard."""
    _save(connection, "refund", _REFUND, rows)


def _save(
    connection: Connection[Any], table: str, names: Sequence[str], rows: Sequence[tuple[int, tuple[Any, ...]]]
) -> None:
    """Upsert what differs. `open` (not final, or of unknown amount) puts the row on the schedule of questions."""
    columns = ", ".join(names)
    connection.execute(
        f"create temp table if not exists told_{table} on commit delete rows as"
        f" select subject_id, {columns}, false as open from {table} with no data".encode()
    )
    copy_rows(
        connection,
        f"copy told_{table} (subject_id, {columns}, open) from stdin",
        ((str(subject_id), *said) for subject_id, said in rows),
    )
    changes = ", ".join(f"{name} = excluded.{name}" for name in names)
    held, told = (", ".join(f"{place}.{name}" for name in names) for place in (table, "excluded"))
    connection.execute(
        f"insert into {table} (subject_id, {columns}, ask_due_at) select subject_id, {columns},"
        f" case when open then now() + %s end from told_{table}"
        f" on conflict (subject_id) do update set {changes}, changed_at = now(), bind_due_at = now(),"
        f" ask_due_at = case when excluded.ask_due_at is not null then coalesce({table}.ask_due_at, excluded.ask_due_at) end"
        f" where ({held}) is distinct from ({told})".encode(),
        (SCHEDULE[table][0],),
    )
    connection.execute(f"delete from told_{table}".encode())
