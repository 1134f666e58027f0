"""Tables callback_audit, callback_finding and their helpers (核查): who looks at what, how far it is, and what was found."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.listing import moment_from, moment_to, numbers_of, words_of
from fenghe.kernel.store_copy import copy_rows, moment_ms, number, text
from fenghe.kernel.store_reading import Row, Where, fetch, find
from fenghe.kernel.web.paging import Paging, read_ids
from fenghe.kernel.web.problems import bad_field
from fenghe.logistics.callbacks import Located

MOST_KEPT: Final = 100_000
"""Findings kept of one audit; all of them are counted."""
LOST_SECONDS: Final = 90
"""An audit whose keeper gave no sign of life for so long is taken over."""
PENDING_SECONDS: Final = 10
BY_ITSELF: Final = "fenghe"
"""Who asked for the audits that nobody asked for."""


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """One audit: what it looks at and how far it is."""

    id: int
    about: str
    origin: str
    since: datetime | None
    until: datetime | None
    source: str
    file_name: str
    asked_by: str
    asked_at: datetime
    status: str
    phase: str
    cursor: int
    started_at: datetime | None
    finished_at: datetime | None
    read: int
    audited: int
    unreadable: int
    pending: int
    subjects: int
    found: int
    kept: int
    counts: dict[str, int]
    reasons: dict[str, int]
    problem: str | None


COLUMNS: Final = ", ".join(Audit.__struct_fields__)


def ask(
    connection: Connection[Any],
    *,
    about: str,
    since: datetime | None = None,
    until: datetime | None = None,
    source: str = "",
    asked_by: str,
    file: tuple[str, bytes] | None = None,
    keeper: str = "",
) -> int:
    """Note an audit to be done; `file` (name, content) for one of a file. With a keeper it is under way at once."""
    row = connection.execute(
        "insert into callback_audit (about, origin, since, until, source, file_name, asked_by, keeper, status, alive_at,"
        " started_at) values (%(about)s, %(origin)s, %(since)s, %(until)s, %(source)s, %(name)s, %(by)s, %(keeper)s,"
        " case when %(keeper)s = '' then 'waiting' else 'running' end, case when %(keeper)s <> '' then now() end,"
        " case when %(keeper)s <> '' then now() end) returning id",
        {
            "about": about,
            "origin": "stored" if file is None else "file",
            "since": since,
            "until": until,
            "source": source,
            "name": file[0] if file else "",
            "by": asked_by,
            "keeper": keeper,
        },
    ).fetchone()
    audit_id = int(row[0]) if row else 0
    if file is not None:
        connection.execute("insert into callback_upload (audit_id, body) values (%s, %s)", (audit_id, file[1]))
    return audit_id


def claim(connection: Connection[Any], *, keeper: str) -> Audit | None:
    """Take an audit that waits, is ours, or was left by a keeper who is gone; held until the transaction ends."""
    row = find(
        connection,
        "update callback_audit set status = 'running', keeper = %(keeper)s, alive_at = now(),"
        " started_at = coalesce(started_at, now()) where id = (select id from callback_audit"
        " where status in ('waiting', 'running') and (keeper in ('', %(keeper)s)"
        " or alive_at < now() - %(lost)s * interval '1 second') order by id limit 1 for update skip locked)"
        f" returning {COLUMNS}",
        {"keeper": keeper, "lost": LOST_SECONDS},
    )
    return None if row is None else msgspec.convert(row, Audit)


def hold(connection: Connection[Any], audit_id: int, *, keeper: str) -> Audit:
    """Our own audit, locked. Raises LookupError when it was taken over meanwhile."""
    row = find(
        connection,
        "update callback_audit set alive_at = now() where id = %(id)s and keeper = %(keeper)s and status = 'running'"
        f" returning {COLUMNS}",
        {"id": audit_id, "keeper": keeper},
    )
    if row is None:
        raise LookupError(f"audit {audit_id} was taken over")
    return msgspec.convert(row, Audit)


def counted(
    connection: Connection[Any],
    audit_id: int,
    *,
    audited: int,
    unreadable: int,
    pending: int,
    reasons: Mapping[str, int],
    subjects: int,
) -> None:
    """How much there is to look at."""
    connection.execute(
        "update callback_audit set read = %s, audited = %s, unreadable = %s, pending = %s, reasons = %s::jsonb,"
        " subjects = %s where id = %s",
        (audited + unreadable, audited, unreadable, pending, orjson.dumps(dict(reasons)).decode(), subjects, audit_id),
    )


def go_on(connection: Connection[Any], audit_id: int, *, phase: str, cursor: int) -> None:
    """Where whoever comes next goes on."""
    connection.execute("update callback_audit set phase = %s, cursor = %s where id = %s", (phase, cursor, audit_id))


def finish(connection: Connection[Any], audit_id: int, *, problem: str | None = None) -> None:
    """It is done, or cannot be done."""
    connection.execute("delete from callback_target where audit_id = %s", (audit_id,))
    connection.execute("delete from callback_upload where audit_id = %s", (audit_id,))
    connection.execute(
        "update callback_audit set status = case when %s::text is null then 'done' else 'failed' end, problem = %s,"
        " finished_at = now(), keeper = '' where id = %s",
        (problem, problem, audit_id),
    )


def keep(connection: Connection[Any], audit_id: int, found: Sequence[Located]) -> None:
    """Store findings after those that are there, as far as there is room, and count them all."""
    row = connection.execute("select kept from callback_audit where id = %s for update", (audit_id,)).fetchone()
    first = int(row[0]) if row else 0
    kept = found[: max(MOST_KEPT - first, 0)]
    copy_rows(
        connection,
        "copy callback_finding (audit_id, n, key, kind, severity, at, number, order_no, carrier, source, codes, code, field,"
        " theirs, ours, words, rule, effect, effect_reason, evidence, message_id, origin, subject_id, order_id) from stdin",
        (_columns(audit_id, first + place, one) for place, one in enumerate(kept)),
    )
    counts: dict[str, int] = {}
    for one in found:
        counts[one.finding.kind] = counts.get(one.finding.kind, 0) + 1
    connection.execute(
        "update callback_audit set kept = kept + %s, found = found + %s, counts = (select coalesce(jsonb_object_agg(k, v),"
        " '{}') from (select k, sum(v) as v from (select key as k, value::bigint as v from jsonb_each_text(counts) union all"
        " select key, value::bigint from jsonb_each_text(%s::jsonb)) both_of group by k) s) where id = %s",
        (len(kept), len(found), orjson.dumps(counts).decode(), audit_id),
    )


def _columns(audit_id: int, n: int, one: Located) -> tuple[str, ...]:
    found = one.finding
    return (
        str(audit_id), str(n), text(found.key), text(found.kind), str(found.severity), moment_ms(found.at_ms),
        *map(text, (
            found.number, found.order_no, found.carrier, found.source, found.codes, found.code, found.field, found.theirs,
            found.ours, found.words, found.rule, found.effect, found.effect_reason,
        )),
        text("{" + ",".join(found.evidence) + "}"), number(found.message_id), text(found.where),
        number(one.subject_id), number(one.order_id),
    )  # fmt: skip


def upload_of(connection: Connection[Any], audit_id: int) -> bytes | None:
    """The file of an audit."""
    row = connection.execute("select body from callback_upload where audit_id = %s", (audit_id,)).fetchone()
    return None if row is None else bytes(row[0])


def alone(connection: Connection[Any]) -> bool:
    """Whether nobody else decides at this moment if an audit is due; true for one, until the transaction ends."""
    row = connection.execute("select pg_try_advisory_xact_lock(hashtextextended('callback_audit', 7312))").fetchone()
    return bool(row and row[0])


def due_by_itself(connection: Connection[Any], about: str, *, at_least_seconds: int, share: int) -> bool:
    """Whether the last audit that nobody asked for is long enough ago: the longer it took, the rarer it is made.

    One that found mail which was not judged yet is soon followed by another.
    """
    row = connection.execute(
        "select coalesce(max(coalesce(finished_at, 'infinity') + greatest(case when pending > 0 then %(waits)s"
        " else %(least)s end * interval '1 second', %(share)s * (finished_at - started_at))) < now(), true)"
        " from callback_audit where origin = 'stored' and about = %(about)s and asked_by = %(by)s and status <> 'failed'",
        {"least": at_least_seconds, "waits": PENDING_SECONDS, "share": share, "about": about, "by": BY_ITSELF},
    ).fetchone()
    return bool(row and row[0])


def tidy(connection: Connection[Any]) -> int:
    """Remove audits that a newer one of the same kind has replaced, and those of people after a month."""
    return connection.execute(
        "delete from callback_audit a where a.status in ('done', 'failed') and ((a.asked_by = %(by)s and exists (select from"
        " callback_audit b where b.asked_by = a.asked_by and b.about = a.about and b.origin = a.origin and b.status = 'done'"
        " and b.id > a.id and b.finished_at < now() - interval '10 minutes'))"
        " or a.asked_at < now() - interval '30 days')",
        {"by": BY_ITSELF},
    ).rowcount


# ── the screen ───────────────────────────────────────────────────────────────────────────────────────────────────────
SORTS: Final = {"severity": "f.severity", "at": "f.at", "number": "f.number", "kind": "f.kind"}
DEFAULT_SORT: Final = "-severity"


class FindingFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the list may be narrowed by, as the address says it. `audit` "": the newest one of the mail that is stored."""

    audit: str = ""
    about: str = "tracking"
    kind: str = ""
    severity: str = ""
    carrier: str = ""
    source: str = ""
    q: str = ""
    text: str = ""
    at_from: str = ""
    at_to: str = ""
    ids: str = ""


