"""Reading a voucher chain (凭证溯源查询): from any number to its order, and from the order to every document of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.store_reading import Row, fetch, find
from fenghe.money.trace import Coverage, Document, Kind
from fenghe.money.trace_numbers import Bearer, Found, Numbers, Tie, chains

MOST: Final = 200
"""Documents of one kind a chain shows: a pay-out's number stands for thousands of orders."""

LOOKED_THROUGH: Final = (
    "订单号", "支付流水号", "商户单号", "渠道随订单告知的支付流水号", "退款单号", "商户退款单号", "运单号与转单号",
    "财务凭证号与发票号", "记账凭证号", "账单行流水号", "出款批次号", "银行流水号",
)  # fmt: skip
"""What a number is looked for as, for whoever entered one that nobody knows."""

_BEARERS: Final = (
    "select 'order' as kind, b.subject_id as id, b.order_no, coalesce(c.payment_no, '') as payment_no, '' as batch_no,"
    "  '' as bank_ref, btrim(concat_ws(' ', b.channel, b.shop)) as title, b.currency, b.due_minor as amount_minor,"
    "  coalesce(b.paid_at, b.created_at) as at from order_book b left join customer_order c on c.subject_id = b.subject_id"
    "  where b.order_no = any(%(ns)s)"
    " union all select 'order', b.subject_id, b.order_no, c.payment_no, '', '', btrim(concat_ws(' ', b.channel, b.shop)),"
    "  b.currency, b.due_minor, coalesce(b.paid_at, b.created_at) from customer_order c join order_book b"
    "  on b.subject_id = c.subject_id"
    "  where c.payment_no <> '' and c.payment_no = any(%(ns)s)"
    " union all select 'payment', subject_id, order_no, payment_no, '', '', provider, currency, amount_minor, paid_at"
    "  from payment where payment_no = any(%(ns)s) or out_trade_no = any(%(ns)s) or order_no = any(%(ns)s)"
    " union all select 'refund', subject_id, order_no, payment_no, '', '', provider, currency, amount_minor, refunded_at"
    "  from refund where refund_no = any(%(ns)s) or (out_refund_no <> '' and out_refund_no = any(%(ns)s))"
    "  or order_no = any(%(ns)s)"
    " union all select 'parcel', p.subject_id, coalesce(o.order_no, ''), '', '', '', coalesce(p.carrier, ''), 'CNY', null,"
    "  p.shipped_at from shipment p left join order_book o on o.subject_id = p.order_id"
    "  where p.tracking_no = any(%(parcels)s) or (p.forwarded_to is not null and p.forwarded_to = any(%(parcels)s))"
    " union all select 'voucher', id, order_no, payment_no, '', '', voucher_type, currency, amount_minor, recorded_at"
    "  from finance_voucher where voucher_no = any(%(ns)s) or order_no = any(%(ns)s)"
    "  or (refund_no <> '' and refund_no = any(%(ns)s))"
    " union all select 'ledger', id, order_no, payment_no, '', '', event, currency, total_minor, posted_at from ledger_voucher"
    "  where voucher_no = any(%(ns)s)"
    " union all select 'line', id, order_no, payment_no, case when ledger = 'bank' then batch_no else '' end,"
    "  case when ledger = 'bank' then line_no else '' end, provider, currency, net_minor, occurred_at from statement_line"
    "  where (line_no <> '' and line_no = any(%(ns)s)) or (payment_no <> '' and payment_no = any(%(ns)s))"
    "  or (out_trade_no <> '' and out_trade_no = any(%(ns)s)) or (refund_no <> '' and refund_no = any(%(ns)s))"
    "  or (order_no <> '' and order_no = any(%(ns)s))"
    " union all select 'line', min(id), '', '', batch_no, '', min(provider), min(currency), null, min(occurred_at)"
    "  from statement_line where batch_no <> '' and batch_no = any(%(ns)s) group by batch_no"
    " union all select 'batch', min(id), '', '', payout_no, max(bank_ref), min(provider), min(currency), null, min(occurred_at)"
    "  from payout where payout_no = any(%(ns)s) or (bank_ref <> '' and bank_ref = any(%(ns)s)) group by payout_no"
    " union all select 'batch', id, order_no, payment_no, '', '', provider, currency, amount_minor, occurred_at from payout"
    "  where order_no <> '' and order_no = any(%(ns)s)"
)
"""Every row that bears the number, each branch by indexes alone. A pay-out stands for thousands of orders and names none."""


