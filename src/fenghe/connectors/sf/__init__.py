"""SF Express (顺丰速运) over 丰桥: route and order state pushes, route queries."""

from collections.abc import Mapping
from typing import Final

from fenghe.connectors.asking import Tracker
from fenghe.connectors.scans import reading_or_note
from fenghe.connectors.sf import push
from fenghe.connectors.sf.query import SfRoutes
from fenghe.kernel.connecting import Accepted, Connector, Delivery, InboundMessage, Reading, Refused


class Sf:
    """SF's pushes."""

    name = "sf"
    title = "顺丰速运"
    kind = "carrier"

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
        """Verify SF's digest, or the token in the pushed address."""
        return push.check(delivery, secrets)

    def read(self, message: InboundMessage) -> Reading:
        """A push as tracking events."""
        return reading_or_note(lambda: push.read(message))


CONNECTOR: Final[Connector] = Sf()
TRACKER: Final[Tracker] = SfRoutes()
