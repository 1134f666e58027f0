"""Reading the inbox (收件箱查询): messages by filter, what one of them said, refused deliveries, unmapped codes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.inbox.store import JUDGED, PENDING, SET_ASIDE
from fenghe.kernel.listing import Counts, moment_from, moment_to, numbers_of, words_of
from fenghe.kernel.store_reading import COUNT_TO, COUNT_TO_FILTERED, Row, Where, count_of, fetch, find
from fenghe.kernel.store_subjects import ids_of_numbers
from fenghe.kernel.web.paging import Paging, read_ids
from fenghe.kernel.web.problems import bad_field

STATUSES: Final = {"pending": PENDING, "judged": JUDGED, "set_aside": SET_ASIDE}
SORTS: Final = ("received_at",)
DEFAULT_SORT: Final = "-received_at"
BODY_BYTES: Final = 256 * 1024
"""Bytes of a body that a screen is given; the rest is said to be cut off."""
ITEMS: Final = 200
"""Observations of one message that its page shows."""
MAX_REPLAY: Final = 50_000
"""Messages one replay may put back: a worker reads as many in some seconds."""
MESSAGES_ABOUT: Final = 10_000
"""Messages about the numbers of one search."""
IDS_APART: Final = 5_000
"""How far two messages' ids may contradict their times."""
UNMAPPED_CODES: Final = 300
UNMAPPED_EVENTS: Final = 10_000

_UNMAPPED: Final = "o.status is null and o.kind in ('event', 'snapshot')"
"""What waits for a meaning; rulings, hand-overs and bare facts have no status either."""

_BOTH: Final = "inbound_message m join message_handling h on h.message_id = m.id"


class MessageFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the inbox may be narrowed by, as the address says it."""

    status: str = "all"
    source: str = ""
    way: str = ""
    q: str = ""
    received_from: str = ""
    received_to: str = ""
    ids: str = ""


def conditions(connection: Connection[Any], asked: MessageFilter) -> Where:
    """Everything but the status; numbers are looked up first, so that messages are found by their observations."""
    where = Where()
    where.any_of("m.source", "source", words_of(asked.source))
    where.any_of("m.way", "way", words_of(asked.way))
    start = moment_from(asked.received_from, "received_from")
    end = moment_to(asked.received_to, "received_to")
    where.between("m.received_at", "received", start=start, end=end)
    if start is not None or end is not None:
        _between_ids(connection, where, start, end)
    if numbers := numbers_of(asked.q):
        said = _messages_about(connection, ids_of_numbers(connection, numbers))
        named = [int(one) for one in numbers if one.isascii() and one.isdigit() and len(one) <= 18]
        where.add("m.id = any(%(found)s)", found=[*named, *said])
    if (ids := read_ids(asked.ids)) is not None:
        where.add("m.id = any(%(ids)s)", ids=list(ids))
    return where


def _between_ids(connection: Connection[Any], where: Where, start: datetime | None, end: datetime | None) -> None:
    """The span in ids, so that a span long ago is not looked for from the newest message down.

    Ids are given as messages arrive, a few at a time: at either end some more are let in, and their times decide.
    """
    found = find(
        connection,
        "select min(f.id) as first, max(l.id) as last from source s left join lateral (select m.id from"
        " inbound_message m"
        " where m.source = s.id and m.received_at >= coalesce(%(start)s::timestamptz, '-infinity') order by"
        " m.received_at, m.id"
        " limit 1)"
        " f on true left join lateral (select m.id from inbound_message m where m.source = s.id and"
        " m.received_at < coalesce(%(end)s::timestamptz, 'infinity') order by m.received_at desc, m.id desc limit 1)"
        " l on true",
        {"start": start, "end": end},
    )
    if found is None or found["first"] is None or found["last"] is None:
        where.add("false")
    else:
        low, high = found["first"] - IDS_APART, found["last"] + IDS_APART
        where.add("m.id between %(low)s and %(high)s", low=low, high=high)


def _messages_about(connection: Connection[Any], subject_ids: Sequence[int]) -> list[int]:
    rows = fetch(
        connection,
        "select distinct message_id from observation where subject_id = any(%(ids)s)"
        f" order by message_id desc limit {MESSAGES_ABOUT}",
        {"ids": list(subject_ids)},
    )
    return [row["message_id"] for row in rows]


def _status(asked: MessageFilter) -> str:
    words = [word for word in words_of(asked.status) if word != "all"]
    if unknown := [word for word in words if word not in STATUSES]:
        raise bad_field("status", f"没有 {unknown[0]} 这种状态,可用的有 {'、'.join(STATUSES)}、all")
    # Spelt out, not bound: the partial indexes answer only for a number the planner can see.
    return "h.status in (" + ", ".join(str(STATUSES[word]) for word in words) + ")" if words else "true"


_COLUMNS: Final = (
    "m.id, m.source, s.title as source_title, s.connector, m.way, m.received_at, h.status, h.repeats, h.attempts,"
    " octet_length(m.body) as size, m.headers ->> 'content-type' as content_type, h.origin, h.finding"
)


def _select(where: Where, asked: MessageFilter, paging: Paging) -> str:
    # Ids are given in the order of arrival; by one source its own index holds that order.
    way = "desc" if paging.descending else "asc"
    order = f"m.received_at {way}, m.id {way}" if len(words_of(asked.source)) == 1 else f"m.id {way}"
    return (
        f"select {_COLUMNS} from {_BOTH} left join source s on s.id = m.source"
        f" where {where.sql(_status(asked))} order by {order}"
    )


def page(connection: Connection[Any], asked: MessageFilter, *, paging: Paging) -> tuple[list[Row], Counts]:
    """The messages of one page, and how many each tab has."""
    where = conditions(connection, asked)
    narrow = _status(asked)
    where.values |= {"size": paging.size, "offset": paging.offset}
    rows = fetch(connection, f"{_select(where, asked, paging)} limit %(size)s offset %(offset)s", where.values)
    tabs = {"all": "true", **{name: f"h.status = {number}" for name, number in STATUSES.items()}}
    limit = COUNT_TO if where.empty else COUNT_TO_FILTERED
    source = "message_handling h" if where.empty else _BOTH
    parts = [f'{count_of(source, where.sql(only), up_to=limit)} as "{tab}"' for tab, only in tabs.items()]
    parts.append(f"{count_of(source, where.sql(narrow), up_to=limit)} as here")
    found = find(connection, "select " + ", ".join(parts), where.values) or {}
    counted = {tab: int(found.get(tab, 0)) for tab in tabs}
    return rows, Counts(total=int(found.get("here", 0)), limit=limit, tabs=counted)


def everything(connection: Connection[Any], asked: MessageFilter, *, paging: Paging) -> tuple[str, dict[str, Any]]:
    """The statement of an export: the same rows as the list's pages."""
    where = conditions(connection, asked)
    return _select(where, asked, paging), where.values


