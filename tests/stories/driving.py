"""Real processes on real sockets for the stories (驱动): hubs that can be killed, and senders that do not give up."""

import asyncio
import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg

from fenghe.kernel.connections.store import NewSource, create_source
from fenghe.kernel.database import store
from fenghe.kernel.database.address import APP_ROLE, Database
from fenghe.kernel.database.external import APP_VARIABLE, OWNER_VARIABLE
from fenghe.kernel.database.opening import attach
from fenghe.kernel.people.person import Actor
from fenghe.kernel.secrets import VARIABLE as KEY_VARIABLE
from tests.database import TEMPLATE

KEY: Final = bytes(range(32))
KEY_TEXT: Final = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
UP_SECONDS: Final = 240.0
"""A start with recovery after a kill, on a machine that does ten other things."""
ACTOR: Final = Actor(person="story", ip="")
_numbers = itertools.count(1)


class NotInTime(AssertionError):
    """Something that had to happen did not happen in time."""


@dataclass(frozen=True, slots=True)
class Call:
    """A delivery ready to be sent: where, what, and with which headers."""

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def wire(self) -> bytes:
        """As HTTP/1.1 has it."""
        lines = [f"POST {self.path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


# ---- waiting ----------------------------------------------------------------------------------------------------


def until(holds: Callable[[], bool], *, seconds: float, what: str, pause: float = 0.05) -> None:
    """Wait until something is true; raises NotInTime with what was waited for."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise NotInTime(f"{what}: not within {seconds:.0f} s")
        time.sleep(pause)


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# ---- processes --------------------------------------------------------------------------------------------------


def alive(process: int) -> bool:
    """Whether the process runs; one that has ended and waits to be buried does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def born(process: int) -> str:
    """When the process began, in the system's ticks; "" when there is none. With its number it names it for good."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def children(process: int) -> list[int]:
    """The processes that this one started and that still run."""
    found: list[int] = []
    for tasks in Path("/proc").glob(f"{process}/task/*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found += [int(word) for word in tasks.read_text().split()]
    return found


def command_of(process: int) -> str:
    """The command line of a process, "" when it is gone."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def kill(process: int) -> bool:
    """kill -9; False when it was gone already."""
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


class Command:
    """One `fenghe` command as a process of its own; what it says goes to a file."""

    def __init__(self, *arguments: str, log: Path, environ: Mapping[str, str]) -> None:
        self.log, self.name = log, f"fenghe {' '.join(arguments)}"
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "fenghe.cli.main", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, KEY_VARIABLE: KEY_TEXT, **environ},
            )

    def said(self) -> str:
        """The last of what it said."""
        return self.log.read_text(errors="replace")[-4_000:]

    def stop(self, *, seconds: float = 30.0) -> int:
        """SIGTERM; raises NotInTime when it has to be killed."""
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise NotInTime(f"{self.name} did not stop within {seconds:.0f} s:\n{self.said()}") from None

    def kill(self) -> None:
        """kill -9, and bury it."""
        self.process.kill()
        self.process.wait()


def on_database(database: Database) -> dict[str, str]:
    """The environment of commands that work on a database somebody else keeps."""
    return {OWNER_VARIABLE: database.owner_url, APP_VARIABLE: database.app_url}


@contextmanager
def api_and_workers(database: Database, folder: Path, *, workers: int = 2) -> Iterator[int]:
    """`fenghe api` and `fenghe worker`s on this database; yields the port. All are gone afterwards."""
    port, environ = free_port(), on_database(database)
    folder.mkdir(parents=True, exist_ok=True)
    started: list[Command] = []
    try:
        started.append(Command("api", "--port", str(port), log=folder / "api.log", environ=environ))
        started.extend(Command("worker", log=folder / f"worker{n}.log", environ=environ) for n in range(workers))
        until_open(port, started[0])
        yield port
        for one in started:
            assert one.process.poll() is None, f"{one.name} ended by itself:\n{one.said()}"
    finally:
        stop_all(started)


def stop_all(started: Sequence[Command]) -> None:
    """Ask all to stop at once, then wait for each."""
    for one in started:
        one.process.terminate()
    for one in started:
        one.stop()


