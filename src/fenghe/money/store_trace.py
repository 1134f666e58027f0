"""Reading a voucher chain (凭证溯源查询): from any number to its order, and from the order to every document of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.store_reading import Row, fetch, find
from fenghe.money.trace import Coverage, Document, Kind

MOST: Final = 200
"""Documents of one kind a chain shows: a pay-out's number stands for thousands of orders."""

_SEEDS: Final = (
    "select 'order' as kind, order_no as number from order_book where order_no = %(n)s"
    " union select 'order', o.order_no from shipment p join order_book o on o.subject_id = p.order_id"
    "  where p.tracking_no = upper(%(n)s) or p.forwarded_to = upper(%(n)s)"
    " union select 'payment', payment_no from payment where payment_no = %(n)s or out_trade_no = %(n)s"
    " union select 'order', order_no from payment where (payment_no = %(n)s or out_trade_no = %(n)s) and order_no <> ''"
    " union select 'order', order_no from refund where (refund_no = %(n)s or out_refund_no = %(n)s) and order_no <> ''"
    " union select 'payment', payment_no from refund where (refund_no = %(n)s or out_refund_no = %(n)s)"
    "  and payment_no <> ''"
    " union select 'order', order_no from finance_voucher where voucher_no = %(n)s and order_no <> ''"
    " union select 'order', order_no from ledger_voucher where voucher_no = %(n)s and order_no <> ''"
    " union select 'payment', payment_no from ledger_voucher where voucher_no = %(n)s and payment_no <> ''"
    " union select 'order', order_no from statement_line where line_no = %(n)s and order_no <> ''"
    " union select 'payment', payment_no from statement_line where (line_no = %(n)s or payment_no = %(n)s)"
    "  and payment_no <> ''"
    " union select 'batch', payout_no from payout where payout_no = %(n)s or bank_ref = %(n)s"
    " union select 'batch', batch_no from statement_line where batch_no = %(n)s"
)


class Numbers(msgspec.Struct, kw_only=True):
    """The numbers a chain is made of."""

    orders: set[str] = msgspec.field(default_factory=set)
    payments: set[str] = msgspec.field(default_factory=set)
    batches: set[str] = msgspec.field(default_factory=set)

    @property
    def none(self) -> bool:
        """Whether nobody knows the number."""
        return not (self.orders or self.payments or self.batches)


def numbers_of(connection: Connection[Any], number: str) -> Numbers:
    """What the number belongs to, in two steps: what it is, and what that hangs together with."""
    found = Numbers()
    for row in fetch(connection, f"select * from ({_SEEDS}) s limit {MOST}", {"n": number}):
        _add(found, row["kind"], row["number"])
    if found.orders or found.payments:
        for row in fetch(
            connection,
            "select payment_no, order_no from payment where order_no = any(%(orders)s) or payment_no = any(%(payments)s)"
            f" limit {MOST}",
            {"orders": sorted(found.orders), "payments": sorted(found.payments)},
        ):
            _add(found, "payment", row["payment_no"])
            _add(found, "order", row["order_no"])
    return found


def _add(found: Numbers, kind: str, number: str) -> None:
    if number:
        {"order": found.orders, "payment": found.payments, "batch": found.batches}[kind].add(number)


def documents(connection: Connection[Any], numbers: Numbers) -> list[Document]:
    """Every document of these numbers, in nine statements however many there are."""
    values = {
        "orders": sorted(numbers.orders),
        "payments": sorted(numbers.payments),
        "batches": sorted(numbers.batches),
    }
    found: list[Document] = []
    for kind, query, read in _READERS:
        rows = fetch(connection, f"{query} limit {MOST}", values)
        found += [read(kind, row) for row in rows]
    return found


def coverage(connection: Connection[Any]) -> Coverage:
    """Which legs are fed by anybody."""
    row = find(
        connection,
        "select exists (select from finance_voucher where voucher_type in ('order', 'refund')) as vouchers,"
        " exists (select from finance_voucher where voucher_type = 'invoice') as invoices,"
        " exists (select from statement_line where ledger <> 'bank') as statements,"
        " exists (select from payout) as payouts, exists (select from statement_line where ledger = 'bank') as bank",
    )
    return Coverage(**(row or {}))


