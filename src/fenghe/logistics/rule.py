"""The logistics room's rule for the engine: fuse with the carrier's policy, cases in plain words, the shipment's row."""

from collections.abc import Callable, Sequence
from typing import Any

from psycopg import Connection

from fenghe.kernel.judging.contract import CaseDraft
from fenghe.kernel.values import Dispute, Observation, Projection, from_ms, short_word
from fenghe.logistics import store
from fenghe.logistics.fuse import REASONS, project
from fenghe.logistics.policy import FusePolicy
from fenghe.logistics.scale import TITLES, State

PolicyOf = Callable[[str | None], tuple[FusePolicy, str]]
"""The fuse policy in force for a carrier word, and its version."""


class ShipmentRule:
    """Judges shipments (运单)."""

    kind = "shipment"

    def __init__(self, policy_of: PolicyOf) -> None:
        self._policy_of = policy_of

    def project(self, history: Sequence[Observation], now_ms: int) -> tuple[Projection, str]:
        """The fuse under the policy of the parcel's carrier."""
        policy, version = self._policy_of(carrier_of(history))
        return project(history, policy=policy, now_ms=now_ms), version

    def case(self, subject: str, dispute: Dispute) -> CaseDraft:
        """A fuse case: what we hold, what the carrier says, why it was not taken."""
        ours, theirs = title_of(dispute.ours), title_of(dispute.theirs)
        apart = f",相差 {dispute.distance} 个节点" if dispute.distance is not None else ""
        return CaseDraft(
            kind=f"shipment.{dispute.reason}",
            title=f"{subject}:我方{ours},承运商说{theirs}{apart}({REASONS[dispute.reason]})",
            severity=dispute.severity,
            due_hours={3: 4, 2: 24, 1: 72}[dispute.severity],
        )

    def row(self, subject: str, history: Sequence[Observation], projection: Projection) -> tuple[Any, ...]:  # noqa: ARG002
        """Columns of table shipment."""
        return subject, *_row_of(history)

    def same_row(self, before: Sequence[Observation], history: Sequence[Observation]) -> bool:
        """Most scans change nothing of the shipment's row."""
        return _only_scans_added(before, history) or _row_of(before) == _row_of(history)

    def save(self, connection: Connection[Any], rows: Sequence[tuple[int, tuple[Any, ...]]]) -> None:
        """Write shipment rows."""
        store.save_shipments(connection, rows)


def _only_scans_added(before: Sequence[Observation], history: Sequence[Observation]) -> bool:
    """What was there stands, and what is new are scans that name nobody but the carrier the parcel has."""
    length, carrier = len(before), carrier_of(before)
    for one in history[length:]:
        if one.kind == "handover" or "forwarded_to" in one.facts or one.facts.get("carrier", carrier) != carrier:
            return False
    return all(old is new for old, new in zip(before, history, strict=False))


def _row_of(history: Sequence[Observation]) -> tuple[Any, ...]:
    """(carrier, order, shipped at, number it goes on under) as the history tells."""
    handover: Observation | None = None
    forwarded: tuple[int, str] | None = None
    for one in history:
        if one.kind == "handover":
            if handover is None or (one.occurred_ms, one.key) < (handover.occurred_ms, handover.key):
                handover = one
        elif "forwarded_to" in one.facts:
            forwarded = max(forwarded or (0, ""), (one.occurred_ms, str(one.facts["forwarded_to"])))
    return (
        carrier_of(history),
        handover.facts.get("order_key") if handover else None,
        from_ms(handover.occurred_ms) if handover else None,
        short_word(forwarded[1]) if forwarded else None,
    )


def carrier_of(history: Sequence[Observation]) -> str | None:
    """Who carries the parcel: as booked by the seller, else as most scans say (ties by name)."""
    booked: tuple[int, str] | None = None
    named: dict[str, int] = {}
    for one in history:
        name = one.facts.get("carrier")
        if not name:
            continue
        if one.kind == "handover":
            booked = min(booked or (one.occurred_ms, name), (one.occurred_ms, name))
        named[name] = named.get(name, 0) + 1
    if booked:
        return booked[1]
    if len(named) > 1:
        return min(named, key=lambda name: (-named[name], name))
    return next(iter(named), None)


def title_of(state: str | None) -> str:
    """「已发货」 for a state's word."""
    return f"「{TITLES[State(state)] if state else '无记录'}」"
