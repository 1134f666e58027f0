"""Table recon_ask (对账申请): runs that people asked for; the same is asked once, whoever clicks however often."""

from datetime import date
from typing import Any, Final

from psycopg import Connection

from fenghe.money.store_recon import LOCK, STAGE

SHOWN: Final = 10
_COLUMNS: Final = (
    "id, kind, scope, day_from, day_to, status, asked_by, asked_at, started_at, finished_at, run_id, problem"
)


def alone(connection: Connection[Any]) -> bool:
    """Whether this session is the one that does asked runs; held until `leave` or until the session ends."""
    row = connection.execute("select pg_try_advisory_lock(%s, 1)", (LOCK,)).fetchone()
    return bool(row and row[0])


def leave(connection: Connection[Any]) -> None:
    """Let another worker do asked runs."""
    connection.execute("select pg_advisory_unlock(%s, 1)", (LOCK,))


def ask(
    connection: Connection[Any], *, kind: str, scope: str, first: date | None, last: date | None, by: str
) -> dict[str, Any]:
    """Put a run in line; the one already waiting or running when it is the same."""
    values = {"kind": kind, "scope": scope, "first": first, "last": last, "by": by}
    connection.execute(
        "insert into recon_ask (kind, scope, day_from, day_to, asked_by) values (%(kind)s, %(scope)s, %(first)s, %(last)s, %(by)s)"
        " on conflict (kind, scope, coalesce(day_from, 'epoch'), coalesce(day_to, 'epoch'))"
        " where status in ('waiting', 'running') do nothing",
        values,
    )
    return _rows(
        connection,
        "where kind = %(kind)s and scope = %(scope)s and day_from is not distinct from %(first)s"
        " and day_to is not distinct from %(last)s order by id desc limit 1",
        values,
    )[0]


def claim(connection: Connection[Any]) -> dict[str, Any] | None:
    """The oldest that waits, or that its worker left half done. Only for whoever is `alone`."""
    found = _rows(connection, "where status in ('waiting', 'running') order by id limit 1", {})
    if not found:
        return None
    connection.execute("update recon_ask set status = 'running', started_at = now() where id = %s", (found[0]["id"],))
    return found[0]


def finish(connection: Connection[Any], ask_id: int, *, run_id: int | None = None, problem: str | None = None) -> None:
    """Write down what became of it."""
    connection.execute(
        "update recon_ask set status = case when %(problem)s::text is null then 'done' else 'failed' end, finished_at = now(),"
        " run_id = %(run)s, problem = %(problem)s where id = %(id)s",
        {"id": ask_id, "run": run_id, "problem": problem},
    )


def newest(connection: Connection[Any]) -> list[dict[str, Any]]:
    """The last ones asked for, the newest first."""
    return _rows(connection, "order by id desc limit %(shown)s", {"shown": SHOWN})


def stage(connection: Connection[Any]) -> str:
    """What the run that is under way is doing now, "" when none is: its session says so outside its transaction."""
    row = connection.execute(
        "select application_name from pg_stat_activity where datname = current_database() and starts_with(application_name, %s)"
        " order by xact_start limit 1",
        (STAGE,),
    ).fetchone()
    return str(row[0]).removeprefix(STAGE) if row else ""


def _rows(connection: Connection[Any], rest: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    cursor = connection.execute(f"select {_COLUMNS} from recon_ask {rest}".encode(), values)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]
