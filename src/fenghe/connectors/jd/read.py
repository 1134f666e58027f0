"""JD POP orders (京东订单) as snapshots: yuan in text, times in China's, field names in camel or in snake case."""

from collections.abc import Iterable, Mapping
from typing import Any

from fenghe.connectors.sales import HINT, Told, joined, read_orders, refuse_error, shop_of
from fenghe.connectors.scans import NotReadable, text_of
from fenghe.kernel.connecting import InboundMessage, Reading
from fenghe.logistics.events import clean_tracking_no
from fenghe.orders.snapshot import OrderLine, OrderSnapshot, Parcel

FACTS = ("orderType", "payType", "orderStateRemark", "storeOrder", "returnOrder", "deliveryType", "venderId")
_ORDERS = ("orderInfo", "orderInfoList", "order_info", "order_info_list", "orderInfos")
_DEPTH = 4


def read(message: InboundMessage) -> Reading:
    """Every order of an API answer or of a list."""
    return read_orders(message, _unwrap, _read_one)


def fits(document: Any) -> bool:
    """Whether a document reads like a JD order or an answer about orders."""
    if isinstance(document, list):
        return bool(document) and fits(document[0])
    if not isinstance(document, dict):
        return False
    wrapped = any(name.startswith("jingdong_") for name in document)
    return wrapped or {"orderId", "orderState"} <= set(document) or {"order_id", "item_info_list"} <= set(document)


def _unwrap(document: Any) -> list[Any]:
    refuse_error(document, text="zh_desc")
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        raise NotReadable("body", "an order or a list of orders", text_of(document))
    if "orderId" in document or "order_id" in document:
        return [document]
    _refuse_result(document, _DEPTH)
    found = _find(document, _DEPTH)
    if found is None:
        raise NotReadable("body", "orderInfo or orderInfoList", ", ".join(list(document)[:10]))
    return found


def _find(value: Mapping[str, Any], depth: int) -> list[Any] | None:
    """The orders, however deep the gateway has wrapped them this time."""
    for name in _ORDERS:
        match value.get(name):
            case list() as orders:
                return orders
            case dict() as order:
                return [order]
            case _:
                continue
    if {"orderTotal", "order_total"} & set(value):
        return []
    inner = (one for one in value.values() if isinstance(one, dict))
    return next((found for one in inner if depth and (found := _find(one, depth - 1)) is not None), None)


def _refuse_result(value: Mapping[str, Any], depth: int) -> None:
    """An answer may be an error inside: a code that is not 0, or an apiResult without success."""
    result = value.get("apiResult")
    if isinstance(result, dict) and text_of(result.get("success")) == "false":
        said = joined(text_of(result.get(name)) for name in ("numberCode", "englishErrCode", "chineseErrCode"))
        raise NotReadable("apiResult", "success", said, "api_error")
    if text_of(value.get("code")) not in ("", "0"):
        said = joined(text_of(value.get(name)) for name in ("code", "zh_desc", "en_desc"))
        raise NotReadable("code", "0", said, "api_error")
    for inner in value.values():
        if depth and isinstance(inner, dict):
            _refuse_result(inner, depth - 1)


def _read_one(told: Told, message: InboundMessage) -> OrderSnapshot | None:
    order_no = told.id("orderId", "order_id")
    if not order_no:
        told.note("orderId", "the number of the order", told.text("orderId", "order_id") or "nothing")
        return None
    if set(told.value) <= {"orderId", "order_id", "venderId", "pin"}:
        told.note("orderId", "an order with its state", order_no, code=HINT)
        return None
    state = told.text("orderState", "order_state")
    consignee = told.inner("consigneeInfo" if "consigneeInfo" in told.value else "consignee_info")
    return OrderSnapshot(
        channel="jd",
        shop=shop_of(message, told.id("venderId", "vender_id")),
        order_no=order_no,
        codes="jd",
        item=told.item,
        status_code=f"order_state:{state}" if state else None,
        modified_at=told.moment("modified"),
        created_at=told.moment("orderStartTime", "order_start_time"),
        paid_at=told.moment("paymentConfirmTime", "payment_confirm_time"),
        finished_at=told.moment("orderEndTime", "order_end_time"),
        total_minor=told.yuan("orderTotalPrice", "order_total_price"),
        paid_minor=told.yuan("orderPayment", "order_payment"),
        post_minor=told.yuan("freightPrice", "freight_price"),
        discount_minor=told.yuan("sellerDiscount", "seller_discount"),
        order_type=_order_type(told),
        buyer=told.text("pin", "open_id_buyer"),
        receiver_name=consignee.text("fullname"),
        receiver_phone=consignee.text("mobile", "telephone"),
        receiver_region=joined(consignee.text(name) for name in ("province", "city", "county", "town")),
        receiver_address=consignee.text("fullAddress", "full_address"),
        remark=told.text("venderRemark", "vender_remark"),
        lines=tuple(_lines(told)),
        parcels=_parcels(told, message.config),
        facts=told.facts(*FACTS) | _facts(told),
    )


def _order_type(told: Told) -> str:
    pay = told.text("payType", "pay_type")
    if pay.startswith("1-") or pay == "1":
        return "cod"
    return "normal" if pay else ""


def _facts(told: Told) -> dict[str, str]:
    words = {"goods_price": ("orderSellerPrice", "order_seller_price"), "buyer_remark": ("orderRemark", "order_remark")}
    return {name: text for name, names in words.items() if (text := told.text(*names))}


def _lines(told: Told) -> Iterable[OrderLine]:
    seen: dict[str, int] = {}
    for one in told.each("itemInfoList" if "itemInfoList" in told.value else "item_info_list"):
        sku = one.id("skuId", "sku_id")
        number = sku or one.id("wareId", "ware_id") or "1"
        seen[number] = seen.get(number, 0) + 1
        yield OrderLine(
            line_no=number if seen[number] == 1 else f"{number}#{seen[number]}",
            item_id=one.id("wareId", "ware_id"),
            sku_id=sku,
            outer_sku_id=one.text("outerSkuId", "outer_sku_id", "productNo", "product_no"),
            title=one.text("skuName", "sku_name"),
            quantity=one.count("itemTotal", "item_total"),
            price_minor=one.yuan("jdPrice", "jd_price"),
        )


def _parcels(told: Told, config: Mapping[str, Any]) -> tuple[Parcel, ...]:
    """Waybills, several in one field; the carrier is a number, which the source's `logistics_companies` names."""
    names = config.get("logistics_companies")
    carriers = names if isinstance(names, Mapping) else {}
    carrier = text_of(carriers.get(told.id("logisticsId", "logistics_id"))) or told.text("carrierName", "carrier_name")
    words = told.text("waybill", "waybillCode", "waybill_code").replace(";", ",").replace("|", ",").split(",")
    numbers = dict.fromkeys(number for word in words if (number := clean_tracking_no(word)))
    return tuple(Parcel(tracking_no=number, carrier_name=carrier) for number in numbers)
