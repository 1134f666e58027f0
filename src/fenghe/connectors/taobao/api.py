"""Signed calls to Taobao's TOP gateway (淘宝开放平台), ready to be sent; pages are asked for from the last one back."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal
from urllib.parse import urlencode

import msgspec

from fenghe.connectors.signing import md5_hex
from fenghe.kernel.connecting import Request
from fenghe.kernel.values import CHINA

GATEWAY: Final = "https://eco.taobao.com/router/rest"
WINDOW: Final = timedelta(days=1)
"""The longest span of `modified` that one increment may ask for."""
HISTORY: Final = timedelta(days=90)
"""How far back sold trades can be asked for."""
FIELDS: Final = (
    "tid,type,status,seller_nick,buyer_open_uid,created,modified,pay_time,consign_time,end_time,payment,total_fee,post_fee,"
    "discount_fee,adjust_fee,alipay_no,received_payment,available_confirm_fee,commission_fee,step_trade_status,"
    "step_paid_fee,cod_status,receiver_name,receiver_mobile,receiver_state,receiver_city,receiver_district,"
    "receiver_address,oaid,seller_memo,buyer_message,promotion_details,orders"
)

SignMethod = Literal["md5", "hmac", "hmac-sha256"]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A shop's access to TOP."""

    app_key: str
    app_secret: str
    session: str = ""
    sign_method: SignMethod = "hmac-sha256"
    url: str = GATEWAY


def sign(params: Mapping[str, str], secret: str, method: str, *, body: str = "") -> str:
    """TOP's signature in upper-case hex over the parameters that say something, sorted by name; a raw body follows."""
    text = (
        "".join(f"{name}{params[name]}" for name in sorted(params) if name and params[name] and name != "sign") + body
    )
    if method == "md5":
        return md5_hex(secret, text, secret).upper()
    algorithm = {"hmac": hashlib.md5, "hmac-sha256": hashlib.sha256}[method]
    return hmac.new(secret.encode(), text.encode(), algorithm).hexdigest().upper()


def call(account: Account, method: str, params: Mapping[str, str], *, now: datetime) -> Request:
    """Any call, signed at `now` (TOP refuses what is more than ten minutes off)."""
    every = {
        "method": method,
        "app_key": account.app_key,
        "session": account.session,
        "timestamp": now.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S"),
        "format": "json",
        "v": "2.0",
        "sign_method": account.sign_method,
        **params,
    }
    said = {name: value for name, value in every.items() if value}
    said["sign"] = sign(said, account.app_secret, account.sign_method)
    headers = {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}
    return Request(url=account.url, body=urlencode(said).encode(), headers=headers)


def sold_trades(
    account: Account, start: datetime, end: datetime, *, page: int, size: int = 50, now: datetime
) -> Request:
    """Trades created in a span (`taobao.trades.sold.get`), the last three months at most."""
    if start < now - HISTORY:
        raise ValueError("sold trades can be asked for 90 days back")
    span = {"start_created": _text(start), "end_created": _text(end)}
    return call(account, "taobao.trades.sold.get", {"fields": FIELDS, **span, **_page(page, size)}, now=now)


def changed_trades(
    account: Account, start: datetime, end: datetime, *, page: int, size: int = 50, now: datetime
) -> Request:
    """Trades modified in a span of a day at most (`taobao.trades.sold.increment.get`)."""
    if not start < end <= start + WINDOW:
        raise ValueError("changed trades are asked for by spans of a day at most")
    span = {"start_modified": _text(start), "end_modified": _text(end)}
    return call(account, "taobao.trades.sold.increment.get", {"fields": FIELDS, **span, **_page(page, size)}, now=now)


def trade(account: Account, tid: str, *, now: datetime) -> Request:
    """One trade whole (`taobao.trade.fullinfo.get`)."""
    return call(account, "taobao.trade.fullinfo.get", {"fields": FIELDS, "tid": tid, "include_oaid": "true"}, now=now)


def take_messages(account: Account, *, group: str = "", quantity: int = 100, now: datetime) -> Request:
    """Waiting TMC messages (`taobao.tmc.messages.consume`), 10 to 200 of them."""
    params = {"group_name": group, "quantity": str(min(max(quantity, 10), 200))}
    return call(account, "taobao.tmc.messages.consume", params, now=now)


def confirm_messages(account: Account, ids: Iterable[str], *, group: str = "", now: datetime) -> Request:
    """Say that messages are stored (`taobao.tmc.messages.confirm`); unconfirmed ones come again."""
    params = {"group_name": group, "s_message_ids": ",".join(ids)}
    return call(account, "taobao.tmc.messages.confirm", params, now=now)


def backwards(total: int, size: int) -> range:
    """The pages of a list from the last to the first: rows that change while one pages forward are lost."""
    return range(-(-total // size), 0, -1)


def _page(page: int, size: int) -> dict[str, str]:
    return {"page_no": str(page), "page_size": str(size)}


def _text(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
