"""Where a database is and as whom we come (数据库地址): libpq URLs that psycopg, asyncpg and SQLAlchemy all read."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from fenghe.kernel.database.trouble import DatabaseTrouble

OWNER_ROLE: Final = "fenghe_owner"
"""Owns the tables and migrates them. Not a superuser."""

APP_ROLE: Final = "fenghe_app"
"""What the hub works as: reads and writes what migrations grant it, nothing else."""

SUPERUSER: Final = "postgres"
DATABASE_NAME: Final = "fenghe"
SOCKET_PORT: Final = 5432
"""Only the ending of the socket's name: nothing listens on TCP."""


class NotADatabaseUrl(DatabaseTrouble):
    """{variable} is not a PostgreSQL address: expected one like postgresql://user:password@host:5432/name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One database, reached as its owner and as the application. The URLs carry passwords, so `repr` hides them."""

    owner_url: str = field(repr=False)
    app_url: str = field(repr=False)
    superuser_url: str | None = None
    """Embedded only, and only for the operating-system user who runs the hub: no password in it."""
    data_dir: Path | None = None
    """The embedded data directory; None for a PostgreSQL of somebody else's."""

    def named(self, name: str) -> "Database":
        """The same server and roles, another database."""
        superuser = None if self.superuser_url is None else with_database(self.superuser_url, name)
        return replace(
            self,
            owner_url=with_database(self.owner_url, name),
            app_url=with_database(self.app_url, name),
            superuser_url=superuser,
        )


def socket_url(socket_directory: str, *, user: str, password: str = "", database: str = DATABASE_NAME) -> str:
    """The URL of a server that listens on a private Unix socket."""
    login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    return f"postgresql://{login}@/{database}?" + urlencode({"host": socket_directory, "port": SOCKET_PORT}, safe="/")


def embedded(socket_directory: str, *, passwords: dict[str, str], data_dir: Path) -> Database:
    """The database behind an embedded server's socket."""
    return Database(
        owner_url=socket_url(socket_directory, user=OWNER_ROLE, password=passwords[OWNER_ROLE]),
        app_url=socket_url(socket_directory, user=APP_ROLE, password=passwords[APP_ROLE]),
        superuser_url=socket_url(socket_directory, user=SUPERUSER),
        data_dir=data_dir,
    )


def with_database(url: str, name: str) -> str:
    """The same address, another database on it."""
    return _text(urlsplit(url)._replace(path="/" + quote(name, safe="")))


def with_driver(url: str, driver: str = "psycopg") -> str:
    """The address as SQLAlchemy wants it: `postgresql+psycopg://...`."""
    return _text(urlsplit(url)._replace(scheme=f"postgresql+{driver}"))


def with_login(url: str, *, user: str, password: str) -> str:
    """The same server and database, another role."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] not in ("user", "password")], safe="/")
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return _text(parts._replace(netloc=f"{login}@{place}", query=query))


def without_password(url: str) -> tuple[str, str | None]:
    """The address fit for a command line, and the password that must not be seen there."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    in_query = query.pop("password", None)
    login, at, place = parts.netloc.rpartition("@")
    user, _, in_login = login.partition(":")
    bare = _text(parts._replace(netloc=f"{user}{at}{place}", query=urlencode(query, safe="/")))
    return bare, unquote(in_login) or in_query


def checked(url: str, *, variable: str) -> str:
    """The address in its usual spelling, or NotADatabaseUrl naming the variable it came from (never its value)."""
    scheme, colon, rest = url.strip().partition("://")
    if not colon or scheme not in ("postgresql", "postgres") or not urlsplit(f"postgresql://{rest}").path.strip("/"):
        raise NotADatabaseUrl(variable=variable)
    return f"postgresql://{rest}"


def _text(parts: SplitResult) -> str:
    """Not urlunsplit: it drops the two slashes where there is no host, and a socket's address has none."""
    return f"{parts.scheme}://{parts.netloc}{parts.path}" + (f"?{parts.query}" if parts.query else "")
