"""The server's stop (停机): event streams are ended first, for the server waits for them."""

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator

import uvicorn
from litestar import Litestar

from fenghe.api.events import close_streams


class ApiServer(uvicorn.Server):
    """A uvicorn server that can stop while screens are open. Set `timeout_graceful_shutdown` in its config besides."""

    def __init__(self, config: uvicorn.Config, api: Litestar) -> None:
        super().__init__(config)
        self._api = api

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Told to stop, end in order. uvicorn's own raises the signal again after serving: nothing behind it would run."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {which: signal.signal(which, self.handle_exit) for which in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for which, handler in before.items():
                signal.signal(which, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then everything else."""
        close_streams(self._api)
        await super().shutdown(sockets)
