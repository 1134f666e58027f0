"""Audit rows and seals in the database: append (COPY), seal, verify. Nothing here updates or deletes a row."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.audit.chain import GENESIS, AuditRow, merkle_root, row_hash, seal_hash
from fenghe.kernel.store_copy import MOMENT, copy_values, since_2000, storable
from fenghe.kernel.values import to_ms

WRITERS_LOCK = 7310
"""Shared while audit rows are given their ids and written; the sealer takes it for the moment in which it reads the newest
id: up to there nothing is under way, and what comes after belongs to the next seal."""

SEALER_LOCK = 7311
"""One sealer at a time."""

SEAL_ROWS = 50_000
"""A seal's size at most: bounds its memory."""

_COPIED: Final = {
    "subject_id": "int8",
    "seq": "int4",
    "from_state": "text",
    "to_state": "text",
    "source": "text",
    "operator": "text",
    "ip": "text",
    "occurred_at": MOMENT,
    "recorded_at": MOMENT,
    "reason": "text",
    "message_id": "int8",
    "evidence_key": "text",
    "payload_digest": "bytea",
    "reverses_seq": "int4",
    "rule_version": "text",
    "prev_hash": "bytea",
    "hash": "bytea",
}
COLUMNS: Final = ", ".join(_COPIED)


class BadRow(msgspec.Struct, frozen=True, kw_only=True):
    """The first row that does not hold, and what is wrong with it."""

    subject_id: int
    seq: int
    problem: str


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What `verify` saw: rows and seals read, and the first thing wrong (None: the chain holds)."""

    rows: int
    subjects: int
    seals: int
    unsealed: int
    bad: BadRow | None


def append(connection: Connection[Any], rows: Sequence[tuple[AuditRow, bytes, bytes]]) -> None:
    """Write (row, previous hash, hash) triples in one COPY, inside the caller's transaction."""
    if not rows:
        return
    connection.execute("select pg_advisory_xact_lock_shared(%s)", (WRITERS_LOCK,))
    copy_values(connection, "order_state_audit", [_as_columns(*row) for row in rows], columns=_COPIED)


def _as_columns(row: AuditRow, previous: bytes, own: bytes) -> tuple[Any, ...]:
    return (
        row.subject_id,
        row.seq,
        row.from_state,
        row.to_state,
        storable(row.source),
        storable(row.operator) if row.operator else row.operator,
        row.ip,
        since_2000(row.occurred_ms),
        since_2000(row.recorded_ms),
        row.reason,
        row.message_id,
        row.evidence_key,
        bytes.fromhex(row.payload_digest) if row.payload_digest else None,
        row.reverses_seq,
        row.rule_version,
        previous,
        own,
    )


def seal(connection: Connection[Any]) -> int:
    """Seal every row written so far; returns how many rows the new seal covers (0: nothing new). Commits."""
    with connection.transaction():
        claimed = connection.execute("select pg_try_advisory_xact_lock(%s)", (SEALER_LOCK,)).fetchone()
        if not (claimed and claimed[0]):
            return 0
        connection.execute("select pg_advisory_lock(%s)", (WRITERS_LOCK,))
        bound = connection.execute("select coalesce(max(id), 0) from order_state_audit").fetchone()
        connection.execute("select pg_advisory_unlock(%s)", (WRITERS_LOCK,))
        last = connection.execute("select last_id, hash from audit_seal order by id desc limit 1").fetchone()
        after, previous = (last[0], bytes(last[1])) if last else (0, GENESIS)
        leaves = connection.execute(
            "select id, hash from order_state_audit where id > %s and id <= %s order by id limit %s",
            (after, bound[0] if bound else 0, SEAL_ROWS),
        ).fetchall()
        if not leaves:
            return 0
        first, upto = leaves[0][0], leaves[-1][0]
        root = merkle_root([bytes(row[1]) for row in leaves])
        own = seal_hash(previous, first_id=first, last_id=upto, rows=len(leaves), root=root)
        connection.execute(
            "insert into audit_seal (first_id, last_id, rows, root, prev_hash, hash) values (%s,%s,%s,%s,%s,%s)",
            (first, upto, len(leaves), root, previous, own),
        )
    return len(leaves)


