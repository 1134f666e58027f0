"""ZTO Express (中通快递): trace pushes in both styles, trace queries and subscriptions."""

from collections.abc import Mapping
from typing import Final

from fenghe.connectors.asking import Tracker
from fenghe.connectors.zto import push
from fenghe.connectors.zto.query import ZtoTraces
from fenghe.kernel.connecting import Accepted, Connector, Delivery, InboundMessage, Reading, Refused


class Zto:
    """ZTO's pushes."""

    name = "zto"
    title = "中通快递"
    kind = "carrier"

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
        """Verify the data digest over the exact bytes."""
        return push.check(delivery, secrets)

    def read(self, message: InboundMessage) -> Reading:
        """A push as tracking events."""
        return push.read(message)


CONNECTOR: Final[Connector] = Zto()
TRACKER: Final[Tracker] = ZtoTraces()
