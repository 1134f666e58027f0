"""Tables recon_run, recon_mark, recon_finding, recon_waterfall (对账批次): what a run read and stated, for good."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import orjson
from psycopg import Connection

from fenghe.kernel.store_copy import copy_rows, flag, text
from fenghe.money.store_links import CHINA_DAY
from fenghe.money.waterfall import Row

LOCK: Final = 7316
STAGE: Final = "fenghe-recon:"
"""What the session of a run is called while it runs, followed by what it is doing."""
OVERLAP: Final = "2 minutes"
"""How far behind the oldest running transaction an incremental run reads again: a clock may be set back a little."""


def hold(connection: Connection[Any]) -> None:
    """One run at a time; held by the session until `release`."""
    connection.execute("select pg_advisory_lock(%s, 0)", (LOCK,))


def hold_if_free(connection: Connection[Any]) -> bool:
    """One run at a time, without waiting; held until the transaction ends."""
    row = connection.execute("select pg_try_advisory_xact_lock(%s, 0)", (LOCK,)).fetchone()
    return bool(row and row[0])


def release(connection: Connection[Any]) -> None:
    """Let others run."""
    connection.execute("select pg_advisory_unlock(%s, 0)", (LOCK,))


def show_stage(connection: Connection[Any], stage: str) -> None:
    """Say what the run is doing, for others to see at once: the session's name is not part of the transaction, and ends with it."""
    connection.execute("select set_config('application_name', %s, true)", (STAGE + stage,))


def horizon(connection: Connection[Any]) -> datetime:
    """Everything written before this is committed: when the oldest transaction that still runs began, and a little more.

    A row's time is its transaction's beginning. A transaction that begins after this look has a later one.
    """
    row = connection.execute(
        "select coalesce(min(xact_start), clock_timestamp()) - %s::interval from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()",
        (OVERLAP,),
    ).fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


def next_id(connection: Connection[Any]) -> int:
    """The id of the run that begins."""
    row = connection.execute("select nextval(pg_get_serial_sequence('recon_run', 'id'))").fetchone()
    assert row is not None
    return int(row[0])


def find_mark(connection: Connection[Any], kind: str) -> tuple[datetime, date] | None:
    """Where the incremental run goes on."""
    return connection.execute("select seen_from, through from recon_mark where kind = %s", (kind,)).fetchone()


def set_mark(connection: Connection[Any], kind: str, *, seen_from: datetime, through: date, run_id: int) -> None:
    """Remember how far this run has looked."""
    connection.execute(
        "insert into recon_mark as m (kind, seen_from, through, run_id) values (%(kind)s, %(seen)s, %(through)s, %(run)s)"
        " on conflict (kind) do update set seen_from = excluded.seen_from, through = greatest(m.through, excluded.through),"
        " run_id = excluded.run_id",
        {"kind": kind, "seen": seen_from, "through": through, "run": run_id},
    )


def write_run(connection: Connection[Any], values: dict[str, Any]) -> None:
    """Write down the run; names are its columns."""
    told = {name: orjson.dumps(value).decode() if isinstance(value, dict) else value for name, value in values.items()}
    columns = ", ".join(told)
    places = ", ".join(f"%({name})s::jsonb" if isinstance(values[name], dict) else f"%({name})s" for name in told)
    connection.execute(f"insert into recon_run ({columns}) overriding system value values ({places})".encode(), told)


def write_statement(connection: Connection[Any], run_id: int, rows: Iterable[Row]) -> None:
    """Write down what a reconciliation stated: its waterfall, and the breaks as they were found."""
    copy_rows(
        connection,
        "copy recon_waterfall (run_id, currency, channel, provider, place, step, cause, fault, amount_minor, count) from stdin",
        (
            (str(run_id), text(one.currency), text(one.channel), text(one.provider), str(one.place), text(one.step),
             text(one.cause), flag(one.fault), str(one.amount_minor), str(one.count))
            for one in rows
        ),
    )  # fmt: skip
    connection.execute(
        "insert into recon_finding (run_id, key, cause, currency, amount_minor, steps)"
        " select %s, key, cause, currency, amount_minor, steps from recon_found",
        (run_id,),
    )


