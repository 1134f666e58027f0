"""Douyin shop (抖店): pushes with their event-sign, orders as the API tells them; building signed calls is `api`."""

from collections.abc import Mapping
from typing import Final

from fenghe.connectors.douyin import push, read
from fenghe.connectors.sales import TOKEN_HEADER, check_token
from fenghe.kernel.connecting import Accepted, Connector, Delivery, InboundMessage, Reading, Refused


class Douyin:
    """Douyin's pushes, and its answers polled or posted by a middleware."""

    name = "douyin"
    title = "抖店"
    kind = "channel"

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
        """Verify the event-sign over the exact bytes, or our token where a middleware posts."""
        if TOKEN_HEADER in delivery.headers and push.SIGN_HEADER not in delivery.headers:
            return check_token(delivery, secrets)
        return push.check(delivery, secrets)

    def read(self, message: InboundMessage) -> Reading:
        """Messages and orders as snapshots."""
        return read.read(message)


CONNECTOR: Final[Connector] = Douyin()
