"""SF's calls (顺丰丰桥接口): route query and registration, booking; and its answers, which can fail on three layers.

Promises: HTTP, `apiResultCode` and `errorCode` are told apart; empty `routes` (no or wrong phone digits) are no
evidence.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from fenghe.connectors import signing
from fenghe.connectors.asking import Consignment, Contact, Heard, Wanted, to_json
from fenghe.connectors.scans import NotReadable, Scans, decode_json, field_of
from fenghe.connectors.sf.routes import add_route
from fenghe.kernel.connecting import Request
from fenghe.kernel.values import to_ms

GATEWAY: Final = "https://bspgw.sf-express.com"
SANDBOX: Final = "https://sfapi-sbox.sf-express.com"
OUTER: Final[Mapping[str, tuple[str, bool, float | None]]] = {
    "A1001": ("parameter_missing", True, None),
    "A1002": ("request_expired", False, 1),
    "A1003": ("address_not_allowed", True, None),
    "A1004": ("no_permission", True, None),
    "A1005": ("throttled", False, 60),
    "A1006": ("signature_wrong", True, None),
    "A1007": ("request_repeated", False, 1),
    "A1008": ("decryption_failed", True, None),
    "A1009": ("target_unreachable", False, 60),
    "A1099": ("system_error", False, 60),
}
"""apiResultCode → our word, permanent, when to ask again."""
INNER_TEMPORARY: Final = frozenset({"S0003"})


class SfRoutes:
    """EXP_RECE_SEARCH_ROUTES."""

    batch = 10
    seconds_between = 60

    def ask(self, wanted: Sequence[Wanted], *, settings: Mapping[str, str], now: datetime, nonce: str) -> Request:
        """Up to ten waybills with the last four digits of their phones, in the same order."""
        data = {
            "language": "zh-CN",
            "trackingType": "1",
            "trackingNumber": [one.number for one in wanted],
            "methodType": "1",
            "checkPhoneNo": ",".join(one.phone_tail for one in wanted).strip(","),
        }
        return call("EXP_RECE_SEARCH_ROUTES", data, settings=settings, now=now, nonce=nonce)

    def hear(self, body: bytes, wanted: Sequence[Wanted], *, settings: Mapping[str, str]) -> Heard:  # noqa: ARG002
        """Routes of all parcels asked for."""
        data = unwrap(body)
        if isinstance(data, Heard):
            return data
        scans = Scans()
        orders = {one.number: one.order_no for one in wanted}
        for parcel in scans.records(data.get("routeResps") or [], "routeResps"):
            number = field_of(parcel, "mailNo")
            for route in scans.records(parcel.get("routes") or [], "routes"):
                add_route(scans, route, number=number, order_no=orders.get(number, ""))
        return Heard(reading=scans.reading(newest_first=False))


def call(service: str, data: object, *, settings: Mapping[str, str], now: datetime, nonce: str) -> Request:
    """A signed call of the standard form. Settings: `base_url`, `partner_id`, `checkword`, `digest`."""
    message, timestamp = to_json(data), str(to_ms(now))
    sign = signing.sf_plain_digest if settings.get("digest") == "plain" else signing.sf_digest
    fields = {
        "partnerID": settings.get("partner_id", ""),
        "requestID": nonce,
        "serviceCode": service,
        "timestamp": timestamp,
        "msgData": message,
        "msgDigest": sign(message, timestamp, settings.get("checkword", "")),
    }
    return Request(
        url=settings.get("base_url", GATEWAY) + "/std/service",
        body=urlencode(fields).encode(),
        headers={"content-type": "application/x-www-form-urlencoded;charset=UTF-8"},
    )


def unwrap(body: bytes) -> Mapping[str, Any] | Heard:
    """The inner msgData, or which layer failed and how."""
    try:
        outer = decode_json(body)
        code = field_of(outer, "apiResultCode") if isinstance(outer, dict) else ""
        if code != "A1000":
            return _outer_error(code, outer)
        inner = outer.get("apiResultData")
        inner = decode_json(inner, "apiResultData") if isinstance(inner, str) else inner
    except NotReadable as problem:
        return Heard(error="not_readable", said=problem.note.got)
    if not isinstance(inner, dict):
        return Heard(error="not_readable", said=str(inner)[:200])
    error, said = field_of(inner, "errorCode"), field_of(inner, "errorMsg")
    if field_of(inner, "success") not in ("true", "") or error not in ("S0000", ""):
        return Heard(error=f"sf_{error or 'refused'}", said=said, permanent=error not in INNER_TEMPORARY)
    data = inner.get("msgData")
    return data if isinstance(data, dict) else {}


def _outer_error(code: str, outer: Any) -> Heard:
    said = field_of(outer, "apiErrorMsg") if isinstance(outer, dict) else str(outer)[:200]
    if not code:
        return Heard(error="not_readable", said=said)
    word, permanent, later = OUTER.get(code, (f"sf_{code}", False, None))
    return Heard(error=word, said=said or code, permanent=permanent, retry_after_seconds=later)


def register(wanted: Wanted, *, settings: Mapping[str, str], now: datetime, nonce: str) -> Request:
    """Ask for pushes of one waybill (路由注册)."""
    data = {
        "type": "1",
        "attributeNo": wanted.number,
        "checkPhoneNo": wanted.phone_tail,
        "orderId": wanted.order_no,
        "language": "zh-CN",
    }
    return call("EXP_RECE_REGISTER_ROUTE", data, settings=settings, now=now, nonce=nonce)


def book(consignment: Consignment, *, settings: Mapping[str, str], now: datetime, nonce: str) -> Request:
    """Book a parcel (下单); the waybill's number comes back in `waybillNoInfoList`."""
    data = {
        "language": "zh-CN",
        "orderId": consignment.order_no,
        "expressTypeId": settings.get("express_type", "1"),
        "payMethod": 1,
        "monthlyCard": settings.get("monthly_card", ""),
        "isReturnRoutelabel": 1,
        "cargoDetails": [{"name": consignment.cargo, "count": consignment.quantity}],
        "contactInfoList": [_contact(consignment.sender, 1), _contact(consignment.receiver, 2)],
    }
    return call("EXP_RECE_CREATE_ORDER", data, settings=settings, now=now, nonce=nonce)


def _contact(person: Contact, kind: int) -> dict[str, Any]:
    return {
        "contactType": kind,
        "contact": person.name,
        "mobile": person.phone,
        "province": person.province,
        "city": person.city,
        "county": person.district,
        "address": person.address,
        "country": "CN",
    }


def booked(body: bytes) -> str | Heard:
    """The waybill's number of a booking, or what went wrong."""
    data = unwrap(body)
    if isinstance(data, Heard):
        return data
    numbers = [one for one in data.get("waybillNoInfoList") or [] if isinstance(one, dict)]
    number = next((field_of(one, "waybillNo") for one in numbers if field_of(one, "waybillType") in ("1", "")), "")
    return number or Heard(error="no_waybill", said=str(data)[:200])
