"""A real hub's web side for tests: the app on a real server and database, and browsers that keep their cookies."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import httpx
import psycopg
import uvicorn
from litestar import Router
from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from fenghe.api.app import build_api
from fenghe.api.serving import ApiServer
from fenghe.connectors.zto import CONNECTOR as ZTO
from fenghe.kernel.connecting import Connector, named
from fenghe.kernel.database.address import Database
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store import create_person
from fenghe.kernel.rulings import PersonConnector

T = TypeVar("T")
P = ParamSpec("P")

PASSWORD: Final = "correct horse battery"
KEY: Final = bytes(range(32))


class WebSide:
    """What the app asks of a hub, over one database."""

    version = "0.0-test"
    key = KEY

    def __init__(self, url: str, routers: Sequence[Router]) -> None:
        self.url = url
        self.routers = routers
        self.connectors: Mapping[str, Connector] = named([PersonConnector(), ZTO])
        self.pool: AsyncConnectionPool[AsyncConnection[TupleRow]] = AsyncConnectionPool(
            url, min_size=1, max_size=4, open=False, timeout=5
        )

    async def sync(self, work: Callable[Concatenate[Connection[Any], P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """One transaction in a thread."""

        def run() -> T:
            with psycopg.connect(self.url) as connection:
                return work(connection, *args, **kwargs)

        return await asyncio.to_thread(run)


@dataclass
class Browser:
    """Somebody's browser: cookies, and the header against forged requests as the screens send it."""

    client: httpx.Client

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Read."""
        return self.client.get(path, **options)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Change something, as the screens do it."""
        if "fenghe_csrf" not in self.client.cookies:
            self.client.get("/api/me")
        token = {"x-csrftoken": self.client.cookies.get("fenghe_csrf") or ""}
        return self.client.request(method, path, json=body, headers=token | headers)

    def plant(self, name: str, value: str) -> None:
        """Put a cookie into the browser in place of what it has."""
        for cookie in list(self.client.cookies.jar):
            if cookie.name == name:
                self.client.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)
        self.client.cookies.set(name, value, domain="127.0.0.1", path="/")

    def post(self, path: str, body: Any = None) -> httpx.Response:
        """Make."""
        return self.send("POST", path, body)

    def patch(self, path: str, body: Any) -> httpx.Response:
        """Change."""
        return self.send("PATCH", path, body)

    def delete(self, path: str) -> httpx.Response:
        """Take away."""
        return self.send("DELETE", path)

    def sign_in(self, username: str, password: str = PASSWORD) -> httpx.Response:
        """At the sign-in screen."""
        return self.post("/api/session", {"username": username, "password": password})


@dataclass
class Site:
    """A running web side: its address, its database, and the browsers opened on it."""

    address: str
    database: Database
    server: ApiServer
    thread: threading.Thread
    browsers: list[httpx.Client] = field(default_factory=list)

    def browser(self) -> Browser:
        """A new one, nobody signed in."""
        client = httpx.Client(base_url=self.address, timeout=20, trust_env=False)
        self.browsers.append(client)
        return Browser(client)

    def person(self, username: str, *roles: str, shops: list[str] | None = None) -> int:
        """Somebody with these roles."""
        with psycopg.connect(self.database.app_url) as connection:
            return create_person(
                connection,
                username=username,
                name=f"{username}先生",
                roles=roles,
                password=PASSWORD,
                shops=shops,
                actor=Actor("test", ""),
            )

    def signed_in(self, username: str, *roles: str) -> Browser:
        """Somebody with these roles, at his screen."""
        self.person(username, *roles)
        browser = self.browser()
        answer = browser.sign_in(username)
        assert answer.status_code == 200, answer.text
        return browser

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Look or meddle as the application's role."""
        with psycopg.connect(self.database.app_url) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def log(self, action: str) -> list[tuple[Any, ...]]:
        """(person, ip, target) of the deeds noted under an action, oldest first."""
        return self.sql("select person, ip, target from access_log where action = %s order by id", action)

    def stop(self) -> None:
        """As on SIGTERM."""
        self.server.should_exit = True
        self.thread.join(20)


@contextmanager
def serving(database: Database, *, routers: Sequence[Router] = (), screens: Path | None = None) -> Iterator[Site]:
    """The web side on a port of this machine, in a thread of its own."""
    hub = WebSide(database.app_url, routers)
    app = build_api(hub, screens=screens or Path("/nonexistent"))
    # Named TCP, or asyncio leaves Nagle's delay on: 40 ms a request.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    config = uvicorn.Config(app, lifespan="on", log_level="warning", ws="none", timeout_graceful_shutdown=10)
    server = ApiServer(config, app)

    async def run() -> None:
        async with hub.pool:
            await server.serve(sockets=[listening])

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="site")
    thread.start()
    site = Site(f"http://127.0.0.1:{listening.getsockname()[1]}", database, server, thread)
    try:
        yield site
    finally:
        for client in site.browsers:
            client.close()
        site.stop()
        assert not thread.is_alive(), "the server did not stop"
