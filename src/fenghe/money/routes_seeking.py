"""Searches over HTTP (凭证寻踪): begun by whoever reconciles, looked at by whoever may see money."""

from typing import Any, Final

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from psycopg import Connection

from fenghe.kernel.routes_listing import room_hub
from fenghe.kernel.web.paging import read_id
from fenghe.kernel.web.problems import not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, requires
from fenghe.money import store_seeking as store
from fenghe.money.routes_trace import checked_number
from fenghe.money.seeking_view import SearchView, view_of
from fenghe.money.tasks_trace import Several, find_chain, names_of, unknown_key
from fenghe.money.trace_numbers import Found

VIEW: Final = "money.view"
SEEK: Final = "money.reconcile"


class SearchWish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be searched for: a number's whole chain, or one gap of it by its name; `which` of several chains."""

    number: str
    which: str = ""
    gap: str = ""


@post("/api/trace/searches", guards=[requires(SEEK)])
async def begin_search(request: ApiRequest, data: JSONBody[SearchWish]) -> SearchView:
    """Ask providers, channels, carriers and files for what a chain lacks; the search that stands already is given instead."""
    hub, actor = room_hub(request), actor_of(request)
    number = checked_number(data.number)
    started = await hub.seek(actor.person, actor.ip, number=number, which=data.which, gap=data.gap)

    def read(connection: Connection[Any]) -> SearchView:
        row = store.search(connection, started.id)
        assert row is not None
        return view_of(row, started.how)

    return await hub.sync(read)


@get("/api/trace/searches", guards=[requires(VIEW)])
async def list_searches(
    request: ApiRequest, number: FromQuery[str] = "", which: FromQuery[str] = ""
) -> list[SearchView]:
    """The searches about a number's chain, or the newest about any, the newest first."""

    def read(connection: Connection[Any]) -> list[SearchView]:
        if not number.strip():
            return [view_of(row) for row in store.recent(connection)]
        return [view_of(row) for row in store.searches(connection, keys_of(connection, checked_number(number), which))]

    return await room_hub(request).sync(read)


def keys_of(connection: Connection[Any], number: str, which: str) -> list[str]:
    """What searches about this number's chain are called, also those made before anybody knew it."""
    found = find_chain(connection, number, which=which)
    names = [unknown_key(name) for name in names_of(number)]
    if isinstance(found, Found):
        return [found.numbers.key, *names]
    return [one.numbers.key for one in found.choices] if isinstance(found, Several) else names


@get("/api/trace/searches/{search_id:str}", guards=[requires(VIEW)])
async def get_search(request: ApiRequest, search_id: FromPath[str]) -> SearchView:
    """One search as it stands."""
    number = read_id(search_id)
    row = await room_hub(request).sync(lambda connection: store.search(connection, number))
    if row is None:
        raise not_found(f"寻踪 {search_id}")
    return view_of(row)


router = Router("/", route_handlers=[begin_search, list_searches, get_search], tags=["trace"])
