"""ZTO's calls (中通接口): trace query, subscription, booking; and its answers.

Promises: `status` false is an error in ZTO's words; an empty result is no evidence.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from fenghe.connectors import signing
from fenghe.connectors.asking import Consignment, Contact, Heard, Wanted, to_json
from fenghe.connectors.scans import NotReadable, Scans, decode_json, field_of
from fenghe.connectors.zto.traces import add_traces
from fenghe.kernel.connecting import Request

GATEWAY: Final = "https://japi.zto.com"
QUERY: Final = "zto.merchant.waybill.track.query"
SUBSCRIBE: Final = "zto.merchant.waybill.track.subsrcibe"
"""ZTO's own spelling."""
BOOK: Final = "zto.open.createOrder"
_PERMANENT: Final = ("签名", "appKey", "appkey", "权限", "参数", "digest")
_THROTTLED: Final = ("频繁", "限流", "超限", "流控")


class ZtoTraces:
    """zto.merchant.waybill.track.query."""

    batch = 1
    seconds_between = 60

    def ask(self, wanted: Sequence[Wanted], *, settings: Mapping[str, str], now: datetime, nonce: str) -> Request:  # noqa: ARG002
        """One waybill with the last four digits of its phone."""
        (one,) = wanted
        return call(QUERY, {"billCode": one.number, "mobilePhone": one.phone_tail}, settings=settings)

    def hear(self, body: bytes, wanted: Sequence[Wanted], *, settings: Mapping[str, str]) -> Heard:  # noqa: ARG002
        """The parcel's scans."""
        result = unwrap(body)
        if isinstance(result, Heard):
            return result
        scans = Scans()
        if result:
            add_traces(scans, result, number=wanted[0].number if wanted else "")
        return Heard(reading=scans.reading(newest_first=False))


def call(method: str, data: object, *, settings: Mapping[str, str]) -> Request:
    """A signed call. Settings: `base_url`, `app_key`, `app_secret`."""
    body = to_json(data)
    return Request(
        url=f"{settings.get('base_url', GATEWAY)}/{method}",
        body=body.encode(),
        headers={
            "content-type": "application/json; charset=utf-8",
            "x-appKey": settings.get("app_key", ""),
            "x-dataDigest": signing.zto_digest(body, settings.get("app_secret", "")),
        },
    )


def unwrap(body: bytes) -> Any | Heard:
    """`result`, or what went wrong."""
    try:
        told = decode_json(body)
    except NotReadable as problem:
        return Heard(error="not_readable", said=problem.note.got)
    if not isinstance(told, dict):
        return Heard(error="not_readable", said=str(told)[:200])
    if field_of(told, "status") == "true":
        return told.get("result")
    code, said = field_of(told, "statusCode"), field_of(told, "message")
    throttled = any(word in said for word in _THROTTLED)
    return Heard(
        error="throttled" if throttled else f"zto_{code or 'refused'}",
        said=said,
        permanent=not throttled and any(word in said for word in _PERMANENT),
        retry_after_seconds=60 if throttled else None,
    )


def subscribe(wanted: Wanted, *, settings: Mapping[str, str]) -> Request:
    """Ask for pushes of one waybill (轨迹订阅)."""
    return call(SUBSCRIBE, {"billCode": wanted.number, "mobilePhone": wanted.phone_tail}, settings=settings)


def book(consignment: Consignment, *, settings: Mapping[str, str]) -> Request:
    """Book a parcel (下单); the waybill's number comes back in `result.billCode`."""
    data = {
        "partnerType": settings.get("partner_type", "2"),
        "orderType": "1",
        "partnerOrderCode": consignment.order_no,
        "accountInfo": {"accountId": settings.get("account_id", "")},
        "senderInfo": _contact(consignment.sender, "sender"),
        "receiveInfo": _contact(consignment.receiver, "receiver"),
        "orderItems": [{"name": consignment.cargo, "quantity": consignment.quantity}],
    }
    return call(BOOK, data, settings=settings)


def _contact(person: Contact, role: str) -> dict[str, str]:
    return {
        f"{role}Name": person.name,
        f"{role}Mobile": person.phone,
        f"{role}Province": person.province,
        f"{role}City": person.city,
        f"{role}District": person.district,
        f"{role}Address": person.address,
    }


def booked(body: bytes) -> str | Heard:
    """The waybill's number of a booking, or what went wrong."""
    result = unwrap(body)
    if isinstance(result, Heard):
        return result
    number = field_of(result, "billCode") if isinstance(result, dict) else ""
    return number or Heard(error="no_waybill", said=str(result)[:200])
