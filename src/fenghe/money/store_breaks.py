"""Table recon_break (差异) written set-wise: found again changes nothing, gone is closed on record, back is reopened."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.store_copy import copy_rows, flag, number, text
from fenghe.money.causes import MEANINGS, Cause
from fenghe.money.cents import CAUSES, Stands
from fenghe.money.found import Found
from fenghe.money.store_break_filter import BreakFilter, conditions

_COLUMNS: Final = (
    "key, scope_key, cause, fault, order_no, payment_no, channel, shop, provider, day, currency, amount_minor, field, ours_minor,"
    " theirs_minor, documents, steps, note, rule_version"
)
_SAYS: Final = "amount_minor, ours_minor, theirs_minor, documents, steps, note, day, payment_no, provider"
"""What may change while a break stands; another rule version alone is no news."""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did to the queue."""

    opened: int
    reopened: int
    changed: int
    closed: int
    standing: int


def prepare(connection: Connection[Any]) -> None:
    """The table of what this run finds."""
    connection.execute(
        f"create temp table recon_found on commit drop as select {_COLUMNS} from recon_break with no data;"
        "create unique index on recon_found (key)".encode()
    )


def add(connection: Connection[Any], found: Iterable[Found], rule_version: str) -> None:
    """Note what was found."""
    copy_rows(
        connection,
        f"copy recon_found ({_COLUMNS}) from stdin",
        (_row(one, rule_version) for one in found),
    )


def _row(one: Found, rule_version: str) -> tuple[str, ...]:
    told = one.difference
    documents = msgspec.json.encode(told.documents).decode()
    return (
        one.key,
        text(one.scope_key),
        told.cause,
        flag(one.fault),
        text(one.order_no),
        text(one.payment_no),
        text(one.channel),
        text(one.shop),
        text(one.provider),
        text(one.day.isoformat() if one.day else None),
        text(told.currency),
        str(told.amount_minor),
        told.field,
        number(told.ours_minor),
        number(told.theirs_minor),
        text(documents),
        text(orjson.dumps([list(step) for step in told.steps]).decode()),
        text(told.note),
        text(rule_version),
    )


def standing_cents(connection: Connection[Any]) -> list[Stands]:
    """Differences of cents that stand open in chains which this run does not look at."""
    rows = connection.execute(
        "select b.scope_key, b.provider, b.day, b.currency, b.amount_minor from recon_break b where b.status = 'open'"
        " and b.cause = any(%s) and not exists (select from recon_touched t where b.scope_key = 'order:' || t.k)",
        ([str(cause) for cause in CAUSES],),
    ).fetchall()
    names = ("scope_key", "provider", "day", "currency", "amount_minor")
    return [Stands(**dict(zip(names, row, strict=True))) for row in rows]


def apply(connection: Connection[Any], run_id: int, *, examined: str, now: datetime, by: str) -> Moved:
    """Bring the queue to what was found. `examined` says, over recon_break b, which breaks this run was to find again."""
    connection.execute("analyze recon_found")
    connection.execute(
        "create temp table recon_before on commit drop as select b.key, b.id, b.status, coalesce(b.closed_by ->> 'ruling', '')"
        " as ruling from recon_break b join recon_found f on f.key = b.key;"
        "create temp table recon_accepted on commit drop as select distinct on (f.key) f.key, r.id as ruling from recon_found f"
        " join recon_ruling r on r.act = 'force' and r.status = 'approved' and r.body ->> 'key' = f.key"
        " and (r.body ->> 'amount_minor')::bigint = f.amount_minor order by f.key, r.id desc"
    )
    values = {"run": run_id, "now": now, "by": by}
    _write(connection, values)
    _tell(connection, values)
    closed = connection.execute(
        (
            "with gone as (update recon_break b set status = 'closed', closed_at = %(now)s, changed_at = %(now)s,"
            " last_run = %(run)s, closed_by = jsonb_build_object('run', %(run)s::bigint)"
            f" where b.status = 'open' and {examined} and not exists (select from recon_found f where f.key = b.key)"
            " returning b.id), told as (insert into recon_event (break_id, run_id, at, author, event)"
            " select id, %(run)s, %(now)s, %(by)s, 'closed' from gone returning 1) select count(*) from told"
        ).encode(),
        values,
    ).fetchone()
    counts = connection.execute(
        "select count(*) filter (where n.id is null), count(*) filter (where n.status = 'closed' and a.key is null"
        " and n.ruling = ''),"
        " count(*) from recon_found f left join recon_before n on n.key = f.key left join recon_accepted a on a.key = f.key"
    ).fetchone()
    assert counts is not None
    assert closed is not None
    changed = connection.execute(
        "select count(*) from recon_event where run_id = %(run)s and event = 'changed'", values
    ).fetchone()
    return Moved(
        opened=counts[0], reopened=counts[1], changed=changed[0] if changed else 0, closed=closed[0], standing=counts[2]
    )


