"""Pushes of a declared carrier (自定义承运商推送): the declared signature, the declared places, the declared reply.

Promises: without a declared way of signing everything is refused; a message whose layout is missing or wrong is
kept with that reason, never guessed at.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any, Final

from fenghe.connectors import signing
from fenghe.connectors.generic_json.layout import ORDERS, JsonLayout, Reader, layout_of, reader_of
from fenghe.connectors.scans import NotReadable, Scans, decode_json, form_fields, looks_like_json
from fenghe.kernel.connecting import Accepted, Delivery, InboundMessage, Reading, Refused
from fenghe.kernel.values import BadValue
from fenghe.logistics.events import TrackingEvent, carrier_word
from fenghe.logistics.phrases import forwarded_number

SCHEMES: Final[dict[str, Callable[[str, bytes], str]]] = {
    "header-token": lambda secret, _body: secret,
    "hmac-sha256-hex": lambda secret, body: signing.hmac_sha256(secret, body).hex(),
    "hmac-sha256-base64": lambda secret, body: base64.b64encode(signing.hmac_sha256(secret, body)).decode(),
    "md5-body-secret-hex": lambda secret, body: signing.md5_hex(body, secret),
    "md5-body-secret-base64": lambda secret, body: signing.md5_base64(body, secret),
}
"""How a delivery may be signed; `none` besides, which must be said aloud."""


def check(delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
    """Secrets: `scheme`, `header`, `secret`, `prefix` before the digest; `reply` and `refusal` in the carrier's
    terms.
    """
    refusal = secrets.get("refusal", '{"ok":false}').encode()
    reply = secrets.get("reply", '{"ok":true}').encode()
    kind = secrets.get("content_type", "application/json")
    scheme = secrets.get("scheme", "")
    if scheme == "none":
        return Accepted(reply=reply, content_type=kind)
    if check_problems(secrets):
        return Refused(reason="signing_not_configured", reply=refusal, content_type=kind)
    told = delivery.headers.get(secrets["header"].lower(), "")
    if not told:
        return Refused(reason="signature_missing", reply=refusal, content_type=kind)
    told = told.removeprefix(secrets.get("prefix", ""))
    if scheme.endswith("-hex"):
        told = told.lower()
    if not signing.same(told, SCHEMES[scheme](secrets["secret"], delivery.body)):
        return Refused(reason="signature_wrong", reply=refusal, content_type=kind)
    return Accepted(reply=reply, content_type=kind)


def check_problems(secrets: Mapping[str, str]) -> list[str]:
    """What is wrong with the settings for signing, in the user's words."""
    scheme = secrets.get("scheme", "")
    if scheme == "none":
        return []
    if scheme not in SCHEMES:
        return [f"scheme(签名方式)应为 none、{'、'.join(SCHEMES)} 之一,现在是 {scheme!r}"]
    return [f"{name} 不能为空" for name in ("header", "secret") if not secrets.get(name)]


def read(message: InboundMessage) -> Reading:
    """A push, or a stored answer, by the source's layout."""
    layout = layout_of(message.config)
    if isinstance(layout, list):
        raise NotReadable("layout", "; ".join(layout), "", "layout_wrong")
    body: bytes = message.body
    field = str(message.config.get("form_field") or "")
    if field and not looks_like_json(body):
        body = dict(form_fields(body)).get(field, b"")
    return read_layout(decode_json(body), layout)


def read_layout(told: Any, layout: JsonLayout, *, number: str = "") -> Reading:
    """All parcels' events. `number` is what was asked for, where the answer does not repeat it."""
    reader, scans = reader_of(layout), Scans()
    parcels = reader.paths["parcels"].found(told) if layout.parcels else [told]
    for parcel in parcels:
        events = reader.paths["events"].found(parcel, parcel, told) if layout.events else [parcel]
        for event in events:
            _add(scans, reader, event, parcel=parcel, whole=told, number=number)
    if not parcels:
        scans.note(0, layout.parcels, expected="至少一个包裹", got="", code="no_evidence")
    return scans.reading(newest_first=ORDERS[layout.newest_first])


def _add(scans: Scans, reader: Reader, told: Any, *, parcel: Any, whole: Any, number: str) -> None:
    layout = reader.layout

    def part(name: str) -> str:
        return reader.part(name, told, parcel=parcel, whole=whole)

    text, own = part("text"), part("number") or number
    try:
        time = reader.time(told, parcel, whole)
    except BadValue as problem:
        scans.note(len(scans.events), "time", expected=problem.expected, got=problem.got, code="bad_time")
        return
    event = TrackingEvent(
        tracking_no=own,
        carrier=carrier_word(layout.carrier) or layout.carrier,
        codes=layout.codes,
        code=part("code") or None,
        text=text,
        occurred_at=None,
        item=0,
        order_no=part("order_no") or None,
        location=reader.location(told, parcel, whole),
        forwarded_to=part("forwarded_to") or forwarded_number(text, own),
    )
    scans.add(event, time=time, number_field=layout.number, time_field="time")
