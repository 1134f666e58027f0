"""DingTalk's group robot (钉钉群机器人): Markdown, signed with HMAC-SHA256; 20 a minute, or silence for ten."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

import msgspec

from fenghe.connectors.robots.answers import judged
from fenghe.connectors.signing import hmac_sha256
from fenghe.kernel.connecting import Answer, Request
from fenghe.kernel.connecting_robots import Field, Limit, Posted, Robot

BASE: Final = "https://oapi.dingtalk.com"
TOO_FAST: Final = ("130101", "90030", "90018", "-1")
"""More than 20 a minute: the platform is deaf to the robot for ten minutes. -1 is the platform being busy."""


def sign(timestamp: str, secret: str) -> str:
    """Base64 of HMAC-SHA256 with the secret over `timestamp\\nsecret`."""
    return base64.b64encode(hmac_sha256(secret, f"{timestamp}\n{secret}")).decode()


class DingTalk:
    """The channel."""

    kind = "dingtalk"
    title = "钉钉群机器人"
    limit = Limit(per_minute=20)
    fields: Sequence[Field] = (
        Field(
            name="access_token",
            title="access_token",
            hint="Webhook 地址里 access_token= 之后的部分",
            required=True,
            secret=True,
        ),
        Field(name="secret", title="加签密钥", hint="安全设置选“加签”,以 SEC 开头", secret=True),
        Field(name="keyword", title="自定义关键词", hint="安全设置选“关键词”时填,会放进每条消息"),
        Field(name="base_url", title="接口地址", hint="不填为钉钉官方;专有钉钉或沙箱填自己的"),
    )

    def prepare(self, posted: Posted, robot: Robot, *, now: datetime) -> Request:
        """Milliseconds and signature go into the address."""
        query = {"access_token": robot.secrets.get("access_token", "")}
        if secret := robot.secrets.get("secret"):
            timestamp = str(int(now.timestamp() * 1000))
            query |= {"timestamp": timestamp, "sign": sign(timestamp, secret)}
        keyword = str(robot.config.get("keyword") or "")
        text = posted.message.markdown + (
            f"\n\n{keyword}" if keyword and keyword not in posted.message.markdown else ""
        )
        body = {"msgtype": "markdown", "markdown": {"title": posted.message.title, "text": text}}
        return Request(
            url=f"{str(robot.config.get('base_url') or BASE).rstrip('/')}/robot/send?{urlencode(query)}",
            body=msgspec.json.encode(body),
            headers={"content-type": "application/json; charset=utf-8"},
        )

    def judge(self, answer: Answer) -> Answer:
        """`errcode` 0 is sent; 310000 is a wrong signature, keyword or address: nothing that time heals."""
        return judged(answer, code="errcode", words="errmsg", limits=TOO_FAST, wait_seconds=600.0)


CHANNEL: Final = DingTalk()
