"""Reading shipments (运单查询): lists by indexed filters, and what a page of one parcel shows."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.listing import Counts, moment_from, moment_to, numbers_of, words_of
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.store_reading import COUNT_TO, COUNT_TO_FILTERED, Row, Where, count_of, fetch, find, order_by
from fenghe.kernel.web.paging import Paging, read_ids
from fenghe.kernel.web.problems import bad_field, not_found
from fenghe.logistics.scale import FINAL, SILENT, TITLES, State

SORTS: Final = {
    "id": "p.subject_id",
    "last_event_at": "s.told_at",
    "shipped_at": "p.shipped_at",
    "event_count": "s.told_count",
}
DEFAULT_SORT: Final = "-id"

_BOTH: Final = "shipment p join subject s on s.id = p.subject_id"
_WIDE: Final = f"{_BOTH} left join customer_order o on o.subject_id = p.order_id"


def _listed(states: Sequence[State]) -> str:
    return ", ".join(f"'{state}'" for state in states)


TABS: Final[Mapping[str, str]] = {
    "all": "true",
    "held": "s.held is not null",
    "unlinked": "p.order_id is null",
    "open": f"s.state in ({_listed([state for state in State if state not in FINAL])})",
    "final": f"s.state in ({_listed([state for state in State if state in FINAL])})",
}


class ShipmentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the list of parcels may be narrowed by, as the address says it."""

    q: str = ""
    tab: str = "all"
    state: str = ""
    carrier: str = ""
    held: bool | None = None
    unlinked: bool | None = None
    silent: bool | None = None
    last_event_from: str = ""
    last_event_to: str = ""
    ids: str = ""


_SILENT: Final = "select subject_id from shipment_watch where silent_since is not null"
"""Parcels with the mark 物流异常待跟进: few, found by an index of their own."""


def conditions(asked: ShipmentFilter, shops: Sequence[str] | None) -> Where:
    """Everything but the tab."""
    if asked.tab not in TABS:
        raise bad_field("tab", f"没有 {asked.tab} 这个标签,可用的有 {'、'.join(TABS)}")
    where = Where()
    if shops is not None:
        where.add(
            "exists (select from customer_order m where m.subject_id = p.order_id and m.shop = any(%(own_shops)s))",
            own_shops=list(shops),
        )
    where.any_of("s.state", "state", words_of(asked.state))
    where.any_of("p.carrier", "carrier", words_of(asked.carrier))
    if asked.held is not None:
        where.add(f"s.held is {'not ' if asked.held else ''}null")
    if asked.unlinked is not None:
        where.add(f"p.order_id is {'' if asked.unlinked else 'not '}null")
    if asked.silent is not None:
        where.add(f"p.subject_id {'in' if asked.silent else 'not in'} ({_SILENT})")
    where.between(
        "s.told_at",
        "last_event",
        start=moment_from(asked.last_event_from, "last_event_from"),
        end=moment_to(asked.last_event_to, "last_event_to"),
    )
    if numbers := numbers_of(asked.q):
        where.add(
            "p.subject_id in (select subject_id from shipment where tracking_no = any(%(upper)s) union"
            " select subject_id from shipment where forwarded_to = any(%(upper)s) union"
            " select n.subject_id from shipment n join customer_order m on m.subject_id = n.order_id"
            " where m.order_no = any(%(numbers)s))",
            numbers=numbers,
            upper=[number.upper() for number in numbers],
        )
    if (ids := read_ids(asked.ids)) is not None:
        where.add("p.subject_id = any(%(ids)s)", ids=list(ids))
    return where


_COLUMNS: Final = (
    "p.subject_id as id, p.tracking_no, p.carrier, s.state, s.rank, s.held, p.order_id, o.order_no,"
    " s.told_at as last_event_at, p.shipped_at, s.told_count as event_count,"
    f" p.subject_id in ({_SILENT}) as silent"
)


def page(
    connection: Connection[Any], asked: ShipmentFilter, *, shops: Sequence[str] | None, paging: Paging
) -> list[Row]:
    """The parcels of one page."""
    where = conditions(asked, shops)
    where.values |= {"size": paging.size, "offset": paging.offset}
    return fetch(connection, f"{_select(where, asked, paging)} limit %(size)s offset %(offset)s", where.values)


def everything(asked: ShipmentFilter, *, shops: Sequence[str] | None, paging: Paging) -> tuple[str, dict[str, Any]]:
    """The statement of an export: the same rows as the list's pages."""
    where = conditions(asked, shops)
    return _select(where, asked, paging), where.values


