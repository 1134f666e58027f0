"""Killing the sender (kill -9) between sending and storing: the call is made again, and has its effect once."""

import base64
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from fenghe.kernel.database.address import Database
from fenghe.kernel.outbox.sender import Sender
from tests.kernel.outbox.outside import KEY, Outside, Ping, Reply, Seen, work_off
from tests.kernel.outbox.test_sender import Desk

ROOT: Final = Path(__file__).resolve().parents[3]
CHILD: Final = """
import base64, sys, threading
from fenghe.kernel.outbox import sender
from tests.kernel.outbox.outside import Ping
stop = threading.Event()
print("up", flush=True)
sender.run(sys.argv[1], stop=stop, key=base64.b64decode(sys.argv[2]), acts={"ping": Ping()})
"""


def child(database: Database) -> subprocess.Popen[str]:
    """A sender in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, database.app_url, base64.b64encode(KEY).decode()],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


@pytest.mark.heavy
def test_killed_between_sending_and_storing(migrated_database: Database, outside: Outside) -> None:
    killed: list[int] = []

    def answer(_seen: Seen) -> Reply:
        """The first three calls kill who made them; the answer goes nowhere."""
        if len(killed) < 3:
            killed.append(process.pid)
            os.kill(process.pid, signal.SIGKILL)
        return Reply(body=b"fine")

    outside.answer = answer
    with psycopg.connect(migrated_database.app_url, autocommit=True) as connection:
        desk = Desk(connection, migrated_database.app_url, outside.url)
        desk.source(concurrency=1)
        desk.put(2)
        for times in (1, 2, 3):
            process = child(migrated_database)
            assert process.wait(60) == -signal.SIGKILL
            _closed(process)
            assert len(killed) == times
            assert desk.rows("select count(*) from inbound_message") == [(0,)]
            assert [call[0] for call in desk.calls()] == ["waiting"] * 2, "nothing lost, nothing called done"
            ((seconds,),) = desk.rows("select extract(epoch from max(due_at) - now())::float from outbox")
            assert seconds > 10, "a call that was sent is leased, not due"
            desk.rows("update outbox set due_at = now() - attempts * interval '1 second' returning id")
        with closing(Sender(connection, {"ping": Ping()}, key=KEY)) as one:
            work_off(one)
        assert [call[0] for call in desk.calls()] == ["done"] * 2
        assert sum(call[1] for call in desk.calls()) == 5, "three lost, two that counted"
        assert len(outside.seen) == 5
        assert desk.rows("select count(*) from inbound_message") == [(2,)]


def _closed(process: subprocess.Popen[Any]) -> None:
    assert process.stdout is not None
    process.stdout.close()
