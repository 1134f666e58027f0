"""The order's state (订单状态) as its channel tells it over time: the newest word counts, a contradiction is put to a person.

Pure but for `save`, which hands the row to the store. The same promises as the fuse: any arrival order ends the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from psycopg import Connection

from fenghe.kernel.judging.contract import CaseDraft
from fenghe.kernel.values import Dispute, Effect, Observation, Projection, Step, from_ms, moment_of, short_word
from fenghe.orders import store
from fenghe.orders.mapping import RANK, TITLES, OrderState

CLOSED = frozenset({OrderState.CLOSED_UNPAID, OrderState.CLOSED_REFUNDED, OrderState.CANCELLED})
FINAL = CLOSED | {OrderState.FINISHED}
SHIPPED = 20
"""Rank of 部分发货: from here on an order does not go back by itself."""
PAID = 5
REASONS = {
    "went_back": "订单状态倒退",
    "cancelled_after_shipped": "发货后订单被取消",
    "unpaid_after_paid": "已付款的订单被当作未付款关闭",
    "after_final": "订单结束后又有变化",
}
VERSION = "order:1"
SETTLE_MS = 5_000
"""How long a contradiction may wait for late snapshots before a person is asked; the state waits at once."""
_ORDER: dict[OrderState | None, int] = {state: index for index, state in enumerate(OrderState)}


class _Walk:
    """An order's road while it is walked."""

    def __init__(self) -> None:
        self.state: OrderState | None = None
        self.reached = -1
        self.steps: list[Step] = []
        self.effects: dict[str, Effect] = {}
        self.open: dict[str, list[Observation]] = {}
        self.closed_by: dict[str, str] = {}
        self.ours: dict[str, OrderState | None] = {}
        self.upheld: set[tuple[OrderState | None, OrderState]] = set()

    def take(self, told: Observation, state: OrderState, reason: str) -> None:
        """The channel's word is taken; what it contradicted before is settled by it."""
        self.effects[told.key] = Effect("advanced" if state != self.state else "confirmed", reason)
        if state != self.state:
            self.steps.append(Step(self.state, state, told.key, told.occurred_ms, reason))
        self.state = state
        self.reached = max(self.reached, RANK.get(state, -1))
        for doubt in self.open:
            self.closed_by.setdefault(doubt, told.key)

    def doubt(self, told: Observation, reason: str) -> None:
        """The channel's word is kept but not taken."""
        self.effects[told.key] = Effect("held", reason)
        self.ours.setdefault(reason, self.state)
        self.open.setdefault(reason, []).append(told)
        self.closed_by.pop(reason, None)


def project_order(history: Sequence[Observation], now_ms: int) -> Projection:
    """Walk an order's snapshots by the time the channel gave them."""
    moments = {one.key: one.occurred_ms for one in history}
    ordered = sorted(history, key=lambda one: (moment_of(one, moments), _ORDER.get(_word(one), 99), one.key))
    walk = _Walk()
    for told in ordered:
        _hear(walk, told)
    disputes = tuple(_disputes(walk))
    waiting = [one.opens_ms for one in disputes if one.closed_by is None and one.opens_ms and one.opens_ms > now_ms]
    return Projection(
        state=walk.state or "unknown",
        rank=RANK.get(walk.state) if walk.state else None,
        final=walk.state in FINAL,
        steps=tuple(walk.steps),
        disputes=disputes,
        effects=walk.effects,
        due_ms=min(waiting, default=None),
    )


def _word(told: Observation) -> OrderState | None:
    return OrderState(told.status) if told.status else None


def _hear(walk: _Walk, told: Observation) -> None:
    state = _word(told)
    if told.kind == "ruling":
        _settle(walk, told)
    elif told.kind == "facts":
        walk.effects[told.key] = Effect("confirmed", "facts_only")
    elif state is None:
        walk.effects[told.key] = Effect("unmapped", "unmapped_code" if told.code else "empty_status")
    elif state is OrderState.ORDER_UNKNOWN:
        walk.effects[told.key] = Effect("silent", state)
    elif told.kind == "manual":
        walk.take(told, state, "manual")
    elif (walk.state, state) in walk.upheld:
        walk.effects[told.key] = Effect("ignored", "ruled_out")
    elif state == walk.state:
        walk.take(told, state, "same_state")
    else:
        reason = _contradiction(walk, state)
        walk.doubt(told, reason) if reason else walk.take(told, state, "told_by_channel")


