"""Notices on their way (分发): which rules they fall under, whom they reach, when; then messages and mail of what is due."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.connecting_robots import Message
from fenghe.kernel.notices.composing import Item, compose, groups
from fenghe.kernel.notices.notice import ESCALATES, OF_A_CASE, Notice, repeat_word, severe
from fenghe.kernel.notices.preview import due_of
from fenghe.kernel.notices.rule import NoticeRule, matching
from fenghe.kernel.notices.timing import Quiet, quiet_until, step_due
from fenghe.kernel.store_reading import Row, fetch
from fenghe.kernel.titles import Titles

BATCH: Final = 2_000
GATHERED: Final = 20_000
"""Items put together in one turn: more than this in one window is told in several digests."""

Rules = Mapping[str, tuple[NoticeRule, int]]


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub calls things in messages, and what it advises."""

    titles: Titles = Titles()
    advice: Mapping[str, str] = {}

    def advise(self, kind: str) -> str:
        """What to do about a case of this kind; "" where nobody has said."""
        return next((words for pattern, words in self.advice.items() if fnmatchcase(kind, pattern)), "")


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with an inbox, and what he wants of it."""

    id: int
    roles: Sequence[str]
    shops: Sequence[str] | None
    muted_kinds: Sequence[str] = ()
    muted_events: Sequence[str] = ()
    quiet: Quiet | None = None

    def wants(self, notice: Notice) -> bool:
        """Muted kinds and events are not told, except what was escalated to him."""
        if self.shops is not None and notice.shop and notice.shop not in self.shops:
            return False
        if notice.event == "escalated":
            return True
        return notice.event not in self.muted_events and not any(
            fnmatchcase(notice.kind, one) for one in self.muted_kinds
        )


def readers(connection: Connection[Any]) -> dict[int, Reader]:
    """Everybody active, by id."""
    rows = fetch(
        connection,
        "select p.id, p.roles, p.shops, coalesce(f.muted_kinds, '{}') as muted_kinds,"
        " coalesce(f.muted_events, '{}') as muted_events, coalesce(f.quiet_start, '') as quiet_start,"
        " coalesce(f.quiet_end, '') as quiet_end from person p left join notice_preference f on f.person_id = p.id"
        " where p.active",
    )
    return {row["id"]: _reader(row) for row in rows}


def _reader(row: Row) -> Reader:
    quiet = Quiet(start=row["quiet_start"], end=row["quiet_end"]) if row["quiet_start"] and row["quiet_end"] else None
    names = ("id", "roles", "shops", "muted_kinds", "muted_events")
    return Reader(quiet=quiet, **{name: row[name] for name in names})


def route(connection: Connection[Any], rules: Rules, *, now: datetime, limit: int = BATCH) -> int:
    """Give each new notice to those its rules name; returns how many notices were looked at."""
    rows = fetch(
        connection,
        "select n.*, c.owner_id, c.status as case_status from notice n left join work_case c on c.id = n.case_id"
        " where n.routed_at is null order by n.id limit %(limit)s for update of n skip locked",
        {"limit": limit},
    )
    if not rows:
        return 0
    people = readers(connection)
    told = _told_lately(connection, [row["case_id"] for row in rows if row["case_id"] is not None], rules, now=now)
    items: list[dict[str, Any]] = []
    rising: list[dict[str, Any]] = []
    for row in rows:
        notice = _notice(row)
        given: set[str] = set()
        for due, name, rule, version in _soonest(rules, notice, now):
            targets = notice.only or rule.recipients(notice, owner_id=row["owner_id"])
            for target in _resolved(targets, notice, people):
                if target in given:
                    continue
                given.add(target)
                repeat = (name, target, row["case_id"], repeat_word(notice.event))
                before = told.get(repeat) if repeat[3] else None
                if before is not None and now - before < timedelta(minutes=rule.dedupe_minutes):
                    continue
                told[repeat] = now
                items.append(_item_row(row, name, version, target=target, due=due, now=now))
            rising += _rising(row, name, rule)
    _insert_items(connection, items)
    _begin_escalations(connection, rising)
    connection.execute("update notice set routed_at = %s where id = any(%s)", (now, [row["id"] for row in rows]))
    return len(rows)


def _soonest(rules: Rules, notice: Notice, now: datetime) -> list[tuple[datetime, str, NoticeRule, int]]:
    """The rules a notice falls under, the soonest first: whoever two rules name is told once, by that one."""
    found = [(due_of(rule, notice, now), name, rule, version) for name, rule, version in matching(rules, notice)]
    return sorted(found, key=lambda one: (one[0], one[1]))


def _notice(row: Row) -> Notice:
    names = ("key", "event", "kind", "severity", "shop", "case_id", "person_id", "actor", "title", "link", "rule")
    return Notice(
        text=row["body"],
        happened_at=row["happened_at"],
        only=tuple(row["only_targets"]),
        **{name: row[name] for name in names},
    )


def _resolved(targets: Sequence[str], notice: Notice, people: Mapping[int, Reader]) -> list[str]:
    """Roles become their people; who is gone or does not want it is left out; each once."""
    found: list[str] = []
    for target in targets:
        kind, _, word = target.partition(":")
        if kind == "robot":
            found.append(target)
            continue
        meant = [one for one in people.values() if (word in one.roles if kind == "role" else str(one.id) == word)]
        found += [f"person:{one.id}" for one in meant if one.wants(notice)]
    return list(dict.fromkeys(found))


def _item_row(row: Row, rule: str, version: int, *, target: str, due: datetime, now: datetime) -> dict[str, Any]:
    return {
        "notice_id": row["id"],
        "rule": rule,
        "rule_version": version,
        "target": target,
        "case_id": row["case_id"],
        "event": row["event"],
        "due_at": due.isoformat(),
        "created_at": now.isoformat(),
    }


def _insert_items(connection: Connection[Any], items: Sequence[dict[str, Any]]) -> None:
    connection.execute(
        "insert into notice_item (notice_id, rule, rule_version, target, case_id, event, due_at, created_at)"
        " select * from jsonb_to_recordset(%s::jsonb) as t(notice_id bigint, rule text, rule_version integer,"
        " target text, case_id bigint, event text, due_at timestamptz, created_at timestamptz)"
        " on conflict (notice_id, rule, target) do nothing",
        (orjson.dumps(list(items)).decode(),),
    )


def _told_lately(
    connection: Connection[Any], case_ids: Sequence[int], rules: Rules, *, now: datetime
) -> dict[tuple[str, str, int | None, str], datetime]:
    """When each of these cases was last told to whom by which rule, as far back as any rule looks."""
    longest = max((rule.dedupe_minutes for rule, _ in rules.values()), default=0)
    rows = connection.execute(
        "select i.rule, i.target, i.case_id, i.event, i.created_at from notice_item i"
        " where i.case_id = any(%s) and i.created_at > %s order by i.created_at",
        (list(case_ids), now - timedelta(minutes=longest)),
    )
    return {(r[0], r[1], r[2], repeat_word(r[3])): r[4] for r in rows}


def _rising(row: Row, name: str, rule: NoticeRule) -> list[dict[str, Any]]:
    """The escalation that begins with this notice, if its rule has one and nobody took the case."""
    open_case = row["case_id"] is not None and row["case_status"] == "open" and row["owner_id"] is None
    due = step_due(row["happened_at"], [one.after_minutes for one in rule.steps], 0)
    if row["event"] not in ESCALATES or not open_case or due is None:
        return []
    began = row["happened_at"].astimezone(UTC).isoformat()
    told = {"case_id": row["case_id"], "rule": name, "event": row["event"], "began_at": began}
    return [{**told, "due_at": due.isoformat()}]


def _begin_escalations(connection: Connection[Any], rising: Sequence[dict[str, Any]]) -> None:
    """One escalation a case and rule; one that is under way goes on, one that ended may begin anew."""
    connection.execute(
        "insert into case_escalation (case_id, rule, event, began_at, due_at)"
        " select distinct on (case_id, rule) case_id, rule, event, began_at, due_at from jsonb_to_recordset(%s::jsonb)"
        " as t(case_id bigint, rule text, event text, began_at timestamptz, due_at timestamptz)"
        " order by case_id, rule, began_at"
        " on conflict (case_id, rule) do update set event = excluded.event, began_at = excluded.began_at, step = 0,"
        " due_at = excluded.due_at where case_escalation.due_at is null"
        " and case_escalation.began_at < excluded.began_at",
        (orjson.dumps(list(rising)).decode(),),
    )


FACTS: Final = (
    " n.kind, n.severity, coalesce(c.title, n.title) as title, n.body as text, n.link, n.actor,"
    " n.happened_at, c.status as case_status,"
    " c.ours as ours_word, c.theirs as theirs_word, c.reason as reason_word, c.opened_at, c.due_at as case_due,"
    " s.kind as subject_kind, p.tracking_no, p.carrier, o.order_no, o.shop as order_shop, o.paid_minor, o.currency,"
    " o.receiver_name, o.receiver_phone, w.name as owner_name"
)
FACTS_FROM: Final = (
    " left join work_case c on c.id = n.case_id left join subject s on s.id = c.subject_id"
    " left join shipment p on p.subject_id = c.subject_id"
    " left join customer_order o on o.subject_id = coalesce(p.order_id, c.subject_id)"
    " left join person w on w.id = c.owner_id"
)


def item_of(row: Row, words: Words) -> Item:
    """A row with its facts in the screens' words."""
    subject, titles = row["subject_kind"] or "", words.titles
    return Item(
        id=row["id"],
        notice_id=row["notice_id"],
        rule=row["rule"],
        target=row["target"],
        event=row["event"],
        kind=row["kind"],
        kind_title=titles.case_kind(row["kind"]),
        severity=row["severity"],
        case_id=row["case_id"],
        title=row["title"],
        text=row["text"],
        link=row["link"],
        actor=row["actor"],
        happened_at=row["happened_at"],
        order_no=row["order_no"] or "",
        tracking_no=row["tracking_no"] or "",
        carrier=titles.carrier(row["carrier"]),
        shop=row["order_shop"] or "",
        ours=titles.state(subject, row["ours_word"]) or "",
        theirs=titles.state(subject, row["theirs_word"]) or "",
        reason=titles.reason(subject, row["reason_word"]),
        opened_at=row["opened_at"],
        due_at=row["case_due"],
        owner=row["owner_name"] or "",
        paid_minor=row["paid_minor"],
        currency=row["currency"] or "",
        buyer_name=row["receiver_name"] or "",
        buyer_phone=row["receiver_phone"] or "",
        advice=words.advise(row["kind"]),
    )


