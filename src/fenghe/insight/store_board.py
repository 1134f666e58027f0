"""Reading clocks for the screens (时效查询): the board, the list by what is due first, an order's clocks."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.insight.store_clocks import STAGES
from fenghe.kernel.listing import Counts, numbers_of, words_of
from fenghe.kernel.store_reading import COUNT_TO, Row, Where, count_of, fetch, find
from fenghe.kernel.store_subjects import ids_of_numbers
from fenghe.kernel.web.paging import Paging, read_ids
from fenghe.kernel.web.problems import bad_field

TABS: Final[Mapping[str, str]] = {
    "at_risk": "k.outcome = 'open' and k.due_at > now() and k.warn_at <= now()",
    "breached": "k.outcome = 'open' and k.due_at <= now()",
    "running": "k.outcome = 'open' and (k.due_at > now() or k.due_at is null)",
    "lapsed": "k.outcome = 'lapsed'",
}
SORTS: Final = {"due_at": "k.due_at", "risk": "k.risk_minor"}
DEFAULT_SORT: Final = "due_at"


class ClockFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the list may be narrowed by, as the address says it."""

    tab: str = "at_risk"
    q: str = ""
    stage: str = ""
    channel: str = ""
    shop: str = ""
    carrier: str = ""
    ids: str = ""


def _conditions(connection: Connection[Any], asked: ClockFilter, shops: Sequence[str] | None) -> Where:
    if asked.tab not in TABS:
        raise bad_field("tab", f"没有 {asked.tab} 这个标签,可用的有 {'、'.join(TABS)}")
    stages = words_of(asked.stage)
    if unknown := [stage for stage in stages if stage not in STAGES]:
        raise bad_field("stage", f"没有 {unknown[0]} 这个环节,可用的有 {'、'.join(STAGES)}")
    where = Where()
    where.own("k.shop", shops)
    where.any_of("k.stage", "stage", stages)
    where.any_of("k.channel", "channel", words_of(asked.channel))
    where.any_of("k.shop", "shop", words_of(asked.shop))
    where.any_of("k.carrier", "carrier", words_of(asked.carrier))
    if numbers := numbers_of(asked.q):
        where.add("k.subject_id = any(%(subjects)s)", subjects=ids_of_numbers(connection, numbers))
    if (ids := read_ids(asked.ids)) is not None:
        where.add("k.subject_id = any(%(ids)s)", ids=list(ids))
    return where


COLUMNS: Final = (
    "k.subject_id, k.stage, k.order_id, k.channel, k.shop, k.carrier, k.order_type, k.region, k.origin, k.destination,"
    " k.amount_minor, k.currency, k.started_at, k.due_at, k.warn_at, k.done_at, k.heard_at, k.exact, k.outcome,"
    " k.promise, k.risk_minor, k.case_open, o.order_no, p.tracking_no, e.id as expect_id, e.scope, e.cases, e.seconds"
)
_FROM: Final = (
    "stage_clock k left join customer_order o on o.subject_id = k.order_id left join shipment p on p.subject_id ="
    " k.subject_id left join expected_time e on e.id = k.expect_id"
)


def page(
    connection: Connection[Any], asked: ClockFilter, *, shops: Sequence[str] | None, paging: Paging
) -> tuple[list[Row], Counts]:
    """One page of clocks, and how many there are under each tab."""
    where = _conditions(connection, asked, shops)
    where.values |= {"size": paging.size, "offset": paging.offset}
    rows = fetch(connection, f"{_select(where, asked, paging)} limit %(size)s offset %(offset)s", where.values)
    parts = [f'{count_of("stage_clock k", where.sql(only), up_to=COUNT_TO)} as "{tab}"' for tab, only in TABS.items()]
    found = find(connection, f"select {', '.join(parts)}", where.values) or {}
    tabs = {tab: int(found.get(tab, 0)) for tab in TABS}
    return rows, Counts(total=tabs[asked.tab], limit=COUNT_TO, tabs=tabs, tab=asked.tab)


