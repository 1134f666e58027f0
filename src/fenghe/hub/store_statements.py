"""SQL of statement files (账单文件): what each file said of itself, and how far its rows have been stored."""

from typing import Any

import msgspec
import orjson
from psycopg import Connection

from fenghe.hub.import_rows import Kept
from fenghe.hub.statement_survey import Surveyed


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is being stored. `read`: rows that an earlier, killed import has stored already."""

    id: int
    read: int
    finished: bool


def begin(connection: Connection[Any], *, source: str, told: Surveyed, by: str) -> Begun:
    """Note the file; the same bytes told again are the same file."""
    problems = [msgspec.to_builtins(one) for one in (*told.checks, *told.faults)]
    totals = {"told": told.told, "rows": told.ours}
    row = connection.execute(
        "insert into statement_file as f (source, name, digest, layout, provider, account, period_from, period_to, totals,"
        " problems, complete, line_totals, notes, imported_by) values (%(source)s, %(name)s, %(digest)s, %(layout)s,"
        " %(provider)s, %(account)s, %(period_from)s, %(period_to)s, %(totals)s, %(problems)s, %(complete)s,"
        " %(line_totals)s, %(notes)s, %(by)s) on conflict (source, digest) do update set imported_by = f.imported_by"
        " returning id, read, finished_at is not null",
        {
            "source": source,
            "name": told.where[:500],
            "digest": bytes.fromhex(told.digest),
            "layout": told.version or told.layout,
            "provider": told.provider,
            "account": told.account,
            "period_from": told.period_from,
            "period_to": told.period_to,
            "totals": orjson.dumps(totals).decode(),
            "problems": orjson.dumps(problems).decode(),
            "complete": told.complete,
            "line_totals": orjson.dumps(told.moved).decode(),
            "notes": orjson.dumps(told.notes).decode(),
            "by": by,
        },
    ).fetchone()
    if row is None:
        raise LookupError("a statement file was not noted")
    return Begun(id=row[0], read=row[1], finished=row[2])


def count(connection: Connection[Any], file_id: int, kept: Kept) -> None:
    """Add a batch to the file's funnel, in the batch's own transaction."""
    connection.execute(
        "update statement_file set read = read + %s, stored = stored + %s, duplicate = duplicate + %s,"
        " set_aside = set_aside + %s where id = %s and finished_at is null",
        (kept.read, kept.stored, kept.duplicate, kept.set_aside, file_id),
    )


def finish(connection: Connection[Any], file_id: int) -> None:
    """All of its rows are stored."""
    connection.execute(
        "update statement_file set finished_at = now() where id = %s and finished_at is null", (file_id,)
    )
