"""Expected times in the database (预计时长读写): learnt set-wise from done clocks, kept with their number of cases."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.insight.expected import PERCENTS, WINDOW_DAYS, Expected, Key
from fenghe.kernel.store_reading import Row, fetch, find

LEAST: Final = 5
"""Scopes of fewer cases are not kept; from how many something may be claimed is the rule's matter."""

_POINTS: Final = ", ".join(f"{percent / 100:.2f}" for percent in PERCENTS)

_LEARN: Final = (
    "with done as (select stage, carrier, origin, destination, shop, channel, stage = 'ship' as by_order,"
    " greatest(extract(epoch from done_at - started_at), 0) as took from stage_clock where exact and outcome in"
    " ('in_time', 'late', 'done') and done_at >= %(since)s and done_at <= %(now)s), grouped as ("
    "select stage, case when grouping(shop) = 0 then 'shop' when grouping(channel) = 0 then 'channel'"
    " when grouping(origin) = 0 then 'route' when grouping(destination) = 0 then 'lane'"
    " when grouping(carrier) = 0 then 'carrier' else 'all' end as scope, coalesce(carrier, '') as carrier,"
    " coalesce(origin, '') as origin, coalesce(destination, '') as destination, coalesce(shop, '') as shop,"
    " coalesce(channel, '') as channel, count(*) as cases,"
    f" percentile_cont(array[{_POINTS}]) within group (order by took) as seconds from done group by grouping sets"
    " ((stage, carrier, origin, destination), (stage, carrier, destination), (stage, carrier), (stage, shop),"
    " (stage, channel), (stage)))"
    " insert into expected_time as e (stage, scope, carrier, origin, destination, shop, channel, cases, seconds,"
    " window_from, window_to, computed_at) select stage, scope, carrier, origin, destination, shop, channel, cases,"
    " (select array_agg(round(s)::int order by n) from unnest(seconds) with ordinality u(s, n)), %(since)s, %(now)s, %(now)s"
    " from grouped where cases >= %(least)s and case scope when 'route' then carrier <> '' and origin <> '' and"
    " destination <> '' and stage <> 'ship' when 'lane' then carrier <> '' and destination <> '' and stage <> 'ship'"
    " when 'carrier' then carrier <> '' and stage <> 'ship' when 'shop' then shop <> '' and stage = 'ship'"
    " when 'channel' then channel <> '' else true end"
    " on conflict (stage, scope, carrier, origin, destination, shop, channel) do update set cases = excluded.cases,"
    " seconds = excluded.seconds, window_from = excluded.window_from, window_to = excluded.window_to,"
    " computed_at = excluded.computed_at"
)


def learn(connection: Connection[Any], *, now: datetime, days: int = WINDOW_DAYS) -> int:
    """Learn from the stages done in the last days; returns how many expectations there are.

    What was learnt before and has no case in the window any more says that it rests on none. Clocks that run are read
    anew, so that each finds the most special expectation there is now.
    """
    with connection.transaction():
        values = {"since": now - timedelta(days=days), "now": now, "least": LEAST}
        learnt = connection.execute(_LEARN.encode(), values).rowcount
        connection.execute(
            "update expected_time set cases = 0, window_from = %(since)s, window_to = %(now)s, computed_at = %(now)s"
            " where computed_at <> %(now)s and cases > 0",
            values,
        )
        connection.execute(
            "insert into clock_look (subject_id) select distinct subject_id from stage_clock where outcome = 'open'"
        )
    return learnt


LEARN_LOCK: Final = 7333


def take_turn(connection: Connection[Any]) -> bool:
    """Whether nobody else learns right now; ours until the transaction ends."""
    row = connection.execute("select pg_try_advisory_xact_lock(%s)", (LEARN_LOCK,)).fetchone()
    return bool(row and row[0])


def rests_on(connection: Connection[Any]) -> tuple[datetime | None, int]:
    """(when something was last learnt, the cases of the stage that has most)."""
    row = find(
        connection,
        "select max(computed_at) as at, coalesce(max(cases), 0) as cases from expected_time where scope = 'all'",
    )
    return (row["at"], int(row["cases"])) if row else (None, 0)


def learnt_at(connection: Connection[Any]) -> datetime | None:
    """When something was last learnt."""
    row = find(connection, "select max(computed_at) as at from expected_time")
    return row["at"] if row else None


_COLUMNS: Final = "id, stage, scope, carrier, origin, destination, shop, channel, cases, seconds"


def load(connection: Connection[Any]) -> dict[Key, Expected]:
    """Everything learnt that rests on something, by where it is looked up."""
    rows = fetch(connection, f"select {_COLUMNS} from expected_time where cases > 0")
    return {_key(row): expected_of(row) for row in rows}


def _key(row: Row) -> Key:
    return (
        row["stage"], row["scope"], row["carrier"], row["origin"], row["destination"], row["shop"], row["channel"],
    )  # fmt: skip


def expected_of(row: Row) -> Expected:
    """One row as the rule takes it."""
    return Expected(id=row["id"], scope=row["scope"], cases=row["cases"], seconds=tuple(row["seconds"]))


def by_id(connection: Connection[Any], ids: set[int]) -> dict[int, Expected]:
    """These expectations as they stand now."""
    rows = fetch(connection, f"select {_COLUMNS} from expected_time where id = any(%(ids)s)", {"ids": sorted(ids)})
    return {row["id"]: expected_of(row) for row in rows}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which expectations: of a stage, of a scope, about a carrier, place, shop or channel that contains `q`."""

    stage: str = ""
    scope: str = ""
    q: str = ""


def listed(connection: Connection[Any], asked: Asked, *, shops: Sequence[str] | None, limit: int) -> list[Row]:
    """What was learnt, those with the most cases first; other people's shops are left out."""
    values = {**msgspec.to_builtins(asked), "limit": limit, "shops": list(shops or ())}
    own = "" if shops is None else " and (shop = '' or shop = any(%(shops)s))"
    return fetch(
        connection,
        f"select {_COLUMNS}, window_from, window_to, computed_at from expected_time where cases > 0 and (%(stage)s = ''"
        " or stage = %(stage)s) and (%(scope)s = '' or scope = %(scope)s) and (%(q)s = '' or strpos(concat_ws(' ',"
        f" carrier, origin, destination, shop, channel), %(q)s) > 0){own} order by stage, cases desc, id limit %(limit)s",
        values,
    )
