"""Taobao/Tmall (淘宝/天猫): trades as the TOP API tells them, and TMC messages; building signed calls is `api`."""

from collections.abc import Mapping
from typing import Final

from fenghe.connectors.sales import check_token
from fenghe.connectors.taobao import read
from fenghe.kernel.connecting import Accepted, Connector, Delivery, InboundMessage, Reading, Refused


class Taobao:
    """TOP's answers, polled or posted by a middleware."""

    name = "taobao"
    title = "淘宝/天猫"
    kind = "channel"

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
        """TOP pushes nothing over HTTP; who posts its answers shows our token."""
        return check_token(delivery, secrets)

    def read(self, message: InboundMessage) -> Reading:
        """Trades and messages as snapshots."""
        return read.read(message)


CONNECTOR: Final[Connector] = Taobao()
