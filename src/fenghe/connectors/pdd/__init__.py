"""Pinduoduo (拼多多): orders as the API tells them, and PMC frames; building signed calls is `api`."""

from collections.abc import Mapping
from typing import Final

from fenghe.connectors.pdd import read
from fenghe.connectors.sales import check_token
from fenghe.kernel.connecting import Accepted, Connector, Delivery, InboundMessage, Reading, Refused


class Pdd:
    """PDD's answers, polled or posted by a middleware."""

    name = "pdd"
    title = "拼多多"
    kind = "channel"

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
        """PDD pushes over a websocket only; who posts its answers shows our token."""
        return check_token(delivery, secrets)

    def read(self, message: InboundMessage) -> Reading:
        """Orders and frames as snapshots."""
        return read.read(message)


CONNECTOR: Final[Connector] = Pdd()
