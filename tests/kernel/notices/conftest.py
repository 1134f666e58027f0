"""A fresh database with a desk, and the site over the small world."""

from collections.abc import Iterator

import pytest

from fenghe.kernel.database.address import Database
from tests.database import cluster, migrated_template
from tests.kernel.notices.desk import Desk, connected
from tests.rooms import rooms

__all__ = ["cluster", "migrated_template", "rooms"]


@pytest.fixture
def desk(migrated_database: Database) -> Iterator[Desk]:
    """The desk."""
    with connected(migrated_database.app_url) as connection:
        yield Desk(connection, migrated_database.app_url)
