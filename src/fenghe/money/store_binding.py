"""The binding guard in the database (凭证绑定): claims what is due with its whole order, writes every verdict set-wise.

Promises: one transaction holds every payment of an order it judges (whole or not at all: SKIP LOCKED), so two workers
never judge halves; a verdict, its audit row and its case are one write; nothing is written for a verdict that stands.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.audit import store as audit
from fenghe.kernel.audit.chain import GENESIS, AuditRow, row_hash
from fenghe.kernel.judging import store as judging
from fenghe.kernel.judging.decide import Booked
from fenghe.kernel.store_reading import Row, fetch
from fenghe.kernel.values import Observation, from_ms, to_ms
from fenghe.money.binding import CAUSES, CLOSED, RULED, Bound, Claim, OrderSeen, Refused, Verdict, Waits
from fenghe.money.numbers import Shape, shape_of
from fenghe.money.observing import amount_words

VERSION: Final = "binding:1"
EXAMPLES: Final = 2_000
_history: Final = msgspec.json.Decoder(list[Observation])
_path: Final = msgspec.json.Decoder(list[Booked])
_COLUMNS: Final = (
    "p.subject_id as id, p.provider, p.payment_no, p.out_trade_no, p.order_no, p.succeeded, p.currency, p.amount_minor,"
    " p.paid_at, p.binding, p.refusal, p.order_id, p.ruled, s.held, s.state, s.version, s.chain_head, s.history"
)
_FROM: Final = "from payment p join subject s on s.id = p.subject_id"


class Held(msgspec.Struct, kw_only=True):
    """A payment as locked for the guard."""

    row: Row
    claim: Claim

    @property
    def id(self) -> int:
        """The payment's subject."""
        return self.claim.id

    @property
    def told(self) -> bool:
        """Whether anybody ever said anything of it: what nobody told of is no claim."""
        return bool(_history.decode(self.row["history"]))


def claim_due(connection: Connection[Any], *, limit: int, now: datetime) -> dict[str, list[Held]]:
    """Lock due payments with all others of their orders, by order number; what another worker holds is left to it."""
    due = fetch(
        connection,
        f"select {_COLUMNS} {_FROM} where p.bind_due_at <= %(now)s order by p.bind_due_at limit %(limit)s"
        " for update of s, p skip locked",
        {"now": now, "limit": limit},
    )
    found = {row["id"]: row for row in due}
    numbers = sorted({row["order_no"] for row in due if row["order_no"]})
    named = {"numbers": numbers, "ids": sorted(found)}
    rest = fetch(
        connection,
        f"select {_COLUMNS} {_FROM} where p.order_no = any(%(numbers)s) and p.subject_id <> all(%(ids)s)"
        " for update of s, p skip locked",
        named,
    )
    found |= {row["id"]: row for row in rest}
    whole = {
        row["order_no"]: row["payments"]
        for row in fetch(
            connection,
            "select order_no, count(*) as payments from payment where order_no = any(%(numbers)s) group by order_no",
            named,
        )
    }
    groups: dict[str, list[Held]] = defaultdict(list)
    for row in found.values():
        groups[row["order_no"] or f"#{row['id']}"].append(Held(row=row, claim=_claim(row)))
    return {name: held for name, held in groups.items() if whole.get(name, len(held)) == len(held)}


def _claim(row: Row) -> Claim:
    return Claim(
        **{name: row[name] for name in ("id", "payment_no", "out_trade_no", "order_no", "succeeded", "currency")},
        disputed=row["held"] is not None,
        amount_minor=row["amount_minor"],
        paid_at=row["paid_at"],
        rulings=dict(part.partition(":")[::2] for part in row["ruled"].split()),
    )


def orders_of(connection: Connection[Any], numbers: Sequence[str]) -> dict[str, list[OrderSeen]]:
    """The orders of these numbers as the book has them, with when they were closed and what was given back."""
    named = {"numbers": list(numbers), "closed": sorted(CLOSED)}
    rows = fetch(
        connection,
        "select b.subject_id as id, b.channel, b.order_no, b.state, b.currency, b.due_minor, b.refunded_minor, b.paid_at,"
        " b.created_at, case when b.state = any(%(closed)s) then s.path end as path,"
        " coalesce((select sum(r.amount_minor) from refund r where r.order_no = b.order_no and r.succeeded), 0)::bigint"
        " as given_back from order_book b join subject s on s.id = b.subject_id where b.order_no = any(%(numbers)s)",
        named,
    )
    found: dict[str, list[OrderSeen]] = defaultdict(list)
    for row in rows:
        found[row["order_no"]].append(_order(row))
    return found


def _order(row: Row) -> OrderSeen:
    told = {
        name: row[name] for name in ("id", "channel", "state", "currency", "due_minor", "refunded_minor", "paid_at")
    }
    return OrderSeen(**told, closed_at=_closed_at(row), given_back_minor=row["given_back"])


