"""Signed calls to JD's gateway (京东开放平台), the one with the signature in the form."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from fenghe.connectors.signing import md5_hex
from fenghe.kernel.connecting import Request
from fenghe.kernel.values import CHINA

GATEWAY: Final = "https://api.jd.com/routerjson"
FIELDS: Final = (
    "orderId,venderId,payType,orderTotalPrice,orderSellerPrice,orderPayment,freightPrice,sellerDiscount,orderState,"
    "orderStateRemark,deliveryType,orderRemark,venderRemark,orderStartTime,orderEndTime,paymentConfirmTime,modified,"
    "consigneeInfo,itemInfoList,couponDetailList,pin,returnOrder,storeOrder,orderType,waybill,logisticsId"
)
"""JD tells only what is named."""
STATES: Final = (
    "WAIT_SELLER_STOCK_OUT,SEND_TO_DISTRIBUTION_CENER,DISTRIBUTION_CENTER_RECEIVED,WAIT_GOODS_RECEIVE_CONFIRM,"
    "RECEIPTS_CONFIRM,WAIT_SELLER_DELIVERY,FINISHED_L,TRADE_CANCELED,LOCKED,PAUSE"
)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor's access to JD."""

    app_key: str
    app_secret: str
    access_token: str = ""
    url: str = GATEWAY


def sign(params: Mapping[str, str], secret: str) -> str:
    """UPPER(MD5(secret + sorted name+value + secret)); digits sort before letters, so 360buy_param_json comes first."""
    text = "".join(f"{name}{params[name]}" for name in sorted(params) if name != "sign")
    return md5_hex(secret, text, secret).upper()


def call(account: Account, method: str, params: Mapping[str, Any], *, now: datetime) -> Request:
    """Any call, signed at `now` (JD refuses what is more than six minutes off)."""
    moment = now.astimezone(CHINA)
    every = {
        "360buy_param_json": msgspec.json.encode(params, order="sorted").decode(),
        "access_token": account.access_token,
        "app_key": account.app_key,
        "method": method,
        "timestamp": f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}+0800",
        "v": "2.0",
    }
    said = {name: value for name, value in every.items() if value}
    said["sign"] = sign(said, account.app_secret)
    headers = {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}
    return Request(url=account.url, body=urlencode(said).encode(), headers=headers)


def orders(
    account: Account, start: datetime, end: datetime, *, page: int, size: int = 100, changed: bool = True, now: datetime
) -> Request:
    """Orders modified (or, not `changed`, created) in a span (`jingdong.pop.order.search`)."""
    params = {
        "start_date": f"{start.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        "end_date": f"{end.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        "order_state": STATES,
        "optional_fields": FIELDS,
        "page": str(page),
        "page_size": str(min(size, 100)),
        "dateType": "0" if changed else "1",
    }
    return call(account, "jingdong.pop.order.search", params, now=now)


def order(account: Account, order_id: str, *, now: datetime) -> Request:
    """One order whole (`jingdong.pop.order.get`)."""
    return call(account, "jingdong.pop.order.get", {"order_id": order_id, "optional_fields": FIELDS}, now=now)
