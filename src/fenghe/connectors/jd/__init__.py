"""JD (京东): POP orders as the API tells them; building signed calls is `api`."""

from collections.abc import Mapping
from typing import Final

from fenghe.connectors.jd import read
from fenghe.connectors.sales import check_token
from fenghe.kernel.connecting import Accepted, Connector, Delivery, InboundMessage, Reading, Refused


class Jd:
    """JD's answers, polled or posted by a middleware."""

    name = "jd"
    title = "京东"
    kind = "channel"

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
        """JD pushes by its own message service only; who posts its answers shows our token."""
        return check_token(delivery, secrets)

    def read(self, message: InboundMessage) -> Reading:
        """Orders as snapshots."""
        return read.read(message)


CONNECTOR: Final[Connector] = Jd()
