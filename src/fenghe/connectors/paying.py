"""How a payment provider is called (支付机构调用): one way for the hub to ask any of them, and what is asked. Pure.

Promises: a call is built from what is asked and nothing else, so that the same question signed twice is the same question;
an answer counts only when its signature is right; an error is the provider's own words and says whether to ask again.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec

from fenghe.kernel.connecting import Answer, Request

MOST_BILL_BYTES: Final = 200_000_000


class Ask(StrEnum):
    """What a payment provider can be asked to say or do; also the name of the outbox's act and of the reply's `:act`."""

    PAYMENT = "payment.query"
    CLOSE = "payment.close"
    LINK = "payment.link"
    REFUND = "refund.create"
    REFUND_QUERY = "refund.query"
    BILL_LINK = "bill.link"
    BILL = "bill.download"
    CERTIFICATES = "certificates.query"


TITLES: Final = {
    Ask.PAYMENT: "查询支付单",
    Ask.CLOSE: "关闭支付单",
    Ask.LINK: "生成支付链接",
    Ask.REFUND: "发起退款",
    Ask.REFUND_QUERY: "查询退款",
    Ask.BILL_LINK: "申请账单",
    Ask.BILL: "下载账单",
    Ask.CERTIFICATES: "查询平台证书",
}
MOVES_MONEY: Final = frozenset({Ask.REFUND})
"""A second person has agreed to these before they reach the outbox."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked about or for; each act needs some of it. It becomes the outbox's payload, and `:asked` of the reply."""

    out_trade_no: str = ""
    payment_no: str = ""
    out_refund_no: str = ""
    order_no: str = ""
    amount_minor: int = 0
    total_minor: int = 0
    currency: str = "CNY"
    title: str = ""
    reason: str = ""
    way: str = "native"
    """How a link is paid: native (a QR code), h5 (a phone's browser), jsapi (inside WeChat; `buyer` is the openid)."""
    buyer: str = ""
    client_ip: str = ""
    expires_at: datetime | None = None
    bill_day: date | None = None
    bill_type: str = ""
    url: str = ""
    digest: str = ""
    archive: str = ""
    by: str = ""


class Provider(Protocol):
    """One payment provider's calls. Stateless; settings are the source's plain settings and secrets as text."""

    def ask(self, act: Ask, wish: Wish, *, settings: Mapping[str, str], now: datetime, nonce: str) -> Request | Answer:
        """The signed call; an Answer with the error that makes it pointless."""

    def hear(self, act: Ask, wish: Wish, answer: Answer, *, settings: Mapping[str, str], now: datetime) -> Answer:
        """The answer judged: its signature, and the provider's own words about an error. Never raises for bad input."""

    def link_of(self, wish: Wish, body: bytes) -> str:
        """The link (or the QR code's text) that a payment link's answer holds; "" when it holds none."""

    def bill_of(self, wish: Wish, body: bytes) -> Wish | None:
        """The download that a bill's answer offers."""


def refused(words: str) -> Answer:
    """A call that needs somebody to change something first."""
    return Answer(body=b"", error=words, permanent=True)


def same_house(url: str, base: str) -> bool:
    """Does a download lie where the provider lives? Else an answer could send us (and our signature) anywhere."""
    told, own = urlsplit(url), urlsplit(base)
    if told.scheme != own.scheme or not told.hostname or not own.hostname:
        return False
    return told.netloc == own.netloc or _domain(told.hostname) == _domain(own.hostname)


def _domain(host: str) -> str:
    """The registrable part of a provider's host; an address is itself."""
    parts = host.split(".")
    if all(part.isdigit() for part in parts):
        return f"={host}:"
    return ".".join(parts[-3:] if parts[-2:] == ["com", "cn"] else parts[-2:])
