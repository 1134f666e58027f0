"""Looking through files for a chain's numbers (文件寻踪): lines, vouchers, files not imported, messages; piece by piece, bounded.

Promises: each piece takes the newest first and no more than it says; what is a document of the chain already is not found again;
what could not be read is put back to be read anew, which changes nothing that was read before.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.store_reading import Row, fetch
from fenghe.money.seeking import mentions

LINES: Final = 200_000
VOUCHERS: Final = 200_000
UPLOADS: Final = 50
ASIDE: Final = 50_000
MESSAGES: Final = 300_000
"""How many of each are looked at, the newest first."""
SLICE: Final = 10_000
MOST_HITS: Final = 20
SECONDS: Final = 8
LARGEST: Final = 4_000_000
"""A message longer than this is a file of its own and was imported as such."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """What mentions a number. `kind`: message, line, voucher, upload; `aside`: a message that could not be read."""

    kind: str
    ref_id: int
    number: str
    words: str
    message_id: int | None = None
    at: datetime | None = None
    aside: bool = False


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of looking: what was found, how many were looked at, and from where to go on (None: this kind is done)."""

    hits: tuple[Hit, ...] = ()
    looked: int = 0
    cursor: int | None = None


def lines(connection: Connection[Any], numbers: Sequence[str], known: Sequence[int]) -> Piece:
    """Statement lines whose remark or other party mentions a number."""
    rows = fetch(
        connection,
        "select l.id, l.message_id, l.provider, l.occurred_at as at, concat_ws(' ', l.summary, l.counterparty) as text from"
        " (select id, message_id, provider, occurred_at, summary, counterparty from statement_line"
        f"  order by recorded_at desc limit {LINES}) l"
        " where not l.id = any(%(known)s) and exists (select from unnest(%(ns)s::text[]) n where strpos(l.summary, n) > 0"
        f"  or strpos(l.counterparty, n) > 0) limit {MOST_HITS * 5}",
        {"ns": list(numbers), "known": list(known)},
    )
    hits = (
        Hit(
            kind="line", ref_id=row["id"], number=number, message_id=row["message_id"], at=row["at"],
            words=f"{row['provider']} 账单行的摘要提到 {number}",
        )
        for row in rows
        if (number := _named(row["text"].encode(), numbers))
    )  # fmt: skip
    return Piece(hits=tuple(hits)[:MOST_HITS], looked=_most(connection, "statement_line", LINES))


def vouchers(connection: Connection[Any], numbers: Sequence[str], known: Sequence[int]) -> Piece:
    """Vouchers whose remark mentions a number."""
    rows = fetch(
        connection,
        "select v.id, v.message_id, v.voucher_no, v.remark as text, v.recorded_at as at from (select id, message_id, voucher_no,"
        f" remark, recorded_at from finance_voucher order by recorded_at desc limit {VOUCHERS}) v"
        " where not v.id = any(%(known)s) and exists (select from unnest(%(ns)s::text[]) n where strpos(v.remark, n) > 0)"
        f" limit {MOST_HITS * 5}",
        {"ns": list(numbers), "known": list(known)},
    )
    hits = (
        Hit(
            kind="voucher", ref_id=row["id"], number=number, message_id=row["message_id"], at=row["at"],
            words=f"凭证 {row['voucher_no']} 的摘要提到 {number}",
        )
        for row in rows
        if (number := _named(row["text"].encode(), numbers))
    )  # fmt: skip
    return Piece(hits=tuple(hits)[:MOST_HITS], looked=_most(connection, "finance_voucher", VOUCHERS))


def _most(connection: Connection[Any], table: str, most: int) -> int:
    row = connection.execute(f"select count(*) from (select from {table} limit {most}) t".encode()).fetchone()
    return int(row[0]) if row else 0


def uploads(connection: Connection[Any], numbers: Sequence[str]) -> Piece:
    """Files that were given and not imported, as far as their bytes are text."""
    rows = fetch(
        connection,
        "select u.id, u.name, u.state, u.uploaded_at as at, p.body from (select id, name, state, uploaded_at from statement_upload"
        f" where state in ('held', 'refused', 'failed') order by id desc limit {UPLOADS}) u"
        " join statement_upload_part p on p.upload_id = u.id"
        " where exists (select from unnest(%(ns)s::text[]) n where position(convert_to(n, 'UTF8') in p.body) > 0) order by u.id",
        {"ns": list(numbers)},
    )
    found = {}
    for row in rows:
        number = _named(bytes(row["body"]), numbers)
        if number and row["id"] not in found:
            state = {"held": "上传后没有导入", "refused": "被拒收"}.get(row["state"], "导入失败")
            words = f"文件 {row['name']} {state}，里面有 {number}"
            found[row["id"]] = Hit(kind="upload", ref_id=row["id"], number=number, words=words, at=row["at"])
    waiting = connection.execute(
        "select count(*) from statement_upload where state in ('held', 'refused', 'failed')"
    ).fetchone()
    return Piece(hits=tuple(found.values())[:MOST_HITS], looked=min(UPLOADS, int(waiting[0]) if waiting else 0))


_TEXT: Final = "m.body, coalesce(m.headers ->> ':plain', '') as plain"
_MENTIONS: Final = (
    f"octet_length(m.body) < {LARGEST} and exists (select from unnest(%(ns)s::text[]) n"
    " where position(convert_to(n, 'UTF8') in m.body) > 0"
    " or strpos(coalesce(m.headers ->> ':plain', ''), n) > 0)"
)


