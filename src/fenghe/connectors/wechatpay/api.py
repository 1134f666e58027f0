"""Calls to WeChat Pay v3 (微信支付接口): built, signed and their answers judged; sending is the outbox's.

Promises: a refund or a link asked for twice is the same refund or link, by its own number; an answer that WeChat did not
sign counts for nothing (bill files are not signed, their SHA-1 is).
"""

import gzip
import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from fenghe.connectors.paying import MOST_BILL_BYTES, Ask, Wish, refused, same_house
from fenghe.connectors.rsa_signing import BadKey
from fenghe.connectors.scans import NotReadable, decode_json, field_of, shorten
from fenghe.connectors.wechatpay import signing
from fenghe.kernel.connecting import Answer, Request
from fenghe.kernel.values import CHINA

HOST: Final = "https://api.mch.weixin.qq.com"
NEEDED: Final = ("mchid", "merchant_serial", "merchant_key")
TEMPORARY: Final = frozenset(
    {"SYSTEM_ERROR", "SYSTEMERROR", "RATELIMIT_EXCEEDED", "FREQUENCY_LIMITED", "FREQUENCY_LIMIT_EXCEED", "BANK_ERROR"}
)
"""Codes after which WeChat wants the same request again."""
WAIT_SECONDS: Final = 60.0
LINK_LIFE: Final = timedelta(hours=2)
NO_BILL: Final = "NO_STATEMENT_EXIST"


class WechatPayCalls:
    """Everything a direct merchant asks of WeChat Pay."""

    def ask(self, act: Ask, wish: Wish, *, settings: Mapping[str, str], now: datetime, nonce: str) -> Request | Answer:
        """The signed call."""
        missing = [name for name in NEEDED if not settings.get(name)]
        if missing:
            return refused(f"微信支付连接缺少 {'、'.join(missing)}")
        base = settings.get("base_url", HOST).rstrip("/")
        if act is Ask.BILL and not same_house(wish.url, base):
            return refused(f"账单下载地址不在 {base} 之下：{shorten(wish.url, 100)}")
        method, path, told = _call(act, wish, settings, now)
        url = wish.url if act is Ask.BILL else base + path
        body = b"" if told is None else msgspec.json.encode(told)
        try:
            own = signing.authorization(method, url, body, settings=settings, now=now, nonce=nonce)
        except BadKey:
            return refused("微信支付连接的商户私钥读不出来，应为 PEM 或 PKCS#8 的 Base64")
        headers = {"authorization": own, "accept": "application/json", "content-type": "application/json"}
        most = MOST_BILL_BYTES if act is Ask.BILL else None
        return Request(url=url, body=body, headers=headers, method=method, most_bytes=most)

    def hear(self, act: Ask, wish: Wish, answer: Answer, *, settings: Mapping[str, str], now: datetime) -> Answer:
        """An error in WeChat's words, an answer with its signature, a bill with its digest."""
        if answer.error is not None:
            return _explained(answer)
        if act is Ask.BILL:
            return _checked_bill(wish, answer)
        now_ms = int(now.timestamp() * 1000)
        problem = signing.problem_of(answer.headers, answer.body, settings=settings, now_ms=now_ms)
        if problem is not None:
            return msgspec.structs.replace(answer, error=f"应答的签名不对（{problem}），不予采信", permanent=False)
        return answer

    def link_of(self, wish: Wish, body: bytes) -> str:  # noqa: ARG002
        """code_url for a QR code, h5_url for a phone's browser, the prepay id inside WeChat."""
        told = _told(body)
        return field_of(told, "code_url", "h5_url", "prepay_id")

    def bill_of(self, wish: Wish, body: bytes) -> Wish | None:
        """Where the bill lies and what it must hash to."""
        told = _told(body)
        url = field_of(told, "download_url")
        if not url:
            return None
        archive = "gzip" if "tartype=gzip" in url or wish.archive == "GZIP" else ""
        return msgspec.structs.replace(wish, url=url, digest=field_of(told, "hash_value").lower(), archive=archive)


