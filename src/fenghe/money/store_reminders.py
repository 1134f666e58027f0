"""Table payment_reminder (催付) as its duty works it: who is due, what is being prepared, what became of what was sent.

Promises: one row an order and how manieth reminder it is, whoever asks for it; every step has its event; what is known of
payments when a message leaves is read in one statement under the order's lock.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.store_reading import Row, fetch
from fenghe.kernel.values import CHINA
from fenghe.money.reminder import AWAITS, Asked, Seen, no_such_payment
from fenghe.money.reminder_policy import OWN, PLATFORMS, POLICY, ReminderRule, rule_name, shipped

LOCK: Final = 7334
GATE: Final = "payment_reminder"
LOOK_AGAIN: Final = timedelta(minutes=10)
BUSY: Final = timedelta(seconds=30)
"""A hub that always has something unread waits so long for a moment without; then for what had come by then."""
QUIET_KINDS: Final = ("carrier", "person")
"""Sources that never say anything of a payment."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules in force: by name the version (0: as shipped) and the body."""

    by_name: Mapping[str, tuple[int, ReminderRule]]

    def of(self, channel: str) -> tuple[str, int, ReminderRule]:
        """(name, version, rule) that a channel goes by."""
        name = rule_name(channel, frozenset(self.by_name) - {OWN}, self.by_name[OWN][1])
        version, rule = self.by_name.get(name, (0, shipped(name)))
        return name, version, rule


def rules_in_force(connection: Connection[Any], instead: Mapping[str, ReminderRule] | None = None) -> Rules:
    """Every rule that somebody published, and the shipped ones; `instead` lies over them for a dry run."""
    found = {name: (0, shipped(name)) for name in (OWN, *PLATFORMS)}
    for one in declarations.in_force_of_kind(connection, POLICY):
        found[one.name] = (one.version, msgspec.convert(one.body, ReminderRule))
    for name, rule in (instead or {}).items():
        found[name] = (-1, rule)
    return Rules(by_name=found)


def alone(connection: Connection[Any]) -> bool:
    """Is this worker the one who prepares reminders until the end of the transaction?"""
    row = connection.execute("select pg_try_advisory_xact_lock(%s, 0)", (LOCK,)).fetchone()
    return bool(row and row[0])


# ── whom ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

_PAID: Final = "exists (select from payment p where p.order_no = b.order_no and b.order_no <> '' and p.succeeded)"
_BEFORE: Final = (
    "left join lateral (select count(*) filter (where r.state in ('sent', 'unsure')) as sent,"
    " count(*) filter (where r.state in ('failed', 'withdrawn')) as failed,"
    " coalesce(bool_or(r.state in ('preparing', 'queued')), false) as under_way, coalesce(max(r.nth), 0) as nth,"
    " max(coalesce(r.sent_at, r.ended_at)) filter (where r.state in ('sent', 'unsure', 'failed')) as last_at"
    " from payment_reminder r where r.order_id = b.subject_id) h on true"
)
_ORDER: Final = (
    "b.subject_id as order_id, b.channel, b.shop, b.order_no, b.state, b.currency, b.due_minor, b.created_at,"
    f" coalesce(o.receiver_phone, '') as phone, {_PAID} as paid, h.sent, h.failed, h.under_way, h.nth, h.last_at"
)
_FROM: Final = f"from order_book b left join customer_order o on o.subject_id = b.subject_id {_BEFORE}"


