"""Reading payments and refunds (支付单、退款单查询): lists by indexed filters, and what a page of one shows."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.listing import Counts, moment_from, moment_to, numbers_of, words_of
from fenghe.kernel.store_listing import Listed
from fenghe.kernel.store_reading import COUNT_TO, COUNT_TO_FILTERED, Row, Where, count_of, fetch, find
from fenghe.kernel.web.paging import Paging, read_ids

PAYMENT_SORTS: Final = {
    "id": "p.subject_id",
    "paid_at": "p.paid_at",
    "amount": "p.amount_minor",
    "changed_at": "p.changed_at",
}
REFUND_SORTS: Final = {
    "id": "r.subject_id", "refunded_at": "r.refunded_at", "amount": "r.amount_minor", "changed_at": "r.changed_at",
}  # fmt: skip
DEFAULT_SORT: Final = "-id"
PAYMENT_TABS: Final[Mapping[str, str]] = {
    "all": "true",
    "refused": "p.binding = 'refused'",
    "pending": "p.binding = 'pending' and p.succeeded",
    "bound": "p.binding = 'bound'",
    "open": "not p.succeeded",
}
REFUND_TABS: Final[Mapping[str, str]] = {
    "all": "true",
    "going": "s.state = 'processing'",
    "failed": "s.state in ('failed', 'unknown')",
    "unbound": "r.succeeded and r.order_id is null",
    "done": "s.state = 'success'",
}
_PAYMENTS: Final = "payment p join subject s on s.id = p.subject_id"
_REFUNDS: Final = "refund r join subject s on s.id = r.subject_id"
_PAYMENT_COLUMNS: Final = (
    "p.subject_id as id, p.provider, p.payment_no, p.out_trade_no, p.order_no, p.method, p.status_code, p.succeeded,"
    " p.currency, p.amount_minor, p.buyer_paid_minor, p.fee_minor, p.paid_at, p.order_id, p.binding, p.refusal,"
    " p.changed_at, p.ask_due_at, p.asked, s.state, s.held, coalesce(b.channel, '') as channel,"
    " (select coalesce(sum(r.amount_minor), 0)::bigint from refund r where r.provider = p.provider"
    " and r.payment_no = p.payment_no and r.succeeded) as refunded_minor"
)
_REFUND_COLUMNS: Final = (
    "r.subject_id as id, r.provider, r.refund_no, r.out_refund_no, r.payment_no, r.out_trade_no, r.order_no, r.status_code,"
    " r.succeeded, r.currency, r.amount_minor, r.refunded_at, r.order_id, r.changed_at, r.ask_due_at, r.asked, s.state,"
    " s.held, (select p.subject_id from payment p where p.provider = r.provider and p.payment_no = r.payment_no) as payment_id"
)


_PAYMENT_LIST: Final = Listed(
    columns=_PAYMENT_COLUMNS,
    source=f"{_PAYMENTS} left join order_book b on b.subject_id = p.order_id",
    sorts=PAYMENT_SORTS,
    tie="p.subject_id",
    tabs=PAYMENT_TABS,
)
_REFUND_LIST: Final = Listed(
    columns=_REFUND_COLUMNS, source=_REFUNDS, sorts=REFUND_SORTS, tie="r.subject_id", tabs=REFUND_TABS
)


class PaymentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the list of payments may be narrowed by, as the address says it."""

    q: str = ""
    tab: str = "all"
    provider: str = ""
    state: str = ""
    cause: str = ""
    paid_from: str = ""
    paid_to: str = ""
    ids: str = ""


class RefundFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the list of refunds may be narrowed by."""

    q: str = ""
    tab: str = "all"
    provider: str = ""
    state: str = ""
    refunded_from: str = ""
    refunded_to: str = ""
    ids: str = ""


def _own(where: Where, order_id: str, shops: Sequence[str] | None) -> None:
    """Who is limited to shops sees the money of their orders only."""
    if shops is not None:
        where.add(
            f"exists (select from order_book m where m.subject_id = {order_id} and m.shop = any(%(own_shops)s))",
            own_shops=list(shops),
        )


def _payment_where(asked: PaymentFilter, shops: Sequence[str] | None) -> Where:
    _PAYMENT_LIST.check_tab(asked.tab)
    where = Where()
    _own(where, "p.order_id", shops)
    where.any_of("p.provider", "provider", words_of(asked.provider))
    where.any_of("s.state", "state", words_of(asked.state))
    where.any_of("p.refusal", "cause", words_of(asked.cause))
    where.between(
        "p.paid_at", "paid", start=moment_from(asked.paid_from, "paid_from"), end=moment_to(asked.paid_to, "paid_to")
    )
    if numbers := numbers_of(asked.q):
        where.add(
            "p.subject_id in (select subject_id from payment where payment_no = any(%(numbers)s) union"
            " select subject_id from payment where out_trade_no = any(%(numbers)s) union"
            " select subject_id from payment where order_no = any(%(numbers)s))",
            numbers=numbers,
        )
    if (ids := read_ids(asked.ids)) is not None:
        where.add("p.subject_id = any(%(ids)s)", ids=list(ids))
    return where


def _refund_where(asked: RefundFilter, shops: Sequence[str] | None) -> Where:
    _REFUND_LIST.check_tab(asked.tab)
    where = Where()
    _own(where, "r.order_id", shops)
    where.any_of("r.provider", "provider", words_of(asked.provider))
    where.any_of("s.state", "state", words_of(asked.state))
    where.between(
        "r.refunded_at",
        "refunded",
        start=moment_from(asked.refunded_from, "refunded_from"),
        end=moment_to(asked.refunded_to, "refunded_to"),
    )
    if numbers := numbers_of(asked.q):
        where.add(
            "r.subject_id in (select subject_id from refund where refund_no = any(%(numbers)s) union"
            " select subject_id from refund where out_refund_no = any(%(numbers)s) union"
            " select subject_id from refund where payment_no = any(%(numbers)s) union"
            " select subject_id from refund where order_no = any(%(numbers)s))",
            numbers=numbers,
        )
    if (ids := read_ids(asked.ids)) is not None:
        where.add("r.subject_id = any(%(ids)s)", ids=list(ids))
    return where


def payments(
    connection: Connection[Any], asked: PaymentFilter, *, shops: Sequence[str] | None, paging: Paging
) -> list[Row]:
    """The payments of one page."""
    return _PAYMENT_LIST.page(connection, _payment_where(asked, shops), tab=asked.tab, paging=paging)


def all_payments(asked: PaymentFilter, *, shops: Sequence[str] | None, paging: Paging) -> tuple[str, dict[str, Any]]:
    """The statement of an export."""
    where = _payment_where(asked, shops)
    return _PAYMENT_LIST.statement(where, tab=asked.tab, paging=paging), where.values


def refunds(
    connection: Connection[Any], asked: RefundFilter, *, shops: Sequence[str] | None, paging: Paging
) -> list[Row]:
    """The refunds of one page."""
    return _REFUND_LIST.page(connection, _refund_where(asked, shops), tab=asked.tab, paging=paging)


def all_refunds(asked: RefundFilter, *, shops: Sequence[str] | None, paging: Paging) -> tuple[str, dict[str, Any]]:
    """The statement of an export."""
    where = _refund_where(asked, shops)
    return _REFUND_LIST.statement(where, tab=asked.tab, paging=paging), where.values


def payment_counts(connection: Connection[Any], asked: PaymentFilter, *, shops: Sequence[str] | None) -> Counts:
    """The payments of each tab, counted no further than a screen can use."""
    return _counts(connection, _payment_where(asked, shops), _PAYMENTS, PAYMENT_TABS, asked.tab)


def refund_counts(connection: Connection[Any], asked: RefundFilter, *, shops: Sequence[str] | None) -> Counts:
    """The refunds of each tab."""
    return _counts(connection, _refund_where(asked, shops), _REFUNDS, REFUND_TABS, asked.tab)


def _counts(connection: Connection[Any], where: Where, source: str, tabs: Mapping[str, str], tab: str) -> Counts:
    limit = COUNT_TO if where.empty else COUNT_TO_FILTERED
    parts = [f'{count_of(source, where.sql(only), up_to=limit)} as "{name}"' for name, only in tabs.items()]
    row = find(connection, "select " + ", ".join(parts), where.values) or {}
    return Counts(total=int(row.get(tab, 0)), limit=limit, tabs={name: int(row.get(name, 0)) for name in tabs}, tab=tab)


def find_payment(connection: Connection[Any], payment_id: int, *, shops: Sequence[str] | None) -> Row | None:
    """One payment."""
    where = Where()
    _own(where, "p.order_id", shops)
    source = f"{_PAYMENTS} left join order_book b on b.subject_id = p.order_id"
    query = f"select {_PAYMENT_COLUMNS} from {source} where {where.sql('p.subject_id = %(id)s')}"
    return find(connection, query, {**where.values, "id": payment_id})


def find_refund(connection: Connection[Any], refund_id: int, *, shops: Sequence[str] | None) -> Row | None:
    """One refund."""
    where = Where()
    _own(where, "r.order_id", shops)
    query = f"select {_REFUND_COLUMNS} from {_REFUNDS} where {where.sql('r.subject_id = %(id)s')}"
    return find(connection, query, {**where.values, "id": refund_id})


def refunds_of(connection: Connection[Any], provider: str, payment_no: str) -> list[Row]:
    """The refunds of a payment."""
    return fetch(
        connection,
        f"select {_REFUND_COLUMNS} from {_REFUNDS} where r.provider = %(provider)s and r.payment_no = %(no)s"
        " order by r.subject_id",
        {"provider": provider, "no": payment_no},
    )


def payments_of_order(connection: Connection[Any], order_no: str) -> list[Row]:
    """Every payment that names an order, bound or not."""
    source = f"{_PAYMENTS} left join order_book b on b.subject_id = p.order_id"
    return fetch(
        connection,
        f"select {_PAYMENT_COLUMNS} from {source} where p.order_no = %(no)s order by p.paid_at nulls last, p.subject_id",
        {"no": order_no},
    )


def refunds_of_order(connection: Connection[Any], order_no: str) -> list[Row]:
    """Every refund that names an order."""
    return fetch(
        connection,
        f"select {_REFUND_COLUMNS} from {_REFUNDS} where r.order_no = %(no)s order by r.subject_id",
        {"no": order_no},
    )


def find_book(connection: Connection[Any], order_id: int, *, shops: Sequence[str] | None) -> Row | None:
    """What an order should bring."""
    where = Where()
    where.own("b.shop", shops)
    query = f"select b.* from order_book b where {where.sql('b.subject_id = %(id)s')}"
    return find(connection, query, {**where.values, "id": order_id})
