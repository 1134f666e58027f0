"""Hubs in processes of their own, so that tests can kill them for real."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import psycopg

from fenghe.kernel.database.address import Database

HUB: Final = """
import json, sys
from pathlib import Path
from fenghe.kernel.database.supervisor import Cluster
cluster = Cluster(Path(sys.argv[1]), settings={"shared_buffers": "32MB", "max_connections": "40"})
try:
    database = cluster.start()
except Exception as trouble:
    print(json.dumps({"trouble": type(trouble).__name__, "words": str(trouble)}), flush=True)
    sys.exit(2)
try:
    urls = {"owner_url": database.owner_url, "app_url": database.app_url, "superuser_url": database.superuser_url}
    print(json.dumps({**urls, "server": cluster.process}), flush=True)
    sys.stdin.read()
finally:
    cluster.stop()
"""
"""Keeps the database until its input ends."""

COMMAND: Final = """
import json, sys
from pathlib import Path
import psycopg
from fenghe.kernel.database.opening import open_database
with open_database(Path(sys.argv[1])) as database:
    with psycopg.connect(database.app_url) as connection:
        started = connection.execute("select pg_postmaster_start_time()::text").fetchone()[0]
    print(json.dumps({"started": started}), flush=True)
    sys.stdin.read()
    with psycopg.connect(database.app_url) as connection:
        print(json.dumps({"still": connection.execute("select 1").fetchone()[0]}), flush=True)
"""
"""Opens the database as a command does, works until its input ends, and looks whether the database is still there."""


class Child:
    """A Python process that says one line of JSON when it is up."""

    def __init__(self, script: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self.said: dict[str, Any] = {}

    def hear(self) -> dict[str, Any]:
        """Its next line."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"it ended with {self.process.wait()} and said nothing"
        self.said = json.loads(line)
        return self.said

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.end(-signal.SIGKILL)

    def kill_after(self, *processes: int) -> None:
        """kill -9 of these, then of itself, stopped meanwhile: it gets no chance to see them die, to tidy up or to heal."""
        os.kill(self.process.pid, signal.SIGSTOP)
        assert eventually(lambda: state_of(self.process.pid) == "T")
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        assert eventually(lambda: not any(alive(process) for process in processes))
        self.kill()

    def end(self, status: int = 0) -> None:
        """Let it come to its end, and close what we shared."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        assert self.process.wait(60) == status
        self.process.stdout.close()

    def database(self, data_dir: Path) -> Database:
        """What a hub said it keeps."""
        urls = {name: str(self.said[name]) for name in ("owner_url", "app_url", "superuser_url")}
        return Database(**urls, data_dir=data_dir)


def hub(data_dir: Path) -> Child:
    """A hub that is up."""
    child = Child(HUB, str(data_dir))
    child.hear()
    assert "trouble" not in child.said, child.said
    return child


def ask(url: str, query: str) -> Any:
    """The first value of the first row, on a connection of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    return None if row is None else row[0]


def tell(url: str, statement: str) -> None:
    """Do something and commit it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def eventually(holds: Callable[[], bool], *, seconds: float = 30.0) -> bool:
    """Whether something comes true within the time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def answers(url: str) -> bool:
    """Whether a server takes connections there."""
    try:
        return bool(ask(url, "select true"))
    except psycopg.OperationalError:
        return False


def alive(process: int) -> bool:
    """Whether the process runs; one that has ended and waits to be buried does not."""
    return state_of(process) not in ("Z", "X", "")


def state_of(process: int) -> str:
    """The system's letter for what a process does, "" when there is none."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""
