"""The duty of compensation (自动补偿值守): proposes what repairs open breaks, does what was approved, books what came of it.

Promises: what is approved is put to the rule once more right before it is begun; begun and called for is one transaction; an
outcome is read from the outbox and from the documents, so that nothing is lost with whoever was to tell it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.outbox import store as outbox
from fenghe.kernel.pulse import store as pulse
from fenghe.kernel.store_reading import Row
from fenghe.kernel.values import CHINA, digest
from fenghe.money import store_asking
from fenghe.money import store_compensation as store
from fenghe.money.asking import Ask, Wish
from fenghe.money.channel_asking import ORDER_FETCH, OrderAsked
from fenghe.money.compensation import CHANGED, NO_SUCH_ORDER, VERSION, Facts, Nothing, Proposal, propose, still_due
from fenghe.money.compensation_policy import CauseRule, Kind
from fenghe.money.store_compensation import Move

BATCH: Final = 500
UNREAD: Final = timedelta(minutes=10)
"""An answer that has led to no document by then does not any more."""
VOUCHERS: Final = "fenghe-vouchers"
_SECONDS: Final = {"refund_payment": 5, "rebuild_order": 1, "book_refund": 1}


class CompensationDuty:
    """Works through everything that is to be proposed, begun, settled."""

    name = "compensation"
    every_seconds = 2.0

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """A batch of each step, each in its own transaction; one worker at a time."""
        moved = 0
        for step in (_withdraw, _propose, _start, _settle):
            with connection.transaction():
                if store.alone(connection):
                    moved += step(connection, now)
        if moved:
            pulse.beat(connection, ("money", "workbench"))
        return moved


def _withdraw(connection: Connection[Any], now: datetime) -> int:
    return store.withdraw_gone(connection, now=now)


def _propose(connection: Connection[Any], now: datetime) -> int:
    rules = store.rules_in_force(connection)
    causes = [cause for cause, (_, rule) in rules.items() if rule.mode != "off"]
    breaks = store.to_look_at(connection, causes, now=now, limit=BATCH)
    if not breaks:
        return 0
    automatic = {cause: version for cause, (version, rule) in rules.items() if rule.mode == "automatic"}
    return propose_for(connection, breaks, by=store.FENGHE, now=now, automatic=automatic)


def propose_for(
    connection: Connection[Any],
    breaks: Sequence[Row],
    *,
    by: str,
    ip: str = "",
    now: datetime,
    automatic: dict[str, int] | None = None,
) -> int:
    """Propose what repairs these breaks, and note of each that it was looked at; returns how many proposals are new."""
    facts = store.facts_of(connection, breaks)
    told: list[tuple[Row, Proposal]] = []
    looks: list[tuple[Row, str]] = []
    for row in breaks:
        found = propose(store.seen(row), facts[row["id"]])
        if isinstance(found, Nothing):
            looks.append((row, found.words))
        else:
            told += [(row, one) for one in found]
            looks.append((row, ""))
    made = store.enter(connection, told, by=by, ip=ip, now=now, automatic=automatic or {}, version=VERSION)
    store.note_looks(connection, looks, now=now)
    return made


# ── beginning what was approved ──────────────────────────────────────────────────────────────────────────────────────


def _start(connection: Connection[Any], now: datetime) -> int:
    rows = store.claim_approved(connection, now=now, limit=BATCH)
    if not rows:
        return 0
    facts = store.facts_of(connection, rows)
    rules, spent = store.rules_in_force(connection), store.spent_today(connection, now=now)
    moves, waiting = [], []
    for row in rows:
        if not _still(row, facts[row["id"]]):
            moves.append(Move(id=row["compensation"], state="withdrawn", event="withdrawn", why=CHANGED))
        elif _too_much(row, rules[row["cause"]][1], spent):
            waiting.append(row["compensation"])
        else:
            _call(connection, row, now)
            moves.append(Move(id=row["compensation"], state="under_way", event="started", turn=row["turn"]))
    store.move(connection, moves, now=now)
    if waiting:
        words = "今天的笔数或金额已到补偿策略的上限，明天零点继续"
        store.put_off(connection, waiting, words=words, until=store.next_midnight(now))
    return len(rows)


def _still(row: Row, facts: Facts) -> bool:
    kind = Kind(row["kind"])
    named = {"target": row["target"], "provider": row["provider"], "plan": row["plan"]}
    return still_due(Proposal(kind=kind, amount_minor=row["part_minor"], **named), store.seen(row), facts)


def _too_much(row: Row, rule: CauseRule, spent: dict[str, tuple[int, int]]) -> bool:
    """Would it be more than may be done of its cause today? What may be done is counted."""
    count, amount = spent.get(row["cause"], (0, 0))
    count, amount = count + 1, amount + row["part_minor"]
    if count > rule.most_per_day or amount > rule.most_minor_per_day:
        return True
    spent[row["cause"]] = (count, amount)
    return False


def _call(connection: Connection[Any], row: Row, now: datetime) -> None:
    """Put the act where acts are taken from, under the compensation's own key."""
    plan, key = row["plan"], store.call_key(row["name"], row["attempt"], row["turn"])
    match Kind(row["kind"]):
        case Kind.REFUND_PAYMENT:
            named = ("payment_no", "out_trade_no", "out_refund_no", "order_no", "total_minor", "reason")
            wish = Wish(
                **{name: plan[name] for name in named},
                amount_minor=row["part_minor"],
                currency=row["currency"],
                by=f"compensation:{row['compensation']}",
            )
            store_asking.ask(connection, Ask.REFUND, wish, source=plan["source"], key=key, due_at=now)
        case Kind.REBUILD_ORDER:
            _fetch(connection, plan, row["turn"], key=key, compensation=row["compensation"], now=now)
        case Kind.BOOK_REFUND:
            _book(connection, row, key=key, now=now)


