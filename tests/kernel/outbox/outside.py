"""The world outside, as small as can be: an HTTP server on loopback whose answers a test decides."""

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import psycopg

from fenghe.kernel.connecting import Answer, Request
from fenghe.kernel.connections.store import Source
from fenghe.kernel.outbox.sender import Outcome, Sender
from fenghe.kernel.outbox.store import Claimed

KEY = bytes(range(32))


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it arrived."""

    at: float
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What to answer, after `wait` seconds, with `drip` seconds between its bytes."""

    status: int = 200
    body: bytes = b'{"ok":true}'
    headers: dict[str, str] = {}
    wait: float = 0.0
    drip: float = 0.0
    length: int | None = None
    """What the header says, where it is not the truth."""


class Outside:
    """The server. `answer` may block, raise, or kill."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.answer: Callable[[Seen], Reply] = lambda _seen: Reply()
        self.under_way = 0
        self.most_under_way = 0
        self._lock = threading.Lock()
        outside = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outside._serve(self)

            def do_GET(self) -> None:
                outside._serve(self)

            def log_message(self, *_: Any) -> None:
                """Silence."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        seen = Seen(at=time.monotonic(), method=handler.command, path=handler.path, headers=headers, body=body)
        with self._lock:
            self.seen.append(seen)
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            reply = self.answer(seen)
            time.sleep(reply.wait)
        finally:
            with self._lock:
                self.under_way -= 1
        try:
            _write(handler, reply)
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True


def _write(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    handler.send_response(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    handler.send_header("content-length", str(len(reply.body) if reply.length is None else reply.length))
    handler.end_headers()
    if not reply.drip:
        handler.wfile.write(reply.body)
        return
    for place in range(len(reply.body)):
        handler.wfile.write(reply.body[place : place + 1])
        handler.wfile.flush()
        time.sleep(reply.drip)


class Ping:
    """An act for tests: posts its payload to the source's address; the word `refused` in an answer is a refusal."""

    def __init__(self) -> None:
        self.ended_with: list[tuple[str, Outcome]] = []

    def prepare(self, payload: Any, source: Source, *, now: Any, nonce: str) -> Request | Answer:
        """With the source's secret in a header."""
        match payload.get("trick"):
            case "broken":
                raise ValueError("a bug in the act")
            case "pointless":
                return Answer(body=b"", error="nothing to ask", permanent=True)
            case _:
                headers = {"x-token": source.secrets.get("token", ""), "x-nonce": nonce}
                body = msgspec.json.encode(payload)
                return Request(url=f"{source.config['base_url']}/ping", body=body, headers=headers)

    def judge(self, body: bytes, payload: Any, source: Source) -> Answer:
        """The platform's own words."""
        if b"broken" in body:
            raise ValueError("a bug in the reading")
        if b"throttled" in body:
            return Answer(body=body, error="throttled", retry_after_seconds=0.2)
        return Answer(body=body, error="refused", permanent=True) if b"refused" in body else Answer(body=body)

    def asked(self, payload: Any) -> str:
        """What was asked."""
        return str(payload.get("number", ""))

    def ended(self, connection: psycopg.Connection[Any], claimed: Claimed, outcome: Outcome) -> None:
        """Remember it."""
        if claimed.payload.get("trick") == "cannot_tell":
            raise ValueError("a bug in the telling")
        self.ended_with.append((claimed.idempotency_key, outcome))


def work_off(sender: Sender, *, seconds: float = 20.0, until: Callable[[], bool] | None = None) -> None:
    """Turn until nothing is under way and nothing moves, or until something comes true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        moved = sender.turn()
        if until is not None and until():
            return
        if until is None and not moved and not sender.under_way:
            return
        time.sleep(0.005)
    raise AssertionError("not done in time")
