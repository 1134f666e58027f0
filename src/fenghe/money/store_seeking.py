"""Tables trace_search, trace_question (凭证寻踪): what is known before asking, one search a chain at a time, what calls came to."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.store_reading import Row, fetch, find
from fenghe.kernel.values import digest
from fenghe.money.channel_asking import Channel
from fenghe.money.seeking import (
    FRESH,
    SPAN,
    Facts,
    OrderFact,
    Payer,
    PaymentFact,
    Question,
    RefundFact,
    mentionable,
)
from fenghe.money.trace import Gap
from fenghe.money.trace_numbers import Numbers

LOCK: Final = 7323
SHOWN: Final = 20
MOST: Final = 50
MOST_NUMBERS: Final = 16
_DAY: Final = "(%s at time zone 'Asia/Shanghai')::date"
_SEARCH: Final = (
    "s.id, s.chain_key, s.number, s.which, s.scope, s.scope_words, s.status, s.asked_by, s.asked_at, s.finished_at,"
    " s.deadline_at, s.gaps_before, s.gaps_after"
)


# ── what is known before asking ──────────────────────────────────────────────────────────────────────────────────────


def facts_of(connection: Connection[Any], number: str, numbers: Numbers | None) -> Facts:
    """What is known of a chain (None: nobody knows the number), and who can be asked."""
    known = numbers or Numbers()
    values = {
        "orders": sorted(known.orders), "payments": sorted(known.payments), "every": not known.order_ids,
        "order_ids": sorted(known.order_ids), "parcels": known.ids("parcel"), "refunds": known.ids("refund"),
    }  # fmt: skip
    payments = fetch(connection, f"{_PAYMENTS} limit {MOST}", values)
    refunds = fetch(connection, f"{_REFUNDS} limit {MOST}", values)
    parcels = fetch(connection, f"{_PARCELS} limit {MOST}", values)
    sources = fetch(
        connection,
        "select id, connector, title, kind, config from source where enabled and kind in ('payment', 'channel')"
        " order by created_at, id",
    )
    told = [number, *known.orders, *known.payments, *known.batches]
    told += [row["out_trade_no"] for row in payments] + [row["tracking_no"] for row in parcels]
    told += [row[name] for row in refunds for name in ("refund_no", "out_refund_no")]
    return Facts(
        number=number,
        orders=tuple(msgspec.convert(row, OrderFact) for row in fetch(connection, f"{_ORDERS} limit {MOST}", values)),
        payments=tuple(msgspec.convert(row, PaymentFact) for row in payments),
        refunds=tuple(msgspec.convert(row, RefundFact, strict=False) for row in refunds if not row["final"]),
        parcels=tuple(row["tracking_no"] for row in parcels if not row["final"]),
        payers=tuple(_payer(row) for row in sources if row["kind"] == "payment"),
        channels=tuple(
            Channel(id=row["id"], connector=row["connector"], config=row["config"])
            for row in sources
            if row["kind"] == "channel"
        ),
        titles={row["id"]: row["title"] for row in sources},
        numbers=mentionable(told)[:MOST_NUMBERS],
    )


def _payer(row: Row) -> Payer:
    collects = row["config"].get("collects_for")
    return Payer(
        id=row["id"],
        title=row["title"],
        provider=row["connector"],
        collects_for=tuple(str(one) for one in collects) if isinstance(collects, list) else (),
        prefix=str(row["config"].get("trade_no_prefix", "")),
    )


_ORDERS: Final = (
    "select b.order_no, b.channel, coalesce(c.payment_no, '') as payment_no,"
    f" {_DAY % 'coalesce(b.paid_at, b.created_at)'} as paid_on from order_book b"
    " left join customer_order c on c.subject_id = b.subject_id where b.order_no = any(%(orders)s)"
    " and (%(every)s or b.subject_id = any(%(order_ids)s))"
)
_PAYMENTS: Final = (
    "select p.payment_no, p.provider, p.out_trade_no, p.order_no, coalesce((select o.source from observation o"
    " join source c on c.id = o.source and c.connector = p.provider where o.subject_id = p.subject_id"
    f" order by o.heard_at desc limit 1), '') as source, {_DAY % 'p.paid_at'} as paid_on from payment p"
    " where (p.payment_no = any(%(payments)s) or (p.order_no <> '' and p.order_no = any(%(orders)s)))"
    " and (%(every)s or p.order_id is null or p.order_id = any(%(order_ids)s))"
)
_REFUNDS: Final = (
    "select r.refund_no, r.out_refund_no, r.payment_no, r.out_trade_no, r.provider, s.final from refund r"
    " join subject s on s.id = r.subject_id where ((r.order_no <> '' and r.order_no = any(%(orders)s))"
    " or (r.payment_no <> '' and r.payment_no = any(%(payments)s)) or r.subject_id = any(%(refunds)s))"
    " and (%(every)s or r.order_id is null or r.order_id = any(%(order_ids)s))"
)
_PARCELS: Final = (
    "select p.tracking_no, s.final from shipment p join subject s on s.id = p.subject_id"
    " where (p.subject_id = any(%(parcels)s) or p.order_id = any(array(select subject_id from order_book"
    " where order_no = any(%(orders)s)))) and (%(every)s or p.order_id = any(%(order_ids)s))"
)


# ── beginning ────────────────────────────────────────────────────────────────────────────────────────────────────────


def take_turns(connection: Connection[Any], *names: str) -> None:
    """Whoever else begins a search about this chain, or of this person, waits until the end of our transaction."""
    for name in sorted(names):
        connection.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", (LOCK, name))


def standing(connection: Connection[Any], chain_key: str, scope: str, *, now: datetime) -> Row | None:
    """The search that stands for a new one: the one under way, or one of the same scope (or of all) minutes ago."""
    return find(
        connection,
        f"select {_SEARCH} from trace_search s where s.chain_key = %(key)s and (s.status = 'running'"
        " or (s.scope in (%(scope)s, '') and s.asked_at > %(since)s)) order by s.status = 'running' desc, s.id desc limit 1",
        {"key": chain_key, "scope": scope, "since": now - FRESH},
    )


def counts(connection: Connection[Any], *, chain_key: str, person: str, now: datetime) -> tuple[int, int]:
    """(searches of this person, searches about this chain) within the span."""
    row = connection.execute(
        "select (select count(*) from trace_search where asked_by = %(person)s and asked_at > %(since)s),"
        " (select count(*) from trace_search where chain_key = %(key)s and asked_at > %(since)s)",
        {"person": person, "key": chain_key, "since": now - SPAN},
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def begin(connection: Connection[Any], values: Mapping[str, Any], gaps: Sequence[Gap]) -> int:
    """Write a search down."""
    told = [{"name": one.name, "code": one.code, "words": one.words} for one in gaps]
    row = connection.execute(
        "insert into trace_search (chain_key, number, which, scope, scope_words, asked_by, ip, asked_at, deadline_at, gaps_before)"
        " values (%(chain_key)s, %(number)s, %(which)s, %(scope)s, %(scope_words)s, %(asked_by)s, %(ip)s, %(asked_at)s,"
        " %(deadline_at)s, %(gaps)s) returning id",
        {**values, "gaps": orjson.dumps(told).decode()},
    ).fetchone()
    if row is None:
        raise LookupError("a search was not stored")
    return int(row[0])


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question as it was put: under which name it is in the outbox, or why it is not."""

    question: Question
    outbox_key: str = ""
    answer: str = ""


