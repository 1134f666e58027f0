"""A parcel as the screens are told it (运单内容): the row of the list, and its page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.cases.rows import CaseRow
from fenghe.kernel.judging.decide import Booked
from fenghe.kernel.timeline import AuditItem, TimelineItem
from fenghe.kernel.titles import Titles
from fenghe.kernel.values import Observation, from_ms
from fenghe.logistics import store_queries as store

KIND: Final = "shipment"
_path: Final = msgspec.json.Decoder(list[Booked])
_history: Final = msgspec.json.Decoder(list[Observation])


class ShipmentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel in the list."""

    id: str
    tracking_no: str
    carrier: str
    carrier_title: str
    state: str
    state_title: str
    rank: int | None
    held: bool
    hold_reason: str | None
    order_id: str | None
    order_no: str | None
    last_event_at: datetime | None
    event_count: int
    silent: bool
    """The mark 物流异常待跟进."""


class PathStep(msgspec.Struct, frozen=True, kw_only=True):
    """One change of state on the parcel's road."""

    from_: str | None = msgspec.field(name="from")
    to: str
    to_title: str
    occurred_at: datetime
    reason: str
    source: str


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The parcel under another number."""

    relation: str
    tracking_no: str
    shipment_id: str | None


class ShipmentDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel with its road."""

    id: str
    tracking_no: str
    carrier: str
    carrier_title: str
    state: str
    state_title: str
    rank: int | None
    held: bool
    hold_reason: str | None
    order_id: str | None
    order_no: str | None
    version: int
    last_event_at: datetime | None
    due_at: datetime | None
    path: Sequence[PathStep]
    links: Sequence[Link]


class ShipmentPage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the page of one parcel."""

    shipment: ShipmentDetail
    timeline: Sequence[TimelineItem]
    audit: Sequence[AuditItem]
    cases: Sequence[CaseRow]


def shipment_row(row: Mapping[str, Any], titles: Titles) -> ShipmentRow:
    """A row of the list in the screens' words."""
    return ShipmentRow(
        **_common(row, titles),
        last_event_at=row["last_event_at"],
        event_count=row["event_count"],
        silent=row["silent"],
    )


def _common(row: Mapping[str, Any], titles: Titles) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "tracking_no": row["tracking_no"],
        "carrier": row["carrier"] or "",
        "carrier_title": titles.carrier(row["carrier"]),
        "state": row["state"],
        "state_title": titles.state(KIND, row["state"]),
        "rank": row["rank"],
        "held": row["held"] is not None,
        "hold_reason": titles.reason(KIND, row["held"]) if row["held"] else None,
        "order_id": None if row["order_id"] is None else str(row["order_id"]),
        "order_no": row["order_no"],
    }


def shipment_detail(row: Mapping[str, Any], titles: Titles) -> ShipmentDetail:
    """A row of `store_queries.find_details` in the screens' words."""
    told = {one.key: titles.source(one.source) for one in _history.decode(row["history"])}
    return ShipmentDetail(
        **_common(row, titles),
        version=row["version"],
        last_event_at=row["last_event_at"],
        due_at=row["due_at"],
        path=[_step(booked, told, titles) for booked in _path.decode(row["path"])],
        links=_links(row),
    )


def _step(booked: Booked, told: Mapping[str, str], titles: Titles) -> PathStep:
    step = booked.step
    return PathStep(
        from_=step.from_state,
        to=step.to_state,
        to_title=titles.state(KIND, step.to_state) or step.to_state,
        occurred_at=from_ms(step.occurred_ms),
        reason=titles.reason(KIND, step.reason),
        source=told.get(step.key, ""),
    )


def _links(row: Mapping[str, Any]) -> list[Link]:
    links = [
        Link(relation="forwarded_from", tracking_no=number, shipment_id=str(other))
        for number, other in row["forwarded_from"]
    ]
    if row["forwarded_to"]:
        other = row["forwarded_id"]
        shipment_id = None if other is None else str(other)
        links.append(Link(relation="forwarded_to", tracking_no=row["forwarded_to"], shipment_id=shipment_id))
    return links


def details_of_orders(connection: Connection[Any], order_ids: Sequence[int], titles: Titles) -> list[ShipmentDetail]:
    """The parcels of these orders, for the page of an order."""
    return [shipment_detail(row, titles) for row in store.details_of_orders(connection, order_ids)]
