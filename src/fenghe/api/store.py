"""What the app itself keeps in the database: web sessions; and what it reads of the hub's signs of life."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from psycopg import AsyncConnection

Session = AsyncConnection[Any]


async def put_session(connection: Session, key: str, data: bytes, *, lives: timedelta) -> None:
    """Write a session, and clear away some that have expired."""
    await connection.execute(
        "insert into web_session (key, data, expires_at) values (%s, %s, now() + %s)"
        " on conflict (key) do update set data = excluded.data, expires_at = excluded.expires_at",
        (key, data, lives),
    )
    await connection.execute(
        "delete from web_session where key in (select key from web_session where expires_at < now()"
        " order by expires_at limit 100 for update skip locked)"
    )


async def find_session(connection: Session, key: str) -> tuple[bytes, timedelta] | None:
    """(data, time left) of a session that has not expired."""
    cursor = await connection.execute(
        "select data, expires_at - now() from web_session where key = %s and expires_at > now()", (key,)
    )
    row = await cursor.fetchone()
    return None if row is None else (bytes(row[0]), row[1])


async def renew_session(connection: Session, key: str, *, lives: timedelta) -> None:
    """Give a session its time again."""
    await connection.execute(
        "update web_session set expires_at = now() + %s where key = %s and expires_at > now()", (lives, key)
    )


async def drop_session(connection: Session, key: str) -> None:
    """End a session."""
    await connection.execute("delete from web_session where key = %s", (key,))


async def drop_sessions(connection: Session) -> None:
    """End all sessions."""
    await connection.execute("delete from web_session")


class WorkerSign(msgspec.Struct, frozen=True, kw_only=True):
    """Signs of life of the workers. `alive` is None when none ever gave one."""

    alive: bool | None
    last_batch_at: datetime | None


async def read_worker_sign(connection: Session, *, within: timedelta, topics: Sequence[str]) -> WorkerSign:
    """Whether some worker gave a sign within this time, and when something last changed by their work."""
    cursor = await connection.execute(
        "select max(at) filter (where name like 'worker:%%') > now() - %s, max(at) filter (where name = any(%s))"
        " from pulse",
        (within, list(topics)),
    )
    row = await cursor.fetchone()
    return WorkerSign(alive=row[0], last_batch_at=row[1]) if row else WorkerSign(alive=None, last_batch_at=None)


async def read_pulse(connection: Session, topics: Sequence[str]) -> tuple[dict[str, datetime], datetime]:
    """When each topic last changed, and the database's now."""
    cursor = await connection.execute("select name, at, now() from pulse where name = any(%s)", (list(topics),))
    rows = await cursor.fetchall()
    clock = await connection.execute("select now()")
    now = await clock.fetchone()
    if now is None:
        raise LookupError("the database tells no time")
    return {row[0]: row[1] for row in rows}, now[0]
