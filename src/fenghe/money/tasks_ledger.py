"""Posting (过账值守): every document of money becomes a voucher, once; a changed one is taken back and booked anew.

Promises: one poster at a time; documents, vouchers, balances and cursor move in one transaction, so a kill anywhere leaves all
or nothing of a batch; reading a document again changes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.audit.chain import merkle_root, seal_hash
from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.values import to_ms
from fenghe.money import store_feeds, store_ledger
from fenghe.money.chart import CHART, SHIPPED_CHART, Chart
from fenghe.money.ledger_chain import ChainedEntry, ChainedVoucher, voucher_hash
from fenghe.money.periods import booking_day, china_day
from fenghe.money.posting import (
    POSTING,
    Line,
    Movement,
    NotPosted,
    Posted,
    PostingRule,
    Rules,
    post,
    reversed_lines,
    rules_in_force,
)
from fenghe.money.store_feeds import FEEDS, Document
from fenghe.money.store_ledger import NewVoucher, Settlement, Standing

BATCH: Final = 5_000
SEAL_ROWS: Final = 50_000
BOOKED_BY: Final = "fenghe"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A voucher that is to be written, before it has a number. `takes_back`: the voucher it reverses."""

    event: str
    document_kind: str
    document_key: str
    slot: str
    day: date | None
    occurred_at: datetime | None
    currency: str
    order_no: str
    payment_no: str
    message_id: int | None
    total_minor: int
    lines: tuple[Line, ...]
    memo: str
    rule_version: str
    takes_back: tuple[int, str] | None = None
    by: str = BOOKED_BY


class LedgerDuty:
    """The duty `ledger`: one batch of one feed a turn, then a seal."""

    name = "ledger"
    every_seconds = 1.0

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """Post what changed; returns how many documents were looked at."""
        moved = sum(post_feed(connection, feed, now=now) for feed in FEEDS)
        if moved == 0:
            seal(connection)
        return moved


def post_feed(connection: Connection[Any], feed: store_feeds.Feed, *, now: datetime, limit: int = BATCH) -> int:
    """One batch of one feed, in a transaction of its own."""
    with connection.transaction():
        if not store_ledger.lock(connection):
            return 0
        cursor = store_feeds.read_cursor(connection, feed.name)
        before = store_feeds.barrier(connection)
        documents, behind = store_feeds.read_feed(connection, feed, cursor, before=before, limit=limit)
        if behind is None:
            return 0
        settle(connection, documents, now=now)
        store_feeds.move_cursor(connection, feed.name, behind)
    return max(1, len(documents))


def settle(connection: Connection[Any], documents: Sequence[Document], *, now: datetime) -> None:
    """Bring the books to what these documents prove now; the caller holds the poster's lock."""
    rules, chart = in_force(connection)
    slots = [(one.kind, one.key, one.slot) for one in documents]
    held = store_ledger.standing(connection, slots)
    wanted: list[Wanted] = []
    settlements: list[tuple[Document, str, Wanted | None, str | None]] = []
    for one in documents:
        before = held.get((one.kind, one.key, one.slot))
        identity = one.movement.identity() if one.movement else ""
        if before is None and one.movement is None:
            continue
        if before is not None and before.digest == identity and before.problem is None:
            continue
        if before is not None and before.voucher_id is not None:
            wanted.append(_taking_back(before, one.slot))
        voucher, problem = _voucher(one.movement, rules, chart)
        wanted += [voucher] if voucher else []
        settlements.append((one, identity, voucher, problem))
    written = write(connection, wanted, now=now)
    store_ledger.settle(connection, [_settlement(one, written) for one in settlements])


def _settlement(told: tuple[Document, str, Wanted | None, str | None], written: Mapping[int, NewVoucher]) -> Settlement:
    document, identity, voucher, problem = told
    return Settlement(
        document_kind=document.kind,
        document_key=document.key,
        slot=document.slot,
        digest=identity,
        voucher_id=written[id(voucher)].id if voucher else None,
        problem=problem,
    )


def _voucher(movement: Movement | None, rules: Rules, chart: Chart) -> tuple[Wanted | None, str | None]:
    if movement is None:
        return None, None
    match post(movement, rules, chart):
        case NotPosted(words=words, problem=problem):
            return None, words if problem else None
        case Posted() as posted:
            return _wanted(movement, posted), None