def clean_levels(connection: Connection[Any], span: tuple[date | None, date | None]) -> list[tuple[Any, ...]]:
    """(currency, channel, provider, net amount, chains) of the chains in which nothing is wrong: all levels are equal there."""
    return connection.execute(
        (
            f"select cur, ch, pr, sum(net)::bigint, count(*) from recon_chain where clean and {_IN_SPAN}"
            " group by 1, 2, 3 order by 1, 2, 3"
        ).encode(),
        {"first": span[0], "last": span[1]},
    ).fetchall()


_IN_SPAN: Final = "(%(first)s::date is null or day >= %(first)s) and (%(last)s::date is null or day <= %(last)s)"


def gross(connection: Connection[Any], span: tuple[date | None, date | None]) -> list[dict[str, Any]]:
    """By currency: orders, due, refunded, paid, given back and booked, before anything is compared."""
    return _sums(connection, "cur as currency", span)


def by_day(connection: Connection[Any], span: tuple[date | None, date | None]) -> list[dict[str, Any]]:
    """The same by day and currency."""
    return _sums(connection, "day, cur as currency", span)


def _sums(connection: Connection[Any], group: str, span: tuple[date | None, date | None]) -> list[dict[str, Any]]:
    places = ", ".join(str(place) for place in range(1, group.count(",") + 2))
    live = "kmin in (1, 2, 3, 4)"
    cursor = connection.execute(
        (
            f"select {group}, sum(n_o) filter (where {live})::bigint as orders,"
            f" coalesce(sum(due) filter (where {live}), 0)::bigint as due_minor, coalesce(sum(ro), 0)::bigint as refunded_minor,"
            f" (coalesce(sum(due) filter (where {live}), 0) - coalesce(sum(ro), 0))::bigint as net_minor,"
            " sum(n_p)::bigint as payments,"
            " coalesce(sum(p), 0)::bigint as paid_minor, coalesce(sum(r), 0)::bigint as given_back_minor,"
            " coalesce(sum(vo), 0)::bigint as booked_minor,"
            f" coalesce(sum(vr), 0)::bigint as booked_back_minor"
            f" from recon_chain where {_IN_SPAN} group by {places} order by {places}"
        ).encode(),
        {"first": span[0], "last": span[1]},
    )
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def inputs(connection: Connection[Any]) -> dict[str, Any]:
    """How many rows the chains of this run hold, and a digest over them in any order."""
    row = connection.execute(
        "select count(*), coalesce(sum(n_o), 0)::bigint, coalesce(sum(n_p), 0)::bigint, coalesce(sum(n_r), 0)::bigint,"
        " coalesce(sum(n_vo + n_vr), 0)::bigint, coalesce(sum(hashtextextended("
        " concat_ws('|', k, cur, kmin, coalesce(due, -1), coalesce(ro, -1), n_p, coalesce(p, 0), n_r, coalesce(r, 0),"
        " n_vo, coalesce(vo, 0), n_vr, coalesce(vr, 0)), 0)::numeric), 0)::text from recon_chain"
    ).fetchone()
    assert row is not None
    names = ("chains", "orders", "payments", "refunds", "vouchers", "digest")
    return dict(zip(names, row, strict=True))


def number_examples(connection: Connection[Any]) -> list[str]:
    """Some order numbers of every channel, its oldest and its newest: what numbers look like here."""
    cursor = connection.execute(
        "with recursive channel as ((select channel from customer_order order by channel limit 1) union all"
        " select (select o.channel from customer_order o where o.channel > c.channel order by o.channel limit 1)"
        " from channel c where c.channel is not null)"
        " select n.order_no from channel c cross join lateral ((select order_no from customer_order o where o.channel = c.channel"
        " order by created_at desc nulls last, subject_id desc limit 300) union (select order_no from customer_order o"
        " where o.channel = c.channel and created_at is not null order by created_at nulls first, subject_id limit 300)) n"
        " where c.channel is not null"  # in the order of the index, read backwards
    )
    return [row[0] for row in cursor]


