"""People over HTTP (人员管理): accounts, roles, API tokens, and the record of who saw and did what."""

from typing import Annotated

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from fenghe.kernel.people import store, store_tokens
from fenghe.kernel.people.person import Person
from fenghe.kernel.people.roles import GRANTS, PERMISSIONS, ROLES
from fenghe.kernel.people.store_access import AccessRow, list_access
from fenghe.kernel.web.paging import read_id
from fenghe.kernel.web.problems import Problem
from fenghe.kernel.web.routes_support import ANY_PERSON, ApiRequest, actor_of, current_person, hub_of, requires

MOST_ACCESS_ROWS = 500


class Right(msgspec.Struct, frozen=True):
    """One right with its words."""

    permission: str
    title: str


class Role(msgspec.Struct, frozen=True):
    """A role and what it may do."""

    role: str
    title: str
    permissions: list[Right]


class Owner(msgspec.Struct, frozen=True):
    """Somebody a case can be given to."""

    id: str
    name: str


class NewUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person to be made."""

    username: str
    name: str
    roles: list[str]
    password: str
    shops: list[str] | None = None


class TokenWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to be made."""

    name: str
    scopes: list[str]
    expires_days: int


@get("/api/users", guards=[requires("users.manage")])
async def list_users(request: ApiRequest) -> list[store.UserRow]:
    """人员列表。"""
    return await hub_of(request).sync(store.list_users)


@post("/api/users", guards=[requires("users.manage")])
async def create_user(request: ApiRequest, data: JSONBody[NewUser]) -> store.UserRow:
    """新建人员。"""
    hub = hub_of(request)
    person_id = await hub.sync(
        store.create_person,
        username=data.username,
        name=data.name,
        roles=data.roles,
        password=data.password,
        shops=data.shops,
        actor=actor_of(request),
    )
    return await hub.sync(store.get_user, person_id)


@patch("/api/users/{user_id:str}", guards=[requires("users.manage")])
async def change_user(request: ApiRequest, user_id: FromPath[str], data: JSONBody[store.UserChange]) -> store.UserRow:
    """修改人员：姓名、角色、可见店铺、在岗、重置口令。"""
    return await hub_of(request).sync(store.change_person, read_id(user_id), data, actor=actor_of(request))


@get("/api/roles", opt=ANY_PERSON)
async def list_roles() -> list[Role]:
    """角色与各自的权限。"""
    return [
        Role(role, title, [Right(one, words) for one, words in PERMISSIONS.items() if one in GRANTS[role]])
        for role, title in ROLES.items()
    ]


@get("/api/owners", guards=[requires("cases.assign", "cases.rule")])
async def list_owners(request: ApiRequest) -> list[Owner]:
    """可以处理工单的人员，供分派时选择。"""
    able = [role for role, rights in GRANTS.items() if rights & {"cases.rule", "cases.assign"}]
    return [Owner(*row) for row in await hub_of(request).sync(store.list_owners, able)]


@get("/api/tokens", guards=[requires("tokens.manage")])
async def list_tokens(request: ApiRequest) -> list[store_tokens.TokenRow]:
    """API 令牌列表：本人的；能管理人员的看到全部。"""
    return await hub_of(request).sync(store_tokens.list_tokens, person_id=_whose(current_person(request)))


@post("/api/tokens", guards=[requires("tokens.manage")])
async def create_token(request: ApiRequest, data: JSONBody[TokenWish]) -> store_tokens.NewToken:
    """新建 API 令牌；令牌只在此时显示一次。"""
    person = current_person(request)
    if person.token_id is not None:
        raise Problem(403, "API 令牌不能再生成令牌。请在页面上登录后操作。", code="token_not_enough")
    return await hub_of(request).sync(
        store_tokens.create_token,
        person=person,
        name=data.name,
        scopes=data.scopes,
        days=data.expires_days,
        actor=actor_of(request),
    )


@delete("/api/tokens/{token_id:str}", guards=[requires("tokens.manage")])
async def revoke_token(request: ApiRequest, token_id: FromPath[str]) -> None:
    """撤销 API 令牌，立即失效。"""
    whose = _whose(current_person(request))
    await hub_of(request).sync(store_tokens.revoke_token, read_id(token_id), person_id=whose, actor=actor_of(request))


def _whose(person: Person) -> int | None:
    return None if person.may("users.manage") else person.id


@get("/api/access-log", guards=[requires("audit.view")])
async def show_access_log(
    request: ApiRequest,
    *,
    user: FromQuery[str] = "",
    q: Annotated[str, QueryParameter(description="在动作、对象、地址中查找")] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=MOST_ACCESS_ROWS)] = 200,
) -> list[AccessRow]:
    """访问记录：谁看过、做过什么，最新在前。"""
    return await hub_of(request).sync(list_access, user=user.strip().lower(), text=q.strip(), limit=limit)


people_router = Router(
    "/",
    route_handlers=[
        list_users, create_user, change_user, list_roles, list_owners, list_tokens, create_token, revoke_token,
        show_access_log,
    ],
    tags=["people"],
)  # fmt: skip