def _write(connection: Connection[Any], values: Mapping[str, Any]) -> None:
    new = "(" + ", ".join(f"excluded.{name.strip()}" for name in _SAYS.split(",")) + ")"
    old = "(" + ", ".join(f"b.{name.strip()}" for name in _SAYS.split(",")) + ")"
    sets = ", ".join(
        f"{name.strip()} = excluded.{name.strip()}" for name in _COLUMNS.split(",") if name.strip() != "key"
    )
    connection.execute(
        (
            f"insert into recon_break as b ({_COLUMNS}, status, closed_at, closed_by, first_run, last_run, found_at)"
            f" select {', '.join('f.' + name.strip() for name in _COLUMNS.split(','))},"
            " case when a.key is null then 'open' else 'closed' end, case when a.key is not null then %(now)s::timestamptz end,"
            " case when a.key is not null then jsonb_build_object('ruling', a.ruling) end, %(run)s, %(run)s, %(now)s"
            " from recon_found f left join recon_accepted a on a.key = f.key order by f.day, f.key"
            f" on conflict (key) do update set {sets}, status = excluded.status, closed_at = excluded.closed_at,"
            " closed_by = excluded.closed_by, last_run = %(run)s, changed_at = %(now)s"
            f" where b.status <> excluded.status or {old} is distinct from {new}"
        ).encode(),
        values,
    )


def _tell(connection: Connection[Any], values: Mapping[str, Any]) -> None:
    """An event for every row that this run wrote."""
    connection.execute(
        "insert into recon_event (break_id, run_id, at, author, event, body) select b.id, %(run)s, %(now)s, %(by)s,"
        " case when n.id is null then 'opened' when b.status = 'closed' then 'ruled' when n.status = 'closed' then 'reopened'"
        " else 'changed' end, jsonb_build_object('amount_minor', b.amount_minor, 'rule_version', b.rule_version)"
        " from recon_found f join recon_break b on b.key = f.key left join recon_before n on n.key = f.key"
        " where b.last_run = %(run)s",
        values,
    )


def closed_in(connection: Connection[Any], run_id: int) -> list[tuple[int, str, str, Any]]:
    """(id, scope, cause, documents) of the breaks that this run closed."""
    return connection.execute(
        "select id, scope_key, cause, documents from recon_break where last_run = %s and status = 'closed'"
        " and closed_by ? 'run' order by id",
        (run_id,),
    ).fetchall()


def note_evidence(connection: Connection[Any], evidence: Sequence[tuple[int, Any]]) -> None:
    """What closed each of these breaks."""
    if evidence:
        connection.execute(
            "update recon_break b set closed_by = b.closed_by || t.body from jsonb_to_recordset(%s::jsonb)"
            " as t(id bigint, body jsonb) where b.id = t.id",
            (orjson.dumps([{"id": one, "body": body} for one, body in evidence]).decode(),),
        )


CASE_KEY: Final = "money.break:"


def cases(connection: Connection[Any], *, now: datetime) -> None:
    """One case a cause and currency, open while breaks of it stand: the queue of breaks is the list to work through."""
    severities = {str(cause): meaning.severity for cause, meaning in MEANINGS.items()}
    titles = {str(cause): meaning.title for cause, meaning in MEANINGS.items()}
    connection.execute(
        "with standing as (select cause, currency, count(*) as n, sum(amount_minor)::bigint as amount, min(day) as first_day"
        " from recon_break where status = 'open' and fault group by cause, currency),"
        " told as (insert into work_case as c (key, kind, severity, title, reason, evidence, rule_version, due_at)"
        " select %(prefix)s || cause || ':' || currency, 'money.' || cause, (%(severities)s::jsonb ->> cause)::smallint,"
        " (%(titles)s::jsonb ->> cause) || ' ' || n || ' 笔，合计 '"
        " || to_char(amount / 100.0, 'FM999,999,999,990.00') || ' ' || currency,"
        " cause, jsonb_build_object('breaks', n, 'amount_minor', amount, 'currency', currency, 'first_day', first_day),"
        " 'recon', %(now)s + interval '1 day' * case (%(severities)s::jsonb ->> cause) when '3' then 1 when '2' then 3 else 7 end"
        " from standing on conflict (key) do update set status = 'open', title = excluded.title, evidence = excluded.evidence,"
        " closed_at = null, resolution = null, resolved_by = null, changed_at = now(),"
        " due_at = case when c.status = 'open' then c.due_at else excluded.due_at end"
        " where c.status <> 'open' or c.title <> excluded.title returning id, (xmax = 0) as fresh),"
        " logged as (insert into case_entry (case_id, author, kind, body) select id, 'fenghe', 'log',"
        " case when fresh then 'opened' else 'evidence' end from told),"
        " done as (update work_case c set status = 'self_closed', resolution = 'evidence', closed_at = now(), changed_at = now()"
        " where c.status = 'open' and c.key like 'money.break:%%' and not exists (select from standing s"
        " where c.key = %(prefix)s || s.cause || ':' || s.currency) returning id)"
        " insert into case_entry (case_id, author, kind, body) select id, 'fenghe', 'log', 'self_closed:evidence' from done",
        {
            "prefix": CASE_KEY,
            "severities": orjson.dumps(severities).decode(),
            "titles": orjson.dumps(titles).decode(),
            "now": now,
        },
    )
    connection.execute(
        "update recon_break b set case_id = c.id from work_case c where b.status = 'open' and b.fault and b.case_id is null"
        " and c.key = %s || b.cause || ':' || b.currency",
        (CASE_KEY,),
    )


