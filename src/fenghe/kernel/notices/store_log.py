"""The delivery log (投递日志): what went to whom, when, and what was answered; dead letters and sending again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.listing import Counts, moment_from, moment_to, words_of
from fenghe.kernel.notices.notice import EVENTS
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.store_reading import COUNT_TO_FILTERED, Row, Where, count_of, fetch, find
from fenghe.kernel.titles import Titles
from fenghe.kernel.web.paging import Paging, read_id
from fenghe.kernel.web.problems import bad_field

STATUSES: Final[Mapping[str, str]] = {"waiting": "待发送", "sent": "已送达", "dead": "死信", "dropped": "未发送"}
SORTS: Final = {"created_at": "d.created_at", "sent_at": "d.sent_at"}
MOST_AGAIN: Final = 500


class LogFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the log may be narrowed by."""

    status: str = ""
    robot: str = ""
    rule: str = ""
    event: str = ""
    case: str = ""
    q: str = ""
    from_: str = msgspec.field(name="from", default="")
    to: str = ""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message in the log."""

    id: str
    robot: str
    robot_title: str
    robot_kind: str
    rule: str
    rule_version: int
    event: str
    event_title: str
    kind: str
    kind_title: str
    severity: int
    count: int
    case_id: str | None
    title: str
    body: str
    status: str
    status_title: str
    attempts: int
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    answer: str
    again_by: str | None


_COLUMNS: Final = (
    "d.id, d.robot, r.title as robot_title, r.kind as robot_kind, d.rule, d.rule_version, d.event, d.kind, d.severity,"
    " d.count, d.case_id, d.title, d.body, d.status, d.attempts, d.created_at, d.due_at, d.sent_at, d.answer, d.again_by"
)
_FROM: Final = "notice_delivery d join notice_robot r on r.id = d.robot"


def _conditions(asked: LogFilter) -> Where:
    where = Where()
    where.any_of("d.robot", "robot", words_of(asked.robot))
    where.any_of("d.rule", "rule", words_of(asked.rule))
    where.any_of("d.event", "event", words_of(asked.event))
    where.between("d.created_at", "at", start=moment_from(asked.from_, "from"), end=moment_to(asked.to, "to"))
    if asked.case:
        number = read_id(asked.case, "case")
        where.add(
            "(d.case_id = %(case)s or exists (select from notice_item i where i.delivery_id = d.id"
            " and i.case_id = %(case)s))",
            case=number,
        )
    if asked.q.strip():
        where.add("strpos(d.title || ' ' || d.body || ' ' || d.answer, %(q)s) > 0", q=asked.q.strip()[:100])
    return where


def _narrow(where: Where, asked: LogFilter) -> None:
    statuses = words_of(asked.status)
    if unknown := [one for one in statuses if one not in STATUSES]:
        raise bad_field("status", f"没有 {unknown[0]} 这种状态,可用的有 {'、'.join(STATUSES)}")
    where.any_of("d.status", "status", statuses)


def page(
    connection: Connection[Any], asked: LogFilter, *, paging: Paging, titles: Titles
) -> tuple[list[Delivery], Counts]:
    """One page of the log, and how many there are under each status."""
    shared = _conditions(asked)
    where = _conditions(asked)
    _narrow(where, asked)
    where.values |= {"size": paging.size, "offset": paging.offset}
    rows = fetch(connection, f"{_select(where.sql(), paging)} limit %(size)s offset %(offset)s", where.values)
    counted = ", ".join(
        f"""{count_of("notice_delivery d", shared.sql(f"d.status = '{one}'"), up_to=COUNT_TO_FILTERED)} as {one}"""
        for one in STATUSES
    )
    found = (
        find(
            connection,
            f"select {count_of('notice_delivery d', where.sql(), up_to=COUNT_TO_FILTERED)} as here, {counted}",
            where.values,
        )
        or {}
    )
    tabs = {one: int(found.get(one, 0)) for one in STATUSES}
    return [delivery(row, titles) for row in rows], Counts(
        total=found.get("here", 0), limit=COUNT_TO_FILTERED, tabs=tabs
    )


def everything(asked: LogFilter, paging: Paging) -> tuple[str, dict[str, Any]]:
    """The statement of an export."""
    where = _conditions(asked)
    _narrow(where, asked)
    return _select(where.sql(), paging), where.values


def _select(condition: str, paging: Paging) -> str:
    way = "desc nulls last" if paging.descending else "asc nulls first"
    return f"select {_COLUMNS} from {_FROM} where {condition} order by {SORTS[paging.sort]} {way}, d.id desc"


def delivery(row: Row, titles: Titles) -> Delivery:
    """A row of the log in the screens' words."""
    names = (
        "robot", "robot_title", "robot_kind", "rule", "rule_version", "event", "kind", "severity", "count", "title",
        "body", "status", "attempts", "created_at", "due_at", "sent_at", "answer", "again_by",
    )  # fmt: skip
    return Delivery(
        id=str(row["id"]),
        event_title="测试消息" if row["event"] == "test" else EVENTS.get(row["event"], row["event"]),
        kind_title=titles.case_kind(row["kind"]),
        case_id=None if row["case_id"] is None else str(row["case_id"]),
        status_title=STATUSES[row["status"]],
        **{name: row[name] for name in names},
    )


def matching(connection: Connection[Any], asked: LogFilter) -> list[int]:
    """The messages a filter finds; one more than may be sent again at once shows that there are too many."""
    where = _conditions(asked)
    _narrow(where, asked)
    rows = fetch(
        connection,
        f"select d.id from notice_delivery d where {where.sql()} order by d.id limit {MOST_AGAIN + 1}",
        where.values,
    )
    return [row["id"] for row in rows]


def send_again(connection: Connection[Any], ids: Sequence[int], *, actor: Actor) -> int:
    """Dead letters, once more from the beginning; returns how many. What was sent is not sent twice by this."""
    if not 1 <= len(ids) <= MOST_AGAIN:
        raise bad_field("ids", f"一次重发 1 到 {MOST_AGAIN} 条")
    cursor = connection.execute(
        "update notice_delivery set status = 'waiting', attempts = 0, unsure = 0, under_way = false, due_at = now(),"
        " again_by = %s where id = any(%s) and status in ('dead', 'dropped') and gate = ''",
        (actor.person, list(ids)),
    )
    if cursor.rowcount:
        target = f"deliveries {','.join(str(one) for one in ids)}"
        log_access(connection, actor, action="delivery.again.done", target=target)
    return cursor.rowcount
