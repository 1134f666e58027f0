"""Real history (Olist): what is learnt and judged from an imported file is what its rows say, counted by hand here."""

import csv
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fenghe.insight import store_expected
from fenghe.insight.expected import PERCENTS, quantiles
from fenghe.kernel.database.address import Database
from tests.cli.commands import Commands
from tests.insight.turning import all_done, rows

THEN = datetime(2018, 11, 1, tzinfo=UTC)
SAO_PAULO = timezone(timedelta(hours=-3))
pytestmark = pytest.mark.timeout(300)


def moment(row: dict[str, str], column: str) -> datetime | None:
    text = row[column]
    return datetime.fromisoformat(text).replace(tzinfo=SAO_PAULO) if text else None


def by_hand(path: Path) -> dict[str, Any]:
    """From approval to the carrier, from the carrier to the door, and who came after the day that was promised."""
    ship, sign, late = [], [], 0
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            paid, handed = moment(row, "order_approved_at"), moment(row, "order_delivered_carrier_date")
            came, promised = moment(row, "order_delivered_customer_date"), moment(row, "order_estimated_delivery_date")
            if paid and handed:
                ship.append(max(int((handed - paid).total_seconds()), 0))
            if handed and came and promised and row["order_status"] == "delivered":
                sign.append(max(int((came - handed).total_seconds()), 0))
                late += came > promised
    return {"ship": ship, "sign": sign, "late": late}


def test_what_is_learnt_from_olist_is_what_its_rows_say(
    migrated_database: Database, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENGHE_DATABASE_URL", migrated_database.owner_url)
    monkeypatch.setenv("FENGHE_APP_DATABASE_URL", migrated_database.app_url)
    orders = shared_data / "olist" / "orders.csv"
    Commands(migrated_database)("import", "orders", orders, "--source", "olist", "--mapping", "olist_orders")
    told = by_hand(orders)
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        all_done(connection, THEN)
        store_expected.learn(connection, now=THEN, days=1_200)
        known = {key[:2]: one for key, one in store_expected.load(connection).items()}
        stands: dict[str, int] = dict(
            rows(connection, "select outcome, count(*) from stage_clock where stage = 'sign' group by 1")
        )
    for stage in ("ship", "sign"):
        found = known[stage, "all"]
        assert found.cases == len(told[stage])
        for percent, got, wanted in zip(PERCENTS, found.seconds, quantiles(told[stage]), strict=True):
            assert abs(got - wanted) <= 1, (stage, percent)
    assert stands["late"] == told["late"] > 0
    assert stands["in_time"] == len(told["sign"]) - told["late"]
    half = known["sign", "all"].seconds[PERCENTS.index(50)]
    assert timedelta(days=4) < timedelta(seconds=half) < timedelta(days=12)