def account_balances(connection: Connection[Any], numbers: Numbers) -> list[Row]:
    """What the books hold for these orders and payments, account by account."""
    return fetch(
        connection,
        "select e.account, v.currency, sum(e.debit_minor - e.credit_minor)::bigint as balance_minor from ledger_voucher v"
        " join ledger_entry e on e.voucher_id = v.id where (v.order_no <> '' and v.order_no = any(%(orders)s))"
        " or (v.payment_no <> '' and v.payment_no = any(%(payments)s)) group by 1, 2 having sum(e.debit_minor -"
        " e.credit_minor) <> 0 order by 1, 2",
        {"orders": sorted(numbers.orders), "payments": sorted(numbers.payments)},
    )


def _about(row: Row, *fields: str) -> Mapping[str, str]:
    return {field: row[field] for field in fields if row.get(field)}


def _order(kind: Kind, row: Row) -> Document:
    return Document(
        kind=kind, id=f"order:{row['id']}", number=row["order_no"], title=f"{row['channel']} {row['shop']}".strip(),
        state=row["state"], currency=row["currency"], amount_minor=row["due_minor"], at=row["paid_at"] or row["created_at"],
        about=_about(row, "order_no"),
    )  # fmt: skip


def _payment(kind: Kind, row: Row) -> Document:
    return Document(
        kind=kind, id=f"payment:{row['id']}", number=row["payment_no"], title=row["provider"],
        state=row["state"], currency=row["currency"], amount_minor=row["amount_minor"], at=row["paid_at"],
        about=_about(row, "payment_no", "order_no"), counts=row["succeeded"],
    )  # fmt: skip


def _refund(kind: Kind, row: Row) -> Document:
    amount = row["amount_minor"]
    return Document(
        kind=kind, id=f"refund:{row['id']}", number=row["refund_no"], title=row["provider"], state=row["state"],
        currency=row["currency"], amount_minor=-amount if amount is not None else None, at=row["refunded_at"],
        about=_about(row, "refund_no", "payment_no", "order_no"), counts=row["succeeded"],
    )  # fmt: skip


def _parcel(kind: Kind, row: Row) -> Document:
    return Document(
        kind=kind, id=f"shipment:{row['id']}", number=row["tracking_no"], title=row["carrier"] or "", state=row["state"],
        at=row["shipped_at"], about=_about(row, "tracking_no", "order_no"), counts=False,
    )  # fmt: skip


def _voucher(kind: Kind, row: Row) -> Document:
    return Document(
        kind=Kind.INVOICE if row["voucher_type"] == "invoice" else kind, id=f"voucher:{row['id']}", number=row["voucher_no"],
        title=row["remark"] or row["account"], state=row["voucher_type"], currency=row["currency"],
        amount_minor=row["amount_minor"], at=row["at"], about=_about(row, "order_no", "payment_no", "refund_no"),
        counts=False, message_id=row["message_id"],
    )  # fmt: skip


def _line(kind: Kind, row: Row) -> Document:
    return Document(
        kind=Kind.BANK if row["ledger"] == "bank" else kind, id=f"line:{row['id']}",
        number=row["line_no"] or row["payment_no"] or row["batch_no"], title=row["summary"] or row["counterparty"],
        state=row["kind"], currency=row["currency"], amount_minor=row["net_minor"], fee_minor=row["fee_minor"],
        at=row["occurred_at"],
        about=_about(row, "payment_no", "order_no", "refund_no", "batch_no"), message_id=row["message_id"],
    )  # fmt: skip


def _payout(kind: Kind, row: Row) -> Document:
    return Document(
        kind=kind, id=f"payout:{row['id']}", number=row["batch_no"], title=row["provider"],
        state="part" if row["order_no"] else "payout", currency=row["currency"], amount_minor=row["amount_minor"],
        at=row["at"], about=_about(row, "batch_no", "order_no", "payment_no"), message_id=row["message_id"],
    )  # fmt: skip


