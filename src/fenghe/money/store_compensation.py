"""Table compensation (自动补偿) as the duty works it: set-wise, one worker at a time, every step with its event.

Promises: a break is proposed about once per run that wrote it; what an act needs is put into the outbox or the inbox in the
transaction that says so, under a key of its own, so that nothing happens twice whoever dies when.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.store_reading import Row, fetch
from fenghe.kernel.values import CHINA, digest
from fenghe.money.causes import Cause
from fenghe.money.channel_asking import Channel, channels_for
from fenghe.money.compensation import NO_SUCH_ORDER, Back, BreakSeen, Facts, Money, Proposal
from fenghe.money.compensation_policy import KIND_OF, POLICY, SHIPPED, CauseRule

LOCK: Final = 7317
LOOK_AGAIN: Final = timedelta(minutes=10)
FENGHE: Final = "fenghe"


def alone(connection: Connection[Any]) -> bool:
    """Is this worker the one who works compensations until the end of the transaction?"""
    row = connection.execute("select pg_try_advisory_xact_lock(%s, 0)", (LOCK,)).fetchone()
    return bool(row and row[0])


def rules_in_force(connection: Connection[Any]) -> dict[str, tuple[int, CauseRule]]:
    """By cause the version and the rule that count now; what nobody published is as shipped (version 0)."""
    found = {str(cause): (0, rule) for cause, rule in SHIPPED.items()}
    for one in declarations.in_force_of_kind(connection, POLICY):
        if one.name in found:
            found[one.name] = (one.version, msgspec.convert(one.body, CauseRule))
    return found


# ── proposing ────────────────────────────────────────────────────────────────────────────────────────────────────────

_BREAK: Final = (
    "b.id, b.key, b.cause, b.field, b.scope_key, b.currency, b.amount_minor, b.documents, b.last_run as episode"
)


def to_look_at(
    connection: Connection[Any], causes: Sequence[str], *, now: datetime, limit: int, ids: Sequence[int] | None = None
) -> list[Row]:
    """Open breaks about which nothing stands yet: new ones, ones that a run wrote anew, and ones that had to wait.

    While a repair of the break is under way nothing new is proposed, nor before a run has seen what the last one did.
    """
    return fetch(
        connection,
        f"select {_BREAK} from recon_break b left join compensation_look l on l.break_id = b.id"
        " where b.status = 'open' and b.cause = any(%(causes)s) and b.scope_key like 'order:%%'"
        " and (%(ids)s::bigint[] is null or b.id = any(%(ids)s))"
        " and (l.break_id is null or l.episode <> b.last_run or l.again_at <= %(now)s)"
        " and not exists (select from compensation c where c.break_id = b.id and (c.state in ('approved', 'under_way')"
        "  or c.state = 'done' and c.ended_at >= (select r.started_at from recon_run r where r.id = b.last_run)"
        "  or c.state in ('proposed', 'refused') and c.episode = b.last_run))"
        " order by b.id limit %(limit)s",
        {"causes": list(causes), "now": now, "limit": limit, "ids": None if ids is None else list(ids)},
    )


def seen(row: Row) -> BreakSeen:
    """The break as the rule wants it; its number is the one that its documents hang on."""
    named = {name: row[name] for name in ("key", "cause", "field", "currency", "amount_minor", "documents")}
    return BreakSeen(**named, order_no=number_of(row))


def number_of(row: Row) -> str:
    """The order number that a break hangs on."""
    return str(row["scope_key"]).removeprefix("order:")


def facts_of(connection: Connection[Any], breaks: Sequence[Row]) -> dict[int, Facts]:
    """What is known now about each break's order number, by break; what its own repair gave back is left out."""
    numbers = sorted({number_of(row) for row in breaks})
    states: dict[str, list[str]] = defaultdict(list)
    for row in fetch(connection, "select order_no, state from order_book where order_no = any(%(n)s)", {"n": numbers}):
        states[row["order_no"]].append(row["state"])
    payments, refunds = _payments(connection, numbers), _refunds(connection, numbers)
    own, absent = _own(connection, breaks)
    booked = _booked(connection, [one["refund_no"] for told in refunds.values() for one in told])
    sources = _channels(connection)
    found = {}
    for row in breaks:
        number, mine = number_of(row), own.get((row["id"], row["episode"]), frozenset())
        others = [one for one in refunds.get(number, ()) if one["out_refund_no"] not in mine]
        told = payments.get(number, ())
        found[row["id"]] = Facts(
            states=tuple(states.get(number, ())),
            payments=tuple(_money(one, others) for one in told),
            refunds=tuple(_back(one) for one in others),
            booked=booked,
            channels=channels_for(
                number, sources, trade_numbers=[one["out_trade_no"] for one in told],
                collected=[channel for one in told for channel in one["collects_for"] or ()],
            ),
            absent=(row["id"], row["episode"]) in absent,
        )  # fmt: skip
    return found


