"""What both a platform's push and its answer are made of (沙箱报文): outgoing calls, replies, China's wall time."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from fenghe.kernel.values import CHINA


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A push ready to be sent to the hub's door."""

    body: bytes
    headers: Mapping[str, str]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What the sandbox answers."""

    body: bytes
    status: int = 200


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What the sandbox was asked. Header names are lower case; `number` counts the platform's calls."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    number: int = 1


def clock_text(moment: datetime) -> str:
    """As Chinese carriers write it: 2026-02-05 18:00:00, without a zone."""
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def to_bytes(value: object) -> bytes:
    """Compact JSON with Chinese as it is."""
    return msgspec.json.encode(value)
