"""Short ways to build deliveries and messages for connector tests."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fenghe.kernel.connecting import Delivery, InboundMessage


def delivery(body: bytes | str, headers: Mapping[str, str] | None = None, query: str = "", path: str = "") -> Delivery:
    raw = body.encode() if isinstance(body, str) else body
    return Delivery(headers=headers or {}, query=query, body=raw, path=path)


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()


def message(body: bytes | str, connector: str = "zto", config: Mapping[str, Any] | None = None) -> InboundMessage:
    raw = body.encode() if isinstance(body, str) else body
    return InboundMessage(
        id=1, source="test", connector=connector, received_ms=0, headers={}, body=raw, config=config or {}
    )
