"""Saved views over HTTP (常用视图)."""

from litestar import Router, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from fenghe.kernel.views import store
from fenghe.kernel.web.paging import read_id
from fenghe.kernel.web.routes_support import ANY_PERSON, ApiRequest, actor_of, current_person, hub_of


@get("/api/views", opt=ANY_PERSON)
async def list_views(request: ApiRequest, screen: FromQuery[str] = "") -> list[store.View]:
    """本人与共享的常用视图。"""
    return await hub_of(request).sync(store.list_views, person_id=current_person(request).id, screen=screen)


@post("/api/views", opt=ANY_PERSON)
async def create_view(request: ApiRequest, data: JSONBody[store.NewView]) -> store.View:
    """保存当前筛选为常用视图。"""
    person, actor = current_person(request), actor_of(request)
    return await hub_of(request).sync(store.create_view, data, person=person, actor=actor)


@delete("/api/views/{view_id:str}", opt=ANY_PERSON)
async def delete_view(request: ApiRequest, view_id: FromPath[str]) -> None:
    """删除常用视图。"""
    person, actor = current_person(request), actor_of(request)
    await hub_of(request).sync(store.delete_view, read_id(view_id), person=person, actor=actor)


views_router = Router("/", route_handlers=[list_views, create_view, delete_view], tags=["views"])
