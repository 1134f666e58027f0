"""The small parts of the supervisor, each by itself."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from fenghe.kernel.database import binaries, journal, leftovers, locks, settings
from fenghe.kernel.database.account import Account, handed, reachable
from fenghe.kernel.database.address import (
    Database,
    checked,
    socket_url,
    with_database,
    with_driver,
    with_login,
    without_password,
)
from fenghe.kernel.database.place import Place, write_whole
from fenghe.kernel.database.spawn import LAUNCHER, environment
from fenghe.kernel.database.trouble import DatabaseTrouble
from tests.kernel.database.hubs import ask, eventually

STRANGER = Account(user_id=54321, group_id=54321, switch=True)
URL = "postgresql://shop:p%40ss@db.example:5433/orders?sslmode=require"


def test_an_address_changes_only_where_it_is_asked_to() -> None:
    assert with_database(URL, "a b") == "postgresql://shop:p%40ss@db.example:5433/a%20b?sslmode=require"
    assert with_driver(URL) == "postgresql+psycopg://shop:p%40ss@db.example:5433/orders?sslmode=require"
    assert (
        with_login(URL, user="app", password="x/y") == "postgresql://app:x%2Fy@db.example:5433/orders?sslmode=require"
    )
    assert without_password(URL) == ("postgresql://shop@db.example:5433/orders?sslmode=require", "p@ss")
    in_query = "postgresql:///orders?host=/run/x&user=u&password=secret"
    assert without_password(in_query) == ("postgresql:///orders?host=/run/x&user=u", "secret")
    assert with_login(in_query, user="a", password="b") == "postgresql://a:b@/orders?host=/run/x"
    assert without_password("postgresql://h/orders") == ("postgresql://h/orders", None)
    assert checked(" postgres://h/orders ", variable="X") == "postgresql://h/orders"


def test_an_address_reads_the_same_in_libpq() -> None:
    url = socket_url("/run/fenghe-1", user="u", password="a/b@c:d", database="d")
    told = psycopg.conninfo.conninfo_to_dict(url)
    assert told == {"user": "u", "password": "a/b@c:d", "dbname": "d", "host": "/run/fenghe-1", "port": "5432"}


def test_a_trouble_says_its_docstring() -> None:
    class Wet(DatabaseTrouble):
        """{what} is
        wet."""

    assert str(Wet(what="{disk}")) == "{disk} is wet."


def test_memory_decides_the_caches() -> None:
    def cache(memory_gb: float) -> dict[str, str]:
        return {name: value for name, value, _ in settings.by_memory(int(memory_gb * (1 << 30)))}

    assert cache(64) == {"shared_buffers": "1024MB", "effective_cache_size": "32768MB", "maintenance_work_mem": "256MB"}
    assert cache(2) == {"shared_buffers": "512MB", "effective_cache_size": "1024MB", "maintenance_work_mem": "128MB"}
    assert cache(0.03)["shared_buffers"] == "16MB"
    assert 0 < settings.memory_bytes() <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_a_small_shared_memory_is_gone_round(tmp_path: Path) -> None:
    assert settings.shared_memory_kind(tmp_path)[1] == "posix"
    assert settings.shared_memory_kind(tmp_path / "nothing")[1] == "sysv"


def test_every_setting_of_ours_is_one_that_the_server_knows(cluster: Database) -> None:
    names = [name for name, _, why in (*settings.FIXED, *settings.private("/x"), *settings.by_memory(1 << 30)) if why]
    known = "select count(*) from pg_settings where lower(name) = lower('{}')"
    admin = str(cluster.superuser_url)
    assert [name for name in names if ask(admin, known.format(name)) != 1] == []
    assert ask(admin, "select count(*) from pg_file_settings where error is not null") == 0


def test_a_log_is_bounded(tmp_path: Path) -> None:
    log = tmp_path / "postgresql.log"
    assert not journal.rotate(log, largest_bytes=100)
    for number in range(9):
        descriptor = journal.open_log(log)
        os.write(descriptor, f"{number} ".encode() * 60)
        assert journal.rotate(log, largest_bytes=100)
        os.write(descriptor, b"after\n")  # a server goes on writing where it wrote
        os.close(descriptor)
        assert log.read_text() == "after\n"
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "postgresql.log",
        "postgresql.log.1",
        "postgresql.log.2",
        "postgresql.log.3",
    ]
    assert log.with_name("postgresql.log.3").read_text().splitlines()[-1].startswith("6 6")
    assert journal.tail(log) == "after"


def test_a_lock_lives_as_long_as_the_last_who_inherited_it(tmp_path: Path) -> None:
    held = locks.find_lock(tmp_path / "lock")
    assert held is not None
    heir = subprocess.Popen(["sleep", "60"], pass_fds=[held])
    os.close(held)
    assert locks.find_lock(tmp_path / "lock") is None
    heir.kill()
    heir.wait()
    again = locks.find_lock(tmp_path / "lock", shared=True)
    beside = locks.find_lock(tmp_path / "lock", shared=True)
    assert again is not None
    assert beside is not None
    assert locks.find_lock(tmp_path / "lock") is None
    os.close(again)
    os.close(beside)


def test_a_planted_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in ("file", "file.new"):
        (tmp_path / name).symlink_to(victim)
    write_whole(tmp_path / "file", b"ours")
    assert victim.read_text() == "precious"
    assert (tmp_path / "file").read_text() == "ours"
    assert not (tmp_path / "file").is_symlink()


def test_what_another_user_cannot_reach_is_handed_to_it(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert not reachable(closed / "inside", STRANGER)
    assert reachable(Path("/usr/bin/env"), STRANGER)
    (closed / "inside").mkdir()
    (closed / "inside" / "word").write_text("seen")
    with handed(closed / "inside", STRANGER) as (name, descriptors):
        seen = subprocess.run(["cat", f"{name}/word"], pass_fds=descriptors, capture_output=True, text=True, check=True)
    assert seen.stdout == "seen"
    with handed(closed, Account(user_id=os.geteuid(), group_id=os.getegid(), switch=False)) as (name, descriptors):
        assert (name, descriptors) == (str(closed), ())


def test_programs_out_of_reach_are_copied_once_and_run(tmp_path: Path) -> None:
    nobody_reaches = Account(user_id=54321, group_id=54321, switch=True)
    first = binaries.copied(binaries.installed(), tmp_path / "copies")
    assert binaries.copied(binaries.installed(), tmp_path / "copies") == first
    assert len(list((tmp_path / "copies").iterdir())) == 1
    assert not (first / "include").exists()
    for program in ("postgres", "initdb"):
        told = subprocess.run([first / "bin" / program, "--version"], capture_output=True, text=True, check=True)
        assert told.stdout.startswith(f"{program} (PostgreSQL) {binaries.MAJOR}.")
    assert reachable(first / "bin" / "postgres", nobody_reaches) == reachable(tmp_path / "copies", nobody_reaches)


def test_a_launched_program_ends_with_its_parent() -> None:
    middle = (
        "import os, subprocess, sys, time\n"
        "command = [sys.executable, '-I', '-S', sys.argv[1], str(os.getpid()), '15', '-1', '-1', '/bin/sleep', '60']\n"
        "print(subprocess.Popen(command).pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", middle, str(LAUNCHER)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert eventually(lambda: "sleep" in Path(f"/proc/{child}/cmdline").read_text())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert eventually(lambda: not Path(f"/proc/{child}/exe").exists())


def test_a_program_whose_parent_is_gone_is_not_launched() -> None:
    command = [sys.executable, "-I", "-S", str(LAUNCHER), "1", "15", "-1", "-1", "/bin/echo", "launched"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the parent ended" in done.stderr


def test_the_programs_do_not_see_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c fsync=off")
    monkeypatch.setenv("LC_ALL", "zh_CN.GBK")
    assert "PGOPTIONS" not in environment()
    assert environment()["LC_ALL"] == "C"
    assert environment({"PGPASSWORD": "p"})["PGPASSWORD"] == "p"


def test_whom_a_successor_tells_to_go_and_when() -> None:
    stop, end = signal.SIGINT, signal.SIGKILL
    assert leftovers.due((10, 11), 10, 0.0) == [(10, stop)]
    assert leftovers.due((10, 11), 10, 299.0) == [(10, stop)]  # it may be writing its last checkpoint
    assert leftovers.due((10, 11), 10, 301.0) == [(10, end), (11, end)]
    assert leftovers.due((11, 12), 10, 1.0) == []  # their server is dead: they notice by themselves, mostly
    assert leftovers.due((11, 12), 10, 3.0) == [(11, end), (12, end)]
    assert leftovers.due((11,), None, 3.0) == [(11, end)]
    assert leftovers.due((), 10, 500.0) == []  # the noted process is not one of this cluster


def test_a_tidied_socket_directory_comes_back(tmp_path: Path) -> None:
    place = Place(tmp_path / "data")
    place.prepare()
    ourselves = Account(user_id=os.geteuid(), group_id=os.getegid(), switch=False)
    directory = Path(place.make_socket_directory(ourselves))
    directory.rmdir()
    place.keep_socket_directory(ourselves)
    assert directory.stat().st_mode & 0o777 == 0o700
    place.drop_socket_directory()
    assert not directory.exists()
    assert place.find_socket_directory() is None
