"""Taobao trades (淘宝交易) as snapshots: yuan in text, times in China's, lists wrapped twice, states per sub-order."""

from typing import Any

from fenghe.connectors.sales import HINT, Told, distinct, joined, read_orders, refuse_error, shop_of
from fenghe.connectors.scans import NotReadable, decode_json, text_of
from fenghe.kernel.connecting import InboundMessage, Reading
from fenghe.logistics.events import clean_tracking_no
from fenghe.orders.snapshot import OrderLine, OrderSnapshot, Parcel

ORDER_TYPES = {
    "fixed": "normal",
    "auction": "normal",
    "guarantee_trade": "normal",
    "ec": "normal",
    "tmall_i18n": "cross_border",
    "step": "presale",
    "nopaid": "presale",
    "cod": "cod",
}
STEPS = ("FRONT_PAID_FINAL_NOPAID", "FRONT_PAID_FRONT_FORFEITED")
"""Steps of a presale that say more than the trade's own status does."""
FACTS = (
    "received_payment",
    "available_confirm_fee",
    "commission_fee",
    "seller_cod_fee",
    "platform_subsidy_fee",
    "adjust_fee",
    "step_trade_status",
    "step_paid_fee",
    "cod_status",
    "trade_from",
    "buyer_message",
    "oaid",
    "est_con_time",
    "promise_collect_time",
)


def read(message: InboundMessage) -> Reading:
    """Every trade of an API answer, of a list, or of TMC messages."""
    return read_orders(message, _unwrap, _read_one)


def fits(document: Any) -> bool:
    """Whether a document reads like a Taobao trade or an answer about trades."""
    if not isinstance(document, dict):
        return isinstance(document, list) and bool(document) and fits(document[0])
    names = set(document)
    wrapped = any(name.endswith("_response") for name in _inside(document))
    return wrapped or {"tid", "orders"} <= names or {"tid", "status"} <= names or {"topic", "content"} <= names


def _inside(document: dict[str, Any]) -> list[str]:
    words = ("trade_", "trades_", "tmc_")
    return [name for name in document if name.startswith(words)]


def _unwrap(document: Any) -> list[Any]:
    refuse_error(document)
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        raise NotReadable("body", "a trade or a list of trades", text_of(document))
    for name in _inside(document):
        if name.endswith("_response") and isinstance(document[name], dict):
            return _listed(document[name])
    if "tid" in document or "topic" in document:
        return [document]
    return _listed(document)


def _listed(answer: dict[str, Any]) -> list[Any]:
    """The trades of an answer; a list may be wrapped once more, and one with nothing in it may be left out."""
    if "trade" in answer:
        return [answer["trade"]]
    for name, inner in (("trades", "trade"), ("messages", "tmc_message")):
        if name in answer:
            found = answer[name]
            found = found.get(inner, []) if isinstance(found, dict) else found
            return found if isinstance(found, list) else [found]
    if "total_results" in answer or "has_next" in answer or set(answer) <= {"request_id"}:
        return []
    raise NotReadable("body", "a trade, a list of trades or TMC messages", ", ".join(list(answer)[:10]))


def _read_one(told: Told, message: InboundMessage) -> OrderSnapshot | None:
    return _message(told, message) if told.text("topic") else _trade(told, message)


