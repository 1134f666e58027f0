"""`fenghe bench heartbeat`: many open parcels on the sandbox's clock, asked over real HTTP within each carrier's limit."""

import json
import resource
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import psycopg
import typer
from psycopg import Connection
from rich.console import Console
from rich.progress import Progress

from fenghe.cli.bench import store_heartbeat as store
from fenghe.hub.heartbeat import BeginWatches, SettleAnswers
from fenghe.hub.polling import Poller
from fenghe.hub.worker import Worker
from fenghe.kernel.connections.store import NewSource, create_source
from fenghe.kernel.database.supervisor import running as cluster_running
from fenghe.kernel.migrations import migrate
from fenghe.kernel.people.person import Actor
from fenghe.logistics.heartbeat import DEFAULT_HEARTBEAT
from fenghe.simulator.app import App, Receive, Scope, Send, build_app
from fenghe.simulator.clock import StoppedClock
from fenghe.simulator.running import serving
from fenghe.simulator.world import World

console = Console(stderr=True)
KEY: Final = bytes(range(32))
NAMES: Final = {"zto": "zto", "sf": "sf", "yto": "kuaidi100", "sto": "kuaidi100", "yunda": "kuaidi100"}


class Report(msgspec.Struct, kw_only=True):
    """What was measured. Gaps are between two questions about one parcel, in minutes of the sandbox's clock."""

    parcels: int
    intervals: int
    polls: int
    calls: dict[str, int]
    polled_in_first_interval: int
    polled_in_last_interval: int
    final: int
    longest_gap_minutes: float
    most_calls_in_a_minute: dict[str, int]
    limit_per_minute: int
    over_limit: bool
    errors: int
    messages: int
    seconds: float
    polls_per_second: float
    hub_memory_mb_before: float
    hub_memory_mb_after: float

    @property
    def holds(self) -> bool:
        """Every open parcel was asked in every interval, and nobody over his limit."""
        every = self.polled_in_first_interval == self.parcels and self.longest_gap_minutes <= 120.0
        return every and not self.over_limit


