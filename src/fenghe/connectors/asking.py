"""How a carrier is asked (轨迹查询): one way for the heartbeat to poll any of them, and what an answer can be.

Promises: an error, an empty answer and evidence are three different things; an empty answer is never taken for
`not shipped`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from fenghe.kernel.connecting import Reading, Request


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel to ask about. `carrier` is our word; `phone_tail` the last four digits some carriers insist on."""

    number: str
    carrier: str = ""
    phone_tail: str = ""
    order_no: str = ""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What came back. `error` None and no items: the carrier answered and said nothing (no evidence of anything).

    `said` is the platform's own words. `permanent`: asking again won't help until somebody changes something.
    """

    reading: Reading = Reading()
    error: str | None = None
    said: str = ""
    permanent: bool = False
    retry_after_seconds: float | None = None

    @property
    def no_evidence(self) -> bool:
        """The call worked and told nothing."""
        return self.error is None and not self.reading.items


class Tracker(Protocol):
    """One platform's query. `batch` numbers go into one call; the same number at most every `seconds_between`
    seconds.
    """

    @property
    def batch(self) -> int:
        """How many parcels one call may ask about."""

    @property
    def seconds_between(self) -> int:
        """How long to leave the same number alone; sooner gets the key locked."""

    def ask(self, wanted: Sequence[Wanted], *, settings: Mapping[str, str], now: datetime, nonce: str) -> Request:
        """The call. `settings` holds `base_url` and the secrets; `nonce` is unique to this call."""

    def hear(self, body: bytes, wanted: Sequence[Wanted], *, settings: Mapping[str, str]) -> Heard:
        """The answer. Never raises for bad input."""


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends or receives."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    address: str


class Consignment(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel to be booked with a carrier (下单)."""

    order_no: str
    sender: Contact
    receiver: Contact
    cargo: str
    quantity: int = 1


def to_json(value: object) -> str:
    """Compact JSON with Chinese as it is; what is signed is exactly what is sent."""
    return msgspec.json.encode(value).decode()
