"""Robots (机器人): how each platform wants a message said and signed, and what its answer means."""

from collections.abc import Mapping
from typing import Final

from fenghe.connectors.robots import aliyun_sms, apprised, dingtalk, feishu, webhook, wecom
from fenghe.kernel.connecting_robots import Channel

CHANNELS: Final[Mapping[str, Channel]] = {
    one.kind: one
    for one in (
        dingtalk.CHANNEL, wecom.CHANNEL, feishu.CHANNEL, apprised.MAIL, aliyun_sms.CHANNEL, webhook.CHANNEL,
        apprised.APPRISE,
    )
}  # fmt: skip
"""Every kind of robot, by its word."""