def _trade(told: Told, message: InboundMessage) -> OrderSnapshot | None:
    order_no = told.id("tid_str", "tid")
    if not order_no:
        told.note("tid", "the number of the trade", told.text("tid") or "nothing")
        return None
    orders = told.each("orders", "order")
    promotions = [one.yuan("discount_fee") for one in told.each("promotion_details", "promotion_detail")]
    said = [fee for fee in promotions if fee is not None]
    kind = told.text("type")
    return OrderSnapshot(
        channel="taobao",
        shop=shop_of(message, told.text("seller_nick")),
        order_no=order_no,
        codes="taobao",
        item=told.item,
        status_code=_status(told),
        modified_at=told.moment("modified"),
        created_at=told.moment("created"),
        paid_at=told.moment("pay_time"),
        shipped_at=told.moment("consign_time"),
        finished_at=told.moment("end_time"),
        total_minor=told.yuan("total_fee"),
        paid_minor=told.yuan("payment"),
        post_minor=told.yuan("post_fee"),
        discount_minor=sum(said) if said else told.yuan("discount_fee"),
        payment_no=told.id("alipay_no"),
        order_type=ORDER_TYPES.get(kind, kind),
        buyer=told.text("buyer_open_uid", "buyer_nick"),
        receiver_name=told.text("receiver_name"),
        receiver_phone=told.text("receiver_mobile", "receiver_phone"),
        receiver_region=joined(told.text(name) for name in ("receiver_state", "receiver_city", "receiver_district")),
        receiver_address=joined((told.text("receiver_town"), told.text("receiver_address"))),
        remark=told.text("seller_memo"),
        lines=tuple(line for one in orders if (line := _line(one))),
        parcels=distinct(parcel for one in (*orders, told) if (parcel := _parcel(one))),
        facts=told.facts(*FACTS),
    )


def _status(told: Told) -> str | None:
    """The trade's status; while only the deposit of a presale is paid, the step says what the status does not."""
    if told.text("step_trade_status") in STEPS and told.text("status") != "TRADE_FINISHED":
        return told.code("step_trade_status")
    return told.code("status")


def _line(told: Told) -> OrderLine | None:
    line_no = told.id("oid_str", "oid")
    if not line_no:
        told.note("oid", "the number of the sub-order", told.text("oid") or "nothing")
        return None
    refund = told.text("refund_status")
    return OrderLine(
        line_no=line_no,
        item_id=told.id("num_iid"),
        sku_id=told.id("sku_id"),
        outer_sku_id=told.text("outer_sku_id", "outer_iid"),
        title=told.text("title"),
        spec=told.text("sku_properties_name"),
        quantity=told.count("num"),
        price_minor=told.yuan("price"),
        paid_minor=told.yuan("divide_order_fee", "payment"),
        status_code=told.code("status"),
        refund_code=f"refund.status:{refund}" if refund else None,
    )


def _parcel(told: Told) -> Parcel | None:
    number = clean_tracking_no(told.text("invoice_no"))
    if not number:
        return None
    return Parcel(
        tracking_no=number, carrier_name=told.text("logistics_company"), shipped_at=told.moment("consign_time")
    )


def _message(told: Told, message: InboundMessage) -> OrderSnapshot | None:
    """A TMC message: its status counts, at the moment it was published; anything else is only a hint to ask the API."""
    topic, content = told.text("topic"), told.value.get("content")
    try:
        value = decode_json(content, "content") if isinstance(content, str) else content
    except NotReadable as problem:
        told.note("content", problem.note.expected, problem.note.got)
        return None
    inner = Told(value if isinstance(value, dict) else {}, item=told.item, notes=told.notes, path="content.")
    order_no, line_no, status = inner.id("tid"), inner.id("oid"), inner.code("status")
    if not topic.startswith("taobao_trade_") or not order_no or not status:
        told.note("topic", "a trade with its status", f"{topic} {order_no}".strip(), code=HINT)
        return None
    whole = line_no in ("", order_no)
    return OrderSnapshot(
        channel="taobao",
        shop=shop_of(message, told.text("user_nick") or inner.text("seller_nick")),
        order_no=order_no,
        codes="taobao",
        item=told.item,
        status_code=status if whole else None,
        modified_at=inner.moment("modified") or told.moment("pub_time"),
        paid_minor=inner.yuan("payment") if whole else None,
        post_minor=inner.yuan("post_fee") if whole else None,
        lines=() if whole else (OrderLine(line_no=line_no, status_code=status),),
        facts={"topic": topic},
    )
