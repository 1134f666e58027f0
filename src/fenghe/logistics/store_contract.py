"""Table carrier_contract (双向契约): asked, answered, pushed, found. All set-wise."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.values import Observation
from fenghe.logistics.contract import CREATE, SUBSCRIBE

_history = msgspec.json.Decoder(list[Observation])


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel whose pushes are to be asked for."""

    id: int
    source: str
    number: str
    carrier: str
    phone: str
    order_no: str


def claim_unsubscribed(connection: Connection[Any], sources: Sequence[str], *, limit: int) -> list[Wish]:
    """Lock watched parcels of these sources whose pushes nobody asked for, and note that somebody does now."""
    rows = connection.execute(
        "with due as materialized (select subject_id from shipment_watch where source = any(%s) and phase = 'watching'"
        " and not push_asked order by source, subject_id limit %s for update skip locked),"
        " mine as (update shipment_watch w set push_asked = true from due where w.subject_id = due.subject_id returning w.*)"
        " select m.subject_id, m.source, p.tracking_no, coalesce(p.carrier, ''), coalesce(o.receiver_phone, ''),"
        " coalesce(o.order_no, '') from mine m join shipment p on p.subject_id = m.subject_id"
        " left join customer_order o on o.subject_id = p.order_id order by m.subject_id",
        (list(sources), limit),
    )
    return [Wish(**dict(zip(Wish.__struct_fields__, row, strict=True))) for row in rows]


def find_wish(connection: Connection[Any], shipment_id: int) -> Wish | None:
    """A parcel with whom it would be asked of."""
    row = connection.execute(
        "select p.subject_id, coalesce(w.source, ''), p.tracking_no, coalesce(p.carrier, ''),"
        " coalesce(o.receiver_phone, ''), coalesce(o.order_no, '') from shipment p"
        " left join shipment_watch w on w.subject_id = p.subject_id"
        " left join customer_order o on o.subject_id = p.order_id where p.subject_id = %s",
        (shipment_id,),
    ).fetchone()
    return Wish(**dict(zip(Wish.__struct_fields__, row, strict=True))) if row else None


def is_of_shops(connection: Connection[Any], shipment_id: int, shops: Sequence[str]) -> bool:
    """Does this parcel belong to an order of these shops?"""
    row = connection.execute(
        "select from shipment p join customer_order o on o.subject_id = p.order_id where p.subject_id = %s"
        " and o.shop = any(%s)",
        (shipment_id, list(shops)),
    ).fetchone()
    return row is not None


