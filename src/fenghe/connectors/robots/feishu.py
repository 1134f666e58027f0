"""Feishu's group robot (飞书群机器人): a card, signed with HMAC-SHA256; 100 a minute and 5 a second."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

import msgspec

from fenghe.connectors.robots.answers import judged
from fenghe.connectors.signing import hmac_sha256
from fenghe.kernel.connecting import Answer, Request
from fenghe.kernel.connecting_robots import Field, Limit, Posted, Robot

BASE: Final = "https://open.feishu.cn"
COLOURS: Final = {1: "blue", 2: "orange", 3: "red"}


def sign(timestamp: str, secret: str) -> str:
    """Base64 of HMAC-SHA256 over nothing, keyed with `timestamp\\nsecret`."""
    return base64.b64encode(hmac_sha256(f"{timestamp}\n{secret}", b"")).decode()


class Feishu:
    """The channel."""

    kind = "feishu"
    title = "飞书群机器人"
    limit = Limit(per_minute=100, per_second=5)
    fields: Sequence[Field] = (
        Field(name="token", title="token", hint="Webhook 地址里 /hook/ 之后的部分", required=True, secret=True),
        Field(name="secret", title="签名密钥", hint="安全设置选“签名校验”时填", secret=True),
        Field(name="base_url", title="接口地址", hint="不填为飞书官方;Lark 填 https://open.larksuite.com"),
    )

    def prepare(self, posted: Posted, robot: Robot, *, now: datetime) -> Request:
        """Seconds and signature stand in the body."""
        message = posted.message
        body: dict[str, object] = {
            "msg_type": "interactive",
            "card": _card(message.title, message.markdown, message.severity),
        }
        if secret := robot.secrets.get("secret"):
            timestamp = str(int(now.timestamp()))
            body |= {"timestamp": timestamp, "sign": sign(timestamp, secret)}
        token = quote(robot.secrets.get("token", ""), safe="")
        return Request(
            url=f"{str(robot.config.get('base_url') or BASE).rstrip('/')}/open-apis/bot/v2/hook/{token}",
            body=msgspec.json.encode(body),
            headers={"content-type": "application/json; charset=utf-8"},
        )

    def judge(self, answer: Answer) -> Answer:
        """`code` 0 is sent; 11232 and 9499 (too many requests) ask for patience; 19021 is a wrong signature."""
        return judged(answer, code="code", words="msg", limits=("11232", "9499", "99991400"), passing=("11233",))


def _card(title: str, markdown: str, severity: int) -> dict[str, object]:
    """Feishu's own Markdown knows no headings: the title stands above, the heading's line is left out."""
    lines = [line for line in markdown.splitlines() if not line.startswith("#")]
    text = "\n".join(line.removeprefix("> ") for line in lines).strip()
    return {
        "config": {"wide_screen_mode": True},
        "header": {"title": {"tag": "plain_text", "content": title}, "template": COLOURS[severity]},
        "elements": [{"tag": "markdown", "content": text}],
    }


CHANNEL: Final = Feishu()
