"""A door with limits of the test's choosing (入口), served as the hub serves it, in a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn

from fenghe.connectors.signing import zto_digest
from fenghe.hub import rooms
from fenghe.kernel.connections.store import NewSource
from fenghe.kernel.door.door import Door, Limits, Receive, Scope, Send
from fenghe.kernel.door.group_commit import GroupCommit
from fenghe.kernel.door.serving import configuration
from fenghe.kernel.secrets import source_unsealer
from tests.stories.driving import KEY, Call, free_port, until
from tests.stories.holding import ask, rows

SECRET: Final = "story-secret"
ZTO: Final = NewSource(id="zto", connector="zto", title="中通", secrets={"app_key": "story", "app_secret": SECRET})
TOKEN: Final = "story-token"
SHOP: Final = NewSource(id="shop", connector="taobao", title="淘宝", secrets={"token": TOKEN})
SOURCES: Final = ((ZTO, "carrier"), (SHOP, "channel"))


def signed(body: bytes, *, secret: str = SECRET, source: str = "zto") -> Call:
    """A ZTO push, signed."""
    headers = {"content-type": "application/json", "x-appkey": "story", "x-datadigest": zto_digest(body, secret)}
    return Call(f"/hook/{source}", body, headers)


def tokened(body: bytes) -> Call:
    """A shop's push, proved by the token in its header."""
    return Call("/hook/shop", body, {"content-type": "application/json", "x-fenghe-token": TOKEN})


async def _nothing_behind(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


@contextmanager
def door_with(url: str, limits: Limits, *, waiting: int | None = None) -> Iterator[int]:
    """A door on this database; yields its port. `waiting`: so many messages may queue for their commit."""
    port, ready, servers = free_port(), threading.Event(), list[uvicorn.Server]()

    async def serve() -> None:
        door = Door(_nothing_behind, dsn=url, connectors=rooms.connectors(), unseal=source_unsealer(KEY), limits=limits)
        if waiting is not None:
            door._group = GroupCommit(door._insert, waiting=waiting)
        await door.open()
        server = uvicorn.Server(configuration(door, host="127.0.0.1", port=port, lifespan="off"))
        servers.append(server)
        keeping = asyncio.create_task(door.keep())
        ready.set()
        try:
            await server.serve()
        finally:
            keeping.cancel()
            await door.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="door")
    thread.start()
    try:
        assert ready.wait(20)
        until(lambda: bool(servers and servers[0].started), seconds=20, what="the door is open")
        yield port
    finally:
        for server in servers:
            server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the door did not close"


def counted(url: str, reason: str, *, source: str = "zto") -> int:
    """How many deliveries of a source were turned away for a reason."""
    return int(
        ask(
            url,
            "select coalesce(sum(count), 0) from refused_delivery where reason = %s and source = %s",
            reason,
            source,
        )
    )


def stored(url: str) -> list[tuple[Any, ...]]:
    """(source, body) of every message, oldest first."""
    return rows(url, "select source, body from inbound_message order by id")
