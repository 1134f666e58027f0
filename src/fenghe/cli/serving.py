"""`fenghe serve | api | worker`: the hub in one command, or its halves on as many hosts as wanted."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from fenghe.cli import working
from fenghe.hub import rooms
from fenghe.hub.hub import Hub
from fenghe.kernel.database.opening import hold_database, open_database
from fenghe.kernel.door.door import Door
from fenghe.kernel.door.serving import configuration
from fenghe.kernel.migrations import migrate
from fenghe.kernel.secrets import hub_key, source_unsealer

DataDir = Annotated[Path, typer.Option("--data", help="Data directory of the embedded database.", envvar="FENGHE_DATA")]
Port = Annotated[int, typer.Option("--port", help="Port to listen on.")]
Host = Annotated[str, typer.Option("--host", help="Address to listen on.")]
DEFAULT_DATA = Path("var/fenghe")


def serve(
    data: DataDir = DEFAULT_DATA,
    host: Host = "127.0.0.1",
    port: Port = 8600,
    workers: Annotated[int, typer.Option("--workers", min=1, max=16, help="Worker processes.")] = 1,
) -> None:
    """Run the hub: door, screens and workers, on the embedded database."""
    with hold_database(data, on_lost=_give_up) as database:
        migrate(database.owner_url)
        typer.echo(f"Fenghe listens on http://{host}:{port}")
        with working.workers_running(database.app_url, key=hub_key(data), count=workers):
            run_api(database.app_url, key=hub_key(data), host=host, port=port)


def _give_up(problem: Exception) -> None:
    """The database cannot be brought back: stop as on SIGTERM, so that whoever watches us sees it."""
    typer.echo(f"数据库无法恢复,停止:{problem}", err=True)
    os.kill(os.getpid(), signal.SIGTERM)


def api(data: DataDir = DEFAULT_DATA, host: Host = "127.0.0.1", port: Port = 8600) -> None:
    """Run the door and the screens only."""
    with open_database(data) as database:
        migrate(database.owner_url)
        run_api(database.app_url, key=hub_key(data), host=host, port=port)


def worker(data: DataDir = DEFAULT_DATA) -> None:
    """Run one worker only."""
    with open_database(data) as database:
        working.work(database.app_url, hub_key(data))


def run_api(
    app_url: str,
    *,
    key: bytes,
    host: str,
    port: int,
    ready: Callable[[], None] | None = None,
) -> None:
    """Serve until asked to stop; `ready` is called once requests are answered."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app_url, key=key, host=host, port=port, ready=ready))


async def _serve(
    app_url: str,
    *,
    key: bytes,
    host: str,
    port: int,
    ready: Callable[[], None] | None,
) -> None:
    from fenghe.api.app import build_api  # noqa: PLC0415 - the screens' half is not wanted by a worker
    from fenghe.api.serving import ApiServer  # noqa: PLC0415

    hub = Hub(app_url, key=key)
    async with hub.running():
        app = build_api(hub)
        door = Door(app, dsn=app_url, connectors=rooms.connectors(), unseal=source_unsealer(key))
        await door.open()
        serving = ApiServer(configuration(door, host=host, port=port), app)
        background = [asyncio.create_task(door.keep()), asyncio.create_task(hub.keep())]
        if ready is not None:
            background.append(asyncio.create_task(_tell_ready(serving, ready)))
        try:
            await serving.serve()
        finally:
            for task in background:
                task.cancel()
            await door.close()


async def _tell_ready(serving: Any, ready: Callable[[], None]) -> None:
    while not serving.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.02)
    ready()


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
