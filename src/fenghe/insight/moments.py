"""Known moments (已知时刻): from the booked road and the history of an order or a parcel to what clocks run on. Pure.

The road says what is held to have happened, the history when we heard of it. A step nobody told of but that must lie
behind is reached "at the latest" when the next one was: its hour stays unknown.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from fenghe.insight.clocks import OrderMoments, ParcelMoments, Reached
from fenghe.insight.regions import province_of
from fenghe.kernel.values import BadValue, Observation, Step, parse_moment, to_ms

PICKED_UP: Final = ("picked_up",)
TRANSIT: Final = ("in_transit", "customs", "customs_held", "arrived_dest")
OUT: Final = ("out_for_delivery", "delivery_failed")
ARRIVED: Final = ("ready_for_pickup", "delivered")
DELIVERED: Final = ("delivered",)
_ROAD: Final = (PICKED_UP, TRANSIT, OUT, ("ready_for_pickup",), DELIVERED)
ENDED: Final = frozenset({"returned", "returning", "rejected", "lost", "cancelled"})
"""States in which a parcel will not be delivered any more."""
TROUBLE: Final = frozenset(
    {"exception", "delivery_failed", "rejected", "returning", "returned", "lost", "customs_held"}
)
"""States that count as 异常 on a scorecard."""

ORDER_ENDED: Final = frozenset({"closed_unpaid", "closed_refunded", "cancelled"})
ORDER_SHIPPED: Final = ("shipped", "received", "finished")
PAYS_LATER: Final = frozenset({"cod", "货到付款"})
SIGN_WORDS: Final = ("estimated_delivery", "promised_sign_at", "承诺送达时间")
"""Names under which a channel may say until when an order is to be delivered."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What the order's own row says."""

    created_at: datetime | None
    paid_at: datetime | None
    shipped_at: datetime | None
    promised_ship_at: datetime | None
    order_type: str
    state: str
    parcels: int
    parcels_shipped_at: datetime | None = None
    """When the last of its parcels was handed over."""


def parcel_moments(
    history: Sequence[Observation], road: Sequence[Step], *, state: str, told_ms: int | None
) -> ParcelMoments:
    """What is known of a parcel; `told_ms` is the newest word that counts."""
    heard = {one.key: one.heard_ms for one in history}
    handover = min(
        (one for one in history if one.kind == "handover"), key=lambda one: (one.occurred_ms, one.key), default=None
    )
    out = _first(road, OUT, heard)
    scans = _scans(history, road, told_ms)
    ends = [one for one in (out, _first(road, ARRIVED, heard)) if one is not None]
    before = [one for one in scans if ends and one.at_ms < min(end.at_ms for end in ends)]
    return ParcelMoments(
        handed_over=Reached(at_ms=handover.occurred_ms, heard_ms=handover.heard_ms) if handover else None,
        picked_up=_reached(road, 0, heard),
        first_transit=_reached(road, 1, heard),
        out_for_delivery=_reached(road, 2, heard),
        arrived=_first(road, ARRIVED, heard),
        delivered=_first(road, DELIVERED, heard),
        last_scan=scans[-1] if scans else None,
        scan_before_delivery=before[-1] if before else None,
        ended=state in ENDED,
    )


def _scans(history: Sequence[Observation], road: Sequence[Step], told_ms: int | None) -> list[Reached]:
    """Scans of this parcel's present life, oldest first: from the road's first step to the newest word that counts."""
    if not road or told_ms is None:
        return []
    began = min(step.occurred_ms for step in road)
    found = {
        one.occurred_ms: Reached(at_ms=one.occurred_ms, heard_ms=one.heard_ms)
        for one in sorted(history, key=lambda one: (-one.heard_ms, one.key))
        if one.kind == "event" and began <= one.occurred_ms <= told_ms
    }
    return [found[at] for at in sorted(found)]


