"""How a payment provider is called (支付机构调用): one way for the hub to ask any of them, and what is asked. Pure.

Promises: a call is built from what is asked and nothing else, so that the same question signed twice is the same question;
an answer counts only when its signature is right; an error is the provider's own words and says whether to ask again.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol
from urllib.parse import urlsplit

from fenghe.kernel.connecting import Answer, Request
from fenghe.money.asking import Ask, Wish

__all__ = ["MOST_BILL_BYTES", "Ask", "Provider", "Wish", "refused", "same_house"]

MOST_BILL_BYTES: Final = 200_000_000


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
