"""How the door's process serves HTTP: uvicorn on uvloop, one system call an answer, a garbage collector that seldom looks."""

import asyncio
import gc
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


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

    def connection_made(self, transport: Any) -> None:
        """A client has come."""
        super().connection_made(CorkedTransport(transport))  # type: ignore[arg-type]
        self._head_timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._cut_off)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request; those of a head still open are counted and timed."""
        super().data_received(data)
        if self._head_open:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._cut_off()
            elif self._head_timer is None:
                self._head_timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._cut_off)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._head_open, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._head_open = False
        self._stop_timer()
        super().on_headers_complete()

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


def seldom_collect() -> None:
    """Requests and messages leave no cycles behind: ask the garbage collector seldom, and not about what is there to stay."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


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