def verify(connection: Connection[Any], progress: Callable[[int], None] = lambda _rows: None) -> Verification:
    """Walk every chain and every seal; memory stays bounded. Reads one snapshot, so it may run beside the workers."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        rows, subjects, bad = _verify_chains(connection, progress)
        bad = bad or _verify_heads(connection)
        seals, sealed_to, broken_seal = _verify_seals(connection)
        bad = bad or broken_seal
        left = connection.execute("select count(*) from order_state_audit where id > %s", (sealed_to,)).fetchone()
    return Verification(rows=rows, subjects=subjects, seals=seals, unsealed=left[0] if left else 0, bad=bad)


def _verify_chains(connection: Connection[Any], progress: Callable[[int], None]) -> tuple[int, int, BadRow | None]:
    rows = subjects = 0
    subject, seq, previous = None, 0, GENESIS
    for columns in _stream(connection, f"select {COLUMNS} from order_state_audit order by subject_id, seq"):
        row, told_previous, told = _from_columns(columns)
        if row.subject_id != subject:
            subject, seq, previous, subjects = row.subject_id, 0, GENESIS, subjects + 1
        if row.seq != seq + 1:
            return rows, subjects, BadRow(subject_id=row.subject_id, seq=seq + 1, problem="row is missing")
        if told_previous != previous:
            return (
                rows,
                subjects,
                BadRow(subject_id=row.subject_id, seq=row.seq, problem="does not follow the row before"),
            )
        if row_hash(previous, row) != told:
            return (
                rows,
                subjects,
                BadRow(subject_id=row.subject_id, seq=row.seq, problem="content does not match its hash"),
            )
        seq, previous, rows = row.seq, told, rows + 1
        if rows % 10_000 == 0:
            progress(rows)
    return rows, subjects, None


def _verify_heads(connection: Connection[Any]) -> BadRow | None:
    """Rows cut off the end of a chain: the subject remembers its last link."""
    found = connection.execute(
        "select s.id, s.version, a.seq from subject s"
        " left join lateral (select seq, hash from order_state_audit where subject_id = s.id order by seq desc limit 1) a on true"
        " where s.version <> coalesce(a.seq, 0) or s.chain_head is distinct from a.hash order by s.id limit 1"
    ).fetchone()
    if found is None:
        return None
    problem = "row is missing" if (found[2] or 0) < found[1] else "subject does not know this row"
    return BadRow(subject_id=found[0], seq=(found[2] or 0) + (1 if problem == "row is missing" else 0), problem=problem)


def _verify_seals(connection: Connection[Any]) -> tuple[int, int, BadRow | None]:
    previous, upto, seals = GENESIS, 0, 0
    for first, last, rows, root, told_previous, told in connection.execute(
        "select first_id, last_id, rows, root, prev_hash, hash from audit_seal order by id"
    ).fetchall():
        leaves = connection.execute(
            "select id, hash, subject_id, seq from order_state_audit where id > %s and id <= %s order by id",
            (upto, last),
        ).fetchall()
        own = seal_hash(previous, first_id=first, last_id=last, rows=rows, root=bytes(root))
        whole = len(leaves) == rows and merkle_root([bytes(leaf[1]) for leaf in leaves]) == bytes(root)
        if not whole or bytes(told_previous) != previous or bytes(told) != own:
            where = leaves[0] if leaves else (0, b"", 0, 0)
            return (
                seals,
                upto,
                BadRow(subject_id=where[2], seq=where[3], problem=f"seal over rows {first}..{last} does not hold"),
            )
        previous, upto, seals = bytes(told), last, seals + 1
    return seals, upto, None


def _stream(connection: Connection[Any], query: str) -> Iterator[tuple[Any, ...]]:
    with connection.cursor(name="audit_walk") as cursor:
        cursor.itersize = 5_000
        cursor.execute(query.encode())
        yield from cursor


def _from_columns(c: tuple[Any, ...]) -> tuple[AuditRow, bytes, bytes]:
    row = AuditRow(
        subject_id=c[0],
        seq=c[1],
        from_state=c[2],
        to_state=c[3],
        source=c[4],
        operator=c[5],
        ip=c[6],
        occurred_ms=to_ms(c[7]),
        recorded_ms=to_ms(c[8]),
        reason=c[9],
        message_id=c[10],
        evidence_key=c[11],
        payload_digest=bytes(c[12]).hex() if c[12] else None,
        reverses_seq=c[13],
        rule_version=c[14],
    )
    return row, bytes(c[15]), bytes(c[16])
