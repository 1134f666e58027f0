"""The site over the small world."""

from tests.database import cluster, migrated_template
from tests.rooms import rooms

__all__ = ["cluster", "migrated_template", "rooms"]
