"""The foundation: raw evidence, subjects, observations, audit chain, cases, declarations, people."""

from pathlib import Path

from alembic import op

from fenghe.kernel.migrations.script import run_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table of the foundation and take from the application's role what it must not do."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    """Evidence is not unmade: there is no way back before the first version."""
    raise RuntimeError("version 0001 is the first; restore a backup instead")
