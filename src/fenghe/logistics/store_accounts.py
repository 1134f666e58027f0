"""Table carrier_account (承运商账户): one bucket and one breaker a source, shared by all workers, and what it did by hour."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from psycopg import Connection

from fenghe.kernel.outbox.breaker import Breaker
from fenghe.kernel.outbox.pacing import Bucket

OUTCOMES_KEPT = 40
HOURS_KEPT = timedelta(days=14)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A source's standing, locked."""

    source: str
    bucket: Bucket | None
    breaker: Breaker
    paused_until: datetime | None
    last_call_at: datetime | None = None


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What came back from a source in one go."""

    source: str
    errors: int = 0
    answers: int = 0
    last_error: str | None = None
    paused_until: datetime | None = None


def lock(connection: Connection[Any], source: str, *, wait: bool) -> Account | None:
    """Lock a source's account; None when another worker holds it and we do not wait."""
    how = "" if wait else " skip locked"
    query = (
        "select tokens, filled_at, breaker::text, paused_until, last_call_at from carrier_account where source = %s"
        f" for update{how}"
    ).encode()
    row = connection.execute(query, (source,)).fetchone()
    if row is None:
        connection.execute("insert into carrier_account (source) values (%s) on conflict do nothing", (source,))
        row = connection.execute(query, (source,)).fetchone()
    if row is None:
        return None
    bucket = None if row[0] is None else Bucket(row[0], row[1])
    breaker = Breaker() if row[2] == "{}" else msgspec.json.decode(row[2], type=Breaker)
    return Account(source=source, bucket=bucket, breaker=breaker, paused_until=row[3], last_call_at=row[4])


def note_lacking(connection: Connection[Any], lacks: Mapping[str, str]) -> None:
    """What each source still needs before it can be asked; "" where nothing is."""
    connection.execute(
        "insert into carrier_account as a (source, lacking) select * from unnest(%s::text[], %s::text[]) order by 1"
        " on conflict (source) do update set lacking = excluded.lacking where a.lacking <> excluded.lacking",
        (list(lacks), list(lacks.values())),
    )


def unable(connection: Connection[Any]) -> set[str]:
    """Sources that lack what a query needs."""
    return {row[0] for row in connection.execute("select source from carrier_account where lacking <> ''")}


def sent(
    connection: Connection[Any],
    account: Account,
    *,
    bucket: Bucket,
    breaker: Breaker,
    calls: int,
    parcels: int,
    now: datetime,
) -> None:
    """So many calls are going out."""
    connection.execute(
        "update carrier_account set tokens = %s, filled_at = %s, breaker = %s::jsonb,"
        " last_call_at = case when %s then %s else last_call_at end where source = %s",
        (bucket.tokens, bucket.at, _breaker_json(breaker), calls > 0, now, account.source),
    )
    if calls:
        _count(connection, account.source, now=now, calls=calls, parcels=parcels, errors=0)


def heard(connection: Connection[Any], tally: Tally, *, breaker: Breaker, now: datetime) -> None:
    """So many answers and errors came back."""
    connection.execute(
        "update carrier_account set breaker = %(breaker)s::jsonb,"
        " paused_until = greatest(paused_until, %(paused)s),"
        " failing_since = case when %(answers)s > 0 then null else coalesce(failing_since, %(now)s) end,"
        " last_answer_at = case when %(answers)s > 0 then %(now)s else last_answer_at end,"
        " last_error = coalesce(%(error)s, last_error),"
        " last_error_at = case when %(error)s::text is null then last_error_at else %(now)s end"
        " where source = %(source)s",
        {
            "breaker": _breaker_json(breaker),
            "paused": tally.paused_until,
            "answers": tally.answers,
            "error": tally.last_error,
            "now": now,
            "source": tally.source,
        },
    )
    if tally.errors:
        _count(connection, tally.source, now=now, calls=0, parcels=0, errors=tally.errors)


def _breaker_json(breaker: Breaker) -> str:
    kept = msgspec.structs.replace(breaker, outcomes=breaker.outcomes[-OUTCOMES_KEPT:])
    return msgspec.json.encode(kept).decode()


def _count(connection: Connection[Any], source: str, *, now: datetime, calls: int, parcels: int, errors: int) -> None:
    hour = now.replace(minute=0, second=0, microsecond=0)
    connection.execute(
        "insert into carrier_account_hour as h (source, hour, calls, parcels, errors) values (%s, %s, %s, %s, %s)"
        " on conflict (source, hour) do update set calls = h.calls + excluded.calls,"
        " parcels = h.parcels + excluded.parcels, errors = h.errors + excluded.errors",
        (source, hour, calls, parcels, errors),
    )


def forget_hours(connection: Connection[Any], *, now: datetime) -> None:
    """Old hours are no longer looked at."""
    connection.execute("delete from carrier_account_hour where hour < %s", (now - HOURS_KEPT,))


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """A reason why parcels cannot be asked about: a source that fails, or a carrier nobody can ask."""

    source: str | None
    carrier: str
    title: str
    error: str
    since: datetime | None
    parcels: int
    numbers: Sequence[str] = ()


def failing(connection: Connection[Any], *, before: datetime, unanswered_before: datetime) -> list[Trouble]:
    """Sources from which nothing but errors came since `before`, or that leave parcels unanswered for too long."""
    rows = connection.execute(
        "select s.id, s.title, coalesce(a.last_error, ''), a.failing_since, (select count(*) from shipment_watch w"
        "  where w.source = s.id and w.phase = 'watching'), coalesce(stuck.numbers, '{}'), stuck.error"
        " from source s left join carrier_account a on a.source = s.id"
        " left join lateral (select array_agg(t.tracking_no) as numbers, max(t.last_error) as error from"
        "  (select p.tracking_no, w.last_error from shipment_watch w join shipment p on p.subject_id = w.subject_id"
        "  where w.source = s.id and w.phase = 'watching' and w.errors > 0"
        "  and coalesce(w.answered_at, w.started_at) < %(stuck)s order by w.answered_at nulls first limit 5) t) stuck on true"
        " where s.enabled and (a.failing_since < %(before)s or stuck.numbers is not null)",
        {"before": before, "stuck": unanswered_before},
    )
    return [
        Trouble(
            source=r[0],
            carrier="",
            title=r[1],
            error=r[6] or r[2],
            since=r[3],
            parcels=r[4],
            numbers=() if r[3] else r[5],
        )
        for r in rows
    ]


def without_asker(connection: Connection[Any]) -> list[Trouble]:
    """Carriers whose watched parcels nobody can be asked about."""
    rows = connection.execute(
        "select coalesce(carrier, ''), count(*), min(started_at) from shipment_watch where phase = 'watching'"
        " and source is null group by 1 order by 1"
    )
    return [Trouble(source=None, carrier=r[0], title="", error="", since=r[2], parcels=r[1]) for r in rows]


def open_keys(connection: Connection[Any], kind: str) -> list[str]:
    """Keys of open cases of a kind."""
    rows = connection.execute("select key from work_case where kind = %s and status = 'open'", (kind,))
    return [row[0] for row in rows]
