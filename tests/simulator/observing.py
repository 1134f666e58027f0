"""A perfect observer for tests: reads what the sandbox pushes with our connectors and walks it with our fuse."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from fenghe.connectors import kuaidi100, sf, zto
from fenghe.kernel.connecting import Accepted, Connector, Delivery, InboundMessage
from fenghe.kernel.values import Observation, Projection, digest, to_ms
from fenghe.logistics.events import TrackingEvent
from fenghe.logistics.fuse import project
from fenghe.logistics.mapping import map_status, shipped_mapping
from fenghe.logistics.policy import DEFAULT_POLICY
from fenghe.simulator.parcels import Parcel, Push
from fenghe.simulator.pushing import render
from fenghe.simulator.world import World

CONNECTORS: dict[str, Connector] = {"zto": zto.CONNECTOR, "sf": sf.CONNECTOR, "kuaidi100": kuaidi100.CONNECTOR}


def delivered(world: World, push: Push) -> tuple[str, Delivery]:
    """A push as the door would see it."""
    teller, outgoing = render(world, push)
    headers = {name.lower(): value for name, value in outgoing.headers.items()}
    return teller, Delivery(headers=headers, query="", body=outgoing.body)


def read_all(world: World, pushes: Iterable[Push]) -> list[TrackingEvent]:
    """Every event of every push, checked and read; anything refused or unreadable fails."""
    events: list[TrackingEvent] = []
    for push in pushes:
        teller, delivery = delivered(world, push)
        verdict = CONNECTORS[teller].check(delivery, world.secrets[teller])
        assert isinstance(verdict, Accepted), verdict
        reading = CONNECTORS[teller].read(
            InboundMessage(id=1, source=teller, connector=teller, received_ms=0, headers={}, body=delivery.body)
        )
        assert not reading.unreadable, reading.unreadable
        events += reading.items
    return events


def held(parcel: Parcel, events: Iterable[TrackingEvent], now: datetime) -> Projection:
    """What our fuse makes of a parcel's hand-over and all its events."""
    history = {}
    if parcel.precedes is None:
        moved = to_ms(parcel.handed_over_at)
        facts = {"order_no": parcel.order_no, "carrier": parcel.carrier, "order_created_ms": to_ms(parcel.created_at)}
        history["handover"] = Observation(
            key="handover",
            status="handed_over",
            occurred_ms=moved,
            heard_ms=moved,
            kind="handover",
            source="shop",
            message_id=0,
            item=0,
            code="",
            text="",
            facts=facts,
        )
    for event in events:
        occurred = event.occurred_at or now
        key = digest(event.codes, event.tracking_no, str(event.occurred_at), event.code or "", event.text)
        history[key] = Observation(
            key=key,
            status=map_status(shipped_mapping(event.codes), code=event.code, text=event.text),
            occurred_ms=to_ms(occurred),
            heard_ms=to_ms(max(occurred, now)),
            kind="event",
            source=event.codes,
            message_id=1,
            item=event.item,
            code=event.code or "",
            text=event.text,
            facts={"order_no": event.order_no or "", "carrier": event.carrier or ""},
        )
    return project(history.values(), policy=DEFAULT_POLICY, now_ms=to_ms(now + timedelta(days=60)))