class Counted:
    """The sandbox's gateways, with a count of calls by platform and minute of its clock."""

    def __init__(self, app: App, clock: StoppedClock) -> None:
        self._app, self._clock = app, clock
        self.by_second: dict[str, Counter[int]] = defaultdict(Counter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count and pass on."""
        if scope["type"] == "http":
            platform = str(scope["path"]).strip("/").partition("/")[0]
            self.by_second[platform][int(self._clock.at.timestamp())] += 1
        await self._app(scope, receive, send)

    def most_in_a_minute(self, platform: str) -> int:
        """Most calls in any sixty seconds."""
        seconds = sorted(self.by_second[platform].items())
        most = held = start = 0
        for at, count in seconds:
            held += count
            while seconds[start][0] <= at - 60:
                held -= seconds[start][1]
                start += 1
            most = max(most, held)
        return most


def bench_heartbeat(
    parcels: Annotated[int, typer.Option("--parcels", help="Open parcels.")] = 100_000,
    intervals: Annotated[int, typer.Option("--intervals", help="Intervals of two hours to pass.")] = 2,
    limit: Annotated[int, typer.Option("--limit", help="Calls a minute each carrier allows.")] = 900,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show that every open parcel is asked about within its two hours, and no carrier over its limit."""
    with (
        tempfile.TemporaryDirectory(prefix="fenghe-bench-") as folder,
        cluster_running(Path(folder) / "data") as database,
    ):
        migrate(database.owner_url)
        with psycopg.connect(database.app_url, autocommit=True) as connection:
            store.declare_limit(connection, limit)
            report = measure(connection, parcels=parcels, intervals=intervals, limit=limit)
    told = {**msgspec.to_builtins(report), "holds": report.holds}
    if as_json:
        typer.echo(json.dumps(told))
    else:
        for name, value in told.items():
            typer.echo(f"{name:>26}  {value}")
    raise typer.Exit(0 if report.holds else 1)


def measure(connection: Connection[Any], *, parcels: int, intervals: int, limit: int) -> Report:
    """Let so many intervals pass over a database that holds nothing yet."""
    start = datetime.now(UTC).replace(microsecond=0)
    world = World(seed=11, now=start, parcels=parcels, days=2.0)
    clock = StoppedClock(start)
    counted = Counted(build_app(world, clock=clock), clock)
    with serving(counted) as address:
        _connect(connection, world, address)
        store.hand_over(connection, [(one.number, one.carrier, one.phone_tail) for one in world.parcels], at=start)
        begin = BeginWatches()
        while begin.turn(connection, now=start):
            continue
        return _beat(connection, clock, counted, intervals=intervals, limit=limit)


def _connect(connection: Connection[Any], world: World, address: str) -> None:
    for name in ("zto", "sf", "kuaidi100"):
        wish = NewSource(
            id=name, connector=name, title=name, config={"base_url": f"{address}/{name}"}, secrets=world.secrets[name]
        )
        create_source(connection, wish, kind="carrier", key=KEY, actor=Actor("bench", "local"))


def _beat(connection: Connection[Any], clock: StoppedClock, counted: Counted, *, intervals: int, limit: int) -> Report:
    start, before, began = clock.at, _memory(), time.perf_counter()
    gaps = Gaps(connection, start)
    worker, settle = Worker(connection), SettleAnswers()
    span = int(timedelta(minutes=DEFAULT_HEARTBEAT.interval_minutes).total_seconds())
    first = 0
    with closing(Poller(connection, key=KEY)) as poller, _progress(span * intervals) as advance:
        for second in range(1, span * intervals + 1):
            clock.at = start + timedelta(seconds=second)
            _second(poller, clock.at)
            if second % 20 == 0:
                while worker.turn().messages:
                    continue
                while settle.turn(connection, now=clock.at):
                    continue
                gaps.look()
                advance(20)
            if second == span:
                first = store.polled_since(connection, start)
    gaps.look()
    run = Run(first=first, intervals=intervals, limit=limit, seconds=time.perf_counter() - began, before=before)
    return _report(connection, clock, counted, gaps=gaps, run=run)


def _second(poller: Poller, now: datetime) -> None:
    """One second of the sandbox's clock: what is due is asked, and the answers are waited for."""
    while poller.turn(now=now) or poller.under_way:
        if poller.under_way:
            time.sleep(0.001)


class Gaps:
    """The longest time between two questions about one parcel (the first counts from the start)."""

    def __init__(self, connection: Connection[Any], start: datetime) -> None:
        self._connection = connection
        self._asked: dict[int, datetime] = dict.fromkeys(store.watched(connection), start)
        self._since = start
        self.longest = timedelta()

    def look(self) -> None:
        """Take note of the questions since the last look."""
        for parcel, asked_at in store.asked_since(self._connection, self._since):
            self.longest = max(self.longest, asked_at - self._asked[parcel])
            self._asked[parcel] = asked_at
            self._since = max(self._since, asked_at)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What was noted on the way."""

    first: int
    intervals: int
    limit: int
    seconds: float
    before: float


def _report(connection: Connection[Any], clock: StoppedClock, counted: Counted, *, gaps: Gaps, run: Run) -> Report:
    figures: Mapping[str, int] = store.figures(connection)
    most = {platform: counted.most_in_a_minute(platform) for platform in sorted(counted.by_second)}
    span = timedelta(minutes=DEFAULT_HEARTBEAT.interval_minutes)
    return Report(
        parcels=figures["parcels"],
        intervals=run.intervals,
        polls=figures["polls"],
        calls={platform: sum(counted.by_second[platform].values()) for platform in sorted(counted.by_second)},
        polled_in_first_interval=run.first,
        polled_in_last_interval=store.polled_since(connection, clock.at - span),
        final=figures["stopped"],
        longest_gap_minutes=round(gaps.longest.total_seconds() / 60, 2),
        most_calls_in_a_minute=most,
        limit_per_minute=run.limit,
        over_limit=any(count > run.limit for count in most.values()),
        errors=figures["errors"],
        messages=figures["messages"],
        seconds=round(run.seconds, 1),
        polls_per_second=round(figures["polls"] / run.seconds, 1),
        hub_memory_mb_before=run.before,
        hub_memory_mb_after=_memory(),
    )


def _memory() -> float:
    """Resident memory of this process, the sandbox's world included, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return round(int(line.split()[1]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("状态心跳", total=total)
        yield lambda by: progress.advance(task, by)
