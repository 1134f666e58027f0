"""Running the sandbox (启动沙箱): its gateways on loopback in a thread, and `fenghe simulate` with a living clock."""

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import uvicorn

from fenghe.simulator.app import App, build_app
from fenghe.simulator.clock import Clock, VirtualClock
from fenghe.simulator.faults import CallFaults
from fenghe.simulator.pushing import Pushed, push_all
from fenghe.simulator.till_app import TillGateway, build_till_app
from fenghe.simulator.world import World

START_SECONDS = 10.0


class DidNotStart(Exception):
    """The sandbox's server did not come up in time."""


@contextmanager
def running(
    world: World, *, port: int = 0, clock: Clock | None = None, faults: CallFaults | None = None
) -> Iterator[str]:
    """The gateways of a world on 127.0.0.1 while the block runs; gives their address."""
    with serving(build_app(world, clock=clock, faults=faults), port=port) as address:
        yield address


@contextmanager
def serving_till(gateway: TillGateway, *, port: int = 0) -> Iterator[str]:
    """Both payment providers on 127.0.0.1 while the block runs; gives their address."""
    with serving(build_till_app(gateway), port=port) as address:
        yield address


@contextmanager
def serving(app: App, *, port: int = 0) -> Iterator[str]:
    """Any ASGI app on 127.0.0.1 in a thread while the block runs; port 0 takes a free one."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True, name="sandbox")
    thread.start()
    try:
        yield f"http://127.0.0.1:{_port_of(server, thread)}"
    finally:
        server.should_exit = True
        thread.join(timeout=START_SECONDS)


def _port_of(server: uvicorn.Server, thread: threading.Thread) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and thread.is_alive():
        if server.started and server.servers:
            return int(server.servers[0].sockets[0].getsockname()[1])
        time.sleep(0.01)
    raise DidNotStart


def simulate(
    world: World,
    *,
    hub: str,
    port: int = 0,
    speed: float = 1440.0,
    sources: Mapping[str, str] | None = None,
    faults: CallFaults | None = None,
) -> Pushed:
    """Serve the gateways and push to the hub until the world's last push; `speed` 1440 makes a day of a minute."""
    clock = VirtualClock(world.now, speed=speed)
    with running(world, port=port, clock=clock, faults=faults):
        return asyncio.run(push_all(world, hub, sources=sources, clock=clock))
