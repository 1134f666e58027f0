"""An import of a statement that is killed in the middle, and run again: the same end as one that was not."""

import time
from pathlib import Path

import psycopg
import pytest

from fenghe.kernel.database.address import Database
from tests.cli.commands import Commands, in_its_own_process
from tests.cli.test_import_statement import wechat_bill, wechat_row
from tests.database import cluster, migrated_database, migrated_template

__all__ = ["cluster", "migrated_database", "migrated_template"]

pytestmark = pytest.mark.heavy
ROWS = 9_000
STATE = (
    "select (select count(*) from inbound_message), (select count(*) from statement_line),"
    " (select sum(net_minor) from statement_line), (select array_agg((read, stored, duplicate, set_aside, finished_at is"
    " not null)::text) from statement_file)"
)


@pytest.fixture
def fenghe(migrated_database: Database, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """`fenghe ...` on an empty database."""
    monkeypatch.setenv("FENGHE_DATABASE_URL", migrated_database.owner_url)
    monkeypatch.setenv("FENGHE_APP_DATABASE_URL", migrated_database.app_url)
    return Commands(migrated_database)


@pytest.mark.timeout(240)
def test_killed_in_the_middle_and_run_again(fenghe: Commands, migrated_database: Database, tmp_path: Path) -> None:
    rows = [wechat_row(f"42{place}", f"A{place}") for place in range(ROWS)]
    cents = ROWS * 1000
    file = wechat_bill(
        tmp_path / "b.csv",
        rows,
        ROWS,
        f"{cents / 100:.2f}",
        "0.00",
        "0.00",
        f"{ROWS * 6 / 100:.2f}",
        f"{cents / 100:.2f}",
        "0.00",
    )
    environment = {
        "FENGHE_DATABASE_URL": migrated_database.owner_url,
        "FENGHE_APP_DATABASE_URL": migrated_database.app_url,
    }
    _killed_after_the_first_batch(file, migrated_database, environment, tmp_path)
    half = fenghe.rows("select read, finished_at is not null from statement_file")
    assert 0 < half[0][0] < ROWS and not half[0][1]
    report = fenghe.json("import", "statement", file, "--source", "wx")
    assert report["read"] == ROWS and report["files"][0]["checks"] == []
    assert fenghe.rows(STATE) == [(ROWS, ROWS, ROWS * 994, [f"({ROWS},{ROWS},0,0,t)"])]
    assert fenghe.json("import", "statement", file, "--source", "wx")["duplicate"] == ROWS
    assert fenghe.rows(STATE) == [(ROWS, ROWS, ROWS * 994, [f"({ROWS},{ROWS},0,0,t)"])]


def _killed_after_the_first_batch(file: Path, database: Database, environment: dict[str, str], tmp_path: Path) -> None:
    """Kill the import as soon as some of the rows are there, and not all."""
    process = in_its_own_process(
        "import", "statement", file, "--source", "wx", data=tmp_path / "none", environment=environment
    )
    try:
        with psycopg.connect(database.app_url, autocommit=True) as connection:
            deadline = time.monotonic() + 120
            while time.monotonic() < deadline and process.poll() is None:
                row = connection.execute("select coalesce(max(read), 0) from statement_file").fetchone()
                if row and row[0]:
                    break
                time.sleep(0.005)
    finally:
        process.kill()
        process.communicate(timeout=30)
