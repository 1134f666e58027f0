"""PDD orders (拼多多订单) as snapshots: yuan as JSON numbers; the shipping status alone does not let one ship."""

from collections.abc import Iterable, Mapping
from typing import Any

from fenghe.connectors.sales import HINT, Told, distinct, joined, read_orders, refuse_error, shop_of
from fenghe.connectors.scans import NotReadable, text_of
from fenghe.kernel.connecting import InboundMessage, Reading
from fenghe.logistics.events import clean_tracking_no
from fenghe.orders.mapping import OrderState
from fenghe.orders.snapshot import OrderLine, OrderSnapshot, Parcel

MAY_SHIP = {"confirm_status": "1", "group_status": "1", "risk_control_status": "0", "refund_status": "1"}
"""What must all be said before order_status 1 (待发货) means that the order may be shipped."""
FACTS = (
    "confirm_status",
    "group_status",
    "risk_control_status",
    "refund_status",
    "after_sales_status",
    "platform_discount",
    "seller_discount",
    "capital_free_discount",
    "pay_type",
    "confirm_time",
    "logistics_id",
    "buyer_memo",
    "group_order_id",
)
PARCEL_LISTS = ("extra_delivery_list", "gift_delivery_list", "resend_delivery_list")


def read(message: InboundMessage) -> Reading:
    """Every order of an API answer, of a list, or of PMC frames."""
    return read_orders(message, _unwrap, _read_one)


def fits(document: Any) -> bool:
    """Whether a document reads like a PDD order or an answer about orders."""
    if not isinstance(document, dict):
        return isinstance(document, list) and bool(document) and fits(document[0])
    wrapped = any(name.startswith("order_") and name.endswith("_response") for name in document)
    return wrapped or "order_sn" in document or {"commandType", "message"} <= set(document)


def _unwrap(document: Any) -> list[Any]:
    refuse_error(document, code="error_code", text="error_msg")
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        raise NotReadable("body", "an order or a list of orders", text_of(document))
    inside = [inner for name, inner in document.items() if name.endswith("_response") and isinstance(inner, dict)]
    answer = inside[0] if inside else document
    for name in ("order_list", "order_sn_list"):
        if isinstance(answer.get(name), list):
            return list(answer[name])
    if isinstance(answer.get("order_info"), dict):
        return [answer["order_info"]]
    if "order_sn" in answer or "commandType" in answer or "mallID" in answer:
        return [answer]
    if inside and "total_count" in answer:
        return []
    raise NotReadable("body", "an order, a list of orders or PMC frames", ", ".join(list(answer)[:10]))


def _read_one(told: Told, message: InboundMessage) -> OrderSnapshot | None:
    if told.text("commandType") or told.text("mallID"):
        _hint(told)
        return None
    order_no = told.id("order_sn")
    if not order_no:
        told.note("order_sn", "the number of the order", told.text("order_sn") or "nothing")
        return None
    presale = told.text("is_pre_sale") == "1" or told.text("trade_type") == "1"
    return OrderSnapshot(
        channel="pdd",
        shop=shop_of(message, told.text("mall_id")),
        order_no=order_no,
        codes="pdd",
        item=told.item,
        status_code=told.code("order_status"),
        status_state=_state(told),
        modified_at=told.moment("updated_at"),
        created_at=told.moment("created_time"),
        paid_at=told.moment("pay_time"),
        shipped_at=told.moment("shipping_time"),
        finished_at=told.moment("receive_time"),
        promised_ship_at=told.moment("last_ship_time"),
        total_minor=told.yuan("goods_amount"),
        paid_minor=told.yuan("pay_amount"),
        post_minor=told.yuan("postage"),
        discount_minor=told.yuan("discount_amount"),
        payment_no=told.id("pay_no"),
        order_type="presale" if presale else "normal",
        receiver_name=told.text("receiver_name_mask", "receiver_name"),
        receiver_phone=told.text("receiver_phone_mask", "contact_mobile", "receiver_phone"),
        receiver_region=joined(told.text(name) for name in ("province", "city", "town")),
        receiver_address=told.text("receiver_address_mask", "address_mask", "receiver_address", "address"),
        remark=told.text("remark"),
        lines=tuple(_lines(told)),
        parcels=_parcels(told, message.config),
        facts=told.facts(*FACTS),
    )


def _state(told: Told) -> str | None:
    """What the fields say together where `order_status` alone would say too much; None where it says enough."""
    if told.text("confirm_status") == "2":
        return OrderState.CANCELLED.value
    if told.text("order_status") != "1":
        return None
    if told.text("group_status") == "2" or told.text("refund_status") == "4":
        return OrderState.CLOSED_REFUNDED.value
    may_ship = all(told.text(name) == needed for name, needed in MAY_SHIP.items())
    return None if may_ship else OrderState.PAID_HOLD.value


def _lines(told: Told) -> Iterable[OrderLine]:
    refund = told.code("refund_status")
    seen: dict[str, int] = {}
    for prefix, name in (("", "item_list"), ("gift:", "gift_list")):
        for one in told.each(name):
            number = prefix + (one.id("sku_id") or one.id("goods_id") or "1")
            seen[number] = seen.get(number, 0) + 1
            yield OrderLine(
                line_no=number if seen[number] == 1 else f"{number}#{seen[number]}",
                item_id=one.id("goods_id"),
                sku_id=one.id("sku_id"),
                outer_sku_id=one.text("outer_id", "outer_goods_id"),
                title=one.text("goods_name"),
                spec=one.text("goods_spec"),
                quantity=one.count("goods_count"),
                price_minor=one.yuan("goods_price"),
                refund_code=None if prefix else refund,
            )


def _parcels(told: Told, config: Mapping[str, Any]) -> tuple[Parcel, ...]:
    """The order's parcels; a carrier is a number, which the source's `logistics_companies` names."""
    names = config.get("logistics_companies")
    carriers = names if isinstance(names, Mapping) else {}
    shipped_at = told.moment("shipping_time")
    rows = [told, *(row for name in PARCEL_LISTS for row in told.each(name))]
    numbered = [(clean_tracking_no(row.text("tracking_number")), row.id("logistics_id")) for row in rows]
    return distinct(
        Parcel(
            tracking_no=number,
            carrier_name=text_of(carriers.get(carrier)),
            shipped_at=shipped_at if place == 0 else None,
        )
        for place, (number, carrier) in enumerate(numbered)
        if number
    )


def _hint(told: Told) -> None:
    """A PMC message never carries the order; a heartbeat carries nothing at all."""
    if told.text("commandType") == "HeartBeat":
        return
    inner = told.inner("message")
    kind = inner.text("type") or told.text("type")
    content = inner.text("content") or told.text("content")
    told.note("message", "an order", f"{kind} {content}".strip(), code=HINT)
