"""Signing in and out (登录), and one's own account: sessions live in the database, failures are counted."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Final

import anyio
import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import JSONBody
from psycopg import Connection

from fenghe.kernel.people import store
from fenghe.kernel.people.lockout import DONE, REFUSED, locked_until
from fenghe.kernel.people.passwords import check_new_password, hash_password, is_outdated, verify_password
from fenghe.kernel.people.person import Actor, Person
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.values import CHINA, digest
from fenghe.kernel.web.problems import Problem
from fenghe.kernel.web.routes_support import (
    ANY_PERSON,
    PUBLIC,
    ApiRequest,
    actor_of,
    client_ip,
    current_person,
    find_person,
    hub_of,
)

AT_ONCE: Final = 2
"""Passwords verified at the same time: each takes 64 MiB and a core."""
MOST_WAITING: Final = 50


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the sign-in screen sends."""

    username: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class NewPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of one's own password."""

    old: Annotated[str, msgspec.Meta(max_length=500)]
    new: Annotated[str, msgspec.Meta(max_length=500)]


class MyChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one may change of oneself."""

    locale: str | None = None
    password: NewPassword | None = None


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, and what he may do."""

    id: str
    username: str
    name: str
    roles: list[str]
    permissions: list[str]
    locale: str
    shops: list[str] | None


