"""Runs a file of SQL statements as it stands: no parameters, so a percent sign is only a percent sign."""

from pathlib import Path

from sqlalchemy import Connection


def run_script(connection: Connection, path: Path) -> None:
    """Execute every statement of the file in the connection's transaction."""
    connection.connection.cursor().execute(path.read_text(encoding="utf-8"))
