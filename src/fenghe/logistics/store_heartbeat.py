"""Table shipment_watch (状态心跳): place, claim with a lease, book answers, settle them against the history. All set-wise.

A watch is its own queue entry: `due_at` is pushed forward as a lease when it is claimed, `turn` grows with every claim and
guards what is booked, so two workers never count one poll twice and a killed one loses nothing but time.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.values import Observation
from fenghe.logistics.heartbeat import REMEMBERED

_history = msgspec.json.Decoder(list[Observation])


class Fresh(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel whose watch begins; `history` is what was said of it so far."""

    id: int
    track_id: str
    carrier: str | None
    shipped_at: datetime | None
    final: bool
    changed_at: datetime
    history: list[Observation]


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """Where a watch begins. `stopped` says why it ends at once."""

    id: int
    due_at: datetime | None
    valid_count: int = 0
    seen_at: datetime | None = None
    stopped: str | None = None


def claim_new(connection: Connection[Any], *, limit: int) -> list[Fresh]:
    """Lock watches that have no place yet; those another worker places are passed over."""
    rows = connection.execute(
        "select w.subject_id, w.track_id, p.carrier, p.shipped_at, s.final, s.changed_at, s.history from shipment_watch w"
        " join shipment p on p.subject_id = w.subject_id join subject s on s.id = w.subject_id"
        " where w.phase = 'new' order by w.subject_id limit %s for update of w skip locked",
        (limit,),
    )
    return [
        Fresh(
            id=r[0],
            track_id=r[1],
            carrier=r[2],
            shipped_at=r[3],
            final=r[4],
            changed_at=r[5],
            history=_history.decode(r[6]),
        )
        for r in rows
    ]


def place(connection: Connection[Any], placed: Sequence[Placed], *, now: datetime) -> None:
    """Begin (or end) these watches."""
    connection.execute(
        "update shipment_watch w set phase = case when t.stopped is null then 'watching' else 'stopped' end,"
        " stopped = t.stopped, stopped_at = case when t.stopped is null then null else %s end, due_at = t.due_at,"
        " valid_count = t.valid, seen_at = t.seen_at, follows_id = null, asks_no = null"
        " from unnest(%s::bigint[], %s::timestamptz[], %s::int[], %s::timestamptz[], %s::text[])"
        " t(id, due_at, valid, seen_at, stopped) where w.subject_id = t.id",
        (
            now,
            [one.id for one in placed],
            [one.due_at for one in placed],
            [one.valid_count for one in placed],
            [one.seen_at for one in placed],
            [one.stopped for one in placed],
        ),
    )


def carriers(connection: Connection[Any]) -> list[str]:
    """Carriers of watched parcels; "" where nobody knows."""
    connection.execute(
        "update shipment_watch w set carrier = p.carrier from shipment p where p.subject_id = w.subject_id"
        " and w.phase <> 'stopped' and w.carrier is distinct from p.carrier"
    )
    rows = connection.execute("select distinct coalesce(carrier, '') from shipment_watch where phase <> 'stopped'")
    return [row[0] for row in rows]


def assign(
    connection: Connection[Any], carriers: Sequence[str], sources: Sequence[str | None], *, only_new: bool = False
) -> int:
    """Say whom each carrier's parcels are asked of; returns how many watches have another source now.

    `only_new`: those that have nobody yet, found by an index.
    """
    which = "w.phase = 'watching' and not w.unsettled and w.source is null" if only_new else "w.phase <> 'stopped'"
    cursor = connection.execute(
        "update shipment_watch w set source = t.source from unnest(%s::text[], %s::text[]) t(carrier, source)"
        f" where coalesce(w.carrier, '') = t.carrier and {which} and w.source is distinct from t.source".encode(),
        (list(carriers), list(sources)),
    )
    return cursor.rowcount


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """A watch that is ours to ask about until its lease is over."""

    id: int
    track_id: str
    turn: int
    carrier: str
    number: str
    order_no: str
    phone: str
    final: bool
    shipped_at: datetime | None
    asked_before: datetime | None
    errors: int
    answer_digest: bytes | None
    message_id: int | None
    forwarded_to: str | None
    asks_no: str | None
    follows_id: int | None


