"""Sessions (会话) in PostgreSQL: the cookie holds a random id, the table only its digest.

An id is never taken from the browser for a new session, and a session whose content changes gets a new id (fixation). A
session ends after twelve hours without use, seven days after sign-in, at sign-out, and with a new password.
"""

import hashlib
from datetime import timedelta
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.middleware.session.server_side import ServerSideSessionBackend, ServerSideSessionConfig
from litestar.stores.base import Store
from litestar.types import Empty, Message, ScopeSession

from fenghe.api import store
from fenghe.kernel.web.hub import WebHub

COOKIE: Final = "fenghe_session"
STORE: Final = "sessions"
IDLE: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=7)
RENEWED_AFTER: Final = timedelta(minutes=5)
"""How exact the idle time is: one write in five minutes, not one a request."""
LONGEST_ID: Final = 128


class PostgresStore(Store):
    """Litestar's store over table web_session."""

    __slots__ = ("_hub",)

    def __init__(self, hub: WebHub) -> None:
        self._hub = hub

    async def set(self, key: str, value: str | bytes, expires_in: int | timedelta | None = None) -> None:
        """Keep a value; without a time of its own it lives as long as an idle session."""
        data = value.encode() if isinstance(value, str) else value
        async with self._hub.pool.connection() as connection:
            await store.put_session(connection, _digest(key), data, lives=_span(expires_in) or IDLE)

    async def get(self, key: str, renew_for: int | timedelta | None = None) -> bytes | None:
        """The value if it has not expired; `renew_for` gives it that long again."""
        span = _span(renew_for)
        async with self._hub.pool.connection() as connection:
            found = await store.find_session(connection, _digest(key))
            if found is None:
                return None
            data, left = found
            if span is not None and left < span - RENEWED_AFTER:
                await store.renew_session(connection, _digest(key), lives=span)
            return data

    async def delete(self, key: str) -> None:
        """End it; nothing happens when it is not there."""
        async with self._hub.pool.connection() as connection:
            await store.drop_session(connection, _digest(key))

    async def delete_all(self) -> None:
        """End every session: everybody must sign in again."""
        async with self._hub.pool.connection() as connection:
            await store.drop_sessions(connection)

    async def exists(self, key: str) -> bool:
        """Whether it is there and has not expired."""
        return await self.get(key) is not None

    async def expires_in(self, key: str) -> int | None:
        """Seconds it has left."""
        async with self._hub.pool.connection() as connection:
            found = await store.find_session(connection, _digest(key))
        return None if found is None else int(found[1].total_seconds())


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _span(time: int | timedelta | None) -> timedelta | None:
    return timedelta(seconds=time) if isinstance(time, int) else time


class SessionBackend(ServerSideSessionBackend):
    """Litestar's backend, writing only what changed; a request without a session leaves no row and no cookie."""

    async def load_from_connection(self, connection: ASGIConnection[Any, Any, Any, Any]) -> dict[str, Any]:
        """The session behind the cookie; remembered, to see at the end what changed."""
        told = connection.cookies.get(COOKIE, "")
        data = None
        if 0 < len(told) <= LONGEST_ID:
            data = await self.get(told, store=self.config.get_store_from_app(connection.app))
        connection.scope["state"][COOKIE] = (told, data) if data is not None else None
        return {} if data is None else self.deserialize_data(data)

    def get_session_id(self, connection: ASGIConnection[Any, Any, Any, Any]) -> str:  # noqa: ARG002 - Litestar's signature
        """A fresh id each time: the browser never chooses one."""
        return self.generate_session_id()

    async def store_in_message(
        self, scope_session: ScopeSession, message: Message, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> None:
        """Write a session that changed under a new id, and take away one that ended."""
        before: tuple[str, bytes] | None = connection.scope["state"].get(COOKIE)
        data = None if scope_session is Empty or not scope_session else self.serialize_data(scope_session)
        if data == (before[1] if before else None):
            return
        kept = self.config.get_store_from_app(connection.app)
        if before is not None:
            await self.delete(before[0], store=kept)
        fresh = self.generate_session_id()
        if data is not None:
            await self.set(fresh, data, store=kept)
        _set_cookie(message, connection, "" if data is None else fresh)


def _set_cookie(message: Message, connection: ASGIConnection[Any, Any, Any, Any], value: str) -> None:
    cookie = Cookie(
        key=COOKIE,
        value=value,
        path="/",
        max_age=int(LONGEST.total_seconds()) if value else 0,
        httponly=True,
        samesite="lax",
        secure=connection.scope["scheme"] == "https",
    )
    MutableScopeHeaders.from_message(message).add("set-cookie", cookie.to_header(header=""))


class SessionConfig(ServerSideSessionConfig):
    """Litestar's configuration with our backend."""

    _backend_class = SessionBackend


def session_config() -> SessionConfig:
    """Idle time is the store's, renewed on use; the longest life is checked where the person is looked up."""
    return SessionConfig(
        key=COOKIE, store=STORE, max_age=int(IDLE.total_seconds()), renew_on_access=True, exclude_opt_key="no_session"
    )
