"""Robots over HTTP (机器人): which there are, their settings and secrets, a test message; the hub's address for phones."""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Router, get, patch, post, put
from litestar.params import FromPath, JSONBody
from psycopg import Connection

from fenghe.kernel.connecting_robots import Field
from fenghe.kernel.notices import store_robots, store_routing
from fenghe.kernel.notices.routes_hub import notice_hub
from fenghe.kernel.notices.store_robots import RobotChange, RobotRow, RobotWish
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.web.problems import bad_field
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, requires

MANAGES: Final = requires("notices.manage")
_ADDRESS: Final = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")


class ChannelRow(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of robot, and what it needs to be told."""

    kind: str
    title: str
    per_minute: int
    per_second: int
    fields: Sequence[Field]


class Tested(msgspec.Struct, frozen=True):
    """The test message in the log."""

    delivery: str


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`public_url`: the address under which phones reach this hub; "" while nobody has said."""

    public_url: str


@get("/api/notice-channels", guards=[MANAGES])
async def list_channels(request: ApiRequest) -> list[ChannelRow]:
    """可用的机器人种类与各自要填的设置。"""
    return [
        ChannelRow(
            kind=one.kind,
            title=one.title,
            per_minute=one.limit.per_minute,
            per_second=one.limit.per_second,
            fields=one.fields,
        )
        for one in notice_hub(request).robots.values()
    ]


@get("/api/notice-robots", guards=[MANAGES])
async def list_robots(request: ApiRequest) -> list[RobotRow]:
    """机器人列表；密钥只列名称。"""
    hub = notice_hub(request)
    return await hub.sync(store_robots.list_robots, hub.robots, hub.key)


@post("/api/notice-robots", guards=[MANAGES])
async def create_robot(request: ApiRequest, data: JSONBody[RobotWish]) -> RobotRow:
    """新增机器人。"""
    hub = notice_hub(request)
    await hub.sync(store_robots.create_robot, data, channels=hub.robots, key=hub.key, actor=actor_of(request))
    return await hub.sync(store_robots.get_robot, data.id, channels=hub.robots, key=hub.key)


@patch("/api/notice-robots/{robot:str}", guards=[MANAGES])
async def change_robot(request: ApiRequest, robot: FromPath[str], data: JSONBody[RobotChange]) -> RobotRow:
    """修改机器人：名称、启停、设置、密钥（未提到的密钥不变，填 null 为删除）。"""
    hub = notice_hub(request)
    await hub.sync(store_robots.change_robot, robot, data, channels=hub.robots, key=hub.key, actor=actor_of(request))
    return await hub.sync(store_robots.get_robot, robot, channels=hub.robots, key=hub.key)


@post("/api/notice-robots/{robot:str}/test", guards=[MANAGES], status_code=200)
async def test_robot(request: ApiRequest, robot: FromPath[str]) -> Tested:
    """发一条测试消息，结果见投递日志。"""
    hub = notice_hub(request)
    number = await hub.sync(store_robots.test_robot, robot, channels=hub.robots, actor=actor_of(request))
    await hub.sync(beat, ("notices",))
    return Tested(str(number))


@get("/api/notice-settings", guards=[MANAGES])
async def get_settings(request: ApiRequest) -> Settings:
    """通知的公共设置。"""
    return Settings(public_url=await notice_hub(request).sync(store_routing.public_url))


@put("/api/notice-settings", guards=[MANAGES])
async def set_settings(request: ApiRequest, data: JSONBody[Settings]) -> Settings:
    """修改对外地址：消息里的链接从它开始。"""
    url = data.public_url.strip().rstrip("/")
    if url and (len(url) > 300 or not _ADDRESS.fullmatch(url)):
        raise bad_field("public_url", "地址应像 https://hub.example.com")
    await notice_hub(request).sync(_keep, url, actor=actor_of(request))
    return Settings(public_url=url)


def _keep(connection: Connection[Any], url: str, *, actor: Actor) -> None:
    store_routing.set_public_url(connection, url)
    log_access(connection, actor, action="notice_setting.change.done", target=f"public_url {url}")


router = Router(
    "/",
    route_handlers=[
        list_channels, list_robots, create_robot, change_robot, test_robot, get_settings, set_settings,
    ],
    tags=["notices"],
)  # fmt: skip
