"""The month straight into the tables (灌数), for size and for what files cannot say."""

from collections.abc import Iterable
from typing import Any, Final

import psycopg
from psycopg import Connection

from tests.money.month import Month

AT: Final = "2026-03-02 00:00+08"


def pour(url: str, month: Month, *, at: str = "now()") -> None:
    """Store a month as the rooms would have."""
    with psycopg.connect(url, autocommit=True) as connection, connection.transaction():
        connection.execute("set local synchronous_commit = off")
        _orders(connection, month)
        _payments(connection, month)
        _refunds(connection, month)
        _facts(connection, month)
    with psycopg.connect(url, autocommit=True) as connection:
        for table in (
            "order_book",
            "payment",
            "refund",
            "finance_voucher",
            "payout",
            "statement_line",
            "customer_order",
        ):
            connection.execute(f"analyze {table}")


def _copy(connection: Connection[Any], statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor().copy(f"copy {statement} from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def _orders(connection: Connection[Any], month: Month) -> None:
    connection.execute(
        "create temp table t_order (key text, channel text, order_no text, state text, due bigint, refunded bigint,"
        " created timestamptz, paid timestamptz) on commit drop"
    )
    _copy(
        connection,
        "t_order",
        (
            (f"{o.channel}:{o.number}", o.channel, o.number, o.state, o.due, o.refunded, o.created, o.paid)
            for o in month.orders
        ),
    )
    connection.execute(
        "insert into subject (kind, key, state) select 'order', key, state from t_order on conflict do nothing"
    )
    connection.execute(
        "insert into customer_order (subject_id, channel, order_no, currency, total_minor, created_at, paid_at, modified_at)"
        " select s.id, t.channel, t.order_no, 'CNY', t.due, t.created, t.paid, t.created from t_order t join subject s"
        " on s.kind = 'order' and s.key = t.key on conflict (subject_id) do update set total_minor = excluded.total_minor"
    )
    connection.execute(
        "insert into order_book (subject_id, channel, order_no, state, currency, due_minor, refunded_minor, created_at, paid_at)"
        " select s.id, t.channel, t.order_no, t.state, 'CNY', t.due, t.refunded, t.created, t.paid from t_order t"
        " join subject s on s.kind = 'order' and s.key = t.key on conflict (subject_id) do update set state = excluded.state,"
        " due_minor = excluded.due_minor, changed_at = now()"
    )


def _payments(connection: Connection[Any], month: Month) -> None:
    connection.execute(
        "create temp table t_pay (provider text, payment_no text, trade text, order_no text, amount bigint, fee bigint,"
        " at timestamptz) on commit drop"
    )
    _copy(
        connection,
        "t_pay",
        ((p.provider, p.number, p.trade_no, p.trade_no, p.amount, p.fee, p.at) for p in month.payments),
    )
    connection.execute(
        "insert into subject (kind, key) select 'payment', provider || ':' || payment_no from t_pay on conflict do nothing"
    )
    connection.execute(
        "insert into payment (subject_id, provider, payment_no, out_trade_no, order_no, succeeded, currency, amount_minor,"
        " fee_minor, paid_at) select s.id, t.provider, t.payment_no, t.trade, t.order_no, true, 'CNY', t.amount, t.fee, t.at"
        " from t_pay t join subject s on s.kind = 'payment' and s.key = t.provider || ':' || t.payment_no on conflict do nothing"
    )


def _refunds(connection: Connection[Any], month: Month) -> None:
    connection.execute(
        "create temp table t_back (provider text, refund_no text, payment_no text, order_no text, amount bigint,"
        " at timestamptz) on commit drop"
    )
    _copy(
        connection, "t_back", ((b.provider, b.number, b.payment_no, b.order_no, b.amount, b.at) for b in month.refunds)
    )
    connection.execute(
        "insert into subject (kind, key) select 'refund', provider || ':' || refund_no from t_back on conflict do nothing"
    )
    connection.execute(
        "insert into refund (subject_id, provider, refund_no, payment_no, order_no, succeeded, currency, amount_minor,"
        " refunded_at) select s.id, t.provider, t.refund_no, t.payment_no, t.order_no, true, 'CNY', t.amount, t.at from t_back t"
        " join subject s on s.kind = 'refund' and s.key = t.provider || ':' || t.refund_no on conflict do nothing"
    )


def _facts(connection: Connection[Any], month: Month) -> None:
    row = connection.execute("select coalesce(max(message_id), 0) from finance_voucher").fetchone()
    after = row[0] if row else 0
    _copy(
        connection,
        "finance_voucher (source, message_id, item, voucher_no, voucher_type, order_no, currency, amount_minor, booked_on)",
        (
            ("books", after + n, 0, v.number, v.kind, v.order_no, "CNY", v.amount, v.day)
            for n, v in enumerate(month.vouchers, 1)
        ),
    )
    _copy(
        connection,
        "payout (source, message_id, item, provider, payout_no, currency, amount_minor, gross_minor, fee_minor,"
        " commission_minor, paid_out_on, order_no, payment_no)",
        (
            (
                "payouts",
                n,
                0,
                p.provider,
                p.number,
                "CNY",
                p.amount,
                p.gross,
                p.fee,
                p.commission,
                p.day,
                p.order_no,
                p.payment_no,
            )
            for n, p in enumerate(month.payouts, 1)
        ),
    )
    columns = "source, message_id, item, provider, ledger, kind, booked_on, line_no, currency, net_minor, summary"
    _copy(
        connection,
        f"statement_line ({columns})",
        (
            ("bank", n, 0, "bank", "bank", "other", b.day, b.number, "CNY", b.amount, b.text)
            for n, b in enumerate(month.bank, 1)
        ),
    )
    _copy(
        connection,
        f"statement_line ({columns}, foreign_currency, foreign_minor, rate)",
        (
            ("fx", n, 1, "alipay", "settlement", "fx", f.day, f.number, "CNY", f.amount, "", "USD", f.foreign, f.rate)
            for n, f in enumerate(month.fx, 1)
        ),
    )
