"""Statements as the screens read them (账单查询): files with their funnels, lines by indexed filters, one line with its row."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.listing import Counts, moment_from, moment_to, numbers_of, words_of
from fenghe.kernel.store_reading import COUNT_TO, COUNT_TO_FILTERED, Row, Where, count_of, fetch, find, order_by
from fenghe.kernel.values import CHINA
from fenghe.kernel.web.paging import Paging

FILE_SORTS: Final = {"imported_at": "f.imported_at", "period_from": "f.period_from", "read": "f.read", "name": "f.name"}
FILE_SORT: Final = "-imported_at"
LINE_SORTS: Final = {"occurred_at": "l.occurred_at", "booked_on": "l.booked_on", "net": "l.net_minor", "id": "l.id"}
LINE_SORT: Final = "-occurred_at"

_FILE: Final = (
    "f.id, f.source, s.title as source_title, f.name, f.layout, f.provider, f.account, f.period_from, f.period_to,"
    " f.complete, f.read, f.stored, f.duplicate, f.set_aside, f.imported_by, f.imported_at, f.finished_at,"
    " jsonb_array_length(f.problems) as problem_count, f.line_totals"
)
_FILES: Final = "statement_file f left join source s on s.id = f.source"
_LINE: Final = (
    "l.id, l.source, l.message_id, l.file_id, f.name as file, l.provider, l.account, l.ledger, l.kind, l.occurred_at,"
    " l.booked_on, l.line_no, l.payment_no, l.out_trade_no, l.order_no, l.refund_no, l.batch_no, l.currency, l.net_minor,"
    " l.gross_minor, l.fee_minor, l.balance_minor, l.components, l.foreign_currency, l.foreign_minor, l.rate,"
    " l.counterparty, l.summary, l.recorded_at"
)
_LINES: Final = "statement_line l left join statement_file f on f.id = l.file_id"


class FileFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the list of files may be narrowed by."""

    q: str = ""
    source: str = ""
    provider: str = ""
    layout: str = ""
    state: str = "all"
    """all, complete, incomplete, unfinished"""
    imported_from: str = ""
    imported_to: str = ""


class LineFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the list of lines may be narrowed by."""

    q: str = ""
    """Numbers: of the line, payment, trade, order, refund or batch."""
    file: str = ""
    source: str = ""
    provider: str = ""
    ledger: str = ""
    kind: str = ""
    currency: str = ""
    direction: str = ""
    """in, out"""
    booked_from: str = ""
    booked_to: str = ""


STATES: Final[Mapping[str, str]] = {
    "all": "true",
    "complete": "f.complete and f.finished_at is not null",
    "incomplete": "not f.complete",
    "unfinished": "f.finished_at is null",
}


def _file_where(asked: FileFilter) -> Where:
    where = Where()
    if asked.q:
        where.add("f.name ilike %(name)s", name=f"%{asked.q.strip()}%")
    where.any_of("f.source", "source", words_of(asked.source))
    where.any_of("f.provider", "provider", words_of(asked.provider))
    where.any_of("f.layout", "layout", words_of(asked.layout))
    where.between(
        "f.imported_at",
        "imported",
        start=moment_from(asked.imported_from, "imported_from"),
        end=moment_to(asked.imported_to, "imported_to"),
    )
    return where


def files(connection: Connection[Any], asked: FileFilter, *, paging: Paging) -> tuple[list[Row], Counts]:
    """One page of files and how many there are in each state."""
    where = _file_where(asked)
    own = STATES.get(asked.state, "true")
    order = order_by(FILE_SORTS, sort=paging.sort, descending=paging.descending, tie="f.id")
    rows = fetch(
        connection,
        f"select {_FILE} from {_FILES} where {where.sql(own)} order by {order} limit %(size)s offset %(offset)s",
        {**where.values, "size": paging.size, "offset": paging.offset},
    )
    counted = ", ".join(
        f"{count_of(_FILES, where.sql(state), up_to=COUNT_TO)} as {name}" for name, state in STATES.items()
    )
    tabs = find(connection, f"select {counted}", where.values) or {}
    state = asked.state if asked.state in STATES else "all"
    return rows, Counts(total=tabs.get(state, 0), limit=COUNT_TO, tabs=tabs, tab=state)


def every_file(asked: FileFilter, *, paging: Paging) -> tuple[str, dict[str, Any]]:
    """The query of an export."""
    where = _file_where(asked)
    order = order_by(FILE_SORTS, sort=paging.sort, descending=paging.descending, tie="f.id")
    own = STATES.get(asked.state, "true")
    return f"select {_FILE} from {_FILES} where {where.sql(own)} order by {order}", where.values


def find_file(connection: Connection[Any], file_id: int) -> Row | None:
    """One file with everything that was found of it."""
    return find(
        connection,
        f"select {_FILE}, f.totals, f.problems, f.notes, encode(f.digest, 'hex') as digest from {_FILES} where f.id = %(id)s",
        {"id": file_id},
    )


def set_aside_of(connection: Connection[Any], *, source: str, digest: str, limit: int) -> list[Row]:
    """The rows of a file that wait for a person, with what is wrong with the first thing of each."""
    return fetch(
        connection,
        "select m.id as message_id, h.origin, h.finding -> 0 as fault from inbound_message m"
        " join message_handling h on h.message_id = m.id where h.status = 2 and m.source = %(source)s"
        " and m.headers ->> 'fenghe-file' = %(digest)s order by m.id limit %(limit)s",
        {"source": source, "digest": digest, "limit": limit},
    )


_NUMBERS: Final = ("line_no", "payment_no", "out_trade_no", "order_no", "refund_no", "batch_no")


def _line_where(asked: LineFilter) -> Where:
    where = Where()
    numbers = numbers_of(asked.q) if asked.q else []
    if numbers:
        one_of = " or ".join(f"(l.{name} <> '' and l.{name} = any(%(numbers)s))" for name in _NUMBERS)
        where.add(f"({one_of})", numbers=numbers)
    where.any_of("l.file_id", "file", [int(word) for word in words_of(asked.file) if word.isdigit()])
    for name in ("source", "provider", "ledger", "kind", "currency"):
        where.any_of(f"l.{name}", name, words_of(getattr(asked, name)))
    if asked.direction in ("in", "out"):
        where.add("l.net_minor > 0" if asked.direction == "in" else "l.net_minor < 0")
    start, end = moment_from(asked.booked_from, "booked_from"), moment_to(asked.booked_to, "booked_to")
    if start is not None:
        where.add("l.booked_on >= %(day_from)s", day_from=start.astimezone(CHINA).date())
    if end is not None:
        where.add("l.booked_on < %(day_to)s", day_to=end.astimezone(CHINA).date())
    return where


def lines(connection: Connection[Any], asked: LineFilter, *, paging: Paging) -> tuple[list[Row], Counts]:
    """One page of lines."""
    where = _line_where(asked)
    order = order_by(LINE_SORTS, sort=paging.sort, descending=paging.descending, tie="l.id")
    rows = fetch(
        connection,
        f"select {_LINE} from {_LINES} where {where.sql()} order by {order} limit %(size)s offset %(offset)s",
        {**where.values, "size": paging.size, "offset": paging.offset},
    )
    limit = COUNT_TO if where.empty else COUNT_TO_FILTERED
    count = find(connection, f"select {count_of('statement_line l', where.sql(), up_to=limit)} as total", where.values)
    return rows, Counts(total=int(count["total"]) if count else 0, limit=limit)


def every_line(asked: LineFilter, *, paging: Paging) -> tuple[str, dict[str, Any]]:
    """The query of an export."""
    where = _line_where(asked)
    order = order_by(LINE_SORTS, sort=paging.sort, descending=paging.descending, tie="l.id")
    return f"select {_LINE} from {_LINES} where {where.sql()} order by {order}", where.values


def find_line(connection: Connection[Any], line_id: int) -> Row | None:
    """One line with the row that it was read from."""
    return find(
        connection,
        f"select {_LINE}, m.body, h.origin, encode(sha256(m.body), 'hex') as sha256 from {_LINES}"
        " join inbound_message m on m.id = l.message_id join message_handling h on h.message_id = m.id where l.id = %(id)s",
        {"id": line_id},
    )


def choices(connection: Connection[Any]) -> Row:
    """Sources, providers, layouts and currencies in use, from the files: there are few."""
    found = find(
        connection,
        "select array(select distinct source from statement_file order by 1) as sources,"
        " array(select distinct provider from statement_file order by 1) as providers,"
        " array(select distinct layout from statement_file order by 1) as layouts,"
        " array(select distinct key from statement_file, jsonb_each(line_totals) order by 1) as currencies",
    )
    return found or {}