def _wanted(movement: Movement, posted: Posted) -> Wanted:
    return Wanted(
        event=movement.event,
        document_kind=movement.document_kind,
        document_key=movement.document_key,
        slot=movement.slot,
        day=movement.booked_on,
        occurred_at=movement.occurred_at,
        currency=movement.currency,
        order_no=movement.order_no,
        payment_no=movement.payment_no,
        message_id=movement.message_id,
        total_minor=posted.total_minor,
        lines=posted.lines,
        memo=posted.memo,
        rule_version=posted.rule_version,
    )


def _taking_back(before: Standing, slot: str) -> Wanted:
    return Wanted(
        event=before.event,
        document_kind=before.document_kind,
        document_key=before.document_key,
        slot=slot,
        day=None,
        occurred_at=None,
        currency=before.currency,
        order_no=before.order_no,
        payment_no=before.payment_no,
        message_id=None,
        total_minor=before.total_minor,
        lines=reversed_lines(before.lines),
        memo=f"冲销 {before.voucher_no}",
        rule_version="reversal",
        takes_back=(before.voucher_id or 0, before.voucher_no or ""),
    )


def write(connection: Connection[Any], wanted: Sequence[Wanted], *, now: datetime) -> dict[int, NewVoucher]:
    """Number, chain and write vouchers; returns them by `id()` of what was wanted. The caller holds the lock."""
    if not wanted:
        return {}
    closed = store_ledger.closed_periods(connection)
    days = [booking_day(one.day, closed, today=china_day(now)) for one in wanted]
    numbers = store_ledger.take_numbers(connection, Counter(period for _, period in days))
    ids = store_ledger.take_ids(connection, len(wanted))
    previous = store_ledger.newest_hash(connection)
    written: dict[int, NewVoucher] = {}
    for one, (day, period), own_id in zip(wanted, days, ids, strict=True):
        numbers[period] += 1
        voucher = _chained(one, number=f"记-{period}-{numbers[period]:06d}", period=period, day=day, now=now)
        new = NewVoucher(
            id=own_id,
            voucher=voucher,
            booked_on=day,
            occurred_at=one.occurred_at,
            posted_at=now,
            reverses_id=one.takes_back[0] if one.takes_back else None,
            lines=one.lines,
            previous=previous,
            hash=voucher_hash(previous, voucher),
        )
        previous = new.hash
        written[id(one)] = new
    store_ledger.write(connection, list(written.values()))
    return written


def _chained(one: Wanted, *, number: str, period: str, day: date, now: datetime) -> ChainedVoucher:
    return ChainedVoucher(
        voucher_no=number,
        period=period,
        booked_on=day.isoformat(),
        occurred_ms=to_ms(one.occurred_at) if one.occurred_at else None,
        event=one.event,
        document_kind=one.document_kind,
        document_key=one.document_key,
        order_no=one.order_no,
        payment_no=one.payment_no,
        currency=one.currency,
        total_minor=one.total_minor,
        memo=one.memo,
        reverses_no=one.takes_back[1] if one.takes_back else None,
        message_id=one.message_id,
        rule_version=one.rule_version,
        posted_by=one.by,
        posted_ms=to_ms(now),
        entries=tuple(ChainedEntry(line.account, line.debit_minor, line.credit_minor) for line in one.lines),
    )


def in_force(connection: Connection[Any]) -> tuple[Rules, Chart]:
    """The posting rules and the chart that count now."""
    published: dict[str, tuple[int, PostingRule]] = {}
    chart = SHIPPED_CHART
    for one in declarations.in_force(connection):
        if one.kind == POSTING:
            published[one.name] = (one.version, msgspec.convert(one.body, PostingRule))
        elif one.kind == CHART:
            chart = msgspec.convert(one.body, Chart)
    return rules_in_force(published), chart


def seal(connection: Connection[Any]) -> int:
    """Seal the vouchers written so far; returns how many the new seal covers."""
    with connection.transaction():
        if not store_ledger.lock(connection):
            return 0
        previous, leaves = store_ledger.seal_leaves(connection, limit=SEAL_ROWS)
        if not leaves:
            return 0
        first, last = leaves[0][0], leaves[-1][0]
        root = merkle_root([leaf for _, leaf in leaves])
        own = seal_hash(previous, first_id=first, last_id=last, rows=len(leaves), root=root)
        store_ledger.write_seal(
            connection, first_id=first, last_id=last, rows=len(leaves), root=root, previous=previous, own=own
        )
    return len(leaves)


def post_all(connection: Connection[Any], *, now: datetime, feeds: Iterable[store_feeds.Feed] = FEEDS) -> int:
    """Post everything there is, for a command or a test; returns how many documents were looked at."""
    total = 0
    for feed in feeds:
        while moved := post_feed(connection, feed, now=now):
            total += moved
    return total