def candidates(
    connection: Connection[Any], rules: Rules, *, now: datetime, limit: int, looked: bool = True, name: str = ""
) -> list[Row]:
    """Orders that await payment under a rule that reminds by itself, the oldest first.

    `looked`: without those that were looked at and have to wait. `name`: only those that go by this rule.
    """
    automatic = {one for one, (_, rule) in rules.by_name.items() if rule.mode == "automatic" and name in ("", one)}
    channels = automatic - {OWN}
    if OWN in automatic:
        channels |= set(rules.by_name[OWN][1].channels) - (set(rules.by_name) - {OWN})
    if not channels:
        return []
    told = [rules.by_name[one][1] for one in automatic]
    return fetch(
        connection,
        f"select {_ORDER} {_FROM} where b.state = '{AWAITS}' and b.created_at > %(since)s and b.created_at <= %(before)s"
        " and b.channel = any(%(channels)s)"
        " and not (%(looked)s and exists (select from payment_reminder_look l where l.order_id = b.subject_id"
        " and l.again_at > %(now)s)) order by b.created_at limit %(limit)s",
        {
            "since": now - timedelta(minutes=max(one.pay_within_minutes for one in told)),
            "before": now - timedelta(minutes=min(one.after_minutes[0] for one in told)),
            "channels": sorted(channels),
            "looked": looked,
            "now": now,
            "limit": limit,
        },
    )


def lock_order(connection: Connection[Any], order_id: int) -> datetime | None:
    """Hold the order as it is until the transaction ends, and say since when; None while somebody else works on it."""
    held = connection.execute(
        "with held as materialized (select id from subject where id = %s for update skip locked)"
        " select clock_timestamp() from held",
        (order_id,),
    ).fetchone()
    return held[0] if held else None


def find_order(connection: Connection[Any], order_id: int) -> Row | None:
    """One order as a reminder sees it."""
    rows = fetch(connection, f"select {_ORDER} {_FROM} where b.subject_id = %(id)s", {"id": order_id})
    return rows[0] if rows else None


def seen(row: Row) -> Seen:
    """The order as the rule wants it."""
    return Seen(**{name: row[name] for name in Seen.__struct_fields__})


def note_look(connection: Connection[Any], order_id: int, words: str, *, until: datetime) -> None:
    """Why this order is not reminded now, and when it is looked at again."""
    connection.execute(
        "insert into payment_reminder_look (order_id, words, again_at) values (%s, %s, %s) on conflict (order_id)"
        " do update set words = excluded.words, again_at = excluded.again_at",
        (order_id, words, until),
    )


def look_now(connection: Connection[Any]) -> int:
    """Have everything looked at again at once; what lies a day back is forgotten."""
    connection.execute("delete from payment_reminder_look where again_at < now() - interval '1 day'")
    return connection.execute("update payment_reminder_look set again_at = '-infinity'").rowcount


def sent_today(connection: Connection[Any], *, now: datetime) -> dict[str, int]:
    """By rule how many were put on their way since midnight in China."""
    midnight = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = fetch(
        connection,
        "select split_part(policy, '@', 1) as name, count(*) as n from payment_reminder where asked_at >= %(since)s"
        " and state not in ('withdrawn', 'failed') group by 1",
        {"since": midnight},
    )
    return {row["name"]: row["n"] for row in rows}


def gateways(connection: Connection[Any]) -> list[str]:
    """SMS gateways with a template for buyers."""
    rows = fetch(
        connection,
        "select id from notice_robot where enabled and kind = 'sms' and coalesce(config ->> 'buyer_template_code', '') <> ''"
        " order by id",
    )
    return [row["id"] for row in rows]


def public_url(connection: Connection[Any]) -> str:
    """The address under which phones reach this hub; empty while nobody has said."""
    rows = fetch(connection, "select value from notice_setting where name = 'public_url'")
    return str(rows[0]["value"]).rstrip("/") if rows else ""


# ── preparing ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder that is to be sent."""

    order: Row
    token: str
    robot: str
    policy: str
    pay_order: int
    by: str
    ip: str = ""


