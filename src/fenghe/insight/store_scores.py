"""Scorecards in the database (记分卡读写): rollups by day made from parcels' facts, cards over a span, the parcels behind."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.store_reading import Row, Where, count_of, fetch, find

DAYS_A_TURN: Final = 20
EVERYBODY: Final = "*"
"""In score_day: all shops together."""

_SUMS: Final = (
    "count(*) as shipments, count(*) filter (where delivered) as delivered, count(pickup_seconds) as pickup_known,"
    " coalesce(sum(pickup_seconds), 0) as pickup_seconds, count(*) filter (where pickup = 'in_time') as pickup_in_time,"
    " count(*) filter (where pickup in ('in_time', 'late', 'breached', 'lapsed')) as pickup_judged,"
    " count(delivery_seconds) as delivery_known, coalesce(sum(delivery_seconds), 0) as delivery_seconds,"
    " count(total_seconds) as total_known, coalesce(sum(total_seconds), 0) as total_seconds,"
    " count(*) filter (where promise = 'in_time') as promise_in_time,"
    " count(*) filter (where promise in ('in_time', 'late', 'breached', 'lapsed')) as promise_judged,"
    " count(*) filter (where promise not in ('in_time', 'late', 'breached', 'lapsed')) as promise_unknown,"
    " count(*) filter (where trouble) as trouble, count(*) filter (where silent) as silent,"
    " count(*) filter (where lost) as lost, count(*) filter (where returned) as returned"
)
SUMMED: Final = (
    "shipments", "delivered", "pickup_known", "pickup_seconds", "pickup_in_time", "pickup_judged", "delivery_known",
    "delivery_seconds", "total_known", "total_seconds", "promise_in_time", "promise_judged", "promise_unknown",
    "trouble", "silent", "lost", "returned",
)  # fmt: skip
_NAMES: Final = ", ".join(SUMMED)


def take_dirty(connection: Connection[Any], *, limit: int = DAYS_A_TURN) -> list[date]:
    """Days whose parcels changed, taken off the list; who changes a day meanwhile puts it there again."""
    rows = connection.execute(
        "delete from score_dirty where day in (select day from score_dirty order by noted_at limit %s) returning day",
        (limit,),
    )
    return sorted(row[0] for row in rows)


_SETS: Final = (
    "group by grouping sets ((day, carrier, shop), (day, carrier), (day, origin, destination, shop),"
    " (day, origin, destination), (day, shop))"
)
_MAKE_DAYS: Final = (
    f"insert into score_day (dim, shop, day, a, b, {_NAMES}) select case when grouping(carrier) = 0 then 'carrier'"
    " when grouping(origin) = 0 then 'route' else 'shop' end,"
    " case when grouping(shop) = 1 or (grouping(carrier) = 1 and grouping(origin) = 1) then '*' else shop end, day,"
    " case when grouping(carrier) = 0 then carrier when grouping(origin) = 0 then origin else shop end,"
    f" case when grouping(destination) = 0 then destination else '' end, {_SUMS}"
    f" from shipment_score where day = any(%(days)s) {_SETS}"
)


def make_days(connection: Connection[Any], days: Sequence[date]) -> None:
    """Make these days' rollups anew from the parcels' facts."""
    if days:
        connection.execute("delete from score_day where day = any(%s)", (list(days),))
        connection.execute(_MAKE_DAYS.encode(), {"days": list(days)})


def waiting(connection: Connection[Any]) -> int:
    """Days that are still to be made anew."""
    row = find(connection, "select count(*) as days from score_dirty")
    return int(row["days"]) if row else 0


DIMS: Final = ("carrier", "route", "shop")


def cards(connection: Connection[Any], dim: str, *, shops: Sequence[str] | None, since: date, until: date) -> list[Row]:
    """Sums by carrier, route or shop over days (the last included), the busiest first."""
    whose = _whose(dim, shops)
    sums = ", ".join(f"sum({name})::bigint as {name}" for name in SUMMED)
    return fetch(
        connection,
        f"select a, b, {sums} from score_day where dim = %(dim)s and {whose} and day between %(since)s and %(until)s"
        " group by a, b order by sum(shipments) desc, a, b limit 1000",
        {"dim": dim, "shops": list(shops or ()), "since": since, "until": until},
    )


def _whose(dim: str, shops: Sequence[str] | None) -> str:
    if dim == "shop":
        return "shop = '*'" + ("" if shops is None else " and a = any(%(shops)s)")
    return "shop = '*'" if shops is None else "shop = any(%(shops)s)"


def by_day(connection: Connection[Any], behind: "Behind") -> list[Row]:
    """One card's sums day by day."""
    whose = _whose(behind.dim, behind.shops)
    sums = ", ".join(f"sum({name})::bigint as {name}" for name in SUMMED)
    return fetch(
        connection,
        f"select day, {sums} from score_day where dim = %(dim)s and {whose} and day between %(since)s and %(until)s"
        " and a = %(a)s and b = %(b)s group by day order by day",
        {
            "dim": behind.dim,
            "shops": list(behind.shops or ()),
            "since": behind.since,
            "until": behind.until,
            "a": behind.key[0],
            "b": behind.key[1],
        },
    )


