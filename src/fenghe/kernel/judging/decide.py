"""What changes when a subject's history grows (研判): the difference between two projections. Pure, no database.

The audit is kept as books are: a change that a late scan shows to have gone another way is not edited but reversed
(冲正) by a row of its own, and the right rows follow. What is not reversed reads the same whatever the arrival order.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from fenghe.kernel.values import Dispute, Observation, Projection, Step

MAX_HISTORY = 500
"""Observations one subject may hold; beyond, a message is set aside for a person."""


class Booked(msgspec.Struct, frozen=True, array_like=True):
    """A step of the present road with the number of the audit row that booked it."""

    step: Step
    seq: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An audit row to be written: a step, or the reversal of row `reverses_seq`."""

    step: Step
    seq: int
    reverses_seq: int | None


class HistoryFull(Exception):
    """The subject already holds as many observations as one subject may."""


def merge(history: Sequence[Observation], told: Iterable[Observation]) -> tuple[list[Observation], list[Observation]]:
    """(whole history, what is new or newly understood). The same key with the same meaning changes nothing.

    The history keeps no texts: no rule reads them, and the table of observations has them.
    """
    known = {one.key: one for one in history}
    fresh: dict[str, Observation] = {}
    for one in told:
        before = known.get(one.key)
        if before is None:
            fresh[one.key] = one
            known[one.key] = msgspec.structs.replace(one, text="") if one.text else one
        elif before.status != one.status or before.facts != one.facts:
            facts = combine(before.facts, one.facts)
            if before.status != one.status or before.facts != facts:
                known[one.key] = fresh[one.key] = msgspec.structs.replace(before, status=one.status, facts=facts)
    if len(known) > MAX_HISTORY:
        raise HistoryFull
    return list(known.values()), list(fresh.values())


def combine(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of one claim told twice with different fullness: all of them, the smaller where they differ.

    Which was told first must not matter, and a claim's key leaves out what not every teller says.
    """
    merged = dict(one)
    for name, value in other.items():
        merged[name] = min(merged[name], value, key=repr) if name in merged else value
    return merged


def book(path: Sequence[Booked], steps: Sequence[Step], version: int) -> tuple[list[Booked], list[Entry]]:
    """(new path, audit rows) for a road that is now `steps`; rows are numbered on from `version`."""
    if _goes_on(path, steps):
        fresh = [Booked(step, version + place) for place, step in enumerate(steps[len(path) :], 1)]
        return [*path, *fresh], [Entry(step=one.step, seq=one.seq, reverses_seq=None) for one in fresh]
    wanted = {_identity(step): step for step in steps}
    kept = {_identity(booked.step): booked for booked in path if _identity(booked.step) in wanted}
    entries: list[Entry] = []
    for booked in reversed(path):
        if _identity(booked.step) not in kept:
            version += 1
            entries.append(Entry(step=booked.step, seq=version, reverses_seq=booked.seq))
    road: list[Booked] = []
    for identity, step in wanted.items():
        if identity not in kept:
            version += 1
            kept[identity] = Booked(step, version)
            entries.append(Entry(step=step, seq=version, reverses_seq=None))
        road.append(kept[identity])
    return road, entries


def _goes_on(path: Sequence[Booked], steps: Sequence[Step]) -> bool:
    """Is the road the one that is booked, going on from its end? So it is for nearly every scan that comes in time."""
    return len({step.key for step in steps}) == len(steps) and [one.step for one in path] == list(steps[: len(path)])


def _identity(step: Step) -> tuple[str | None, str, str, str]:
    return step.from_state, step.to_state, step.key, step.reason


def cases_due(projection: Projection, now_ms: int) -> dict[str, Dispute]:
    """Disputes that a person must see by now."""
    return {
        dispute.key: dispute
        for dispute in projection.disputes
        if dispute.closed_by is None and dispute.opens_ms is not None and dispute.opens_ms <= now_ms
    }


def gravest(projection: Projection, now_ms: int) -> str | None:
    """The reason shown on the row: the gravest standing dispute; a small disagreement only once it has grown old."""
    standing = [
        dispute
        for dispute in projection.disputes
        if dispute.closed_by is None and (dispute.reason != "age" or (dispute.opens_ms or 0) <= now_ms)
    ]
    return max(standing, key=lambda dispute: dispute.severity).reason if standing else None
