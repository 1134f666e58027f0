"""A mail server that keeps what it is sent (沙箱邮箱): enough of SMTP for a client to be content, on loopback, with faults."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

import msgspec

MOST_LINE = 10_000


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One mail as it arrived."""

    sender: str
    to: tuple[str, ...]
    data: bytes

    def message(self) -> EmailMessage:
        """Read as mail."""
        read = message_from_bytes(self.data, policy=policy.default)
        assert isinstance(read, EmailMessage)
        return read


class MailSink:
    """What came in. `refuse` says, for a recipient, the reply that turns him away; None takes him."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.refuse: Callable[[str], str | None] = lambda _to: None
        self.port = 0


@contextmanager
def mail_sink() -> Iterator[MailSink]:
    """A server while the block runs."""
    sink = MailSink()

    class Handler(socketserver.StreamRequestHandler):
        """One connection."""

        def handle(self) -> None:
            _converse(self, sink)

    class Server(socketserver.ThreadingTCPServer):
        """On loopback."""

        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        sink.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            server.shutdown()
            thread.join(5)


def _converse(handler: socketserver.StreamRequestHandler, sink: MailSink) -> None:
    sender = ""
    to: list[str] = []

    def say(line: str) -> None:
        handler.wfile.write(f"{line}\r\n".encode())

    say("220 sandbox ESMTP")
    while line := handler.rfile.readline(MOST_LINE).decode("utf-8", "replace").strip():
        word = line.upper()
        if word.startswith(("EHLO", "HELO")):
            say("250 sandbox")
        elif word.startswith("MAIL FROM:"):
            sender, to = _between(line), []
            say("250 ok")
        elif word.startswith("RCPT TO:"):
            told = sink.refuse(_between(line))
            to += [] if told else [_between(line)]
            say(told or "250 ok")
        elif word == "DATA":
            say("354 go on")
            sink.letters.append(Letter(sender=sender, to=tuple(to), data=_data(handler)))
            say("250 kept")
        elif word == "QUIT":
            say("221 bye")
            return
        else:
            say("250 ok" if word in ("RSET", "NOOP") else "502 not known here")


def _between(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]


def _data(handler: socketserver.StreamRequestHandler) -> bytes:
    body = bytearray()
    while (line := handler.rfile.readline(MOST_LINE)) not in (b".\r\n", b""):
        body += line[1:] if line.startswith(b"..") else line
    return bytes(body)
