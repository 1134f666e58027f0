"""Reminders to pay (催付)."""

from pathlib import Path

from alembic import op

from fenghe.kernel.migrations.script import run_script

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Apply the statements beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    """Evidence is not unmade: there is no way back."""
    raise RuntimeError("version 0015 cannot be taken back; restore a backup instead")
