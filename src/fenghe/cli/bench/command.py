"""`fenghe bench`: door and judge against the machine's own commit limit, all in one run on a cluster of its own."""

import itertools
import statistics
import tempfile
from pathlib import Path
from typing import Annotated, Any

import msgspec
import psycopg
import typer
from rich.console import Console
from rich.table import Table

from fenghe.cli.bench import cpu, limit, load, parts, store, traffic
from fenghe.kernel.audit import store as audit
from fenghe.kernel.database.supervisor import running
from fenghe.kernel.migrations import migrate

console = Console()
DOOR_AT_LEAST = 0.8
JUDGE_AT_LEAST = 1.5


class Figure(msgspec.Struct, kw_only=True):
    """One measured thing: rows a second, and its ratio to the commit limit measured just before and after it.

    `cpu_us` is the processor time of one, server and clients together. Beside the limit's it tells what the ratio is where
    the processors alone decide, whoever else uses them.
    """

    what: str
    per_second: float
    limit: float
    ratio: float
    cpu_us: float | None
    limit_cpu_us: float | None
    at_least: float | None
    note: str = ""


def bench(
    called: typer.Context,
    stored: Annotated[
        str, typer.Option("--stored", help="Stored events to measure at, separated by commas.")
    ] = "10000,100000",
    requests: Annotated[int, typer.Option("--requests", help="Webhooks sent to the door in a round.")] = 20_000,
    events: Annotated[int, typer.Option("--events", help="Events judged in a round.")] = 20_000,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Rounds of each; the one in the middle counts.")] = 3,
    workers: Annotated[int, typer.Option("--workers", help="Worker processes that judge.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure how fast this machine stores webhooks durably and judges them, as ratios to its own commit rate."""
    if called.invoked_subcommand is not None:
        return
    sizes = sorted(int(size) for size in stored.split(","))
    with tempfile.TemporaryDirectory(prefix="fenghe-bench-") as folder, running(Path(folder) / "data") as database:
        migrate(database.owner_url)
        store.add_source(database.app_url, parts.SOURCE)
        seeds, figures = itertools.count(10), []
        for size in sizes:
            _grow(database, size, seed=next(seeds), workers=workers)
            judged = [_judge(database, events, seed=next(seeds), workers=workers) for _ in range(rounds)]
            taken = [_door(database, requests, seed=next(seeds)) for _ in range(rounds)]
            figures += [
                _middle(judged, f"judged and written at {size:,} stored, {workers} workers"),
                _middle(taken, ""),
            ]
        checked = _verify(database)
    if as_json:
        typer.echo(msgspec.json.encode({"figures": figures, "audit": checked}).decode())
    else:
        console.print(_table(figures))
        console.print(f"审计链:{checked['rows']:,} 行,{'完好' if checked['bad'] is None else checked['bad']}")


def _middle(rounds: list[Figure], what: str) -> Figure:
    """The round in the middle by its ratio, with the others told; `what` names it anew."""
    ordered = sorted(rounds, key=lambda one: one.ratio)
    middle = ordered[(len(ordered) - 1) // 2]
    all_ratios = "rounds " + " ".join(f"{one.ratio:.2f}" for one in rounds)
    return msgspec.structs.replace(
        middle, what=what or middle.what, note="; ".join(filter(None, (middle.note, all_ratios)))
    )


def _limit(database: Any) -> limit.Limit:
    return limit.single_row_commits(database.owner_url, seconds=3)


def _door(database: Any, count: int, *, seed: int) -> Figure:
    warm = min(2_000, count // 5)
    calls = traffic.requests(count + warm, seed=seed, source=parts.SOURCE)
    have = store.stored(database.app_url)
    before = _limit(database)
    with parts.door_running(database.app_url) as port:
        load.drive(port, calls[:warm], connections=64)
        cpu_before = cpu.seconds()
        done = load.drive(port, calls[warm:], connections=64)
        cost = cpu.per_unit_us(cpu_before, count)
    around = (before, _limit(database))
    note = f"p50 {done.p50_ms:.1f} ms, p99 {done.p99_ms:.1f} ms, answers {done.answers}"
    what = f"webhook acknowledged after commit at {have:,} stored, 64 connections"
    return _figure(what, done.per_second, around, DOOR_AT_LEAST, cpu_us=cost, note=note)


def _grow(database: Any, size: int, *, seed: int, workers: int) -> None:
    """Fill and judge until `size` events are stored."""
    have = store.stored(database.app_url)
    if size > have:
        parts.fill(database.app_url, count=size - have, seed=seed)
    parts.drain(database.app_url, workers=workers)


def _judge(database: Any, count: int, *, seed: int, workers: int) -> Figure:
    parts.fill(database.app_url, count=count, seed=seed)
    have = store.stored(database.app_url) - count
    before = _limit(database)
    seconds, cpu_before = parts.drain(database.app_url, workers=workers)
    cost = cpu.per_unit_us(cpu_before, count)
    what = f"judged and written at {have:,} stored, {workers} workers"
    return _figure(what, count / seconds, (before, _limit(database)), JUDGE_AT_LEAST, cpu_us=cost)


def _figure(
    what: str,
    per_second: float,
    around: tuple[limit.Limit, limit.Limit],
    at_least: float,
    *,
    cpu_us: float | None,
    note: str = "",
) -> Figure:
    commits = statistics.mean(one.per_second for one in around)
    costs = [one.cpu_us for one in around if one.cpu_us is not None]
    return Figure(
        what=what,
        per_second=per_second,
        limit=commits,
        ratio=per_second / commits,
        cpu_us=cpu_us,
        limit_cpu_us=statistics.mean(costs) if costs else None,
        at_least=at_least,
        note=note,
    )


def _verify(database: Any) -> dict[str, Any]:
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        audit.seal(connection)
        done = audit.verify(connection)
    return {"rows": done.rows, "bad": None if done.bad is None else str(done.bad)}


def _table(figures: list[Figure]) -> Table:
    table = Table(title="fenghe bench: ratios to this machine's 32-connection single-row commit rate")
    for name in ("what", "per second", "commit limit", "ratio", "at least", "CPU µs (limit)", "note"):
        table.add_column(name, justify="left" if name in ("what", "note") else "right")
    for one in figures:
        wanted = f"{one.at_least:.1f}" if one.at_least is not None else ""
        mark = "" if one.at_least is None or one.ratio >= one.at_least else "  [red]below[/red]"
        table.add_row(
            one.what,
            f"{one.per_second:,.0f}",
            f"{one.limit:,.0f}",
            f"{one.ratio:.2f}{mark}",
            wanted,
            f"{_whole(one.cpu_us)} ({_whole(one.limit_cpu_us)})",
            one.note,
        )
    return table


def _whole(number: float | None) -> str:
    return "?" if number is None else f"{number:,.0f}"
