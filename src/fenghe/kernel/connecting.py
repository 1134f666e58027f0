"""What a connector (连接器) is: how it checks what arrives and reads it into plain items. Pure contracts, no transport."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import msgspec


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes as they arrived at the door. Header names are lower case; `path` is what follows /hook/SOURCE/."""

    headers: Mapping[str, str]
    query: str
    body: bytes
    path: str = ""
    received_ms: int = 0
    """The door's moment; what is signed with a time is judged against it."""


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The signature is right. `reply` is the body the platform wants once we hold the bytes durably."""

    reply: bytes = b'{"ok":true}'
    content_type: str = "application/json"
    key: str | None = None
    """Identity for deduplication when the content's own digest is not it (None: the digest of the body)."""
    about: str = ""
    """The number it seems to be about, where that can be seen at a glance: a hint for who judges it, never more."""
    beside: Mapping[str, str] = {}
    """Kept beside the exact bytes as headers of ours (`:plain` ...): what only the door's secrets could open."""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """The delivery is not from whom it says. Counted, never stored as evidence."""

    reason: str
    """Machine word: `signature_wrong`, `signature_missing`, `stale` ..."""
    reply: bytes = b'{"ok":false}'
    status: int = 401
    content_type: str = "application/json"


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """Part of a message that could not be read, in the sender's terms; kept for a person, never guessed."""

    item: int
    field: str
    expected: str
    got: str
    code: str = "unreadable"


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says: items (each room knows its own type) and what could not be read."""

    items: tuple[Any, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


class InboundMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A stored message (入站报文) handed to a connector for reading."""

    id: int
    source: str
    connector: str
    received_ms: int
    headers: Mapping[str, str]
    body: bytes
    config: Mapping[str, Any] = {}
    """The source's settings without secrets (time zone, shop, layout ...)."""


class Connector(Protocol):
    """One outside system's dialect. Stateless; secrets and settings are passed in."""

    @property
    def name(self) -> str:
        """Stable word, also the folder's name: `zto`, `taobao`, `generic_json` ..."""

    @property
    def title(self) -> str:
        """What the screens say: 中通快递."""

    @property
    def kind(self) -> str:
        """`carrier`, `channel`, `payment`, `warehouse`, `file`."""

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
        """Verify the signature over the exact bytes. Never raises for bad input."""

    def read(self, message: InboundMessage) -> Reading:
        """Turn bytes into items. Never raises for bad input: what can't be read is in `unreadable`."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An outside call's outcome. `error` None: `body` is the evidence. `permanent` False: worth asking again later."""

    body: bytes
    error: str | None = None
    permanent: bool = False
    retry_after_seconds: float | None = None
    status: int = 0
    """The HTTP status; 0 when nobody answered."""
    headers: Mapping[str, str] = {}
    """The answer's headers, names in lower case: some platforms sign them."""
    unsent: bool = False
    """Nothing of the call left this machine: whoever may not repeat himself may try again."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """An outgoing call, ready to send: connectors build it, the outbox sends it."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    method: str = "POST"
    most_bytes: int | None = None
    """How long the answer may be, where that is more than usual."""


def named(connectors: Iterable[Connector]) -> dict[str, Connector]:
    """Connectors by name; a name used twice is a bug."""
    table: dict[str, Connector] = {}
    for connector in connectors:
        if connector.name in table:
            raise ValueError(f"two connectors are called {connector.name!r}")
        table[connector.name] = connector
    return table
