"""Fixtures that give tests a real PostgreSQL: one embedded server a worker process, a fresh database a test."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from fenghe.kernel.database import store
from fenghe.kernel.database.address import APP_ROLE, Database
from fenghe.kernel.database.supervisor import Cluster
from fenghe.kernel.migrations import migrate

QUICK: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
}
"""For tests that look at what is written, not at what survives: nothing here may be used by a hub."""

SMALL: Final = {"shared_buffers": "32MB", "max_connections": "40"}
"""Real durability, in little memory."""

TEMPLATE: Final = "migrated"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The embedded server that this process's tests share. To write, take `fresh_database` or `migrated_database`."""
    server = Cluster(tmp_path_factory.mktemp("cluster") / "data", settings=QUICK)
    database = server.start()
    try:
        yield database
    finally:
        server.stop()


@pytest.fixture
def fresh_database(cluster: Database) -> Iterator[Database]:
    """A database with the two roles and nothing else in it; gone after the test."""
    yield from _temporary(cluster, template="template0")


@pytest.fixture(scope="session")
def migrated_template(cluster: Database) -> Database:
    """A database that was migrated once, to be copied; nobody may stay connected to it."""
    superuser = str(cluster.superuser_url)
    store.create_database(superuser, TEMPLATE, strategy="file_copy")
    template = cluster.named(TEMPLATE)
    store.open_to_app(str(template.superuser_url), APP_ROLE)
    migrate(template.owner_url)
    return template


@pytest.fixture
def migrated_database(cluster: Database, migrated_template: Database) -> Iterator[Database]:
    """A database with all tables and no rows but those that migrations bring; gone after the test."""
    yield from _temporary(cluster, template=TEMPLATE)


def _temporary(cluster: Database, *, template: str) -> Iterator[Database]:
    superuser = str(cluster.superuser_url)
    name = f"test_{next(_numbers)}"
    store.create_database(superuser, name, template=template, strategy="file_copy")
    database = cluster.named(name)
    store.open_to_app(str(database.superuser_url), APP_ROLE)
    try:
        yield database
    finally:
        store.drop_database(superuser, name)


@pytest.fixture
def durable_cluster(tmp_path: Path) -> Iterator[Callable[..., Cluster]]:
    """Start servers with real durability, for tests that kill them: `durable_cluster()`, or with a directory."""
    with ExitStack() as stack:

        def start(data_dir: Path | None = None) -> Cluster:
            server = Cluster(data_dir or tmp_path / "durable", settings=SMALL)
            stack.callback(server.stop)
            server.start()
            return server

        yield start