def aside(connection: Connection[Any], numbers: Sequence[str], *, cursor: int | None, looked: int) -> Piece:
    """Messages and rows of files that could not be read, the newest first."""
    rows = fetch(
        connection,
        "select m.id, m.source, m.received_at as at, h.origin, h.finding, m.id is not null as there,"
        f" case when {_MENTIONS} then m.body end as body, coalesce(m.headers ->> ':plain', '') as plain"
        " from (select message_id, origin, finding from message_handling where status = 2"
        "  and (%(cursor)s::bigint is null or message_id < %(cursor)s) order by message_id desc"
        f"  limit {SLICE}) h join inbound_message m on m.id = h.message_id order by m.id desc",
        {"ns": list(numbers), "cursor": cursor},
    )
    hits = tuple(hit for row in rows if row["body"] is not None and (hit := _message_hit(row, numbers)) is not None)
    more = len(rows) == SLICE and looked + len(rows) < ASIDE
    return Piece(hits=hits[:MOST_HITS], looked=len(rows), cursor=rows[-1]["id"] if more else None)


def messages(
    connection: Connection[Any], numbers: Sequence[str], *, cursor: int | None, looked: int, known: Iterable[int]
) -> Piece:
    """Messages that were read, the newest first: those that say something of which the chain holds nothing."""
    top = cursor if cursor is not None else _newest(connection)
    rows = fetch(
        connection,
        f"select m.id, m.source, m.received_at as at, h.origin, h.finding, {_TEXT} from inbound_message m"
        " join message_handling h on h.message_id = m.id where m.id <= %(top)s and m.id > %(bottom)s and h.status = 1"
        f" and {_MENTIONS} and not m.id = any(%(known)s) and (h.finding is not null"
        "  or exists (select from observation o where o.message_id = m.id)"
        "  or exists (select from statement_line l where l.message_id = m.id)"
        "  or exists (select from payout p where p.message_id = m.id)"
        f"  or exists (select from finance_voucher v where v.message_id = m.id)) order by m.id desc limit {MOST_HITS * 5}",
        {"ns": list(numbers), "top": top, "bottom": top - SLICE, "known": list(known)},
    )
    hits = tuple(hit for row in rows if (hit := _message_hit(row, numbers)) is not None)
    count = min(SLICE, top)
    more = top - SLICE > 0 and looked + count < MESSAGES
    return Piece(hits=hits[:MOST_HITS], looked=count, cursor=top - SLICE if more else None)


def _message_hit(row: Row, numbers: Sequence[str]) -> Hit | None:
    number = _named(bytes(row["body"]), numbers) or _named(row["plain"].encode(), numbers)
    if not number:
        return None
    where = row["origin"] or f"来源 {row['source']}"
    return Hit(
        kind="message", ref_id=row["id"], number=number, message_id=row["id"], at=row["at"],
        words=f"报文 {row['id']}（{where}）提到 {number}{_problem(row['finding'])}", aside=bool(row["finding"]),
    )  # fmt: skip


def _problem(finding: Any) -> str:
    """What could not be read, without what was told: it may name people."""
    first = finding[0] if isinstance(finding, list) and finding and isinstance(finding[0], dict) else None
    if first is None:
        return ""
    return f"，没有读懂：{first.get('field') or '整条'}"


def _named(text: bytes, numbers: Sequence[str]) -> str:
    return next((one for one in numbers if mentions(text, one)), "")


def _newest(connection: Connection[Any]) -> int:
    row = connection.execute("select coalesce(max(id), 0) from inbound_message").fetchone()
    return int(row[0]) if row else 0


def known_messages(connection: Connection[Any], subjects: Sequence[int], documents: Iterable[int]) -> list[int]:
    """Messages that the chain's documents stand in, and those that told of its subjects."""
    rows = connection.execute(
        "select distinct message_id from observation where subject_id = any(%s) limit 20000", (list(subjects),)
    )
    return sorted({int(row[0]) for row in rows} | set(documents))


def keep(connection: Connection[Any], *, search: int, question: int, chain_key: str, hits: Sequence[Hit]) -> None:
    """Attach what was found to the chain, once."""
    for one in hits:
        connection.execute(
            "insert into trace_evidence (search_id, question_id, chain_key, kind, ref_id, number, words, message_id, told_at)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
            (search, question, chain_key, one.kind, one.ref_id, one.number, one.words[:300], one.message_id, one.at),
        )


def read_anew(connection: Connection[Any], messages_: Sequence[int]) -> int:
    """Put what could not be read back to be read: layouts and mappings may know it by now."""
    return inbox.replay(connection, messages_)


def still_aside(connection: Connection[Any], messages_: Sequence[int]) -> tuple[list[int], list[int]]:
    """(those not read yet, those that could not be read again)."""
    rows = connection.execute(
        "select message_id, status from message_handling where message_id = any(%s)", (list(messages_),)
    ).fetchall()
    return [row[0] for row in rows if row[1] == 0], [row[0] for row in rows if row[1] == 2]


def hits_of(connection: Connection[Any], messages_: Sequence[int], numbers: Sequence[str]) -> list[Hit]:
    """These messages as finds."""
    rows = fetch(
        connection,
        f"select m.id, m.source, m.received_at as at, h.origin, h.finding, {_TEXT} from inbound_message m"
        " join message_handling h on h.message_id = m.id where m.id = any(%(ids)s) order by m.id desc",
        {"ids": list(messages_)},
    )
    return [hit for row in rows if (hit := _message_hit(row, numbers)) is not None]


def note_progress(connection: Connection[Any], question: int, *, progress: bytes, words: str) -> None:
    """Where the looking stands: whoever goes on after us begins there."""
    connection.execute(
        "update trace_question set progress = %s, answer = %s where id = %s and status = 'waiting'",
        (progress.decode(), words[:500], question),
    )


def bound(connection: Connection[Any]) -> None:
    """No piece takes longer than this; the transaction's own setting."""
    connection.execute(f"set local statement_timeout = '{SECONDS}s'".encode())
