"""Reading the ledger (总账查询): vouchers by indexed filters, balances by month, what is not booked and why."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.listing import Counts, numbers_of, words_of
from fenghe.kernel.store_reading import COUNT_TO, Row, Where, count_of, fetch, find, order_by
from fenghe.kernel.web.paging import Paging, read_ids
from fenghe.money.ledger_export import BookedEntry

SORTS: Final = {"posted": "v.id", "booked_on": "v.booked_on", "total": "v.total_minor"}
DEFAULT_SORT: Final = "-posted"
PROBLEMS_SHOWN: Final = 200

_COLUMNS: Final = (
    "v.id, v.voucher_no, v.period, v.booked_on, v.occurred_at, v.event, v.document_kind, v.document_key, v.order_no,"
    " v.payment_no, v.currency, v.total_minor, v.memo, v.reverses_id, v.message_id, v.rule_version, v.posted_by, v.posted_at,"
    " (select o.voucher_no from ledger_voucher o where o.id = v.reverses_id) as reverses_no,"
    " (select r.voucher_no from ledger_voucher r where r.document_kind = v.document_kind and r.document_key ="
    " v.document_key and r.reverses_id = v.id limit 1) as reversed_by"
)


class VoucherFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the list may be narrowed by; several words of one kind are parted by commas."""

    q: str = ""
    period: str = ""
    event: str = ""
    account: str = ""
    currency: str = ""
    document_kind: str = ""
    document_key: str = ""
    ids: str = ""


def conditions(asked: VoucherFilter) -> Where:
    """The filter as conditions over `ledger_voucher v`."""
    where = Where()
    where.any_of("v.period", "period", words_of(asked.period))
    where.any_of("v.event", "event", words_of(asked.event))
    where.any_of("v.currency", "currency", words_of(asked.currency))
    where.any_of("v.document_kind", "document_kind", words_of(asked.document_kind))
    where.any_of("v.document_key", "document_key", words_of(asked.document_key))
    if accounts := words_of(asked.account):
        where.add(
            "exists (select from ledger_entry e where e.voucher_id = v.id and (e.account = any(%(accounts)s)"
            " or split_part(e.account, '.', 1) = any(%(accounts)s)))",
            accounts=accounts,
        )
    if numbers := numbers_of(asked.q):
        where.add(
            "(v.voucher_no = any(%(numbers)s) or (v.order_no <> '' and v.order_no = any(%(numbers)s))"
            " or (v.payment_no <> '' and v.payment_no = any(%(numbers)s)))",
            numbers=numbers,
        )
    if (ids := read_ids(asked.ids)) is not None:
        where.add("v.id = any(%(ids)s)", ids=list(ids))
    return where


def page(connection: Connection[Any], asked: VoucherFilter, *, paging: Paging) -> tuple[list[Row], Counts]:
    """(the vouchers of one page, how many there are)."""
    where = conditions(asked)
    order = order_by(SORTS, sort=paging.sort, descending=paging.descending, tie="v.id")
    counted = find(connection, f"select {count_of('ledger_voucher v', where.sql(), up_to=COUNT_TO)} as n", where.values)
    values = where.values | {"size": paging.size, "offset": paging.offset}
    rows = fetch(
        connection,
        f"select {_COLUMNS} from ledger_voucher v where {where.sql()} order by {order} limit %(size)s offset %(offset)s",
        values,
    )
    return rows, Counts(total=int(counted["n"]) if counted else 0, limit=COUNT_TO)


def find_voucher(connection: Connection[Any], voucher_id: int) -> Row | None:
    """One voucher."""
    return find(connection, f"select {_COLUMNS} from ledger_voucher v where v.id = %(id)s", {"id": voucher_id})


def entries_of(connection: Connection[Any], vouchers: Sequence[int]) -> dict[int, list[Row]]:
    """The entries of these vouchers, in order."""
    found: dict[int, list[Row]] = {voucher: [] for voucher in vouchers}
    rows = fetch(
        connection,
        "select voucher_id, line, account, debit_minor, credit_minor from ledger_entry where voucher_id = any(%(ids)s)"
        " order by voucher_id, line",
        {"ids": list(vouchers)},
    )
    for row in rows:
        found[row["voucher_id"]].append(row)
    return found


def balances(connection: Connection[Any], period: str) -> list[Row]:
    """By account and currency: what stood before the month, what moved in it."""
    return fetch(
        connection,
        "select account, currency, coalesce(sum(debit_minor - credit_minor) filter (where period < %(period)s), 0)::bigint"
        " as opening_minor, coalesce(sum(debit_minor) filter (where period = %(period)s), 0)::bigint as debit_minor,"
        " coalesce(sum(credit_minor) filter (where period = %(period)s), 0)::bigint as credit_minor"
        " from ledger_balance where period <= %(period)s group by account, currency order by account, currency",
        {"period": period},
    )


def periods(connection: Connection[Any]) -> list[Row]:
    """Every month with what waits for a second person, newest first."""
    return fetch(
        connection,
        "select p.name, p.status, p.last_no as vouchers, p.changed_at, w.action as wish, w.asked_by, w.reason, w.at as"
        " asked_at from accounting_period p left join period_wish w on w.period = p.name order by p.name desc",
    )


def period_history(connection: Connection[Any], period: str) -> list[Row]:
    """Who closed and re-opened it, and why."""
    return fetch(
        connection,
        "select action, asked_by, approved_by, reason, at, totals from period_change where period = %(period)s order by id",
        {"period": period},
    )


def unposted(connection: Connection[Any]) -> tuple[int, list[Row]]:
    """(how many documents have a problem, the newest of them)."""
    total = find(connection, "select count(*) as n from ledger_posting where problem is not null")
    rows = fetch(
        connection,
        "select document_kind, document_key, event as slot, problem, changed_at from ledger_posting where problem is not"
        f" null order by changed_at desc limit {PROBLEMS_SHOWN}",
    )
    return int(total["n"]) if total else 0, rows


def booked(connection: Connection[Any], period: str, titles: Mapping[str, str]) -> Iterator[BookedEntry]:
    """Every entry of a month, streamed in the order of its vouchers."""
    with connection.cursor(name="ledger_export") as cursor:
        cursor.itersize = 5_000
        cursor.execute(
            "select v.booked_on, v.voucher_no, e.line, v.memo, e.account, v.currency, e.debit_minor, e.credit_minor,"
            " v.order_no, v.posted_by from ledger_voucher v join ledger_entry e on e.voucher_id = v.id"
            " where v.period = %s order by v.id, e.line",
            (period,),
        )
        for row in cursor:
            yield BookedEntry(
                booked_on=row[0],
                number=int(row[1].rpartition("-")[2]),
                line=row[2],
                memo=row[3],
                account=row[4],
                account_title=titles.get(row[4], row[4]),
                currency=row[5],
                debit_minor=row[6],
                credit_minor=row[7],
                voucher_no=row[1],
                order_no=row[8],
                posted_by=row[9],
            )
