"""Parcels and orders as the callback audit looks at them (核查对象), out of what is stored or what a file tells."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from fenghe.kernel.judging.decide import Booked
from fenghe.kernel.values import BadValue, Observation, parse_moment, to_ms
from fenghe.logistics.callbacks import AuditPolicy, Finding, Known, Parcel, Scan, Telling
from fenghe.logistics.callbacks_orders import CANCELLED, DELIVERED, OrderTimes, fold_times
from fenghe.logistics.callbacks_parcel import audit_parcel
from fenghe.logistics.fuse import project
from fenghe.logistics.policy import FusePolicy
from fenghe.logistics.rule import carrier_of
from fenghe.logistics.store_callbacks import StoredOrder, StoredParcel
from fenghe.orders.layouts import shipped_layout, shipped_layouts, source_of
from fenghe.orders.mapping import TITLES, OrderState

PolicyOf = Callable[[str | None], tuple[FusePolicy, str]]
_path: Final = msgspec.json.Decoder(list[Booked])
_DELIVERY: Final = re.compile("deliver|签收|妥投|送达", re.IGNORECASE)
"""A column called so tells when the buyer had the goods; others tell when the trade was over."""


class Audited(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit works with."""

    policy_of: PolicyOf
    policy: AuditPolicy
    now_ms: int


def findings_of(parcel: Parcel, audited: Audited) -> list[Finding]:
    """The fuse's reading of the parcel, and what the audit finds in it."""
    history = [scan.told for scan, _ in parcel.scans().values()] + list(parcel.words)
    policy, _ = audited.policy_of(carrier_of(history))
    projection = project(history, policy=policy, now_ms=audited.now_ms)
    return audit_parcel(parcel, projection, now_ms=audited.now_ms, policy=audited.policy)


def stored_parcel(
    stored: StoredParcel, *, until_ms: int, in_rows: frozenset[str], parcels_of: Mapping[str, tuple[str, ...]]
) -> Parcel:
    """A parcel as it was known at `until_ms`; what one message told first is one telling."""
    events = [one for one in stored.history if one.kind == "event" and one.heard_ms < until_ms]
    words = tuple(one for one in stored.history if one.kind != "event" and one.heard_ms < until_ms)
    by_message: dict[int, list[Observation]] = {}
    for one in sorted(events, key=lambda one: (one.heard_ms, one.message_id, one.item)):
        by_message.setdefault(one.message_id, []).append(one)
    tellings = tuple(_telling(scans, stored.codes, in_rows) for scans in by_message.values())
    return Parcel(
        number=stored.number,
        tellings=tellings,
        words=words,
        known=known_of(stored, parcels_of),
        way="up",
    )


def _telling(scans: Sequence[Observation], codes: Mapping[str, str], in_rows: frozenset[str]) -> Telling:
    first = scans[0]
    told = [Scan(told=one, codes=codes.get(one.key, "")) for one in scans]
    return Telling(
        message_id=first.message_id,
        where="",
        source=first.source,
        heard_ms=first.heard_ms,
        scans=tuple(remarks_at_the_end(told) if first.source in in_rows else told),
        is_list=True,
        arrival_counts=first.source not in in_rows,
    )


def remarks_at_the_end(scans: Sequence[Scan]) -> list[Scan]:
    """A remark without a time of its own counts from the last scan, as nobody knows when the file's lines were received."""
    timed = [one.told.occurred_ms for one in scans if "no_time" not in one.told.facts]
    if not timed:
        return list(scans)
    last = max(timed)
    return [
        msgspec.structs.replace(one, told=msgspec.structs.replace(one.told, occurred_ms=last))
        if "no_time" in one.told.facts
        else one
        for one in scans
    ]


def known_of(stored: StoredParcel | None, parcels_of: Mapping[str, tuple[str, ...]]) -> Known:
    """What we hold of a parcel beside the messages in question."""
    if stored is None:
        return Known(parcels_of=dict(parcels_of))
    return Known(
        order_no=stored.order_no or "",
        order_created_ms=to_ms(stored.order_created_at) if stored.order_created_at else None,
        carrier=stored.carrier or "",
        parcels_of=dict(parcels_of),
    )


def orders_named(history: Iterable[Observation]) -> set[str]:
    """The order numbers that scans name."""
    return {str(one.facts["order_no"]) for one in history if one.kind == "event" and one.facts.get("order_no")}


