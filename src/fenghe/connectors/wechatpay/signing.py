"""WeChat Pay v3's signatures (微信支付签名): requests, client calls, responses and notifications over exact bytes. Pure."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from fenghe.connectors import rsa_signing
from fenghe.connectors.rsa_signing import BadKey

SCHEMA: Final = "WECHATPAY2-SHA256-RSA2048"
PROBE: Final = "WECHATPAY/SIGNTEST/"
"""What a signature starts with that WeChat has made wrong on purpose, to see whether we look."""
PUBLIC_KEY: Final = "PUB_KEY_ID_"
WINDOW_SECONDS: Final = 300


def request_text(method: str, url: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    """What a request signs: path and query exactly as they are sent."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return f"{method}\n{path}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"


def authorization(method: str, url: str, body: bytes, *, settings: Mapping[str, str], now: datetime, nonce: str) -> str:
    """The Authorization header of a merchant's call. Raises BadKey."""
    timestamp = str(int(now.timestamp()))
    signature = rsa_signing.sign(request_text(method, url, timestamp, nonce, body), settings.get("merchant_key", ""))
    return (
        f'{SCHEMA} mchid="{settings.get("mchid", "")}",nonce_str="{nonce}",signature="{signature}",'
        f'timestamp="{timestamp}",serial_no="{settings.get("merchant_serial", "").upper()}"'
    )


def pay_sign(app_id: str, timestamp: str, nonce: str, package: str, key: str) -> str:
    """What the buyer's client shows WeChat: `package` is prepay_id=... (JSAPI, mini program) or the bare id (APP)."""
    return rsa_signing.sign(f"{app_id}\n{timestamp}\n{nonce}\n{package}\n".encode(), key)


def response_text(timestamp: str, nonce: str, body: bytes) -> bytes:
    """What WeChat signs of a response or a notification."""
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


def problem_of(headers: Mapping[str, str], body: bytes, *, settings: Mapping[str, str], now_ms: int) -> str | None:
    """Why this is not from WeChat, as a machine word; None when it is. Both kinds of platform key may be in use at once."""
    told = {name: headers.get(f"wechatpay-{name}", "") for name in ("timestamp", "nonce", "signature", "serial")}
    if not all(told.values()):
        return "signature_missing"
    if told["signature"].startswith(PROBE):
        return "signature_probe"
    if not _recent(told["timestamp"], now_ms):
        return "stale"
    try:
        key = platform_key(told["serial"], settings)
    except BadKey:
        return "platform_key_unreadable"
    if key is None:
        return "serial_unknown"
    text = response_text(told["timestamp"], told["nonce"], body)
    return None if rsa_signing.signed_by(text, told["signature"], key) else "signature_wrong"


def _recent(timestamp: str, now_ms: int) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    return abs(now_ms // 1000 - int(timestamp)) <= WINDOW_SECONDS


def platform_key(serial: str, settings: Mapping[str, str]) -> RSAPublicKey | None:
    """The key of this serial among ours: WeChat's public key by its id, or one of the platform certificates."""
    if serial.startswith(PUBLIC_KEY):
        same = serial == settings.get("public_key_id", "")
        return rsa_signing.public_key(settings.get("public_key", "")) if same else None
    return _certified(settings.get("platform_certificates", "")).get(serial.upper().lstrip("0"))


@lru_cache(maxsize=16)
def _certified(bundle: str) -> dict[str, RSAPublicKey]:
    found: dict[str, RSAPublicKey] = {}
    for one in rsa_signing.certificates(bundle):
        key = one.public_key()
        if isinstance(key, RSAPublicKey):
            found[f"{one.serial_number:X}"] = key
    return found


def sha1_hex(content: bytes) -> str:
    """How WeChat names a bill's content: of the bytes after unpacking."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
