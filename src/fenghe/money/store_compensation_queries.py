"""Compensations as people see and decide them (补偿审批): lists, sums, one whole, and decisions of the second person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.store_reading import Row, Where, fetch
from fenghe.kernel.web.problems import Problem, conflict, not_found
from fenghe.money import store_compensation as store
from fenghe.money.compensation import NO_SUCH_ORDER, Nothing, Proposal, propose
from fenghe.money.compensation_policy import KIND_OF
from fenghe.money.tasks_compensation import propose_for

STATES: Final = ("proposed", "approved", "under_way", "done", "failed", "refused", "withdrawn")


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What the list may be narrowed by."""

    state: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    cause: tuple[str, ...] = ()
    number: str = ""
    currency: str = ""
    ids: tuple[int, ...] = ()


COLUMNS: Final = (
    "c.id, c.break_id, c.kind, c.cause, c.target, c.state, c.order_no, c.provider, c.currency, c.amount_minor, c.moves_money,"
    " c.automatic, c.plan, c.rule_version, c.attempt, c.proposed_by, c.proposed_at, c.decided_by, c.decided_at, c.why, c.waits,"
    " c.started_at, c.ended_at, c.message_id, b.status as break_status, b.channel, b.shop, b.day"
)
_FROM: Final = "from compensation c join recon_break b on b.id = c.break_id"


def conditions(asked: Filter) -> Where:
    """The filter over compensation c."""
    where = Where()
    where.any_of("c.state", "state", asked.state)
    where.any_of("c.kind", "kind", asked.kind)
    where.any_of("c.cause", "cause", asked.cause)
    if asked.ids:
        where.add("c.id = any(%(ids)s)", ids=list(asked.ids))
    if asked.currency:
        where.add("c.currency = %(currency)s", currency=asked.currency)
    if asked.number:
        where.add(
            "(c.order_no = %(number)s or c.target = %(number)s or b.payment_no = %(number)s)", number=asked.number
        )
    return where


def list_compensations(
    connection: Connection[Any], asked: Filter, *, limit: int | None = None, offset: int = 0
) -> list[Row]:
    """Compensations, the newest first."""
    where = conditions(asked)
    return fetch(
        connection,
        f"select {COLUMNS} {_FROM} where {where.sql()} order by c.id desc limit %(limit)s offset %(offset)s",
        {**where.values, "limit": limit, "offset": offset},
    )


def sums(connection: Connection[Any], asked: Filter) -> list[Row]:
    """How many there are and of how much, by state, kind, cause and currency."""
    where = conditions(asked)
    return fetch(
        connection,
        "select c.state, c.kind, c.cause, c.currency, count(*) as count, sum(c.amount_minor)::bigint as amount_minor"
        f" {_FROM} where {where.sql()} group by 1, 2, 3, 4 order by 1, 2, 3, 4",
        where.values,
    )


def find(connection: Connection[Any], number: int) -> Row:
    """One of them."""
    rows = fetch(connection, f"select {COLUMNS} {_FROM} where c.id = %(id)s", {"id": number})
    if not rows:
        raise not_found(f"补偿 {number}")
    return rows[0]


def events_of(connection: Connection[Any], number: int) -> list[Row]:
    """What happened to it, the oldest first."""
    return fetch(
        connection,
        "select at, author, event, body from compensation_event where compensation_id = %(id)s order by id",
        {"id": number},
    )


def of_break(connection: Connection[Any], break_id: int) -> list[Row]:
    """Every compensation of a break, the newest first."""
    return fetch(connection, f"select {COLUMNS} {_FROM} where c.break_id = %(id)s order by c.id desc", {"id": break_id})


def repair_of(connection: Connection[Any], told: Row) -> tuple[Proposal, ...] | Nothing | None:
    """What would be proposed about this break at this moment; None where a break hangs on no order. Writes nothing."""
    if not told["scope_key"].startswith("order:"):
        return None
    row = {**told, "episode": told["last_run"]}
    return propose(store.seen(row), store.facts_of(connection, [row])[told["id"]])


