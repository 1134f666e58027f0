"""Stage clocks in the database (时效时钟读写): what has to be read again, the clocks as they stand, what falls due. Set-wise."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.insight.clocks import Stage
from fenghe.kernel.store_copy import copy_rows, flag, moment, number, text
from fenghe.kernel.store_reading import Row, fetch, find
from fenghe.kernel.values import Observation, Step

REFRESH_LOCK: Final = 7331
_history: Final = msgspec.json.Decoder(list[Observation])
_path: Final = msgspec.json.Decoder(list[tuple[Step, int]])


def take_turn(connection: Connection[Any]) -> bool:
    """Whether nobody else reads clocks anew right now; ours until the transaction ends.

    Two at once could write an older reading over a newer one.
    """
    row = connection.execute("select pg_try_advisory_xact_lock(%s)", (REFRESH_LOCK,)).fetchone()
    return bool(row and row[0])


def take_looks(connection: Connection[Any], *, limit: int) -> list[int]:
    """Subjects whose clocks have to be read again, taken off the list."""
    rows = connection.execute(
        "delete from clock_look where id in (select id from clock_look order by id limit %s) returning subject_id",
        (limit,),
    )
    return sorted({row[0] for row in rows})


def look_again(connection: Connection[Any], subject_ids: Sequence[int]) -> None:
    """Put subjects on the list."""
    connection.execute("insert into clock_look (subject_id) select unnest(%s::bigint[])", (list(subject_ids),))


def waiting(connection: Connection[Any]) -> int:
    """How many entries wait, counted as far as ten thousand."""
    row = find(connection, "select count(*) as waiting from (select from clock_look limit 10000) x")
    return int(row["waiting"]) if row else 0


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """One subject as clocks are read from it; `row` holds the columns of its table."""

    id: int
    history: list[Observation]
    road: list[Step]
    row: Row


_ORDERS: Final = (
    "with wanted as materialized (select unnest(%(ids)s::bigint[]) as id union select p.order_id from shipment p"
    " where p.subject_id = any(%(ids)s) and p.order_id is not null)"
    " select o.subject_id as id, o.channel, o.shop, o.order_type, o.receiver_region, o.currency,"
    " coalesce(o.paid_minor, o.total_minor) as amount_minor, o.created_at, o.paid_at, o.shipped_at, o.promised_ship_at,"
    " s.state, s.history, s.path, (select count(*) from shipment p where p.order_id = o.subject_id) as parcels,"
    " (select max(p.shipped_at) from shipment p where p.order_id = o.subject_id) as parcels_shipped_at"
    " from wanted w join customer_order o on o.subject_id = w.id join subject s on s.id = w.id"
)
_PARCELS: Final = (
    "with wanted as materialized (select unnest(%(ids)s::bigint[]) as id union select p.subject_id from shipment p"
    " where p.order_id = any(%(orders)s))"
    " select p.subject_id as id, p.order_id, coalesce(p.carrier, '') as carrier, s.state, s.held, s.final, s.told_at,"
    " s.created_at, s.history, s.path, exists (select from work_case c where c.subject_id = p.subject_id"
    " and c.kind = 'shipment.silent') as silent"
    " from wanted w join shipment p on p.subject_id = w.id join subject s on s.id = w.id"
)
"""Found by the wanted numbers alone: with `or` between them the whole table would be read."""


def read(connection: Connection[Any], ids: Sequence[int]) -> tuple[list[Subject], list[Subject]]:
    """(orders, parcels): those named, the orders of named parcels, and the parcels of all these orders."""
    orders = [_subject(row) for row in fetch(connection, _ORDERS, {"ids": list(ids)})]
    parcels = fetch(connection, _PARCELS, {"ids": list(ids), "orders": [one.id for one in orders]})
    return orders, [_subject(row) for row in parcels]


def _subject(row: Row) -> Subject:
    return Subject(
        id=row["id"],
        history=_history.decode(row.pop("history")),
        road=[step for step, _ in _path.decode(row.pop("path"))],
        row=row,
    )


class ClockRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of stage_clock. `outcome` open stands for running and breached: which, the present tells."""

    subject_id: int
    stage: str
    order_id: int | None
    channel: str
    shop: str
    carrier: str
    order_type: str
    region: str
    origin: str
    destination: str
    amount_minor: int | None
    currency: str
    started_at: datetime
    due_at: datetime | None
    warn_at: datetime | None
    done_at: datetime | None
    heard_at: datetime | None
    exact: bool
    outcome: str
    promise: str
    risk_minor: int | None
    expect_id: int | None
    case_open: bool
    look_at: datetime | None


COLUMNS: Final = ClockRow.__struct_fields__
_NAMES: Final = ", ".join(COLUMNS)
_CHANGES: Final = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in ("subject_id", "stage"))


def held_clocks(connection: Connection[Any], subject_ids: Sequence[int]) -> dict[tuple[int, str], ClockRow]:
    """The clocks of these subjects as they stand, locked: who is at one of them is waited for."""
    rows = fetch(
        connection,
        f"select {_NAMES} from stage_clock where subject_id = any(%(ids)s) order by subject_id, stage for update",
        {"ids": list(subject_ids)},
    )
    return {(row["subject_id"], row["stage"]): ClockRow(**row) for row in rows}