def _money(one: Row, refunds: Iterable[Row]) -> Money:
    told = ("payment_no", "provider", "out_trade_no", "currency", "amount_minor", "paid_at", "source")
    mine = (back for back in refunds if (back["provider"], back["payment_no"]) == (one["provider"], one["payment_no"]))
    return Money(
        **{name: one[name] for name in told},
        back_minor=sum(back["amount_minor"] for back in mine),
        refusal=one["refusal"] or "",
    )


def _back(one: Row) -> Back:
    return Back(**{name: one[name] for name in Back.__struct_fields__})


def _payments(connection: Connection[Any], numbers: Sequence[str]) -> dict[str, list[Row]]:
    """Payments that succeeded, each with the connection it can be given back by: who told of it, else the only one there is."""
    rows = fetch(
        connection,
        "with able as (select id, connector, config from source where enabled and kind = 'payment')"
        " select p.order_no, p.payment_no, p.provider, p.out_trade_no, p.currency, p.amount_minor, p.paid_at, p.refusal,"
        " coalesce(t.source, l.source) as source, coalesce(t.collects_for, l.collects_for) as collects_for from payment p"
        " left join lateral (select a.id as source, a.config -> 'collects_for' as collects_for from observation o"
        "  join able a on a.id = o.source and a.connector = p.provider where o.subject_id = p.subject_id"
        "  order by o.heard_at desc limit 1) t on true"
        " left join lateral (select min(a.id) as source, min(a.config ->> 'collects_for')::jsonb as collects_for from able a"
        "  where a.connector = p.provider having count(*) = 1) l on true"
        " where p.order_no = any(%(numbers)s) and p.succeeded and p.amount_minor is not null",
        {"numbers": list(numbers)},
    )
    return _by_number(rows)


def _refunds(connection: Connection[Any], numbers: Sequence[str]) -> dict[str, list[Row]]:
    """Refunds that succeeded or may still; one that names no order is its payment's."""
    rows = fetch(
        connection,
        "with named as (select p.provider, p.payment_no, p.order_no from payment p where p.order_no = any(%(numbers)s)),"
        " told as (select r.* from refund r where r.order_no = any(%(numbers)s) union select r.* from refund r"
        "  join named n on n.provider = r.provider and n.payment_no = r.payment_no)"
        " select coalesce(nullif(t.order_no, ''), n.order_no) as order_no, t.refund_no, t.out_refund_no, t.provider,"
        " coalesce(nullif(t.payment_no, ''), (select min(o.payment_no) from named o where o.order_no = t.order_no"
        "  and o.provider = t.provider having count(*) = 1), '') as payment_no, t.currency,"
        " coalesce(t.amount_minor, 0) as amount_minor, t.succeeded from told t"
        " join subject s on s.id = t.subject_id left join named n on n.provider = t.provider and n.payment_no = t.payment_no"
        " where t.succeeded or s.state not in ('closed', 'failed')",
        {"numbers": list(numbers)},
    )
    return _by_number(rows)


def _by_number(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["order_no"]].append(row)
    return found


