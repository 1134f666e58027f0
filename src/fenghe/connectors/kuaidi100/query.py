"""快递100's calls (快递100接口): real-time query and subscription; and its answers.

Promises: 500 (no result) is an answer that says nothing, not an error; a locked or expired key is permanent.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from fenghe.connectors import signing
from fenghe.connectors.asking import Heard, Wanted, to_json
from fenghe.connectors.kuaidi100.results import read_result
from fenghe.connectors.scans import NotReadable, decode_json, field_of
from fenghe.kernel.connecting import Request

GATEWAY: Final = "https://poll.kuaidi100.com"
COMPANIES: Final[Mapping[str, str]] = {
    "sf": "shunfeng",
    "zto": "zhongtong",
    "yto": "yuantong",
    "sto": "shentong",
    "yunda": "yunda",
    "jtexpress": "jtexpress",
    "jdl": "jd",
    "ems": "ems",
    "deppon": "debangkuaidi",
    "best": "huitongkuaidi",
    "zjs": "zhaijisong",
}
"""Our word → 快递100's company code."""
_NOTHING: Final = frozenset({"500"})
_ERRORS: Final[Mapping[str, tuple[str, bool, float | None]]] = {
    "501": ("server_error", False, 60),
    "502": ("server_busy", False, 60),
    "503": ("signature_wrong", True, None),
    "600": ("not_a_customer", True, None),
    "601": ("key_expired", True, None),
}
_ALREADY: Final = frozenset({"200", "501"})
"""For subscriptions 501 means that it exists already."""


class Kuaidi100Query:
    """poll/query.do."""

    batch = 1
    seconds_between = 1_800

    def ask(self, wanted: Sequence[Wanted], *, settings: Mapping[str, str], now: datetime, nonce: str) -> Request:  # noqa: ARG002
        """One number of one company. Settings: `base_url`, `customer`, `key`."""
        (one,) = wanted
        param = {"com": COMPANIES.get(one.carrier, one.carrier), "num": one.number, "resultv2": "4"}
        if one.phone_tail:
            param["phone"] = one.phone_tail
        told = to_json(param)
        customer = settings.get("customer", "")
        sign = signing.kuaidi100_query_sign(told, settings.get("key", ""), customer)
        return _post("/poll/query.do", {"customer": customer, "sign": sign, "param": told}, settings)

    def hear(self, body: bytes, wanted: Sequence[Wanted], *, settings: Mapping[str, str]) -> Heard:  # noqa: ARG002
        """The parcel's scans."""
        told = _read(body)
        if isinstance(told, Heard):
            return told
        code = field_of(told, "returnCode")
        if field_of(told, "result") != "false" and ("data" in told or not code):
            return Heard(reading=read_result(told), said=field_of(told, "message"))
        said = field_of(told, "message")
        if code in _NOTHING:
            return Heard(said=said)
        word, permanent, later = _ERRORS.get(code, (f"kuaidi100_{code or 'refused'}", False, None))
        return Heard(error=word, said=said, permanent=permanent, retry_after_seconds=later)


def subscribe(wanted: Wanted, *, settings: Mapping[str, str]) -> Request:
    """Ask for callbacks (订阅). Settings: `key`, `callback_url`, `salt`."""
    param = {
        "company": COMPANIES.get(wanted.carrier, wanted.carrier),
        "number": wanted.number,
        "key": settings.get("key", ""),
        "parameters": {
            "callbackurl": settings.get("callback_url", ""),
            "salt": settings.get("salt", ""),
            "resultv2": "4",
            "phone": wanted.phone_tail,
        },
    }
    return _post("/poll", {"schema": "json", "param": to_json(param)}, settings)


def subscribed(body: bytes) -> Heard:
    """Did the subscription work? One that exists already did."""
    told = _read(body)
    if isinstance(told, Heard):
        return told
    code, said = field_of(told, "returnCode"), field_of(told, "message")
    if code in _ALREADY:
        return Heard(said=said)
    word, permanent, later = _ERRORS.get(code, (f"kuaidi100_{code or 'refused'}", True, None))
    return Heard(error=word, said=said, permanent=permanent, retry_after_seconds=later)


def _read(body: bytes) -> Mapping[str, Any] | Heard:
    try:
        told = decode_json(body)
    except NotReadable as problem:
        return Heard(error="not_readable", said=problem.note.got)
    return told if isinstance(told, dict) else Heard(error="not_readable", said=str(told)[:200])


def _post(path: str, fields: Mapping[str, str], settings: Mapping[str, str]) -> Request:
    return Request(
        url=settings.get("base_url", GATEWAY) + path,
        body=urlencode(fields).encode(),
        headers={"content-type": "application/x-www-form-urlencoded;charset=UTF-8"},
    )
