"""Live events (实时推送): which topics changed, told to every open screen at most once a second. Server-sent events.

One reader a process looks at the hub's signs of life, and only while somebody listens. A listener holds a set of
topics, not a queue: however slow he is, what waits for him is bounded by the number of topics.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import msgspec
import psycopg
from litestar import Litestar, Router, get
from litestar.response import Stream
from psycopg_pool import PoolClosed, PoolTimeout

from fenghe.api.guards import still_signed_in
from fenghe.api.store import read_pulse
from fenghe.kernel.web.hub import WebHub
from fenghe.kernel.web.problems import Problem
from fenghe.kernel.web.routes_support import ANY_PERSON, ApiRequest, current_person

log = logging.getLogger(__name__)

TOPICS: Final = (
    "orders",
    "cases",
    "messages",
    "mappings",
    "workbench",
    "declarations",
    "money",
    "statements",
    "callbacks",
    "notices",
    "clocks",
    "sources",
)
READ_EVERY: Final = 0.3
TELL_EVERY: Final = 1.0
PING_EVERY: Final = 15.0
PAUSE_AFTER_FAILURE: Final = 2.0
MOST_LISTENERS: Final = 1000
MOST_OF_ONE: Final = 20
RECENT: Final = timedelta(seconds=5)
"""A new listener is told what changed just before he came: between his first look and his listening nothing is lost."""
HELLO: Final = b"retry: 3000\n: connected\n\n"
PING: Final = b": ping\n\n"


class Listener:
    """One open screen."""

    def __init__(self, person_id: int) -> None:
        self.person_id = person_id
        self.topics: set[str] = set()
        self.wake = asyncio.Event()

    def tell(self, topics: set[str]) -> None:
        """These changed."""
        self.topics |= topics
        self.wake.set()

    def take(self) -> set[str]:
        """What changed since the last time."""
        topics, self.topics = self.topics, set()
        self.wake.clear()
        return topics


class Live:
    """Reads the signs of life and tells the listeners."""

    def __init__(self, hub: WebHub) -> None:
        self._hub = hub
        self._listeners: set[Listener] = set()
        self._known: dict[str, datetime] = {}
        self._somebody = asyncio.Event()
        self._closed = asyncio.Event()

    def close(self) -> None:
        """End every stream now; the server calls it before it waits for its connections to finish."""
        self._closed.set()
        self._somebody.set()
        for listener in self._listeners:
            listener.wake.set()

    async def run(self) -> None:
        """Until closed: read, tell, wait. A database that is away is waited for."""
        while not self._closed.is_set():
            await self._somebody.wait()
            try:
                await self._read()
                pause = READ_EVERY
            except (psycopg.OperationalError, PoolTimeout, PoolClosed) as error:
                log.warning("live events wait for the database: %s", error)
                pause = PAUSE_AFTER_FAILURE
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), pause)

    async def _read(self) -> None:
        async with self._hub.pool.connection() as connection:
            seen, _ = await read_pulse(connection, TOPICS)
        changed = {topic for topic, at in seen.items() if self._known.get(topic) != at}
        self._known = seen
        if changed:
            for listener in self._listeners:
                listener.tell(changed)

    async def listen(self, person_id: int, still_there: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
        """The stream of one screen: ends when it goes, when its session is over, or when the hub stops."""
        listener = await self._admit(person_id)
        try:
            yield HELLO
            while not self._closed.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(listener.wake.wait(), PING_EVERY)
                topics = listener.take()
                if self._closed.is_set() or (not topics and not await still_there()):
                    break
                yield _changed(topics) if topics else PING
                if topics:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._closed.wait(), TELL_EVERY)
        finally:
            self._leave(listener)

    async def _admit(self, person_id: int) -> Listener:
        own = sum(one.person_id == person_id for one in self._listeners)
        if self._closed.is_set() or len(self._listeners) >= MOST_LISTENERS or own >= MOST_OF_ONE:
            raise Problem(503, "实时连接过多，页面会改为定时刷新。", code="too_many_streams", retry_after_seconds=30)
        listener = Listener(person_id)
        self._listeners.add(listener)
        async with self._hub.pool.connection() as connection:
            seen, now = await read_pulse(connection, TOPICS)
        if not self._somebody.is_set():
            self._known = seen
            self._somebody.set()
        if recent := {topic for topic, at in seen.items() if now - at < RECENT}:
            listener.tell(recent)
        return listener

    def _leave(self, listener: Listener) -> None:
        self._listeners.discard(listener)
        if not self._listeners and not self._closed.is_set():
            self._somebody.clear()


def _changed(topics: set[str]) -> bytes:
    at = datetime.now(UTC)
    data = msgspec.json.encode({"topics": sorted(topics), "at": at})
    return b"event: changed\ndata: " + data + b"\n\n"


@asynccontextmanager
async def live_events(app: Litestar) -> AsyncIterator[None]:
    """Lifespan of the app: the reader runs beside it and is ended with it."""
    live = app.state.live = Live(app.state.hub)
    reader = asyncio.create_task(live.run(), name="live events")
    try:
        yield
    finally:
        live.close()
        await reader


def close_streams(app: Litestar) -> None:
    """Call when the server is told to stop, before it waits for open connections: a stream never ends by itself."""
    live: Live | None = app.state.get("live")
    if live is not None:
        live.close()


@get("/api/events", opt={**ANY_PERSON, "exclude_from_compression": True})
async def stream_events(request: ApiRequest) -> Stream:
    """实时推送：`changed` 事件说明哪些主题有变化，页面据此刷新。"""
    live: Live = request.app.state.live
    person = current_person(request)

    stream = live.listen(person.id, partial(still_signed_in, request))
    first = await anext(stream)
    return Stream(_after(first, stream), media_type="text/event-stream", headers=_HEADERS)


_HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for one in rest:
        yield one


events_router = Router("/", route_handlers=[stream_events], tags=["live"])