def _own(
    connection: Connection[Any], breaks: Sequence[Row]
) -> tuple[dict[tuple[int, int], frozenset[str]], set[tuple[int, int]]]:
    """By (break, episode) the refund numbers of its own repair; and those whose order no channel has."""
    rows = fetch(
        connection,
        "select break_id, episode, kind, state, why, plan ->> 'out_refund_no' as refund from compensation"
        " where break_id = any(%(ids)s)",
        {"ids": [row["id"] for row in breaks]},
    )
    own: dict[tuple[int, int], set[str]] = defaultdict(set)
    absent = set()
    for row in rows:
        name = (row["break_id"], row["episode"])
        if row["refund"]:
            own[name].add(row["refund"])
        if row["state"] == "failed" and row["why"].startswith(NO_SUCH_ORDER):
            absent.add(name)
    return {name: frozenset(told) for name, told in own.items()}, absent


def _booked(connection: Connection[Any], refunds: Sequence[str]) -> frozenset[str]:
    rows = fetch(
        connection,
        "select distinct refund_no from finance_voucher where refund_no = any(%(numbers)s) and refund_no <> ''"
        " and voucher_type = 'refund'",
        {"numbers": sorted({one for one in refunds if one})},
    )
    return frozenset(row["refund_no"] for row in rows)


def _channels(connection: Connection[Any]) -> list[Channel]:
    rows = fetch(
        connection,
        "select id, connector, config from source where enabled and kind = 'channel' order by created_at, id",
    )
    return [Channel(id=row["id"], connector=row["connector"], config=row["config"]) for row in rows]


def enter(
    connection: Connection[Any],
    told: Sequence[tuple[Row, Proposal]],
    *,
    by: str,
    ip: str = "",
    now: datetime,
    automatic: Mapping[str, int],
    version: str,
) -> int:
    """Write proposals down, once each; those whose cause is declared automatic (its version given) are approved at once."""
    rows = [
        {
            "key": digest("compensation", row["key"], str(row["episode"]), one.kind, one.target),
            "break_id": row["id"],
            "episode": row["episode"],
            "kind": one.kind,
            "cause": row["cause"],
            "target": one.target,
            "order_no": number_of(row),
            "provider": one.provider,
            "currency": row["currency"],
            "amount_minor": one.amount_minor,
            "moves_money": one.moves_money,
            "automatic": by == FENGHE and row["cause"] in automatic and KIND_OF[Cause(row["cause"])] == one.kind,
            "policy": automatic.get(row["cause"], 0),
            "plan": one.plan,
        }
        for row, one in told
    ]
    cursor = connection.execute(
        "with told as (select * from jsonb_to_recordset(%(rows)s::jsonb) as t(key text, break_id bigint, episode bigint,"
        " kind text, cause text, target text, order_no text, provider text, currency text, amount_minor bigint,"
        " moves_money boolean, automatic boolean, policy int, plan jsonb)),"
        " made as (insert into compensation (key, break_id, episode, kind, cause, target, order_no, provider, currency,"
        " amount_minor, moves_money, automatic, plan, rule_version, proposed_by, proposed_at, state, decided_by, decided_at)"
        " select key, break_id, episode, kind, cause, target, order_no, provider, currency, amount_minor, moves_money,"
        " automatic, plan, %(version)s, %(by)s, %(now)s, case when automatic then 'approved' else 'proposed' end,"
        " case when automatic then 'policy:' || cause || '@' || policy end, case when automatic then %(now)s end"
        " from told on conflict do nothing returning id, automatic, decided_by, amount_minor, currency),"
        " noted as (insert into compensation_event (compensation_id, at, author, ip, event, body)"
        " select id, %(now)s, %(by)s, %(ip)s, 'proposed', jsonb_build_object('amount_minor', amount_minor,"
        " 'currency', currency) from made union all"
        " select id, %(now)s, decided_by, '', 'approved', '{}'::jsonb from made where automatic returning 1)"
        " select count(*) from made, (select count(*) from noted) n",
        {"rows": orjson.dumps(rows).decode(), "by": by, "ip": ip, "now": now, "version": version},
    ).fetchone()
    return int(cursor[0]) if cursor else 0


