"""Money for the bench (对账造数), made by the database itself: every thousandth order has something wrong, by kind in turn."""

import time
from typing import Any, Final

import psycopg
from psycopg import Connection

TABLES: Final = (
    "subject",
    "customer_order",
    "order_book",
    "payment",
    "refund",
    "finance_voucher",
    "payout",
    "statement_line",
)
_NUMBER: Final = "'TB20260201' || lpad((i * 7919 %% 1000000007)::text, 10, '0')"
_AT: Final = "timestamptz '2026-02-01 00:00+08' + make_interval(secs => (i - %(first)s) * %(step)s + %(shift)s)"
_DUE: Final = "100 + (i * 37) %% 99999"
_WRONG: Final = "(case when i %% 1000 = 0 then (i / 1000) %% 5 else -1 end)"

_SERIES: Final = "generate_series(%(first)s::bigint, %(last)s) i"
_PAID: Final = f"({_DUE} + case {_WRONG} when 1 then 1 else 0 end)"
_FILL: Final = f"""
insert into subject (kind, key, state) select 'order', 'taobao:' || {_NUMBER}, 'finished' from {_SERIES};
insert into customer_order (subject_id, channel, order_no, currency, total_minor, created_at, paid_at, modified_at)
    select s.id, 'taobao', {_NUMBER}, 'CNY', {_DUE}, {_AT}, {_AT}, {_AT} from {_SERIES}
    join subject s on s.kind = 'order' and s.key = 'taobao:' || {_NUMBER};
insert into order_book (subject_id, channel, order_no, state, currency, due_minor, created_at, paid_at)
    select o.subject_id, 'taobao', o.order_no, 'finished', 'CNY', o.total_minor, o.created_at, o.paid_at from {_SERIES}
    join customer_order o on o.channel = 'taobao' and o.order_no = {_NUMBER} where {_WRONG} <> 0;
insert into subject (kind, key, state) select 'payment', 'alipay:P' || i, 'success' from {_SERIES};
insert into payment (subject_id, provider, payment_no, out_trade_no, order_no, succeeded, currency, amount_minor, fee_minor,
    paid_at) select s.id, 'alipay', 'P' || i, {_NUMBER}, {_NUMBER}, true, 'CNY', {_PAID}, ({_PAID} * 6 + 500) / 1000, {_AT}
    from {_SERIES} join subject s on s.kind = 'payment' and s.key = 'alipay:P' || i where {_WRONG} <> 2;
insert into finance_voucher (source, message_id, item, voucher_no, voucher_type, order_no, currency, amount_minor, booked_on)
    select 'books', i, 0, 'V' || i, 'order', {_NUMBER}, 'CNY', {_DUE} - (case {_WRONG} when 4 then 700 else 0 end),
    (timezone('Asia/Shanghai', {_AT}))::date from {_SERIES} where {_WRONG} not in (0, 3);
insert into payout (source, message_id, item, provider, payout_no, currency, amount_minor, paid_out_on)
    select 'payouts', %(first)s + row_number() over (), 0, 'alipay', 'PO' || %(first)s || '-' || d, 'CNY', amount, d + 1 from (
        select (timezone('Asia/Shanghai', p.paid_at))::date as d, sum(p.amount_minor - p.fee_minor) as amount
        from {_SERIES} join payment p on p.provider = 'alipay' and p.payment_no = 'P' || i group by 1) t;
insert into statement_line (source, message_id, item, provider, ledger, kind, booked_on, line_no, currency, net_minor, summary)
    select 'bank', id, 1, 'bank', 'bank', 'other', paid_out_on, 'B' || id, currency, amount_minor, payout_no
    from payout where payout_no like 'PO' || %(first)s || '-%%'
"""
BARE: Final = (
    "select count(*) from (select coalesce(o.order_no, p.order_no, v.order_no) as k from order_book o"
    " full join payment p on p.order_no = o.order_no full join finance_voucher v on v.order_no = coalesce(o.order_no, p.order_no)"
    " where o.due_minor is distinct from p.amount_minor or o.due_minor is distinct from v.amount_minor) x"
)
"""The bare full outer compare of the same rows: what the scan is measured by."""


def fill(app_url: str, owner_url: str, *, first: int, last: int, days: int, start_day: int = 0) -> None:
    """Add orders number `first` to `last` with all that belongs to them, over so many days."""
    values = {
        "first": first,
        "last": last,
        "step": 86_400 * days / max(last - first + 1, 1),
        "shift": start_day * 86_400,
    }
    with psycopg.connect(app_url, autocommit=True) as connection, connection.transaction():
        connection.execute("set local synchronous_commit = off")
        for statement in _FILL.split(";\n"):
            connection.execute(statement.encode(), values)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"vacuum analyze {table}".encode())


def bare_compare(app_url: str) -> float:
    """Seconds the bare compare takes, with the memory that the scan has."""
    with psycopg.connect(app_url, autocommit=True) as connection, connection.transaction():
        connection.execute("set local work_mem = '192MB'")
        connection.execute("set local hash_mem_multiplier = 2")
        began = time.perf_counter()
        connection.execute(BARE).fetchone()
        return time.perf_counter() - began


def past_the_overlap(connection: Connection[Any]) -> None:
    """A real night comes long after the import of the days before; the bench does not wait, it moves the mark."""
    connection.execute(
        "update recon_mark set seen_from = (select max(changed_at) from order_book) - interval '1 millisecond'"
    )
