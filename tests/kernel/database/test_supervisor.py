"""The embedded server: what it is like, who may come in, and what it says when it cannot start."""

import asyncio
import os
import threading
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psycopg
import pytest
import sqlalchemy

from fenghe.kernel.database.address import Database, socket_url, with_driver
from fenghe.kernel.database.leftovers import StartInterrupted, server_processes
from fenghe.kernel.database.place import DataDirInUse, DataDirUnusable
from fenghe.kernel.database.supervisor import Cluster, ServerDidNotStart, WrongMajorVersion, running
from tests.database import SMALL
from tests.kernel.database.hubs import HUB, Child, ask, eventually, hub, tell

SOCKETS = "show unix_socket_directories"
Starter = Callable[..., Cluster]


def test_every_driver_reaches_the_embedded_database(cluster: Database) -> None:
    async def by_asyncpg() -> str:
        connection = await asyncpg.connect(cluster.app_url)
        try:
            return str(await connection.fetchval("select current_user"))
        finally:
            await connection.close()

    engine = sqlalchemy.create_engine(with_driver(cluster.owner_url))
    with engine.connect() as connection:
        by_sqlalchemy = connection.exec_driver_sql("select current_user").scalar()
    engine.dispose()
    assert ask(cluster.app_url, "select current_user") == "fenghe_app"
    assert asyncio.run(by_asyncpg()) == "fenghe_app"
    assert by_sqlalchemy == "fenghe_owner"


def test_the_server_is_private_and_durable(durable_cluster: Starter) -> None:
    database = durable_cluster().database
    wanted = {
        "listen_addresses": "",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "jit": "off",
        "max_wal_size": "4GB",
        "shared_buffers": SMALL["shared_buffers"],
        "TimeZone": "UTC",
    }
    assert {name: ask(database.owner_url, f"show {name}") for name in wanted} == wanted
    locale = "select datlocprovider::text || ' ' || datlocale from pg_database where datname = current_database()"
    assert ask(database.owner_url, locale) == "b C.UTF-8"
    secret = Path(str(database.data_dir)) / "database.json"
    sockets = str(ask(str(database.superuser_url), SOCKETS))
    assert secret.stat().st_mode & 0o777 == 0o600
    assert Path(sockets).stat().st_mode & 0o777 == 0o700
    assert len(sockets) < 80