def set_aside(connection: Connection[Any], *, limit: int) -> list[Row]:
    """Open breaks that were looked at and about which nothing is proposed, and why."""
    return fetch(
        connection,
        "select b.id as break_id, b.cause, b.order_no, b.payment_no, b.currency, b.amount_minor, b.day, l.words"
        " from compensation_look l join recon_break b on b.id = l.break_id where l.words <> '' and b.status = 'open'"
        " and not exists (select from compensation c where c.break_id = b.id and c.state in ('proposed', 'approved',"
        " 'under_way')) order by abs(b.amount_minor) desc, b.id limit %(limit)s",
        {"limit": limit},
    )


# ── decisions ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever decides saw: how many, and of how much in each currency. Anything else is not what he agreed to."""

    count: int
    amounts: dict[str, int]


def deciding(connection: Connection[Any], asked: Filter, *, person: str) -> list[Row]:
    """How many proposals the filter holds and of how much, by kind, currency and whether they are this person's own."""
    where = conditions(msgspec.structs.replace(asked, state=("proposed",)))
    return fetch(
        connection,
        "select c.kind, c.currency, c.proposed_by = %(person)s as own, count(*) as count,"
        f" sum(c.amount_minor)::bigint as amount_minor {_FROM} where {where.sql()} group by 1, 2, 3 order by 1, 2, 3",
        {**where.values, "person": person},
    )


def for_decision(connection: Connection[Any], asked: Filter, *, person: str) -> tuple[list[Row], int]:
    """(the proposals that this person may decide, how many of the filter are his own)."""
    where = conditions(msgspec.structs.replace(asked, state=("proposed",)))
    rows = fetch(
        connection,
        f"select c.id, c.proposed_by, c.currency, c.amount_minor {_FROM} where {where.sql()} order by c.id for update of c",
        where.values,
    )
    own = [row for row in rows if row["proposed_by"] == person]
    return [row for row in rows if row["proposed_by"] != person], len(own)


def decide(
    connection: Connection[Any],
    asked: Filter,
    *,
    approve: bool,
    reason: str,
    expected: Expected,
    actor: Actor,
    now: datetime,
) -> int:
    """Approve or refuse what the filter holds and this person did not propose, if it is exactly what he saw."""
    rows, own = for_decision(connection, asked, person=actor.person)
    if not rows and own:
        raise Problem(403, "自己提出的补偿要由另一个人批准。", code="second_person_needed")
    amounts: dict[str, int] = {}
    for row in rows:
        amounts[row["currency"]] = amounts.get(row["currency"], 0) + row["amount_minor"]
    if expected != Expected(count=len(rows), amounts=amounts):
        raise conflict("待批准的补偿与您看到的已不同，请重新载入后再决定。", code="list_moved")
    event = "approved" if approve else "refused"
    connection.execute(
        "with decided as (update compensation set state = %(event)s, decided_by = %(by)s, decided_at = %(now)s, why = %(why)s,"
        " due_at = %(now)s, changed_at = now(), ended_at = case when %(event)s = 'refused' then %(now)s::timestamptz end"
        " where id = any(%(ids)s) and state = 'proposed' returning id)"
        " insert into compensation_event (compensation_id, at, author, ip, event, body) select id, %(now)s, %(by)s, %(ip)s,"
        " %(event)s, jsonb_strip_nulls(jsonb_build_object('why', nullif(%(why)s, ''))) from decided",
        {
            "event": event,
            "by": actor.person,
            "ip": actor.ip,
            "now": now,
            "why": reason,
            "ids": [row["id"] for row in rows],
        },
    )
    told = orjson.dumps({"count": len(rows), "amounts": amounts}).decode()
    log_access(connection, actor, action=f"compensation.{'approve' if approve else 'refuse'}.done", target=told)
    return len(rows)