def _closed_at(row: Row) -> datetime | None:
    """When the order last became closed. A channel that gives no such time is heard with the order's own beginning."""
    if row["path"] is None:
        return None
    road = _path.decode(row["path"])
    moment: int | None = None
    for booked in reversed(road):
        if booked.step.to_state not in CLOSED:
            break
        moment = booked.step.occurred_ms
    if moment is None or (row["created_at"] is not None and moment <= to_ms(row["created_at"])):
        return None
    return from_ms(moment)


def shapes_of_orders(connection: Connection[Any]) -> frozenset[Shape]:
    """What our order numbers look like, by the newest and the oldest of them."""
    rows = fetch(
        connection,
        "(select order_no from order_book order by subject_id desc limit %(most)s) union"
        " (select order_no from order_book order by subject_id limit %(most)s)",
        {"most": EXAMPLES},
    )
    return frozenset(shape_of(row["order_no"]) for row in rows if row["order_no"])


def leave_untold(connection: Connection[Any], held: Sequence[Held]) -> None:
    """Payments that nobody told of stay pending, and say so, until somebody does: no state without evidence."""
    connection.execute(
        "update payment set bind_due_at = null, judged_at = now(), refusal = 'no_evidence',"
        " changed_at = case when refusal is distinct from 'no_evidence' then now() else changed_at end"
        " where subject_id = any(%s) and binding = 'pending'",
        ([one.id for one in held],),
    )


def write(connection: Connection[Any], held: Sequence[Held], verdicts: Mapping[int, Verdict], *, now: datetime) -> int:
    """Write what the guard decided; returns how many payments are bound otherwise than before."""
    changed = [one for one in held if _words(verdicts[one.id]) != _before(one.row)]
    _write_payments(connection, held, verdicts)
    _book(connection, changed, verdicts, now=now)
    judging.open_cases(connection, [case for one in held for case in _cases(one, verdicts[one.id])])
    judging.close_cases(connection, [closing for one in held for closing in _closings(one, verdicts[one.id])])
    _tie_refunds(connection, [one.id for one in changed])
    return len(changed)


def _before(row: Row) -> tuple[str, str | None, int | None]:
    return row["binding"], row["refusal"], row["order_id"]


def _words(verdict: Verdict) -> tuple[str, str | None, int | None]:
    match verdict:
        case Bound():
            return "bound", None, verdict.order_id
        case Refused():
            return "refused", verdict.cause, verdict.order_id
        case Waits():
            return "pending", None if verdict.reason == "not_succeeded" else verdict.reason, None


def _write_payments(connection: Connection[Any], held: Sequence[Held], verdicts: Mapping[int, Verdict]) -> None:
    rows = [(one.id, *_words(verdicts[one.id]), _until(verdicts[one.id])) for one in held]
    columns = list(zip(*rows, strict=True)) or [(), (), (), (), ()]
    connection.execute(
        "update payment p set binding = v.binding, refusal = v.refusal, order_id = v.order_id, bind_due_at = v.until,"
        " judged_at = now(), changed_at = case when (p.binding, p.refusal, p.order_id) is distinct from"
        " (v.binding, v.refusal, v.order_id) then now() else p.changed_at end"
        " from unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[])"
        " v(id, binding, refusal, order_id, until) where p.subject_id = v.id",
        tuple(list(column) for column in columns),
    )


def _until(verdict: Verdict) -> datetime | None:
    return verdict.until if isinstance(verdict, Waits) else None


# ── the audit: a verdict is booked on the payment's own chain ────────────────────────────────────────────────────────


def _book(
    connection: Connection[Any], changed: Sequence[Held], verdicts: Mapping[int, Verdict], *, now: datetime
) -> None:
    told = {one.id: _evidence(one) for one in changed}
    digests = judging.payload_digests(connection, sorted({one.message_id for one in told.values()}))
    rows, heads = [], []
    for one in changed:
        row = _audit_row(one, told[one.id], verdicts[one.id], digests, now)
        previous = bytes(one.row["chain_head"] or GENESIS)
        heads.append(row_hash(previous, row))
        rows.append((row, previous, heads[-1]))
    audit.append(connection, rows)
    connection.execute(
        "update subject s set version = s.version + 1, chain_head = v.head, changed_at = now()"
        " from unnest(%s::bigint[], %s::bytea[]) v(id, head) where s.id = v.id",
        ([one.id for one in changed], heads),
    )


def _evidence(one: Held) -> Observation:
    """The claim by which the payment is judged: the newest of its state, else the newest."""
    history = sorted(_history.decode(one.row["history"]), key=lambda told: (told.occurred_ms, told.key))
    return ([told for told in history if told.status == one.row["state"]] or history)[-1]


