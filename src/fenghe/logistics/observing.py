"""From what was told about a parcel to observations (归一): identity, meaning and facts; nothing is guessed. Pure."""

from datetime import datetime

import msgspec

from fenghe.kernel.values import Observation, digest, short_word, to_ms
from fenghe.logistics.events import TrackingEvent, carrier_word, clean_tracking_no
from fenghe.logistics.mapping import Mapping, map_status, revoked_codes
from fenghe.logistics.phrases import forwarded_number
from fenghe.logistics.scale import State

MAX_TEXT = 500
"""Characters of a scan's text that are kept beside the state; the raw message keeps all."""


def observe_event(
    event: TrackingEvent, mapping: Mapping, *, source: str, message_id: int, received_ms: int
) -> tuple[str, Observation]:
    """(tracking number, observation) of one scan. Identity: number, code list, time, code and text, not the teller's own id."""
    number = clean_tracking_no(event.tracking_no)
    code = short_word(event.code) if event.code else ""
    occurred = to_ms(event.occurred_at) if event.occurred_at else None
    text = event.text[:MAX_TEXT]  # what a dry run will see must be what is read
    status = map_status(mapping, code=code or None, text=text)
    return number, Observation(
        key=digest(event.codes, number, str(occurred), code, event.text),
        status=str(status) if status else None,
        occurred_ms=received_ms if occurred is None else occurred,
        heard_ms=received_ms,
        kind="event",
        source=source,
        message_id=message_id,
        item=event.item,
        code=code,
        text=text,
        facts=_facts_of(event, code=code, status=status),
    )


def _facts_of(event: TrackingEvent, *, code: str, status: State | None) -> dict[str, str]:
    """What a scan says beside its code; only what it does say."""
    facts = {name: value for name, value in event.facts.items() if value} if event.facts else {}
    if code and (revoked := revoked_codes(event.codes, code)):
        facts["revokes"] = ",".join(revoked)
    if event.order_no:
        facts["order_no"] = event.order_no
    if event.carrier:
        facts["carrier"] = event.carrier
    if event.location:
        facts["location"] = event.location
    if status is State.FORWARDED and (forwarded := event.forwarded_to or forwarded_number(event.text)):
        facts["forwarded_to"] = forwarded
    if event.occurred_at is None:
        facts["no_time"] = "1"
    return facts


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """A seller's word that a parcel of an order was handed over (已发货), as his channel passes it on."""

    tracking_no: str
    carrier_name: str
    order_key: str
    order_no: str
    order_created_at: datetime | None
    shipped_at: datetime | None
    item: int


def observe_handover(told: Handover, *, source: str, message_id: int, received_ms: int) -> tuple[str, Observation]:
    """(tracking number, observation) of a hand-over. Without a time of its own it counts from when it was heard."""
    number = clean_tracking_no(told.tracking_no)
    facts: dict[str, str | int] = {"order_key": told.order_key, "order_no": told.order_no}
    carrier = carrier_word(told.carrier_name)
    if carrier:
        facts["carrier"] = carrier
    if told.carrier_name and not carrier:
        facts["carrier_name"] = told.carrier_name
    if told.order_created_at:
        facts["order_created_ms"] = to_ms(told.order_created_at)
    shipped_ms = to_ms(told.shipped_at) if told.shipped_at else None
    return number, Observation(
        key=digest("handover", number, told.order_key, str(shipped_ms)),
        status=State.HANDED_OVER,
        occurred_ms=received_ms if shipped_ms is None else shipped_ms,
        heard_ms=received_ms,
        kind="handover",
        source=source,
        message_id=message_id,
        item=told.item,
        code="",
        text="",
        facts=facts,
    )
