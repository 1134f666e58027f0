"""Verification of the ledger's chain (总账核验): every voucher with its entries, every seal; bounded memory, one snapshot."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from psycopg import Connection

from fenghe.kernel.audit.chain import merkle_root, seal_hash
from fenghe.kernel.values import to_ms
from fenghe.money.ledger_chain import GENESIS, ChainedEntry, ChainedVoucher, voucher_hash


class BadVoucher(msgspec.Struct, frozen=True, kw_only=True):
    """The first voucher that does not hold, and what is wrong with it."""

    voucher_no: str
    problem: str


class LedgerVerification(msgspec.Struct, frozen=True, kw_only=True):
    """What was read, and the first thing wrong (None: the chain holds)."""

    vouchers: int
    seals: int
    unsealed: int
    bad: BadVoucher | None


QUERY = (
    "select v.id, v.prev_hash, v.hash, v.voucher_no, v.period, v.booked_on::text, v.occurred_at, v.event, v.document_kind,"
    " v.document_key, v.order_no, v.payment_no, v.currency, v.total_minor, v.memo, r.voucher_no, v.message_id,"
    " v.rule_version, v.posted_by, v.posted_at, (select array_agg(array[e.account, e.debit_minor::text,"
    " e.credit_minor::text] order by e.line) from ledger_entry e where e.voucher_id = v.id)"
    " from ledger_voucher v left join ledger_voucher r on r.id = v.reverses_id"
)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A voucher as it is kept, with its link."""

    id: int
    previous: bytes
    hash: bytes
    voucher: ChainedVoucher


def kept(row: tuple[Any, ...]) -> Kept:
    """A row of QUERY."""
    return Kept(
        id=row[0],
        previous=bytes(row[1]),
        hash=bytes(row[2]),
        voucher=ChainedVoucher(
            voucher_no=row[3],
            period=row[4],
            booked_on=row[5],
            occurred_ms=to_ms(row[6]) if row[6] else None,
            event=row[7],
            document_kind=row[8],
            document_key=row[9],
            order_no=row[10],
            payment_no=row[11],
            currency=row[12],
            total_minor=row[13],
            memo=row[14],
            reverses_no=row[15],
            message_id=row[16],
            rule_version=row[17],
            posted_by=row[18],
            posted_ms=to_ms(row[19]),
            entries=tuple(ChainedEntry(one[0], int(one[1]), int(one[2])) for one in row[20] or ()),
        ),
    )


def verify(connection: Connection[Any], progress: Callable[[int], None] = lambda _rows: None) -> LedgerVerification:
    """Walk the chain and the seals; may run beside the poster."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        vouchers, bad = _chain(connection, progress)
        seals, upto, broken = _seals(connection)
        left = connection.execute("select count(*) from ledger_voucher where id > %s", (upto,)).fetchone()
    return LedgerVerification(vouchers=vouchers, seals=seals, unsealed=left[0] if left else 0, bad=bad or broken)


def _chain(connection: Connection[Any], progress: Callable[[int], None]) -> tuple[int, BadVoucher | None]:
    previous, seen = GENESIS, 0
    for one in _walk(connection):
        if one.previous != previous:
            return seen, BadVoucher(voucher_no=one.voucher.voucher_no, problem="does not follow the voucher before")
        if voucher_hash(previous, one.voucher) != one.hash:
            return seen, BadVoucher(voucher_no=one.voucher.voucher_no, problem="content does not match its hash")
        previous, seen = one.hash, seen + 1
        if seen % 10_000 == 0:
            progress(seen)
    return seen, None


def _walk(connection: Connection[Any]) -> Iterator[Kept]:
    with connection.cursor(name="ledger_walk") as cursor:
        cursor.itersize = 5_000
        cursor.execute(f"{QUERY} order by v.id".encode())
        yield from map(kept, cursor)


def _seals(connection: Connection[Any]) -> tuple[int, int, BadVoucher | None]:
    previous, upto, seals = GENESIS, 0, 0
    for first, last, rows, root, told_previous, told in connection.execute(
        "select first_id, last_id, rows, root, prev_hash, hash from ledger_seal order by id"
    ).fetchall():
        leaves = connection.execute(
            "select hash, voucher_no from ledger_voucher where id > %s and id <= %s order by id", (upto, last)
        ).fetchall()
        whole = len(leaves) == rows and merkle_root([bytes(leaf[0]) for leaf in leaves]) == bytes(root)
        own = seal_hash(previous, first_id=first, last_id=last, rows=rows, root=bytes(root))
        if not whole or bytes(told_previous) != previous or bytes(told) != own:
            where = leaves[0][1] if leaves else ""
            return seals, upto, BadVoucher(voucher_no=where, problem="its seal does not hold")
        previous, upto, seals = bytes(told), last, seals + 1
    return seals, upto, None
