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
from fenghe.kernel.door.group_commit import GroupCommit, QueueFull

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
        source = self._sources.get(name)
        if source is None or source.connector not in self._connectors:
            await self._turn_away(send, _printable(name[:62]), "unknown_source", ip, 404)
        elif scope["method"] != "POST":
            await _answer(send, 405, b'{"error":"POST only"}', extra=[(b"allow", b"POST")])
        elif sum(len(k) + len(v) for k, v in scope["headers"]) > self._limits.header_bytes:
            await self._turn_away(send, source.id, "headers_too_large", ip, 431)
        elif not self._bucket(source.id).take(self._limits.rate_per_second):
            await self._turn_away(send, source.id, "too_fast", ip, 429, extra=[(b"retry-after", b"1")])
        else:
            await self._take_in(source, scope, receive, send, path=rest, ip=ip)

    def _bucket(self, source: str) -> _Bucket:
        if source not in self._buckets:
            self._buckets[source] = _Bucket(self._limits.rate_per_second * 2)
        return self._buckets[source]

    async def _take_in(
        self, source: DoorSource, scope: Scope, receive: Receive, send: Send, *, path: str, ip: str
    ) -> None:
        body = await self._read_body(scope, receive)
        if isinstance(body, str):
            if body != "disconnected":
                await self._turn_away(send, source.id, body, ip, 408 if body == "body_too_slow" else 413)
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        received_ms = time.time_ns() // 1_000_000
        delivery = Delivery(headers=headers, query=query, body=body, path=path, received_ms=received_ms)
        match self._connectors[source.connector].check(delivery, source.secrets):
            case Refused() as refused:
                self._count(source.id, refused.reason, ip)
                await _answer(send, refused.status, refused.reply, content_type=refused.content_type)
            case Accepted() as accepted:
                await self._store(source, delivery, accepted, send, ip=ip)

    async def _store(self, source: DoorSource, delivery: Delivery, accepted: Accepted, send: Send, *, ip: str) -> None:
        key = hashlib.sha256(accepted.key.encode() if accepted.key is not None else delivery.body).digest()
        kept = {k: v for k, v in delivery.headers.items() if k not in _PRIVATE}
        kept |= {":ip": ip, ":query": delivery.query} if delivery.query else {":ip": ip}
        kept |= accepted.beside
        headers = orjson.dumps(kept).decode().replace("\\u0000", "")
        try:
            await self._group.put((source.id, key, headers, delivery.body))
        except QueueFull:
            await self._turn_away(send, source.id, "queue_full", ip, 503, extra=[(b"retry-after", b"2")])
        except Exception as problem:  # noqa: BLE001 - whatever failed, the sender must hear no
            _log.error("message not stored", source=source.id, problem=repr(problem)[:300])
            await _answer(send, 503, b'{"error":"not stored, send again"}', extra=[(b"retry-after", b"2")])
        else:
            await _answer(send, 200, accepted.reply, content_type=accepted.content_type)

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

    async def _turn_away(
        self,
        send: Send,
        source: str,
        reason: str,
        ip: str,
        status: int,
        *,
        extra: list[tuple[bytes, bytes]] | None = None,
    ) -> None:
        self._count(source, reason, ip)
        await _answer(send, status, orjson.dumps({"error": reason}), extra=extra)


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


async def _answer(
    send: Send,
    status: int,
    body: bytes,
    *,
    content_type: str = "application/json",
    extra: list[tuple[bytes, bytes]] | None = None,
) -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode()), *(extra or [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
