"""What declaring promises and cadences asks of the database (声明读写): who may publish, who is called what, what is in force."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from psycopg import Connection
from psycopg.errors import LockNotAvailable

from fenghe.kernel.declarations.store import JUDGING_LOCK
from fenghe.kernel.store_reading import fetch, find
from fenghe.kernel.web.problems import Problem

_PATIENCE: Final = "30s"


def hold_reading(connection: Connection[Any]) -> None:
    """Let batches that read the old declarations finish, and start none until this transaction ends."""
    connection.execute("select set_config('lock_timeout', %s, true)", (_PATIENCE,))
    try:
        connection.execute("select pg_advisory_xact_lock(%s, 0)", (JUDGING_LOCK,))
    except LockNotAvailable:
        told = "正在处理的一批数据迟迟没有结束,没有发布。请稍后再试。"
        raise Problem(503, told, code="judging_busy", retry_after_seconds=10) from None


def names_of(connection: Connection[Any], usernames: Collection[str]) -> dict[str, str]:
    """What people are called."""
    wanted = {"usernames": sorted(set(usernames))}
    rows = fetch(connection, "select username, name from person where username = any(%(usernames)s)", wanted)
    return {row["username"]: row["name"] for row in rows}


def others_with(connection: Connection[Any], roles: Sequence[str], *, username: str) -> int:
    """How many other active people have one of these roles."""
    row = find(
        connection,
        "select count(*) as people from person where active and username <> %(username)s and roles && %(roles)s::text[]",
        {"roles": list(roles), "username": username},
    )
    return int(row["people"]) if row else 0


def drafted(connection: Connection[Any], kind: str) -> set[str]:
    """Names of the declarations of a kind that somebody is editing."""
    rows = fetch(connection, "select name from declaration_draft where kind = %(kind)s", {"kind": kind})
    return {row["name"] for row in rows}


def in_force(connection: Connection[Any], kind: str) -> dict[str, tuple[int, Any]]:
    """Version and body of each declaration of a kind that was ever published."""
    rows = fetch(
        connection,
        "select distinct on (name) name, version, body from declaration_version where kind = %(kind)s"
        " order by name, version desc",
        {"kind": kind},
    )
    return {row["name"]: (row["version"], row["body"]) for row in rows}


def channels_seen(connection: Connection[Any]) -> list[str]:
    """Channels in use, found by leaping over an index."""
    rows = fetch(
        connection,
        "with recursive channel(name) as ((select min(channel) from customer_order) union all select (select"
        " min(o.channel) from customer_order o where o.channel > channel.name) from channel where channel.name is not"
        " null) select name from channel where name is not null limit 200",
    )
    return [row["name"] for row in rows]