def gather(connection: Connection[Any], rules: Rules, words: Words, *, now: datetime) -> int:
    """Put what is due together into messages for robots and mail for people; returns how many notices were told."""
    rows = fetch(
        connection,
        f"select i.id, i.notice_id, i.rule, i.rule_version, i.target, i.case_id, i.event,{FACTS}"
        f" from notice_item i join notice n on n.id = i.notice_id{FACTS_FROM}"
        " where i.told_at is null and i.due_at <= %(now)s order by i.due_at, i.id limit %(limit)s"
        " for update of i skip locked",
        {"now": now, "limit": GATHERED},
    )
    if not rows:
        return 0
    news = [row for row in rows if row["event"] not in OF_A_CASE or row["case_status"] in (None, "open")]
    bodies = {name: rule for name, (rule, _) in rules.items()}
    url = public_url(connection)

    def letter(group: list[Item]) -> Letter:
        """Robots' readers come from outside; whoever reads his mail here is here already."""
        rule = bodies.get(group[0].rule) or NoticeRule(title=group[0].rule)
        return group, compose(group, rule, public_url=url if _for_robot(group) else "", now=now)

    letters = [letter(group) for group in groups([item_of(row, words) for row in news], bodies)]
    versions = {row["id"]: row["rule_version"] for row in rows}
    _deliver(connection, [one for one in letters if _for_robot(one[0])], versions, now=now)
    _mail(connection, [one for one in letters if not _for_robot(one[0])], now=now)
    connection.execute("update notice_item set told_at = %s where id = any(%s)", (now, [row["id"] for row in rows]))
    return len(rows)