def everything(
    connection: Connection[Any], asked: ClockFilter, *, shops: Sequence[str] | None, paging: Paging
) -> tuple[str, dict[str, Any]]:
    """The statement of an export: the same rows as the list's pages."""
    where = _conditions(connection, asked, shops)
    return _select(where, asked, paging), where.values


def _select(where: Where, asked: ClockFilter, paging: Paging) -> str:
    way = "desc nulls last" if paging.descending else "asc nulls last"
    column = SORTS[paging.sort]
    return (
        f"select {COLUMNS} from {_FROM} where {where.sql(TABS[asked.tab])}"
        f" order by {column} {way}, k.subject_id {'desc' if paging.descending else 'asc'}, k.stage"
    )


def of_order(connection: Connection[Any], order_id: int, *, shops: Sequence[str] | None) -> list[Row]:
    """Every clock of an order and its parcels; none of an order that this person may not see."""
    where = Where()
    where.add("k.order_id = %(order_id)s", order_id=order_id)
    where.own("k.shop", shops)
    order = " ".join(f"when '{stage}' then {place}" for place, stage in enumerate(STAGES))
    return fetch(
        connection,
        f"select {COLUMNS} from {_FROM} where {where.sql()} order by (k.subject_id <> k.order_id), k.subject_id,"
        f" case k.stage {order} end",
        where.values,
    )


def board(connection: Connection[Any], *, shops: Sequence[str] | None) -> list[Row]:
    """By stage and currency: open clocks by how they stand, with the money known to be at risk; from one index."""
    where = Where()
    where.own("k.shop", shops)
    risk, breach = "k.due_at > now() and k.warn_at <= now()", "k.due_at <= now()"
    return fetch(
        connection,
        "select k.stage, k.currency, count(*) filter (where k.due_at > now() or k.due_at is null) as running,"
        f" count(*) filter (where {risk}) as at_risk, count(*) filter (where {breach}) as breached,"
        f" coalesce(sum(k.risk_minor) filter (where {risk}), 0)::bigint as at_risk_minor,"
        f" coalesce(sum(k.risk_minor) filter (where {breach}), 0)::bigint as breached_minor,"
        f" count(*) filter (where k.risk_minor is null and ({risk} or {breach})) as unpriced"
        f" from stage_clock k where {where.sql(TABS_OPEN)} group by k.stage, k.currency",
        where.values,
    )


TABS_OPEN: Final = "k.outcome = 'open'"


def lapsed(connection: Connection[Any], *, shops: Sequence[str] | None) -> dict[str, int]:
    """Clocks by stage that nobody ever heard the end of."""
    where = Where()
    where.own("k.shop", shops)
    rows = fetch(
        connection,
        f"select k.stage, count(*) as lapsed from stage_clock k where {where.sql(TABS['lapsed'])} group by k.stage",
        where.values,
    )
    return {row["stage"]: row["lapsed"] for row in rows}


def tried_rows(connection: Connection[Any], name: str, *, days: int, limit: int) -> list[Row]:
    """Clocks of the last days that a promise table may be about: a channel's, or for the default all others' too."""
    whose = "k.channel = %(name)s" if name != "default" else "true"
    return fetch(
        connection,
        "select k.subject_id, k.stage, k.order_id, k.channel, k.shop, k.carrier, k.order_type, k.region, k.amount_minor,"
        " k.currency, k.started_at, k.due_at, k.done_at, k.exact, k.outcome, k.promise, o.order_no, p.tracking_no"
        " from (select * from stage_clock k where k.started_at >= now() - %(days)s * interval '1 day' and"
        f" {whose} order by k.started_at desc limit %(limit)s) k left join customer_order o on o.subject_id = k.order_id"
        " left join shipment p on p.subject_id = k.subject_id",
        {"name": name, "days": days, "limit": limit},
    )


def mark_open(connection: Connection[Any], name: str) -> int:
    """Have the open clocks read anew that a promise table may be about; returns how many orders and parcels."""
    whose = "k.channel = %(name)s" if name != "default" else "true"
    found = connection.execute(
        (
            "insert into clock_look (subject_id) select distinct k.subject_id from stage_clock k"
            f" where k.outcome in ('open', 'lapsed') and {whose}"
        ).encode(),
        {"name": name},
    )
    return found.rowcount
