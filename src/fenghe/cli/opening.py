"""Opening the database for one command (打开数据库): joined or started, and of this version."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from fenghe.cli.output import CannotGoOn, Voice
from fenghe.cli.store_opening import structure_version
from fenghe.kernel.database.opening import open_database
from fenghe.kernel.migrations import HERE, migrate

NEWEST: Final = max(path.name.partition("_")[0] for path in (HERE / "versions").glob("[0-9]*_*.py"))
"""The version of the structure that this program works with."""


@contextlib.contextmanager
def working_connection(data: Path, voice: Voice, *, name: str, create: bool = True) -> Iterator[Connection[Any]]:
    """An autocommit connection as the application. A structure that is up to date is left alone: a hub may work."""
    with open_database(data, create=create, report=voice.report) as database:
        version = structure_version(database.owner_url)
        if version is None or version < NEWEST:
            migrate(database.owner_url)
        elif version > NEWEST:
            message = f"数据库的结构是 {version}，比本程序的 {NEWEST} 新：请用同一版本的 fenghe。"
            raise CannotGoOn(message, code="program_too_old")
        with psycopg.connect(database.app_url, autocommit=True, application_name=f"fenghe-{name}") as connection:
            yield connection


def another(connection: Connection[Any]) -> Connection[Any]:
    """One more connection like this one."""
    told = connection.info
    words = {**told.get_parameters(), **({"password": told.password} if told.password else {})}
    return psycopg.connect(make_conninfo(**words), autocommit=connection.autocommit)