def count_due(connection: Connection[Any], source: str, *, now: datetime, limit: int) -> int:
    """How many parcels of a source are due, as far as the limit."""
    row = connection.execute(
        "select count(*) from (select from shipment_watch where source = %s and phase = 'watching' and not unsettled"
        " and due_at <= %s limit %s) due",
        (source, now, limit),
    ).fetchone()
    return int(row[0]) if row else 0


def claim(
    connection: Connection[Any], source: str, *, until: datetime, limit: int, lease: timedelta, now: datetime
) -> list[Poll]:
    """Take up to so many parcels of a source that are due by `until`, in the caller's transaction."""
    rows = connection.execute(
        "with due as materialized (select subject_id, asked_at from shipment_watch where source = %(source)s"
        " and phase = 'watching' and not unsettled and due_at <= %(until)s order by due_at limit %(limit)s"
        " for update skip locked), mine as (update shipment_watch w set turn = w.turn + 1, asked_at = %(now)s,"
        " due_at = %(lease)s from due where w.subject_id = due.subject_id returning w.*, due.asked_at as asked_before)"
        " select m.subject_id, m.track_id, m.turn, coalesce(m.carrier, ''), coalesce(m.asks_no, p.tracking_no),"
        " coalesce(o.order_no, ''), coalesce(o.receiver_phone, ''), s.final, p.shipped_at, m.asked_before, m.errors,"
        " m.answer_digest, m.message_id, p.forwarded_to, m.asks_no, m.follows_id"
        " from mine m join shipment p on p.subject_id = m.subject_id"
        " join subject s on s.id = coalesce(m.follows_id, m.subject_id)"
        " left join customer_order o on o.subject_id = p.order_id order by m.subject_id",
        {"source": source, "until": until, "limit": limit, "lease": now + lease, "now": now},
    )
    return [Poll(**dict(zip(Poll.__struct_fields__, row, strict=True))) for row in rows]


def put_back(connection: Connection[Any], polls: Sequence[Poll], due_at: Sequence[datetime]) -> None:
    """These were not asked after all: as if they had not been claimed, but due then."""
    connection.execute(
        "update shipment_watch w set due_at = t.due_at, asked_at = t.asked from"
        " unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::timestamptz[]) t(id, turn, due_at, asked)"
        " where w.subject_id = t.id and w.turn = t.turn",
        ([one.id for one in polls], [one.turn for one in polls], list(due_at), [one.asked_before for one in polls]),
    )


def stop(connection: Connection[Any], stops: Sequence[tuple[int, str]], *, now: datetime) -> None:
    """These parcels need no more asking: (watch, why)."""
    connection.execute(
        "update shipment_watch w set phase = 'stopped', stopped = t.why, stopped_at = %s, due_at = null, unsettled = false"
        " from unnest(%s::bigint[], %s::text[]) t(id, why) where w.subject_id = t.id and w.phase <> 'stopped'",
        (now, [one[0] for one in stops], [one[1] for one in stops]),
    )


def resume(connection: Connection[Any], *, now: datetime, limit: int = 1000) -> int:
    """Parcels that were thought to be at their end and are not: watch them again."""
    cursor = connection.execute(
        "update shipment_watch set phase = 'new', stopped = null, stopped_at = null where subject_id in"
        " (select w.subject_id from shipment_watch w join subject s on s.id = coalesce(w.follows_id, w.subject_id)"
        "  join shipment p on p.subject_id = w.subject_id where w.phase = 'stopped' and not s.final"
        "  and w.stopped_at > %s - interval '7 days' and (w.stopped = 'final' or (w.stopped = 'forwarded' and"
        "  p.forwarded_to is null)) limit %s)",
        (now, limit),
    )
    return cursor.rowcount


class Successor(msgspec.Struct, frozen=True, kw_only=True):
    """The number a parcel goes on under: its subject (None: nobody told of it yet), and is that one watched itself?"""

    number: str
    id: int | None
    watched: bool


