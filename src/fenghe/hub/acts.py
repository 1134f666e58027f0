"""Everything the outbox can do (发件总表): each kind of call by its word."""

from collections.abc import Mapping
from typing import Any, Final

from fenghe.hub import fetching, paying
from fenghe.hub.asking import TrackQuery
from fenghe.hub.contracts import ShipmentCreate, TrackSubscribe
from fenghe.hub.trackers import TRACK_QUERY
from fenghe.kernel.outbox import sender
from fenghe.kernel.outbox.sender import Act
from fenghe.logistics.contract import CREATE, SUBSCRIBE

ACTS: Final[Mapping[str, Act]] = {
    TRACK_QUERY: TrackQuery(),
    SUBSCRIBE: TrackSubscribe(),
    CREATE: ShipmentCreate(),
    **paying.ACTS,
    **fetching.ACTS,
}


def run_sender(dsn: str, *, stop: Any, key: bytes) -> None:
    """Make the calls that are due until `stop` is set; any number of these may run."""
    sender.run(dsn, stop=stop, key=key, acts=ACTS)
