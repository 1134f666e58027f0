"""Alipay's notifications (支付宝异步通知): a signed form; our app and our seller; answered with the seven letters `success`.

Promises: the message does not choose its algorithm; a form signed for another app or seller stays outside; the same
content told again (with another notify_time) is a repeat.
"""

from collections.abc import Mapping
from typing import Final

from fenghe.connectors import rsa_signing
from fenghe.connectors.alipay import signing
from fenghe.connectors.rsa_signing import BadKey
from fenghe.connectors.scans import form_fields
from fenghe.kernel.connecting import Accepted, Delivery, Refused
from fenghe.kernel.values import digest

TAKEN: Final = b"success"
REFUSED: Final = b"failure"
PLAIN_TEXT: Final = "text/plain"
_OF_THE_TELLING: Final = frozenset({"sign", "sign_type", "notify_time"})


def check(delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
    """The signature over the decoded fields, then whose they are."""
    fields = notice_fields(delivery.body)
    problem = "form_unreadable" if fields is None else _problem(fields, secrets)
    if problem is not None or fields is None:
        return Refused(reason=problem or "form_unreadable", reply=REFUSED, content_type=PLAIN_TEXT)
    told = sorted((name, value) for name, value in fields.items() if name not in _OF_THE_TELLING)
    key = digest("alipay", *(f"{name}={value}" for name, value in told))
    return Accepted(reply=TAKEN, content_type=PLAIN_TEXT, key=key)


def _problem(fields: Mapping[str, str], secrets: Mapping[str, str]) -> str | None:
    if not fields.get("sign"):
        return "signature_missing"
    if fields.get("sign_type", "RSA2") != "RSA2":
        return "sign_type_refused"
    try:
        key = signing.alipay_key(secrets)
    except BadKey:
        return "platform_key_unreadable"
    if not rsa_signing.signed_by(signing.notice_text(fields), fields["sign"], key):
        return "signature_wrong"
    if fields.get("app_id") != secrets.get("app_id"):
        return "app_id_wrong"
    seller = secrets.get("seller_id", "")
    return "seller_wrong" if seller and fields.get("seller_id", seller) != seller else None


def notice_fields(body: bytes) -> dict[str, str] | None:
    """The form decoded once, as UTF-8; None when it is none or says a field twice."""
    told = form_fields(body)
    fields: dict[str, str] = {}
    for name, value in told:
        try:
            fields[name] = value.decode()
        except UnicodeDecodeError:
            return None
    return fields if fields and len(fields) == len(told) else None
