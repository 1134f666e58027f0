"""Alipay (支付宝): notifications of trades and refunds, and the calls a merchant's app makes."""

from collections.abc import Mapping
from typing import Final

from fenghe.connectors.alipay import push
from fenghe.connectors.alipay.api import AlipayCalls
from fenghe.connectors.alipay.read import read
from fenghe.connectors.paying import Provider
from fenghe.connectors.scans import reading_or_note
from fenghe.kernel.connecting import Accepted, Connector, Delivery, InboundMessage, Reading, Refused


class Alipay:
    """Alipay's notifications and answers."""

    name = "alipay"
    title = "支付宝"
    kind = "payment"

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
        """Alipay's signature over the form, for our app and our seller."""
        return push.check(delivery, secrets)

    def read(self, message: InboundMessage) -> Reading:
        """Payments and refunds."""
        return reading_or_note(lambda: read(message))


CONNECTOR: Final[Connector] = Alipay()
PROVIDER: Final[Provider] = AlipayCalls()
