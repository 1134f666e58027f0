"""A signed webhook out (通用签名回调): JSON to an address of the user's, which can check who sent it and that it came once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from fenghe.connectors.signing import hmac_sha256
from fenghe.kernel.connecting import Answer, Request
from fenghe.kernel.connecting_robots import Field, Limit, Posted, Robot


def sign(timestamp: str, body: bytes, secret: str) -> str:
    """`v1=` and the hex of HMAC-SHA256 over `timestamp.body`."""
    return "v1=" + hmac_sha256(secret, timestamp.encode() + b"." + body).hex()


class Webhook:
    """The channel."""

    kind = "webhook"
    title = "通用签名 Webhook"
    limit = Limit(per_minute=600, per_second=20)
    fields: Sequence[Field] = (
        Field(name="base_url", title="地址", hint="收消息的完整地址", required=True),
        Field(name="secret", title="签名密钥", hint="对方用它核对 X-Fenghe-Signature", required=True, secret=True),
    )

    def prepare(self, posted: Posted, robot: Robot, *, now: datetime) -> Request:
        """Timestamp, signature and the key that makes a repeat harmless stand in the headers."""
        body = msgspec.json.encode({"id": posted.key, **msgspec.to_builtins(posted.message)})
        return Request(url=str(robot.config.get("base_url", "")), body=body, headers=_headers(posted, robot, body, now))

    def judge(self, answer: Answer) -> Answer:
        """The status says it all."""
        return answer


def _headers(posted: Posted, robot: Robot, body: bytes, now: datetime) -> Mapping[str, str]:
    timestamp = str(int(now.timestamp()))
    return {
        "content-type": "application/json; charset=utf-8",
        "idempotency-key": posted.key,
        "x-fenghe-timestamp": timestamp,
        "x-fenghe-signature": sign(timestamp, body, robot.secrets.get("secret", "")),
    }


CHANNEL: Final = Webhook()
