"""The one line of migrations (迁移): brings a database to this version, as its owner, and grants the application's role."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from fenghe.kernel.database.store import GRANTS_LOCK
from fenghe.kernel.migrations.script import run_script

HERE = Path(__file__).parent


def migrate(owner_url: str) -> None:
    """Bring the database to the newest version; safe to run again and from several processes at once."""
    engine = create_engine(sqlalchemy_url(owner_url), poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"select pg_advisory_lock({GRANTS_LOCK})")
        connection.commit()
        config = Config()
        config.set_main_option("script_location", str(HERE))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        with connection.begin():
            run_script(connection, HERE / "grants.sql")
    engine.dispose()


def sqlalchemy_url(url: str) -> str:
    """The same address in SQLAlchemy's words (psycopg 3)."""
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url
