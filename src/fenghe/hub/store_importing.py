"""SQL of file imports (文件导入): the source, which rows are known, and what became of what was stored."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import Connection

ALIVE_SECONDS = 30
"""A worker that gave no sign of life for so long is not waited for."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A source that is there already."""

    connector: str
    enabled: bool
    config: dict[str, Any]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the judging of an import came to; `facts` are vouchers, pay-outs and statement lines; `pending` still wait."""

    orders: int = 0
    shipments: int = 0
    payments: int = 0
    refunds: int = 0
    facts: int = 0
    observations: int = 0
    unmapped: int = 0
    cases_opened: int = 0
    pending: int = 0


def find_source(connection: Connection[Any], source: str) -> Known | None:
    """The source of that id."""
    row = connection.execute("select connector, enabled, config from source where id = %s", (source,)).fetchone()
    return None if row is None else Known(connector=row[0], enabled=row[1], config=row[2])


class Earlier(msgspec.Struct, frozen=True):
    """An import of the same bytes under another source."""

    source: str
    day: str


def imported_elsewhere(connection: Connection[Any], digest: bytes, *, kind: str, source: str) -> list[Earlier]:
    """As whose the same bytes were imported before, the first first."""
    rows = connection.execute(
        "select source, timezone('Asia/Shanghai', imported_at)::date::text from imported_file"
        " where digest = %s and kind = %s and source <> %s order by imported_at, source",
        (digest, kind, source),
    )
    return [Earlier(*row) for row in rows]


def note_imported(connection: Connection[Any], digest: bytes, *, kind: str, source: str, name: str, by: str) -> None:
    """Remember these bytes as this source's."""
    connection.execute(
        "insert into imported_file (digest, kind, source, name, imported_by) values (%s, %s, %s, %s, %s)"
        " on conflict do nothing",
        (digest, kind, source, name[:500], by),
    )


def lock_source(connection: Connection[Any], source: str) -> None:
    """One import at a time stores for a source, so that counts are exact; held until the transaction ends."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended('import:' || %s, 7312))", (source,))


def known_keys(connection: Connection[Any], source: str, keys: Sequence[bytes]) -> set[bytes]:
    """Those of the keys that the source has told before."""
    rows = connection.execute(
        "select dedupe_key from inbound_message where source = %s and dedupe_key = any(%s)", (source, list(keys))
    )
    return {bytes(row[0]) for row in rows}


def last_message(connection: Connection[Any]) -> int:
    """The newest message; what comes later has a larger id."""
    row = connection.execute("select coalesce(max(id), 0) from inbound_message").fetchone()
    return int(row[0]) if row else 0


def pending_of(connection: Connection[Any], source: str) -> int:
    """Messages of the source that nobody has judged yet."""
    row = connection.execute(
        "select count(*) from message_handling h join inbound_message m on m.id = h.message_id"
        " where h.status = 0 and m.source = %s",
        (source,),
    ).fetchone()
    return int(row[0]) if row else 0


def workers_alive(connection: Connection[Any]) -> bool:
    """Whether a worker gave a sign of life of late."""
    row = connection.execute(
        "select exists (select from pulse where name like 'worker:%%' and at > now() - %s * interval '1 second')",
        (ALIVE_SECONDS,),
    ).fetchone()
    return bool(row and row[0])


def outcome(connection: Connection[Any], source: str, *, after: int) -> Outcome:
    """What the source's messages later than `after` came to."""
    row = connection.execute(
        "with told as (select o.subject_id, o.status, o.code from inbound_message m"
        "  join observation o on o.message_id = m.id where m.source = %(source)s and m.id > %(after)s),"
        " touched as (select s.id, s.kind from subject s where s.id in (select subject_id from told)),"
        " began as (select min(received_at) as at from inbound_message where source = %(source)s and id > %(after)s)"
        " select (select count(*) from touched where kind = 'order'),"
        " (select count(*) from touched where kind = 'shipment'),"
        " (select count(*) from touched where kind = 'payment'), (select count(*) from touched where kind = 'refund'),"
        " (select count(*) from finance_voucher where source = %(source)s and message_id > %(after)s)"
        " + (select count(*) from payout where source = %(source)s and message_id > %(after)s)"
        " + (select count(*) from statement_line where source = %(source)s and message_id > %(after)s),"
        " (select count(*) from told), (select count(*) from told where status is null and code <> ''),"
        " (select count(*) from work_case c join touched t on t.id = c.subject_id, began"
        "  where c.opened_at >= began.at)",
        {"source": source, "after": after},
    ).fetchone()
    counts = row or (0,) * 8
    return Outcome(
        orders=counts[0],
        shipments=counts[1],
        payments=counts[2],
        refunds=counts[3],
        facts=counts[4],
        observations=counts[5],
        unmapped=counts[6],
        cases_opened=counts[7],
        pending=pending_of(connection, source),
    )
