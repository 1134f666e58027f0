"""A seeded month with every fault and every not-fault: each found once, under its name, with its amount, and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from fenghe.kernel.database.address import Database
from fenghe.money.tasks_recon import Ask, Report, run
from tests.money.month import Month, make
from tests.money.pour import pour

NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)


@pytest.fixture
def connection(migrated_database: Database) -> Iterator[Connection[Any]]:
    with psycopg.connect(migrated_database.app_url, autocommit=True) as opened:
        yield opened


def found(connection: Connection[Any], *, status: str = "open") -> dict[str, dict[str, int]]:
    """What stands in the queue, as the month writes its faults down."""
    told: dict[str, dict[str, int]] = {}
    for cause, order_no, payment_no, scope, amount in connection.execute(
        "select cause, order_no, payment_no, scope_key, amount_minor from recon_break where status = %s", (status,)
    ):
        name = scope.rpartition(":")[2] if scope.startswith(("payout:", "line:")) else order_no or payment_no
        names = told.setdefault(cause, {})
        assert name not in names, (cause, name)
        names[name] = amount
    return told


def reconcile(connection: Connection[Any], **ask: Any) -> Report:
    return run(connection, Ask(**{"kind": "reconcile", **ask}), now=NOW)


def test_everything_planted_is_found_and_nothing_else(migrated_database: Database, connection: Connection[Any]) -> None:
    month = make(2_000, faults=6)
    pour(migrated_database.app_url, month)
    report = reconcile(connection)
    told = found(connection)
    for cause in sorted({*month.planted, *told}):
        assert told.get(cause, {}) == month.planted.get(cause, {}), cause
    assert report.gaps == []
    assert all(row.cause != "unexplained" for row in report.waterfall)


def seeds_case() -> Month:
    return make(
        400,
        seed=17,
        faults={"pay_without_order": 62, "cancelled_not_refunded": 17, "partial_refund_not_booked": 3},
        settled=False,
    )
