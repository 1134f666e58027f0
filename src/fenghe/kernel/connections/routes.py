"""Connections over HTTP (连接): which outside parties there are, their settings and secrets, and what came of late."""

import msgspec
from litestar import Router, get, patch, post
from litestar.params import FromPath, JSONBody

from fenghe.kernel.connecting import Connector
from fenghe.kernel.connections import store
from fenghe.kernel.web.hub import KernelHub
from fenghe.kernel.web.problems import bad_field
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, requires


class ConnectorChoice(msgspec.Struct, frozen=True):
    """A dialect a new source can speak."""

    name: str
    title: str
    kind: str


def _hub(request: ApiRequest) -> KernelHub:
    hub: KernelHub = request.app.state.hub
    return hub


@get("/api/sources", guards=[requires("sources.manage")])
async def list_sources(request: ApiRequest) -> list[store.SourceRow]:
    """连接列表；密钥只列名称。"""
    hub = _hub(request)
    return await hub.sync(store.list_sources, hub.key)


@get("/api/connectors", guards=[requires("sources.manage")])
async def list_connectors(request: ApiRequest) -> list[ConnectorChoice]:
    """新建连接时可选的对接方式。"""
    known = sorted(_offered(_hub(request)).values(), key=lambda one: (one.kind, one.name))
    return [ConnectorChoice(one.name, one.title, one.kind) for one in known]


def _offered(hub: KernelHub) -> dict[str, Connector]:
    """All but the one by which people's own rulings come in."""
    return {name: one for name, one in hub.connectors.items() if one.kind != "person"}


@post("/api/sources", guards=[requires("sources.manage")])
async def create_source(request: ApiRequest, data: JSONBody[store.NewSource]) -> store.SourceRow:
    """新建连接；编号会成为推送地址的一部分，之后不能更改。"""
    hub = _hub(request)
    offered = _offered(hub)
    connector = offered.get(data.connector)
    if connector is None:
        raise bad_field("connector", f"没有对接方式 {data.connector[:60]}，可用的有 {'、'.join(sorted(offered))}")
    await hub.sync(
        store.create_source,
        data,
        kind=connector.kind,
        key=hub.key,
        actor=actor_of(request),
    )
    return await hub.sync(store.get_source, data.id, hub.key)


@patch("/api/sources/{source_id:str}", guards=[requires("sources.manage")])
async def change_source(
    request: ApiRequest, source_id: FromPath[str], data: JSONBody[store.SourceChange]
) -> store.SourceRow:
    """修改连接：名称、启停、设置、密钥（未提到的密钥不变，填 null 为删除）。"""
    hub = _hub(request)
    return await hub.sync(store.change_source, source_id, data, key=hub.key, actor=actor_of(request))


connections_router = Router(
    "/", route_handlers=[list_sources, list_connectors, create_source, change_source], tags=["sources"]
)
