"""The app (接口总装): the rooms' routes behind sign-in, rights, forged-request check, limits and security headers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import MutableScopeHeaders
from litestar.middleware import DefineMiddleware
from litestar.types import Message, Scope

from fenghe.api.events import events_router, live_events
from fenghe.api.guards import Authentication, ForgeryCheck, csrf_config, demand_person
from fenghe.api.health import health_router
from fenghe.api.openapi import openapi_config
from fenghe.api.problems import HANDLERS, trace_of
from fenghe.api.screens import FOLDER, Screens, screens_router
from fenghe.api.sessions import STORE, PostgresStore, session_config
from fenghe.kernel.connections.routes import connections_router
from fenghe.kernel.declarations.routes import router as declarations_router
from fenghe.kernel.people.routes import people_router
from fenghe.kernel.people.routes_session import SignInDesk, session_router
from fenghe.kernel.secrets import derive
from fenghe.kernel.views.routes import views_router
from fenghe.kernel.web.hub import KernelHub

LARGEST_BODY: Final = 1_000_000
"""Of a JSON request. Files come in elsewhere."""

SCREEN_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
    " font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
"""Ant Design writes style tags, hence inline styles; no inline script ever runs."""

API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"

HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


class ApiHub(KernelHub, Protocol):
    """The whole hub as the app needs it."""

    @property
    def version(self) -> str:
        """What /health and the schema say."""

    @property
    def routers(self) -> Sequence[Router]:
        """The rooms' routers."""


def build_api(hub: ApiHub, *, screens: Path = FOLDER) -> Litestar:
    """Put the app together; it opens nothing before its lifespan begins."""
    app = Litestar(
        route_handlers=[*OWN_ROUTERS, *hub.routers, screens_router],
        guards=[demand_person],
        middleware=_middleware(hub),
        stores={STORE: PostgresStore(hub)},
        exception_handlers=HANDLERS,
        before_send=[_add_headers],
        lifespan=[live_events],
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=2_000, gzip_compress_level=4, exclude_opt_key="exclude_from_compression"
        ),
        openapi_config=openapi_config(hub.version),
        request_max_body_size=LARGEST_BODY,
        logging_config=None,
        debug=False,
    )
    app.state.hub = hub
    app.state.desk = SignInDesk()
    app.state.screens = Screens(screens)
    return app


OWN_ROUTERS: Final = (
    session_router, people_router, connections_router, declarations_router, views_router, events_router, health_router,
)  # fmt: skip


def _middleware(hub: ApiHub) -> list[Any]:
    """Outermost first: the forged-request check needs nothing, the person needs the session."""
    secret = derive(hub.key, "csrf cookie").hex()
    return [
        DefineMiddleware(ForgeryCheck, config=csrf_config(secret)),
        session_config().middleware,
        DefineMiddleware(Authentication, exclude_from_auth_key="no_person"),
    ]


async def _add_headers(message: Message, scope: Scope) -> None:
    """Security headers and the trace on every answer, also of errors."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    api = scope["path"].startswith("/api/")
    for name, value in HEADERS.items():
        headers[name] = value
    headers["content-security-policy"] = API_POLICY if api else SCREEN_POLICY
    headers["x-request-id"] = trace_of(scope)
    if api and "cache-control" not in headers:
        headers["cache-control"] = "no-store"
    if scope["scheme"] == "https":
        headers["strict-transport-security"] = "max-age=31536000"
