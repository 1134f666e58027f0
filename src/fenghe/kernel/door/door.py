"""The webhook door (入口): a bare ASGI app in front of everything else. `POST /hook/SOURCE[/...]`.

Promises: nothing is acknowledged before it is durable; a wrong signature is refused and counted; a body, header or rate
over the limit is refused before it costs anything; what is not a webhook goes to the app behind.
"""

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
import orjson
import structlog

from fenghe.kernel.connecting import Accepted, Connector, Delivery, Refused
from fenghe.kernel.door import store
from fenghe.kernel.door.at_once import Answer, Headers, Whole
from fenghe.kernel.door.group_commit import GroupCommit, QueueFull
from fenghe.kernel.inbox.lanes import lane_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]
"""Any ASGI app; frameworks type its three arguments each in their own way."""

PREFIX = "/hook/"
_PRIVATE = frozenset({"authorization", "cookie", "proxy-authorization", "x-fenghe-token"})
_log = structlog.get_logger("fenghe.door")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a sender may cost. `rate_per_second` is per source, with a burst of twice as much."""

    body_bytes: int = 2_000_000
    header_bytes: int = 16_384
    rate_per_second: float = 50_000.0
    body_seconds: float = 20.0


DEFAULT_LIMITS = Limits()


class DoorSource(msgspec.Struct, frozen=True, kw_only=True):
    """A source as the door needs it: secrets unsealed, in memory only."""

    id: str
    connector: str
    secrets: Mapping[str, str]


class _Bucket:
    """Token bucket of one source."""

    __slots__ = ("at", "tokens")

    def __init__(self, burst: float) -> None:
        self.tokens, self.at = burst, time.monotonic()

    def take(self, rate: float) -> bool:
        now = time.monotonic()
        self.tokens = min(rate * 2, self.tokens + (now - self.at) * rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Door:
    """Serves the door and passes everything else to `behind`; owns its pool and its background turn."""

    def __init__(
        self,
        behind: App,
        *,
        dsn: str,
        connectors: Mapping[str, Connector],
        unseal: Callable[[str, bytes], Mapping[str, str]],
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._behind = behind
        self._dsn = dsn
        self._connectors = connectors
        self._unseal = unseal
        self._limits = limits
        self._sources: dict[str, DoorSource] = {}
        self._buckets: dict[str, _Bucket] = {}
        self._refused: Counter[tuple[str, str, str, datetime]] = Counter()
        self._repeats: Counter[store.Name] = Counter()
        self._pool: Any = None
        self._group = GroupCommit(self._insert)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await self._serve(scope, receive, send)
        else:
            await self._behind(scope, receive, send)

    async def open(self) -> None:
        """Connect and load the sources; call before serving."""
        self._pool = await store.connect(self._dsn, size=4)
        await self._load_sources()

    async def close(self) -> None:
        """Answer what waits, then let go of the database."""
        await self._group.close()
        try:
            await self._flush_counts()
        except (OSError, asyncpg.PostgresError) as problem:
            _log.warning("the last second is not counted", problem=repr(problem)[:200])
        if self._pool is not None:
            await self._pool.close()

    async def keep(self) -> None:
        """The background turn: learn of changed sources, write the refusal counts; runs until cancelled."""
        while True:
            await asyncio.sleep(1)
            try:
                await self._load_sources()
                await self._flush_counts()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as problem:
                _log.warning("door cannot reach the database", problem=repr(problem)[:200])

    async def _load_sources(self) -> None:
        self._sources = {
            id_: DoorSource(id=id_, connector=connector, secrets=self._unseal(id_, sealed) if sealed else {})
            for id_, connector, enabled, _, sealed in await store.load_sources(self._pool)
            if enabled
        }

    async def _insert(self, batch: Any) -> None:
        again = await store.insert(self._pool, batch)
        self._repeats.update(again)  # not `+= await`: the counter may have been swapped meanwhile

    async def _flush_counts(self) -> None:
        """Write what was counted since the last time; what cannot be written is told again at the next turn."""
        if self._repeats:
            repeats, self._repeats = self._repeats, Counter()
            try:
                await store.count_repeats(self._pool, repeats)
            except BaseException:
                self._repeats.update(repeats)
                raise
        if self._refused:
            refused, self._refused = self._refused, Counter()
            try:
                await store.count_refused(self._pool, refused)
            except BaseException:
                self._refused.update(refused)
                raise

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        name, _, rest = scope["path"][len(PREFIX) :].partition("/")
        ip = scope["client"][0] if scope.get("client") else ""
        source = self._admit(name, scope["method"], scope["headers"], ip)
        if isinstance(source, Answer):
            return await _send(send, source)
        body = await self._read_body(scope, receive)
        if body == "disconnected":
            return None
        if isinstance(body, str):
            return await _send(send, self._turn_away(source.id, body, ip, 408 if body == "body_too_slow" else 413))
        kept = self._keep(source, scope["headers"], scope["query_string"], body, path=rest, ip=ip)
        if not isinstance(kept, Answer):
            stored, accepted = kept
            await asyncio.wait((stored,))
            kept = self._told(source, accepted, stored)
        return await _send(send, kept)

    def take(self, whole: Whole, ip: str, answer: Callable[[Answer], None]) -> None:
        """A delivery whose every byte is there, without a task of its own; `answer` is called once it is durable."""
        name, _, rest = whole.path.partition("/")
        source = self._admit(name, "POST", whole.headers, ip)
        if isinstance(source, Answer):
            return answer(source)
        if len(whole.body) > self._limits.body_bytes:
            return answer(self._turn_away(source.id, "body_too_large", ip, 413))
        kept = self._keep(source, whole.headers, whole.query, whole.body, path=rest, ip=ip)
        if isinstance(kept, Answer):
            return answer(kept)
        stored, accepted = kept
        return stored.add_done_callback(lambda done: answer(self._told(source, accepted, done)))

    def _admit(self, name: str, method: str, headers: Headers, ip: str) -> DoorSource | Answer:
        """The source that is meant, or why nobody is let in; before a byte of the body is looked at."""
        source = self._sources.get(name)
        if source is None or source.connector not in self._connectors:
            return self._turn_away(_printable(name[:62]), "unknown_source", ip, 404)
        if method != "POST":
            return Answer(405, b'{"error":"POST only"}', extra=((b"allow", b"POST"),))
        if sum([len(key) + len(value) for key, value in headers]) > self._limits.header_bytes:
            return self._turn_away(source.id, "headers_too_large", ip, 431)
        if not self._bucket(source.id).take(self._limits.rate_per_second):
            return self._turn_away(source.id, "too_fast", ip, 429, extra=((b"retry-after", b"1"),))
        return source

    def _bucket(self, source: str) -> _Bucket:
        if source not in self._buckets:
            self._buckets[source] = _Bucket(self._limits.rate_per_second * 2)
        return self._buckets[source]

    def _keep(
        self, source: DoorSource, told: Headers, query: bytes, body: bytes, *, path: str, ip: str
    ) -> Answer | tuple[asyncio.Future[None], Accepted]:
        """Check a delivery and queue it for its commit, or say why not."""
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in told}
        received_ms = time.time_ns() // 1_000_000
        delivery = Delivery(
            headers=headers, query=query.decode("latin-1"), body=body, path=path, received_ms=received_ms
        )
        verdict = self._connectors[source.connector].check(delivery, source.secrets)
        if isinstance(verdict, Refused):
            self._count(source.id, verdict.reason, ip)
            return Answer(verdict.status, verdict.reply, verdict.content_type)
        key = hashlib.sha256(verdict.key.encode() if verdict.key is not None else body).digest()
        for private in _PRIVATE.intersection(headers):
            del headers[private]
        headers[":ip"] = ip
        if query:
            headers[":query"] = delivery.query
        headers |= verdict.beside
        text = orjson.dumps(headers).decode()
        try:
            return self._group.put((source.id, key, text.replace("\\u0000", ""), body, lane_of(verdict.about))), verdict
        except QueueFull:
            return self._turn_away(source.id, "queue_full", ip, 503, extra=((b"retry-after", b"2"),))

    def _told(self, source: DoorSource, accepted: Accepted, stored: asyncio.Future[None]) -> Answer:
        """What the sender hears: yes after the commit, no whatever failed."""
        problem = stored.exception()
        if problem is None:
            return Answer(200, accepted.reply, accepted.content_type)
        _log.error("message not stored", source=source.id, problem=repr(problem)[:300])
        return Answer(503, b'{"error":"not stored, send again"}', extra=((b"retry-after", b"2"),))

    async def _read_body(self, scope: Scope, receive: Receive) -> bytes | str:
        """The whole body, or why it is not taken. A declared length over the limit is refused unread."""
        limit = self._limits.body_bytes
        for name, value in scope["headers"]:
            if name == b"content-length" and (not value.isdigit() or int(value) > limit):
                return "body_too_large"
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                return await _read_whole(receive, limit)
        except TimeoutError:
            return "body_too_slow"

    def _count(self, source: str, reason: str, ip: str) -> None:
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        if len(self._refused) < 10_000:
            self._refused[(source, reason, ip, hour)] += 1

    def _turn_away(self, source: str, reason: str, ip: str, status: int, *, extra: Headers = ()) -> Answer:
        self._count(source, reason, ip)
        return Answer(status, orjson.dumps({"error": reason}), extra=extra)


def _printable(name: str) -> str:
    """A name somebody made up, as the database can keep it."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)


async def _read_whole(receive: Receive, limit: int) -> bytes | str:
    """The body, or why there is none: `disconnected` when the sender hung up, which is not an empty delivery."""
    message = await receive()
    if message["type"] == "http.disconnect":
        return "disconnected"
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body if len(body) <= limit else "body_too_large"
    parts, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            return "disconnected"
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            return "body_too_large"
    return b"".join(parts)


async def _send(send: Send, answer: Answer) -> None:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        *answer.extra,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