PARTS: Final[Mapping[str, str]] = {
    "all": "true",
    "pickup_known": "f.pickup_seconds is not null",
    "pickup_unknown": "f.pickup_seconds is null",
    "delivery_known": "f.delivery_seconds is not null",
    "delivery_unknown": "f.delivery_seconds is null",
    "total_known": "f.total_seconds is not null",
    "total_unknown": "f.total_seconds is null",
    "pickup_late": "f.pickup in ('late', 'breached', 'lapsed')",
    "on_time": "f.promise = 'in_time'",
    "late": "f.promise in ('late', 'breached', 'lapsed')",
    "promise_unknown": "f.promise not in ('in_time', 'late', 'breached', 'lapsed')",
    "delivered": "f.delivered",
    "trouble": "f.trouble",
    "silent": "f.silent",
    "lost": "f.lost",
    "returned": "f.returned",
}
"""The parcels behind a number."""

COUNT_TO: Final = 10_000


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """Which parcels: those of one card (`key`) over days, the last included, or a part of them, of these shops."""

    dim: str
    key: tuple[str, str]
    shops: tuple[str, ...] | None
    since: date
    until: date
    part: str = "all"

    def where(self) -> Where:
        """As a condition on `shipment_score f`."""
        where = Where()
        where.add("f.day between %(since)s and %(until)s", since=self.since, until=self.until)
        match self.dim:
            case "route":
                where.add("f.origin = %(a)s and f.destination = %(b)s", a=self.key[0], b=self.key[1])
            case "carrier":
                where.add("f.carrier = %(a)s", a=self.key[0])
            case _:
                where.add("f.shop = %(a)s", a=self.key[0])
        where.own("f.shop", self.shops)
        where.add(PARTS[self.part])
        return where


_SHIPMENTS: Final = (
    "select f.subject_id as id, p.tracking_no, f.day, f.carrier, f.shop, f.origin, f.destination, f.pickup_seconds,"
    " f.delivery_seconds, f.total_seconds, f.pickup, f.promise, f.trouble, f.silent, s.state, p.order_id, o.order_no"
    " from shipment_score f join shipment p on p.subject_id = f.subject_id join subject s on s.id = f.subject_id"
    " left join customer_order o on o.subject_id = p.order_id"
)


def shipments(connection: Connection[Any], behind: Behind, *, limit: int, offset: int) -> tuple[list[Row], int]:
    """(one page of the parcels behind a number, how many there are as far as ten thousand)."""
    where = behind.where()
    where.values |= {"limit": limit, "offset": offset}
    rows = fetch(connection, f"{_sorted(where)} limit %(limit)s offset %(offset)s", where.values)
    count = count_of("shipment_score f", where.sql(), up_to=COUNT_TO)
    found = find(connection, f"select {count} as total", where.values)
    return rows, int(found["total"]) if found else 0


def everything(behind: Behind) -> tuple[str, dict[str, Any]]:
    """The statement of an export of the parcels behind a number."""
    where = behind.where()
    return _sorted(where), where.values


def _sorted(where: Where) -> str:
    return f"{_SHIPMENTS} where {where.sql()} order by f.day desc, f.subject_id desc"


_SPREAD: Final = "percentile_disc(array[0.5, 0.9]) within group (order by f.{name}_seconds) as {name}"


def spread(connection: Connection[Any], behind: Behind) -> Row:
    """Half and nine tenths of a card's parcels took no longer than this."""
    where = behind.where()
    asked = ", ".join(_SPREAD.format(name=name) for name in ("pickup", "delivery", "total"))
    return find(connection, f"select {asked} from shipment_score f where {where.sql()}", where.values) or {}
