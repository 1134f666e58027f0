"""Signed calls to PDD's gateway (拼多多开放平台) and the path of its message websocket."""

import base64
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode

import msgspec

from fenghe.connectors.signing import md5_hex
from fenghe.kernel.connecting import Request

GATEWAY: Final = "https://gw-api.pinduoduo.com/api/router"
LIST_WINDOW: Final = timedelta(hours=24)
CHANGE_WINDOW: Final = timedelta(minutes=30)
ANY: Final = "5"
"""Every order status, every refund status."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A mall's access to PDD."""

    client_id: str
    client_secret: str
    access_token: str = ""
    url: str = GATEWAY


def sign(params: Mapping[str, str], secret: str) -> str:
    """UPPER(MD5(secret + sorted name+value + secret)); whatever is sent is signed."""
    text = "".join(f"{name}{params[name]}" for name in sorted(params) if name != "sign")
    return md5_hex(secret, text, secret).upper()


def call(account: Account, kind: str, params: Mapping[str, str], *, now: datetime) -> Request:
    """Any call, signed at `now` in Unix seconds (PDD refuses milliseconds, and what is ten minutes off)."""
    every = {
        "type": kind,
        "client_id": account.client_id,
        "access_token": account.access_token,
        "timestamp": _seconds(now),
        "data_type": "JSON",
        **params,
    }
    said = {name: value for name, value in every.items() if value}
    said["sign"] = sign(said, account.client_secret)
    headers = {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}
    return Request(url=account.url, body=urlencode(said).encode(), headers=headers)


def orders(account: Account, start: datetime, end: datetime, *, page: int, size: int = 100, now: datetime) -> Request:
    """Orders confirmed in a span of a day at most (`pdd.order.list.get`)."""
    if not start < end <= start + LIST_WINDOW:
        raise ValueError("orders are asked for by spans of 24 hours at most")
    params = {"start_confirm_at": _seconds(start), "end_confirm_at": _seconds(end), **_page(page, size)}
    return call(account, "pdd.order.list.get", params, now=now)


def changed_orders(
    account: Account, start: datetime, end: datetime, *, page: int, size: int = 100, now: datetime
) -> Request:
    """Orders updated in a span of half an hour at most (`pdd.order.number.list.increment.get`); page backwards."""
    if not start < end <= start + CHANGE_WINDOW:
        raise ValueError("changed orders are asked for by spans of 30 minutes at most")
    params = {"start_updated_at": _seconds(start), "end_updated_at": _seconds(end), **_page(page, size)}
    return call(account, "pdd.order.number.list.increment.get", params, now=now)


def order(account: Account, order_sn: str, *, now: datetime) -> Request:
    """One order whole (`pdd.order.information.get`)."""
    return call(account, "pdd.order.information.get", {"order_sn": order_sn}, now=now)


def statuses(account: Account, order_sns: Iterable[str], *, now: datetime) -> Request:
    """What may be shipped now (`pdd.order.status.get`): to be asked right before shipping."""
    return call(account, "pdd.order.status.get", {"order_sns": ",".join(order_sns)}, now=now)


def carriers(account: Account, *, now: datetime) -> Request:
    """The names behind `logistics_id` (`pdd.logistics.companies.get`)."""
    return call(account, "pdd.logistics.companies.get", {}, now=now)


def message_path(account: Account, *, now_ms: int) -> str:
    """The websocket's path: it carries its own signature, Base64 of the hex text of an MD5."""
    digest = md5_hex(account.client_id, str(now_ms), account.client_secret)
    return f"/message/{account.client_id}/{now_ms}/{quote(base64.b64encode(digest.encode()).decode(), safe='')}"


def _page(page: int, size: int) -> dict[str, str]:
    return {"order_status": ANY, "refund_status": ANY, "page": str(page), "page_size": str(size)}


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))
