"""A summary beside its details (汇总与明细): held against the days it tells of, also where one archive holds several days."""

import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import psycopg

from fenghe.hub.import_source import Plan, Wish, plan_import
from fenghe.hub.statement_survey import Surveyed, survey_statement
from fenghe.kernel.database.address import Database
from fenghe.simulator import bills
from fenghe.simulator.bills import day_of
from fenghe.simulator.till import Sold, Till

NOW = datetime(2026, 2, 5, 4, tzinfo=UTC)
DAYS = (day_of(NOW) - timedelta(days=2), day_of(NOW) - timedelta(days=1))


def till() -> Till:
    """Two orders of each of two days, paid at Alipay."""
    sold = [
        Sold(
            channel="taobao",
            order_no=f"TB202602030000{days}{place}",
            title="猫粮",
            due_minor=1_000 * (place + 1) + days,
            created_at=NOW - timedelta(days=days, minutes=place),
            paid_at=NOW - timedelta(days=days, minutes=place),
        )
        for days in (1, 2)
        for place in (0, 1)
    ]
    return Till(seed=3, now=NOW, sold=sold)


def archive(folder: Path, *, spoil: bool = False) -> Path:
    """Both days' details and summaries in one ZIP; spoiled, the first day's summary tells of another sum."""
    path, world = folder / "支付宝.zip", till()
    with zipfile.ZipFile(path, "w") as whole:
        for day in DAYS:
            box = bills.alipay_trade(world, day, seller="2088721003236442")
            assert box is not None
            with zipfile.ZipFile(BytesIO(box), metadata_encoding="gbk") as one:
                for name in one.namelist():
                    body = one.read(name)
                    if spoil and day == DAYS[0] and "汇总".encode("gbk") in body:
                        body = body.replace(b"30.04", b"31.04")
                    whole.writestr(name, body)
    return path


def surveyed(database: Database, path: Path) -> list[Surveyed]:
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        plan: Plan = plan_import(connection, Wish(kind="statement", source="alipay-bills", mapping=None))
    return survey_statement(path, plan)


def test_each_day_has_its_own_summary(migrated_database: Database, tmp_path: Path) -> None:
    parts = surveyed(migrated_database, archive(tmp_path))
    assert len(parts) == 4 and sum(part.rows for part in parts) == 4
    assert [check for part in parts for check in part.checks] == []
    assert not any(note for part in parts for note in part.notes if "未核对" in note)


def test_a_summary_that_is_wrong_is_told_of_its_own_day_only(migrated_database: Database, tmp_path: Path) -> None:
    parts = surveyed(migrated_database, archive(tmp_path, spoil=True))
    wrong = [part for part in parts if part.checks]
    assert len(wrong) == 1 and wrong[0].period_from == DAYS[0]
