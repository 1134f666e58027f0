"""Who may come in (门禁): the person behind a session or a bearer token, the forged-request check, and the closed door.

A request with an Authorization header is judged by that header alone: a wrong token is refused even beside a good
session, so a token's request never needs the forged-request check and never borrows a session's rights.
"""

import time
from dataclasses import replace
from typing import Any, Final

from litestar.config.csrf import CSRFConfig
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.middleware.authentication import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.middleware.csrf import CSRFMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from fenghe.api.sessions import COOKIE, LONGEST, STORE
from fenghe.kernel.people.person import Person
from fenghe.kernel.people.store import find_account, note_seen
from fenghe.kernel.people.store_tokens import PREFIX, find_bearer, note_used
from fenghe.kernel.web.problems import Problem
from fenghe.kernel.web.routes_support import current_person, find_person, hub_of, requires

__all__ = ["Authentication", "ForgeryCheck", "current_person", "demand_person", "find_person", "requires"]

CSRF_COOKIE: Final = "fenghe_csrf"
CSRF_HEADER: Final = "x-csrftoken"
SAFE_METHODS: Final = {"GET", "HEAD", "OPTIONS"}
LONGEST_TOKEN: Final = 200


class Authentication(AbstractAuthenticationMiddleware):
    """Finds out who is asking; whether that is enough is the guards' business."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        """The person, None for nobody."""
        return AuthenticationResult(user=await person_behind(connection), auth=None)


async def person_behind(connection: ASGIConnection[Any, Any, Any, Any]) -> Person | None:
    """Looked up at each request, so that a right taken away or a person gone takes effect at once."""
    told = connection.headers.get("authorization")
    return await _by_session(connection) if told is None else await _by_token(connection, told)


async def _by_session(connection: ASGIConnection[Any, Any, Any, Any]) -> Person | None:
    session = connection.scope.get("session")
    if not isinstance(session, dict) or not session:
        return None
    person_id, stamp, opened = session.get("person"), session.get("stamp"), session.get("opened")
    if not isinstance(person_id, int) or not isinstance(opened, int):
        return None
    if time.time() - opened > LONGEST.total_seconds():
        return None
    async with hub_of(connection).pool.connection() as database:
        account = await find_account(database, person_id)
        if account is None or account.stamp != stamp:
            return None
        if account.seen_long_ago:
            await note_seen(database, person_id)
    return account.person


async def _by_token(connection: ASGIConnection[Any, Any, Any, Any], header: str) -> Person | None:
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token.startswith(PREFIX) or len(token) > LONGEST_TOKEN:
        return None
    async with hub_of(connection).pool.connection() as database:
        found = await find_bearer(database, token)
        if found is None:
            return None
        person, used_long_ago = found
        if used_long_ago and person.token_id is not None:
            await note_used(database, person.token_id)
    return person


async def still_signed_in(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Asked again by what stays open for long: the session may have been ended meanwhile."""
    if connection.headers.get("authorization") is None:
        kept = connection.app.stores.get(STORE)
        if not await kept.exists(connection.cookies.get(COOKIE, "")):
            return False
    return await person_behind(connection) is not None


async def demand_person(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of the whole app: whatever is not declared public needs somebody signed in."""
    if not handler.opt.get("public"):
        current_person(connection)


class ForgeryCheck:
    """Refuses a change that another site made a browser send (CSRF); a bearer's cannot be made so."""

    def __init__(self, app: ASGIApp, config: CSRFConfig) -> None:
        self._app = app
        self._plain = CSRFMiddleware(app, config)
        self._secure = CSRFMiddleware(app, replace(config, cookie_secure=True))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass."""
        headers = dict(scope["headers"])
        if b"authorization" in headers:
            await self._app(scope, receive, send)
            return
        if _changes(scope) and headers.get(b"sec-fetch-site", b"same-origin") not in {b"same-origin", b"none"}:
            raise Problem(403, "请求来自其他网站，已拒绝。请从本系统的页面操作。", code="cross_site")
        check = self._secure if scope["scheme"] == "https" else self._plain
        await check(scope, receive, send)


def _changes(scope: Scope) -> bool:
    return scope.get("method", "") not in SAFE_METHODS


def csrf_config(secret: str) -> CSRFConfig:
    """The cookie the screens read and send back in a header."""
    return CSRFConfig(secret=secret, cookie_name=CSRF_COOKIE, header_name=CSRF_HEADER, cookie_samesite="lax")
