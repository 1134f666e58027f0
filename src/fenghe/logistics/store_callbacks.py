"""What a callback audit reads of stored messages (核查取数): parcels and orders of a window set-wise, a bounded slice at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.store_reading import Row, fetch, find
from fenghe.kernel.values import Observation, with_texts

_history: Final = msgspec.json.Decoder(list[Observation])
_TRACKING: Final = "(s.kind = 'carrier' or s.connector = 'tracking_file')"
"""Whose messages tell of parcels."""
_ORDERS: Final = "(s.kind = 'channel' or s.connector = 'order_file')"
TELLERS: Final[Mapping[str, str]] = {"tracking": _TRACKING, "orders": _ORDERS}
SUBJECTS: Final[Mapping[str, str]] = {"tracking": "shipment", "orders": "order"}
_HEARD: Final = "o.heard_at >= %(since)s and o.heard_at < %(until)s and (%(source)s = '' or o.source = %(source)s)"
_RECEIVED: Final = (
    "m.received_at >= %(since)s and m.received_at < %(until)s and (%(source)s = '' or m.source = %(source)s)"
)


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages are looked at: received from `since` on and before `until`; `source` "" for all."""

    about: str
    since: datetime
    until: datetime
    source: str = ""

    def values(self) -> dict[str, Any]:
        """As query parameters."""
        return {"since": self.since, "until": self.until, "source": self.source}


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """The messages of a window: judged, set aside, and not judged yet."""

    audited: int
    unreadable: int
    pending: int
    reasons: dict[str, int]


def count_messages(connection: Connection[Any], window: Window) -> Counted:
    """How many messages there are, in one statement."""
    row = find(
        connection,
        "with told as materialized (select h.status, h.finding -> 0 ->> 'code' as code from inbound_message m"
        " join message_handling h on h.message_id = m.id join source s on s.id = m.source"
        f" where {_RECEIVED} and {TELLERS[window.about]})"
        " select count(*) filter (where status = 1) as audited, count(*) filter (where status = 2) as unreadable,"
        " count(*) filter (where status = 0) as pending, (select coalesce(jsonb_object_agg(code, n), '{}') from"
        " (select coalesce(code, 'unreadable') as code, count(*) as n from told where status = 2 group by 1) r) as reasons"
        " from told",
        window.values(),
    )
    return Counted(**(row or {"audited": 0, "unreadable": 0, "pending": 0, "reasons": {}}))


def note_targets(connection: Connection[Any], audit_id: int, window: Window, *, stop: timedelta) -> int:
    """Note every subject that was spoken of in the window, and every parcel whose silence became too long in it."""
    told = (
        "select distinct o.subject_id from observation o join subject s on s.id = o.subject_id"
        f" where {_HEARD} and s.kind = %(kind)s"
    )
    silent = (
        " union select s.id from subject s left join shipment p on p.subject_id = s.id where s.kind = 'shipment' and not"
        " s.final and %(source)s = '' and coalesce(s.told_at, p.shipped_at) >= %(quiet_from)s"
        " and coalesce(s.told_at, p.shipped_at) < %(quiet_to)s"
    )
    found = told + (silent if window.about == "tracking" else "")
    return connection.execute(
        f"insert into callback_target (audit_id, subject_id) select %(audit)s, t.subject_id from ({found}) t(subject_id)".encode(),
        {
            **window.values(),
            "audit": audit_id,
            "kind": SUBJECTS[window.about],
            "quiet_from": window.since - stop,
            "quiet_to": window.until - stop,
        },
    ).rowcount


class StoredParcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel as the database holds it: everything said, with texts and code lists by observation key."""

    id: int
    number: str
    carrier: str | None
    order_id: int | None
    order_no: str | None
    order_created_at: datetime | None
    history: list[Observation]
    codes: dict[str, str]


_PARCELS: Final = (
    "select s.id, s.key as number, s.history, p.carrier, p.order_id, c.order_no, c.created_at as order_created_at"
    " from subject s left join shipment p on p.subject_id = s.id left join customer_order c on c.subject_id = p.order_id"
)


def next_targets(connection: Connection[Any], audit_id: int, *, after: int, limit: int) -> list[int]:
    """The next subjects to look at, by id."""
    rows = connection.execute(
        "select subject_id from callback_target where audit_id = %s and subject_id > %s order by subject_id limit %s",
        (audit_id, after, limit),
    ).fetchall()
    return [row[0] for row in rows]


def parcels(connection: Connection[Any], ids: Sequence[int]) -> list[StoredParcel]:
    """These parcels whole, in two statements."""
    return _in_full(
        connection, fetch(connection, f"{_PARCELS} where s.id = any(%(ids)s) order by s.id", {"ids": list(ids)})
    )


def parcels_of_numbers(connection: Connection[Any], numbers: Sequence[str]) -> list[StoredParcel]:
    """What we hold of these tracking numbers."""
    query = f"{_PARCELS} where s.kind = 'shipment' and s.key = any(%(numbers)s)"
    return _in_full(connection, fetch(connection, query, {"numbers": list(numbers)}))


def _in_full(connection: Connection[Any], rows: Sequence[Row]) -> list[StoredParcel]:
    said = fetch(
        connection,
        "select subject_id, jsonb_object_agg(key, codes) as codes, jsonb_object_agg(key, body) filter (where body <> '')"
        " as texts from observation where subject_id = any(%(ids)s) group by subject_id",
        {"ids": [row["id"] for row in rows]},
    )
    by_id = {one["subject_id"]: one for one in said}
    return [_stored(row, by_id.get(row["id"], {})) for row in rows]


def _stored(row: Row, said: Row) -> StoredParcel:
    history = with_texts(_history.decode(row["history"]), said.get("texts") or {})
    told = {name: value for name, value in row.items() if name != "history"}
    return StoredParcel(**told, history=history, codes=said.get("codes") or {})


def parcels_of_orders(connection: Connection[Any], order_nos: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Of each of these order numbers that we know: its tracking numbers, and those its parcels go on under (转单)."""
    rows = fetch(
        connection,
        "select c.order_no, coalesce(array_agg(n.number order by n.number) filter (where n.number is not null), '{}') as numbers"
        " from customer_order c left join shipment p on p.order_id = c.subject_id"
        " left join lateral (values (p.tracking_no), (p.forwarded_to)) n(number) on true"
        " where c.order_no = any(%(numbers)s) group by c.order_no",
        {"numbers": list(order_nos)},
    )
    return {row["order_no"]: tuple(row["numbers"]) for row in rows}


