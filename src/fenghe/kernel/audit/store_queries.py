"""Reading the audit chain (审计查询): the rows of some subjects, the newest of all, and the whole for export."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.listing import moment_from, moment_to, numbers_of, words_of
from fenghe.kernel.store_reading import COUNT_TO, Row, Where, count_of, fetch, find
from fenghe.kernel.store_subjects import ids_of_numbers
from fenghe.kernel.web.paging import Paging, read_ids

_COLUMNS: Final = (
    "a.id, a.seq, a.subject_id, s.kind as subject_kind, s.key, coalesce(o.order_no, own.order_no) as order_no,"
    " a.from_state,"
    " a.to_state, a.source, a.operator, a.ip, a.occurred_at, a.recorded_at, a.reason, a.message_id, a.reverses_seq,"
    " a.rule_version, encode(a.hash, 'hex') as hash, exists (select from order_state_audit r where r.subject_id ="
    " a.subject_id"
    " and r.seq > a.seq and r.reverses_seq = a.seq) as reversed"
)
_JOINS: Final = (
    " join subject s on s.id = a.subject_id left join shipment p on p.subject_id = a.subject_id"
    " left join customer_order o on o.subject_id = p.order_id left join customer_order own on own.subject_id ="
    " a.subject_id"
)
RECENT_READ: Final = 2_000
"""How far back the newest rows are looked through for those of a person's shops."""


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the audit may be narrowed by."""

    q: str = ""
    source: str = ""
    operator: str = ""
    to: str = ""
    recorded_from: str = ""
    recorded_to: str = ""
    ids: str = ""


def rows_of(connection: Connection[Any], subject_ids: Sequence[int]) -> list[Row]:
    """Every audit row of these subjects, oldest first."""
    return fetch(
        connection,
        f"select {_COLUMNS} from order_state_audit a{_JOINS} where a.subject_id = any(%(ids)s) order by a.id",
        {"ids": list(subject_ids)},
    )


def recent(connection: Connection[Any], *, shops: Sequence[str] | None, limit: int) -> list[Row]:
    """The newest changes of state, as far as this person may see them."""
    newest = "(select * from order_state_audit order by id desc limit %(read)s)"
    return fetch(
        connection,
        f"select {_COLUMNS} from {newest} a{_JOINS} where {_own(shops)} order by a.id desc limit %(limit)s",
        {"read": RECENT_READ if shops is not None else limit, "own_shops": list(shops or ()), "limit": limit},
    )


def _own(shops: Sequence[str] | None) -> str:
    return "true" if shops is None else "coalesce(o.shop, own.shop) = any(%(own_shops)s)"


def conditions(connection: Connection[Any], asked: AuditFilter, shops: Sequence[str] | None) -> Where:
    """The filter as conditions; numbers are looked up first, so that the chain is read by its index."""
    where = Where()
    if shops is not None:
        where.add(_own(shops), own_shops=list(shops))
    if numbers := numbers_of(asked.q):
        where.add("a.subject_id = any(%(subjects)s)", subjects=ids_of_numbers(connection, numbers))
    where.any_of("a.source", "source", words_of(asked.source))
    where.any_of("a.operator", "operator", words_of(asked.operator))
    where.any_of("a.to_state", "to", words_of(asked.to))
    where.between(
        "a.recorded_at",
        "recorded",
        start=moment_from(asked.recorded_from, "recorded_from"),
        end=moment_to(asked.recorded_to, "recorded_to"),
    )
    if (ids := read_ids(asked.ids)) is not None:
        where.add("a.id = any(%(ids)s)", ids=list(ids))
    return where


def page(
    connection: Connection[Any], asked: AuditFilter, *, shops: Sequence[str] | None, paging: Paging
) -> tuple[list[Row], int]:
    """(the rows of one page, how many there are up to the limit of counting)."""
    where = conditions(connection, asked, shops)
    where.values |= {"size": paging.size, "offset": paging.offset}
    rows = fetch(connection, f"{_select(where, paging)} limit %(size)s offset %(offset)s", where.values)
    count = count_of(f"order_state_audit a{_JOINS if shops is not None else ''}", where.sql(), up_to=COUNT_TO)
    total = find(connection, f"select {count} as n", where.values)
    return rows, int(total["n"]) if total else 0


def everything(where: Where, paging: Paging) -> tuple[str, dict[str, Any]]:
    """The statement of an export."""
    return _select(where, paging), where.values


def _select(where: Where, paging: Paging) -> str:
    way = "desc" if paging.descending else "asc"
    return f"select {_COLUMNS} from order_state_audit a{_JOINS} where {where.sql()} order by a.id {way}"
