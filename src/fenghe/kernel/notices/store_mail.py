"""Everybody's own inbox (站内信): the list under the bell, what is read, and what a person wants to hear of."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.listing import Counts, words_of
from fenghe.kernel.notices.composing import LEVELS
from fenghe.kernel.notices.notice import EVENTS
from fenghe.kernel.notices.timing import Quiet, hour_of, quiet_until
from fenghe.kernel.store_reading import Row, Where, count_of, fetch, find
from fenghe.kernel.web.paging import Paging, read_ids
from fenghe.kernel.web.problems import bad_field

COUNT_TO: Final = 1_000
SORTS: Final = ("shown_at",)
MOST_MUTED: Final = 100


class MailFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the inbox may be narrowed by."""

    unread: bool | None = None
    event: str = ""
    severity: str = ""
    q: str = ""


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One letter."""

    id: str
    event: str
    event_title: str
    kind: str
    severity: int
    count: int
    case_id: str | None
    title: str
    body: str
    link: str
    at: datetime
    read: bool


class Preference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person does not want to hear of, and when he wants quiet (severe cases ring all the same)."""

    muted_kinds: list[str] = []
    muted_events: list[str] = []
    quiet_start: str = ""
    quiet_end: str = ""


_SHOWN: Final = "m.person_id = %(me)s and m.shown_at <= now()"


def unread(connection: Connection[Any], person_id: int) -> int:
    """How many letters wait, as far as the bell counts."""
    row = find(
        connection,
        f"select {count_of('notice_mail m', f'{_SHOWN} and m.read_at is null', up_to=COUNT_TO)} as count",
        {"me": person_id},
    )
    return int(row["count"]) if row else 0


def page(
    connection: Connection[Any], asked: MailFilter, *, person_id: int, paging: Paging
) -> tuple[list[Mail], Counts]:
    """One's own letters, newest first."""
    where = Where()
    where.add(_SHOWN, me=person_id)
    if asked.unread is not None:
        where.add("m.read_at is null" if asked.unread else "m.read_at is not null")
    where.any_of("m.event", "event", words_of(asked.event))
    where.any_of("m.severity", "severity", [_level(one) for one in words_of(asked.severity)])
    if asked.q.strip():
        where.add("strpos(m.title || ' ' || m.body, %(q)s) > 0", q=asked.q.strip()[:100])
    where.values |= {"size": paging.size, "offset": paging.offset}
    rows = fetch(
        connection,
        f"select m.* from notice_mail m where {where.sql()} order by m.id desc limit %(size)s offset %(offset)s",
        where.values,
    )
    counts = find(
        connection,
        f"select {count_of('notice_mail m', where.sql(), up_to=COUNT_TO)} as here,"
        f" {count_of('notice_mail m', f'{_SHOWN} and m.read_at is null', up_to=COUNT_TO)} as unread",
        where.values,
    )
    told = counts or {"here": 0, "unread": 0}
    return [_mail(row) for row in rows], Counts(total=told["here"], limit=COUNT_TO, tabs={"unread": told["unread"]})


def _level(word: str) -> int:
    if not (word.isdigit() and int(word) in LEVELS):
        raise bad_field("severity", "级别只有 1、2、3")
    return int(word)


def _mail(row: Row) -> Mail:
    return Mail(
        id=str(row["id"]),
        event_title=EVENTS.get(row["event"], "通知"),
        case_id=None if row["case_id"] is None else str(row["case_id"]),
        at=row["shown_at"],
        read=row["read_at"] is not None,
        **{name: row[name] for name in ("event", "kind", "severity", "count", "title", "body", "link")},
    )


def mark_read(connection: Connection[Any], person_id: int, ids: Sequence[str] | None, *, read: bool = True) -> int:
    """Mark these letters (None: all shown) as read or not; other people's are not touched. Returns how many changed."""
    chosen = "" if ids is None else " and id = any(%(ids)s)"
    cursor = connection.execute(
        f"update notice_mail m set read_at = {'now()' if read else 'null'} where {_SHOWN}{chosen}"
        f" and (read_at is null) = %(read)s".encode(),
        {"me": person_id, "ids": list(read_ids(",".join(ids)) or ()) if ids is not None else None, "read": read},
    )
    return cursor.rowcount


def preference(connection: Connection[Any], person_id: int) -> Preference:
    """What this person wants; nothing said: everything, at any hour."""
    row = find(
        connection,
        "select muted_kinds, muted_events, quiet_start, quiet_end from notice_preference where person_id = %(me)s",
        {"me": person_id},
    )
    return Preference(**row) if row else Preference()


def set_preference(connection: Connection[Any], person_id: int, wish: Preference) -> Preference:
    """Keep what this person wants."""
    for hour in (wish.quiet_start, wish.quiet_end):
        if hour and hour_of(hour) is None:
            raise bad_field("quiet_start", "免打扰时间应像 22:00")
    if bool(wish.quiet_start) != bool(wish.quiet_end):
        raise bad_field("quiet_end", "免打扰要同时填开始和结束")
    if any(one not in EVENTS for one in wish.muted_events):
        raise bad_field("muted_events", "没有这种事件")
    if len(wish.muted_kinds) > MOST_MUTED or any(not 1 <= len(one) <= 100 for one in wish.muted_kinds):
        raise bad_field("muted_kinds", f"最多屏蔽 {MOST_MUTED} 种类型")
    connection.execute(
        "insert into notice_preference (person_id, muted_kinds, muted_events, quiet_start, quiet_end)"
        " values (%s, %s, %s, %s, %s) on conflict (person_id) do update set muted_kinds = excluded.muted_kinds,"
        " muted_events = excluded.muted_events, quiet_start = excluded.quiet_start, quiet_end = excluded.quiet_end,"
        " changed_at = now()",
        (person_id, wish.muted_kinds, wish.muted_events, wish.quiet_start, wish.quiet_end),
    )
    return wish


def put_test(connection: Connection[Any], person_id: int) -> None:
    """A letter to oneself; it keeps the quiet hours like any other, and says so."""
    wish = preference(connection, person_id)
    quiet = Quiet(start=wish.quiet_start, end=wish.quiet_end) if wish.quiet_start and wish.quiet_end else None
    now = datetime.now(UTC)
    connection.execute(
        "insert into notice_mail (person_id, key, rule, event, severity, title, body, link, shown_at)"
        " values (%s, %s, '', 'told', 1, '测试消息', '这是一条测试消息。看到它,说明站内信正常。', '/notices', %s)",
        (person_id, f"test:{uuid.uuid4().hex}", quiet_until(now, quiet)),
    )
