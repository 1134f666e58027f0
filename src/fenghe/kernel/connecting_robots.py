"""What a robot (机器人) is: its settings, the request it makes of a message, and what its platform's answer amounts to. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from fenghe.kernel.connecting import Answer, Request

ROBOT_ID: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """What a platform takes from one robot; 0 a second: it says nothing of seconds."""

    per_minute: int
    per_second: int = 0


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent. `text` is the same in words without mark-up."""

    title: str
    markdown: str
    text: str
    link: str
    severity: int
    count: int = 1


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One setting of a kind of robot, as the form asks for it."""

    name: str
    title: str
    hint: str = ""
    required: bool = False
    secret: bool = False
    many: bool = False
    """A list, one a line."""


class Robot(msgspec.Struct, frozen=True, kw_only=True):
    """A robot with its secrets open: never logged, never answered."""

    id: str
    kind: str
    title: str
    config: Mapping[str, Any]
    secrets: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Robot(id={self.id!r}, kind={self.kind!r}, secrets={sorted(self.secrets)})"


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """A message for a robot, as the channel is handed it; `key` is the same for every attempt."""

    key: str
    message: Message
    variables: Mapping[str, str] = {}
    """What an approved template is filled with, for a message that is not an alert."""


class Channel(Protocol):
    """One platform's robots. Stateless."""

    @property
    def kind(self) -> str:
        """Stable word: `dingtalk`."""

    @property
    def title(self) -> str:
        """What the screens say: 钉钉群机器人."""

    @property
    def limit(self) -> Limit:
        """What the platform takes from one robot; its settings may say less."""

    @property
    def fields(self) -> Sequence[Field]:
        """The settings it needs."""


class HttpChannel(Channel, Protocol):
    """A platform that is spoken to over HTTP by ourselves."""

    def prepare(self, posted: Posted, robot: Robot, *, now: datetime) -> Request:
        """The request, signed as of now."""

    def judge(self, answer: Answer) -> Answer:
        """What the platform's own words amount to: HTTP 200 may still be a refusal."""


class AppriseChannel(Channel, Protocol):
    """A platform that apprise speaks to."""

    def address(self, robot: Robot, *, timeout_seconds: float) -> str:
        """apprise's URL for the robot."""


def limit_of(channel: Channel, config: Mapping[str, Any]) -> Limit:
    """The limit in force: what the settings say, never more than the platform takes."""
    told = config.get("per_minute")
    if isinstance(told, bool) or not isinstance(told, int) or told < 1:
        return channel.limit
    return Limit(per_minute=min(told, channel.limit.per_minute), per_second=channel.limit.per_second)


def setting_problems(channel: Channel, config: Mapping[str, Any], secret_names: Sequence[str]) -> list[tuple[str, str]]:
    """(field, what is wrong with it) of a robot's settings."""
    found: list[tuple[str, str]] = []
    for field in channel.fields:
        value = (field.name in secret_names) if field.secret else config.get(field.name)
        if field.required and not value:
            found.append((field.name, f"请填写{field.title}"))
        elif value and field.name == "base_url" and not re.fullmatch(r"https?://[^\s/?#]+\S*", str(value)):
            found.append((field.name, f"{field.title}应以 http:// 或 https:// 开头"))
    known = {"per_minute", *(one.name for one in channel.fields if not one.secret)}
    found += [(name, f"没有设置项 {name}") for name in config if name not in known]
    return found
