"""A real database inside, the sandbox outside, and a hub whose clock a test turns."""

from collections.abc import Iterator

import psycopg
import pytest

from fenghe.kernel.database.address import Database
from tests.hub.beating import Beating
from tests.kernel.outbox.outside import Outside


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on loopback is asked directly, whatever this machine's way out is."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def hub(migrated_database: Database) -> Iterator[Beating]:
    """The hub with its heart beating on a test's clock."""
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        beating = Beating(connection, migrated_database.app_url)
        yield beating
        beating.close()


@pytest.fixture
def outside() -> Iterator[Outside]:
    """A carrier on loopback that answers as a test tells it."""
    server = Outside()
    try:
        yield server
    finally:
        server.close()
