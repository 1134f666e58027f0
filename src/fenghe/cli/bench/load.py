"""A frugal HTTP client that keeps N connections busy: bytes prepared beforehand, nothing parsed but status and length."""

import asyncio
import time
from collections.abc import Iterator, Sequence

import msgspec
import uvloop


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: answers by status, seconds, and latency percentiles in milliseconds."""

    answers: dict[int, int]
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """Acknowledged (200) requests a second."""
        return self.answers.get(200, 0) / self.seconds


class _Connection(asyncio.Protocol):
    """One keep-alive connection: sends the next request when the answer is whole."""

    def __init__(
        self, requests: Iterator[bytes], done: asyncio.Future[None], answers: dict[int, int], waits: list[float]
    ) -> None:
        self.requests = requests
        self.done = done
        self.answers = answers
        self.waits = waits
        self.buffer = b""
        self.sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._send()

    def _send(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.transport.close()
            return
        self.sent_at = time.perf_counter()
        self.transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().index(b"content-length:") + 15
        length = int(head[at : at + 12].split(b"\r\n")[0])
        if len(rest) < length:
            return
        status = int(head[9:12])
        self.answers[status] = self.answers.get(status, 0) + 1
        self.waits.append(time.perf_counter() - self.sent_at)
        self.buffer = rest[length:]
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        if not self.done.done():
            self.done.set_result(None)


async def _drive(port: int, requests: Sequence[bytes], connections: int) -> Load:
    loop = asyncio.get_running_loop()
    answers: dict[int, int] = {}
    waits: list[float] = []
    feed = iter(requests)
    ends = [loop.create_future() for _ in range(connections)]
    began = time.perf_counter()
    for end in ends:
        await loop.create_connection(lambda end=end: _Connection(feed, end, answers, waits), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*ends)
    waits.sort()
    return Load(
        answers=answers,
        seconds=time.perf_counter() - began,
        p50_ms=waits[len(waits) // 2] * 1000 if waits else 0,
        p99_ms=waits[int(len(waits) * 0.99)] * 1000 if waits else 0,
    )


def drive(port: int, requests: Sequence[bytes], *, connections: int) -> Load:
    """Send every request once over `connections` keep-alive connections to loopback and wait for all answers."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_drive(port, requests, connections))
