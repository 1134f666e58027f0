"""A pay-out that is told as one sum and by order counts once, and its fees are those of its parts."""

from typing import Any

import psycopg
import pytest
from psycopg import Connection

from fenghe.kernel.database.address import Database
from fenghe.money import store_settlement as store
from fenghe.money.store_settlement import Span

PARTS = [(1, "PO1", 90, 100, 10, "A1"), (1, "PO1", 45, 50, 5, "A2")]


def told(database: Database, rows: list[tuple[Any, ...]]) -> tuple[list[tuple[str, int]], list[tuple[Any, ...]]]:
    with psycopg.connect(database.app_url) as connection:
        write(connection, rows)
        store.payout_table(connection, Span())
        payouts = [(one.number, one.amount_minor) for one in store.payouts(connection)]
        return payouts, store.payout_sums(connection, Span())


def write(connection: Connection[Any], rows: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into payout (source, message_id, item, provider, payout_no, currency, amount_minor, gross_minor, fee_minor,"
            " order_no, paid_out_on) values ('p', %s, %s, 'alipay', %s, 'CNY', %s, %s, %s, %s, '2026-02-03')",
            [(message, item, *rest) for item, (message, *rest) in enumerate(rows)],
        )


@pytest.mark.parametrize("gross", [150, None])
def test_a_sum_beside_its_parts_is_one_pay_out(migrated_database: Database, gross: int | None) -> None:
    whole = (2, "PO1", 135, gross, 15 if gross else None, "")
    payouts, sums = told(migrated_database, [*PARTS, whole])
    assert payouts == [("PO1", 135)]
    assert sums == [("CNY", "alipay", 135, 15, 0, True, 0)]


def test_the_sum_counts_where_its_parts_do_not_add_up(migrated_database: Database) -> None:
    assert told(migrated_database, [*PARTS, (2, "PO1", 130, None, None, "")])[0] == [("PO1", 130)]


def test_an_adjustment_without_an_order_is_a_part(migrated_database: Database) -> None:
    rows = [*PARTS, (1, "PO1", -5, None, None, ""), (3, "PO2", 70, None, None, "")]
    assert told(migrated_database, rows)[0] == [("PO1", 130), ("PO2", 70)]
