"""How tests of channels tell a connector something: one message with a body, and what is expected back."""

import json
from pathlib import Path
from typing import Any

from fenghe.kernel.connecting import Connector, Delivery, InboundMessage, Reading
from fenghe.orders.snapshot import OrderSnapshot

RECEIVED_MS = 1_770_300_000_000


def message(connector: Connector, body: bytes | str | object, **config: Any) -> InboundMessage:
    """A stored message; what is neither bytes nor text is told as JSON."""
    if not isinstance(body, bytes | str):
        body = json.dumps(body, ensure_ascii=False)
    raw = body.encode() if isinstance(body, str) else body
    return InboundMessage(
        id=7,
        source=connector.name,
        connector=connector.name,
        received_ms=RECEIVED_MS,
        headers={},
        body=raw,
        config=config,
    )


def heard(connector: Connector, body: bytes | str | object, **config: Any) -> Reading:
    """What the connector reads in the body."""
    return connector.read(message(connector, body, **config))


def one(connector: Connector, body: bytes | str | object, **config: Any) -> OrderSnapshot:
    """The only snapshot in the body, with nothing unreadable beside it."""
    reading = heard(connector, body, **config)
    assert reading.unreadable == ()
    (snapshot,) = reading.items
    assert isinstance(snapshot, OrderSnapshot)
    return snapshot


def notes(connector: Connector, body: bytes | str | object, **config: Any) -> list[tuple[str, str]]:
    """Field and code of what could not be read, where nothing could."""
    reading = heard(connector, body, **config)
    assert reading.items == ()
    return [(note.field, note.code) for note in reading.unreadable]


def sample(shared: Path, name: str) -> Any:
    """A payload of the protocol facts."""
    return json.loads((shared / "protocols" / "samples" / name).read_bytes())


def delivery(body: bytes = b"{}", **headers: str) -> Delivery:
    """A delivery at the door."""
    return Delivery(headers={name.replace("_", "-"): value for name, value in headers.items()}, query="", body=body)