class SignInDesk:
    """Bounds the work of signing in: few passwords at once, one attempt at a time for a name and address."""

    def __init__(self) -> None:
        self._busy: set[Actor] = set()
        self._verifying = anyio.CapacityLimiter(AT_ONCE)

    @contextmanager
    def seat(self, actor: Actor) -> Iterator[None]:
        """Hold while an attempt is judged and counted; a second one meanwhile is refused, so none escapes the count."""
        if actor in self._busy or len(self._busy) >= MOST_WAITING:
            raise Problem(429, "登录请求过多，请稍等几秒再试。", code="sign_in_busy", retry_after_seconds=3)
        self._busy.add(actor)
        try:
            yield
        finally:
            self._busy.discard(actor)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is right."""
        return await anyio.to_thread.run_sync(verify_password, stored, password, limiter=self._verifying)


def me_of(person: Person) -> Me:
    """A person as the screens see themselves."""
    return Me(
        id=str(person.id),
        username=person.username,
        name=person.name,
        roles=list(person.roles),
        permissions=sorted(person.permissions),
        locale=person.locale,
        shops=None if person.shops is None else list(person.shops),
    )


def _open_session(request: ApiRequest, account: store.Account) -> None:
    """The app gives a session whose content changed a new id, so nobody can plant one (session fixation)."""
    request.set_session(
        {
            "person": account.person.id,
            "stamp": account.stamp,
            "opened": int(time.time()),
            "nonce": secrets.token_hex(8),
        }
    )


@post("/api/session", opt=PUBLIC, status_code=200)
async def open_session(request: ApiRequest, data: JSONBody[SignIn]) -> Me:
    """登录：成功返回本人信息并建立会话；连续失败会锁定一段时间。"""
    hub, ip = hub_of(request), client_ip(request)
    known = await hub.sync(store.find_credentials, data.username)
    # The log never changes, and people type passwords into the wrong field: an unknown name is kept as a digest only.
    name = data.username.strip().lower() if known else f"unknown:{digest(data.username)[:12]}"
    actor, desk = Actor(name, ip), _desk(request)
    with desk.seat(actor):
        await hub.sync(_demand_open, actor)
        right = await desk.verify(known[1] if known else None, data.password)
        if not (known and right):
            raise await hub.sync(_refuse, actor)
    account = await hub.sync(_admit, known[0], data.password, known[1], actor=actor)
    _open_session(request, account)
    return me_of(account.person)


def _desk(request: ApiRequest) -> SignInDesk:
    desk: SignInDesk = request.app.state.desk
    return desk


def _demand_open(connection: Connection[Any], actor: Actor) -> None:
    attempts, now = store.recent_attempts(connection, actor.ip)
    until = locked_until(attempts, person=actor.person, now=now)
    if until is not None:
        raise _locked(until, now)


def _locked(until: datetime, now: datetime) -> Problem:
    seconds = max(1, int((until - now).total_seconds()))
    at = until.astimezone(CHINA).strftime("%H:%M")
    told = f"登录失败次数过多，已暂时锁定。请在 {at}（约 {seconds // 60 + 1} 分钟后）再试；忘记口令请联系管理员重置。"
    return Problem(429, told, code="sign_in_locked", retry_after_seconds=seconds)


def _refuse(connection: Connection[Any], actor: Actor) -> Problem:
    """Count the failure, and say what to do: the words are the same whether the name exists or not."""
    log_access(connection, actor, action=REFUSED)
    attempts, now = store.recent_attempts(connection, actor.ip)
    until = locked_until(attempts, person=actor.person, now=now)
    if until is not None:
        return _locked(until, now)
    return Problem(401, "用户名或口令不正确。请检查后再试；忘记口令请联系管理员重置。", code="sign_in_refused")


def _admit(connection: Connection[Any], person_id: int, password: str, stored: str, *, actor: Actor) -> store.Account:
    if is_outdated(stored):
        store.store_password(connection, person_id, hash_password(password))
    log_access(connection, actor, action=DONE)
    return store.get_account(connection, person_id)


@delete("/api/session", opt=ANY_PERSON)
async def close_session(request: ApiRequest) -> None:
    """退出登录。"""
    _demand_browser(request)
    await hub_of(request).sync(_note_closed, actor_of(request))
    request.clear_session()


def _note_closed(connection: Connection[Any], actor: Actor) -> None:
    log_access(connection, actor, action="session.close.done")


@get("/api/session", opt=PUBLIC)
async def show_session(request: ApiRequest) -> Me | None:
    """当前是谁登录;没有人登录时为 null。页面打开时先问它。"""
    person = find_person(request)
    return me_of(person) if person else None


@get("/api/me", opt=ANY_PERSON)
async def show_me(request: ApiRequest) -> Me:
    """本人信息与权限。"""
    return me_of(current_person(request))


@patch("/api/me", opt=ANY_PERSON)
async def change_me(request: ApiRequest, data: JSONBody[MyChange]) -> Me:
    """修改本人的语言或口令；改口令后其他地方的登录全部失效。"""
    _demand_browser(request)
    person, hub = current_person(request), hub_of(request)
    if data.locale is not None:
        await hub.sync(store.set_locale, person.id, data.locale)
    if data.password is not None:
        await _change_password(request, person, data.password)
    account = await hub.sync(store.get_account, person.id)
    if data.password is not None:
        _open_session(request, account)
    return me_of(account.person)


async def _change_password(request: ApiRequest, person: Person, change: NewPassword) -> None:
    """The old password is asked for, and its failures count: a screen left open must not become an account taken."""
    hub, actor = hub_of(request), actor_of(request)
    check_new_password(change.new, username=person.username)
    known = await hub.sync(store.find_credentials, person.username)
    desk = _desk(request)
    with desk.seat(actor):
        await hub.sync(_demand_open, actor)
        if not await desk.verify(known[1] if known else None, change.old):
            await hub.sync(_refuse, actor)
            raise Problem(422, "原口令不正确，口令没有更改。请重新填写。", code="old_password_wrong")
    await hub.sync(_store_new, person.id, change.new, actor=actor)


def _store_new(connection: Connection[Any], person_id: int, password: str, *, actor: Actor) -> None:
    store.store_password(connection, person_id, hash_password(password))
    log_access(connection, actor, action="person.password.changed", target=f"person {person_id} {actor.person}")


def _demand_browser(request: ApiRequest) -> None:
    if current_person(request).token_id is not None:
        raise Problem(403, "API 令牌不能执行此操作。请在页面上登录后操作。", code="token_not_enough")


session_router = Router(
    "/", route_handlers=[open_session, close_session, show_session, show_me, change_me], tags=["session"]
)
