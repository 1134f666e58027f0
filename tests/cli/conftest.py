"""Commands run against a real database: in this process for most tests, in their own where they are to be killed."""

import pytest

from fenghe.kernel.database.address import Database
from tests.cli.commands import Commands
from tests.database import cluster, migrated_database, migrated_template

__all__ = ["cluster", "migrated_database", "migrated_template"]


@pytest.fixture
def fenghe(migrated_database: Database, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """`fenghe("import", ...)` on an empty database."""
    monkeypatch.setenv("FENGHE_DATABASE_URL", migrated_database.owner_url)
    monkeypatch.setenv("FENGHE_APP_DATABASE_URL", migrated_database.app_url)
    monkeypatch.setenv("COLUMNS", "200")
    return Commands(migrated_database)
