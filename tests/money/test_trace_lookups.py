"""Every number is looked up by an index (编号索引): no statement of the board or of beginning a search walks through a big table.

With 100,000 orders: `FENGHE_TRACE_ORDERS=100000 pytest tests/money/test_trace_lookups.py -s` (prints milliseconds).
"""

import os
import time
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from fenghe.cli.bench.store_recon import fill
from fenghe.kernel import store_reading
from fenghe.kernel.database.address import Database
from fenghe.money import store_seeking, store_trace
from fenghe.money.tasks_trace import Traced, trace

ORDERS = int(os.environ.get("FENGHE_TRACE_ORDERS", "20000"))
BIG = (
    "order_book", "customer_order", "payment", "refund", "finance_voucher", "payout", "statement_line", "shipment", "subject",
    "ledger_voucher", "ledger_entry", "inbound_message", "message_handling", "observation",
)  # fmt: skip
MORE = """
insert into subject (kind, key, state, final) select 'shipment', 'SF' || i, 'in_transit', false from generate_series(1, %(n)s) i;
insert into shipment (subject_id, tracking_no, carrier, order_id) select s.id, s.key, 'sf', b.subject_id
    from (select id, key, row_number() over (order by id) as n from subject where kind = 'shipment') s
    join (select subject_id, row_number() over (order by subject_id) as n from order_book) b using (n);
insert into subject (kind, key, state) select 'refund', 'alipay:R' || i, 'success' from generate_series(1, %(n)s) i;
insert into refund (subject_id, provider, refund_no, out_refund_no, payment_no, order_no, succeeded, currency, amount_minor)
    select s.id, 'alipay', substr(s.key, 8), 'O' || substr(s.key, 8), p.payment_no, p.order_no, true, 'CNY', 1
    from (select id, key, row_number() over (order by id) as n from subject where kind = 'refund') s
    join (select payment_no, order_no, row_number() over (order by subject_id) as n from payment) p using (n);
insert into statement_line (source, message_id, item, provider, ledger, kind, occurred_at, line_no, payment_no, out_trade_no,
    order_no, refund_no, batch_no, currency, net_minor) select 'x', 10000000 + p.subject_id, 0, 'alipay', 'trade', 'payment', now(),
    'L' || p.subject_id, p.payment_no, p.out_trade_no, p.order_no, '', 'PO1-' || p.paid_at::date, 'CNY', 1 from payment p;
insert into accounting_period (name) values ('2026-02');
insert into ledger_voucher (voucher_no, period, booked_on, event, document_kind, document_key, order_no, payment_no, currency,
    total_minor, rule_version, prev_hash, hash) select 'J' || i, '2026-02', '2026-02-01', 'order.due', 'order', i::text,
    b.order_no, '', 'CNY', 1, 'x', '\\x00', '\\x00' from (select order_no, row_number() over () as i from order_book) b;
"""


def poured(database: Database) -> None:
    fill(database.app_url, database.owner_url, first=1, last=ORDERS, days=28)
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        for statement in MORE.strip().split(";\n"):
            connection.execute(
                statement.rstrip(";").encode(), {"n": ORDERS * 9 // 10} if "%(n)s" in statement else None
            )
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        for table in BIG:
            connection.execute(f"vacuum analyze {table}".encode())


def test_no_look_up_walks_through_a_table(migrated_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    poured(migrated_database)
    walked: list[str] = []
    real_fetch, real_find = store_reading.fetch, store_reading.find

    def explained(connection: Connection[Any], query: str, values: Any) -> None:
        plan = connection.execute(f"explain (costs off) {query}".encode(), values).fetchall()
        lines = [row[0] for row in plan]
        walked.extend(
            f"{line.strip()} in {query[:90]}" for line in lines for table in BIG if f"Seq Scan on {table}" in line
        )

    def fetch(connection: Connection[Any], query: str, values: Any = None) -> Any:
        explained(connection, query, values)
        return real_fetch(connection, query, values)

    def find(connection: Connection[Any], query: str, values: Any = None) -> Any:
        explained(connection, query, values)
        return real_find(connection, query, values)

    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        numbers = _numbers(connection)
        for one in numbers.values():
            _timed(connection, one)
        connection.execute("set enable_seqscan = off")  # small tables are walked through though an index is there
        for module in (store_trace, store_seeking):
            monkeypatch.setattr(module, "fetch", fetch)
            monkeypatch.setattr(module, "find", find)
        for kind, number in {**numbers, "nobody": "nobody-at-all"}.items():
            told = trace(connection, number, now=datetime.now(UTC))
            assert isinstance(told, Traced) or kind == "nobody", (kind, number)
            known = told.numbers if isinstance(told, Traced) else None
            store_seeking.facts_of(connection, number, known)
            store_seeking.standing(connection, "x", "", now=datetime.now(UTC))
            store_seeking.searches(connection, ["x"])
    assert not walked, "\n".join(walked)


def _numbers(connection: Connection[Any]) -> dict[str, str]:
    """One number of each kind."""
    row = connection.execute(
        "select b.order_no, p.payment_no, r.refund_no, r.out_refund_no, s.tracking_no, l.line_no, v.voucher_no, j.voucher_no,"
        " l.batch_no, (select line_no from statement_line where ledger = 'bank' limit 1) from order_book b"
        " join payment p on p.order_no = b.order_no join refund r on r.payment_no = p.payment_no"
        " join shipment s on s.order_id = b.subject_id join statement_line l on l.order_no = b.order_no"
        " join finance_voucher v on v.order_no = b.order_no join ledger_voucher j on j.order_no = b.order_no limit 1"
    ).fetchone()
    assert row is not None
    names = ("order", "payment", "refund", "request", "parcel", "line", "voucher", "ledger", "batch", "bank")
    return dict(zip(names, row, strict=True))


def _timed(connection: Connection[Any], number: str) -> None:
    trace(connection, number, now=datetime.now(UTC))
    began = time.perf_counter()
    told = trace(connection, number, now=datetime.now(UTC))
    took = (time.perf_counter() - began) * 1000
    count = len(told.chain.documents) if isinstance(told, Traced) else 0
    print(f"{ORDERS} orders, {number}: {count} documents in {took:.0f} ms")