def chains_of(connection: Connection[Any], names: Sequence[str]) -> list[Found]:
    """The chains that bear one of these forms of a number: the rows that have it, and which payments are whose."""
    values = {"ns": list(names), "parcels": sorted({name.upper() for name in names})}
    rows = fetch(connection, f"select distinct on (kind, id) * from ({_BEARERS}) b limit {MOST}", values)
    bearers = [msgspec.convert(row, Bearer) for row in rows]
    if not bearers:
        return []
    ties = fetch(
        connection,
        "select payment_no, order_no from payment where order_no <> '' and (order_no = any(%(orders)s)"
        f" or payment_no = any(%(payments)s)) limit {MOST}",
        {
            "orders": sorted({one.order_no for one in bearers if one.order_no}),
            "payments": sorted({one.payment_no for one in bearers if one.payment_no}),
        },
    )
    found = chains(bearers, [Tie(row["payment_no"], row["order_no"]) for row in ties])
    _tell_twins_apart(connection, found)
    return found


def _tell_twins_apart(connection: Connection[Any], found: Sequence[Found]) -> None:
    """Where several channels have an order of one number, the chain of a payment is that of the order it is bound to."""
    open_ones = [one.numbers for one in found if one.numbers.orders and not one.numbers.order_ids]
    twins = fetch(
        connection,
        "select order_no from order_book where order_no = any(%(orders)s) group by order_no having count(*) > 1",
        {"orders": sorted({number for numbers in open_ones for number in numbers.orders})},
    )
    named = {row["order_no"] for row in twins}
    for numbers in open_ones:
        if numbers.orders & named and numbers.payments:
            bound = fetch(
                connection,
                "select distinct order_id from payment where payment_no = any(%(payments)s) and order_id is not null",
                {"payments": sorted(numbers.payments)},
            )
            numbers.order_ids = {row["order_id"] for row in bound} if len(bound) == 1 else set()


PASSED: Final = (Kind.STATEMENT, Kind.PAYOUT)
"""What the pay-outs that a chain's money went through add to it."""


def documents(connection: Connection[Any], numbers: Numbers, kinds: Sequence[Kind] = tuple(Kind)) -> list[Document]:
    """Every document of these numbers (or those of some kinds), in one statement a kind however many there are."""
    values = {
        "orders": sorted(numbers.orders),
        "payments": sorted(numbers.payments),
        "batches": sorted(numbers.batches),
        "through": sorted(numbers.through),
        "refs": sorted(numbers.refs),
        "order_ids": sorted(numbers.order_ids),
        "every": not numbers.order_ids,
        **{f"{kind}_ids": numbers.ids(kind) for kind in ("payment", "refund", "parcel", "voucher", "ledger", "line")},
    }
    found: list[Document] = []
    for kind, query, read in _READERS:
        if kind not in kinds:
            continue
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
        about=_about(row, "order_no", "payment_no"),
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
    bank = row["ledger"] == "bank"
    about = _about(row, "payment_no", "order_no", "refund_no", "batch_no")
    return Document(
        kind=Kind.BANK if bank else kind, id=f"line:{row['id']}",
        number=row["line_no"] or row["payment_no"] or row["batch_no"], title=row["summary"] or row["counterparty"],
        state=row["kind"], currency=row["currency"], amount_minor=row["net_minor"], fee_minor=row["fee_minor"],
        at=row["occurred_at"], about={**about, "bank_ref": row["line_no"]} if bank and row["line_no"] else about,
        message_id=row["message_id"],
    )  # fmt: skip


