"""Cases that something other than a judged history opens (发现工单): a promise about to break, a source gone silent.

One case per key, however often it is found and by however many; what is told of it is brought up to date, every change is
on its record, and it is closed by whoever sees that its reason is gone.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import Connection


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One case as it is to stand. `told`: why it is here, in a sentence; `version`: the declaration that decided."""

    key: str
    kind: str
    severity: int
    subject_id: int | None
    title: str
    told: str
    due_at: datetime | None
    version: str = ""


_OPEN = (
    "with told as (select * from jsonb_to_recordset(%s::jsonb) as t(key text, kind text, severity smallint,"
    " subject_id bigint, title text, told text, due_at timestamptz, version text)), written as (insert into work_case"
    " (key, kind, severity, subject_id, title, reason, evidence, rule_version, due_at) select key, kind, severity,"
    " subject_id, title, split_part(kind, '.', 2), jsonb_build_object('keys', '[]'::jsonb, 'told', told), version, due_at"
    " from told order by key on conflict (key) do update set status = 'open', severity = excluded.severity,"
    " title = excluded.title, evidence = excluded.evidence, rule_version = excluded.rule_version,"
    " due_at = case when work_case.status = 'open' and work_case.severity = excluded.severity then work_case.due_at"
    " else excluded.due_at end, closed_at = null, resolution = null, resolved_by = null, changed_at = now()"
    " where work_case.status <> 'open' or (work_case.severity, work_case.title) is distinct from"
    " (excluded.severity, excluded.title) returning id, (xmax = 0) as fresh), logged as (insert into case_entry"
    " (case_id, author, kind, body) select id, 'fenghe', 'log', case when fresh then 'noticed' else 'noticed_again' end"
    " from written) select count(*) from written"
)


def open_noticed(connection: Connection[Any], notices: Sequence[Notice]) -> int:
    """Open these cases or bring them up to date, in the caller's transaction; returns how many changed."""
    if not notices:
        return 0
    row = connection.execute(_OPEN, (msgspec.json.encode(notices).decode(),)).fetchone()
    return int(row[0]) if row else 0


def close_noticed(connection: Connection[Any], keys: Sequence[str], *, resolution: str) -> int:
    """Close these cases by themselves, as far as they are open; `resolution` says what took their reason away."""
    if not keys:
        return 0
    row = connection.execute(
        "with closed as (update work_case set status = 'self_closed', resolution = %s, closed_at = now(),"
        " changed_at = now() where key = any(%s) and status = 'open' returning id), logged as (insert into case_entry"
        " (case_id, author, kind, body) select id, 'fenghe', 'log', 'self_closed:' || %s from closed)"
        " select count(*) from closed",
        (resolution, list(keys), resolution),
    ).fetchone()
    return int(row[0]) if row else 0
