"""Messages in the database: store, claim, mark, replay. Raw bytes are written once and never changed."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.inbox.lanes import ANY, WHOLE, Share
from fenghe.kernel.store_copy import copy_values

CLAIM_BYTES = 16_000_000
"""A claim's bodies at the most, the last one over."""

PENDING, JUDGED, SET_ASIDE = 0, 1, 2


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A message as a worker holds it."""

    id: int
    source: str
    received_ms: int
    headers: dict[str, str]
    body: bytes


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch offered to the inbox. `ids`: the new messages by dedupe key."""

    duplicate: int
    ids: Mapping[bytes, int] = {}

    @property
    def stored(self) -> int:
        """How many are new."""
        return len(self.ids)


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A message to be stored. `status` SET_ASIDE with a `finding` keeps what could not be read for a person."""

    dedupe_key: bytes
    body: bytes
    headers: str = "{}"
    origin: str | None = None
    status: int = PENDING
    finding: str | None = None
    lane: int = ANY


_ARRIVING: Final = {
    "n": "int4",
    "dedupe_key": "bytea",
    "headers": "text",
    "body": "bytea",
    "origin": "text",
    "status": "int2",
    "finding": "text",
    "lane": "int2",
}


def claim(connection: Connection[Any], *, limit: int, share: Share = WHOLE) -> list[Claimed]:
    """Lock the oldest pending messages of these lanes that no other worker holds."""
    sizes = connection.execute(
        "with mine as materialized (select message_id from message_handling where status = 0"
        " and (lane < 0 or lane %% %s = %s) order by message_id limit %s for update skip locked)"
        " select m.id, octet_length(m.body) from mine join inbound_message m on m.id = mine.message_id order by m.id",
        (share.workers, share.place, limit),
        binary=True,
    ).fetchall()
    before = accumulate((size for _, size in sizes), initial=0)
    return _read(
        connection,
        [message for (message, _), bytes_before in zip(sizes, before, strict=False) if bytes_before < CLAIM_BYTES],
    )


def claim_these(connection: Connection[Any], ids: Sequence[int]) -> list[Claimed]:
    """Lock the named messages if they are still pending (waiting for another worker that holds one)."""
    locked = connection.execute(
        "select message_id from message_handling where status = 0 and message_id = any(%s) order by message_id for update",
        (list(ids),),
    )
    return _read(connection, [row[0] for row in locked])


def _read(connection: Connection[Any], ids: Sequence[int]) -> list[Claimed]:
    """What the messages are that were locked."""
    if not ids:
        return []
    rows = connection.execute(
        "select id, source, (extract(epoch from received_at) * 1000)::bigint, headers::text, body from inbound_message"
        " where id = any(%b) order by id",
        (list(ids),),
        binary=True,
    )
    return [Claimed(id=r[0], source=r[1], received_ms=r[2], headers=orjson.loads(r[3]), body=r[4]) for r in rows]


def share_of(connection: Connection[Any], *, application: str) -> Share:
    """This worker's share, by its place among the connections that bear this name; the whole for one that does not."""
    row = connection.execute(
        "select count(*) filter (where pid < pg_backend_pid()), count(*), bool_or(pid = pg_backend_pid())"
        " from pg_stat_activity where datname = current_database() and application_name = %s",
        (application,),
    ).fetchone()
    return Share(place=int(row[0]), workers=int(row[1])) if row and row[2] else WHOLE


def mark_judged(connection: Connection[Any], ids: Sequence[int]) -> None:
    """These messages have had their effect, in the same transaction."""
    if ids:
        connection.execute(
            "update message_handling set status = 1, handled_at = now(), finding = null where message_id = any(%b)",
            (list(ids),),
        )


def mark_findings(connection: Connection[Any], findings: Sequence[tuple[int, bool, list[dict[str, Any]]]]) -> None:
    """(message, set aside?, what could not be read) of messages that said something unreadable."""
    if findings:
        connection.execute(
            "update message_handling h set status = t.status, handled_at = now(), finding = t.finding::jsonb"
            " from unnest(%s::bigint[], %s::smallint[], %s::text[]) t(id, status, finding) where h.message_id = t.id",
            (
                [one[0] for one in findings],
                [SET_ASIDE if one[1] else JUDGED for one in findings],
                [orjson.dumps(one[2]).decode() for one in findings],
            ),
        )


