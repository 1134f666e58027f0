"""How the door writes: one statement a batch through asyncpg; repeats are counted; refusals are counted by the hour."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

INSERT = """
with t as (select * from unnest($1::text[], $2::bytea[], $3::text[], $4::bytea[], $5::smallint[])
        u(source, dedupe_key, headers, body, lane)),
ins as (insert into inbound_message (source, dedupe_key, way, headers, body)
        select source, dedupe_key, 'webhook', headers::jsonb, body from t
        on conflict (source, dedupe_key) do nothing returning id, source, dedupe_key),
handled as (insert into message_handling (message_id, lane) select id, lane from ins join t using (source, dedupe_key))
select source, dedupe_key from t left join ins using (source, dedupe_key) where ins.id is null
"""

REPEAT = """
with mine as materialized (
    select h.message_id, t.times
    from unnest($1::text[], $2::bytea[], $3::int[]) t(source, dedupe_key, times)
    join inbound_message m on m.source = t.source and m.dedupe_key = t.dedupe_key
    join message_handling h on h.message_id = m.id order by h.message_id for update of h)
update message_handling h set repeats = h.repeats + mine.times from mine where h.message_id = mine.message_id
"""

REFUSED = """
insert into refused_delivery (source, reason, ip, hour, count, last_at)
select source, reason, ip, hour, count, now()
from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::int[]) t(source, reason, ip, hour, count)
on conflict (source, reason, ip, hour) do update set count = refused_delivery.count + excluded.count, last_at = now()
"""

Name = tuple[str, bytes]
"""(source, dedupe key)"""

Entry = tuple[str, bytes, str, bytes, int]
"""(source, dedupe key, headers as JSON, body, lane)"""


async def insert(pool: Any, batch: Sequence[Entry]) -> Counter[Name]:
    """Store a batch durably. Returns after the commit, with how often which messages were there already.

    In one order, so that two doors with the same messages do not wait for each other.
    """
    firsts: dict[Name, Entry] = {}
    again: Counter[Name] = Counter()
    for entry in batch:
        name = (entry[0], entry[1])
        if name in firsts:
            again[name] += 1
        else:
            firsts[name] = entry
    sources, keys, headers, bodies, lanes = zip(*(firsts[name] for name in sorted(firsts)), strict=True)
    async with pool.acquire() as connection:
        for row in await connection.fetch(INSERT, sources, keys, headers, bodies, lanes):
            again[(row[0], row[1])] += 1
    return again


async def count_repeats(pool: Any, again: Counter[Name]) -> None:
    """Add repeats to their messages. Apart from the acknowledgement: a worker may hold these rows for a while."""
    names = list(again)
    async with pool.acquire() as connection:
        await connection.execute(REPEAT, [n[0] for n in names], [n[1] for n in names], list(again.values()))


async def count_refused(pool: Any, refused: Counter[tuple[str, str, str, datetime]]) -> None:
    """Add refusals (source, reason, ip, hour) to the hour's counts."""
    names = list(refused)
    columns = list(zip(*names, strict=True))
    async with pool.acquire() as connection:
        await connection.execute(REFUSED, *map(list, columns), list(refused.values()))


async def load_sources(pool: Any) -> list[tuple[str, str, bool, str, bytes | None]]:
    """(id, connector, enabled, config JSON, sealed secrets) of every source."""
    async with pool.acquire() as connection:
        rows = await connection.fetch("select id, connector, enabled, config::text, secrets_sealed from source")
    return [tuple(row) for row in rows]


async def connect(dsn: str, *, size: int) -> Any:
    """The door's own pool; JSON stays text."""
    return await asyncpg.create_pool(dsn, min_size=1, max_size=size, command_timeout=30, reset=_as_it_is)


async def _as_it_is(_connection: Any) -> None:
    """Nothing the door does leaves a trace on its connection: to reset it would be one more round trip a commit."""
