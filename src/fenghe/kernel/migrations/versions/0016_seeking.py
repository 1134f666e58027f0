"""Searches of the trace board (凭证寻踪), what a person says of an order, and an index for every number it looks up."""

from pathlib import Path

from alembic import op

from fenghe.kernel.migrations.script import run_script

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Apply the statements beside this file."""
    run_script(op.get_bind(), Path(__file__).with_suffix(".sql"))


def downgrade() -> None:
    """Evidence is not unmade: there is no way back."""
    raise RuntimeError("version 0016 cannot be taken back; restore a backup instead")