def _reached(road: Sequence[Step], place: int, heard: Mapping[str, int]) -> Reached | None:
    """A step of the road: told outright, or passed at the latest when a later one was reached."""
    told = _first(road, _ROAD[place], heard)
    if told is not None:
        return told
    later = [one for words in _ROAD[place + 1 :] if (one := _first(road, words, heard)) is not None]
    if not later:
        return None
    first = min(later, key=lambda one: (one.at_ms, one.heard_ms))
    return Reached(at_ms=first.at_ms, heard_ms=first.heard_ms, exact=False)


def _first(road: Iterable[Step], words: Sequence[str], heard: Mapping[str, int]) -> Reached | None:
    found = [
        Reached(at_ms=step.occurred_ms, heard_ms=heard.get(step.key, step.occurred_ms))
        for step in road
        if step.to_state in words
    ]
    return min(found, key=lambda one: (one.at_ms, one.heard_ms)) if found else None


def order_moments(history: Sequence[Observation], road: Sequence[Step], row: Row) -> OrderMoments:
    """What is known of an order; its channel's own hour of a thing is taken before the hour we were told of it."""
    heard = {one.key: one.heard_ms for one in history}
    return OrderMoments(
        created=_told(history, "created_at", row.created_at),
        paid=_told(history, "paid_at", row.paid_at),
        handed_over=_handed_over(history, road, row, heard),
        delivered=_first(road, ("received",), heard) or _at_latest(_first(road, ("finished",), heard)),
        ended=row.state in ORDER_ENDED,
        pays_later=row.order_type in PAYS_LATER,
        promised_ship_ms=to_ms(row.promised_ship_at) if row.promised_ship_at else None,
        promised_sign_ms=_promised_sign(history),
        has_parcels=row.parcels > 0,
    )


def _handed_over(
    history: Sequence[Observation], road: Sequence[Step], row: Row, heard: Mapping[str, int]
) -> Reached | None:
    """Shipped whole: a part of it keeps no promise. A state alone says at the latest when."""
    step = _first(road, ORDER_SHIPPED, heard)
    if step is None and (row.shipped_at is None or row.state == "part_shipped"):
        return None
    own = _told(history, "shipped_at", row.shipped_at or row.parcels_shipped_at)
    return own or _at_latest(step)


def _at_latest(reached: Reached | None) -> Reached | None:
    return msgspec.structs.replace(reached, exact=False) if reached else None


def _told(history: Sequence[Observation], name: str, at: datetime | None) -> Reached | None:
    """A fact that is a moment, with when it was first heard as it stands."""
    if at is None:
        return None
    at_ms = to_ms(at)
    heard = [one.heard_ms for one in history if one.facts.get(name) == at_ms]
    return Reached(at_ms=at_ms, heard_ms=min(heard, default=at_ms))


def _promised_sign(history: Sequence[Observation]) -> int | None:
    """The channel's own word on the day of delivery, the newest one."""
    for one in sorted(history, key=lambda one: (one.occurred_ms, one.key), reverse=True):
        more: Mapping[str, Any] = one.facts.get("more") or {}
        for word in SIGN_WORDS:
            if (said := more.get(word)) and (moment := _moment(said)) is not None:
                return moment
    return None


def _moment(said: Any) -> int | None:
    try:
        return to_ms(parse_moment(str(said)))
    except BadValue:
        return None


def origin_of(history: Sequence[Observation], road: Sequence[Step]) -> str:
    """The province a parcel set out from: that of the earliest scan that names a place; "" while none does."""
    began = min((step.occurred_ms for step in road), default=0)
    told = sorted((one for one in history if one.kind == "event" and one.occurred_ms >= began), key=_when)
    for one in told[:3]:
        if found := province_of(str(one.facts.get("location", ""))):
            return found
    return ""


def _when(one: Observation) -> tuple[int, str]:
    return one.occurred_ms, one.key


def in_trouble(road: Iterable[Step], held: str | None) -> bool:
    """Whether the road ever left the main line, or the word about it stands in dispute."""
    return held is not None or any(step.to_state in TROUBLE for step in road)