def matching(connection: Connection[Any], asked: MessageFilter) -> list[int]:
    """The messages a replay is about; one more than it may touch shows that there are too many."""
    where = conditions(connection, asked)
    rows = fetch(
        connection,
        f"select m.id from {_BOTH} where {where.sql(_status(asked))} order by m.id limit {MAX_REPLAY + 1}",
        where.values,
    )
    return [row["id"] for row in rows]


def said_by(connection: Connection[Any], message_ids: Sequence[int]) -> dict[int, Row]:
    """Of each message the first thing it said first, and of how many: the words on its row."""
    rows = fetch(
        connection,
        "select t.id, n.told, f.kind, f.key, f.code, f.body, f.status from unnest(%(ids)s::bigint[]) t(id)"
        " cross join lateral (select count(*) as told from (select from observation where message_id = t.id limit"
        " 1001) x)"
        " n cross join lateral (select s.kind, s.key, o.code, o.body, o.status from observation o"
        " join subject s on s.id = o.subject_id where o.message_id = t.id order by o.item, o.subject_id limit 1) f",
        {"ids": list(message_ids)},
    )
    return {row["id"]: row for row in rows}


def find_message(connection: Connection[Any], message_id: int) -> Row | None:
    """One message with the beginning of its body and the digest of the whole."""
    return find(
        connection,
        f"select {_COLUMNS}, m.headers, substring(m.body from 1 for {BODY_BYTES}) as body,"
        f" encode(sha256(m.body), 'hex') as sha256, h.handled_at from {_BOTH} left join source s on s.id = m.source"
        " where m.id = %(id)s",
        {"id": message_id},
    )


def items_of(connection: Connection[Any], message_id: int) -> list[Row]:
    """What a message said first, in its own order; one more than the page shows tells that there is more."""
    return fetch(
        connection,
        "select o.subject_id, o.key, o.item, o.kind, o.code, o.body, o.status, o.occurred_at, s.kind as subject_kind,"
        " s.key as subject_key from observation o join subject s on s.id = o.subject_id where o.message_id = %(id)s"
        f" order by o.item, o.occurred_at, o.key limit {ITEMS + 1}",
        {"id": message_id},
    )


def refused(connection: Connection[Any]) -> list[Row]:
    """Deliveries the door turned away, newest first."""
    return fetch(
        connection,
        "select r.source, s.title as source_title, r.reason, r.ip, r.count, r.hour, r.last_at from refused_delivery r"
        " left join source s on s.id = r.source order by r.last_at desc limit 100",
    )


def unmapped(connection: Connection[Any]) -> list[Row]:
    """Codes nobody has given a meaning, found by leaping over their index; events are counted up to a limit."""
    return fetch(
        connection,
        f"with recursive code(codes, code, n) as ((select o.codes, o.code, 1 from observation o where {_UNMAPPED}"
        " order by o.codes, o.code limit 1) union all select x.codes, x.code, c.n + 1 from code c cross join lateral"
        f" (select o.codes, o.code from observation o where {_UNMAPPED} and (o.codes, o.code) > (c.codes, c.code)"
        f" order by o.codes, o.code limit 1) x where c.n < {UNMAPPED_CODES})"
        " select c.codes, c.code, t.events, t.subjects, t.first_seen_at, t.last_seen_at, t.sample_text from code c"
        " cross join lateral (select count(*) as events, count(distinct u.subject_id) as subjects,"
        " min(u.heard_at) as first_seen_at, max(u.heard_at) as last_seen_at, max(u.body) as sample_text"
        f" from (select o.subject_id, o.heard_at, o.body from observation o where {_UNMAPPED} and o.codes = c.codes"
        f" and o.code = c.code limit {UNMAPPED_EVENTS}) u) t"
        " where t.events > 0 order by t.events desc, c.codes, c.code",
    )
