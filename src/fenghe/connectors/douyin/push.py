"""Douyin's pushes (抖店消息推送): who may push, what is answered, and what each kind of message says about an order."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from fenghe.connectors.sales import HINT, Told, shop_of
from fenghe.connectors.scans import NotReadable, decode_json
from fenghe.connectors.signing import md5_hex, same
from fenghe.kernel.connecting import Accepted, Delivery, InboundMessage, Refused
from fenghe.logistics.events import clean_tracking_no
from fenghe.orders.snapshot import OrderLine, OrderSnapshot, Parcel

SIGN_HEADER: Final = "event-sign"
TAKEN: Final = b'{"code":0,"msg":"success"}'
NOT_TAKEN: Final = b'{"code":40041,"msg":"sign check failed"}'
PROBE: Final = "0"
"""Tag of the empty message that comes when the address is registered."""

_WHEN: Final = (
    "update_time",
    "modify_time",
    "complete_time",
    "cancel_time",
    "success_time",
    "close_time",
    "agree_time",
    "apply_time",
    "pay_time",
    "create_time",
)
"""When it happened, by the names the kinds of messages have for it."""


def event_sign(app_key: str, body: bytes, app_secret: str) -> str:
    """Lower hex MD5 over the key, the raw body and the secret."""
    return md5_hex(app_key, body, app_secret)


def check(delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
    """The event-sign is right for our app; the whole batch is answered at once."""
    key, secret = secrets.get("app_key", ""), secrets.get("app_secret", "")
    told = delivery.headers.get(SIGN_HEADER)
    if not key or not secret:
        return Refused(reason="secret_not_set", reply=NOT_TAKEN)
    if not told:
        return Refused(reason="signature_missing", reply=NOT_TAKEN)
    if delivery.headers.get("app-id", key) != key:
        return Refused(reason="app_id_wrong", reply=NOT_TAKEN)
    if not same(told.lower(), event_sign(key, delivery.body, secret)):
        return Refused(reason="signature_wrong", reply=NOT_TAKEN)
    return Accepted(reply=TAKEN)


def read_message(told: Told, message: InboundMessage) -> OrderSnapshot | None:
    """What a message says about its order: a status, a parcel, a line's refund; else only a hint to ask the API."""
    tag = told.text("tag")
    if tag == PROBE:
        return None
    data = told.value.get("data")
    try:
        value = decode_json(data, "data") if isinstance(data, str) else data
    except NotReadable as problem:
        told.note("data", problem.note.expected, problem.note.got)
        return None
    inner = Told(value if isinstance(value, dict) else {}, item=told.item, notes=told.notes, path="data.")
    order_no = inner.id("p_id")
    refund = tag.startswith("2") and bool(inner.id("s_id")) and bool(inner.text("aftersale_status"))
    if not order_no or not (refund or inner.text("order_status") not in ("", "0")):
        told.note("tag", "an order with its status", f"{tag} {order_no}".strip(), code=HINT)
        return None
    when = _when(told, inner)
    shop = shop_of(message, inner.id("shop_id"))
    if refund:
        return _refund(inner, order_no, shop, when)
    return _status(inner, order_no, shop, when)


def _when(told: Told, inner: Told) -> datetime | None:
    """The message's own time; where it has none (110), the one in its id, `order:_:tag:time:_`."""
    said = inner.moment(*_WHEN)
    parts = told.text("msg_id").split(":")
    if said or len(parts) < 4 or parts[2] != told.text("tag") or len(parts[3]) != 10 or not parts[3].isdigit():
        return said
    return Told({"msg_id": parts[3]}, item=told.item, notes=told.notes).moment("msg_id")


def _status(inner: Told, order_no: str, shop: str, when: datetime | None) -> OrderSnapshot:
    status = inner.text("order_status")
    shipped = status in ("3", "101")
    return OrderSnapshot(
        channel="douyin",
        shop=shop,
        order_no=order_no,
        codes="douyin",
        item=inner.item,
        status_code=f"order_status:{status}",
        modified_at=when,
        created_at=inner.moment("create_time"),
        paid_at=inner.moment("pay_time"),
        finished_at=inner.moment("complete_time", "cancel_time"),
        total_minor=inner.fen("total_amount"),
        paid_minor=inner.fen("pay_amount"),
        post_minor=inner.fen("post_amount"),
        parcels=tuple(_parcels(inner)) if shipped else (),
        facts=inner.facts("cancel_reason", "pay_type"),
    )


def _parcels(inner: Told) -> list[Parcel]:
    """Parcels of a shipping message: in itself, or in what it carries about logistics."""
    places = [inner, inner.inner("logistics_msg"), *_each_if_list(inner, "logistics_msg")]
    numbered = [(clean_tracking_no(one.text("logistics_code", "tracking_no")), one) for one in places]
    return [
        Parcel(tracking_no=number, carrier_name=one.text("company_name", "express_company_id"))
        for number, one in numbered
        if number
    ]


def _each_if_list(inner: Told, name: str) -> list[Told]:
    return inner.each(name) if isinstance(inner.value.get(name), list) else []


def _refund(inner: Told, order_no: str, shop: str, when: datetime | None) -> OrderSnapshot:
    number = inner.id("aftersale_id")
    told = inner.fen("refund_amount")
    facts = {f"aftersale.{number}.line": inner.id("s_id")} | inner.facts("aftersale_type", "reason_code")
    if told is not None:
        facts[f"aftersale.{number}.refund_minor"] = str(told)
    line = OrderLine(line_no=inner.id("s_id"), refund_code=inner.code("aftersale_status"))
    return OrderSnapshot(
        channel="douyin",
        shop=shop,
        order_no=order_no,
        codes="douyin",
        item=inner.item,
        modified_at=when,
        lines=(line,),
        facts=facts,
    )
