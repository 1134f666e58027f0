"""How the door's process serves HTTP: uvicorn on uvloop, one system call an answer, a garbage collector that seldom looks."""

import asyncio
import gc
from functools import lru_cache
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from fenghe.kernel.door.at_once import Answer, Headers, Whole, whole_delivery


class CorkedTransport:
    """Writes of one turn of the loop leave together: uvicorn sends head and body apart, which costs a second system call."""

    __slots__ = ("_loop", "_parts", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Keep the bytes until the end of this turn."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def _flush(self) -> None:
        if self._parts:
            parts, self._parts = self._parts, []
            self._transport.write(b"".join(parts))

    def close(self) -> None:
        """Send what is kept, then close."""
        self._flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


HEAD_BYTES = 65_536
"""A request's line and headers at the most; the door asks for less once it sees them whole."""

HEAD_SECONDS = 20.0
"""How long a sender may take for them."""


class CorkedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol over a corked transport, with bounds on a head that does not end."""

    _head_open = False
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None
    _between = True
    """Between two requests: the parser holds nothing of a next one."""
    _pending = False
    """A whole delivery waits for its commit."""
    _later = b""
    """What came meanwhile."""
    _stopping = False

    def connection_made(self, transport: Any) -> None:
        """A client has come."""
        super().connection_made(CorkedTransport(transport))  # type: ignore[arg-type]
        self._head_timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._cut_off)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request; those of a head still open are counted and timed."""
        if self._pending:
            self._later += data
            self.transport.pause_reading()
            return
        if self._between and (whole := whole_delivery(data)) is not None and self._is_idle():
            self._take(whole)
            return
        super().data_received(data)
        if self._head_open:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._cut_off()
            elif self._head_timer is None:
                self._head_timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._cut_off)

    def _is_idle(self) -> bool:
        """Nothing that came before is still being answered, and what answers can take a delivery at once."""
        before: Any = self.cycle
        return not self.pipeline and (before is None or before.response_complete) and hasattr(self.app, "take")

    def _take(self, whole: Whole) -> None:
        """Hand a whole delivery to the door without a cycle and a task of its own."""
        self._unset_keepalive_if_required()
        self._stop_timer()
        self._pending = True
        self.server_state.total_requests += 1
        self.app.take(whole, self.client[0] if self.client else "", self._answer)

    def _answer(self, answer: Answer) -> None:
        """Write it; then go on with what came meanwhile, or wait as long as uvicorn does for the next request."""
        self._pending = False
        if not self.transport.is_closing():
            self.transport.write(_rendered(answer, tuple(self.server_state.default_headers)))
        if self._stopping:
            self.transport.close()
        elif self._later:
            later, self._later = self._later, b""
            self.transport.resume_reading()
            self.data_received(later)
        else:
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def shutdown(self) -> None:
        """The server stops: what waits for its commit is still answered."""
        if self._pending:
            self._stopping = True
        else:
            super().shutdown()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._head_open, self._head_bytes, self._between = True, 0, False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._head_open = False
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._between = True
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._stop_timer()
        super().connection_lost(exc)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _cut_off(self) -> None:
        self.transport.write(
            b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        )
        self.transport.close()


@lru_cache(maxsize=64)
def _rendered(answer: Answer, headers: Headers) -> bytes:
    """An answer as HTTP/1.1 has it; within one second most are the same."""
    told = (
        *headers,
        (b"content-type", answer.content_type.encode()),
        (b"content-length", b"%d" % len(answer.body)),
        *answer.extra,
    )
    return STATUS_LINE[answer.status] + b"".join([b"%s: %s\r\n" % one for one in told]) + b"\r\n" + answer.body


BATCH_OBJECTS = 1_000_000
"""More than a worker's batch makes and lets go of again."""


def seldom_collect(objects: int = 100_000) -> None:
    """Requests and messages leave no cycles behind: ask the garbage collector seldom, and not about what is there to stay.

    `objects`: it looks when there are so many more than before.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(objects, 20, 50)


def configuration(app: Any, *, host: str, port: int, **options: Any) -> uvicorn.Config:
    """How uvicorn serves this app in a hub."""
    seldom_collect()
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        loop="uvloop",
        http=CorkedProtocol,
        timeout_graceful_shutdown=10,
        **options,
    )