def until_open(port: int, command: Command) -> None:
    """Wait until the door answers; a command that ended meanwhile is told with its last words."""

    def answers() -> bool:
        assert command.process.poll() is None, f"it ended with {command.process.returncode}:\n{command.said()}"
        with suppress(OSError):
            return post(port, Call("/hook/nobody", b"")) == 404
        return False

    until(answers, seconds=UP_SECONDS, what="the door answers")


class Served:
    """`fenghe serve` on a data directory: can be killed, as can what it started, and be started again."""

    def __init__(self, data: Path, *, workers: int = 2) -> None:
        self.data = data
        self.port = free_port()
        self._workers = workers
        self._known: set[tuple[int, str]] = set()
        self.command = self._start()

    def _start(self) -> Command:
        self.data.mkdir(parents=True, exist_ok=True)
        arguments = ("serve", "--data", str(self.data), "--port", str(self.port), "--workers", str(self._workers))
        command = Command(*arguments, log=self.data.with_suffix(".log"), environ={OWNER_VARIABLE: ""})
        try:
            until_open(self.port, command)
        except BaseException:
            command.kill()
            raise
        return command

    def database(self) -> Database:
        """Its database, once it answers."""
        found: list[Database] = []

        def answers() -> bool:
            database = attach(self.data)
            found.extend([database] if database is not None else [])
            return bool(found)

        until(answers, seconds=UP_SECONDS, what="the database answers")
        return found[0]

    def workers(self) -> list[int]:
        """Its worker processes."""
        return [one for one in children(self.command.process.pid) if "spawn_main" in command_of(one)]

    def postmaster(self) -> int | None:
        """Its database server's process."""
        with suppress(FileNotFoundError, IndexError, ValueError):
            return int((self.data / "postgresql" / "postmaster.pid").read_text().splitlines()[0])
        return None

    def kill_worker(self, rng: random.Random) -> bool:
        """kill -9 of one worker; the hub starts another."""
        crowd = self.workers()
        return bool(crowd) and kill(rng.choice(crowd))

    def kill_postmaster(self) -> bool:
        """kill -9 of the database server's first process; the hub starts it again."""
        server = self.postmaster()
        return server is not None and "postgres" in command_of(server) and kill(server)

    def kill_hub(self) -> None:
        """kill -9 of the hub itself, then start it anew on the same directory."""
        self._remember()
        self.command.kill()
        self.command = self._start()

    def _remember(self) -> None:
        begun = (*children(self.command.process.pid), self.postmaster() or 0)
        self._known |= {(one, born(one)) for one in begun if one and born(one)}

    def stop(self) -> None:
        """In order; nothing that it ever started may be left."""
        self._remember()
        try:
            self.command.stop(seconds=90)
        finally:
            left = [process for process, birth in self._known if not _gone(process, birth)]
            for one in left:
                kill(one)
        assert not left, f"still there after the hub had stopped: {left}"


def _gone(process: int, birth: str) -> bool:
    """Whether it ended; its number may be somebody else's by now."""
    with suppress(NotInTime):
        until(lambda: born(process) != birth or not alive(process), seconds=10, what=f"process {process} is gone")
        return True
    return False


@contextmanager
def serving(data: Path, *, workers: int = 2) -> Iterator[Served]:
    """A hub of its own while the block runs."""
    hub = Served(data, workers=workers)
    try:
        yield hub
    finally:
        hub.stop()


@contextmanager
def own_database(cluster: Database) -> Iterator[Database]:
    """A migrated database on the tests' shared server; needs the fixture `migrated_template`."""
    superuser, name = str(cluster.superuser_url), f"story_{next(_numbers)}"
    store.create_database(superuser, name, template=TEMPLATE, strategy="file_copy")
    database = cluster.named(name)
    store.open_to_app(str(database.superuser_url), APP_ROLE)
    try:
        yield database
    finally:
        store.drop_database(superuser, name)


def deadlocks(database: Database) -> int:
    """How often an embedded server had to end somebody because two waited for each other."""
    assert database.data_dir is not None
    log = database.data_dir / "log" / "postgresql.log"
    return log.read_text(errors="replace").count("deadlock detected")