Letter = tuple[list[Item], Message]


def _for_robot(group: Sequence[Item]) -> bool:
    return group[0].target.startswith("robot:")


def _deliver(
    connection: Connection[Any], letters: Sequence[Letter], versions: Mapping[int, int], *, now: datetime
) -> None:
    rows = [
        {
            "robot": group[0].target.partition(":")[2],
            "rule_version": versions[group[0].id],
            **_letter_row(group, message),
            "items": [one.id for one in group],
        }
        for group, message in letters
    ]
    connection.execute(
        "with told as (select * from jsonb_to_recordset(%s::jsonb) as t(key text, robot text, rule text,"
        " rule_version integer, event text, kind text, severity smallint, count integer, case_id bigint, title text,"
        " body text, plain text, link text, items bigint[])), made as (insert into notice_delivery (key, robot, rule,"
        " rule_version, event, kind, severity, count, case_id, title, body, plain, link, status, answer, due_at,"
        " created_at) select t.key, t.robot, t.rule, t.rule_version, t.event, t.kind, t.severity, t.count, t.case_id,"
        " t.title, t.body, t.plain, t.link, case when r.enabled then 'waiting' else 'dropped' end,"
        " case when r.enabled then '' else '机器人已停用' end, %s, %s from told t join notice_robot r on r.id = t.robot"
        " on conflict (key) do nothing returning id, key)"
        " update notice_item i set delivery_id = made.id from made join told on told.key = made.key"
        " where i.id = any(told.items)",
        (orjson.dumps(rows).decode(), now, now),
    )