def note_looks(connection: Connection[Any], looks: Sequence[tuple[Row, str]], *, now: datetime) -> None:
    """Remember that these breaks were looked at, and what kept us from proposing anything."""
    rows = [{"id": row["id"], "episode": row["episode"], "words": words} for row, words in looks]
    connection.execute(
        "insert into compensation_look (break_id, episode, words, again_at) select t.id, t.episode, t.words, %(again)s"
        " from jsonb_to_recordset(%(rows)s::jsonb) as t(id bigint, episode bigint, words text) on conflict (break_id) do"
        " update set episode = excluded.episode, words = excluded.words, again_at = excluded.again_at",
        {"rows": orjson.dumps(rows).decode(), "again": now + LOOK_AGAIN},
    )


def look_now(connection: Connection[Any], *, breaks: Sequence[int] | None = None, cause: str = "") -> int:
    """Have breaks looked at again at once: these, or all of a cause."""
    cursor = connection.execute(
        "update compensation_look l set again_at = '-infinity' from recon_break b where b.id = l.break_id"
        " and (l.break_id = any(%(ids)s) or b.cause = %(cause)s)",
        {"ids": list(breaks or ()), "cause": cause},
    )
    return cursor.rowcount


def withdraw_gone(connection: Connection[Any], *, now: datetime) -> int:
    """What nobody has begun and whose break is gone, or was found otherwise meanwhile, is withdrawn; says by what."""
    cursor = connection.execute(
        "with gone as (update compensation c set state = 'withdrawn', ended_at = %(now)s, changed_at = now(), waits = '',"
        " why = case when b.status = 'closed' then '差异已由证据了结' else '差异已变，按新的差异重新提出' end from recon_break b"
        " where b.id = c.break_id and c.state in ('proposed', 'approved')"
        " and (b.status = 'closed' or b.last_run <> c.episode) returning c.id, c.why, b.closed_by, b.last_run)"
        " insert into compensation_event (compensation_id, at, author, event, body)"
        " select id, %(now)s, %(by)s, 'withdrawn', jsonb_build_object('why', why, 'run', last_run, 'closed_by', closed_by)"
        " from gone",
        {"now": now, "by": FENGHE},
    )
    return cursor.rowcount


# ── doing ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def claim_approved(connection: Connection[Any], *, now: datetime, limit: int) -> list[Row]:
    """Approved ones whose time has come, with their break."""
    return fetch(
        connection,
        "select c.id as compensation, c.key as name, c.kind, c.target, c.amount_minor as part_minor, c.provider, c.plan,"
        f" c.attempt, c.turn, {_BREAK} from compensation c join recon_break b on b.id = c.break_id"
        " where c.state = 'approved' and c.due_at <= %(now)s order by c.decided_at, c.id limit %(limit)s"
        " for update of c skip locked",
        {"now": now, "limit": limit},
    )