def _settle(walk: _Walk, told: Observation) -> None:
    """A ruling settles what still stands when it is given."""
    decision, keys = told.facts.get("decision"), set(told.facts.get("keys", ()))
    open_ones = [
        reason
        for reason, evidence in walk.open.items()
        if reason not in walk.closed_by and keys & {one.key for one in evidence}
    ]
    walk.effects[told.key] = Effect("confirmed", f"ruling_{decision}" if open_ones else "already_settled")
    for reason in open_ones if decision != "ask_again" else ():
        theirs = OrderState(walk.open[reason][-1].status or OrderState.ORDER_UNKNOWN)
        walk.closed_by[reason] = told.key
        if decision == "accept_theirs":
            walk.take(told, theirs, "accepted_by_ruling")
        else:
            walk.upheld.add((walk.state, theirs))


def _contradiction(walk: _Walk, state: OrderState) -> str | None:
    """Why this word cannot follow what is known; None when it can."""
    rank = RANK.get(state)
    if walk.state in CLOSED and state not in CLOSED:
        return "after_final"
    if state is OrderState.CLOSED_UNPAID and walk.reached >= PAID:
        return "unpaid_after_paid"
    if state is OrderState.CANCELLED and walk.reached >= SHIPPED:
        return "cancelled_after_shipped"
    if rank is not None and walk.reached >= SHIPPED and rank < SHIPPED:
        return "went_back"
    if rank is not None and walk.state is OrderState.FINISHED and rank < RANK[OrderState.FINISHED]:
        return "went_back"
    return None


def _disputes(walk: _Walk) -> list[Dispute]:
    return [
        Dispute(
            key=f"{reason}#0",
            reason=reason,
            ours=walk.ours[reason],
            theirs=evidence[-1].status,
            distance=None,
            severity=3 if reason != "went_back" else 2,
            evidence=tuple(one.key for one in evidence),
            opens_ms=evidence[0].heard_ms + SETTLE_MS,
            closed_by=walk.closed_by.get(reason),
        )
        for reason, evidence in walk.open.items()
    ]


class OrderRule:
    """Judges orders (订单)."""

    kind = "order"

    def project(self, history: Sequence[Observation], now_ms: int) -> tuple[Projection, str]:
        """The order's road."""
        return project_order(history, now_ms), VERSION

    def case(self, subject: str, dispute: Dispute) -> CaseDraft:
        """An order whose channel contradicts itself."""
        ours, theirs = (TITLES[OrderState(word)] if word else "无记录" for word in (dispute.ours, dispute.theirs))
        return CaseDraft(
            kind=f"order.{dispute.reason}",
            title=f"{subject.partition(':')[2]}:我方「{ours}」,渠道说「{theirs}」({REASONS[dispute.reason]})",
            severity=dispute.severity,
            due_hours=24,
        )

    def row(self, subject: str, history: Sequence[Observation], projection: Projection) -> tuple[Any, ...]:
        """Columns of table customer_order, of each fact the newest word; then the state, for the order book."""
        facts = fold_facts(history)
        lines = facts["lines"]
        channel, _, number = subject.partition(":")
        return (
            channel,
            short_word(str(facts.get("shop", ""))),
            number,
            facts.get("status_code"),
            str(facts.get("order_type", "")),
            str(facts.get("currency", "CNY")),
            *(
                facts.get(name)
                for name in ("total_minor", "paid_minor", "post_minor", "discount_minor", "refunded_minor")
            ),
            *(
                str(facts.get(name, ""))
                for name in (
                    "payment_no",
                    "buyer",
                    "receiver_name",
                    "receiver_phone",
                    "receiver_region",
                    "receiver_address",
                    "remark",
                )
            ),
            orjson.dumps(lines).decode(),
            len(lines),
            str(lines[0].get("title", "")) if lines else "",
            *(
                from_ms(facts[name]) if name in facts else None
                for name in ("created_at", "paid_at", "shipped_at", "finished_at", "promised_ship_at")
            ),
            from_ms(max((one.occurred_ms for one in history), default=0)),
            (projection.rank or 0) >= SHIPPED and not facts.get("parcels"),
            projection.state,
        )

    def same_row(self, before: Sequence[Observation], history: Sequence[Observation]) -> bool:  # noqa: ARG002
        """Snapshots nearly always bring something."""
        return False

    def save(self, connection: Connection[Any], rows: Sequence[tuple[int, tuple[Any, ...]]]) -> None:
        """Write order rows."""
        store.save_orders(connection, rows)


def fold_facts(history: Sequence[Observation]) -> Mapping[str, Any]:
    """Of every fact the newest word that was said about it; lines are merged by their number, fields likewise."""
    facts: dict[str, Any] = {}
    more: dict[str, Any] = {}
    lines: dict[str, dict[str, Any]] = {}
    for told in sorted(history, key=lambda one: (one.occurred_ms, one.key)):
        for name, value in told.facts.items():
            if name == "lines":
                for line in value:
                    lines.setdefault(str(line.get("line_no", "")), {}).update(line)
            elif name == "more":
                more.update(value)
            else:
                facts[name] = value
    return {**facts, "more": more, "lines": [lines[number] for number in sorted(lines)]}
