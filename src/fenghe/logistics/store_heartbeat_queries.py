"""Reading the heartbeat (状态心跳查询): how many are watched, how each account stands, and the watches themselves."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.listing import Counts, numbers_of, words_of
from fenghe.kernel.store_listing import Listed
from fenghe.kernel.store_reading import Row, Where, fetch, find
from fenghe.kernel.web.paging import Paging

SORTS: Final = {
    "due_at": "w.due_at",
    "silent_since": "w.silent_since",
    "answered_at": "w.answered_at",
    "news_at": "w.news_at",
    "empties": "w.empties",
    "errors": "w.errors",
    "shipped_at": "p.shipped_at",
}
DEFAULT_SORT: Final = "-silent_since"

TABS: Final[Mapping[str, str]] = {
    "silent": "w.silent_since is not null",
    "watching": "w.phase = 'watching'",
    "failing": "w.phase = 'watching' and w.errors > 0",
    "cannot_ask": "w.phase = 'watching' and w.source is null",
    "stopped": "w.phase = 'stopped'",
}

_FROM: Final = (
    "shipment_watch w join shipment p on p.subject_id = w.subject_id"
    " join subject s on s.id = w.subject_id left join customer_order o on o.subject_id = p.order_id"
)
_COLUMNS: Final = (
    "w.subject_id as id, w.track_id, p.tracking_no, coalesce(w.carrier, p.carrier) as carrier, w.source, s.state, s.rank,"
    " p.order_id, o.order_no, o.shop, p.shipped_at, w.phase, w.stopped, w.stopped_at, w.due_at, w.asked_at,"
    " w.answered_at, w.news_at, w.polls, w.empties, w.errors, w.last_error, w.silent_since, w.asks_no, w.recent,"
    " w.message_id, w.answer, w.rule_version, s.told_at as last_event_at,"
    " (select c.id from work_case c where c.subject_id = w.subject_id"
    " and c.kind = 'shipment.silent' and c.status = 'open' limit 1) as case_id"
)


_LIST: Final = Listed(
    columns=_COLUMNS, source=_FROM, bare="shipment_watch w", sorts=SORTS, tie="w.subject_id", tabs=TABS
)


class WatchFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the list of watches may be narrowed by, as the address says it."""

    q: str = ""
    tab: str = "silent"
    carrier: str = ""
    source: str = ""


def _conditions(asked: WatchFilter, shops: Sequence[str] | None) -> Where:
    _LIST.check_tab(asked.tab)
    where = Where()
    where.own("o.shop", shops)
    where.any_of("coalesce(w.carrier, p.carrier)", "carrier", words_of(asked.carrier))
    where.any_of("w.source", "source", words_of(asked.source))
    if numbers := numbers_of(asked.q):
        where.add(
            "w.subject_id in (select subject_id from shipment where tracking_no = any(%(upper)s) union"
            " select n.subject_id from shipment n join customer_order m on m.subject_id = n.order_id"
            " where m.order_no = any(%(numbers)s) union"
            " select subject_id from shipment_watch where track_id = any(%(upper)s))",
            numbers=numbers,
            upper=[number.upper() for number in numbers],
        )
    return where


def page(
    connection: Connection[Any], asked: WatchFilter, *, shops: Sequence[str] | None, paging: Paging
) -> tuple[list[Row], Counts]:
    """One page of watches, and how many each tab has."""
    where = _conditions(asked, shops)
    rows = _LIST.page(connection, where, tab=asked.tab, paging=paging)
    return rows, _LIST.counts(connection, where, tab=asked.tab)


def everything(asked: WatchFilter, *, shops: Sequence[str] | None, paging: Paging) -> tuple[str, dict[str, Any]]:
    """The statement of an export: the same rows as the list's pages."""
    where = _conditions(asked, shops)
    return _LIST.statement(where, tab=asked.tab, paging=paging), where.values


def find_watch(connection: Connection[Any], shipment_id: int, *, shops: Sequence[str] | None) -> Row | None:
    """The watch of one parcel; None when it is not watched, or not this person's."""
    where = Where()
    where.add("w.subject_id = %(id)s", id=shipment_id)
    where.own("o.shop", shops)
    return find(connection, f"select {_COLUMNS} from {_FROM} where {where.sql()}", where.values)


def counts(connection: Connection[Any], *, now: datetime) -> Row:
    """How many are watched, due, late, silent, not to be asked, and why others are not watched any more."""
    row = find(
        connection,
        "select count(*) filter (where phase = 'watching') as watching, count(*) filter (where phase = 'new') as new,"
        " count(*) filter (where phase = 'watching' and due_at <= %(now)s) as due,"
        " count(*) filter (where phase = 'watching' and source is not null and due_at < %(now)s - interval '10 minutes')"
        " as late, count(*) filter (where silent_since is not null) as silent,"
        " count(*) filter (where phase = 'watching' and source is null) as cannot_ask,"
        " count(*) filter (where phase = 'watching' and errors > 0) as failing,"
        " count(*) filter (where stopped = 'final') as final, count(*) filter (where stopped = 'given_up') as given_up,"
        " count(*) filter (where stopped = 'forwarded') as forwarded from shipment_watch",
        {"now": now},
    )
    return row or {}


def accounts(connection: Connection[Any], *, now: datetime) -> list[Row]:
    """Every source that parcels are asked of, with what it did in the last full hour and the one before that began."""
    return fetch(
        connection,
        "select s.id, s.title, s.connector, s.config, s.enabled, w.parcels, w.silent, w.failing, w.late, a.breaker,"
        " a.paused_until, a.failing_since, a.last_call_at, a.last_answer_at, a.last_error, a.last_error_at,"
        " coalesce(h.calls, 0) as calls, coalesce(h.parcels, 0) as asked, coalesce(h.errors, 0) as failed"
        " from source s join (select source, count(*) as parcels, count(*) filter (where silent_since is not null) as silent,"
        "  count(*) filter (where errors > 0) as failing, count(*) filter (where due_at < %(now)s - interval '10 minutes')"
        "  as late from shipment_watch where phase = 'watching' and source is not null group by source) w on w.source = s.id"
        " left join carrier_account a on a.source = s.id left join (select source, sum(calls) as calls,"
        "  sum(parcels) as parcels, sum(errors) as errors from carrier_account_hour"
        "  where hour > %(now)s - interval '2 hours' group by source) h on h.source = s.id order by w.parcels desc, s.id",
        {"now": now},
    )


def without_source(connection: Connection[Any]) -> list[Row]:
    """Carriers nobody can be asked about."""
    return fetch(
        connection,
        "select coalesce(carrier, '') as carrier, count(*) as parcels from shipment_watch"
        " where phase = 'watching' and source is null group by 1 order by 2 desc",
    )


def demand(connection: Connection[Any]) -> list[Row]:
    """Watched parcels by carrier and by the source they are asked of, with how many empty answers they had."""
    return fetch(
        connection,
        "select coalesce(w.carrier, '') as carrier, w.source, s.connector, s.config, w.empties, count(*) as parcels"
        " from shipment_watch w left join source s on s.id = w.source where w.phase = 'watching' group by 1, 2, 3, 4, 5",
    )
