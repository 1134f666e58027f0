"""Reading orders (订单查询): lists by indexed filters, their parcels in one further statement, the page of one."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.listing import Counts, moment_from, moment_to, numbers_of, words_of
from fenghe.kernel.store_reading import COUNT_TO, COUNT_TO_FILTERED, Row, Where, count_of, fetch, find, order_by
from fenghe.kernel.web.paging import Paging, read_ids
from fenghe.kernel.web.problems import bad_field

SORTS: Final = {
    "created_at": "o.created_at",
    "paid_at": "o.paid_at",
    "shipped_at": "o.shipped_at",
    "promised_ship_at": "o.promised_ship_at",
    "paid": "o.paid_minor",
    "updated_at": "s.changed_at",
    "due_at": "k.due_at",
}
DEFAULT_SORT: Final = "-created_at"

UNSHIPPED: Final = ("paid_hold", "await_shipment", "preparing", "part_shipped")
DELIVERED: Final = ("received", "finished")
CLOSED: Final = ("closed_unpaid", "closed_refunded", "cancelled")
RETURNED: Final = ("rejected", "returning", "returned")
"""Words of a parcel on its way back; the order's own state does not say it."""

_BOTH: Final = "customer_order o join subject s on s.id = o.subject_id"
_CLOCKED: Final = f"{_BOTH} left join order_clock k on k.order_id = o.subject_id"
_BY_DUE: Final = "order_clock k join customer_order o on o.subject_id = k.order_id join subject s on s.id = k.order_id"
"""By time left: the clocks' own index is walked, so that no order is looked at that is not on the page."""
_SOON: Final = "due_at > now() and warn_at <= now()"
_OVERDUE: Final = "due_at <= now()"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


_HELD: Final = (
    "select id from subject where kind = 'order' and held is not null union"
    " select p.order_id from subject x join shipment p on p.subject_id = x.id"
    " where x.kind = 'shipment' and x.held is not null"
)
"""Disputed orders and orders of disputed parcels: few, found by an index of their own."""

_RETURNED: Final = (
    "exists (select from shipment p join subject x on x.id = p.subject_id where p.order_id = o.subject_id"
    f" and x.state in ({_listed(RETURNED)}))"
)
_FIRST_RETURNED: Final = (
    f"subject s join shipment p on p.subject_id = s.id where s.kind = 'shipment' and s.state in ({_listed(RETURNED)})"
    " and p.order_id is not null and not exists (select from shipment e join subject x on x.id = e.subject_id"
    f" where e.order_id = p.order_id and e.subject_id < p.subject_id and x.state in ({_listed(RETURNED)}))"
)
"""Each order with a parcel on its way back once, by the first such parcel: counted without looking at the orders."""

TABS: Final[Mapping[str, str]] = {
    "all": "true",
    "held": f"o.subject_id in ({_HELD})",
    "unshipped": f"s.state in ({_listed(UNSHIPPED)})",
    "shipped": "s.state = 'shipped'",
    "delivered": f"s.state in ({_listed(DELIVERED)})",
    "returned": _RETURNED,
    "closed": f"s.state in ({_listed(CLOSED)})",
    "unlinked": "o.unlinked",
    "due_soon": f"o.subject_id in (select order_id from order_clock where {_SOON})",
    "overdue": f"o.subject_id in (select order_id from order_clock where {_OVERDUE})",
}
_CLOCK_TABS: Final = {"due_soon": _SOON, "overdue": _OVERDUE}


EXACT: Final = frozenset({"held", "unlinked"})
"""Tabs of the few: always counted to the end."""


class OrderFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the list may be narrowed by, as the address says it; several words of one kind are parted by commas."""

    q: str = ""
    tab: str = "all"
    channel: str = ""
    shop: str = ""
    state: str = ""
    shipment_state: str = ""
    carrier: str = ""
    has_case: bool | None = None
    silent: bool | None = None
    clock_stage: str = ""
    created_from: str = ""
    created_to: str = ""
    ids: str = ""


def conditions(asked: OrderFilter, shops: Sequence[str] | None) -> Where:
    """Everything but the tab."""
    if asked.tab not in TABS:
        raise bad_field("tab", f"没有 {asked.tab} 这个标签,可用的有 {'、'.join(TABS)}")
    where = Where()
    where.own("o.shop", shops)
    where.any_of("o.channel", "channel", words_of(asked.channel))
    where.any_of("o.shop", "shop", words_of(asked.shop))
    where.any_of("s.state", "state", words_of(asked.state))
    where.between(
        "o.created_at",
        "created",
        start=moment_from(asked.created_from, "created_from"),
        end=moment_to(asked.created_to, "created_to"),
    )
    if numbers := numbers_of(asked.q):
        where.add(
            "o.subject_id in (select subject_id from customer_order where order_no = any(%(numbers)s) union"
            " select order_id from shipment where tracking_no = any(%(upper)s) union"
            " select order_id from shipment where forwarded_to = any(%(upper)s))",
            numbers=numbers,
            upper=[number.upper() for number in numbers],
        )
    if (ids := read_ids(asked.ids)) is not None:
        where.add("o.subject_id = any(%(ids)s)", ids=list(ids))
    _by_parcel(where, asked)
    _by_case(where, asked)
    if stages := words_of(asked.clock_stage):
        where.add("o.subject_id in (select order_id from order_clock where stage = any(%(stages)s))", stages=stages)
    return where


def _by_parcel(where: Where, asked: OrderFilter) -> None:
    """One parcel of the order is all that is asked of a parcel."""
    parcel = Where()
    parcel.any_of("x.state", "parcel_state", words_of(asked.shipment_state))
    parcel.any_of("p.carrier", "carrier", words_of(asked.carrier))
    if not parcel.empty:
        where.add(
            "exists (select from shipment p join subject x on x.id = p.subject_id where p.order_id = o.subject_id"
            f" and {parcel.sql()})",
            **parcel.values,
        )


def _by_case(where: Where, asked: OrderFilter) -> None:
    if asked.silent is not None:
        where.add(
            f"o.subject_id {'in' if asked.silent else 'not in'} (select p.order_id from shipment_watch w join shipment p"
            " on p.subject_id = w.subject_id where w.silent_since is not null and p.order_id is not null)"
        )
    if asked.has_case is not None:
        where.add(
            f"o.subject_id {'in' if asked.has_case else 'not in'} (select coalesce(p.order_id, c.subject_id) from"
            " work_case c"
            " left join shipment p on p.subject_id = c.subject_id where c.status = 'open'"
            " and coalesce(p.order_id, c.subject_id) is not null)"
        )


def page(connection: Connection[Any], asked: OrderFilter, *, shops: Sequence[str] | None, paging: Paging) -> list[Row]:
    """The orders of one page."""
    where = conditions(asked, shops)
    where.values |= {"size": paging.size, "offset": paging.offset}
    return fetch(connection, f"{_select(where, asked, paging)} limit %(size)s offset %(offset)s", where.values)


def everything(asked: OrderFilter, *, shops: Sequence[str] | None, paging: Paging) -> tuple[str, dict[str, Any]]:
    """The statement of an export: the same rows as the list's pages, with the parcels' numbers on the row."""
    where = conditions(asked, shops)
    return _select(where, asked, paging, more=f", {_PARCEL_NUMBERS}"), where.values


def _select(where: Where, asked: OrderFilter, paging: Paging, *, more: str = "") -> str:
    if paging.sort == "due_at":
        way = ("desc nulls last", "desc") if paging.descending else ("asc nulls last", "asc")
        order, source = f"k.due_at {way[0]}, k.order_id {way[1]}", _BY_DUE
    else:
        order = order_by(SORTS, sort=paging.sort, descending=paging.descending, tie="o.subject_id")
        source = _CLOCKED
    return f"select {_COLUMNS}{more} from {source} where {where.sql(TABS[asked.tab])} order by {order}"


_COLUMNS: Final = (
    "o.subject_id as id, o.channel, o.shop, o.order_no, s.state, o.status_code, o.currency, o.paid_minor,"
    " o.receiver_region,"
    " o.receiver_name, o.line_count, o.first_title, o.created_at, o.paid_at, o.shipped_at, o.promised_ship_at,"
    " o.order_type,"
    " s.changed_at as updated_at, k.stage as clock_stage, k.due_at as clock_due_at, k.warn_at as clock_warn_at,"
    " k.risk_minor as clock_risk_minor"
)
_PARCEL_NUMBERS: Final = (
    "o.total_minor, o.receiver_phone, o.receiver_address, (select string_agg(p.tracking_no, ' ' order by p.tracking_no)"
    " from shipment p where p.order_id = o.subject_id) as tracking_numbers"
)


def counts(connection: Connection[Any], asked: OrderFilter, *, shops: Sequence[str] | None) -> Counts:
    """The orders of each tab, in one statement that looks at a bounded number of rows."""
    where = conditions(asked, shops)
    if where.empty:
        parts = [f'{count_of(*_alone(tab), up_to=COUNT_TO)} as "{tab}"' for tab in TABS]
        query = "select " + ", ".join(parts)
    else:
        query = _count_newest(where)
    row = find(connection, query, where.values) or {}
    tabs = {tab: int(row.get(tab, 0)) for tab in TABS}
    cut = not where.empty and tabs["all"] > COUNT_TO_FILTERED
    at_least = TABS.keys() - EXACT if cut else ()
    return Counts(total=tabs[asked.tab], limit=COUNT_TO, tabs=tabs, tab=asked.tab, at_least=at_least)


def _count_newest(where: Where) -> str:
    """The newest orders that the filter finds are looked at once for all tabs; the few have indexes of their own."""
    newest = (
        f"select o.subject_id, o.unlinked, s.state from {_BOTH} where {where.sql()}"
        f" order by o.created_at desc nulls last, o.subject_id desc limit {COUNT_TO_FILTERED + 1}"
    )
    parts = [
        f'(select count(*) from newest o cross join lateral (select o.state) s where {only}) as "{tab}"'
        for tab, only in TABS.items()
        if tab not in EXACT
    ]
    held = "held h join customer_order o on o.subject_id = h.id join subject s on s.id = h.id"
    parts.append(f'{count_of(held, where.sql(), up_to=COUNT_TO)} as "held"')
    parts.append(f'{count_of(_BOTH, where.sql("o.unlinked"), up_to=COUNT_TO)} as "unlinked"')
    return f"with newest as materialized ({newest}), held as materialized ({_HELD}) select {', '.join(parts)}"


def _alone(tab: str) -> tuple[str, str]:
    """The one table that answers a tab when nothing else is asked, and its condition there."""
    only = TABS[tab]
    if tab in _CLOCK_TABS:
        return "order_clock k", _CLOCK_TABS[tab]
    if tab == "returned":
        source, _, only = _FIRST_RETURNED.partition(" where ")
        return source, only
    return ("subject s", f"s.kind = 'order' and {only}") if only.startswith("s.") else ("customer_order o", only)


def parcels_of(connection: Connection[Any], order_ids: Sequence[int]) -> list[Row]:
    """The parcels of these orders, briefly."""
    return fetch(
        connection,
        "select p.order_id, p.subject_id as id, p.tracking_no, p.carrier, x.state, x.rank, x.held, x.told_at as last_event_at,"
        " exists (select from shipment_watch w where w.subject_id = p.subject_id and w.silent_since is not null) as silent"
        " from shipment p join subject x on x.id = p.subject_id where p.order_id = any(%(ids)s)"
        " order by p.order_id, p.shipped_at nulls last, p.subject_id",
        {"ids": list(order_ids)},
    )


def open_cases_of(connection: Connection[Any], order_ids: Sequence[int]) -> dict[int, int]:
    """How many open cases each of these orders has, those of its parcels included."""
    rows = fetch(
        connection,
        "select t.order_id, count(*) as cases from (select subject_id as order_id, subject_id from customer_order"
        " where subject_id = any(%(ids)s) union all select order_id, subject_id from shipment where order_id ="
        " any(%(ids)s)) t"
        " join work_case c on c.subject_id = t.subject_id and c.status = 'open' group by t.order_id",
        {"ids": list(order_ids)},
    )
    return {row["order_id"]: row["cases"] for row in rows}


def find_order(connection: Connection[Any], order_id: int, *, shops: Sequence[str] | None) -> Row | None:
    """One order with everything its channel told; None when there is none that this person may see."""
    where = Where()
    where.add("o.subject_id = %(id)s", id=order_id)
    where.own("o.shop", shops)
    return find(
        connection,
        f"select {_COLUMNS}, o.total_minor, o.post_minor, o.discount_minor, o.refunded_minor, o.payment_no,"
        " o.receiver_phone,"
        f" o.receiver_address, o.remark, o.finished_at, o.lines from {_CLOCKED} where {where.sql()}",
        where.values,
    )
