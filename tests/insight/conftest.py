"""The site over the small world."""

from tests.database import cluster, migrated_database, migrated_template
from tests.rooms import rooms

__all__ = ["cluster", "migrated_database", "migrated_template", "rooms"]
