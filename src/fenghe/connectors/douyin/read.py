"""Douyin orders (抖店订单) as snapshots: amounts in fen, Unix seconds, a parent order with its sub-orders."""

from collections.abc import Mapping
from typing import Any

from fenghe.connectors.douyin.push import read_message
from fenghe.connectors.sales import Told, distinct, joined, read_orders, refuse_error, shop_of
from fenghe.connectors.scans import NotReadable, text_of
from fenghe.kernel.connecting import InboundMessage, Reading
from fenghe.logistics.events import clean_tracking_no
from fenghe.orders.snapshot import OrderLine, OrderSnapshot, Parcel

MORE_EXACT = ("103", "21", "22", "39")
"""Values of main_status that say more than order_status does: part paid, and the refunded ends."""
FACTS = (
    "main_status",
    "promotion_shop_amount",
    "promotion_platform_amount",
    "promotion_talent_amount",
    "promotion_pay_amount",
    "pay_type",
    "biz",
    "cancel_reason",
    "buyer_words",
    "shop_name",
)


def read(message: InboundMessage) -> Reading:
    """Every message of a push, or every order of an API answer or a list."""
    return read_orders(message, _unwrap, _read_one)


def fits(document: Any) -> bool:
    """Whether a document reads like a Douyin push, order, or answer about orders."""
    if isinstance(document, list):
        return bool(document) and fits(document[0])
    if not isinstance(document, dict):
        return False
    data = document.get("data")
    names = set(document) | (set(data) if isinstance(data, dict) else set())
    return bool(names & {"shop_order_list", "shop_order_detail", "sku_order_list"}) or {"tag", "data"} <= names


def _unwrap(document: Any) -> list[Any]:
    refuse_error(document)
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        raise NotReadable("body", "an order or a list of messages", text_of(document))
    code = text_of(document.get("code"))
    if code not in ("", "10000", "0") and "tag" not in document:
        said = " ".join(text_of(document.get(name)) for name in ("code", "msg", "sub_code", "sub_msg"))
        raise NotReadable("code", "10000", said.strip(), "api_error")
    if "tag" in document or "sku_order_list" in document or "order_id" in document:
        return [document]
    data = document.get("data", document)
    answer: Mapping[str, Any] = data if isinstance(data, dict) else {}
    if isinstance(answer.get("shop_order_list"), list):
        return list(answer["shop_order_list"])
    if isinstance(answer.get("shop_order_detail"), dict):
        return [answer["shop_order_detail"]]
    if text_of(answer.get("total")) == "0":
        return []
    raise NotReadable("data", "shop_order_list, shop_order_detail or a list of messages", ", ".join(list(answer)[:10]))


def _read_one(told: Told, message: InboundMessage) -> OrderSnapshot | None:
    return read_message(told, message) if "tag" in told.value else _order(told, message)


def _order(told: Told, message: InboundMessage) -> OrderSnapshot | None:
    order_no = told.id("order_id")
    if not order_no:
        told.note("order_id", "the number of the order", told.text("order_id") or "nothing")
        return None
    lines = told.each("sku_order_list")
    return OrderSnapshot(
        channel="douyin",
        shop=shop_of(message, told.id("shop_id")),
        order_no=order_no,
        codes="douyin",
        item=told.item,
        status_code=told.code("main_status" if told.text("main_status") in MORE_EXACT else "order_status"),
        modified_at=told.moment("update_time"),
        created_at=told.moment("create_time"),
        paid_at=told.moment("pay_time"),
        shipped_at=told.moment("ship_time"),
        finished_at=told.moment("finish_time"),
        promised_ship_at=told.moment("exp_ship_time"),
        total_minor=told.fen("order_amount"),
        paid_minor=told.fen("pay_amount"),
        post_minor=told.fen("post_amount"),
        discount_minor=told.fen("promotion_amount"),
        payment_no=told.id("channel_payment_no"),
        order_type=_order_type(told, lines),
        buyer=told.text("doudian_open_id", "open_id"),
        receiver_name=told.text("mask_post_receiver", "post_receiver"),
        receiver_phone=told.text("mask_post_tel", "post_tel"),
        receiver_region=_region(told),
        receiver_address=told.inner("mask_post_addr").text("detail") or told.inner("post_addr").text("detail"),
        remark=told.text("seller_words"),
        lines=tuple(line for one in lines if (line := _line(one))),
        parcels=distinct(parcel for one in told.each("logistics_info") if (parcel := _parcel(one))),
        facts=told.facts(*FACTS) | _line_facts(lines),
    )


def _order_type(told: Told, lines: list[Told]) -> str:
    if any(one.text("pre_sale_type") in ("1", "2") for one in lines):
        return "presale"
    kind = told.text("order_type")
    return "normal" if kind == "0" else told.text("order_type_desc") or kind


def _region(told: Told) -> str:
    for name in ("mask_post_addr", "post_addr"):
        address = told.inner(name)
        if region := joined(address.inner(part).text("name") for part in ("province", "city", "town", "street")):
            return region
    return ""


def _line(told: Told) -> OrderLine | None:
    line_no = told.id("order_id")
    if not line_no:
        told.note("order_id", "the number of the sub-order", told.text("order_id") or "nothing")
        return None
    refund = told.inner("after_sale_info").text("after_sale_status")
    return OrderLine(
        line_no=line_no,
        item_id=told.id("product_id_str", "product_id"),
        sku_id=told.id("sku_id"),
        outer_sku_id=told.text("code", "out_sku_id", "out_product_id"),
        title=told.text("product_name"),
        spec=joined((f"{one.text('name')}:{one.text('value')}" for one in told.each("spec")), ";"),
        quantity=told.count("item_num"),
        price_minor=told.fen("origin_amount"),
        paid_minor=told.fen("pay_amount"),
        status_code=told.code("order_status"),
        refund_code=f"aftersale_status:{refund}" if refund else None,
    )


def _line_facts(lines: list[Told]) -> dict[str, str]:
    """That the money of a refund moved is a second fact beside the state of the case."""
    facts: dict[str, str] = {}
    for one in lines:
        number, status = one.id("order_id"), one.inner("after_sale_info").text("refund_status")
        if status not in ("", "0"):
            facts[f"line.{number}.refund_status"] = status
        if one.id("author_id"):
            facts[f"line.{number}.author_id"] = one.id("author_id")
    return facts


def _parcel(told: Told) -> Parcel | None:
    number = clean_tracking_no(told.text("tracking_no"))
    if not number:
        return None
    return Parcel(
        tracking_no=number, carrier_name=told.text("company_name", "company"), shipped_at=told.moment("ship_time")
    )