def _payout(kind: Kind, row: Row) -> Document:
    return Document(
        kind=kind, id=f"payout:{row['id']}", number=row["order_no"] or row["batch_no"], title=row["provider"],
        state="part" if row["order_no"] else "payout", currency=row["currency"], amount_minor=row["amount_minor"],
        at=row["at"], about=_about(row, "batch_no", "order_no", "payment_no", "bank_ref"), message_id=row["message_id"],
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
            "select b.subject_id as id, b.channel, b.shop, b.order_no, b.state, b.currency, b.due_minor, b.created_at, b.paid_at,"
            " c.payment_no from order_book b left join customer_order c on c.subject_id = b.subject_id"
            " where b.order_no = any(%(orders)s) and (%(every)s or b.subject_id = any(%(order_ids)s))"
        ),
        _order,
    ),
    (
        Kind.PAYMENT,
        (
            "select p.subject_id as id, p.provider, p.payment_no, p.order_no, p.currency, p.amount_minor, p.paid_at,"
            " p.succeeded, case when p.binding = 'refused' then coalesce(p.refusal, 'refused') else s.state end as state"
            " from payment p join subject s on s.id = p.subject_id"
            " where (p.payment_no = any(%(payments)s) or p.subject_id = any(%(payment_ids)s))"
            " and (%(every)s or p.order_id is null or p.order_id = any(%(order_ids)s))"
        ),
        _payment,
    ),
    (
        Kind.REFUND,
        (
            "select r.subject_id as id, r.provider, r.refund_no, r.payment_no, r.order_no, r.currency, r.amount_minor,"
            " r.refunded_at, r.succeeded, s.state from refund r join subject s on s.id = r.subject_id"
            " where ((r.order_no <> '' and r.order_no = any(%(orders)s)) or (r.payment_no <> '' and r.payment_no ="
            " any(%(payments)s)) or r.subject_id = any(%(refund_ids)s))"
            " and (%(every)s or r.order_id is null or r.order_id = any(%(order_ids)s))"
        ),
        _refund,
    ),
    (
        Kind.PARCEL,
        (
            "select p.subject_id as id, p.tracking_no, p.carrier, s.state, p.shipped_at, s.final, o.order_no from shipment p"
            " join subject s on s.id = p.subject_id left join order_book o on o.subject_id = p.order_id"
            " where (p.subject_id = any(%(parcel_ids)s) or p.order_id = any(array(select subject_id from order_book"
            " where order_no = any(%(orders)s)))) and (%(every)s or p.order_id = any(%(order_ids)s))"
        ),
        _parcel,
    ),
    (
        Kind.VOUCHER,
        (
            "select id, voucher_no, voucher_type, order_no, payment_no, refund_no, currency, amount_minor, account, remark,"
            " message_id, booked_on::timestamp at time zone 'Asia/Shanghai' as at from finance_voucher"
            " where order_no = any(%(orders)s) or (payment_no <> '' and payment_no = any(%(payments)s))"
            " or id = any(%(voucher_ids)s)"
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
            " or (ledger = 'bank' and batch_no <> '' and batch_no = any(%(through)s))"
            " or (line_no <> '' and line_no = any(%(refs)s)) or id = any(%(line_ids)s)"
        ),
        _line,
    ),
    (
        Kind.PAYOUT,
        (
            "select id, provider, payout_no as batch_no, order_no, payment_no, bank_ref, currency, amount_minor, message_id,"
            " coalesce(occurred_at, paid_out_on::timestamp at time zone 'Asia/Shanghai') as at from payout"
            " where (order_no <> '' and order_no = any(%(orders)s)) or payout_no = any(%(batches)s)"
            " or (payout_no = any(%(through)s) and order_no = '')"
        ),
        _payout,
    ),
    (
        Kind.LEDGER,
        (
            "select id, voucher_no, event, order_no, payment_no, currency, total_minor, memo, posted_at, message_id"
            " from ledger_voucher where (order_no <> '' and order_no = any(%(orders)s))"
            " or (payment_no <> '' and payment_no = any(%(payments)s)) or id = any(%(ledger_ids)s)"
        ),
        _ledger,
    ),
)


def batches_of(found: Iterable[Document]) -> set[str]:
    """Pay-outs the chain's own parts belong to: they are read in a second step."""
    return {one.about["batch_no"] for one in found if one.about.get("batch_no")}


def refs_of(found: Iterable[Document]) -> set[str]:
    """The bank's own numbers that pay-outs name: their lines are read in a second step."""
    return {one.about["bank_ref"] for one in found if one.kind is Kind.PAYOUT and one.about.get("bank_ref")}


def evidence(connection: Connection[Any], keys: Sequence[str]) -> list[Document]:
    """What searches found that mentions the chain: each with the message it stands in."""
    rows = fetch(
        connection,
        "select id, kind, number, words, message_id, coalesce(told_at, found_at) as at from trace_evidence"
        f" where chain_key = any(%(keys)s) order by id limit {MOST}",
        {"keys": list(keys)},
    )
    return [
        Document(
            kind=Kind.EVIDENCE, id=f"evidence:{row['id']}", number=row["number"], title=row["words"], state=row["kind"],
            at=row["at"], about=dict.fromkeys(("order_no", "payment_no", "refund_no", "tracking_no"), str(row["number"])),
            counts=False, message_id=row["message_id"],
        )
        for row in rows
    ]  # fmt: skip


def message_digests(connection: Connection[Any], messages: Sequence[int]) -> list[Row]:
    """The exact bytes of these messages, by their digests, and when they reached us."""
    return fetch(
        connection,
        "select id as message_id, encode(sha256(body), 'hex') as sha256, received_at from inbound_message"
        f" where id = any(%(ids)s) order by id limit {MOST * 5}",
        {"ids": list(messages)},
    )