def enter(connection: Connection[Any], one: Entry, *, now: datetime) -> int | None:
    """Write it down with its event; None when somebody else entered the same one."""
    order = one.order
    row = connection.execute(
        "insert into payment_reminder (order_id, nth, order_no, channel, shop, currency, amount_minor, token, robot, policy,"
        " asked_by, asked_at, pay_order, due_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (order_id, nth) do nothing returning id",
        (
            order["order_id"], order["nth"] + 1, order["order_no"], order["channel"], order["shop"], order["currency"],
            order["due_minor"], one.token, one.robot, one.policy, one.by, now, one.pay_order, now,
        ),
    ).fetchone()  # fmt: skip
    if row is None:
        return None
    note(connection, row[0], "asked", now=now, by=one.by, ip=one.ip, body={"policy": one.policy, "robot": one.robot})
    connection.execute("delete from payment_reminder_look where order_id = %s", (order["order_id"],))
    return int(row[0])


def known_attempts(connection: Connection[Any], order_no: str, *, before: datetime) -> list[Row]:
    """Links and payments of an order that a buyer may have paid by: each has to be asked about before he is reminded."""
    return fetch(
        connection,
        "select o.source, o.out_trade_no, '' as payment_no, 'o' || o.id as mark from pay_order o where o.order_no = %(no)s"
        " and o.status in ('waiting', 'open') and o.created_at < %(before)s union all"
        " select t.source, p.out_trade_no, p.payment_no, 'p' || p.subject_id from payment p"
        " join subject s on s.id = p.subject_id and not s.final join lateral (select o.source from observation o"
        "  join source c on c.id = o.source and c.connector = p.provider and c.enabled where o.subject_id = p.subject_id"
        "  order by o.heard_at desc limit 1) t on true where p.order_no = %(no)s and not p.succeeded",
        {"no": order_no, "before": before},
    )


def set_questions(connection: Connection[Any], reminder: int, keys: Sequence[str]) -> None:
    """What was asked for it."""
    connection.execute("update payment_reminder set questions = %s where id = %s", (list(keys), reminder))


def preparing(connection: Connection[Any], *, now: datetime, limit: int) -> list[Row]:
    """Those whose link or answer is waited for, with how both stand."""
    rows = fetch(
        connection,
        "select r.*, p.url, p.status as link_status, p.error as link_error, p.amount_minor as link_minor from payment_reminder r"
        " join pay_order p"
        " on p.id = r.pay_order where r.state = 'preparing' and r.due_at <= %(now)s order by r.due_at limit %(limit)s"
        " for update of r skip locked",
        {"now": now, "limit": limit},
    )
    asked = answers(connection, {row["id"]: row["questions"] for row in rows})
    return [{**row, "asked": asked[row["id"]]} for row in rows]


def answers(connection: Connection[Any], questions: Mapping[int, Sequence[str]]) -> dict[int, Asked]:
    """How the questions of each reminder stand."""
    keys = sorted({key for told in questions.values() for key in told})
    rows = fetch(
        connection,
        "select idempotency_key as key, status, coalesce(last_error, '') as error from outbox"
        " where idempotency_key = any(%(keys)s)",
        {"keys": keys},
    )
    by_key = {row["key"]: row for row in rows}
    found = {}
    for reminder, told in questions.items():
        mine = [by_key[key] for key in told if key in by_key]
        failed = [one["error"] for one in mine if one["status"] == "failed" and not no_such_payment(one["error"])]
        waiting = sum(one["status"] == "waiting" for one in mine)
        found[reminder] = Asked(waiting=waiting, error=failed[0] if failed else "")
    return found


def put_off(connection: Connection[Any], reminder: int, *, until: datetime) -> None:
    """Nothing new about it yet."""
    connection.execute("update payment_reminder set due_at = %s where id = %s", (until, reminder))


def queued(connection: Connection[Any], reminder: int, *, now: datetime) -> None:
    """It lies with what sends messages."""
    connection.execute(
        "update payment_reminder set state = 'queued', queued_at = %(now)s, due_at = %(now)s, changed_at = now() where id = %(id)s",
        {"now": now, "id": reminder},
    )
    note(connection, reminder, "queued", now=now)


