"""Reading the two-way contract (双向契约查询): the list with its findings, and what one parcel or order was asked."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.listing import Counts, numbers_of, words_of
from fenghe.kernel.store_listing import Listed
from fenghe.kernel.store_reading import Row, Where, fetch, find
from fenghe.kernel.web.paging import Paging

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


_LIST: Final = Listed(columns=_COLUMNS, source=_FROM, bare="carrier_contract c", sorts=SORTS, tie="c.id", tabs=TABS)


class ContractFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the list may be narrowed by, as the address says it."""

    q: str = ""
    tab: str = "all"
    act: str = ""
    source: str = ""
    finding: str = ""


def _conditions(asked: ContractFilter, shops: Sequence[str] | None) -> Where:
    _LIST.check_tab(asked.tab)
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
    rows = _LIST.page(connection, where, tab=asked.tab, paging=paging)
    return rows, _LIST.counts(connection, where, tab=asked.tab)


def everything(asked: ContractFilter, *, shops: Sequence[str] | None, paging: Paging) -> tuple[str, dict[str, Any]]:
    """The statement of an export."""
    where = _conditions(asked, shops)
    return _LIST.statement(where, tab=asked.tab, paging=paging), where.values


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