SEVERITIES: Final = {"low": 1, "medium": 2, "high": 3}


def audits(connection: Connection[Any], about: str, *, own: str | None) -> list[Audit]:
    """The newest audits, of stored mail and of files; `own`: only those of this person beside what nobody asked for."""
    rows = fetch(
        connection,
        f"select {COLUMNS} from callback_audit where about = %(about)s and (%(own)s::text is null or asked_by in (%(own)s,"
        " %(by)s)) order by id desc limit 30",
        {"about": about, "own": own, "by": BY_ITSELF},
    )
    return [msgspec.convert(row, Audit) for row in rows]


def find_audit(connection: Connection[Any], audit_id: int, *, own: str | None) -> Audit | None:
    """One audit, if this person may see it."""
    row = find(
        connection,
        f"select {COLUMNS} from callback_audit where id = %(id)s and (%(own)s::text is null or asked_by in (%(own)s, %(by)s))",
        {"id": audit_id, "own": own, "by": BY_ITSELF},
    )
    return None if row is None else msgspec.convert(row, Audit)


def newest_audit(connection: Connection[Any], about: str, *, own: str | None) -> Audit | None:
    """The newest audit of stored mail that is done; while there is none, the one under way."""
    row = find(
        connection,
        f"select {COLUMNS} from callback_audit where about = %(about)s and origin = 'stored' and status <> 'failed'"
        " and (%(own)s::text is null or asked_by in (%(own)s, %(by)s))"
        " order by (status <> 'done'), (asked_by <> %(by)s), id desc limit 1",
        {"about": about, "own": own, "by": BY_ITSELF},
    )
    return None if row is None else msgspec.convert(row, Audit)


