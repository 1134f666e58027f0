"""WeChat Pay's notifications (微信支付通知): signed over the raw bytes, sealed with the APIv3 key, answered within 5 seconds.

Promises: nothing unsigned, stale or probing comes in; what was opened is kept beside the exact bytes, so that the message
can be read again without the key; the same content sent again is a repeat, anything else is a message of its own.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from fenghe.connectors import rsa_signing
from fenghe.connectors.rsa_signing import CannotOpen
from fenghe.connectors.scans import NotReadable, decode_json
from fenghe.connectors.wechatpay import signing
from fenghe.kernel.connecting import Accepted, Delivery, Refused
from fenghe.kernel.values import digest

PLAIN: Final = ":plain"
TAKEN: Final = '{"code":"SUCCESS","message":"成功"}'.encode()
REFUSED: Final = '{"code":"FAIL","message":"失败"}'.encode()


def check(delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
    """Who it is from first, what is in it second."""
    problem = signing.problem_of(delivery.headers, delivery.body, settings=secrets, now_ms=delivery.received_ms)
    if problem is not None:
        return Refused(reason=problem, reply=REFUSED)
    try:
        told = decode_json(delivery.body)
        plain = opened(told, secrets.get("api_v3_key", ""))
        said = decode_json(plain)
    except NotReadable:
        return Accepted(reply=TAKEN)  # signed by WeChat and unreadable: kept for a person
    except CannotOpen:
        return Refused(reason="cannot_open", reply=REFUSED, status=500)
    if not _ours(said, secrets.get("mchid", "")):
        return Refused(reason="merchant_wrong", reply=REFUSED)
    key = digest("wechatpay", str(told.get("event_type")), plain)
    return Accepted(reply=TAKEN, key=key, beside={PLAIN: plain.decode()})


def _ours(said: Any, mchid: str) -> bool:
    told = said.get("mchid") if isinstance(said, dict) else None
    return not mchid or told is None or str(told) == mchid


def opened(told: Any, key: str) -> bytes:
    """The notification's resource as JSON text. Raises NotReadable, CannotOpen."""
    resource = told.get("resource") if isinstance(told, dict) else None
    if not isinstance(resource, dict):
        raise NotReadable("resource", "the sealed resource of a notification", str(resource))
    algorithm = resource.get("algorithm")
    if algorithm != "AEAD_AES_256_GCM":
        raise NotReadable("resource.algorithm", "AEAD_AES_256_GCM", str(algorithm), "unknown_algorithm")
    parts = {name: str(resource.get(name) or "") for name in ("nonce", "associated_data", "ciphertext")}
    return rsa_signing.open_box(key, **parts)


def sealed(event: Mapping[str, Any], said: Mapping[str, Any], *, key: str, nonce: str) -> bytes:
    """A notification as WeChat makes it; `event` holds id, create_time, event_type, summary, original_type."""
    kind = str(event["original_type"])
    plain = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    resource = {
        "original_type": kind,
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": rsa_signing.seal_box(key, plain, nonce=nonce, associated_data=kind),
        "associated_data": kind,
        "nonce": nonce,
    }
    told = {name: event[name] for name in ("id", "create_time", "event_type", "summary")}
    told |= {"resource_type": "encrypt-resource", "resource": resource}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