def count_attempt(connection: Connection[Any], ids: Sequence[int], *, give_up_after: int, problem: str) -> None:
    """A batch failed on these: after some tries a message is set aside with the problem, so that the rest goes on."""
    connection.execute(
        "update message_handling set attempts = attempts + 1,"
        " status = case when attempts + 1 >= %s then 2 else status end,"
        " finding = case when attempts + 1 >= %s then %s::jsonb else finding end where message_id = any(%s)",
        (
            give_up_after,
            give_up_after,
            orjson.dumps(
                [{"item": 0, "field": "", "expected": "", "got": problem[:2000], "code": "judge_failed"}]
            ).decode(),
            list(ids),
        ),
    )


def store_many(connection: Connection[Any], *, source: str, way: str, arrivals: Sequence[Arrival]) -> Stored:
    """Store a batch in the caller's transaction; what is already there is counted as a repeat."""
    if not arrivals:
        return Stored(duplicate=0)
    connection.execute(
        "create temp table if not exists arriving (n int, dedupe_key bytea, headers text, body bytea, origin text,"
        " status smallint, finding text, lane smallint) on commit delete rows"
    )
    connection.execute("delete from arriving")
    rows = [
        (n, one.dedupe_key, one.headers, one.body, one.origin, one.status, one.finding, one.lane)
        for n, one in enumerate(arrivals)
    ]
    copy_values(connection, "arriving", rows, columns=_ARRIVING)
    new = connection.execute(
        "with firsts as (select distinct on (dedupe_key) *, count(*) over (partition by dedupe_key) as times"
        "  from arriving order by dedupe_key, n),"
        " ins as (insert into inbound_message (source, dedupe_key, way, headers, body)"
        "  select %(source)s, dedupe_key, %(way)s, headers::jsonb, body from firsts order by n"
        "  on conflict (source, dedupe_key) do nothing returning id, dedupe_key),"
        " handled as (insert into message_handling (message_id, status, repeats, origin, finding, lane)"
        "  select ins.id, f.status, f.times - 1, f.origin, f.finding::jsonb, f.lane from ins join firsts f using (dedupe_key)),"
        " again as (update message_handling h set repeats = h.repeats + t.times from (select f.times, (select m.id"
        "  from inbound_message m where m.source = %(source)s and m.dedupe_key = f.dedupe_key) as id from firsts f"
        "  where not exists (select from ins where ins.dedupe_key = f.dedupe_key)) t where h.message_id = t.id)"
        " select dedupe_key, id from ins",
        {"source": source, "way": way},
        binary=True,
    ).fetchall()
    return Stored(duplicate=len(arrivals) - len(new), ids=dict(new))


def store_one(connection: Connection[Any], *, source: str, way: str, arrival: Arrival) -> tuple[int, bool]:
    """(message id, was it new) for a single message; counts a repeat."""
    store_many(connection, source=source, way=way, arrivals=[arrival])
    row = connection.execute(
        "select m.id, h.repeats from inbound_message m join message_handling h on h.message_id = m.id"
        " where m.source = %s and m.dedupe_key = %s",
        (source, arrival.dedupe_key),
    ).fetchone()
    if row is None:
        raise LookupError(f"message {arrival.dedupe_key.hex()} of {source} is not there after storing it")
    return int(row[0]), int(row[1]) == 0


def replay(connection: Connection[Any], ids: Sequence[int]) -> int:
    """Put messages back to pending; reading them again is idempotent. Returns how many."""
    cursor = connection.execute(
        "update message_handling set status = 0, attempts = 0 where message_id = any(%s) and status <> 0", (list(ids),)
    )
    return cursor.rowcount


def replay_codes(connection: Connection[Any], *, codes: str, changed: Sequence[str]) -> int:
    """Put back to pending every message that used one of these codes ("" stands for events without a code)."""
    cursor = connection.execute(
        "update message_handling h set status = 0, attempts = 0 from (select distinct message_id from observation"
        " where codes = %s and code = any(%s)) o where h.message_id = o.message_id and h.status <> 0",
        (codes, list(changed)),
    )
    return cursor.rowcount
