"""From a channel's snapshot of an order to an observation (归一): identity by content, times on their own clock. Pure."""

import msgspec

from fenghe.kernel.values import Observation, digest, short_word, to_ms
from fenghe.orders.mapping import OrderState
from fenghe.orders.snapshot import OrderSnapshot

_FACTS = (
    "channel",
    "shop",
    "order_no",
    "currency",
    "total_minor",
    "paid_minor",
    "post_minor",
    "discount_minor",
    "refunded_minor",
    "payment_no",
    "order_type",
    "buyer",
    "receiver_name",
    "receiver_phone",
    "receiver_region",
    "receiver_address",
    "remark",
    "status_code",
)
_MOMENTS = ("created_at", "paid_at", "shipped_at", "finished_at", "promised_ship_at")


def order_key(snapshot: OrderSnapshot) -> str:
    """The order's subject key: numbers are unique within a channel only."""
    return f"{snapshot.channel}:{snapshot.order_no}"


def observe_snapshot(
    snapshot: OrderSnapshot, status: OrderState | None, *, source: str, message_id: int, received_ms: int
) -> Observation:
    """The observation of one snapshot. It happened when the channel last modified the order, else at its newest time."""
    moments = {name: getattr(snapshot, name) for name in _MOMENTS}
    known = [moment for name, moment in moments.items() if moment and name != "promised_ship_at"]
    occurred = snapshot.modified_at or max(known, default=None)
    facts = {name: value for name in _FACTS if (value := getattr(snapshot, name)) not in (None, "")}
    facts |= {name: to_ms(moment) for name, moment in moments.items() if moment}
    if snapshot.lines:
        facts["lines"] = [_plain(line) for line in snapshot.lines]
    if snapshot.parcels:
        facts["parcels"] = sorted(parcel.tracking_no for parcel in snapshot.parcels)
    if snapshot.facts:
        facts["more"] = dict(snapshot.facts)
    content = msgspec.json.encode(facts, order="sorted")
    says_status = snapshot.status_code is not None or snapshot.status_state is not None
    return Observation(
        key=digest("snapshot", str(occurred and to_ms(occurred)), content),
        status=str(status) if status else None,
        occurred_ms=to_ms(occurred) if occurred else received_ms,
        heard_ms=received_ms,
        kind="snapshot" if says_status else "facts",
        source=source,
        message_id=message_id,
        item=snapshot.item,
        code=short_word(snapshot.status_code or ""),
        text="",
        facts=facts,
    )


def _plain(line: object) -> dict[str, object]:
    return {name: value for name, value in msgspec.to_builtins(line).items() if value not in (None, "")}
