"""`fenghe bench recon`: the scan against the bare full outer compare of the same rows, and how both grow, in one run."""

import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
import psycopg
import typer
from psycopg import Connection
from rich.console import Console
from rich.table import Table

from fenghe.cli.bench import store_recon as store
from fenghe.kernel.database.supervisor import running
from fenghe.kernel.migrations import migrate
from fenghe.money.tasks_recon import Ask, run

SCAN_AT_MOST = 3.0
MONTH_DAYS = 28
FIRST_DAY = date(2026, 2, 1)
ROUNDS = 3


class Size(msgspec.Struct, kw_only=True):
    """What was measured at one size; seconds. `ratio`: scan to bare compare; `day`: an incremental run over one new day."""

    orders: int
    bare: float
    scan: float
    ratio: float
    reconcile: float
    per_million: float
    day: float
    breaks: int
    gaps: int


def bench_recon(
    sizes: Annotated[str, typer.Option("--sizes", help="Orders, separated by commas.")] = "10000,100000,1000000",
    day_orders: Annotated[int, typer.Option("--day", help="Orders of the one new day.")] = 2_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure scan and reconciliation at growing sizes on a database of their own."""
    told: list[Size] = []
    with tempfile.TemporaryDirectory(prefix="fenghe-bench-") as folder, running(Path(folder) / "data") as database:
        migrate(database.owner_url)
        have = 0
        for size in (int(one) for one in sizes.split(",")):
            store.fill(database.app_url, database.owner_url, first=have + 1, last=size, days=MONTH_DAYS)
            have = size
            with psycopg.connect(database.app_url, autocommit=True) as connection:
                told.append(_measure(connection, database, have, day_orders))
                have += day_orders
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if as_json:
        typer.echo(
            msgspec.json.encode({"sizes": told, "client_memory_mb": memory, "scan_at_most": SCAN_AT_MOST}).decode()
        )
    else:
        Console().print(_table(told))
        Console().print(f"client memory at most {memory} MB; scan to bare compare at most {SCAN_AT_MOST}")


def _measure(connection: Connection[Any], database: Any, have: int, day_orders: int) -> Size:
    """Bare and scan turn about, the middle of each, then the whole, then one day more."""
    bare, scan = [], []
    for _ in range(ROUNDS):
        bare.append(store.bare_compare(database.app_url))
        scan.append(_timed(lambda: run(connection, Ask(kind="scan"), now=datetime.now(UTC))))
    began = time.perf_counter()
    report = run(connection, Ask(kind="reconcile"), now=datetime.now(UTC))
    whole = time.perf_counter() - began
    last = FIRST_DAY + timedelta(days=MONTH_DAYS + have // 1_000_000)
    run(connection, Ask(kind="scan", scope="new", last=last), now=datetime.now(UTC))
    start = (last - FIRST_DAY).days + 1
    store.fill(database.app_url, database.owner_url, first=have + 1, last=have + day_orders, days=1, start_day=start)
    store.past_the_overlap(connection)
    ask = Ask(kind="scan", scope="new", last=last + timedelta(days=1))
    day = _timed(lambda: run(connection, ask, now=datetime.now(UTC)))
    middle_bare, middle_scan = statistics.median(bare), statistics.median(scan)
    return Size(
        orders=have,
        bare=middle_bare,
        scan=middle_scan,
        ratio=middle_scan / middle_bare,
        reconcile=whole,
        per_million=whole * 1_000_000 / have,
        day=day,
        breaks=report.moved.standing,
        gaps=len(report.gaps),
    )


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _table(told: list[Size]) -> Table:
    table = Table(title="fenghe bench recon (seconds)")
    for name in (
        "orders",
        "bare compare",
        "scan",
        "ratio",
        "reconcile",
        "per million",
        "one more day",
        "breaks",
        "gaps",
    ):
        table.add_column(name, justify="right")
    for one in told:
        mark = "" if one.ratio <= SCAN_AT_MOST else " [red]above[/red]"
        table.add_row(
            f"{one.orders:,}", f"{one.bare:.2f}", f"{one.scan:.2f}", f"{one.ratio:.2f}{mark}", f"{one.reconcile:.2f}",
            f"{one.per_million:.1f}", f"{one.day:.2f}", f"{one.breaks:,}", str(one.gaps),
        )  # fmt: skip
    return table
