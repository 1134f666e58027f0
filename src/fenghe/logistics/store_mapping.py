"""Status mappings and thresholds in the database (映射与阈值读写): codes as heard, drafts, who is judged anew.

Counts leap over the index of codes and look at the last 72 hours of each, so they cost what those hours hold, not what
all years hold.
"""

from collections.abc import Sequence
from typing import Any, Final

from psycopg import Connection

from fenghe.kernel.store_reading import Row, fetch, find

RECENT: Final = "72 hours"
MOST_LISTS: Final = 300
"""Code lists that are looked for among what was heard."""
MOST_CODES: Final = 1_000
"""Codes of one list that are shown; a teller who invents codes must not stop the page."""
COUNT_TO: Final = 10_000
"""All events of one code ever heard are counted as far as this."""
LOOK_AT: Final = 1_000
"""Newest scans without a code that are looked at for those whose text waits."""
MOST_CARRIERS: Final = 300

_LISTS: Final = (
    "with recursive list(codes, n) as ((select o.codes, 1 from observation o order by o.codes limit 1) union all"
    " select x.codes, l.n + 1 from list l cross join lateral (select o.codes from observation o where o.codes > l.codes"
    f" order by o.codes limit 1) x where l.n < {MOST_LISTS})"
    " select l.codes from list l where (select o.kind from observation o where o.codes = l.codes limit 1) = 'event'"
)


def lists_heard(connection: Connection[Any]) -> list[str]:
    """Code lists that tracking events came under."""
    return [row["codes"] for row in fetch(connection, _LISTS)]


def is_list_known(connection: Connection[Any], kind: str, codes: str) -> bool:
    """Whether anything was ever heard under a code list, or somebody made a mapping of it."""
    row = find(
        connection,
        "select exists (select from observation where codes = %(codes)s and kind = 'event')"
        " or exists (select from declaration_version where kind = %(kind)s and name = %(codes)s)"
        " or exists (select from declaration_draft where kind = %(kind)s and name = %(codes)s) as known",
        {"kind": kind, "codes": codes},
    )
    return bool(row and row["known"])


def source_settings(connection: Connection[Any]) -> list[tuple[str, dict[str, Any]]]:
    """(title, settings) of every source, as far as they are open."""
    return [(row["title"], row["config"]) for row in fetch(connection, "select title, config from source order by id")]


_CODES: Final = (
    "(with recursive c(code, n) as ((select o.code, 1 from observation o where o.codes = l.codes order by o.code"
    " limit 1) union all select x.code, c.n + 1 from c cross join lateral (select o.code from observation o where"
    f" o.codes = l.codes and o.code > c.code order by o.code limit 1) x where c.n < {MOST_CODES})"
    " select code from c) c"
)
"""The codes heard under list `l`, each found by one leap over the index."""

_UNREAD: Final = (
    "(select count(*) as total from (select from observation o where o.status is null"
    f" and o.kind in ('event', 'snapshot') and o.codes = l.codes and o.code = c.code limit {COUNT_TO + 1}) k) u"
)
"""In the words of the index of what is unread, and counted rather than asked whether any, so that it is used."""

_NEWEST: Final = (
    "(select o.status, o.body from observation o where o.codes = l.codes and o.code = '' order by o.heard_at desc"
    f" limit {LOOK_AT}) k where k.status is null and k.body <> ''"
)
"""Of the newest scans without a code, those whose text waits for a meaning; one without text too waits for nothing."""

_WAITING: Final = f"case when c.code <> '' then u.total else (select count(*) from {_NEWEST}) end as waiting"

_RECENT: Final = (
    "(select count(*) as events from observation o where o.codes = l.codes and o.code = c.code"
    f" and o.heard_at >= now() - interval '{RECENT}') r"
)

COUNTS: Final = (
    f"select l.codes, c.code, r.events, {_WAITING}, case when u.total > 0 then (select count(*) from observation o"
    " where o.codes = l.codes and o.code = c.code and o.status is null"
    f" and o.heard_at >= now() - interval '{RECENT}') else 0 end as unread"
    f" from unnest(%(lists)s::text[]) l(codes) cross join lateral {_CODES} cross join lateral {_RECENT}"
    f" cross join lateral {_UNREAD}"
)


def recent_counts(connection: Connection[Any], lists: Sequence[str]) -> list[Row]:
    """For each code of these lists: events and unread events of the last 72 hours, and how many wait at all."""
    return fetch(connection, COUNTS, {"lists": list(lists)})


SEEN: Final = (
    "select c.code, r.events as events_72h, t.total as events_total, last.heard_at as last_seen_at,"
    f" coalesce(case when c.code = '' then (select k.body from {_NEWEST} limit 1) end, last.body) as sample_text,"
    f" {_WAITING}"
    f" from (select %(codes)s::text as codes) l cross join lateral {_CODES} cross join lateral {_RECENT}"
    " cross join lateral (select count(*) as total from (select from observation o where o.codes = l.codes"
    f" and o.code = c.code limit {COUNT_TO + 1}) k) t"
    " cross join lateral (select o.heard_at, o.body from observation o where o.codes = l.codes and o.code = c.code"
    " order by o.heard_at desc limit 1) last"
    f" cross join lateral {_UNREAD} order by c.code"
)


def codes_seen(connection: Connection[Any], codes: str) -> list[Row]:
    """Every code heard under a list: how often, when last, a sample, and how many scans wait for its meaning."""
    return fetch(connection, SEEN, {"codes": codes})


_CARRIERS: Final = (
    "with recursive one(carrier, n) as ((select p.carrier, 1 from shipment p where p.carrier is not null"
    " order by p.carrier limit 1) union all select x.carrier, one.n + 1 from one cross join lateral (select p.carrier"
    " from shipment p where p.carrier > one.carrier order by p.carrier limit 1) x"
    f" where one.n < {MOST_CARRIERS}) select carrier from one"
)


def carriers_seen(connection: Connection[Any]) -> list[str]:
    """Who carries our parcels."""
    return [row["carrier"] for row in fetch(connection, _CARRIERS)]


def mark_due(connection: Connection[Any], *, carrier: str | None, except_for: Sequence[str] = ()) -> int:
    """Have every parcel of a carrier judged anew (None: of all carriers but `except_for`); returns how many.

    Rows are locked in the order workers lock them.
    """
    whose = "p.carrier = %(carrier)s" if carrier is not None else "(p.carrier is null or p.carrier <> all(%(others)s))"
    return connection.execute(
        (
            "with mine as materialized (select s.id from subject s join shipment p on p.subject_id = s.id"
            f" where s.kind = 'shipment' and {whose} order by s.kind, s.key for update of s)"
            " update subject s set due_at = now() from mine where s.id = mine.id"
        ).encode(),
        {"carrier": carrier, "others": list(except_for)},
    ).rowcount
