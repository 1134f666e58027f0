"""What a killed server left behind (残留进程): its processes are ended, its notes removed, no other process is touched.

Each process of our server inherits a lock (`postgresql.lock`). While any of them lives the lock is held; once we hold
it, none does, whatever process ids are written where. That decides; process ids only say whom to stop.
"""

import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from fenghe.kernel.database import locks
from fenghe.kernel.database.place import Place
from fenghe.kernel.database.trouble import DatabaseTrouble

PROCESSES: Final = Path("/proc")
POLL_SECONDS: Final = 0.02
REPORT_SECONDS: Final = 2.0
STOP_SECONDS: Final = 300.0
"""How long a server may take to write its last checkpoint before it is stopped without one."""
ORPHAN_SECONDS: Final = 2.0
"""How long the children of a dead server may take to notice; one in the middle of a query does not notice by itself."""
UNSEEN_SECONDS: Final = 60.0


class ServerOutOfSight(DatabaseTrouble):
    """A PostgreSQL that is not ours to stop still works on {data_dir}, perhaps in another container: stop it first."""


class ForeignServer(DatabaseTrouble):
    """Somebody started PostgreSQL on {cluster} by hand (process {process}): stop it first."""


class StartInterrupted(DatabaseTrouble):
    """The start of PostgreSQL was interrupted."""


def take_over(place: Place, report: Callable[[str], None], interrupted: Callable[[], bool]) -> int:
    """Wait for or end what is left of the last server; the lock that its successor must inherit."""
    began = time.monotonic()
    signalled: dict[int, signal.Signals] = {}
    reported = began
    while (lock := locks.find_lock(place.server_lock)) is None:
        if interrupted():
            raise StartInterrupted
        waited = time.monotonic() - began
        for process, how in due(server_processes(place.cluster), postmaster(place.cluster), waited):
            if signalled.get(process) != how:
                signalled[process] = how
                _signal(process, how)
        if waited > UNSEEN_SECONDS and not server_processes(place.cluster):
            raise ServerOutOfSight(data_dir=place.root)
        if time.monotonic() - reported > REPORT_SECONDS:
            reported = time.monotonic()
            report(f"waiting for the last PostgreSQL on {place.root} to end ({waited:.0f} s)")
        time.sleep(POLL_SECONDS)
    try:
        _refuse_foreign(place)
        (place.cluster / "postmaster.pid").unlink(missing_ok=True)
    except BaseException:
        os.close(lock)
        raise
    return lock


def due(processes: Iterable[int], main: int | None, waited: float) -> list[tuple[int, signal.Signals]]:
    """Who is to be told what by now: the server to stop in order, its orphans to go, and in the end nobody is asked."""
    alive = tuple(processes)
    if main is not None and main in alive:
        if waited > STOP_SECONDS:
            return [(process, signal.SIGKILL) for process in alive]
        return [(main, signal.SIGINT)]
    if waited > ORPHAN_SECONDS:
        return [(process, signal.SIGKILL) for process in alive]
    return []


def _signal(process: int, how: signal.Signals) -> None:
    try:
        os.kill(process, how)
    except ProcessLookupError:
        return  # it ended by itself between our look and our word


def _refuse_foreign(place: Place) -> None:
    """A server without our lock was started by hand. One that is just ending may still show for a moment."""
    for _ in range(100):
        strangers = server_processes(place.cluster)
        if not strangers:
            return
        time.sleep(POLL_SECONDS)
    raise ForeignServer(cluster=place.cluster, process=strangers[0])


def server_processes(cluster: Path) -> tuple[int, ...]:
    """Live PostgreSQL processes whose working directory is this cluster. Empty where the system does not tell."""
    if not cluster.exists() or not PROCESSES.is_dir():
        return ()
    home = cluster.stat()
    numbers = (entry for entry in PROCESSES.iterdir() if entry.name.isdigit())
    return tuple(int(entry.name) for entry in numbers if _works_in(entry, home))


def _works_in(process: Path, home: os.stat_result) -> bool:
    try:
        inside = (process / "cwd").stat()
        return os.path.samestat(inside, home) and (process / "comm").read_text().strip() == "postgres"
    except OSError:
        return False  # ended meanwhile, or another user's


def postmaster(cluster: Path) -> int | None:
    """The process id that the server wrote down. Whether it still is that server is for others to say."""
    first = _notes(cluster)[0]
    return int(first) if first.isdigit() else None


def is_ready(cluster: Path, process: int) -> bool:
    """Whether that process has written down that it takes connections."""
    notes = _notes(cluster)
    return notes[0] == str(process) and notes[7:8] == ["ready"]


def _notes(cluster: Path) -> list[str]:
    """The lines of postmaster.pid: process, directory, start, port, socket, address, shared memory, status."""
    try:
        return [line.strip() for line in (cluster / "postmaster.pid").read_text().splitlines()] or [""]
    except FileNotFoundError:
        return [""]
