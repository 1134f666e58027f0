"""The heartbeat at a smaller size: every parcel asked in its two hours at a tight limit; `fenghe bench-heartbeat` for more."""

import psycopg
import pytest

from fenghe.cli.bench import store_heartbeat as store
from fenghe.cli.bench.heartbeat import measure
from fenghe.kernel.database.address import Database

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on loopback is asked directly, whatever this machine's way out is."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_every_open_parcel_is_asked_within_its_interval_at_a_tight_limit(migrated_database: Database) -> None:
    """400 parcels of each platform need 3.4 calls a minute of ZTO and 快递100; 5 are allowed."""
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        store.declare_limit(connection, 5)
        report = measure(connection, parcels=1_200, intervals=1, limit=5)
    assert report.holds, report
    assert report.polled_in_first_interval == 1_200 and report.longest_gap_minutes <= 120
    assert max(report.most_calls_in_a_minute.values()) <= 5
    assert report.calls["sf"] * 5 < report.calls["zto"], "ten parcels a call"
