"""After an import (导入后研判): wait for the hub's workers, or do their work here when there are none."""

import time
from collections.abc import Callable
from typing import Any, Final

from psycopg import Connection

from fenghe.hub import store_importing
from fenghe.hub.worker import Worker

LOOK_AGAIN_SECONDS: Final = 0.3

Waiting = Callable[[int, bool], None]
"""(messages that still wait, is a hub at work on them), after every step."""


def judge_imported(connection: Connection[Any], source: str, *, note: Waiting = lambda _pending, _hub: None) -> bool:
    """Return when everything the source told is judged; True when the workers of a running hub did some of it.

    Whether they live is asked again and again: a hub that dies meanwhile leaves its work to us. Needs autocommit.
    """
    worker: Worker | None = None
    helped = False
    while pending := store_importing.pending_of(connection, source):
        alive = store_importing.workers_alive(connection)
        note(pending, alive)
        if alive:
            helped = True
            time.sleep(LOOK_AGAIN_SECONDS)
            continue
        worker = worker or Worker(connection)
        worker.turn()
    while worker is not None and worker.turn().due:
        note(0, False)
    return helped