def successors(connection: Connection[Any], numbers: Sequence[str]) -> dict[str, Successor]:
    """By number told in a 转单, where the road of that parcel ends (at most five hand-overs on)."""
    rows = connection.execute(
        "with recursive road as (select n as first, n as number, p.subject_id, p.forwarded_to, 1 as hop"
        " from unnest(%s::text[]) n left join shipment p on p.tracking_no = n union all"
        " select r.first, r.forwarded_to, p.subject_id, p.forwarded_to, r.hop + 1 from road r"
        " left join shipment p on p.tracking_no = r.forwarded_to where r.forwarded_to is not null and r.hop < 5)"
        " select distinct on (r.first) r.first, r.number, r.subject_id, w.subject_id is not null from road r"
        " left join shipment_watch w on w.subject_id = r.subject_id order by r.first, r.hop desc",
        (list(numbers),),
    )
    return {row[0]: Successor(number=row[1], id=row[2], watched=row[3]) for row in rows}


def follow(connection: Connection[Any], followed: Sequence[tuple[int, Successor]]) -> None:
    """From now on the watch asks for the number the parcel goes on under."""
    connection.execute(
        "update shipment_watch w set asks_no = t.number, follows_id = t.follows, valid_count = 0, seen_at = null,"
        " answer_digest = null from unnest(%s::bigint[], %s::text[], %s::bigint[]) t(id, number, follows)"
        " where w.subject_id = t.id",
        ([one[0] for one in followed], [one[1].number for one in followed], [one[1].id for one in followed]),
    )


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """How one poll ended. `error` None: it was answered; `message_id` where the answer said something else than before."""

    id: int
    turn: int
    due_at: datetime
    error: str | None = None
    digest: bytes | None = None
    message_id: int | None = None
    answer: dict[str, Any] | None = None
    recent: dict[str, Any] = {}


def book(connection: Connection[Any], booked: Sequence[Booked], *, now: datetime) -> int:
    """Write what polls came to; one whose lease was lost meanwhile is left to whoever has it. Returns how many counted."""
    told = [{**msgspec.to_builtins(one), "digest": one.digest.hex() if one.digest else None} for one in booked]
    cursor = connection.execute(
        "update shipment_watch w set due_at = t.due_at, polls = w.polls + 1,"
        " errors = case when t.error is null then 0 else least(w.errors + 1, 1000) end, last_error = t.error,"
        " answered_at = case when t.error is null then %(now)s else w.answered_at end, unsettled = t.error is null,"
        " answer_digest = coalesce(decode(t.digest, 'hex'), w.answer_digest),"
        " message_id = coalesce(t.message_id, w.message_id), answer = coalesce(t.answer, w.answer),"
        f" recent = jsonb_path_query_array(w.recent, '$[last - {REMEMBERED - 2} to last]') || t.recent"
        " from jsonb_to_recordset(%(told)s::jsonb) t(id bigint, turn int, due_at timestamptz, error text, digest text,"
        " message_id bigint, answer jsonb, recent jsonb)"
        " where w.subject_id = t.id and w.turn = t.turn and w.phase = 'watching'",
        {"now": now, "told": orjson.dumps(told).decode()},
    )
    return cursor.rowcount


def count_repeats(connection: Connection[Any], message_ids: Sequence[int]) -> None:
    """An answer that says what an earlier one said is counted there and not stored again."""
    connection.execute(
        "update message_handling h set repeats = h.repeats + t.times from (select id, count(*) as times"
        " from unnest(%s::bigint[]) id group by id order by id) t where h.message_id = t.id",
        (list(message_ids),),
    )


def message_ids(connection: Connection[Any], source: str, keys: Sequence[bytes]) -> dict[bytes, int]:
    """The stored messages of these dedupe keys."""
    rows = connection.execute(
        "select dedupe_key, id from inbound_message where source = %s and dedupe_key = any(%s)", (source, list(keys))
    )
    return {bytes(row[0]): row[1] for row in rows}


def note_asked(connection: Connection[Any], number: str, *, now: datetime) -> None:
    """Somebody else asked about this number: the heartbeat leaves it alone for as long as the platform wants."""
    connection.execute(
        "update shipment_watch set asked_at = greatest(asked_at, %s) where subject_id ="
        " (select subject_id from shipment where tracking_no = %s)",
        (now, number),
    )