def _mail(connection: Connection[Any], letters: Sequence[Letter], *, now: datetime) -> None:
    people = readers(connection) if letters else {}
    rows = []
    for group, message in letters:
        person = people.get(int(group[0].target.partition(":")[2]))
        if person is not None:
            shown = now if severe(message.severity) else quiet_until(now, person.quiet)
            rows.append({"person_id": person.id, "shown_at": shown.isoformat(), **_letter_row(group, message)})
    connection.execute(
        "insert into notice_mail (person_id, key, rule, event, kind, severity, count, case_id, title, body, link,"
        " created_at, shown_at) select person_id, key, rule, event, kind, severity, count, case_id, title, body, link,"
        " %s, shown_at from jsonb_to_recordset(%s::jsonb) as t(person_id bigint, key text, rule text, event text,"
        " kind text, severity smallint, count integer, case_id bigint, title text, body text, link text,"
        " shown_at timestamptz) on conflict (person_id, key) do nothing",
        (now, orjson.dumps(rows).decode()),
    )


def _letter_row(group: Sequence[Item], message: Message) -> dict[str, Any]:
    """The key is that of the first item: an item is told once, so a letter cannot be written twice."""
    first = group[0]
    return {
        "key": f"item:{first.id}",
        "rule": first.rule,
        "event": first.event,
        "kind": first.kind,
        "severity": message.severity,
        "count": message.count,
        "case_id": first.case_id if message.count == 1 else None,
        "title": message.title,
        "body": message.markdown,
        "plain": message.text,
        "link": message.link,
    }


def public_url(connection: Connection[Any]) -> str:
    """The address under which phones reach this hub; "" while nobody has said."""
    row = connection.execute("select value from notice_setting where name = 'public_url'").fetchone()
    return str(row[0]) if row else ""


def set_public_url(connection: Connection[Any], url: str) -> None:
    """Keep the address."""
    connection.execute(
        "insert into notice_setting (name, value) values ('public_url', %s)"
        " on conflict (name) do update set value = excluded.value",
        (url,),
    )
