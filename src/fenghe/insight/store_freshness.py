"""Freshness in the database (新鲜度读写): each source's last good call and its usual rhythm, a handful of rows by indexes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.insight.freshness import LEARNT_DAYS, Rhythm, learn
from fenghe.kernel.store_reading import Row, fetch

LOOK_AT: Final = 50
"""Newest messages of a source that are looked at for one that could be read."""

WATCH_LOCK: Final = 7332


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A source with what was last heard of it; `way` is how: webhook, poll, file."""

    id: str
    title: str
    kind: str
    enabled: bool
    created_at: datetime
    last_good_at: datetime | None
    last_way: str | None
    last_any_at: datetime | None
    rhythm: Rhythm | None
    rhythm_to: datetime | None
    learnt_at: datetime | None
    standing: str
    since: datetime | None
    case_open: bool


_HEARD: Final = (
    "select s.id, s.title, s.kind, s.enabled, s.created_at, w.rhythm, w.rhythm_days, w.rhythm_to, w.learnt_at,"
    " coalesce(w.standing, 'unknown') as standing, w.since, coalesce(w.case_open, false) as case_open,"
    " w.last_good_at as kept_at, w.last_way as kept_way, g.received_at as good_at, g.way as good_way,"
    " n.received_at as last_any_at, a.done_at as answered_at from source s left join source_watch w on w.source = s.id"
    " left join lateral (select m.received_at from inbound_message m where m.source = s.id order by m.received_at desc,"
    " m.id desc limit 1) n on true left join lateral (select m.received_at, m.way from (select id, received_at, way from"
    f" inbound_message where source = s.id order by received_at desc, id desc limit {LOOK_AT}) m join message_handling h"
    " on h.message_id = m.id and h.status <> 2 order by m.received_at desc limit 1) g on true"
    " left join lateral (select max(o.done_at) as done_at from (select done_at from outbox where source = s.id and"
    f" status = 'done' order by id desc limit {LOOK_AT}) o) a on true where s.kind <> 'person' order by s.kind, s.id"
)


def heard(connection: Connection[Any]) -> list[Heard]:
    """Every source there is, dead ones too."""
    return [_heard(row) for row in fetch(connection, _HEARD)]


def _heard(row: Row) -> Heard:
    told = [
        (at, way)
        for at, way in (
            (row["good_at"], row["good_way"]),
            (row["answered_at"], "poll"),
            (row["kept_at"], row["kept_way"]),
        )
        if at is not None
    ]
    last_good_at, last_way = max(told, key=lambda one: one[0], default=(None, None))
    rhythm = Rhythm(counts=tuple(row["rhythm"]), days=row["rhythm_days"]) if row["rhythm"] else None
    return Heard(
        **{
            name: row[name]
            for name in (
                "id", "title", "kind", "enabled", "created_at", "last_any_at", "rhythm_to", "learnt_at", "standing",
                "since", "case_open",
            )
        },
        last_good_at=last_good_at,
        last_way=last_way,
        rhythm=rhythm,
    )  # fmt: skip


def take_watch(connection: Connection[Any]) -> bool:
    """Whether nobody else watches sources right now; ours until the transaction ends."""
    row = connection.execute("select pg_try_advisory_xact_lock(%s)", (WATCH_LOCK,)).fetchone()
    return bool(row and row[0])


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """How a source stands, to be kept."""

    source: str
    last_good_at: datetime | None
    last_way: str | None
    standing: str
    case_open: bool


def write_watch(connection: Connection[Any], rows: Sequence[Watched], *, now: datetime) -> None:
    """Keep how sources stand, and since when."""
    connection.execute(
        "insert into source_watch as w (source, last_good_at, last_way, standing, case_open, since)"
        " select *, %s from unnest(%s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::bool[])"
        " on conflict (source) do update set last_good_at = excluded.last_good_at, last_way = excluded.last_way,"
        " since = case when w.standing = excluded.standing then w.since else excluded.since end,"
        " standing = excluded.standing, case_open = excluded.case_open where (w.last_good_at, w.standing, w.case_open)"
        " is distinct from (excluded.last_good_at, excluded.standing, excluded.case_open)",
        (
            now,
            [one.source for one in rows],
            [one.last_good_at for one in rows],
            [one.last_way for one in rows],
            [one.standing for one in rows],
            [one.case_open for one in rows],
        ),
    )


_ARRIVALS: Final = (
    "select (extract(isodow from m.received_at at time zone 'Asia/Shanghai')::int - 1) * 24 +"
    " extract(hour from m.received_at at time zone 'Asia/Shanghai')::int as hour, count(*) as arrivals"
    " from inbound_message m where m.source = %(source)s and m.received_at > %(until)s - %(days)s * interval '1 day'"
    " and m.received_at <= %(until)s group by 1"
)


def learn_rhythm(connection: Connection[Any], source: str, *, until: datetime, now: datetime) -> Rhythm:
    """Learn a source's rhythm from the days before its last good call: a silence teaches nothing."""
    rows = fetch(connection, _ARRIVALS, {"source": source, "until": until, "days": LEARNT_DAYS})
    rhythm = learn([(row["hour"], row["arrivals"]) for row in rows])
    connection.execute(
        "insert into source_watch as w (source, rhythm, rhythm_days, rhythm_to, learnt_at) values (%s, %s, %s, %s, %s)"
        " on conflict (source) do update set rhythm = excluded.rhythm, rhythm_days = excluded.rhythm_days,"
        " rhythm_to = excluded.rhythm_to, learnt_at = excluded.learnt_at",
        (source, list(rhythm.counts), rhythm.days, until, now),
    )
    return rhythm


def pauses(connection: Connection[Any], source: str, *, since: datetime) -> list[datetime]:
    """When a source's messages came, by the minute and oldest first: what a dry run of an expectation goes over."""
    rows = fetch(
        connection,
        "select distinct date_trunc('minute', received_at) as at from inbound_message where source = %(source)s"
        " and received_at >= %(since)s order by at limit 50000",
        {"source": source, "since": since},
    )
    return [row["at"] for row in rows]
