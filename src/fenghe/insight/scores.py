"""Scorecards (记分卡): what one parcel counts for, and what a sum of parcels says, always with its denominator. Pure.

A share is of those that can be judged; how many could not is told beside it. Nothing is a share of nothing.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

LOST: Final = "lost"
BACK: Final = frozenset({"returned", "returning", "rejected"})
WHOLE: Final = 10_000


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a parcel when it is counted; spans in seconds, None where they are not known."""

    day: date
    state: str
    trouble: bool
    silent: bool
    pickup: int | None
    delivery: int | None
    total: int | None
    pickup_outcome: str
    promise_outcome: str


def fact_of(told: Told) -> tuple[Any, ...]:
    """Columns of shipment_score after day and place."""
    return (
        told.pickup,
        told.delivery,
        told.total,
        told.pickup_outcome,
        told.promise_outcome,
        told.trouble,
        told.silent,
        told.state == LOST,
        told.state in BACK,
        told.state == "delivered",
    )


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """So many of so many; `bp` in basis points, None when there is nothing to be a share of."""

    count: int
    of: int
    bp: int | None


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A mean time in seconds over those whose time is known, None over none; `unknown` are the others."""

    seconds: int | None
    known: int
    unknown: int


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a scorecard."""

    shipments: int
    delivered: int
    pickup: Span
    pickup_in_time: Share
    delivery: Span
    total: Span
    on_time: Share
    on_time_unknown: int
    trouble: Share
    silent: Share
    lost: Share
    returned: Share


def share(count: int, of: int) -> Share:
    """Rounded to the nearest basis point."""
    return Share(count=count, of=of, bp=(count * WHOLE * 2 + of) // (2 * of) if of else None)


def card(sums: Mapping[str, Any]) -> Card:
    """The line of summed columns of score_day."""
    n = int(sums["shipments"])
    return Card(
        shipments=n,
        delivered=int(sums["delivered"]),
        pickup=_span(sums, "pickup", n),
        pickup_in_time=share(int(sums["pickup_in_time"]), int(sums["pickup_judged"])),
        delivery=_span(sums, "delivery", n),
        total=_span(sums, "total", n),
        on_time=share(int(sums["promise_in_time"]), int(sums["promise_judged"])),
        on_time_unknown=int(sums["promise_unknown"]),
        trouble=share(int(sums["trouble"]), n),
        silent=share(int(sums["silent"]), n),
        lost=share(int(sums["lost"]), n),
        returned=share(int(sums["returned"]), n),
    )


def _span(sums: Mapping[str, Any], name: str, of: int) -> Span:
    known = int(sums[f"{name}_known"])
    mean = (2 * int(sums[f"{name}_seconds"]) + known) // (2 * known) if known else None
    return Span(seconds=mean, known=known, unknown=of - known)
