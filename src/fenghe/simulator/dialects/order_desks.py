"""The channels' order queries in the sandbox (沙箱订单接口): TOP, PDD, Douyin and JD, each with its own signature and errors.

Signatures are worked out here anew, not borrowed from the connectors: the two must agree by the platforms' documents.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from fenghe.connectors.scans import NotReadable, decode_json
from fenghe.kernel.values import CHINA
from fenghe.simulator.till import Sold

WINDOW: Final = timedelta(minutes=10)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What a shop was given to call its platform with."""

    key: str
    secret: str
    token: str

    def settings(self, channel: str) -> tuple[dict[str, str], dict[str, str]]:
        """(plain settings, secrets) as the merchant fills them in."""
        if channel == "pdd":
            return {"client_id": self.key}, {"client_secret": self.secret, "access_token": self.token}
        name = "session" if channel == "taobao" else "access_token"
        return {"app_key": self.key}, {"app_secret": self.secret, name: self.token}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A call as it arrived."""

    path: str
    query: str
    body: bytes


Orders = Mapping[str, Sold]


def answer(channel: str, asked: Asked, *, access: Access, orders: Orders, wall: datetime) -> bytes:
    """The platform's answer; its HTTP status is 200 whatever it says."""
    told = {"taobao": _top, "pdd": _pdd, "douyin": _douyin, "jd": _jd}[channel](asked, access, orders, wall)
    return _ENCODER.encode(told)


def _form(asked: Asked) -> dict[str, str]:
    return dict(parse_qsl(f"{asked.query}&{asked.body.decode()}", keep_blank_values=True))


def _same(told: str, computed: str) -> bool:
    return hmac.compare_digest(told.encode(), computed.encode())


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _exact(fen: int) -> Decimal:
    """PDD writes yuan as JSON numbers."""
    return Decimal(fen).scaleb(-2)