def write_questions(
    connection: Connection[Any], search_id: int, asked: Sequence[Asked], *, numbers: Sequence[str]
) -> None:
    """Write down whom the search asks."""
    rows = [
        {
            "n": n,
            "who": one.question.who,
            "source": one.question.source,
            "words": one.question.words,
            "outbox_key": one.outbox_key,
            "numbers": list(numbers) if one.question.who == "files" else [],
            "status": "not_asked" if one.question.problem else "waiting",
            "answer": one.question.problem or one.answer,
        }
        for n, one in enumerate(asked)
    ]
    connection.execute(
        "insert into trace_question (search_id, n, who, source, source_title, words, outbox_key, numbers, status, answer,"
        " answered_at) select %(search)s, t.n, t.who, t.source, coalesce(s.title, ''), t.words, t.outbox_key, t.numbers,"
        " t.status, t.answer, case when t.status = 'not_asked' then now() end from jsonb_to_recordset(%(rows)s::jsonb)"
        " as t(n int, who text, source text, words text, outbox_key text, numbers jsonb, status text, answer text)"
        " left join source s on s.id = t.source",
        {"search": search_id, "rows": orjson.dumps(rows).decode()},
    )


# ── going on ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def claim(connection: Connection[Any], *, now: datetime, limit: int) -> list[Row]:
    """Searches that are to be looked at, ours until the end of the transaction."""
    return fetch(
        connection,
        f"select {_SEARCH} from trace_search s where s.due_at <= %(now)s order by s.due_at limit %(limit)s"
        " for update of s skip locked",
        {"now": now, "limit": limit},
    )