def _ledger(kind: Kind, row: Row) -> Document:
    return Document(
        kind=kind, id=f"ledger:{row['id']}", number=row["voucher_no"], title=row["memo"], state=row["event"],
        currency=row["currency"], amount_minor=row["total_minor"], at=row["posted_at"],
        about=_about(row, "order_no", "payment_no"), counts=False, message_id=row["message_id"],
    )  # fmt: skip


_READERS: Final[Sequence[tuple[Kind, str, Any]]] = (
    (
        Kind.ORDER,
        (
            "select subject_id as id, channel, shop, order_no, state, currency, due_minor, created_at, paid_at from order_book"
            " where order_no = any(%(orders)s)"
        ),
        _order,
    ),
    (
        Kind.PAYMENT,
        (
            "select p.subject_id as id, p.provider, p.payment_no, p.order_no, p.currency, p.amount_minor, p.paid_at,"
            " p.succeeded, case when p.binding = 'refused' then coalesce(p.refusal, 'refused') else s.state end as state"
            " from payment p join subject s on s.id = p.subject_id where p.payment_no = any(%(payments)s)"
        ),
        _payment,
    ),
    (
        Kind.REFUND,
        (
            "select r.subject_id as id, r.provider, r.refund_no, r.payment_no, r.order_no, r.currency, r.amount_minor,"
            " r.refunded_at, r.succeeded, s.state from refund r join subject s on s.id = r.subject_id"
            " where r.order_no = any(%(orders)s) or r.payment_no = any(%(payments)s)"
        ),
        _refund,
    ),
    (
        Kind.PARCEL,
        (
            "select p.subject_id as id, p.tracking_no, p.carrier, s.state, p.shipped_at, o.order_no from order_book o"
            " join shipment p on p.order_id = o.subject_id join subject s on s.id = p.subject_id"
            " where o.order_no = any(%(orders)s)"
        ),
        _parcel,
    ),
    (
        Kind.VOUCHER,
        (
            "select id, voucher_no, voucher_type, order_no, payment_no, refund_no, currency, amount_minor, account, remark,"
            " message_id, booked_on::timestamp at time zone 'Asia/Shanghai' as at from finance_voucher"
            " where order_no = any(%(orders)s) or (payment_no <> '' and payment_no = any(%(payments)s))"
        ),
        _voucher,
    ),
    (
        Kind.STATEMENT,
        (
            "select id, ledger, kind, line_no, payment_no, order_no, refund_no, batch_no, currency, net_minor, fee_minor,"
            " occurred_at, summary, counterparty, message_id from statement_line"
            " where (order_no <> '' and order_no = any(%(orders)s))"
            " or (payment_no <> '' and payment_no = any(%(payments)s)) or (batch_no <> '' and batch_no = any(%(batches)s))"
        ),
        _line,
    ),
    (
        Kind.PAYOUT,
        (
            "select id, provider, payout_no as batch_no, order_no, payment_no, currency, amount_minor, message_id,"
            " coalesce(occurred_at, paid_out_on::timestamp at time zone 'Asia/Shanghai') as at from payout"
            " where (order_no <> '' and order_no = any(%(orders)s)) or (payout_no = any(%(batches)s) and order_no = '')"
        ),
        _payout,
    ),
    (
        Kind.LEDGER,
        (
            "select id, voucher_no, event, order_no, payment_no, currency, total_minor, memo, posted_at, message_id"
            " from ledger_voucher where (order_no <> '' and order_no = any(%(orders)s))"
            " or (payment_no <> '' and payment_no = any(%(payments)s))"
        ),
        _ledger,
    ),
)


def batches_of(found: Iterable[Document]) -> set[str]:
    """Pay-outs the chain's own parts belong to: they are read in a second step."""
    return {one.about["batch_no"] for one in found if one.about.get("batch_no")}
