"""What routes of lists share (列表路由): the filter as a dependency, and the hub with its rules."""

from typing import Any, TypeVar

import msgspec
from litestar.connection import ASGIConnection
from litestar.di import Provide

from fenghe.kernel.listing import read_filter
from fenghe.kernel.room import RoomHub
from fenghe.kernel.web.routes_support import ApiRequest

F = TypeVar("F", bound=msgspec.Struct)


def room_hub(connection: ASGIConnection[Any, Any, Any, Any]) -> RoomHub:
    """The running hub, with what the rooms ask of it."""
    hub: RoomHub = connection.app.state.hub
    return hub


def filtered(kind: type[F]) -> dict[str, Provide]:
    """`dependencies=filtered(OrderFilter)`; the handler takes `asked: NamedDependency[OrderFilter]`."""

    def asked(request: ApiRequest) -> F:
        return read_filter(kind, request.query_params.multi_items())

    asked.__annotations__["return"] = kind
    return {"asked": Provide(asked, sync_to_thread=False)}
