"""The digests carriers sign with (签名): each party's own, over exact bytes; compared in constant time. Pure.

All Base64(MD5) here are Base64 of the 16 bytes, except 快递鸟 (of the 32 hex characters).
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import quote_plus

Bytes = bytes | str


def _bytes(value: Bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def md5_base64(*parts: Bytes) -> str:
    """Base64 of the 16 bytes of MD5 over the parts in a row."""
    return base64.b64encode(_md5(parts).digest()).decode()


def md5_hex(*parts: Bytes) -> str:
    """Lower-case hex of MD5 over the parts in a row."""
    return _md5(parts).hexdigest()


def hmac_sha256(secret: Bytes, body: Bytes) -> bytes:
    """The 32 bytes of HMAC-SHA256."""
    return hmac.new(_bytes(secret), _bytes(body), hashlib.sha256).digest()


def same(told: Bytes | None, computed: Bytes) -> bool:
    """Constant-time comparison; nothing told is never the same."""
    return told is not None and hmac.compare_digest(_bytes(told), _bytes(computed))


def _md5(parts: Iterable[Bytes]) -> "hashlib._Hash":
    whole = hashlib.md5(usedforsecurity=False)
    for part in parts:
        whole.update(_bytes(part))
    return whole


def java_url_encode(text: str) -> str:
    """What java.net.URLEncoder makes: blank → +, `*` kept, `~` → %7E, upper-case hex."""
    return quote_plus(text, safe="*").replace("~", "%7E")


def sf_digest(msg_data: str, timestamp: str, checkword: str) -> str:
    """顺丰丰桥: Base64(MD5(JavaURLEncode(msgData + timestamp + checkword)))."""
    return md5_base64(java_url_encode(msg_data + timestamp + checkword))


def sf_plain_digest(msg_data: str, timestamp: str, checkword: str) -> str:
    """顺丰丰桥 for accounts set to plain MD5: the same without URL encoding."""
    return md5_base64(msg_data, timestamp, checkword)


def zto_digest(body: Bytes, app_secret: str) -> str:
    """中通: Base64(MD5(body + appSecret)); for pushes in a form, `body` is the field `data`."""
    return md5_base64(body, app_secret)


def zto_form_digest(fields: Iterable[tuple[str, str]], key: str) -> str:
    """中通's old form API: Base64(MD5("k=v&k=v" unencoded, in sent order, + key))."""
    return md5_base64("&".join(f"{name}={value}" for name, value in fields), key)


def kuaidi100_query_sign(param: Bytes, key: str, customer: str) -> str:
    """快递100 query: UPPER(MD5(param + key + customer))."""
    return md5_hex(param, key, customer).upper()


def kuaidi100_push_sign(param: Bytes, salt: str) -> str:
    """快递100 callback: UPPER(MD5(param + salt)), param as it is after form decoding."""
    return md5_hex(param, salt).upper()


def kdniao_sign(request_data: Bytes, app_key: str) -> str:
    """快递鸟: Base64 of the lower-case hex text of MD5(RequestData + AppKey)."""
    return base64.b64encode(md5_hex(request_data, app_key).encode()).decode()


def sto_digest(content: Bytes, secret: str) -> str:
    """申通: Base64(MD5(content + secret))."""
    return md5_base64(content, secret)


def yto_sign(param: str, *, method: str, version: str, secret: str) -> str:
    """圆通: Base64(MD5(param + method + v + secret))."""
    return md5_base64(param, method, version, secret)


def yunda_sign(body: Bytes, app_secret: str) -> str:
    """韵达: lower hex MD5(body + "_" + appSecret)."""
    return md5_hex(body, "_", app_secret)


def cainiao_digest(logistics_interface: Bytes, secret: str) -> str:
    """菜鸟 LINK: Base64(MD5(logistics_interface + secret))."""
    return md5_base64(logistics_interface, secret)


def track17_sign(raw_body: Bytes, key: str) -> str:
    """17track webhook: hex SHA256(raw body + "/" + key)."""
    return hashlib.sha256(_bytes(raw_body) + b"/" + key.encode()).hexdigest()
