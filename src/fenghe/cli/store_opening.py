"""SQL of opening (结构版本): which version of the structure a database has."""

import psycopg


def structure_version(url: str) -> str | None:
    """The version that migrations left there; None where none has run."""
    with psycopg.connect(url, autocommit=True, application_name="fenghe-cli") as connection:
        there = connection.execute("select to_regclass('alembic_version') is not null").fetchone()
        if not (there and there[0]):
            return None
        row = connection.execute("select version_num from alembic_version").fetchone()
    return None if row is None else str(row[0])