def ask(
    connection: Connection[Any], act: str, wishes: Sequence[tuple[int, str]], *, by: str, now: datetime
) -> dict[tuple[int, str], tuple[int, int]]:
    """(subject, source) asked for: the contract and its attempt. What stands or is under way is not asked again."""
    rows = connection.execute(
        "insert into carrier_contract as c (act, subject_id, source, asked_at, asked_by)"
        " select %(act)s, t.id, t.source, %(now)s, %(by)s from unnest(%(ids)s::bigint[], %(sources)s::text[]) t(id, source)"
        " order by 2, 3 on conflict (act, subject_id, source) do update set state = 'asked', asked_at = excluded.asked_at,"
        " asked_by = excluded.asked_by, attempt = c.attempt + 1, error = null, answered_at = null, waybill_no = null,"
        " finding = null, finding_words = '', finding_since = null, pushed_at = null, check_at = null"
        " where c.state in ('refused', 'withdrawn') returning subject_id, source, id, attempt",
        {
            "act": act,
            "now": now,
            "by": by,
            "ids": [one[0] for one in wishes],
            "sources": [one[1] for one in wishes],
        },
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def enqueue(connection: Connection[Any], calls: Sequence[dict[str, Any]]) -> None:
    """Put calls into the outbox in one statement: key, source, act, payload."""
    connection.execute(
        "insert into outbox (idempotency_key, source, act, payload) select key, source, act, payload"
        " from jsonb_to_recordset(%s::jsonb) t(key text, source text, act text, payload jsonb)"
        " on conflict (idempotency_key) do nothing",
        (orjson.dumps(list(calls)).decode(),),
    )


def forget_consignment(connection: Connection[Any], outbox_id: int) -> None:
    """A call that ended keeps no names and addresses."""
    connection.execute("update outbox set payload = payload - 'consignment' where id = %s", (outbox_id,))


def refuse(connection: Connection[Any], contract_id: int, *, attempt: int, error: str, now: datetime) -> None:
    """The carrier will not, in its own words."""
    connection.execute(
        "update carrier_contract set state = 'refused', error = %s, answered_at = %s, check_at = null where id = %s"
        " and attempt = %s and state = 'asked'",
        (error[:500], now, contract_id, attempt),
    )


def accept(
    connection: Connection[Any],
    contracts: Sequence[int],
    *,
    numbers: Sequence[str],
    messages: Sequence[int],
    at: Sequence[datetime],
) -> int:
    """The carrier agreed; with the waybill's number where one was booked."""
    cursor = connection.execute(
        "update carrier_contract c set state = 'accepted', answered_at = t.at, message_id = t.message, error = null,"
        " waybill_no = nullif(t.number, ''), check_at = t.at from"
        " unnest(%s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[]) t(id, number, message, at)"
        " where c.id = t.id and c.state = 'asked'",
        (list(contracts), list(numbers), list(messages), list(at)),
    )
    return cursor.rowcount


def any_subscription(connection: Connection[Any]) -> bool:
    """Was anybody ever asked to push? Every batch asks this, so it must cost nothing."""
    row = connection.execute(
        f"select exists (select from carrier_contract where act = '{SUBSCRIBE}')".encode()
    ).fetchone()
    return bool(row and row[0])


def heard_pushes(connection: Connection[Any], numbers: Sequence[str], at: Sequence[datetime]) -> int:
    """Pushes were heard about these numbers; noted once an hour, and the contract is looked at again."""
    cursor = connection.execute(
        "update carrier_contract c set pushed_at = t.at, check_at = least(c.check_at, t.at) from"
        " (select p.subject_id, max(n.at) as at from unnest(%s::text[], %s::timestamptz[]) n(number, at)"
        "  join shipment p on p.tracking_no = n.number group by 1 order by 1) t"
        f" where c.subject_id = t.subject_id and c.act = '{SUBSCRIBE}' and c.state = 'accepted' and t.at >= c.asked_at"
        " and (c.pushed_at is null or c.pushed_at < t.at - interval '1 hour')",
        (list(numbers), list(at)),
    )
    return cursor.rowcount


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A contract to be held against what came."""

    id: int
    act: str
    subject_id: int
    source: str
    source_title: str
    key: str
    carrier: str | None
    answered_at: datetime
    pushed_at: datetime | None
    waybill_no: str | None
    finding: str | None
    finding_since: datetime | None
    final: bool
    answer: dict[str, Any] | None
    history: list[Observation]
    shipped: list[str]
    push_messages: list[int]


def claim_due(connection: Connection[Any], *, now: datetime, limit: int) -> list[Due]:
    """Lock contracts whose time to be looked at has come."""
    rows = connection.execute(
        "select c.id, c.act, c.subject_id, c.source, coalesce(r.title, c.source), s.key, p.carrier, c.answered_at, c.pushed_at,"
        " c.waybill_no, c.finding, c.finding_since, s.final, w.answer,"
        f" case when c.act = '{SUBSCRIBE}' and w.answer is not null then s.history else '[]' end,"
        f" case when c.act = '{CREATE}' then (select coalesce(array_agg(x.tracking_no), '{{}}') from shipment x"
        "  where x.order_id = c.subject_id) else '{}' end,"
        f" case when c.act = '{SUBSCRIBE}' then (select coalesce(array_agg(distinct m.id), '{{}}')"
        "  from observation b join inbound_message m on m.id = b.message_id where b.subject_id = c.subject_id"
        "  and m.way = 'webhook') else '{}' end"
        " from carrier_contract c join subject s on s.id = c.subject_id left join source r on r.id = c.source"
        " left join shipment p on p.subject_id = c.subject_id left join shipment_watch w on w.subject_id = c.subject_id"
        " where c.check_at <= %s order by c.check_at limit %s for update of c skip locked",
        (now, limit),
    )
    return [_due(row) for row in rows]


def _due(row: Sequence[Any]) -> Due:
    told = dict(zip(Due.__struct_fields__, row, strict=True))
    return Due(**{**told, "history": _history.decode(told["history"])})


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at a contract came to."""

    id: int
    finding: str | None
    words: str
    since: datetime | None
    check_at: datetime | None


def write(connection: Connection[Any], checked: Sequence[Checked]) -> None:
    """Write what the looks came to."""
    connection.execute(
        "update carrier_contract c set finding = t.finding, finding_words = t.words, finding_since = t.since,"
        " check_at = t.check_at from jsonb_to_recordset(%s::jsonb) t(id bigint, finding text, words text,"
        " since timestamptz, check_at timestamptz) where c.id = t.id",
        (msgspec.json.encode(checked).decode(),),
    )


def silent_sources(connection: Connection[Any]) -> list[tuple[str, str, int, datetime]]:
    """(source, title, parcels, since) of sources that were asked to push and do not."""
    rows = connection.execute(
        "select c.source, s.title, count(*), min(c.finding_since) from carrier_contract c join source s on s.id = c.source"
        " where c.finding = 'no_push' group by 1, 2 order by 1"
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def withdraw(connection: Connection[Any], contract_id: int) -> tuple[str, str] | None:
    """A person says that this contract no longer counts; (act, key of its subject), None when there is none."""
    row = connection.execute(
        "update carrier_contract c set state = 'withdrawn', finding = null, finding_words = '', finding_since = null,"
        " check_at = null from subject s where c.id = %s and s.id = c.subject_id and c.state <> 'withdrawn'"
        " returning c.act, s.key",
        (contract_id,),
    ).fetchone()
    return (row[0], row[1]) if row else None


class OrderToBook(msgspec.Struct, frozen=True, kw_only=True):
    """What a carrier needs to know of an order to be booked."""

    order_no: str
    name: str
    phone: str
    region: str
    address: str
    cargo: str
    quantity: int


def find_order(connection: Connection[Any], order_id: int, *, shops: Sequence[str] | None) -> OrderToBook | None:
    """An order that this person may see."""
    row = connection.execute(
        "select order_no, receiver_name, receiver_phone, receiver_region, receiver_address, first_title, line_count"
        " from customer_order where subject_id = %s and (%s::text[] is null or shop = any(%s))",
        (order_id, None if shops is None else list(shops), list(shops or ())),
    ).fetchone()
    return OrderToBook(**dict(zip(OrderToBook.__struct_fields__, row, strict=True))) if row else None


PATIENCE = timedelta(hours=1)
"""Until a contract is looked at again."""
