"""A running web side for the tests of the app."""

from collections.abc import Iterator

import pytest

from fenghe.kernel.database.address import Database
from tests.api.serving import Site, serving
from tests.database import cluster, migrated_database, migrated_template

__all__ = ["cluster", "migrated_database", "migrated_template"]


@pytest.fixture
def site(migrated_database: Database) -> Iterator[Site]:
    """The app with its own routes on an empty database."""
    with serving(migrated_database) as running:
        yield running