def _select(where: Where, asked: ShipmentFilter, paging: Paging) -> str:
    order = order_by(SORTS, sort=paging.sort, descending=paging.descending, tie="p.subject_id")
    return f"select {_COLUMNS} from {_WIDE} where {where.sql(TABS[asked.tab])} order by {order}"


def counts(connection: Connection[Any], asked: ShipmentFilter, *, shops: Sequence[str] | None) -> Counts:
    """The parcels of each tab, in one statement that looks at a bounded number of rows."""
    where = conditions(asked, shops)
    if where.empty:
        parts = [f'{count_of(*_alone(only), up_to=COUNT_TO)} as "{tab}"' for tab, only in TABS.items()]
        query = "select " + ", ".join(parts)
    else:
        query = _count_newest(where)
    row = find(connection, query, where.values) or {}
    tabs = {tab: int(row.get(tab, 0)) for tab in TABS}
    cut = not where.empty and tabs["all"] > COUNT_TO_FILTERED
    at_least = TABS.keys() - {"held"} if cut else ()
    return Counts(total=tabs[asked.tab], limit=COUNT_TO, tabs=tabs, tab=asked.tab, at_least=at_least)


def _count_newest(where: Where) -> str:
    """The newest parcels that the filter finds are looked at once for all tabs; the disputed are few: all count."""
    newest = (
        f"select p.order_id, s.state, s.held from {_BOTH} where {where.sql()}"
        f" order by p.subject_id desc limit {COUNT_TO_FILTERED + 1}"
    )
    parts = [
        f'(select count(*) from newest p cross join lateral (select p.state, p.held) s where {only}) as "{tab}"'
        for tab, only in TABS.items()
        if tab != "held"
    ]
    held = "held s join shipment p on p.subject_id = s.id"
    parts.append(f'{count_of(held, where.sql(), up_to=COUNT_TO)} as "held"')
    disputed = "select id, state, held, told_at from subject where kind = 'shipment' and held is not null"
    return f"with newest as materialized ({newest}), held as materialized ({disputed}) select {', '.join(parts)}"


def _alone(only: str) -> tuple[str, str]:
    """The one table that answers a tab when nothing else is asked, and its condition there."""
    return ("subject s", f"s.kind = 'shipment' and {only}") if only.startswith("s.") else ("shipment p", only)


_DETAIL: Final = (
    "select p.subject_id as id, p.tracking_no, p.carrier, s.state, s.rank, s.held, p.order_id, o.order_no, o.shop,"
    " s.version,"
    " s.due_at, s.path, s.history, s.told_at as last_event_at, p.forwarded_to, next.subject_id as forwarded_id, (select"
    " coalesce(jsonb_agg(jsonb_build_array("
    "f.tracking_no, f.subject_id) order by f.subject_id), '[]') from shipment f where f.forwarded_to = p.tracking_no)"
    f" as forwarded_from from {_WIDE} left join shipment next on next.tracking_no = p.forwarded_to"
)


def details_of_orders(connection: Connection[Any], order_ids: Sequence[int]) -> list[Row]:
    """Everything a page shows of the parcels of these orders."""
    return fetch(
        connection,
        f"{_DETAIL} where p.order_id = any(%(ids)s) order by p.shipped_at nulls last, p.subject_id",
        {"ids": list(order_ids)},
    )


def find_details(connection: Connection[Any], shipment_id: int, *, shops: Sequence[str] | None) -> Row | None:
    """Everything a page shows of one parcel; None when there is none that this person may see."""
    where = Where()
    where.add("p.subject_id = %(id)s", id=shipment_id)
    where.own("o.shop", shops)
    return find(connection, f"{_DETAIL} where {where.sql()}", where.values)


def begin_correction(connection: Connection[Any], *, shipment_id: int, state: str, actor: Actor) -> str:
    """Lock a parcel and note in the access log that its state is set by hand; returns its number.

    Raises Problem: not found, or a word that is no place a parcel can be.
    """
    if state not in {str(one) for one in State if one not in SILENT}:
        raise bad_field("state", f"{state[:40]} 不是可以手动设置的状态")
    row = connection.execute(
        "select key from subject where id = %s and kind = 'shipment' for update", (shipment_id,)
    ).fetchone()
    if row is None:
        raise not_found(f"运单 {shipment_id}")
    log_access(connection, actor, action="shipment.correct.done", target=f"shipment {row[0]} → {TITLES[State(state)]}")
    return str(row[0])
