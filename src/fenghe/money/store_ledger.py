"""The ledger in the database (总账存储): vouchers, entries, balances, seals. Written by COPY, one poster at a time."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from psycopg import Connection

from fenghe.kernel.store_copy import binary, copy_rows, moment, number, text
from fenghe.money.ledger_chain import GENESIS, ChainedVoucher
from fenghe.money.posting import Line

POSTER_LOCK = 7320
"""Held by whoever posts or closes: vouchers are numbered and chained in one order."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What stands for a document's slot today: the digest of its movement and its voucher, with the lines to take back."""

    digest: str
    voucher_id: int | None
    voucher_no: str | None
    event: str
    document_kind: str
    document_key: str
    currency: str
    order_no: str
    payment_no: str
    total_minor: int
    lines: tuple[Line, ...]
    problem: str | None


class NewVoucher(msgspec.Struct, frozen=True, kw_only=True):
    """A voucher with everything it is written with."""

    id: int
    voucher: ChainedVoucher
    booked_on: date
    occurred_at: datetime | None
    posted_at: datetime
    reverses_id: int | None
    lines: tuple[Line, ...]
    previous: bytes
    hash: bytes


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """What a document's slot comes to: its voucher or the problem that keeps it out of the books."""

    document_kind: str
    document_key: str
    slot: str
    digest: str
    voucher_id: int | None
    problem: str | None


def lock(connection: Connection[Any]) -> bool:
    """Become the poster until the transaction ends; False when somebody else is."""
    row = connection.execute("select pg_try_advisory_xact_lock(%s)", (POSTER_LOCK,)).fetchone()
    return bool(row and row[0])


def wait_for_lock(connection: Connection[Any]) -> None:
    """Become the poster, waiting for whoever is."""
    connection.execute("select pg_advisory_xact_lock(%s)", (POSTER_LOCK,))


def closed_periods(connection: Connection[Any]) -> set[str]:
    """Months that take nothing any more."""
    return {row[0] for row in connection.execute("select name from accounting_period where status = 'closed'")}


def standing(
    connection: Connection[Any], slots: Sequence[tuple[str, str, str]]
) -> dict[tuple[str, str, str], Standing]:
    """What stands for these (document kind, document key, slot), those with nothing left out."""
    rows = connection.execute(
        "select p.document_kind, p.document_key, p.event, p.digest, p.voucher_id, p.problem, v.voucher_no, v.event,"
        " v.currency, v.order_no, v.payment_no, v.total_minor,"
        " (select jsonb_agg(jsonb_build_array(e.account, e.debit_minor, e.credit_minor) order by e.line) from ledger_entry e"
        "  where e.voucher_id = p.voucher_id)"
        " from ledger_posting p join unnest(%s::text[], %s::text[], %s::text[]) w(kind, key, slot)"
        " on p.document_kind = w.kind and p.document_key = w.key and p.event = w.slot"
        " left join ledger_voucher v on v.id = p.voucher_id",
        ([one[0] for one in slots], [one[1] for one in slots], [one[2] for one in slots]),
    )
    return {
        (r[0], r[1], r[2]): Standing(
            document_kind=r[0],
            document_key=r[1],
            digest=r[3],
            voucher_id=r[4],
            problem=r[5],
            voucher_no=r[6],
            event=r[7] or "",
            currency=r[8] or "",
            order_no=r[9] or "",
            payment_no=r[10] or "",
            total_minor=r[11] or 0,
            lines=tuple(Line(*line) for line in r[12] or ()),
        )
        for r in rows
    }


def newest_hash(connection: Connection[Any]) -> bytes:
    """The last voucher's link."""
    row = connection.execute("select hash from ledger_voucher order by id desc limit 1").fetchone()
    return bytes(row[0]) if row else GENESIS


def take_numbers(connection: Connection[Any], wanted: Mapping[str, int]) -> dict[str, int]:
    """The number before the first of so many new ones, by month; months begin here."""
    if not wanted:
        return {}
    rows = connection.execute(
        "insert into accounting_period as p (name, last_no) select * from unnest(%s::text[], %s::int[]) order by 1"
        " on conflict (name) do update set last_no = p.last_no + excluded.last_no returning name, last_no",
        (list(wanted), list(wanted.values())),
    )
    return {row[0]: row[1] - wanted[row[0]] for row in rows}


def take_ids(connection: Connection[Any], count: int) -> list[int]:
    """So many ids of vouchers, rising."""
    rows = connection.execute(
        "select nextval(pg_get_serial_sequence('ledger_voucher', 'id')) from generate_series(1, %s)", (count,)
    )
    return sorted(row[0] for row in rows)