def propose_by_person(connection: Connection[Any], breaks: Sequence[int], *, actor: Actor, now: datetime) -> int:
    """Propose the repair of these breaks, whatever is declared for their cause; another person decides."""
    causes = [str(cause) for cause in KIND_OF]
    store.look_now(connection, breaks=breaks)
    rows = store.to_look_at(connection, causes, now=now, limit=len(breaks), ids=breaks)
    if not rows:
        raise conflict("这些差异已了结、正在补偿，或没有可以代做的补偿。", code="nothing_to_propose")
    made = propose_for(connection, rows, by=actor.person, ip=actor.ip, now=now)
    if not made:
        words = fetch(
            connection,
            "select distinct words from compensation_look where break_id = any(%(ids)s) and words <> ''",
            {"ids": [row["id"] for row in rows]},
        )
        told = "；".join(row["words"] for row in words)
        raise conflict(told or "这些差异已经提过补偿。", code="nothing_to_propose")
    log_access(connection, actor, action="compensation.propose.done", target=",".join(map(str, breaks)))
    return made


def try_again(connection: Connection[Any], number: int, *, actor: Actor, now: datetime) -> None:
    """What failed or was refused is proposed anew: the same act under the same number outside, decided by another."""
    done = connection.execute(
        "update compensation c set state = 'proposed', proposed_by = %(by)s, proposed_at = %(now)s, decided_by = null,"
        " decided_at = null, why = '', ended_at = null, attempt = attempt + 1, turn = 0, automatic = false,"
        " changed_at = now() from recon_break b where c.id = %(id)s and c.state in ('failed', 'refused') and b.id = c.break_id"
        " and b.status = 'open' and b.last_run = c.episode returning c.id",
        {"id": number, "by": actor.person, "now": now},
    ).fetchone()
    if done is None:
        find(connection, number)
        raise conflict("只有失败或被驳回、差异仍在的补偿可以再提一次。", code="not_failed")
    connection.execute(
        "insert into compensation_event (compensation_id, at, author, ip, event) values (%s, %s, %s, %s, 'again')",
        (number, now, actor.person, actor.ip),
    )
    log_access(connection, actor, action="compensation.propose.done", target=str(number))


def say_absent(connection: Connection[Any], number: int, *, reason: str, actor: Actor, now: datetime) -> int:
    """A person says that the order of this failed rebuilding does not exist on its platform; returns the refunds proposed by it.

    It counts like the platform's own word, and whoever says it has proposed what follows: another person decides.
    """
    why = f"{NO_SUCH_ORDER}：{actor.person} 核对渠道后台后确认，{reason}"
    row = connection.execute(
        "update compensation c set why = %(why)s, changed_at = now() from recon_break b where c.id = %(id)s"
        " and c.kind = 'rebuild_order' and c.state = 'failed' and b.id = c.break_id and b.status = 'open'"
        " and b.last_run = c.episode and not starts_with(c.why, %(told)s) returning c.break_id",
        {"id": number, "why": why[:500], "told": NO_SUCH_ORDER},
    ).fetchone()
    if row is None:
        find(connection, number)
        raise conflict("只有向渠道问过、没有问出结果、差异仍在的重建才能这样说明。", code="not_unanswered")
    connection.execute(
        "insert into compensation_event (compensation_id, at, author, ip, event, body)"
        " values (%s, %s, %s, %s, 'absent', jsonb_build_object('why', %s::text))",
        (number, now, actor.person, actor.ip, reason),
    )
    log_access(connection, actor, action="compensation.absent.done", target=f"{number} {reason}")
    store.look_now(connection, breaks=[row[0]])
    told = store.to_look_at(connection, [str(cause) for cause in KIND_OF], now=now, limit=1, ids=[row[0]])
    return propose_for(connection, told, by=actor.person, ip=actor.ip, now=now) if told else 0