def test_neither_role_has_more_power_than_it_needs(fresh_database: Database) -> None:
    powers = (
        "select rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls from pg_roles"
        " where rolname = current_user"
    )
    assert ask(fresh_database.owner_url, powers) is False
    assert ask(fresh_database.app_url, powers) is False
    tell(fresh_database.owner_url, "create table evidence (id int)")
    for forbidden in ("create table mine (id int)", "select * from evidence", "set role fenghe_owner"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            tell(fresh_database.app_url, forbidden)
    tell(fresh_database.app_url, "create temporary table staged (id int)")


def test_nobody_comes_in_without_the_password(cluster: Database) -> None:
    sockets = str(ask(str(cluster.superuser_url), SOCKETS))
    for role in ("fenghe_owner", "fenghe_app"):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            ask(socket_url(sockets, user=role, password="guess"), "select 1")
    assert ask(str(cluster.superuser_url), "select rolsuper from pg_roles where rolname = current_user") is True
    assert "password" not in repr(cluster)
    assert cluster.owner_url not in repr(cluster)


def test_a_second_hub_on_the_same_directory_is_told_who_holds_it(durable_cluster: Starter, tmp_path: Path) -> None:
    durable_cluster(tmp_path / "data")
    with pytest.raises(DataDirInUse, match=rf"data is in use by another Fenghe, process {os.getpid()}: stop it"):
        Cluster(tmp_path / "data").start()
    other = Child(HUB, str(tmp_path / "data"))
    assert other.hear()["trouble"] == "DataDirInUse"
    other.end(2)


def test_of_starters_that_race_one_wins_and_the_others_are_refused(tmp_path: Path) -> None:
    racers = [Child(HUB, str(tmp_path / "data")) for _ in range(4)]
    said = [racer.hear() for racer in racers]
    winners = [racer for racer in racers if "server" in racer.said]
    assert [words.get("trouble") for words in said].count("DataDirInUse") == 3
    assert len(winners) == 1
    assert ask(winners[0].said["app_url"], "select 1") == 1
    for racer in racers:
        racer.end(0 if racer in winners else 2)


@pytest.mark.parametrize("name", ["d" * 200, 'it\'s a "shop" $HOME 店铺 %d\\n'], ids=["long", "odd"])
def test_any_path_will_do(tmp_path: Path, name: str) -> None:
    with running(tmp_path / name / "data", settings=SMALL) as database:
        assert ask(database.app_url, "select 1") == 1


def test_below_a_closed_directory_nobody_elses_directory_is_opened_up(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with running(closed / "deep" / "data", settings=SMALL) as database:
        assert ask(database.app_url, "select 1") == 1
    assert closed.stat().st_mode & 0o777 == 0o700
    assert closed.stat().st_uid == os.geteuid()


def test_a_stopped_server_leaves_nothing_behind_but_its_data(tmp_path: Path) -> None:
    with running(tmp_path / "data", settings=SMALL) as database:
        tell(database.owner_url, "create table kept as select 7 as seven")
        sockets = Path(str(ask(str(database.superuser_url), SOCKETS)))
        before = database.owner_url
    assert not sockets.exists()
    assert server_processes(tmp_path / "data" / "postgresql") == ()
    with running(tmp_path / "data", settings=SMALL) as database:
        assert ask(database.owner_url, "select seven from kept") == 7
        assert database.owner_url.partition("@")[0] == before.partition("@")[0]


def test_lost_passwords_are_drawn_again(tmp_path: Path) -> None:
    with running(tmp_path / "data", settings=SMALL) as database:
        before = database.app_url
    (tmp_path / "data" / "database.json").unlink()
    with running(tmp_path / "data", settings=SMALL) as database:
        assert ask(database.app_url, "select current_user") == "fenghe_app"
        assert database.app_url.partition("@")[0] != before.partition("@")[0]


def test_an_operators_settings_have_the_last_word(tmp_path: Path) -> None:
    with running(tmp_path / "data", settings={**SMALL, "work_mem": "5MB"}) as database:
        assert ask(database.app_url, "show work_mem") == "5MB"
    (tmp_path / "data" / "postgresql" / "custom.conf").write_text("work_mem = '7MB'\n")
    (tmp_path / "data" / "postgresql" / "custom.conf").chmod(0o644)
    with running(tmp_path / "data", settings={**SMALL, "work_mem": "5MB"}) as database:
        assert ask(database.app_url, "show work_mem") == "7MB"


def test_a_server_that_does_not_start_says_why_and_frees_the_directory(tmp_path: Path) -> None:
    with pytest.raises(ServerDidNotStart, match='parameter "shared_buffers"'):
        Cluster(tmp_path / "data", settings={"shared_buffers": "plenty"}).start()
    with running(tmp_path / "data", settings=SMALL) as database:
        assert ask(database.app_url, "select 1") == 1


def test_data_of_another_major_version_is_not_touched(tmp_path: Path) -> None:
    with running(tmp_path / "data", settings=SMALL):
        pass
    (tmp_path / "data" / "postgresql" / "PG_VERSION").write_text("17\n")
    with pytest.raises(WrongMajorVersion, match="PostgreSQL 17 and this Fenghe brings 18"):
        Cluster(tmp_path / "data").start()


def test_a_file_is_no_data_directory(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a directory")
    with pytest.raises(DataDirUnusable, match="Not a directory"):
        Cluster(tmp_path / "data").start()


def test_a_slow_start_is_waited_for_and_reported(tmp_path: Path) -> None:
    """The server blocks on reading a pipe, as it would on a long recovery."""
    with running(tmp_path / "data", settings=SMALL):
        pass
    custom = tmp_path / "data" / "postgresql" / "custom.conf"
    os.mkfifo(custom)
    custom.chmod(0o644)
    reports: list[str] = []
    slow = Cluster(tmp_path / "data", settings=SMALL, report=reports.append)
    starting = threading.Thread(target=slow.start)
    starting.start()
    assert eventually(lambda: bool(reports))
    assert starting.is_alive()
    custom.write_text("")
    custom.unlink()
    starting.join(60)
    assert "PostgreSQL is starting (1 s)" in reports[0]
    assert ask(slow.database.app_url, "select 1") == 1
    slow.stop()


def test_a_start_can_be_broken_off(tmp_path: Path) -> None:
    with running(tmp_path / "data", settings=SMALL):
        pass
    custom = tmp_path / "data" / "postgresql" / "custom.conf"
    os.mkfifo(custom)
    custom.chmod(0o644)
    refused: list[BaseException] = []
    slow = Cluster(tmp_path / "data", settings=SMALL)

    def start() -> None:
        try:
            slow.start()
        except StartInterrupted as interruption:
            refused.append(interruption)

    starting = threading.Thread(target=start)
    starting.start()
    assert eventually(lambda: slow.process is not None)
    slow.stop()
    starting.join(60)
    assert len(refused) == 1
    assert slow.process is None


def test_the_hub_keeps_its_directory_until_it_is_done(tmp_path: Path) -> None:
    keeper = hub(tmp_path / "data")
    assert ask(keeper.said["owner_url"], "select current_database()") == "fenghe"
    keeper.end()
    with running(tmp_path / "data", settings=SMALL) as database:
        assert ask(database.owner_url, "select current_database()") == "fenghe"
