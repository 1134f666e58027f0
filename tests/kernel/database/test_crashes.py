"""Every way to kill the hub and its server, for real: nothing acknowledged is lost, and the next start just works."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from fenghe.kernel.database import binaries, supervisor
from fenghe.kernel.database.leftovers import ForeignServer, postmaster, server_processes
from fenghe.kernel.database.supervisor import Cluster, running
from tests.database import SMALL
from tests.kernel.database.hubs import HUB, Child, alive, answers, ask, eventually, hub, tell

Starter = Callable[..., Cluster]


def count_after_restart(data_dir: Path) -> int:
    """What is in the table when the next hub opens the directory."""
    with running(data_dir, settings=SMALL) as database:
        return int(ask(database.owner_url, "select count(*) from acknowledged"))


def fill(url: str, rows: int) -> None:
    """Acknowledged rows: each its own commit."""
    tell(url, "create table if not exists acknowledged (id int primary key)")
    with psycopg.connect(url, autocommit=True) as connection:
        for number in range(rows):
            connection.execute("insert into acknowledged values (%s)", [number])


def cluster_state(data_dir: Path) -> str:
    """What the data says of its last end: `shut down`, or `in production` after a kill."""
    told = subprocess.run(
        [binaries.program("pg_controldata"), str(data_dir / "postgresql")], capture_output=True, text=True, check=True
    )
    return next(line.partition(":")[2].strip() for line in told.stdout.splitlines() if "cluster state" in line)


@contextmanager
def sleeper(user: int) -> Iterator[int]:
    """A process of somebody else's that happens to run as the server's user."""
    process = subprocess.Popen(["sleep", "120"], user=user if os.geteuid() == 0 else None)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def test_a_killed_hub_takes_its_server_along_and_the_data_is_whole(tmp_path: Path) -> None:
    first = hub(tmp_path)
    fill(first.said["owner_url"], 50)
    first.kill()
    assert eventually(lambda: not alive(first.said["server"]))
    assert cluster_state(tmp_path) == "shut down"
    assert count_after_restart(tmp_path) == 50


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_hub_that_is_told_to_stop_ends_its_server_in_order(tmp_path: Path, how: signal.Signals) -> None:
    first = hub(tmp_path)
    fill(first.said["owner_url"], 3)
    first.process.send_signal(how)
    assert first.process.wait(60) != 0
    first.end(first.process.returncode)
    assert eventually(lambda: not alive(first.said["server"]))
    assert cluster_state(tmp_path) == "shut down"


def test_a_hub_with_a_busy_client_stops_at_once(tmp_path: Path) -> None:
    keeper = Cluster(tmp_path, settings=SMALL)
    url = keeper.start().owner_url
    busy = threading.Thread(target=_be_cut_off, args=(url, "select pg_sleep(100)"))
    busy.start()
    assert eventually(lambda: _is_running(url, "pg_sleep(100)"))
    keeper.stop()
    busy.join(10)
    assert not busy.is_alive()
    assert cluster_state(tmp_path) == "shut down"


def test_an_orphan_that_still_stops_is_waited_for(tmp_path: Path) -> None:
    """The hub is killed while its server cannot move: the next hub finds the orphan and lets it finish."""
    first = hub(tmp_path)
    fill(first.said["owner_url"], 20)
    orphan = int(first.said["server"])
    os.kill(orphan, signal.SIGSTOP)
    first.kill()
    second = Child(HUB, str(tmp_path))
    time.sleep(1)
    assert alive(orphan)
    os.kill(orphan, signal.SIGCONT)
    assert "trouble" not in second.hear(), second.said
    assert not alive(orphan)
    assert ask(second.said["owner_url"], "select count(*) from acknowledged") == 20
    second.end()


def test_a_killed_server_comes_back_on_the_same_address(durable_cluster: Starter) -> None:
    keeper = durable_cluster()
    database, killed = keeper.database, keeper.process
    fill(database.owner_url, 50)
    os.kill(int(str(killed)), signal.SIGKILL)
    assert eventually(lambda: keeper.process not in (None, killed))
    assert eventually(lambda: answers(database.app_url))
    assert ask(database.owner_url, "select count(*) from acknowledged") == 50
    assert eventually(lambda: keeper.revivals == 1)


def test_a_backend_in_a_loop_does_not_keep_a_killed_server_from_coming_back(durable_cluster: Starter) -> None:
    keeper = durable_cluster()
    url, killed = keeper.database.owner_url, int(str(keeper.process))
    loop = "do $$ declare n bigint := 0; begin loop n := n + 1; end loop; end $$"
    busy = threading.Thread(target=_be_cut_off, args=(url, loop))
    busy.start()
    assert eventually(lambda: _is_running(url, "do $$"))
    os.kill(killed, signal.SIGKILL)
    assert eventually(lambda: keeper.process not in (None, killed) and answers(url))
    busy.join(10)
    assert not busy.is_alive()


def test_a_killed_backend_does_not_need_the_hub(durable_cluster: Starter) -> None:
    keeper = durable_cluster()
    url, server = keeper.database.owner_url, keeper.process
    with psycopg.connect(url, autocommit=True) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    assert eventually(lambda: answers(url))
    assert keeper.process == server


def test_hub_and_server_killed_at_once(tmp_path: Path) -> None:
    first = hub(tmp_path)
    fill(first.said["owner_url"], 50)
    first.kill_after(int(first.said["server"]))
    assert (tmp_path / "postgresql" / "postmaster.pid").exists()
    assert cluster_state(tmp_path) == "in production"
    assert count_after_restart(tmp_path) == 50


def test_everything_killed_at_once(tmp_path: Path) -> None:
    first = hub(tmp_path)
    fill(first.said["owner_url"], 50)
    everything = server_processes(tmp_path / "postgresql")
    assert len(everything) > 3
    first.kill_after(int(first.said["server"]), *everything)
    assert cluster_state(tmp_path) == "in production"
    assert count_after_restart(tmp_path) == 50


def test_a_stale_process_id_that_now_is_somebody_elses(tmp_path: Path) -> None:
    """In a container the ids of the last run come again: the one in the note is alive, and is not our server."""
    first = hub(tmp_path)
    fill(first.said["owner_url"], 10)
    note = tmp_path / "postgresql" / "postmaster.pid"
    first.kill_after(int(first.said["server"]))
    with sleeper(note.stat().st_uid) as stranger:
        lines = note.read_text().splitlines()
        note.write_text("\n".join([str(stranger), *lines[1:], ""]))
        (tmp_path / "hub.lock").write_text(f"{stranger}\n")
        assert postmaster(tmp_path / "postgresql") == stranger
        assert count_after_restart(tmp_path) == 10
        assert alive(stranger)


def test_a_hub_killed_while_it_makes_the_database(tmp_path: Path) -> None:
    for seconds in (0.15, 0.3, 0.45, 0.6):
        data = tmp_path / f"{seconds}"
        data.mkdir()
        young = Child(HUB, str(data))
        assert eventually(lambda data=data: (data / "hub.lock").exists())  # type: ignore[misc]
        time.sleep(seconds)
        young.kill()
        with running(data, settings=SMALL) as database:
            assert ask(database.app_url, "select current_user") == "fenghe_app"


def test_a_server_started_by_hand_is_not_touched(tmp_path: Path) -> None:
    first = hub(tmp_path)
    server = int(first.said["server"])
    by_hand = tmp_path / "postgresql.lock"
    by_hand.rename(tmp_path / "elsewhere.lock")  # a server that does not hold our lock
    os.kill(server, signal.SIGSTOP)
    first.kill()
    with pytest.raises(ForeignServer, match="by hand"):
        Cluster(tmp_path).start()
    os.kill(server, signal.SIGCONT)
    assert eventually(lambda: not alive(server))


def test_what_cannot_start_again_is_tried_again_until_it_can(durable_cluster: Starter) -> None:
    keeper = durable_cluster()
    custom = keeper.place.cluster / "custom.conf"
    custom.write_text("work_mem = 'a lot'\n")
    custom.chmod(0o644)
    os.kill(int(str(keeper.process)), signal.SIGKILL)
    assert eventually(lambda: "a lot" in keeper.place.log.read_text())
    assert not answers(keeper.database.app_url)
    custom.unlink()
    assert eventually(lambda: answers(keeper.database.app_url))


def test_a_server_that_never_comes_back_is_given_up_aloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "MOST_REVIVALS", 2)
    lost: list[Exception] = []
    keeper = Cluster(tmp_path / "data", settings=SMALL, on_lost=lost.append)
    keeper.start()
    custom = keeper.place.cluster / "custom.conf"
    custom.write_text("work_mem = 'a lot'\n")
    custom.chmod(0o644)
    os.kill(int(str(keeper.process)), signal.SIGKILL)
    assert eventually(lambda: bool(lost))
    assert "a lot" in str(lost[0])
    keeper.stop()


WRITER = """
import sys, time
import psycopg
url, number = sys.argv[1], 0
while True:
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            while True:
                connection.execute("insert into acknowledged values (%s) on conflict do nothing", [number])
                print(number, flush=True)  # into a file: a full pipe would hold us up
                number += 1
    except psycopg.OperationalError:
        time.sleep(0.02)
