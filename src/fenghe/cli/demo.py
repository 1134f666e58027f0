"""`fenghe demo`: the hub with a living sandbox world; `--once` plays the same world to its end and says what was found."""

import asyncio
import contextlib
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
import psycopg
import typer
import uvloop
from rich.console import Console

from fenghe.cli import serving, working
from fenghe.hub import demo_books, demo_money, demo_notices, demo_reminders, demo_world, store_demo
from fenghe.kernel.audit import store as audit
from fenghe.kernel.database.opening import hold_database
from fenghe.kernel.logs import logs_to_stderr
from fenghe.kernel.migrations import migrate
from fenghe.kernel.secrets import hub_key
from fenghe.money import store_asks
from fenghe.simulator.clock import VirtualClock
from fenghe.simulator.pushing import Pushed
from fenghe.simulator.robots import Hall, build_robots
from fenghe.simulator.running import running, serving_till
from fenghe.simulator.running import serving as serving_apps

console = Console()
DONE_SECONDS = 150.0
SETTLE_SECONDS = 30.0
FILES = "files"
"""Where in its data directory the demo lays finance's files."""
STARTS_KEPT = 10
START_SECONDS = 90.0
"""A busy machine takes its time to import everything."""
Say = Callable[..., None]


def demo(
    data: Annotated[Path, typer.Option("--data", help="Data directory of the demo.")] = Path("var/demo"),
    port: Annotated[int, typer.Option("--port", help="Port of the screens.")] = 8600,
    once: Annotated[
        bool, typer.Option("--once", help="Play the world to its end, print what was found, leave.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run the hub with a sandbox of shops and carriers that speak their real protocols on loopback."""
    say: Say = _silent if as_json else console.print
    with hold_database(data) as database:
        say("数据库已就绪(内置 PostgreSQL)")
        migrate(database.owner_url)
        key = hub_key(data)
        world = demo_world.build(_began(data))
        now = world.now if once else datetime.now(UTC).replace(microsecond=0)
        if not once:
            for start in _starts(data, now):
                demo_world.add_trade(world, start)
        with (
            running(world.carriers, clock=VirtualClock(now)) as sandbox,
            serving_till(world.till) as till,
            serving_apps(build_robots(Hall())) as robots,
        ):
            with psycopg.connect(database.app_url) as connection:
                demo_world.prepare(connection, world, key=key, sandbox=sandbox, till=till)
                demo_notices.prepare(connection, key=key, robots=robots, public_url=f"http://127.0.0.1:{port}")
                if not once:
                    demo_reminders.prepare(connection, key=key, robots=robots, now=datetime.now(UTC))
            say(f"沙箱的机器人群:{robots}/robots")
            with working.workers_running(database.app_url, key=key, count=1):
                if once:
                    _play_once(database.app_url, world, key=key, folder=data / FILES, say=say, as_json=as_json)
                else:
                    _play_on(database.app_url, world, key=key, port=port, folder=data / FILES, now=now, say=say)


def _silent(*_said: object) -> None:
    """For --json: nothing but the answer is printed."""


def _play_once(app_url: str, world: demo_world.Demo, *, key: bytes, folder: Path, say: Say, as_json: bool) -> None:
    """To the end of the world, then what was found; exit status 1 when that is not what the world holds."""
    with _api_beside(app_url, key=key) as address:
        say("沙箱开始推送:店铺的订单、承运商的轨迹(真实签名,真实 HTTP)……")
        sent, seconds = _run_once(app_url, world, address)
    # the door writes its last counts when it closes
    found = _findings(app_url, world, folder=folder, sent=sent, seconds=seconds)
    _report(found, say=say, as_json=as_json)
    if found.problems:
        raise typer.Exit(1)


def _play_on(
    app_url: str, world: demo_world.Demo, *, key: bytes, port: int, folder: Path, now: datetime, say: Say
) -> None:
    """Until Ctrl-C."""

    def tell() -> None:
        """What happened up to some hours ago at once, the last hours in fast motion, then in real time."""
        address = f"http://127.0.0.1:{port}"
        heard = partial(_close_days, app_url, world, folder=folder, now=now)
        sent = asyncio.run(demo_world.live(world, address, now=now, heard=heard))
        say(f"沙箱的世界讲完了:{sent.sent} 条推送,{sent.acknowledged} 条被确认。")

    driver = threading.Thread(target=tell, daemon=True)
    _banner(say, port)
    serving.run_api(app_url, key=key, host="127.0.0.1", port=port, ready=driver.start)


def _banner(say: Say, port: int) -> None:
    say(
        f"\n[bold]打开 http://127.0.0.1:{port}[/bold]   用户 [bold]admin[/bold]   密码 [bold]{demo_world.PASSWORD}[/bold]"
    )
    say(
        "其他角色:kefu(客服) yunying(运营) caigou(采购) caiwu(财务) cangku(仓库) shenji(审计),密码相同。Ctrl-C 结束。\n"
    )


@contextlib.contextmanager
def _api_beside(app_url: str, *, key: bytes) -> Iterator[str]:
    """The door and the screens in a process of their own; yields the address."""
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    port = serving.free_port()
    process = context.Process(target=_serve_beside, args=(app_url, key, port, started), daemon=True)
    process.start()
    try:
        if not started.wait(START_SECONDS):
            raise TimeoutError("the hub did not answer in time")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.join(15)


def _serve_beside(app_url: str, key: bytes, port: int, started: Any) -> None:
    logs_to_stderr()
    serving.run_api(app_url, key=key, host="127.0.0.1", port=port, ready=started.set)


def _began(data: Path) -> datetime:
    """The world's moment: fixed at the first run, so that a second run tells the same world."""
    path = data / "demo-began"
    if not path.exists():
        path.write_text(datetime.now(UTC).replace(microsecond=0).isoformat(), encoding="ascii")
    return datetime.fromisoformat(path.read_text(encoding="ascii").strip())


def _starts(data: Path, now: datetime) -> list[datetime]:
    """The moments at which this demo was started, now among them: what it traded then is still known to its sandbox."""
    path = data / "demo-starts"
    known = path.read_text(encoding="ascii").split() if path.exists() else []
    known = [*known, now.isoformat()][-STARTS_KEPT:]
    path.write_text("\n".join(known), encoding="ascii")
    return [datetime.fromisoformat(one) for one in known]


def _run_once(app_url: str, world: demo_world.Demo, address: str) -> tuple[Pushed, float]:
    """Send everything that happened until the world's moment and wait until it is judged: (what was sent, seconds)."""
    began = time.perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sent = runner.run(demo_world.push_until(world, address, until=world.now))
    with psycopg.connect(app_url, autocommit=True) as connection:
        deadline = time.monotonic() + DONE_SECONDS
        while not _all_settled(connection, world) and time.monotonic() < deadline:
            time.sleep(0.1)
    return sent, time.perf_counter() - began


def _all_settled(connection: psycopg.Connection[Any], world: demo_world.Demo) -> bool:
    """Asking for lost notifications brings new messages: these have to be judged as well."""
    return demo_money.settled(connection, world) and store_demo.settled(connection)


def _findings(app_url: str, world: demo_world.Demo, *, folder: Path, sent: Pushed, seconds: float) -> demo_money.Found:
    books, till = demo_world.books(world, now=world.now), world.till.till
    with psycopg.connect(app_url, autocommit=True) as connection:
        dropped = demo_books.drop(connection, books, folder=folder)
        closed = demo_books.reconciled(connection, books, till, dropped=dropped, now=world.now)
        audit.seal(connection)
        found = demo_world.findings(connection, world, sent=sent, seconds=seconds)
    return demo_money.Found(lines=[*found.lines, *closed.lines], problems=[*found.problems, *closed.problems])


def _close_days(app_url: str, world: demo_world.Demo, *, folder: Path, now: datetime) -> None:
    """Finance's files of the days that are over, and a first reconciliation, so that nobody meets empty books."""
    deadline = time.monotonic() + SETTLE_SECONDS
    with psycopg.connect(app_url, autocommit=True) as connection:
        while not store_demo.settled(connection) and time.monotonic() < deadline:
            time.sleep(0.5)
        demo_books.drop(connection, demo_world.books(world, now=now), folder=folder)
        store_asks.ask(connection, kind="reconcile", scope="all", first=None, last=None, by="fenghe")


def _report(found: demo_money.Found, *, say: Say, as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    from rich.table import Table  # noqa: PLC0415 - only for people

    table = Table(title="演示世界:发现了什么", show_lines=False)
    table.add_column("项目")
    table.add_column("数量", justify="right")
    for name, value in found.lines:
        table.add_row(name, f"{value:,}" if isinstance(value, int) else str(value))
    say(table)
    for problem in found.problems:
        say(f"[red]不符预期:{problem}[/red]")