def stored_order(stored: StoredOrder, *, until_ms: int, tells: frozenset[str]) -> OrderTimes:
    """An order's times as they were known at `until_ms`."""
    history = [one for one in stored.history if one.heard_ms < until_ms]
    newest = max(history, key=lambda one: (one.heard_ms, one.message_id), default=None)
    times = order_times(history, state=stored.state, tells=tells)
    arrived = {
        number: moment for number, state, path in stored.parcels if (moment := _arrived(state, path)) is not None
    }
    if arrived and (stored.state in CANCELLED or len(arrived) == len(stored.parcels)):
        number, moment = max(arrived.items(), key=lambda one: one[1])
        times = msgspec.structs.replace(times, delivered_ms=moment, delivered_number=number)
    return msgspec.structs.replace(
        times,
        order_no=stored.order_no,
        source=newest.source if newest else "",
        message_id=newest.message_id if newest else None,
        heard_ms=newest.heard_ms if newest else until_ms,
    )


def _arrived(state: str, path: str) -> int | None:
    """When a parcel was delivered, if that is where it is now."""
    if state != "delivered":
        return None
    return next((one.step.occurred_ms for one in reversed(_path.decode(path)) if one.step.to_state == state), None)


def order_times(
    history: Sequence[Observation], *, state: str, tells: frozenset[str], layout: str | None = None
) -> OrderTimes:
    """The times that snapshots tell. The end of a trade is a delivery only where the channel calls it one."""
    told = fold_times(history)
    named = layout or next((name for one in reversed(history) if (name := _layout_of(one.code))), None)
    end = _end_of(named) if named else _End()
    finished = told.get("finished_at")
    delivered = finished if end.is_delivery or state in DELIVERED else None
    counted = tells if end.is_delivery or state == OrderState.FINISHED else tells - {"delivered"}
    return OrderTimes(
        order_no=str(told.get("order_no", "")),
        state=state,
        state_title=TITLES.get(OrderState(state), state) if state in set(OrderState) else "未知",
        tells=counted,
        created_ms=told.get("created_at"),
        paid_ms=told.get("paid_at"),
        handed_over_ms=told.get("shipped_at"),
        delivered_ms=delivered,
        promised_ship_ms=told.get("promised_ship_at"),
        promised_delivery_ms=_promised(told["more"]),
        order_type=str(told.get("order_type", "")),
        zone_minutes=end.zone_minutes,
        fields=dict(end.fields),
    )


def _promised(more: Mapping[str, Any]) -> int | None:
    try:
        return to_ms(parse_moment(str(more["estimated_delivery"]))) if "estimated_delivery" in more else None
    except BadValue:
        return None


def _layout_of(code: str) -> str | None:
    """The layout whose status column a code begins with: `order_status:delivered`."""
    return _by_status_column().get(code.partition(":")[0])


@lru_cache(maxsize=1)
def _by_status_column() -> dict[str, str]:
    """Layouts by a status column that no other layout has."""
    columns = [(one.status.columns[0], one.name) for one in shipped_layouts() if one.status]
    counted = Counter(column for column, _ in columns)
    return {column: name for column, name in columns if counted[column] == 1}


class _End(msgspec.Struct, frozen=True, kw_only=True):
    """What a layout calls its times, where they are of, and whether its last one is a delivery."""

    is_delivery: bool = False
    zone_minutes: int = 480
    fields: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=64)
def _end_of(name: str) -> _End:
    layout = shipped_layout(name)
    if layout is None:
        return _End()
    columns = {field: source_of(told).columns for field, told in layout.order.items()}
    named = {
        "created": columns.get("created_at"), "paid": columns.get("paid_at"), "handed_over": columns.get("shipped_at"),
        "delivered": columns.get("finished_at"),
    }  # fmt: skip
    hours, minutes = (int(part) for part in layout.zone.replace("Z", "+00:00").split(":"))
    return _End(
        is_delivery=bool(_DELIVERY.search(" ".join(columns.get("finished_at", ())))),
        zone_minutes=hours * 60 + (minutes if hours >= 0 else -minutes),
        fields=tuple((part, found[0]) for part, found in named.items() if found and len(found) == 1),
    )
