"""The outbox in the database: enqueue in the caller's transaction, claim with a lease, finish or try again later."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.connections.store import Source
from fenghe.kernel.secrets import NotSealed

Unseal = Callable[[str, bytes], dict[str, str]]


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A call that is ours to make until its lease is over. `attempts` counts this one."""

    id: int
    idempotency_key: str
    source: str
    act: str
    payload: dict[str, Any]
    attempts: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A call as it stands."""

    idempotency_key: str
    status: str
    due_at: datetime
    done_at: datetime | None


def enqueue(
    connection: Connection[Any],
    *,
    idempotency_key: str,
    source: str,
    act: str,
    payload: Mapping[str, Any],
    due_at: datetime,
) -> bool:
    """Put a call in, in the caller's transaction; False when one of that key is there already."""
    row = connection.execute(
        "insert into outbox (idempotency_key, source, act, payload, due_at) values (%s, %s, %s, %s, %s)"
        " on conflict (idempotency_key) do nothing returning id",
        (idempotency_key, source, act, orjson.dumps(dict(payload)).decode(), due_at),
    ).fetchone()
    return row is not None


def entries(connection: Connection[Any], keys: Sequence[str]) -> list[Entry]:
    """The calls of these keys, as far as there are any."""
    rows = connection.execute(
        "select idempotency_key, status, due_at, done_at from outbox where idempotency_key = any(%s)", (list(keys),)
    )
    return [Entry(idempotency_key=row[0], status=row[1], due_at=row[2], done_at=row[3]) for row in rows]


def sources_due(connection: Connection[Any]) -> list[str]:
    """Sources with a call whose time has come, by looking at the longest due."""
    rows = connection.execute(
        "select distinct source from (select source from outbox where status = 'waiting' and due_at <= now()"
        " order by due_at limit 10000) due order by source"
    )
    return [row[0] for row in rows]


def claim(connection: Connection[Any], room: Mapping[str, int], *, lease_seconds: float) -> list[Claimed]:
    """Take up to so many due calls of each source, in a transaction of its own.

    The due time is pushed forward as a lease before anything is sent: should we die, somebody else takes the call after
    it. What another sender is just claiming is passed over.
    """
    wanted = {source: count for source, count in room.items() if count > 0}
    if not wanted:
        return []
    with connection.transaction():
        rows = connection.execute(
            "with mine as materialized (select due.id from unnest(%s::text[], %s::int[]) w(source, most)"
            " cross join lateral (select id from outbox o where o.source = w.source and o.status = 'waiting'"
            "  and o.due_at <= now() order by o.due_at limit w.most for update skip locked) due)"
            " update outbox o set attempts = o.attempts + 1, due_at = now() + %s * interval '1 second'"
            " from mine where o.id = mine.id"
            " returning o.id, o.idempotency_key, o.source, o.act, o.payload, o.attempts",
            (list(wanted), list(wanted.values()), lease_seconds),
        ).fetchall()
    return [
        Claimed(id=r[0], idempotency_key=r[1], source=r[2], act=r[3], payload=r[4], attempts=r[5])
        for r in sorted(rows, key=lambda row: row[0])
    ]


def finish(connection: Connection[Any], claimed: Claimed) -> bool:
    """It is done. The first good answer counts: False when somebody else had one, or gave up."""
    cursor = connection.execute(
        "update outbox set status = 'done', done_at = now(), last_error = null where id = %s and status = 'waiting'",
        (claimed.id,),
    )
    return cursor.rowcount == 1


def try_later(connection: Connection[Any], claimed: Claimed, *, error: str, delay_seconds: float) -> bool:
    """It did not work; again after the delay. False when the lease was lost meanwhile: then it is no longer ours."""
    cursor = connection.execute(
        "update outbox set last_error = %s, due_at = now() + %s * interval '1 second'"
        " where id = %s and status = 'waiting' and attempts = %s",
        (error, delay_seconds, claimed.id, claimed.attempts),
    )
    return cursor.rowcount == 1


def give_up(connection: Connection[Any], claimed: Claimed, *, error: str) -> bool:
    """It will not work. False when the lease was lost meanwhile."""
    cursor = connection.execute(
        "update outbox set status = 'failed', done_at = now(), last_error = %s"
        " where id = %s and status = 'waiting' and attempts = %s",
        (error, claimed.id, claimed.attempts),
    )
    return cursor.rowcount == 1


def load_sources(connection: Connection[Any], unseal: Unseal) -> dict[str, Source | None]:
    """Enabled sources with open secrets, by id; None for one whose secrets were sealed under another key."""
    rows = connection.execute(
        "select id, connector, title, kind, enabled, config, secrets_sealed from source where enabled"
    ).fetchall()
    return {row[0]: _opened(row, unseal) for row in rows}


def _opened(row: Sequence[Any], unseal: Unseal) -> Source | None:
    try:
        secrets = unseal(row[0], bytes(row[6])) if row[6] else {}
    except NotSealed:
        return None
    return Source(
        id=row[0], connector=row[1], title=row[2], kind=row[3], enabled=row[4], config=row[5], secrets=secrets
    )
