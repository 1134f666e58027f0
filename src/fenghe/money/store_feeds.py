"""Documents that the ledger has not looked at (过账来源): each feed reads what changed since its cursor, nothing still under way.

Ids and times are given before a commit, so a cursor alone would lose rows for ever: what is not older than every running
transaction is left for the next turn.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.money.periods import china_day
from fenghe.money.posting import Movement

OPEN_ORDERS: Final = ("await_payment", "part_paid", "closed_unpaid", "closed_refunded", "cancelled", "order_unknown")
"""Orders that bring nothing: not yet paid, or taken back whole."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document's slot: the movement it proves, or None when it proves none (any more)."""

    kind: str
    key: str
    slot: str
    movement: Movement | None


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """How far a feed was read."""

    changed_at: datetime
    row_id: int


def barrier(connection: Connection[Any]) -> datetime:
    """The beginning of the oldest running transaction: rows stamped before it are all there to be seen.

    One that has only read so far may still write, and would stamp its rows with its beginning; so it counts.
    """
    row = connection.execute(
        "select coalesce(min(xact_start), now()) from pg_stat_activity where datname = current_database()"
        " and xact_start is not null and pid <> pg_backend_pid()"
    ).fetchone()
    return row[0] if row else datetime.now(UTC)


def read_cursor(connection: Connection[Any], feed: str) -> Cursor:
    """Where the feed stands; at the beginning when it never ran."""
    connection.execute(
        "insert into ledger_cursor (feed, changed_at) values (%s, '2000-01-01') on conflict do nothing", (feed,)
    )
    row = connection.execute("select changed_at, row_id from ledger_cursor where feed = %s", (feed,)).fetchone()
    if row is None:
        raise LookupError(feed)
    return Cursor(changed_at=row[0], row_id=row[1])


def move_cursor(connection: Connection[Any], feed: str, cursor: Cursor) -> None:
    """Remember how far it was read."""
    connection.execute(
        "update ledger_cursor set changed_at = %s, row_id = %s where feed = %s",
        (cursor.changed_at, cursor.row_id, feed),
    )


def _orders(row: Sequence[Any]) -> list[Document]:
    (subject_id, channel, order_no, state, currency, due, refunded, created, paid) = row[2:]
    moment = paid or created
    due_now = 0 if state in OPEN_ORDERS else due
    refunded_now = 0 if state in OPEN_ORDERS else refunded
    common: dict[str, Any] = {
        "document_kind": "order",
        "document_key": str(subject_id),
        "provider": channel,
        "currency": currency,
        "occurred_at": moment,
        "booked_on": china_day(moment) if moment else None,
        "order_no": order_no,
    }
    return [
        _document("order", subject_id, "due", _amount("due", "order.due", due_now, common)),
        _document("order", subject_id, "refund", _amount("refund", "order.refund", refunded_now, common)),
    ]


def _payments(row: Sequence[Any]) -> list[Document]:
    (subject_id, provider, payment_no, order_no, binding, succeeded, currency, amount, paid) = row[2:]
    if binding == "pending":
        return []
    common = {
        "document_kind": "payment",
        "document_key": str(subject_id),
        "provider": provider,
        "currency": currency,
        "occurred_at": paid,
        "booked_on": china_day(paid) if paid else None,
        "order_no": order_no if binding == "bound" else "",
        "payment_no": payment_no,
    }
    event = "payment.received" if binding == "bound" else "payment.suspense"
    movement = _amount("payment", event, amount if succeeded else 0, common)
    return [_document("payment", subject_id, "payment", movement)]


def _refunds(row: Sequence[Any]) -> list[Document]:
    (subject_id, provider, payment_no, order_no, succeeded, currency, amount, refunded) = row[2:]
    common = {
        "document_kind": "refund",
        "document_key": str(subject_id),
        "provider": provider,
        "currency": currency,
        "occurred_at": refunded,
        "booked_on": china_day(refunded) if refunded else None,
        "order_no": order_no,
        "payment_no": payment_no,
    }
    movement = _amount("refund", "refund.paid", amount if succeeded else 0, common)
    return [_document("refund", subject_id, "refund", movement)]


def _payouts(row: Sequence[Any]) -> list[Document]:
    (row_id, provider, payout_no, currency, amount, day, moment, message_id) = row[2:]
    common = {
        "document_kind": "payout",
        "document_key": f"{provider}:{payout_no}",
        "provider": provider,
        "currency": currency,
        "occurred_at": moment,
        "booked_on": day or (china_day(moment) if moment else None),
        "message_id": message_id,
    }
    del row_id
    movement = _amount("payout", "payout.told", amount, common)
    return [_document("payout", f"{provider}:{payout_no}", "payout", movement)]