def waiting(connection: Connection[Any], search_id: int) -> list[Row]:
    """Its questions that have no answer yet."""
    return fetch(
        connection,
        "select id, n, who, source, words, outbox_key, numbers, progress, answer from trace_question"
        " where search_id = %(id)s and status = 'waiting' order by n",
        {"id": search_id},
    )


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """How a call of the outbox stands. `handled` None: the reply is not read yet; `told`: it said something new."""

    status: str
    error: str
    due_at: datetime | None
    message_id: int | None = None
    handled: int | None = None
    told: str = ""


def calls(connection: Connection[Any], keys: Sequence[str]) -> dict[str, Call]:
    """The calls of these names, each with its reply and what that came to."""
    names = [(key, bytes.fromhex(digest("outbox", key))) for key in keys if key]
    rows = fetch(
        connection,
        "select o.idempotency_key as key, o.status, coalesce(o.last_error, '') as error, o.due_at, m.id as message_id,"
        " h.status as handled, coalesce((select string_agg(distinct b.body, '；') from observation b"
        " where b.message_id = m.id), '') as told from unnest(%(keys)s::text[], %(digests)s::bytea[]) v(key, digest)"
        " join outbox o on o.idempotency_key = v.key"
        " left join inbound_message m on m.source = o.source and m.dedupe_key = v.digest"
        " left join message_handling h on h.message_id = m.id",
        {"keys": [key for key, _ in names], "digests": [name for _, name in names]},
    )
    return {row.pop("key"): msgspec.convert(row, Call) for row in rows}


def upload_of(connection: Connection[Any], message_id: int) -> Row | None:
    """The upload that a downloaded bill became: its state and report."""
    return find(
        connection,
        "select u.id, u.state, u.report from inbound_message m join statement_upload u on u.digest = sha256(m.body)"
        " where m.id = %(id)s and u.kind = 'statement' order by u.id desc limit 1",
        {"id": message_id},
    )


def answer(
    connection: Connection[Any], question: int, *, status: str, words: str, message_id: int | None = None
) -> None:
    """Write an answer down; while it still waits, only how it stands."""
    connection.execute(
        "update trace_question set status = %(status)s, answer = %(words)s, message_id = coalesce(%(message)s, message_id),"
        " answered_at = case when %(status)s <> 'waiting' then now() end where id = %(id)s and status = 'waiting'",
        {"id": question, "status": status, "words": words[:500], "message": message_id},
    )


def look_again(connection: Connection[Any], search_id: int, *, at: datetime) -> None:
    """Nothing is over yet."""
    connection.execute("update trace_search set due_at = %s where id = %s and status = 'running'", (at, search_id))


def finish(connection: Connection[Any], search_id: int, gaps: Sequence[Gap], *, now: datetime) -> None:
    """It is over; what stands open now is noted beside what stood open before."""
    told = [{"name": one.name, "code": one.code, "words": one.words} for one in gaps]
    connection.execute(
        "update trace_search set status = 'done', due_at = null, finished_at = %s, gaps_after = %s where id = %s",
        (now, orjson.dumps(told).decode(), search_id),
    )


# ── what people see ──────────────────────────────────────────────────────────────────────────────────────────────────


def searches(connection: Connection[Any], keys: Sequence[str]) -> list[Row]:
    """The searches about a chain, the newest first, with the questions of each."""
    rows = fetch(
        connection,
        f"select {_SEARCH} from trace_search s where s.chain_key = any(%(keys)s) order by s.id desc limit {SHOWN}",
        {"keys": list(keys)},
    )
    return _with_questions(connection, rows)


def recent(connection: Connection[Any], *, limit: int = SHOWN) -> list[Row]:
    """The newest searches about any chain."""
    rows = fetch(
        connection, f"select {_SEARCH} from trace_search s order by s.id desc limit %(limit)s", {"limit": limit}
    )
    return _with_questions(connection, rows)


def search(connection: Connection[Any], search_id: int) -> Row | None:
    """One search whole."""
    rows = fetch(connection, f"select {_SEARCH} from trace_search s where s.id = %(id)s", {"id": search_id})
    return _with_questions(connection, rows)[0] if rows else None


def _with_questions(connection: Connection[Any], rows: Sequence[Row]) -> list[Row]:
    questions = fetch(
        connection,
        "select q.id, q.search_id, q.n, q.who, q.source, q.source_title, q.words, q.status, q.answer, q.message_id,"
        " q.progress, q.asked_at, q.answered_at, (select count(*) from trace_evidence e where e.question_id = q.id) as evidence"
        " from trace_question q where q.search_id = any(%(ids)s) order by q.search_id, q.n",
        {"ids": [row["id"] for row in rows]},
    )
    return [{**row, "questions": [one for one in questions if one["search_id"] == row["id"]]} for row in rows]
