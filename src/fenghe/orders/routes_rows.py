"""An order as the screens are told it (订单内容): the row and the page; personal data covered where it must be."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from fenghe.kernel.cases.rows import CaseRow
from fenghe.kernel.people.masking import mask_address, mask_name, mask_phone
from fenghe.kernel.timeline import AuditItem, TimelineItem
from fenghe.kernel.titles import Titles
from fenghe.kernel.values import Money

KIND: Final = "order"
_NUMBERS: Final = re.compile(r"\d[\d -]{5,}\d")


class ShipmentBrief(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel on its order's row."""

    id: str
    tracking_no: str
    carrier: str
    carrier_title: str
    state: str
    state_title: str
    rank: int | None
    held: bool
    silent: bool
    """The mark 物流异常待跟进."""
    last_event_at: datetime | None


class OrderClock(msgspec.Struct, frozen=True, kw_only=True):
    """The promise that is due first, and the money at risk on all that run; `risk` null: nobody told what it costs."""

    stage: str
    stage_title: str
    due_at: datetime
    warn_at: datetime
    risk: Money | None


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order in the list."""

    id: str
    channel: str
    channel_title: str
    shop: str
    order_no: str
    state: str
    state_title: str
    status_code: str | None
    paid: Money | None
    receiver_region: str
    receiver_name: str
    line_count: int
    first_title: str
    created_at: datetime | None
    paid_at: datetime | None
    shipped_at: datetime | None
    promised_ship_at: datetime | None
    shipments: Sequence[ShipmentBrief]
    open_cases: int
    order_type: str
    updated_at: datetime
    clock: OrderClock | None


class OrderLineItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line as its channel tells it."""

    line_no: str
    sku_id: str
    item_id: str
    outer_sku_id: str
    title: str
    spec: str
    quantity: int | None
    price: Money | None
    paid: Money | None
    status_code: str | None
    refund_code: str | None


class OrderFull(OrderRow, frozen=True, kw_only=True):
    """An order with everything its channel told."""

    total: Money | None
    post: Money | None
    discount: Money | None
    refunded: Money | None
    payment_no: str
    receiver_phone: str
    receiver_address: str
    remark: str
    finished_at: datetime | None
    lines: Sequence[OrderLineItem]
    covered: bool
    """Personal data is covered: the reader has no right to it."""


class OrderDetail(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the page of one order."""

    order: OrderFull
    shipments: Sequence[Any]
    timeline: Sequence[TimelineItem]
    audit: Sequence[AuditItem]
    cases: Sequence[CaseRow]


class ParcelThen(msgspec.Struct, frozen=True, kw_only=True):
    """What was believed of a parcel."""

    id: str
    tracking_no: str
    state: str
    state_title: str


class AsOf(msgspec.Struct, frozen=True, kw_only=True):
    """What was believed of an order and its parcels at a moment."""

    at: datetime
    state: str
    state_title: str
    shipments: Sequence[ParcelThen]


def parcel_brief(row: Mapping[str, Any], titles: Titles) -> ShipmentBrief:
    """A row of `store_queries.parcels_of` in the screens' words."""
    return ShipmentBrief(
        id=str(row["id"]),
        tracking_no=row["tracking_no"],
        carrier=row["carrier"] or "",
        carrier_title=titles.carrier(row["carrier"]),
        state=row["state"],
        state_title=titles.state("shipment", row["state"]) or row["state"],
        rank=row["rank"],
        held=row["held"] is not None,
        silent=row["silent"],
        last_event_at=row["last_event_at"],
    )


def order_row(
    row: Mapping[str, Any], *, parcels: Sequence[ShipmentBrief], open_cases: int, clear: bool, titles: Titles
) -> OrderRow:
    """A row of the list in the screens' words; `clear`: the reader may see personal data."""
    return OrderRow(**_common(row, parcels=parcels, open_cases=open_cases, clear=clear, titles=titles))


def order_full(
    row: Mapping[str, Any], *, parcels: Sequence[ShipmentBrief], open_cases: int, clear: bool, titles: Titles
) -> OrderFull:
    """The page's head."""
    return OrderFull(
        **_common(row, parcels=parcels, open_cases=open_cases, clear=clear, titles=titles),
        total=_money(row, "total_minor"),
        post=_money(row, "post_minor"),
        discount=_money(row, "discount_minor"),
        refunded=_money(row, "refunded_minor"),
        payment_no=row["payment_no"],
        receiver_phone=row["receiver_phone"] if clear else mask_phone(row["receiver_phone"]),
        receiver_address=row["receiver_address"] if clear else mask_address(row["receiver_address"]),
        remark=row["remark"] if clear else _NUMBERS.sub(lambda found: mask_phone(found[0]), row["remark"]),
        finished_at=row["finished_at"],
        lines=[_line(line, row["currency"]) for line in row["lines"]],
        covered=not clear,
    )


def _common(
    row: Mapping[str, Any], *, parcels: Sequence[ShipmentBrief], open_cases: int, clear: bool, titles: Titles
) -> dict[str, Any]:
    same = (
        "channel", "shop", "order_no", "state", "status_code", "receiver_region", "line_count", "first_title",
        "created_at", "paid_at", "shipped_at", "promised_ship_at", "order_type", "updated_at",
    )  # fmt: skip
    return {
        **{name: row[name] for name in same},
        "id": str(row["id"]),
        "channel_title": titles.channel(row["channel"]),
        "state_title": titles.state(KIND, row["state"]),
        "paid": _money(row, "paid_minor"),
        "receiver_name": row["receiver_name"] if clear else mask_name(row["receiver_name"]),
        "shipments": parcels,
        "open_cases": open_cases,
        "clock": _clock(row, titles),
    }


def _clock(row: Mapping[str, Any], titles: Titles) -> OrderClock | None:
    """None while no promise runs."""
    stage, due_at = row["clock_stage"], row["clock_due_at"]
    if stage is None or due_at is None:
        return None
    return OrderClock(
        stage=stage,
        stage_title=titles.reason(KIND, f"promise_{stage}"),
        due_at=due_at,
        warn_at=row["clock_warn_at"] or due_at,
        risk=_money(row, "clock_risk_minor"),
    )


def _money(row: Mapping[str, Any], name: str) -> Money | None:
    amount_minor = row[name]
    return None if amount_minor is None else Money(currency=row["currency"], amount_minor=amount_minor)


def _line(line: Mapping[str, Any], currency: str) -> OrderLineItem:
    priced = {"currency": currency, "price": line.get("price_minor"), "paid": line.get("paid_minor")}
    return OrderLineItem(
        **{name: str(line.get(name, "")) for name in ("line_no", "sku_id", "item_id", "outer_sku_id", "title", "spec")},
        quantity=line.get("quantity"),
        price=_money(priced, "price"),
        paid=_money(priced, "paid"),
        status_code=line.get("status_code"),
        refund_code=line.get("refund_code"),
    )
