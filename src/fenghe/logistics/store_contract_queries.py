"""Reading the two-way contract (双向契约查询): the list with its findings, and what one parcel or order was asked."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.listing import Counts, numbers_of, words_of
from fenghe.kernel.store_reading import COUNT_TO, Row, Where, count_of, fetch, find, order_by
from fenghe.kernel.web.paging import Paging
from fenghe.kernel.web.problems import bad_field

SORTS: Final = {
    "asked_at": "c.asked_at",
    "answered_at": "c.answered_at",
    "pushed_at": "c.pushed_at",
    "finding_since": "c.finding_since",
}
DEFAULT_SORT: Final = "-asked_at"
TABS: Final[Mapping[str, str]] = {
    "all": "true",
    "found": "c.finding is not null",
    "refused": "c.state = 'refused'",
    "asked": "c.state = 'asked'",
    "accepted": "c.state = 'accepted'",
    "withdrawn": "c.state = 'withdrawn'",
}
_FROM: Final = (
    "carrier_contract c join subject s on s.id = c.subject_id left join shipment p on p.subject_id = c.subject_id"
    " left join customer_order o on o.subject_id = coalesce(p.order_id, c.subject_id)"
    " left join shipment_watch w on w.subject_id = c.subject_id"
)
_COLUMNS: Final = (
    "c.id, c.act, c.source, c.state, c.asked_at, c.asked_by, c.answered_at, c.message_id, c.error, c.waybill_no, c.pushed_at,"
    " c.finding, c.finding_words, c.finding_since, p.tracking_no, p.carrier, p.subject_id as shipment_id, o.order_no,"
    " o.subject_id as order_id, s.kind, s.state as subject_state, w.answered_at as heard_at"
)


class ContractFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the list may be narrowed by, as the address says it."""

    q: str = ""
    tab: str = "all"
    act: str = ""
    source: str = ""
    finding: str = ""


def _conditions(asked: ContractFilter, shops: Sequence[str] | None) -> Where:
    if asked.tab not in TABS:
        raise bad_field("tab", f"没有 {asked.tab} 这个标签,可用的有 {'、'.join(TABS)}")
    where = Where()
    where.own("o.shop", shops)
    where.any_of("c.act", "act", words_of(asked.act))
    where.any_of("c.source", "source", words_of(asked.source))
    where.any_of("c.finding", "finding", words_of(asked.finding))
    if numbers := numbers_of(asked.q):
        where.add(
            "(p.tracking_no = any(%(upper)s) or o.order_no = any(%(numbers)s) or c.waybill_no = any(%(upper)s))",
            numbers=numbers,
            upper=[number.upper() for number in numbers],
        )
    return where


def page(
    connection: Connection[Any], asked: ContractFilter, *, shops: Sequence[str] | None, paging: Paging
) -> tuple[list[Row], Counts]:
    """One page, and how many each tab has."""
    where = _conditions(asked, shops)
    where.values |= {"size": paging.size, "offset": paging.offset}
    rows = fetch(connection, f"{_select(where, asked, paging)} limit %(size)s offset %(offset)s", where.values)
    source = "carrier_contract c" if where.empty else _FROM
    parts = [f'{count_of(source, where.sql(only), up_to=COUNT_TO)} as "{tab}"' for tab, only in TABS.items()]
    tabs = {
        name: int(count) for name, count in (find(connection, "select " + ", ".join(parts), where.values) or {}).items()
    }
    return rows, Counts(total=tabs[asked.tab], limit=COUNT_TO, tabs=tabs, tab=asked.tab)


def everything(asked: ContractFilter, *, shops: Sequence[str] | None, paging: Paging) -> tuple[str, dict[str, Any]]:
    """The statement of an export."""
    where = _conditions(asked, shops)
    return _select(where, asked, paging), where.values


def _select(where: Where, asked: ContractFilter, paging: Paging) -> str:
    order = order_by(SORTS, sort=paging.sort, descending=paging.descending, tie="c.id")
    return f"select {_COLUMNS} from {_FROM} where {where.sql(TABS[asked.tab])} order by {order}"


def of_shipment(connection: Connection[Any], shipment_id: int, *, shops: Sequence[str] | None) -> list[Row]:
    """What was asked about a parcel and about its order."""
    where = Where()
    where.add(
        "(c.subject_id = %(id)s or c.subject_id = (select order_id from shipment where subject_id = %(id)s))",
        id=shipment_id,
    )
    where.own("o.shop", shops)
    return fetch(connection, f"select {_COLUMNS} from {_FROM} where {where.sql()} order by c.asked_at", where.values)


def of_order(connection: Connection[Any], order_id: int, *, shops: Sequence[str] | None) -> list[Row]:
    """What was asked for an order and its parcels."""
    where = Where()
    where.add("o.subject_id = %(id)s", id=order_id)
    where.own("o.shop", shops)
    return fetch(connection, f"select {_COLUMNS} from {_FROM} where {where.sql()} order by c.asked_at", where.values)


def find_contract(connection: Connection[Any], contract_id: int, *, shops: Sequence[str] | None) -> Row | None:
    """One contract; None when there is none that this person may see."""
    where = Where()
    where.add("c.id = %(id)s", id=contract_id)
    where.own("o.shop", shops)
    return find(connection, f"select {_COLUMNS} from {_FROM} where {where.sql()}", where.values)