def sources_in_rows(connection: Connection[Any]) -> frozenset[str]:
    """Sources whose rows come all at once, out of files: when each came says nothing."""
    return frozenset(row["id"] for row in fetch(connection, "select id from source where kind = 'file'"))


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message with something to say about it beside its scans: repeated, unreadable, or without anything new."""

    id: int
    source: str
    connector: str
    config: dict[str, Any]
    received_at: datetime
    headers: dict[str, str]
    body: bytes | None
    status: int
    repeats: int
    finding: list[dict[str, Any]] | None
    origin: str | None
    subject_id: int | None
    number: str | None
    is_new: bool


def messages_after(connection: Connection[Any], window: Window, *, after: int, limit: int) -> list[Message]:
    """The next messages of the window that were repeated, not read whole, or told nothing new; bodies only of the last."""
    rows = fetch(
        connection,
        "select m.id, m.source, s.connector, s.config, m.received_at, m.headers, case when o.message_id is null and"
        " h.status = 1 and octet_length(m.body) < 1000000 then m.body end as body, h.status, h.repeats, h.finding, h.origin,"
        " o.subject_id, k.key as number, o.message_id is not null as is_new"
        " from inbound_message m join message_handling h on h.message_id = m.id join source s on s.id = m.source"
        " left join lateral (select o.message_id, o.subject_id from observation o where o.message_id = m.id limit 1) o on true"
        " left join subject k on k.id = o.subject_id"
        f" where {_RECEIVED} and {TELLERS[window.about]} and m.id > %(after)s and h.status <> 0"
        " and (h.status = 2 or h.finding is not null or h.repeats > 0 or o.message_id is null)"
        " order by m.id limit %(limit)s",
        {**window.values(), "after": after, "limit": limit},
    )
    return [msgspec.convert(row | {"body": row["body"] and bytes(row["body"])}, Message) for row in rows]


def shipments_of(connection: Connection[Any], numbers: Sequence[str]) -> dict[str, tuple[int, int | None]]:
    """(parcel id, order id) of these tracking numbers."""
    rows = fetch(
        connection,
        "select tracking_no, subject_id, order_id from shipment where tracking_no = any(%(numbers)s)",
        {"numbers": list(numbers)},
    )
    return {row["tracking_no"]: (row["subject_id"], row["order_id"]) for row in rows}


class StoredOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order with its times, what was said of it, and the parcels that a carrier says were delivered."""

    id: int
    channel: str
    order_no: str
    state: str
    order_type: str
    created_at: datetime | None
    paid_at: datetime | None
    shipped_at: datetime | None
    finished_at: datetime | None
    promised_ship_at: datetime | None
    history: list[Observation]
    parcels: list[tuple[str, str, str]]
    """(tracking number, state, its road as JSON)."""


def orders(connection: Connection[Any], ids: Sequence[int]) -> list[StoredOrder]:
    """These orders, in one statement."""
    rows = fetch(
        connection,
        "select s.id, c.channel, c.order_no, s.state, c.order_type, c.created_at, c.paid_at, c.shipped_at, c.finished_at,"
        " c.promised_ship_at, s.history, (select coalesce(jsonb_agg(jsonb_build_array(p.tracking_no, k.state, k.path)"
        " order by p.tracking_no), '[]') from shipment p join subject k on k.id = p.subject_id where p.order_id = s.id)"
        " as parcels from subject s join customer_order c on c.subject_id = s.id where s.id = any(%(ids)s) order by s.id",
        {"ids": list(ids)},
    )
    return [
        StoredOrder(
            **{name: value for name, value in row.items() if name not in ("history", "parcels")},
            history=_history.decode(row["history"]),
            parcels=[(one[0], one[1], one[2]) for one in row["parcels"]],
        )
        for row in rows
    ]


def times_told(connection: Connection[Any]) -> dict[str, frozenset[str]]:
    """Of each channel which times it ever tells: one that it never tells is not missing."""
    rows = fetch(
        connection,
        "with recursive one(channel) as ((select channel from customer_order order by channel limit 1) union all"
        " select (select c.channel from customer_order c where c.channel > one.channel order by c.channel limit 1) from one"
        " where one.channel is not null) select channel,"
        " exists (select from customer_order c where c.channel = one.channel and c.finished_at is not null) as delivered,"
        " exists (select from customer_order c where c.channel = one.channel and c.shipped_at is not null) as handed_over"
        " from one where channel is not null",
    )
    return {row["channel"]: frozenset(name for name in ("delivered", "handed_over") if row[name]) for row in rows}