def accepted(connection: Connection[Any]) -> dict[str, int]:
    """Differences that two people accepted: key → amount."""
    cursor = connection.execute(
        "select body ->> 'key', (body ->> 'amount_minor')::bigint from recon_ruling where act = 'force' and status = 'approved'"
        " order by id"
    )
    return dict(cursor.fetchall())


def payment_fees(connection: Connection[Any], span: tuple[date | None, date | None]) -> list[tuple[str, str, int]]:
    """(currency, provider, fees) that payments themselves tell of."""
    day = CHINA_DAY.format("paid_at")
    return connection.execute(
        (
            "select currency, provider, sum(abs(fee_minor))::bigint from payment where succeeded and fee_minor is not null"
            f" and (%(first)s::date is null or {day} >= %(first)s) and (%(last)s::date is null or {day} <= %(last)s) group by 1, 2"
        ).encode(),
        {"first": span[0], "last": span[1]},
    ).fetchall()


def find_run(connection: Connection[Any], run_id: int | None = None) -> dict[str, Any] | None:
    """A run, the newest reconciliation when none is named."""
    condition = "id = %(id)s" if run_id is not None else "kind = 'reconcile'"
    cursor = connection.execute(
        f"select * from recon_run where {condition} order by id desc limit 1".encode(), {"id": run_id}
    )
    names = [column.name for column in cursor.description or ()]
    row = cursor.fetchone()
    return dict(zip(names, row, strict=True)) if row else None


def waterfall_of(
    connection: Connection[Any], run_id: int, *, channel: Sequence[str] = (), provider: Sequence[str] = ()
) -> list[Row]:
    """A run's waterfall as it was stated."""
    where, values = "run_id = %(run)s", {"run": run_id, "channel": list(channel), "provider": list(provider)}
    where += " and channel = any(%(channel)s)" if channel else ""
    where += " and provider = any(%(provider)s)" if provider else ""
    cursor = connection.execute(
        (
            "select currency, place, step, cause, fault, sum(amount_minor)::bigint, sum(count)::bigint from recon_waterfall"
            f" where {where} group by 1, 2, 3, 4, 5 order by 1, 2, abs(sum(amount_minor)) desc, 4"
        ).encode(),
        values,
    )
    return [
        Row(currency=r[0], place=r[1], step=r[2], cause=r[3], fault=r[4], amount_minor=r[5], count=r[6]) for r in cursor
    ]


def run_before(connection: Connection[Any], run: Mapping[str, Any]) -> int | None:
    """The run to compare with: the one before of the same kind over the same days."""
    row = connection.execute(
        "select max(id) from recon_run where id < %(id)s and kind = %(kind)s and scope = %(scope)s"
        " and day_from is not distinct from %(day_from)s and day_to is not distinct from %(day_to)s",
        {name: run[name] for name in ("id", "kind", "scope", "day_from", "day_to")},
    ).fetchone()
    return row[0] if row else None


def list_runs(connection: Connection[Any], *, kind: str, limit: int, offset: int) -> tuple[list[dict[str, Any]], int]:
    """Runs, the newest first, and how many there are."""
    values = {"kind": kind, "limit": limit, "offset": offset}
    cursor = connection.execute(
        "select * from recon_run where %(kind)s = '' or kind = %(kind)s order by id desc limit %(limit)s offset %(offset)s",
        values,
    )
    names = [column.name for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    total = connection.execute(
        "select count(*) from recon_run where %(kind)s = '' or kind = %(kind)s", values
    ).fetchone()
    return rows, int(total[0]) if total else 0


def parts_of(connection: Connection[Any], run_id: int) -> tuple[list[str], list[str]]:
    """The channels and providers that a run's waterfall can be narrowed to."""
    row = connection.execute(
        "select array_agg(distinct channel order by channel) filter (where channel <> ''), array_agg(distinct provider"
        " order by provider) filter (where provider <> '') from recon_waterfall where run_id = %s",
        (run_id,),
    ).fetchone()
    return (row[0] or [], row[1] or []) if row else ([], [])
