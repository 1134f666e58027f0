"""Lanes: which worker takes which messages of a backlog (车道)."""

from pathlib import Path

from alembic import op

from fenghe.kernel.migrations.script import run_script

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Apply the statements beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    """Evidence is not unmade: there is no way back."""
    raise RuntimeError("version 0014 cannot be taken back; restore a backup instead")
