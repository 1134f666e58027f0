"""Imports beside other things: a running hub, another import at once, a lost database, kill -9, little memory."""

import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fenghe.hub import importing
from fenghe.hub.import_judging import judge_imported
from fenghe.hub.import_rows import BATCH_ROWS
from fenghe.hub.import_source import Wish, plan_import
from fenghe.hub.worker import run as run_worker
from fenghe.kernel.database.address import Database
from fenghe.kernel.database.opening import attach
from fenghe.kernel.people.person import Actor
from tests.cli.commands import Commands, in_its_own_process
from tests.cli.test_import import adds_up, row, table
from tests.kernel.database.hubs import ask, eventually

_numbers = itertools.count(1)
ME = Actor("cli:test", "local")


@contextmanager
def working(database: Database) -> Iterator[None]:
    """A worker, as a running hub has one."""
    stop = threading.Event()
    thread = threading.Thread(
        target=run_worker, args=(database.app_url,), kwargs={"stop": stop, "seal_every_seconds": 0.1}
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def test_the_workers_of_a_running_hub_judge(fenghe: Commands, tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", *(row(f"A{place}") for place in range(500)))
    with working(fenghe.database):
        while not fenghe.rows("select from pulse where name like 'worker:%%'"):
            time.sleep(0.05)
        report = fenghe.json("import", "orders", file, "--source", "shop")
    assert report["judged"] == {
        **dict.fromkeys(("shipments", "payments", "refunds", "facts", "unmapped", "cases_opened", "pending"), 0),
        **dict.fromkeys(("orders", "observations"), 500),
        "by_hub": True,
    }


def test_a_hub_that_died_is_not_waited_for(fenghe: Commands, tmp_path: Path) -> None:
    fenghe.rows("insert into pulse (name, at) values ('worker:here:1', now() - interval '29 seconds') returning at")
    report = fenghe.json("import", "orders", table(tmp_path / "a.csv", row("A1")), "--source", "shop")
    assert (report["judged"]["orders"], report["judged"]["pending"]) == (1, 0)


def test_without_judging_it_waits_for_a_worker(fenghe: Commands, tmp_path: Path) -> None:
    report = fenghe.json("import", "orders", table(tmp_path / "a.csv", row("A1")), "--source", "shop", "--no-judge")
    assert report["judged"]["pending"] == 1
    with working(fenghe.database), psycopg.connect(fenghe.database.app_url, autocommit=True) as connection:
        judge_imported(connection, "shop")
    assert fenghe.rows("select count(*) from customer_order") == [(1,)]


def test_two_imports_of_overlapping_files_at_once(fenghe: Commands, tmp_path: Path) -> None:
    rows = [row(f"A{place}") for place in range(6_000)] + ["broken,row"] * 3
    halves = [table(tmp_path / "a.csv", *rows), table(tmp_path / "b.csv", *reversed(rows))]

    def one(file: Path) -> Any:
        with psycopg.connect(fenghe.database.app_url, autocommit=True) as connection:
            plan = plan_import(connection, Wish(kind="orders", source="shop"))
            return importing.import_file(connection, file, plan, actor=ME)

    with working(fenghe.database), ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(one, halves))
    for report in reports:
        assert report.refused is None
        assert report.read == report.stored + report.duplicate + report.set_aside == 6_003
    assert sum(one.stored for one in reports) == 6_000
    ((messages, aside),) = fenghe.rows("select count(*), count(*) filter (where status = 2) from message_handling")
    assert messages - aside == 6_000


def test_an_import_that_lost_its_database_goes_on_when_run_again(fenghe: Commands, tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", *(row(f"A{place}") for place in range(9_000)))

    def cut(rows: int, _line: int) -> None:
        if rows == 4_000:
            fenghe.as_superuser(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'doomed'"
            )

    with psycopg.connect(fenghe.database.app_url, autocommit=True, application_name="doomed") as connection:
        plan = plan_import(connection, Wish(kind="orders", source="shop"))
        with pytest.raises(psycopg.OperationalError):
            importing.import_file(connection, file, plan, actor=ME, steps=importing.Steps(note=cut))
    assert fenghe.rows("select count(*) from inbound_message") == [(4_000,)]
    report = fenghe.json("import", "orders", file, "--source", "shop", "--no-judge")
    assert (report["stored"], report["duplicate"]) == (5_000, 4_000)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(st.tuples(st.integers(0, 8), st.sampled_from(["good", "short", "amount", "quote"])), max_size=40))
def test_whatever_the_rows_the_numbers_add_up(fenghe: Commands, tmp_path: Path, told: list[tuple[int, str]]) -> None:
    makers = {
        "good": lambda number: row(f"A{number}"),
        "short": lambda number: f"A{number},taobao",
        "amount": lambda number: row(f"A{number}", total="?"),
        "quote": lambda number: f'A{number},"tao"bao,x',
    }
    source = f"s{next(_numbers)}"
    file = table(tmp_path / "a.csv", *(makers[kind](number) for number, kind in told))
    good, bad = ({one for one in told if one[1] in kinds} for kinds in (("good",), ("amount",)))
    lines = sum(kind in ("short", "quote") for _, kind in told)
    first = fenghe.json("import", "orders", file, "--source", source, "--no-judge")
    adds_up(first)
    assert (first["read"], first["stored"], first["set_aside"]) == (len(told), len(good), len(bad) + lines)
    again = fenghe.json("import", "orders", file, "--source", source, "--no-judge")
    adds_up(again)
    assert again["duplicate"] == again["read"]


def many(path: Path, rows: int) -> Path:
    """A large export."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write("订单号,渠道,订单状态,订单金额,商品名称,数量,sku_id,更新时间\n")
        for place in range(rows):
            stream.write(row(f"A{place:07d}") + "\n")
    return path


def stored_in(data: Path) -> int:
    """How many messages an embedded database holds that somebody else keeps; 0 while it cannot be asked."""
    try:
        database = attach(data)
        return 0 if database is None else int(ask(database.app_url, "select count(*) from inbound_message"))
    except psycopg.Error:
        return 0


def holds(data: Path, wanted: int) -> bool:
    """Whether it holds at least so many."""
    return stored_in(data) >= wanted


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_a_killed_import_goes_on_when_run_again(tmp_path: Path) -> None:
    file, data = many(tmp_path / "a.csv", 40_000), tmp_path / "data"
    in_its_own_process("migrate", data=data).communicate(timeout=60)
    command = ("import", "orders", file, "--source", "shop", "--no-judge", "--json")
    for wanted in (1, 15_000):
        process = in_its_own_process(*command, data=data)
        assert eventually(partial(holds, data, wanted), seconds=100)
        process.kill()
        process.communicate()
    process = in_its_own_process(*command, data=data)
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    report = json.loads(out)
    adds_up(report)
    assert report["read"] == 40_000 and report["set_aside"] == 0
    assert 15_000 <= report["duplicate"] < 40_000, "it was killed in the middle"
    assert report["duplicate"] % BATCH_ROWS == 0, "a batch is stored whole or not at all"
    assert report["judged"]["pending"] == 40_000, "none lost, none twice"
    again = in_its_own_process(*command, data=data)
    assert json.loads(again.communicate(timeout=200)[0])["duplicate"] == 40_000


MEASURED = """
import resource, sys
from fenghe.cli.main import app
try:
    app(sys.argv[1:])
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
"""


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_three_hundred_thousand_rows_in_little_memory(fenghe: Commands, tmp_path: Path) -> None:
    peaks = []
    for rows in (3_000, 300_000):
        file = many(tmp_path / f"{rows}.csv", rows)
        command = ["import", "orders", str(file), "--source", f"s{rows}", "--no-judge", "--json"]
        done = subprocess.run([sys.executable, "-c", MEASURED, *command], capture_output=True, text=True, check=True)
        report = json.loads(done.stdout)
        adds_up(report)
        assert report["stored"] == rows
        peaks.append(int(done.stderr.split("peak ")[1].split()[0]))
    assert peaks[1] < peaks[0] + 100, f"MB: {peaks}"
    assert peaks[1] < 400, f"MB: {peaks}"