def add_sources(database: Database, sources: Iterable[tuple[NewSource, str]]) -> None:
    """Sources with sealed secrets, as the screens make them."""
    with psycopg.connect(database.app_url) as connection:
        for source, kind in sources:
            create_source(connection, source, kind=kind, key=KEY, actor=ACTOR)


def until_known(port: int, source: str) -> None:
    """The door learns of new sources once a second."""
    until(lambda: post(port, Call(f"/hook/{source}", b"")) != 404, seconds=10, what=f"the door knows {source}")


# ---- sending ----------------------------------------------------------------------------------------------------


def exchange(port: int, sent: bytes, *, seconds: float = 30.0) -> tuple[int, bytes]:
    """(status, everything after it) for bytes sent on a connection of their own."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # refused before all was read: the answer is there
            connection.sendall(sent)
        return read_answer(connection)


def read_answer(connection: socket.socket) -> tuple[int, bytes]:
    """(status, head and body) of one answer; (0, what came) when the other side closed before."""
    told = b""
    while b"\r\n\r\n" not in told or len(told.partition(b"\r\n\r\n")[2]) < _length(told):
        try:
            part = connection.recv(65_536)
        except ConnectionResetError:
            part = b""
        if not part:
            return (int(told[9:12]) if told.startswith(b"HTTP/1.1 ") else 0), told
        told += part
    return int(told[9:12]), told


def _length(told: bytes) -> int:
    head = told.partition(b"\r\n\r\n")[0].lower()
    found = head.find(b"content-length:")
    return int(head[found + 15 :].split(b"\r\n")[0]) if found >= 0 else 0


def post(port: int, call: Call) -> int:
    """The status of one delivery."""
    return exchange(port, call.wire())[0]


@dataclass(slots=True)
class Sent:
    """What became of deliveries: acknowledged ones by their place, tries, and how often which trouble was met."""

    acknowledged: set[int] = field(default_factory=set)
    tries: int = 0
    refusals: dict[int, int] = field(default_factory=dict)
    broken: int = 0
    repeated: int = 0
    """Acknowledged once more."""


class Crowd:
    """Senders that keep connections open and send each delivery until it is answered with 200."""

    def __init__(self, port: int, calls: Sequence[Call], *, senders: int, seconds: float) -> None:
        self.sent = Sent()
        self.port = port
        self._calls = calls
        self._waiting = iter(range(len(calls)))
        self._senders = senders
        self._seconds = seconds
        self._more = asyncio.Event()

    async def run(self) -> Sent:
        """Send everything; raises TimeoutError when it takes longer than it may."""
        async with asyncio.timeout(self._seconds):
            await asyncio.gather(*(self._sender() for _ in range(self._senders)))
        return self.sent

    async def until_acknowledged(self, count: float) -> None:
        """Wait until so many are."""
        while len(self.sent.acknowledged) < count:
            self._more.clear()
            await self._more.wait()

    async def _sender(self) -> None:
        line = _Line(self.port)
        try:
            for place in self._waiting:
                await self._insist(line, place)
        finally:
            line.close()

    async def _insist(self, line: "_Line", place: int) -> None:
        wire, pause = self._calls[place].wire(), 0.01
        while True:
            self.sent.tries += 1
            try:
                status = await line.send(wire)
            except (OSError, EOFError, TimeoutError, ValueError):
                self.sent.broken += 1
                line.close()
            else:
                if status == 200:
                    break
                self.sent.refusals[status] = self.sent.refusals.get(status, 0) + 1
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.5)
        self.sent.repeated += place in self.sent.acknowledged
        self.sent.acknowledged.add(place)
        self._more.set()


class _Line:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, wire: bytes) -> int:
        """The status that answers a request."""
        async with asyncio.timeout(40):
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            writer.write(wire)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(_length(head))
            return int(head[9:12])

    def close(self) -> None:
        """Let go; the next request opens a new one."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None


def send_all(port: int, calls: Sequence[Call], *, senders: int = 20, seconds: float = 300.0) -> Sent:
    """Send every delivery until it is acknowledged."""
    return asyncio.run(Crowd(port, calls, senders=senders, seconds=seconds).run())