def _audit_row(one: Held, told: Observation, verdict: Verdict, digests: Mapping[int, str], now: datetime) -> AuditRow:
    binding, refusal, _ = _words(verdict)
    by_person = isinstance(verdict, Bound) and verdict.by_person
    return AuditRow(
        subject_id=one.id,
        seq=one.row["version"] + 1,
        from_state=one.row["binding"],
        to_state=binding,
        source=told.source,
        operator=None,
        ip=None,
        occurred_ms=told.occurred_ms,
        recorded_ms=to_ms(now),
        reason="bound_by_person" if by_person else refusal or binding,
        message_id=told.message_id,
        evidence_key=told.key,
        payload_digest=digests.get(told.message_id),
        reverses_seq=None,
        rule_version=VERSION,
    )


# ── cases ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _case_key(one: Held, cause: str) -> str:
    return f"payment:{one.id}:binding:{cause}"


def _cases(one: Held, verdict: Verdict) -> Iterable[dict[str, Any]]:
    if not isinstance(verdict, Refused) or verdict.settled:
        return
    row, cause = one.row, CAUSES[verdict.cause]
    theirs = amount_words(row["amount_minor"], row["currency"])
    yield {
        "key": _case_key(one, verdict.cause),
        "kind": f"payment.{verdict.cause}",
        "severity": cause.severity,
        "subject_id": one.id,
        "title": f"支付单 {row['payment_no']}（{theirs}）：{cause.title}，{verdict.ours}",
        "ours": verdict.ours,
        "theirs": f"支付 {theirs}，商户单号 {row['out_trade_no'] or '（空）'}",
        "distance": None,
        "reason": verdict.cause,
        "evidence": {
            "keys": [f"{RULED}{verdict.cause}", _evidence(one).key],
            "order_id": None if verdict.order_id is None else str(verdict.order_id),
            "payment_no": row["payment_no"],
            "amount_minor": row["amount_minor"],
        },
        "rule_version": VERSION,
        "due_hours": cause.due_hours,
    }


def _closings(one: Held, verdict: Verdict) -> Iterable[dict[str, Any]]:
    """The case of a refusal that no longer stands closes by itself; one that a person agreed to is resolved by him."""
    if one.row["binding"] != "refused":
        return
    before = one.row["refusal"]
    settled = isinstance(verdict, Refused) and verdict.settled and verdict.cause == before
    if not settled and _words(verdict)[:2] == ("refused", before):
        return
    ruling = _ruling_on(one, before)
    person = ruling is not None and (settled or (isinstance(verdict, Bound) and verdict.by_person))
    yield {
        "key": _case_key(one, before),
        "status": "resolved" if person else "self_closed",
        "resolution": ruling.facts.get("decision") if person and ruling else "evidence",
        "resolved_by": ruling.facts.get("operator") if person and ruling else None,
        "closed_by": ruling.key if person and ruling else None,
    }


def _ruling_on(one: Held, cause: str) -> Observation | None:
    told = [ruling for ruling in _history.decode(one.row["history"]) if ruling.kind == "ruling"]
    about = [ruling for ruling in told if f"{RULED}{cause}" in ruling.facts.get("keys", ())]
    return max(about, key=lambda ruling: (ruling.occurred_ms, ruling.key), default=None)


# ── refunds follow their payment ─────────────────────────────────────────────────────────────────────────────────────


def _tie_refunds(connection: Connection[Any], payments: Sequence[int]) -> None:
    connection.execute(
        "update refund r set order_id = case when p.binding = 'bound' then p.order_id end, changed_at = now() from payment p"
        " where p.subject_id = any(%s) and r.provider = p.provider and r.payment_no = p.payment_no"
        " and r.order_id is distinct from case when p.binding = 'bound' then p.order_id end",
        (list(payments),),
    )


def tie_due_refunds(connection: Connection[Any], *, limit: int) -> int:
    """Tie refunds that are new to their payment's order; refused payments of an amount are judged again with them."""
    rows = fetch(
        connection,
        "with due as (select subject_id, provider, payment_no, order_no from refund where bind_due_at <= now()"
        " order by bind_due_at limit %(limit)s for update skip locked), tied as (update refund r set bind_due_at = null,"
        " order_id = (select p.order_id from payment p where p.provider = r.provider and p.payment_no = r.payment_no"
        " and p.binding = 'bound') from due d where d.subject_id = r.subject_id returning r.subject_id)"
        " select d.order_no from due d",
        {"limit": limit},
    )
    connection.execute(
        "update payment set bind_due_at = now() where binding = 'refused' and order_no = any(%s)",
        (sorted({row["order_no"] for row in rows if row["order_no"]}),),
    )
    return len(rows)