def _call(act: Ask, wish: Wish, settings: Mapping[str, str], now: datetime) -> tuple[str, str, Any]:
    """(method, path with query, JSON body)."""
    mchid = settings["mchid"]
    match act:
        case Ask.PAYMENT if wish.payment_no:
            return "GET", f"/v3/pay/transactions/id/{quote(wish.payment_no, safe='')}?mchid={mchid}", None
        case Ask.PAYMENT:
            return "GET", f"/v3/pay/transactions/out-trade-no/{_part(wish.out_trade_no)}?mchid={mchid}", None
        case Ask.CLOSE:
            return "POST", f"/v3/pay/transactions/out-trade-no/{_part(wish.out_trade_no)}/close", {"mchid": mchid}
        case Ask.LINK:
            return "POST", f"/v3/pay/transactions/{wish.way}", _prepay(wish, settings, now)
        case Ask.REFUND:
            return "POST", "/v3/refund/domestic/refunds", _refund(wish, settings)
        case Ask.REFUND_QUERY:
            return "GET", f"/v3/refund/domestic/refunds/{_part(wish.out_refund_no)}", None
        case Ask.BILL_LINK:
            return "GET", _bill_path(wish), None
        case Ask.BILL:
            return "GET", "", None
        case Ask.CERTIFICATES:
            return "GET", "/v3/certificates", None


def _part(number: str) -> str:
    return quote(number, safe="")


def _prepay(wish: Wish, settings: Mapping[str, str], now: datetime) -> dict[str, Any]:
    until = (wish.expires_at or now + LINK_LIFE).astimezone(CHINA).replace(microsecond=0)
    told: dict[str, Any] = {
        "appid": settings.get("appid", ""),
        "mchid": settings["mchid"],
        "description": wish.title[:42] or f"订单 {wish.order_no}",
        "out_trade_no": wish.out_trade_no,
        "time_expire": until.isoformat(),
        "notify_url": settings.get("notify_url", ""),
        "amount": {"total": wish.amount_minor, "currency": wish.currency},
    }
    if wish.way == "h5":
        told["scene_info"] = {"payer_client_ip": wish.client_ip or "127.0.0.1", "h5_info": {"type": "Wap"}}
    if wish.way == "jsapi":
        told["payer"] = {"openid": wish.buyer}
    return told


def _refund(wish: Wish, settings: Mapping[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = (
        {"transaction_id": wish.payment_no} if wish.payment_no else {"out_trade_no": wish.out_trade_no}
    )
    told |= {
        "out_refund_no": wish.out_refund_no,
        "amount": {"refund": wish.amount_minor, "total": wish.total_minor, "currency": wish.currency},
    }
    if wish.reason:
        told["reason"] = wish.reason[:80]
    if settings.get("refund_notify_url"):
        told["notify_url"] = settings["refund_notify_url"]
    return told


def _bill_path(wish: Wish) -> str:
    day = "" if wish.bill_day is None else wish.bill_day.isoformat()
    if wish.bill_type == "funds":
        return "/v3/bill/fundflowbill?" + urlencode({"bill_date": day, "account_type": "BASIC", "tar_type": "GZIP"})
    return "/v3/bill/tradebill?" + urlencode({"bill_date": day, "bill_type": "ALL", "tar_type": "GZIP"})


def _told(body: bytes) -> Mapping[str, Any]:
    try:
        told = decode_json(body)
    except NotReadable:
        return {}
    return told if isinstance(told, dict) else {}


def _explained(answer: Answer) -> Answer:
    """HTTP 4xx and 5xx say in their body what is wrong and by their code whether the same request may come again."""
    told = _told(answer.body)
    code, words = field_of(told, "code"), field_of(told, "message")
    if not code:
        return answer
    again = code in TEMPORARY
    wait = answer.retry_after_seconds or (WAIT_SECONDS if answer.status == 429 else None)
    return msgspec.structs.replace(
        answer,
        error=f"{words}（{code}）"[:300],
        permanent=answer.permanent and not again,
        retry_after_seconds=wait if again else answer.retry_after_seconds,
    )


def _checked_bill(wish: Wish, answer: Answer) -> Answer:
    try:
        plain = unpacked(answer.body)
    except (OSError, EOFError, zlib.error):
        return msgspec.structs.replace(answer, error="账单文件不是完整的 GZIP", permanent=False)
    if wish.digest and signing.sha1_hex(plain) != wish.digest:
        return msgspec.structs.replace(answer, error="账单文件与微信给出的 SHA1 不符", permanent=False)
    return answer


def unpacked(body: bytes) -> bytes:
    """A bill's text: as it is, or out of its GZIP; one that would swell beyond reason is refused (OSError)."""
    if body[:2] != b"\x1f\x8b":
        return body
    plain = zlib.decompressobj(31)
    text = plain.decompress(body, MOST_BILL_BYTES + 1)
    if len(text) > MOST_BILL_BYTES:
        raise gzip.BadGzipFile("swells")
    if not plain.eof:
        raise EOFError
    return text