def spent_today(connection: Connection[Any], *, now: datetime) -> dict[str, tuple[int, int]]:
    """By cause how many were begun since midnight in China, and of how much."""
    midnight = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = fetch(
        connection,
        "select cause, count(*) as n, sum(amount_minor)::bigint as amount from compensation where started_at >= %(since)s"
        " group by cause",
        {"since": midnight},
    )
    return {row["cause"]: (row["n"], row["amount"]) for row in rows}


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one compensation, with its event."""

    id: int
    state: str
    event: str
    why: str = ""
    turn: int = 0
    message_id: int | None = None


def move(connection: Connection[Any], moves: Sequence[Move], *, now: datetime, by: str = FENGHE) -> None:
    """Write these steps; the events go with them."""
    if not moves:
        return
    connection.execute(
        "with told as (select * from jsonb_to_recordset(%(rows)s::jsonb) as t(id bigint, state text, event text, why text,"
        " turn int, message_id bigint)), moved as (update compensation c set state = t.state, why = t.why, waits = '',"
        " turn = t.turn, message_id = coalesce(t.message_id, c.message_id), changed_at = now(), due_at = %(now)s,"
        " started_at = case when t.event = 'started' then %(now)s else c.started_at end,"
        " ended_at = case when t.state in ('done', 'failed', 'withdrawn') then %(now)s else c.ended_at end"
        " from told t where c.id = t.id returning c.id)"
        " insert into compensation_event (compensation_id, at, author, event, body) select t.id, %(now)s, %(by)s, t.event,"
        " jsonb_strip_nulls(jsonb_build_object('why', nullif(t.why, ''), 'message_id', t.message_id))"
        " from told t join moved m on m.id = t.id",
        {"rows": orjson.dumps(msgspec.to_builtins(list(moves))).decode(), "now": now, "by": by},
    )


def put_off(connection: Connection[Any], ids: Sequence[int], *, words: str, until: datetime) -> None:
    """The day's limit is reached: these wait."""
    connection.execute(
        "update compensation set waits = %s, due_at = %s, changed_at = now() where id = any(%s)",
        (words, until, list(ids)),
    )


def under_way(connection: Connection[Any], *, now: datetime, limit: int) -> list[Row]:
    """Those under way, the longest not looked at first, with what became of their call and of their document."""
    return fetch(
        connection,
        "select c.id, c.key as name, c.attempt, c.kind, c.plan, c.turn, c.why, c.break_id, c.order_no, c.started_at,"
        " o.source, o.idempotency_key, o.status, o.last_error, o.done_at,"
        " exists (select from order_book b where b.order_no = c.order_no) as ordered,"
        " exists (select from finance_voucher v where c.kind = 'book_refund' and v.voucher_no = c.plan ->> 'voucher_no')"
        "  as booked, r.succeeded, s.state as refund_state from compensation c"
        " left join outbox o on o.idempotency_key = 'compensation:' || c.key || ':' || c.attempt || ':' || c.turn"
        " left join refund r on c.kind = 'refund_payment' and r.provider = c.provider"
        "  and r.out_refund_no = c.plan ->> 'out_refund_no' and r.payment_no = c.target"
        " left join subject s on s.id = r.subject_id where c.state = 'under_way' and c.due_at <= %(now)s"
        " order by c.due_at, c.id limit %(limit)s for update of c skip locked",
        {"now": now, "limit": limit},
    )


def replies(connection: Connection[Any], rows: Sequence[Row]) -> dict[int, int]:
    """The message that each answered call's reply became, by compensation."""
    heard = [row for row in rows if row["status"] == "done"]
    keys = [bytes.fromhex(digest("outbox", row["idempotency_key"])) for row in heard]
    found = connection.execute(
        "select v.id, m.id from unnest(%s::bigint[], %s::text[], %s::bytea[]) v(id, source, key)"
        " join inbound_message m on m.source = v.source and m.dedupe_key = v.key",
        ([row["id"] for row in heard], [row["source"] for row in heard], keys),
    )
    return dict(found.fetchall())


def look_later(connection: Connection[Any], ids: Sequence[int], *, until: datetime) -> None:
    """Nothing new about these."""
    connection.execute("update compensation set due_at = %s where id = any(%s)", (until, list(ids)))


def make_source(connection: Connection[Any], name: str) -> None:
    """The source that our own vouchers are told by, on its first use."""
    connection.execute(
        "insert into source (id, connector, title, kind) values (%s, 'money_file', '缝合补记凭证', 'file')"
        " on conflict (id) do nothing",
        (name,),
    )


def call_key(name: str, attempt: int, turn: int) -> str:
    """What an act of a compensation is called in the outbox."""
    return f"compensation:{name}:{attempt}:{turn}"


def next_midnight(now: datetime) -> datetime:
    """When the day's limits begin anew."""
    return (now.astimezone(CHINA) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