def _fetch(
    connection: Connection[Any], plan: dict[str, Any], turn: int, *, key: str, compensation: int, now: datetime
) -> None:
    asked = OrderAsked(order_no=plan["order_no"], compensation=str(compensation))
    source = plan["channels"][turn]
    payload = msgspec.to_builtins(asked)
    outbox.enqueue(connection, idempotency_key=key, source=source, act=ORDER_FETCH, payload=payload, due_at=now)


def _book(connection: Connection[Any], row: Row, *, key: str, now: datetime) -> None:
    """A voucher of our own enters by the inbox, as finance's do; the worker records it."""
    store.make_source(connection, VOUCHERS)
    plan = row["plan"]
    told = {
        "voucher_no": plan["voucher_no"],
        "voucher_type": "refund",
        "order_no": plan["order_no"],
        "payment_no": plan["payment_no"],
        "refund_no": plan["refund_no"],
        "currency": row["currency"],
        "amount": str(row["part_minor"]),
        "booked_on": now.astimezone(CHINA).date().isoformat(),
        "remark": f"自动补偿 {row['compensation']}",
    }
    headers = {
        "content-type": "application/json",
        "fenghe-kind": "vouchers",
        "fenghe-layout": "vouchers",
        "fenghe-unit": "minor",
        ":compensation": str(row["compensation"]),
    }
    arrival = inbox.Arrival(
        dedupe_key=bytes.fromhex(digest("voucher", key)),
        body=msgspec.json.encode(told),
        headers=msgspec.json.encode(headers).decode(),
    )
    inbox.store_one(connection, source=VOUCHERS, way="api", arrival=arrival)


# ── booking what came of it ──────────────────────────────────────────────────────────────────────────────────────────


def _settle(connection: Connection[Any], now: datetime) -> int:
    rows = store.under_way(connection, now=now, limit=BATCH)
    messages = store.replies(connection, rows)
    moves, later, again = [], [], []
    for row in rows:
        row["message_id"] = messages.get(row["id"])
        told = _became(row, now)
        if told is None:
            later.append(row["id"])
            continue
        if told.event == "asked_next":
            _ask_next(connection, row, now)
        moves.append(told)
        again.append(row["break_id"])
    store.move(connection, moves, now=now)
    store.look_now(connection, breaks=again)
    for kind, seconds in _SECONDS.items():
        waiting = [row["id"] for row in rows if row["kind"] == kind and row["id"] in set(later)]
        store.look_later(connection, waiting, until=now + timedelta(seconds=seconds))
    return len(moves)


def _became(row: Row, now: datetime) -> Move | None:
    """What became of a compensation; None: nothing yet."""
    match row["kind"]:
        case "refund_payment":
            return _refunded(row)
        case "book_refund":
            return _booked(row, now)
        case _:
            return _rebuilt(row, now)


def _end(row: Row, state: str, why: str = "") -> Move:
    return Move(id=row["id"], state=state, event=state, why=why[:500], turn=row["turn"], message_id=row["message_id"])


def _refunded(row: Row) -> Move | None:
    """Done when the provider says that the money went back, not when it takes note of the wish."""
    if row["succeeded"]:
        return _end(row, "done")
    if row["status"] == "failed":
        return _end(row, "failed", row["last_error"] or "")
    if row["refund_state"] in ("closed", "failed"):
        return _end(row, "failed", "支付机构没有退成，退款单已关闭或失败")
    return None


def _booked(row: Row, now: datetime) -> Move | None:
    if row["booked"]:
        return _end(row, "done")
    late = now - row["started_at"] > UNREAD
    return _end(row, "failed", "凭证没有入账，请看收件箱里来源为「缝合补记凭证」的报文") if late else None


def _rebuilt(row: Row, now: datetime) -> Move | None:
    """Done when the order is in the book. That no channel has it counts only when every channel said so."""
    if row["ordered"]:
        return _end(row, "done")
    if row["status"] == "failed":
        words = _unheard(row["why"]) or _unheard(f"{row['last_error']}") or str(row["last_error"])
        if row["turn"] + 1 < len(row["plan"]["channels"]):
            return Move(id=row["id"], state="under_way", event="asked_next", why=words, turn=row["turn"] + 1)
        return _end(row, "failed", words)
    if row["status"] == "done" and now - row["done_at"] > UNREAD:
        return _end(row, "failed", "渠道有答复，但读不出这个订单，请看报文")
    return None


def _unheard(words: str) -> str:
    """What kept a channel from saying whether it has the order; empty when it said that it has not."""
    if not words or words.startswith(NO_SUCH_ORDER):
        return ""
    return words if words.startswith("没有问到") else f"没有问到：{words}"


def _ask_next(connection: Connection[Any], row: Row, now: datetime) -> None:
    """The channel has no such order, or cannot be asked: the next one."""
    key = store.call_key(row["name"], row["attempt"], row["turn"] + 1)
    _fetch(connection, row["plan"], row["turn"] + 1, key=key, compensation=row["id"], now=now)