"""


@pytest.mark.heavy
def test_nothing_acknowledged_is_lost_under_random_kills(durable_cluster: Starter, tmp_path: Path) -> None:
    keeper, drawn = durable_cluster(), random.Random(7)
    url, said = keeper.database.owner_url, tmp_path / "said"
    tell(url, "create table acknowledged (id int primary key)")
    with said.open("wb") as file, subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=file) as writer:
        for _ in range(5):
            _more_lines(said)
            time.sleep(drawn.uniform(0, 0.5))
            with suppress(ProcessLookupError):
                os.kill(drawn.choice(_server_and_helpers(keeper)), signal.SIGKILL)
            assert eventually(lambda: answers(url))
        _more_lines(said)
        writer.kill()
    acknowledged = {int(line) for line in said.read_text().splitlines(keepends=True) if line.endswith("\n")}
    with psycopg.connect(url) as connection:
        stored = {row[0] for row in connection.execute("select id from acknowledged")}
    assert len(acknowledged) > 6 * 20
    assert acknowledged - stored == set()
    assert len(stored - acknowledged) <= 1  # the one that was on its way at the end


def _server_and_helpers(keeper: Cluster) -> list[int]:
    """The server's processes, its first one twice: the more interesting one to lose."""
    main = postmaster(keeper.place.cluster)
    return [*([main] if main is not None else []), *server_processes(keeper.place.cluster)]


def _more_lines(said: Path, wanted: int = 20) -> None:
    """Wait until the writer goes on: so many rows more were acknowledged."""
    before = said.read_bytes().count(b"\n")
    assert eventually(lambda: said.read_bytes().count(b"\n") > before + wanted)


def _be_cut_off(url: str, statement: str) -> None:
    with suppress(psycopg.OperationalError):
        tell(url, statement)


def _is_running(url: str, start: str) -> bool:
    query = "select count(*) > 0 from pg_stat_activity where pid <> pg_backend_pid() and position('{}' in query) > 0"
    return bool(ask(url, query.format(start)))