def conditions(asked: FindingFilter, audit_id: int, *, shops: Sequence[str] | None) -> Where:
    """Everything but the kind."""
    where = Where()
    where.add("f.audit_id = %(audit)s", audit=audit_id)
    if shops is not None:
        where.add(
            "exists (select from customer_order m where m.subject_id = f.order_id and m.shop = any(%(own_shops)s))",
            own_shops=list(shops),
        )
    if severities := words_of(asked.severity):
        unknown = [word for word in severities if word not in SEVERITIES]
        if unknown:
            raise bad_field("severity", f"没有 {unknown[0]} 这一级,可用的有 low、medium、high")
        where.any_of("f.severity", "severity", [SEVERITIES[word] for word in severities])
    where.any_of("f.carrier", "carrier", words_of(asked.carrier))
    where.any_of("f.source", "source", words_of(asked.source))
    if numbers := numbers_of(asked.q):
        where.add(
            "(f.number = any(%(upper)s) or f.order_no = any(%(numbers)s))",
            numbers=numbers,
            upper=[one.upper() for one in numbers],
        )
    if words := asked.text.strip()[:100]:
        where.add("(f.words ilike %(text)s or f.theirs ilike %(text)s)", text=f"%{_plain(words)}%")
    where.between("f.at", "at", start=moment_from(asked.at_from, "at_from"), end=moment_to(asked.at_to, "at_to"))
    if (ids := read_ids(asked.ids)) is not None:
        where.add("f.n = any(%(ids)s)", ids=list(ids))
    return where


def _plain(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


_SELECT: Final = (
    "select f.*, s.title as source_title, c.id as case_id, c.status as case_status from callback_finding f left join source s"
    " on s.id = f.source left join work_case c on c.key = 'callback:' || f.key"
)


def page(
    connection: Connection[Any],
    asked: FindingFilter,
    audit_id: int,
    *,
    shops: Sequence[str] | None,
    paging: Paging,
    kinds: Sequence[str],
) -> tuple[list[Row], dict[str, int]]:
    """(the findings of one page, how many there are of each kind), in two statements over one audit's bounded rows."""
    where = conditions(asked, audit_id, shops=shops)
    counts = fetch(
        connection,
        f"select f.kind, count(*) as found from callback_finding f where {where.sql()} group by f.kind",
        where.values,
    )
    where.values |= {"size": paging.size, "offset": paging.offset}
    rows = fetch(connection, f"{_listed(where, paging, kinds)} limit %(size)s offset %(offset)s", where.values)
    return rows, {row["kind"]: row["found"] for row in counts}


def everything(
    asked: FindingFilter, audit_id: int, *, shops: Sequence[str] | None, paging: Paging, kinds: Sequence[str]
) -> tuple[str, dict[str, Any]]:
    """The statement of an export: the same rows as the list's pages."""
    where = conditions(asked, audit_id, shops=shops)
    return _listed(where, paging, kinds), where.values


def _listed(where: Where, paging: Paging, kinds: Sequence[str]) -> str:
    where.any_of("f.kind", "kind", list(kinds))
    way = "desc" if paging.descending else "asc"
    return f"{_SELECT} where {where.sql()} order by {SORTS[paging.sort]} {way}, f.at desc, f.n desc"


def find_finding(connection: Connection[Any], audit_id: int, n: int, *, shops: Sequence[str] | None) -> Row | None:
    """One finding with its audit, if this person may see it."""
    where = conditions(FindingFilter(ids=str(n)), audit_id, shops=shops)
    return find(connection, f"{_SELECT} where {where.sql()}", where.values)