def end(
    connection: Connection[Any], reminder: int, state: str, *, now: datetime, why: str = "", at: datetime | None = None
) -> None:
    """What became of it: sent, unsure, failed, withdrawn. An order whose reminder was withdrawn is left alone for a while."""
    connection.execute(
        "update payment_reminder set state = %(state)s, why = %(why)s, ended_at = %(now)s, changed_at = now(),"
        " sent_at = case when %(state)s in ('sent', 'unsure') then coalesce(%(at)s, checked_at, %(now)s) end"
        " where id = %(id)s and state in ('preparing', 'queued')",
        {"state": state, "why": why[:500], "now": now, "id": reminder, "at": at},
    )
    note(connection, reminder, state, now=now, body={"why": why} if why else {})
    if state == "withdrawn":
        connection.execute(
            "insert into payment_reminder_look (order_id, words, again_at) select order_id, why, %s from payment_reminder"
            " where id = %s on conflict (order_id) do update set words = excluded.words, again_at = excluded.again_at",
            (now + LOOK_AGAIN, reminder),
        )


def note(
    connection: Connection[Any],
    reminder: int,
    event: str,
    *,
    now: datetime,
    by: str = "fenghe",
    ip: str = "",
    body: Mapping[str, Any] | None = None,
) -> None:
    """One event; a phone is never part of it."""
    connection.execute(
        "insert into payment_reminder_event (reminder_id, at, author, ip, event, body) values (%s, %s, %s, %s, %s, %s)",
        (reminder, now, by, ip, event, orjson.dumps(dict(body or {})).decode()),
    )


# ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def delivery_key(reminder: int) -> str:
    """What its message is called."""
    return f"reminder:{reminder}"


def claim_for_gate(connection: Connection[Any], key: str) -> Row | None:
    """The queued reminder of this message, locked."""
    number = key.partition(":")[2]
    rows = fetch(
        connection,
        "select * from payment_reminder where id = %(id)s and state = 'queued' for update",
        {"id": int(number) if number.isdigit() else 0},
    )
    return rows[0] if rows else None


def unread(connection: Connection[Any], *, since: datetime, now: datetime) -> bool:
    """Is there anything we heard, from whoever may speak of payments and orders, that was not read yet?"""
    until = now + timedelta(minutes=1) if now - since < BUSY else since
    row = connection.execute(
        "select exists (select from message_handling h join inbound_message m on m.id = h.message_id"
        " join source s on s.id = m.source where h.status = 0 and m.received_at <= %s and s.kind <> all(%s))",
        (until, list(QUIET_KINDS)),
    ).fetchone()
    return bool(row and row[0])


def checked(connection: Connection[Any], reminder: int, *, since: datetime, now: datetime) -> None:
    """It was put to the rule once more and leaves now: what was heard before `since` was not overlooked."""
    connection.execute(
        "update payment_reminder set checked_at = %s, changed_at = now() where id = %s", (since, reminder)
    )
    note(connection, reminder, "checked", now=now)


def under_way(connection: Connection[Any], *, limit: int) -> list[Row]:
    """Queued ones whose message has an end."""
    return fetch(
        connection,
        "select r.*, d.status, d.answer, d.sent_at as delivered_at from payment_reminder r join notice_delivery d"
        " on d.key = 'reminder:' || r.id where r.state = 'queued' and d.status in ('sent', 'dead', 'dropped')"
        " order by r.id limit %(limit)s for update of r skip locked",
        {"limit": limit},
    )


def find_link(connection: Connection[Any], token: str) -> Row | None:
    """Where the short address leads, and whether there is still something to pay."""
    rows = fetch(
        connection,
        f"select p.url, p.status as link_status, p.expires_at, b.state, {_PAID} as paid from payment_reminder r"
        " join pay_order p on p.id = r.pay_order join order_book b on b.subject_id = r.order_id where r.token = %(token)s",
        {"token": token},
    )
    return rows[0] if rows else None