def asked_at(connection: Connection[Any], number: str) -> datetime | None:
    """When the heartbeat last asked about this number."""
    row = connection.execute(
        "select w.asked_at from shipment_watch w join shipment p on p.subject_id = w.subject_id where p.tracking_no = %s",
        (number,),
    ).fetchone()
    return row[0] if row else None


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A watch to be held against the history. `history` only when it changed since the last look."""

    id: int
    number: str
    order_no: str
    carrier: str | None
    polled: bool
    empties: int
    silent: bool
    episode: int
    valid_count: int
    final: bool
    changed_at: datetime
    history: list[Observation] | None
    recent: list[dict[str, Any]]
    shipped_at: datetime | None
    news_at: datetime | None


_ANSWERED: Final = (
    "select w.subject_id, p.tracking_no, coalesce(o.order_no, ''), w.carrier, w.unsettled, w.empties,"
    " w.silent_since is not null, w.episode, w.valid_count, s.final, s.changed_at,"
    " case when w.asks_no is not null and w.follows_id is null then '[]'"
    " when w.seen_at is distinct from s.changed_at then s.history end, w.recent, p.shipped_at, w.news_at"
    " from shipment_watch w join shipment p on p.subject_id = w.subject_id"
    " join subject s on s.id = coalesce(w.follows_id, w.subject_id) left join customer_order o on o.subject_id = p.order_id"
)


def claim_answered(connection: Connection[Any], *, limit: int) -> list[Answered]:
    """Lock watches whose answer is judged by now; a number that parcels go on under may have become known by it."""
    connection.execute(
        "update shipment_watch w set follows_id = p.subject_id from shipment p where w.unsettled and w.follows_id is null"
        " and p.tracking_no = w.asks_no"
    )
    rows = connection.execute(
        f"{_ANSWERED} left join message_handling h on h.message_id = w.message_id"
        " where w.unsettled and coalesce(h.status, 1) <> 0 order by w.answered_at limit %s"
        " for update of w skip locked".encode(),
        (limit,),
    )
    return [_answered(row) for row in rows]


def claim_heard(connection: Connection[Any], *, limit: int) -> list[Answered]:
    """Lock marked watches of whose parcel something was said since (by a push, say), or that are at their end."""
    rows = connection.execute(
        f"{_ANSWERED} where w.silent_since is not null and not w.unsettled"
        " and (w.seen_at is distinct from s.changed_at or s.final) order by w.subject_id limit %s"
        " for update of w skip locked".encode(),
        (limit,),
    )
    return [_answered(row) for row in rows]


def _answered(row: Sequence[Any]) -> Answered:
    told = dict(zip(Answered.__struct_fields__, row, strict=True))
    return Answered(**{**told, "history": None if told["history"] is None else _history.decode(told["history"])})


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at the history came to."""

    id: int
    empties: int
    silent: bool
    episode: int
    news: bool
    valid_count: int
    seen_at: datetime
    outcome: str | None
    stopped: str | None
    rule_version: str


def settle(connection: Connection[Any], settled: Sequence[Settled], *, now: datetime) -> None:
    """Write what the looks came to; the last poll in `recent` is given its outcome."""
    connection.execute(
        "update shipment_watch w set unsettled = false, empties = t.empties, episode = t.episode, seen_at = t.seen_at,"
        " valid_count = t.valid_count, rule_version = t.rule_version,"
        " news_at = case when t.news then %(now)s else w.news_at end,"
        " silent_since = case when t.silent then coalesce(w.silent_since, %(now)s) end,"
        " recent = case when t.outcome is null or jsonb_array_length(w.recent) = 0 then w.recent"
        "  else jsonb_set(w.recent, '{-1,outcome}', to_jsonb(t.outcome)) end,"
        " phase = case when t.stopped is null then w.phase else 'stopped' end, stopped = coalesce(t.stopped, w.stopped),"
        " stopped_at = case when t.stopped is null then w.stopped_at else %(now)s end,"
        " due_at = case when t.stopped is null then w.due_at end"
        " from jsonb_to_recordset(%(told)s::jsonb) t(id bigint, empties int, silent boolean, episode int, news boolean,"
        " valid_count int, seen_at timestamptz, outcome text, stopped text, rule_version text) where w.subject_id = t.id",
        {"now": now, "told": msgspec.json.encode(settled).decode()},
    )