def write_clocks(connection: Connection[Any], changed: Sequence[ClockRow], gone: Sequence[tuple[int, str]]) -> None:
    """Write clocks that stand otherwise than before, and take away those that never began after all."""
    if gone:
        connection.execute(
            "delete from stage_clock where (subject_id, stage) in (select * from unnest(%s::bigint[], %s::text[]))",
            ([one[0] for one in gone], [one[1] for one in gone]),
        )
    if not changed:
        return
    connection.execute(
        "create temp table if not exists told_clock (like stage_clock including defaults) on commit delete rows"
    )
    copy_rows(connection, f"copy told_clock ({_NAMES}) from stdin", (_columns(one) for one in changed))
    connection.execute(
        f"insert into stage_clock ({_NAMES}) select {_NAMES} from told_clock on conflict (subject_id, stage)"
        f" do update set {_CHANGES}".encode()
    )
    connection.execute("delete from told_clock")


def _columns(one: ClockRow) -> tuple[str, ...]:
    return tuple(_column(getattr(one, name)) for name in COLUMNS)


def _column(value: Any) -> str:
    match value:
        case bool():
            return flag(value)
        case int():
            return number(value)
        case datetime():
            return moment(value)
        case date():
            return value.isoformat()
        case _:
            return text(value)


class OrderClock(msgspec.Struct, frozen=True, kw_only=True):
    """An order's most urgent open clock and the money at risk on all of its open ones."""

    order_id: int
    stage: str | None
    due_at: datetime | None
    warn_at: datetime | None
    risk_minor: int | None
    currency: str


def write_order_clocks(connection: Connection[Any], rows: Sequence[OrderClock]) -> None:
    """Bring the orders' rows up to date where they stand otherwise."""
    names = OrderClock.__struct_fields__
    _upsert(connection, "order_clock", names, ([getattr(one, name) for name in names] for one in rows), key="order_id")


def write_scores(connection: Connection[Any], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Bring parcels' score facts up to date; the days of those that changed, before and now, are made anew later."""
    at = names.index("subject_id")
    before = {
        row["subject_id"]: row
        for row in fetch(
            connection,
            f"select {', '.join(names)} from shipment_score where subject_id = any(%(ids)s)",
            {"ids": [row[at] for row in rows]},
        )
    }
    changed = [row for row in rows if [before.get(row[at], {}).get(name) for name in names] != list(row)]
    days = {row[names.index("day")] for row in changed} | {
        before[row[at]]["day"] for row in changed if row[at] in before
    }
    _upsert(connection, "shipment_score", names, changed, key="subject_id")
    connection.execute(
        "insert into score_dirty (day) select unnest(%s::date[]) on conflict (day) do nothing", (sorted(days),)
    )


def _upsert(
    connection: Connection[Any], table: str, names: Sequence[str], rows: Iterable[Sequence[Any]], *, key: str
) -> None:
    listed = ", ".join(names)
    others = [name for name in names if name != key]
    changes = ", ".join(f"{name} = excluded.{name}" for name in others)
    mine, told = (", ".join(f"{side}.{name}" for name in others) for side in (table, "excluded"))
    connection.execute(
        f"create temp table if not exists told_{table} (like {table} including defaults) on commit delete rows".encode()
    )
    copy_rows(connection, f"copy told_{table} ({listed}) from stdin", (tuple(map(_column, row)) for row in rows))
    connection.execute(
        f"insert into {table} ({listed}) select {listed} from told_{table} on conflict ({key}) do update set {changes}"
        f" where ({mine}) is distinct from ({told})".encode()
    )
    connection.execute(f"delete from told_{table}".encode())


_DUE: Final = (
    f"select {', '.join(f'k.{name}' for name in COLUMNS)}, o.order_no, p.tracking_no from (select {_NAMES} from"
    " stage_clock where look_at <= %(now)s order by look_at limit %(limit)s for update skip locked) k"
    " left join customer_order o on o.subject_id = k.order_id left join shipment p on p.subject_id = k.subject_id"
)


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A clock whose time has come, with the numbers people know it by."""

    clock: ClockRow
    order_no: str | None
    tracking_no: str | None


def take_due(connection: Connection[Any], *, now: datetime, limit: int) -> list[Due]:
    """Clocks that have to be looked at; those somebody else holds are left to him."""
    found = []
    for row in fetch(connection, _DUE, {"now": now, "limit": limit}):
        numbers = {name: row.pop(name) for name in ("order_no", "tracking_no")}
        found.append(Due(clock=ClockRow(**row), **numbers))
    return found


def write_looks(connection: Connection[Any], rows: Sequence[ClockRow]) -> None:
    """What a look changes: whether a case is open, whether it has lapsed, when to look again."""
    connection.execute(
        "update stage_clock k set case_open = n.case_open, look_at = n.look_at, outcome = n.outcome from"
        " unnest(%s::bigint[], %s::text[], %s::bool[], %s::timestamptz[], %s::text[]) n(subject_id, stage, case_open,"
        " look_at, outcome) where k.subject_id = n.subject_id and k.stage = n.stage",
        (
            [one.subject_id for one in rows],
            [one.stage for one in rows],
            [one.case_open for one in rows],
            [one.look_at for one in rows],
            [one.outcome for one in rows],
        ),
    )


def case_key(subject_id: int, stage: str) -> str:
    """The name of the one case that a clock may have."""
    return f"clock:{subject_id}:{stage}"


STAGES: Final = tuple(str(stage) for stage in Stage)
