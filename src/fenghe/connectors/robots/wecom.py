"""WeCom's group robot (企业微信群机器人): Markdown, the key in the address is the secret; 20 a minute."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

import msgspec

from fenghe.connectors.robots.answers import judged
from fenghe.kernel.connecting import Answer, Request
from fenghe.kernel.connecting_robots import Field, Limit, Posted, Robot

BASE: Final = "https://qyapi.weixin.qq.com"


class WeCom:
    """The channel."""

    kind = "wecom"
    title = "企业微信群机器人"
    limit = Limit(per_minute=20)
    fields: Sequence[Field] = (
        Field(name="key", title="key", hint="Webhook 地址里 key= 之后的部分", required=True, secret=True),
        Field(name="base_url", title="接口地址", hint="不填为企业微信官方;私有部署或沙箱填自己的"),
    )

    def prepare(self, posted: Posted, robot: Robot, *, now: datetime) -> Request:  # noqa: ARG002 - nothing is signed
        """The key is all the platform asks for."""
        body = {"msgtype": "markdown", "markdown": {"content": posted.message.markdown}}
        query = urlencode({"key": robot.secrets.get("key", "")})
        return Request(
            url=f"{str(robot.config.get('base_url') or BASE).rstrip('/')}/cgi-bin/webhook/send?{query}",
            body=msgspec.json.encode(body),
            headers={"content-type": "application/json; charset=utf-8"},
        )

    def judge(self, answer: Answer) -> Answer:
        """`errcode` 0 is sent; 45009 is too fast, 93000 a key that is none."""
        return judged(answer, code="errcode", words="errmsg", limits=("45009", "45033"), passing=("-1",))


CHANNEL: Final = WeCom()
