"""The processes a bench measures: a door of its own, and workers that drain what is stored."""

import asyncio
import contextlib
import hashlib
import multiprocessing
import socket
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import uvicorn
import uvloop

from fenghe.cli.bench import cpu, traffic
from fenghe.connectors import zto
from fenghe.connectors.zto import push as zto_push
from fenghe.hub.worker import APPLICATION, Worker
from fenghe.kernel.door.door import App, Door, Receive, Scope, Send
from fenghe.kernel.door.serving import BATCH_OBJECTS, configuration, seldom_collect
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.inbox.lanes import lane_of

SOURCE = "zto-bench"
CONNECTORS = {"zto": zto.CONNECTOR}


async def _nothing_behind(scope: Scope, _receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


def run_door(dsn: str, port: int) -> None:
    """A process with nothing but the door, until killed."""

    async def serve() -> None:
        behind: App = _nothing_behind
        door = Door(
            behind, dsn=dsn, connectors=CONNECTORS, unseal=lambda _source, _sealed: {"app_secret": traffic.SECRET}
        )
        await door.open()
        await uvicorn.Server(configuration(door, host="127.0.0.1", port=port, lifespan="off")).serve()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())


@contextlib.contextmanager
def door_running(dsn: str) -> Iterator[int]:
    """A door process; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = multiprocessing.get_context("spawn").Process(target=run_door, args=(dsn, port), daemon=True)
    process.start()
    try:
        _wait_for(port)
        yield port
    finally:
        process.kill()
        process.join()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise TimeoutError("the door did not open within 10 s")


def fill(dsn: str, *, count: int, seed: int) -> None:
    """Store `count` messages as the door would have."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        batch: list[inbox.Arrival] = []
        for body in traffic.bodies(count, seed=seed):
            lane = lane_of(zto_push.number_at_a_glance(body))
            batch.append(inbox.Arrival(dedupe_key=hashlib.sha256(body).digest(), body=body, lane=lane))
            if len(batch) == 5_000:
                _flush(connection, batch)
        _flush(connection, batch)


def _flush(connection: psycopg.Connection[Any], batch: list[inbox.Arrival]) -> None:
    with connection.transaction():
        inbox.store_many(connection, source=SOURCE, way="webhook", arrivals=batch)
    batch.clear()


def run_worker(dsn: str, start: Any, ready: Any) -> None:
    """Drain the inbox once the start is given."""
    with psycopg.connect(dsn, autocommit=True, application_name=APPLICATION) as connection:
        worker = Worker(connection, CONNECTORS)
        seldom_collect(BATCH_OBJECTS)
        ready.release()
        start.wait()
        while worker.turn().messages:
            pass


def drain(dsn: str, *, workers: int) -> tuple[float, float | None]:
    """(seconds until everything stored is judged, the processor's clock as they began)."""
    context = multiprocessing.get_context("spawn")
    start, ready = context.Event(), context.Semaphore(0)
    crowd = [context.Process(target=run_worker, args=(dsn, start, ready), daemon=True) for _ in range(workers)]
    for process in crowd:
        process.start()
    for _ in crowd:
        ready.acquire()
    began, cpu_before = time.perf_counter(), cpu.seconds()
    start.set()
    for process in crowd:
        process.join()
    return time.perf_counter() - began, cpu_before