def write(connection: Connection[Any], vouchers: Sequence[NewVoucher]) -> None:
    """Write vouchers and entries, and add them to the balances."""
    copy_rows(
        connection,
        "copy ledger_voucher (id, voucher_no, period, booked_on, occurred_at, event, document_kind, document_key, order_no,"
        " payment_no, currency, total_minor, memo, reverses_id, message_id, rule_version, posted_by, posted_at, prev_hash,"
        " hash) from stdin",
        map(_voucher_columns, vouchers),
    )
    copy_rows(
        connection,
        "copy ledger_entry (voucher_id, line, account, debit_minor, credit_minor) from stdin",
        _entry_columns(vouchers),
    )
    _add_to_balances(connection, vouchers)


def _voucher_columns(new: NewVoucher) -> tuple[str, ...]:
    told = new.voucher
    return (
        str(new.id),
        told.voucher_no,
        told.period,
        new.booked_on.isoformat(),
        moment(new.occurred_at),
        told.event,
        told.document_kind,
        text(told.document_key),
        text(told.order_no),
        text(told.payment_no),
        told.currency,
        str(told.total_minor),
        text(told.memo),
        number(new.reverses_id),
        number(told.message_id),
        text(told.rule_version),
        text(told.posted_by),
        moment(new.posted_at),
        binary(new.previous),
        binary(new.hash),
    )


def _entry_columns(vouchers: Iterable[NewVoucher]) -> Iterable[tuple[str, ...]]:
    for new in vouchers:
        for place, line in enumerate(new.lines, 1):
            yield str(new.id), str(place), line.account, str(line.debit_minor), str(line.credit_minor)


def _add_to_balances(connection: Connection[Any], vouchers: Sequence[NewVoucher]) -> None:
    sums: dict[tuple[str, str, str], list[int]] = {}
    for new in vouchers:
        for line in new.lines:
            both = sums.setdefault((new.voucher.period, line.account, new.voucher.currency), [0, 0])
            both[0] += line.debit_minor
            both[1] += line.credit_minor
    connection.execute(
        "insert into ledger_balance as b (period, account, currency, debit_minor, credit_minor)"
        " select * from unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[]) order by 1, 2, 3"
        " on conflict (period, account, currency) do update set debit_minor = b.debit_minor + excluded.debit_minor,"
        " credit_minor = b.credit_minor + excluded.credit_minor",
        (
            [key[0] for key in sums],
            [key[1] for key in sums],
            [key[2] for key in sums],
            [both[0] for both in sums.values()],
            [both[1] for both in sums.values()],
        ),
    )


def settle(connection: Connection[Any], settlements: Sequence[Settlement]) -> None:
    """Note what stands for each document's slot from now on."""
    connection.execute(
        "create temp table if not exists told_posting (like ledger_posting including defaults) on commit delete rows"
    )
    copy_rows(
        connection,
        "copy told_posting (document_kind, document_key, event, digest, voucher_id, problem) from stdin",
        (
            (one.document_kind, text(one.document_key), one.slot, one.digest, number(one.voucher_id), text(one.problem))
            for one in settlements
        ),
    )
    connection.execute(
        "insert into ledger_posting select * from told_posting on conflict (document_kind, document_key, event) do update"
        " set digest = excluded.digest, voucher_id = excluded.voucher_id, problem = excluded.problem, changed_at = now()"
    )
    connection.execute("delete from told_posting")


def seal_leaves(connection: Connection[Any], *, limit: int) -> tuple[bytes, list[tuple[int, bytes]]]:
    """(the last seal's hash, vouchers after it with their hashes)."""
    last = connection.execute("select last_id, hash from ledger_seal order by id desc limit 1").fetchone()
    after, previous = (last[0], bytes(last[1])) if last else (0, GENESIS)
    rows = connection.execute(
        "select id, hash from ledger_voucher where id > %s order by id limit %s", (after, limit)
    ).fetchall()
    return previous, [(row[0], bytes(row[1])) for row in rows]


def write_seal(
    connection: Connection[Any], *, first_id: int, last_id: int, rows: int, root: bytes, previous: bytes, own: bytes
) -> None:
    """Write one seal."""
    connection.execute(
        "insert into ledger_seal (first_id, last_id, rows, root, prev_hash, hash) values (%s, %s, %s, %s, %s, %s)",
        (first_id, last_id, rows, root, previous, own),
    )