BREAK_COLUMNS: Final = (
    "b.id, b.key, b.scope_key, b.cause, b.fault, b.status, b.order_no, b.payment_no, b.channel, b.shop, b.provider, b.day,"
    " b.currency,"
    " b.amount_minor, b.field, b.ours_minor, b.theirs_minor, b.documents, b.note, b.rule_version, b.owner_id, p.name as owner,"
    " b.decision, b.comment, b.case_id, b.first_run, b.last_run, b.found_at, b.closed_at, b.closed_by"
)


ORDERS: Final = {
    "-amount": "abs(b.amount_minor) desc, b.id",
    "amount": "abs(b.amount_minor), b.id",
    "-day": "b.day desc nulls last, b.id",
    "day": "b.day nulls last, b.id",
    "-found_at": "b.found_at desc, b.id",
    "found_at": "b.found_at, b.id",
}
"""How the queue may be ordered."""


def every(asked: BreakFilter, sort: str = "-amount") -> tuple[str, dict[str, Any]]:
    """The statement of all breaks that are asked for, to be streamed."""
    where, values = conditions(asked)
    return (
        f"select {BREAK_COLUMNS} from recon_break b left join person p on p.id = b.owner_id where {where} order by {ORDERS[sort]}",
        values,
    )


def choices(connection: Connection[Any]) -> tuple[list[str], list[str], list[str]]:
    """(channels, providers, currencies) of what reconciliations stated: what the queue can be narrowed to."""
    row = connection.execute(
        "select array_agg(distinct channel order by channel) filter (where channel <> ''), array_agg(distinct provider"
        " order by provider) filter (where provider <> ''), array_agg(distinct currency order by currency) from recon_waterfall"
        " where run_id in (select id from recon_run where kind = 'reconcile' order by id desc limit 20)"
    ).fetchone()
    return (row[0] or [], row[1] or [], row[2] or []) if row else ([], [], [])


def list_breaks(
    connection: Connection[Any],
    asked: BreakFilter,
    *,
    limit: int | None = None,
    offset: int = 0,
    sort: str = "-amount",
) -> list[dict[str, Any]]:
    """Breaks in the order asked for, the largest first if none is."""
    where, values = conditions(asked)
    cursor = connection.execute(
        (
            f"select {BREAK_COLUMNS} from recon_break b left join person p on p.id = b.owner_id where {where}"
            f" order by {ORDERS[sort]} limit %(limit)s offset %(offset)s"
        ).encode(),
        {**values, "limit": limit, "offset": offset},
    )
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def summary(connection: Connection[Any], asked: BreakFilter) -> list[dict[str, Any]]:
    """How many breaks there are and their sum, by cause and currency."""
    where, values = conditions(asked)
    cursor = connection.execute(
        (
            "select b.cause, b.currency, b.fault, count(*), sum(b.amount_minor)::bigint from recon_break b"
            f" where {where} group by 1, 2, 3 order by 1, 2"
        ).encode(),
        values,
    )
    names = ("cause", "currency", "fault", "count", "amount_minor")
    return [{**dict(zip(names, row, strict=True)), "title": MEANINGS[Cause(row[0])].title} for row in cursor.fetchall()]


def count(connection: Connection[Any], asked: BreakFilter, *, limit: int) -> int:
    """How many there are, one past the limit at most."""
    where, values = conditions(asked)
    row = connection.execute(
        f"select count(*) from (select from recon_break b where {where} limit %(limit)s) t".encode(),
        {**values, "limit": limit + 1},
    ).fetchone()
    return int(row[0]) if row else 0


def find_break(connection: Connection[Any], break_id: int) -> dict[str, Any] | None:
    """One break."""
    cursor = connection.execute(
        f"select {BREAK_COLUMNS} from recon_break b left join person p on p.id = b.owner_id where b.id = %s".encode(),
        (break_id,),
    )
    names = [column.name for column in cursor.description or ()]
    row = cursor.fetchone()
    return dict(zip(names, row, strict=True)) if row else None


def events_of(connection: Connection[Any], break_id: int) -> list[tuple[Any, ...]]:
    """(at, author, event, run, body) of a break, the oldest first."""
    return connection.execute(
        "select at, author, event, run_id, body from recon_event where break_id = %s order by id", (break_id,)
    ).fetchall()
