"""Told to stop (正常停机), the hub ends in order: all is answered and counted, the database is shut down, nothing is left."""

import signal
import subprocess
from pathlib import Path

import pytest

from fenghe.kernel.database import binaries
from fenghe.kernel.database.opening import open_database
from tests.stories.doors import SOURCES, counted, signed, stored
from tests.stories.driving import add_sources, alive, post, send_all, serving, until, until_known
from tests.stories.holding import ask


@pytest.mark.heavy
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_hub_that_is_told_to_stop_ends_in_order(tmp_path: Path, how: signal.Signals) -> None:
    calls = [
        signed(f'{{"billCode":"7370000000{n:04d}","scanType":"收件","scanDate":"2026-02-05 10:00:00"}}'.encode())
        for n in range(50)
    ]
    data = tmp_path / "hub"
    with serving(data) as hub:
        add_sources(hub.database(), SOURCES)
        until_known(hub.port, "zto")
        left = [*hub.workers(), hub.postmaster() or 0]
        assert len(left) == 3 and all(left)
        send_all(hub.port, [*calls, calls[0]])
        assert post(hub.port, signed(b"{}", secret="guessed")) == 401
        hub.command.process.send_signal(how)
        status = hub.command.process.wait(60)
    assert status in (0, 128 + how), f"it says how it ended:\n{hub.command.said()}"
    until(lambda: not any(alive(one) for one in left), seconds=10, what="its processes are gone")
    assert not (data / "server.json").exists(), "its socket's directory is gone with it"
    told = subprocess.run(
        [binaries.program("pg_controldata"), str(data / "postgresql")], capture_output=True, text=True, check=True
    )
    assert "Database cluster state:               shut down\n" in told.stdout
    with open_database(data, create=False, environ={}) as database:
        assert len(stored(database.app_url)) == len(calls)
        assert counted(database.app_url, "signature_wrong") == 1, "the last second is counted"
        assert ask(database.app_url, "select sum(repeats) from message_handling") == 1
