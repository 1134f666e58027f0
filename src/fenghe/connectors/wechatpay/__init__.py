"""WeChat Pay v3 (微信支付): notifications of payments and refunds, and the calls a direct merchant makes."""

from collections.abc import Mapping
from typing import Final

from fenghe.connectors.paying import Provider
from fenghe.connectors.scans import reading_or_note
from fenghe.connectors.wechatpay import push
from fenghe.connectors.wechatpay.api import WechatPayCalls
from fenghe.connectors.wechatpay.read import read
from fenghe.kernel.connecting import Accepted, Connector, Delivery, InboundMessage, Reading, Refused


class WechatPay:
    """WeChat Pay's notifications and answers."""

    name = "wechatpay"
    title = "微信支付"
    kind = "payment"

    def check(self, delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
        """The platform's signature over the raw bytes, and the box that only we can open."""
        return push.check(delivery, secrets)

    def read(self, message: InboundMessage) -> Reading:
        """Payments and refunds."""
        return reading_or_note(lambda: read(message))


CONNECTOR: Final[Connector] = WechatPay()
PROVIDER: Final[Provider] = WechatPayCalls()
