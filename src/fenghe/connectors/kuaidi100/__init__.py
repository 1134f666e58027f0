"""快递100: the tracker most sellers subscribe to; pushes and queries, newest event first."""

from collections.abc import Mapping
from typing import Final

from fenghe.connectors.asking import Tracker
from fenghe.connectors.kuaidi100 import push
from fenghe.connectors.kuaidi100.query import Kuaidi100Query
from fenghe.connectors.scans import reading_or_note
from fenghe.kernel.connecting import Accepted, Connector, Delivery, InboundMessage, Reading, Refused


class Kuaidi100:
    """快递100's callbacks."""

    name = "kuaidi100"
    title = "快递100"
    kind = "carrier"

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
        """Verify the signature over the exact bytes of `param`."""
        return push.check(delivery, secrets)

    def read(self, message: InboundMessage) -> Reading:
        """A callback as tracking events."""
        return reading_or_note(lambda: push.read(message))


CONNECTOR: Final[Connector] = Kuaidi100()
TRACKER: Final[Tracker] = Kuaidi100Query()
