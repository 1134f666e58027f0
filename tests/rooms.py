"""The whole API on a real hub over the small world, for the tests of the rooms' routes; every statement is counted."""

import asyncio
import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import httpx
import psycopg
import pytest
import uvicorn
from psycopg import AsyncCursor, Connection, Cursor

from fenghe.api.app import build_api
from fenghe.api.serving import ApiServer
from fenghe.hub.hub import Hub
from fenghe.kernel.database import store
from fenghe.kernel.database.address import APP_ROLE, Database
from tests.api.serving import KEY, Browser, Site
from tests.world import build

T = TypeVar("T")
P = ParamSpec("P")
_numbers = itertools.count(1)


class CountingHub(Hub):
    """The hub, with a note of every statement its synchronous work sends, and of every one of its asynchronous work."""

    def __init__(self, url: str) -> None:
        super().__init__(url, key=KEY)
        self.statements: list[str] = []
        self.waited: list[str] = []
        waited = self.waited

        class Counted(AsyncCursor[Any]):
            """Notes what it is told to execute."""

            async def execute(self, query: Any, *rest: Any, **options: Any) -> Any:
                waited.append(query.decode() if isinstance(query, bytes) else str(query))
                return await super().execute(query, *rest, **options)

        self.pool.kwargs = {"application_name": "fenghe-api", "cursor_factory": Counted}

    def sent(self) -> list[str]:
        """Every statement so far but those that say who is asking."""
        asking = ("web_session", "from person where", "update person set last_seen", "from api_token")
        return [one for one in [*self.waited, *self.statements] if not any(word in one for word in asking)]

    async def sync(self, work: Callable[Concatenate[Connection[Any], P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As the hub does it, on a connection that counts."""
        sent = self.statements

        class Counted(Cursor[Any]):
            """Notes what it is told to execute."""

            def execute(self, query: Any, *rest: Any, **options: Any) -> Any:
                sent.append(query.decode() if isinstance(query, bytes) else str(query))
                return super().execute(query, *rest, **options)

        def run() -> T:
            with psycopg.connect(self.app_url, cursor_factory=Counted) as connection:
                return work(connection, *args, **kwargs)

        return await asyncio.to_thread(run)


@dataclass
class Rooms(Site):
    """A running site with its hub, and who has signed in so far."""

    hub: CountingHub = field(kw_only=True)
    signed: dict[tuple[Any, ...], Browser] = field(default_factory=dict)

    def at(self, username: str, *roles: str, shops: list[str] | None = None) -> Browser:
        """This person's screen; signed in once."""
        name = (username, *roles)
        if name not in self.signed:
            self.person(username, *roles, shops=shops)
            browser = self.browser()
            answer = browser.sign_in(username)
            assert answer.status_code == 200, answer.text
            self.signed[name] = browser
        return self.signed[name]

    def counted(self, browser: Browser, path: str, **options: Any) -> tuple[Any, int]:
        """(what it answers, with how many statements of the room)."""
        browser.get(path, **options)
        before = len(self.hub.statements)
        answer = browser.get(path, **options)
        assert answer.status_code == 200, answer.text
        sent = self.hub.statements[before:]
        return answer.json(), len([one for one in sent if "web_session" not in one and "from person" not in one])


def ok(answer: httpx.Response) -> Any:
    """The answer's JSON; anything but success is shown."""
    assert answer.is_success, f"{answer.status_code} {answer.text}"
    return answer.json()


@contextmanager
def running(database: Database) -> Iterator[Rooms]:
    """The site over a database, in a thread of its own."""
    hub = CountingHub(database.app_url)
    app = build_api(hub, screens=Path("/nonexistent"))
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, lifespan="on", log_level="warning", ws="none", timeout_graceful_shutdown=10)
    server = ApiServer(config, app)

    async def run() -> None:
        async with hub.running():
            await server.serve(sockets=[listening])

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="rooms")
    thread.start()
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    site = Rooms(address, database, server, thread, hub=hub)
    try:
        yield site
    finally:
        for client in site.browsers:
            client.close()
        site.stop()
        assert not thread.is_alive(), "the server did not stop"


@contextmanager
def populated(cluster: Database, name: str) -> Iterator[Rooms]:
    """The site over a database of its own that holds the world."""
    superuser = str(cluster.superuser_url)
    store.create_database(superuser, name, template="migrated")
    database = cluster.named(name)
    store.open_to_app(str(database.superuser_url), APP_ROLE)
    try:
        build(database.app_url)
        with running(database) as rooms:
            yield rooms
    finally:
        store.drop_database(superuser, name)


@pytest.fixture(scope="module")
def rooms(cluster: Database, migrated_template: Database) -> Iterator[Rooms]:
    """The site over the world, shared by the tests of one module."""
    with populated(cluster, f"rooms_{next(_numbers)}") as site:
        yield site