# ── TOP ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _top(asked: Asked, access: Access, orders: Orders, wall: datetime) -> dict[str, Any]:
    params = _form(asked)
    if params.get("app_key") != access.key:
        return _top_error(29, "Invalid app Key", "isv.appkey-not-exists")
    said = "".join(f"{name}{params[name]}" for name in sorted(params) if params[name] and name != "sign")
    if params.get("sign_method") == "md5":
        computed = hashlib.md5((access.secret + said + access.secret).encode(), usedforsecurity=False).hexdigest()
    else:
        method = hashlib.md5 if params.get("sign_method") == "hmac" else hashlib.sha256
        computed = hmac.new(access.secret.encode(), said.encode(), method).hexdigest()
    if not _same(params.get("sign", ""), computed.upper()):
        return _top_error(25, "Invalid signature", "isv.invalid-signature")
    try:
        moment = datetime.strptime(params.get("timestamp", ""), "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
    except ValueError:
        return _top_error(31, "Invalid timestamp", "isv.invalid-timestamp")
    if abs(wall - moment) > WINDOW:
        return _top_error(31, "Invalid timestamp", "isv.invalid-timestamp")
    if params.get("session") != access.token:
        return _top_error(27, "Invalid session", "invalid-sessionkey")
    if params.get("method") != "taobao.trade.fullinfo.get":
        return _top_error(22, "Invalid method", "isv.invalid-method")
    order = orders.get(params.get("tid", ""))
    if order is None:
        return _top_error(15, "Remote service error", "isv.trade-not-exist", "交易不存在或不属于该卖家")
    return {"trade_fullinfo_get_response": {"trade": _trade(order), "request_id": "sim"}}


def _top_error(code: int, msg: str, sub_code: str, sub_msg: str = "") -> dict[str, Any]:
    told = {"code": code, "msg": msg, "sub_code": sub_code, "sub_msg": sub_msg, "request_id": "sim"}
    return {"error_response": {name: value for name, value in told.items() if value != ""}}


def _trade(order: Sold) -> dict[str, Any]:
    status = "TRADE_CLOSED" if order.cancelled_at else "WAIT_SELLER_SEND_GOODS"
    line = {
        "oid": order.order_no, "num_iid": 725654838001, "title": order.title, "num": 1, "price": _yuan(order.due_minor),
        "payment": _yuan(order.due_minor), "divide_order_fee": _yuan(order.due_minor), "status": status,
        "refund_status": "NO_REFUND",
    }  # fmt: skip
    return {
        "tid": order.order_no,
        "status": status,
        "seller_nick": "安可数码旗舰店",
        "created": _text(order.created_at),
        "pay_time": _text(order.paid_at),
        "modified": _text(order.cancelled_at or order.paid_at),
        "payment": _yuan(order.due_minor),
        "total_fee": _yuan(order.due_minor),
        "post_fee": "0.00",
        "discount_fee": "0.00",
        "orders": {"order": [line]},
    }


# ── PDD ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _pdd(asked: Asked, access: Access, orders: Orders, wall: datetime) -> dict[str, Any]:
    params = _form(asked)
    said = "".join(f"{name}{params[name]}" for name in sorted(params) if name != "sign")
    computed = hashlib.md5((access.secret + said + access.secret).encode(), usedforsecurity=False).hexdigest().upper()
    if params.get("client_id") != access.key or not _same(params.get("sign", ""), computed):
        return _pdd_error(20004, "签名sign校验失败")
    if not params.get("timestamp", "").isdigit() or abs(wall.timestamp() - int(params["timestamp"])) > 600:
        return _pdd_error(20002, "timestamp参数错误")
    if params.get("access_token") != access.token:
        return _pdd_error(10019, "access_token已过期")
    if params.get("type") != "pdd.order.information.get":
        return _pdd_error(20031, "用户没有授权访问此接口")
    order = orders.get(params.get("order_sn", ""))
    if order is None:
        return _pdd_error(50000, "业务服务错误", "50000", "订单不存在")  # its own code for it is not published
    return {"order_info_get_response": {"order_info": _info(order)}}


def _pdd_error(code: int, words: str, sub_code: str = "", sub_msg: str = "") -> dict[str, Any]:
    told = {"error_code": code, "error_msg": words, "sub_code": sub_code, "sub_msg": sub_msg, "request_id": "sim"}
    return {"error_response": told}


def _info(order: Sold) -> dict[str, Any]:
    goods = {
        "goods_id": "604123456001", "sku_id": "1412345678001", "goods_name": order.title, "goods_spec": "黑色",
        "goods_price": _exact(order.due_minor), "goods_count": 1,
    }  # fmt: skip
    return {
        "order_sn": order.order_no,
        "order_status": 1,
        "refund_status": 4 if order.cancelled_at else 1,
        "after_sales_status": 0,
        "confirm_status": 1,
        "group_status": 1,
        "risk_control_status": 0,
        "created_time": _text(order.created_at),
        "pay_time": _text(order.paid_at),
        "confirm_time": _text(order.paid_at),
        "updated_at": _text(order.cancelled_at or order.paid_at),
        "goods_amount": _exact(order.due_minor),
        "discount_amount": 0,
        "pay_amount": _exact(order.due_minor),
        "postage": 0,
        "item_list": [goods],
    }


# ── Douyin ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _douyin(asked: Asked, access: Access, orders: Orders, wall: datetime) -> dict[str, Any]:
    query = dict(parse_qsl(asked.query, keep_blank_values=True))
    body = asked.body.decode()
    said = "".join(f"{name}{query.get(name, '')}" for name in ("app_key", "method"))
    said += f"param_json{body}timestamp{query.get('timestamp', '')}v{query.get('v', '')}"
    text = (access.secret + said + access.secret).encode()
    computed = hmac.new(access.secret.encode(), text, hashlib.sha256).hexdigest()
    if query.get("app_key") != access.key or not _same(query.get("sign", ""), computed):
        return _douyin_error("isv.signature-invalid", "签名校验失败")
    if not query.get("timestamp", "").isdigit() or abs(wall.timestamp() - int(query["timestamp"])) > 600:
        return _douyin_error("isv.parameter-invalid", "timestamp 不在有效期")
    if query.get("access_token") != access.token:
        return _douyin_error("isv.access-token-expired", "access_token 已过期")
    try:
        told = decode_json(asked.body)
    except NotReadable:
        return _douyin_error("isv.parameter-invalid", "param_json 不是 JSON")
    order = orders.get(str(told.get("shop_order_id", ""))) if query.get("method") == "order.orderDetail" else None
    if order is None:
        return {**_douyin_error("isv.parameter-invalid:20014", "查询订单不存在"), "code": 40004, "msg": "非法的参数"}
    return {"code": 10000, "msg": "success", "data": {"shop_order_detail": _detail(order)}, "log_id": "sim"}


def _douyin_error(sub_code: str, words: str) -> dict[str, Any]:
    return {"code": 50002, "msg": "业务处理失败", "sub_code": sub_code, "sub_msg": words, "log_id": "sim", "data": None}


def _detail(order: Sold) -> dict[str, Any]:
    status = 4 if order.cancelled_at else 2
    line = {
        "order_id": order.order_no, "parent_order_id": order.order_no, "product_id": 3600000000000000001,
        "product_name": order.title, "item_num": 1, "origin_amount": order.due_minor, "order_amount": order.due_minor,
        "pay_amount": order.due_minor, "order_status": status,
    }  # fmt: skip
    return {
        "order_id": order.order_no,
        "shop_name": "喵星补给站",
        "order_status": status,
        "create_time": int(order.created_at.timestamp()),
        "pay_time": int(order.paid_at.timestamp()),
        "update_time": int((order.cancelled_at or order.paid_at).timestamp()),
        "order_amount": order.due_minor,
        "pay_amount": order.due_minor,
        "post_amount": 0,
        "sku_order_list": [line],
    }


# ── JD ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


JD_WINDOW: Final = timedelta(minutes=6)


def _jd(asked: Asked, access: Access, orders: Orders, wall: datetime) -> dict[str, Any]:
    params = _form(asked)
    if params.get("app_key") != access.key:
        return _jd_error("10", "无效的 app_key", "Invalid app_key")
    signed = ("360buy_param_json", "access_token", "app_key", "method", "timestamp", "v")
    said = "".join(f"{name}{params[name]}" for name in sorted(signed) if name in params)
    computed = hashlib.md5((access.secret + said + access.secret).encode(), usedforsecurity=False).hexdigest().upper()
    if not _same(params.get("sign", ""), computed):
        return _jd_error("12", "无效签名", "Invalid signature")
    try:
        moment = datetime.strptime(params.get("timestamp", ""), "%Y-%m-%d %H:%M:%S.%f%z")
    except ValueError:
        return _jd_error("15", "无效时间戳", "Invalid timestamp")
    if abs(wall - moment) > JD_WINDOW:
        return _jd_error("15", "无效时间戳", "Invalid timestamp")
    if params.get("access_token") != access.token:
        return _jd_error("19", "无效 access_token", "Invalid access_token")
    if params.get("method") != "jingdong.pop.order.get":
        return _jd_error("21", "无效方法", "Invalid method")
    try:
        told = decode_json(params.get("360buy_param_json", ""))
    except NotReadable:
        return _jd_error("28", "业务参数不是 JSON", "Invalid 360buy_param_json")
    named = set(str(told.get("optional_fields", "")).split(",")) if isinstance(told, dict) else set()
    order = orders.get(str(told.get("order_id", ""))) if isinstance(told, dict) else None
    detail: dict[str, Any] = {"apiResult": _jd_result(order is not None)}
    if order is not None:
        detail["orderInfo"] = {name: one for name, one in _order_info(order).items() if name in named}
    return {"jingdong_pop_order_get_responce": {"code": "0", "orderDetailInfo": detail}}


def _jd_result(found: bool) -> dict[str, Any]:
    """JD's number for an order that it does not have is not published; a client has to live with not knowing it."""
    if found:
        return {"success": True, "chineseErrCode": "成功", "englishErrCode": "success", "numberCode": 0}
    return {"success": False, "chineseErrCode": "没有查询到订单", "englishErrCode": "order not found", "numberCode": -1}


def _jd_error(code: str, words: str, english: str) -> dict[str, Any]:
    return {"error_response": {"code": code, "zh_desc": words, "en_desc": english}}


def _order_info(order: Sold) -> dict[str, Any]:
    """Text in yuan; only what is named in `optional_fields` is told."""
    line = {
        "skuId": "100012345678", "outerSkuId": "", "skuName": order.title, "jdPrice": _yuan(order.due_minor), "itemTotal": "1",
        "wareId": "10001234567890", "productNo": "",
    }  # fmt: skip
    return {
        "orderId": order.order_no,
        "venderId": "10012345",
        "payType": "4-在线支付",
        "orderTotalPrice": _yuan(order.due_minor),
        "orderSellerPrice": _yuan(order.due_minor),
        "orderPayment": _yuan(order.due_minor),
        "freightPrice": "0.00",
        "sellerDiscount": "0.00",
        "orderState": "TRADE_CANCELED" if order.cancelled_at else "WAIT_SELLER_STOCK_OUT",
        "orderStateRemark": "已取消" if order.cancelled_at else "等待出库",
        "orderStartTime": _text(order.created_at),
        "orderEndTime": "",
        "paymentConfirmTime": _text(order.paid_at),
        "modified": _text(order.cancelled_at or order.paid_at),
        "itemInfoList": [line],
        "pin": "jd_xxx",
    }
