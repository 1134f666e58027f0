"""Fixtures for every test: where the shared data is, and a real PostgreSQL."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.database import (
    cluster,
    durable_cluster,
    fresh_database,
    migrated_database,
    migrated_template,
)

__all__ = ["cluster", "durable_cluster", "fresh_database", "migrated_database", "migrated_template"]

settings.register_profile("fenghe", deadline=None)
settings.load_profile("fenghe")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of protocols and real data that lies beside the checkout; its absence is a failure, not a skip."""
    path = Path(os.environ.get("FENGHE_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    assert path.is_dir(), f"no shared folder at {path}; set FENGHE_SHARED"
    return path


@pytest.fixture(scope="session")
def shared_data(shared: Path) -> Path:
    """Real data to test on; never copied into the repository."""
    return shared / "data"
