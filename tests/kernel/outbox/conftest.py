"""A real server outside, a real database inside."""

from collections.abc import Iterator

import pytest

from tests.database import cluster, durable_cluster, migrated_database, migrated_template
from tests.kernel.outbox.outside import Outside

__all__ = ["cluster", "durable_cluster", "migrated_database", "migrated_template"]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on loopback is asked directly, whatever this machine's way out is."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def outside() -> Iterator[Outside]:
    """A server on loopback that answers as a test tells it."""
    server = Outside()
    try:
        yield server
    finally:
        server.close()
