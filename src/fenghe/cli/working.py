"""Worker processes (值守进程): started beside the hub, started again when they die, gone when it is gone.

Imports nothing that a worker does not need: it pays for every import at every start.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

from fenghe.hub.acts import run_sender
from fenghe.hub.duties import run_calendar, run_duties, run_long_duties, run_notices
from fenghe.hub.notices import run_robots
from fenghe.hub.polling import run_poller
from fenghe.hub.worker import run as run_worker
from fenghe.kernel.door.serving import BATCH_OBJECTS, seldom_collect
from fenghe.kernel.logs import logs_to_stderr


@contextlib.contextmanager
def workers_running(app_url: str, *, key: bytes, count: int) -> Iterator[None]:
    """Worker processes beside this one; one that dies is started again."""
    context = multiprocessing.get_context("spawn")
    stop = threading.Event()
    crowd = [_start(context, app_url, key) for _ in range(count)]
    keeper = threading.Thread(target=_keep_alive, args=(context, crowd, stop, app_url, key), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()
        for process in crowd:
            process.terminate()
        for process in crowd:
            process.join(10)


def _start(context: Any, app_url: str, key: bytes) -> Any:
    process = context.Process(target=_work_beside, args=(app_url, key, os.getpid()), daemon=True)
    process.start()
    return process


def _keep_alive(context: Any, crowd: list[Any], stop: threading.Event, app_url: str, key: bytes) -> None:
    while not stop.wait(0.5):
        for place, process in enumerate(crowd):
            if not process.is_alive():
                process.join()
                crowd[place] = _start(context, app_url, key)


def _work_beside(app_url: str, key: bytes, parent: int) -> None:
    """A worker that stops when the process that started it is gone."""
    logs_to_stderr()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent tells us when to stop
    stop = threading.Event()
    threading.Thread(target=_stop_with, args=(parent, stop), daemon=True).start()
    work(app_url, key, stop)


def _stop_with(parent: int, stop: threading.Event) -> None:
    while os.getppid() == parent:
        if stop.wait(0.5):
            return
    stop.set()


def work(app_url: str, key: bytes, stop: threading.Event | None = None) -> None:
    """Work until `stop` is set or the process is told to end."""
    stop = stop or threading.Event()
    seldom_collect(BATCH_OBJECTS)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    beside = [
        threading.Thread(target=run_sender, args=(app_url,), kwargs={"stop": stop, "key": key}, daemon=True),
        threading.Thread(target=run_poller, args=(app_url,), kwargs={"stop": stop, "key": key}, daemon=True),
        threading.Thread(target=run_duties, args=(app_url,), kwargs={"stop": stop}, daemon=True),
        threading.Thread(target=run_robots, args=(app_url,), kwargs={"stop": stop, "key": key}, daemon=True),
        threading.Thread(target=run_notices, args=(app_url,), kwargs={"stop": stop}, daemon=True),
        threading.Thread(target=run_long_duties, args=(app_url,), kwargs={"stop": stop}, daemon=True),
        threading.Thread(target=run_calendar, args=(app_url,), kwargs={"stop": stop}, daemon=True),
    ]
    for thread in beside:
        thread.start()
    try:
        run_worker(app_url, stop=stop)
    except KeyboardInterrupt:
        stop.set()
    for thread in beside:
        thread.join(5)