def _lines(row: Sequence[Any]) -> list[Document]:
    (line_id, provider, ledger, kind, currency, net, fee, day, moment, order_no, payment_no, message_id, covered) = row[
        2:
    ]
    event, cost = _cost(ledger, kind, net, fee)
    if not event:
        return []
    slot, key = event.partition(".")[2], str(line_id)
    common = {
        "document_kind": "statement_line",
        "document_key": key,
        "provider": provider,
        "currency": currency,
        "occurred_at": moment,
        "booked_on": day or (china_day(moment) if moment else None),
        "order_no": order_no,
        "payment_no": payment_no,
        "message_id": message_id,
    }
    booked_elsewhere = ledger == "trade" and covered
    movement = None if booked_elsewhere else _amount(slot, event, cost, common)
    return [_document("statement_line", key, slot, movement)]


def _cost(ledger: str, kind: str, net: int, fee: int | None) -> tuple[str, int]:
    """The event a line stands for and what it costs; "" for lines whose money is booked by another document."""
    match kind:
        case "fee" | "fee_refund":
            return "statement.fee", -net
        case "commission":
            return "statement.commission", -net
        case "split" | "split_return":
            return "statement.split", -net
        case "payout" if ledger == "bank":
            return "bank.payout", net
        case "payment" | "refund" if fee:
            return "statement.fee", -fee
        case _:
            return "", 0


def _amount(slot: str, event: str, amount: int | None, common: Mapping[str, Any]) -> Movement | None:
    return Movement(slot=slot, event=event, amounts={"amount": amount}, **common) if amount else None


def _document(kind: str, key: object, slot: str, movement: Movement | None) -> Document:
    return Document(kind=kind, key=str(key), slot=slot, movement=movement)


_FUNDS_FEES: Final = (
    "select from statement_line f where f.provider = l.provider and f.ledger = 'funds' and f.booked_on = l.booked_on"
    " and f.kind in ('fee', 'fee_refund')"
)
"""A day whose fees the provider's own account statement books: its trade bill tells the same fees a second time."""


def told_twice(connection: Connection[Any], lines: Sequence[int]) -> list[Document]:
    """Fees booked from trade bills of days whose account statement has come since; they are to be taken back."""
    rows = connection.execute(
        "select distinct p.document_key, p.event from statement_line f join statement_line l on l.provider = f.provider"
        " and l.ledger = 'trade' and l.booked_on = f.booked_on join ledger_posting p on p.document_kind = 'statement_line'"
        " and p.document_key = l.id::text and p.voucher_id is not null where f.id = any(%s) and f.ledger = 'funds'"
        " and f.kind in ('fee', 'fee_refund')",
        (list(lines),),
    )
    return [_document("statement_line", row[0], row[1], None) for row in rows]


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of document: its rows after a cursor (changed_at and id first), and what a row proves."""

    name: str
    query: str
    read: Callable[[Sequence[Any]], list[Document]]


def _after(columns: str, table: str, stamp: str, key: str, only: str = "true") -> str:
    return (
        f"select {stamp}, {key}, {columns} from {table} where ({stamp}, {key}) > (%(at)s, %(id)s) and {stamp} < %(barrier)s"
        f" and {only} order by {stamp}, {key} limit %(limit)s"
    )


FEEDS: Final = (
    Feed(
        name="order",
        query=_after(
            "subject_id, channel, order_no, state, currency, due_minor, refunded_minor, created_at, paid_at",
            "order_book", "changed_at", "subject_id",
        ),
        read=_orders,
    ),
    Feed(
        name="payment",
        query=_after(
            "subject_id, provider, payment_no, order_no, binding, succeeded, currency, amount_minor, paid_at",
            "payment", "changed_at", "subject_id",
        ),
        read=_payments,
    ),
    Feed(
        name="refund",
        query=_after(
            "subject_id, provider, payment_no, order_no, succeeded, currency, amount_minor, refunded_at",
            "refund", "changed_at", "subject_id",
        ),
        read=_refunds,
    ),
    Feed(
        name="payout",
        query=_after(
            "id, provider, payout_no, currency, amount_minor, paid_out_on, occurred_at, message_id",
            "payout", "recorded_at", "id", "order_no = ''",
        ),
        read=_payouts,
    ),
    Feed(
        name="statement",
        query=_after(
            "id, provider, ledger, kind, currency, net_minor, fee_minor, booked_on, occurred_at, order_no, payment_no,"
            f" message_id, exists ({_FUNDS_FEES}) as covered",
            "statement_line l", "recorded_at", "id",
        ),
        read=_lines,
    ),
)  # fmt: skip
"""Every feed of the ledger."""


def read_feed(
    connection: Connection[Any], feed: Feed, cursor: Cursor, *, before: datetime, limit: int
) -> tuple[list[Document], Cursor | None]:
    """(documents after the cursor, the cursor behind them; None when there were none)."""
    rows = connection.execute(
        feed.query.encode(),
        {"at": cursor.changed_at, "id": cursor.row_id, "barrier": before, "limit": limit},
    ).fetchall()
    if not rows:
        return [], None
    documents = {(one.kind, one.key, one.slot): one for row in rows for one in feed.read(row)}
    if feed.name == "statement":
        again = told_twice(connection, [row[1] for row in rows])
        documents |= {(one.kind, one.key, one.slot): one for one in again}
    return list(documents.values()), Cursor(changed_at=rows[-1][0], row_id=rows[-1][1])
