"""Signed calls to Douyin's gateway (抖店开放平台), and the signature of the calls it makes to us (SPI)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from fenghe.connectors.signing import hmac_sha256, md5_hex
from fenghe.kernel.connecting import Request

GATEWAY: Final = "https://openapi-fxg.jinritemai.com"
HISTORY: Final = timedelta(days=90)
VERSION: Final = "2"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A shop's access to Douyin."""

    app_key: str
    app_secret: str
    access_token: str = ""
    url: str = GATEWAY


def param_json(params: Mapping[str, Any]) -> str:
    """The parameters as JSON with names sorted at every level, no blanks, nothing escaped that need not be."""
    return msgspec.json.encode(params, order="sorted").decode()


def signed_text(secret: str, named: Mapping[str, str]) -> str:
    """The text that is signed: names and values in the given order between the secret and itself."""
    return secret + "".join(f"{name}{value}" for name, value in named.items()) + secret


def sign(account: Account, method: str, params: str, *, timestamp: str, sign_method: str = "hmac-sha256") -> str:
    """The signature of a call in lower hex."""
    named = {"app_key": account.app_key, "method": method, "param_json": params, "timestamp": timestamp}
    return _digest(signed_text(account.app_secret, named | {"v": VERSION}), account.app_secret, sign_method)


def spi_sign(account: Account, params: str, *, timestamp: str, sign_method: str) -> str:
    """The signature of a call that Douyin makes to us."""
    named = {"app_key": account.app_key, "param_json": params, "timestamp": timestamp}
    return _digest(signed_text(account.app_secret, named), account.app_secret, sign_method)


def _digest(text: str, secret: str, sign_method: str) -> str:
    return hmac_sha256(secret, text).hex() if sign_method == "hmac-sha256" else md5_hex(text)


def call(account: Account, method: str, params: Mapping[str, Any], *, now: datetime) -> Request:
    """Any call: the body is the signed JSON itself, everything else stands in the query."""
    body, timestamp = param_json(params), str(int(now.timestamp()))
    query = {
        "method": method,
        "app_key": account.app_key,
        "access_token": account.access_token,
        "timestamp": timestamp,
        "v": VERSION,
        "sign": sign(account, method, body, timestamp=timestamp),
        "sign_method": "hmac-sha256",
    }
    url = f"{account.url}/{method.replace('.', '/')}?{urlencode(query)}"
    return Request(url=url, body=body.encode(), headers={"content-type": "application/json;charset=UTF-8"})


def orders(
    account: Account, start: datetime, end: datetime, *, page: int, size: int = 100, changed: bool = True, now: datetime
) -> Request:
    """Orders updated (or, not `changed`, created) in a span (`order.searchList`); pages count from 0."""
    if start < now - HISTORY or not start < end:
        raise ValueError("orders can be asked for 90 days back")
    by = "update_time" if changed else "create_time"
    span = {f"{by}_start": int(start.timestamp()), f"{by}_end": int(end.timestamp())}
    params = {**span, "order_by": by, "order_asc": True, "page": page, "size": size}
    return call(account, "order.searchList", params, now=now)


def order(account: Account, shop_order_id: str, *, now: datetime) -> Request:
    """One order whole (`order.orderDetail`)."""
    return call(account, "order.orderDetail", {"shop_order_id": shop_order_id}, now=now)
