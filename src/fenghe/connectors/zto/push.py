"""ZTO's pushes (中通轨迹推送): JSON with x-appKey and x-dataDigest, or a form of company_id, data, data_digest,
msg_type.

Promises: the digest is checked over the exact bytes that carry the scans: the body, or the form's `data`.
"""

from collections.abc import Mapping
from typing import Any, Final

from fenghe.connectors import signing
from fenghe.connectors.scans import (
    NotReadable,
    Scans,
    at_a_glance,
    decode_json,
    form_fields,
    looks_like_json,
    reading_or_note,
)
from fenghe.connectors.zto.traces import add_trace, add_traces, lone_trace, number_of
from fenghe.kernel.connecting import Accepted, Delivery, InboundMessage, Reading, Refused
from fenghe.kernel.values import digest

ACCEPTED: Final = '{"status":true,"statusCode":"SYS000","message":"成功","result":null}'.encode()
REFUSED: Final = '{"status":false,"statusCode":"S203","message":"签名校验失败","result":null}'.encode()
number_at_a_glance: Final = at_a_glance("billCode")


def check(delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
    """Secrets: `app_secret`, and `app_key` when only one key's pushes are wanted."""
    secret = secrets.get("app_secret", "")
    if not secret:
        return Refused(reason="secret_not_configured", reply=REFUSED)
    if "x-datadigest" in delivery.headers or looks_like_json(delivery.body):
        return _check_json(delivery, secret, secrets.get("app_key"))
    return _check_form(delivery, secret, secrets.get("app_key"))


def _check_json(delivery: Delivery, secret: str, app_key: str | None) -> Accepted | Refused:
    told = delivery.headers.get("x-datadigest")
    key = delivery.headers.get("x-appkey") or delivery.headers.get("x-companyid")
    if not told:
        return Refused(reason="signature_missing", reply=REFUSED)
    if app_key and not signing.same(key, app_key):
        return Refused(reason="app_key_wrong", reply=REFUSED)
    if not signing.same(told, signing.zto_digest(delivery.body, secret)):
        return Refused(reason="signature_wrong", reply=REFUSED)
    return Accepted(reply=ACCEPTED, about=number_at_a_glance(delivery.body))


def _check_form(delivery: Delivery, secret: str, app_key: str | None) -> Accepted | Refused:
    fields = form_fields(delivery.body)
    table = dict(fields)
    told, data = table.get("data_digest"), table.get("data")
    if data is None:
        return Refused(reason="data_missing", reply=REFUSED, status=400)
    if not told:
        return Refused(reason="signature_missing", reply=REFUSED)
    if app_key and not signing.same(table.get("company_id"), app_key):
        return Refused(reason="app_key_wrong", reply=REFUSED)
    rest = [(name, value.decode("utf-8", "replace")) for name, value in fields if name != "data_digest"]
    digests = (signing.zto_digest(data, secret), signing.zto_form_digest(rest, secret))
    if not any(signing.same(told, computed) for computed in digests):
        return Refused(reason="signature_wrong", reply=REFUSED)
    return Accepted(reply=ACCEPTED, key=digest(data), about=number_at_a_glance(data))


def read(message: InboundMessage) -> Reading:
    """One push as events."""
    scans = Scans()
    alone = lone_trace(message.body)
    if alone is None:
        return reading_or_note(lambda: _read_any(scans, message.body))
    add_trace(scans, alone, number_of(alone))
    return scans.reading(newest_first=False)


def _read_any(scans: Scans, body: bytes) -> Reading:
    add_traces(scans, content_of(body))
    return scans.reading(newest_first=False)


def content_of(body: bytes) -> Any:
    """The pushed JSON, whichever way it was wrapped."""
    if looks_like_json(body):
        return decode_json(body)
    data = dict(form_fields(body)).get("data")
    if data is None:
        raise NotReadable("data", "JSON, or a form with data", body[:80].decode("utf-8", "replace"))
    return decode_json(data, "data")
