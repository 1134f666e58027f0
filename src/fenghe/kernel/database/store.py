"""Roles, databases and counts (角色与库) as PostgreSQL knows them: all the SQL of this package."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg import sql

from fenghe.kernel.database.address import APP_ROLE, DATABASE_NAME, OWNER_ROLE, with_database

CONNECT_SECONDS: Final = 10
GRANTS_LOCK: Final = 7309
"""Whoever grants, migrations among them: PostgreSQL refuses two grants on one object at the same moment."""
Connection = psycopg.Connection[tuple[object, ...]]


@contextmanager
def _session(url: str) -> Iterator[Connection]:
    """A connection on which each statement is its own transaction."""
    with psycopg.connect(
        url, autocommit=True, connect_timeout=CONNECT_SECONDS, application_name="fenghe"
    ) as connection:
        yield connection


def complaint(url: str) -> str | None:
    """Why nobody answers there as that role; None when somebody does."""
    try:
        with _session(url) as connection:
            connection.execute("select 1")
    except psycopg.OperationalError as error:
        return str(error).strip()
    return None


def server_version(url: str) -> int:
    """As a number that compares: 180004 is 18.4."""
    with _session(url) as connection:
        return connection.info.server_version


def set_up(superuser_url: str, passwords: Mapping[str, str]) -> None:
    """Roles and database of an embedded server. Done again after a crash in the middle, it comes to the same."""
    with _session(with_database(superuser_url, "postgres")) as connection:
        for role, password in passwords.items():
            if not _role_exists(connection, role):
                connection.execute(sql.SQL("create role {}").format(sql.Identifier(role)))
            _set_login(connection, role, password)
    if not database_exists(superuser_url, DATABASE_NAME):
        create_database(superuser_url, DATABASE_NAME)
    open_to_app(with_database(superuser_url, DATABASE_NAME), APP_ROLE)


def _set_login(connection: Connection, role: str, password: str) -> None:
    """The hash is made here, so the password itself never reaches the server or its log."""
    powers = "alter role {} with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password {}"
    connection.execute(sql.SQL(powers).format(sql.Identifier(role), _hashed(connection, role, password)))


def _hashed(connection: Connection, role: str, password: str) -> sql.Literal:
    hashed = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    return sql.Literal(hashed.decode())


def _role_exists(connection: Connection, role: str) -> bool:
    return connection.execute("select from pg_roles where rolname = %s", [role]).fetchone() is not None


def database_exists(url: str, name: str) -> bool:
    """Whether the server has a database of that name."""
    with _session(with_database(url, "postgres")) as connection:
        return connection.execute("select from pg_database where datname = %s", [name]).fetchone() is not None


def create_database(superuser_url: str, name: str, *, template: str = "template0", strategy: str = "wal_log") -> None:
    """A database of the owner's; a copy of `template`, which nobody may be using.

    The strategy `file_copy` is the quicker one where nothing has to reach the disk.
    """
    statement = sql.SQL("create database {} owner {} template {} strategy {}").format(
        sql.Identifier(name), sql.Identifier(OWNER_ROLE), sql.Identifier(template), sql.Identifier(strategy)
    )
    with _session(with_database(superuser_url, "postgres")) as connection:
        connection.execute(statement)


def drop_database(superuser_url: str, name: str) -> None:
    """Remove a database and throw out whoever is in it."""
    with _session(with_database(superuser_url, "postgres")) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def open_to_app(url: str, role: str) -> None:
    """What the application needs before any table exists: come in, see the schema, stage rows in temporary tables.

    Tables are granted one by one where migrations make them. Nobody else may come in. Two processes that start at
    once take turns.
    """
    with _session(url) as connection, connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", (GRANTS_LOCK,))
        app, here = sql.Identifier(role), sql.Identifier(str(connection.info.dbname))
        connection.execute(sql.SQL("revoke all on database {} from public").format(here))
        connection.execute(sql.SQL("grant connect, temporary on database {} to {}").format(here, app))
        connection.execute("revoke create on schema public from public")
        connection.execute(sql.SQL("grant usage on schema public to {}").format(app))


def find_excess_power(app_url: str, owner_url: str) -> str | None:
    """Why the application's role could get round the grants; None when it could not."""
    with _session(owner_url) as connection:
        owner = connection.info.user
    with _session(app_url) as connection:
        row = connection.execute(
            "select rolsuper, rolbypassrls, rolcreaterole, pg_has_role(current_user, %s, 'member')"
            " from pg_roles where rolname = current_user",
            [owner],
        ).fetchone()
    powers = ("is a superuser", "bypasses row security", "may create roles", "is a member of the owner's role")
    return next((power for power, has in zip(powers, row or (), strict=False) if has), None)


def role_of(url: str) -> str:
    """As whom the address comes."""
    with _session(url) as connection:
        return connection.info.user


def role_exists(url: str, role: str) -> bool:
    """Whether the server knows the role."""
    with _session(url) as connection:
        return _role_exists(connection, role)


def create_app_role(owner_url: str, role: str, password: str) -> str | None:
    """Create the application's role on somebody's own PostgreSQL; why that was not allowed, or None."""
    with _session(owner_url) as connection:
        try:
            with connection.transaction():
                hashed = _hashed(connection, role, password)
                connection.execute(sql.SQL("create role {} login password {}").format(sql.Identifier(role), hashed))
        except psycopg.Error as error:
            return error.diag.message_primary or str(error)
    return None


def join_app_role(owner_url: str, role: str) -> str | None:
    """Make a role a member of `fenghe_app`, to which migrations grant; why that was not allowed, or None."""
    with _session(owner_url) as connection:
        try:
            if not _role_exists(connection, APP_ROLE):
                connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(APP_ROLE)))
            member = connection.execute("select pg_has_role(%s, %s, 'usage')", [role, APP_ROLE]).fetchone()
            if member is None or not member[0]:
                connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(APP_ROLE), sql.Identifier(role)))
        except psycopg.Error as error:
            return error.diag.message_primary or str(error)
    return None


@contextmanager
def snapshot(owner_url: str) -> Iterator[tuple[str, Connection]]:
    """One unmoving view of the database: its name for pg_dump, and a connection that counts in the same view."""
    with psycopg.connect(owner_url, connect_timeout=CONNECT_SECONDS, application_name="fenghe backup") as connection:
        connection.execute("set transaction isolation level repeatable read read only")
        connection.execute("set local idle_in_transaction_session_timeout = 0")
        row = connection.execute("select pg_export_snapshot()").fetchone()
        assert row is not None
        yield str(row[0]), connection


def count_rows(connection: Connection) -> dict[str, int]:
    """Rows of every table, `schema.table` by name."""
    tables = connection.execute(
        "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname !~ '^(pg_|information_schema$)'"
        " order by 1, 2"
    ).fetchall()
    counts = {}
    for schema, table in tables:
        query = sql.SQL("select count(*) from {}").format(sql.Identifier(str(schema), str(table)))
        row = connection.execute(query).fetchone()
        assert row is not None
        counts[f"{schema}.{table}"] = int(str(row[0]))
    return counts


def count_all(url: str) -> dict[str, int]:
    """`count_rows` on a connection of its own."""
    with _session(url) as connection:
        return count_rows(connection)


def analyze(url: str) -> None:
    """Let the planner know the rows that a restore has just brought."""
    with _session(url) as connection:
        connection.execute("analyze")


def stand_in(superuser_url: str, role: str, *, for_role: str) -> None:
    """A role without sign-in under a name that a backup grants to; ours inherits what it is granted."""
    with _session(superuser_url) as connection:
        if not _role_exists(connection, role):
            connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
            connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(for_role)))
