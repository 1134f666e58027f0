"""Judging what an import brings (导入即研判): its rows as they are stored, or wait for the hub's workers where there are some.

Whether they live is asked again and again: a hub that dies meanwhile leaves its work to us.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from psycopg import Connection

from fenghe.hub import store_importing
from fenghe.hub.import_rows import Kept
from fenghe.hub.worker import Worker

LOOK_AGAIN_SECONDS: Final = 0.3
COUNT_SHARE: Final = 5
"""Counting what waits takes at most one part in so many of the time."""
ALIVE_SECONDS: Final = 3.0
"""How long an answer whether a hub lives is believed."""

BATCHES_BEHIND: Final = 3
"""Batches that may wait to be judged before the reading of the file waits, too."""

Waiting = Callable[[int, bool], None]
"""(messages that still wait, is a hub at work on them), after every step."""


class Judging:
    """Judges for one import. Needs autocommit."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._worker: Worker | None = None
        self._asked = float("-inf")
        self._alive = False
        self.helped = False
        """The workers of a running hub did some of it."""

    def take(self, kept: Kept) -> None:
        """Judge a batch that was just stored, as it was read; a running hub does it beside us."""
        if not kept.readings or self._hub_lives():
            return
        worker = self._own()
        worker.hear(kept.readings)
        worker.turn(batch=len(kept.readings))  # no more: the batches stored meanwhile are heard of first, too

    def finish(self, source: str, *, note: Waiting = lambda _pending, _hub: None) -> bool:
        """Return when everything the source told is judged; True when a hub did some of it."""
        began = time.monotonic()
        while pending := store_importing.pending_of(self._connection, source):
            counting = time.monotonic() - began
            if self._hub_lives():
                note(pending, True)
                self.helped = True
                time.sleep(max(LOOK_AGAIN_SECONDS, counting * (COUNT_SHARE - 1)))
            else:
                self._work_off(pending, note)
            began = time.monotonic()
        while self._worker is not None and self._worker.turn().due:
            note(0, False)
        return self.helped

    def _work_off(self, pending: int, note: Waiting) -> None:
        """About so many messages; then is counted again, as they may be another source's."""
        worker = self._own()
        while pending > 0 and not self._hub_lives():
            note(pending, False)
            done = worker.turn().messages
            if not done:  # others hold what is left
                time.sleep(LOOK_AGAIN_SECONDS)
                return
            pending -= done

    def _own(self) -> Worker:
        self._worker = self._worker or Worker(self._connection)
        return self._worker

    def _hub_lives(self) -> bool:
        if time.monotonic() - self._asked > ALIVE_SECONDS:
            self._alive = store_importing.workers_alive(self._connection)
            self._asked = time.monotonic()
        return self._alive


class Beside:
    """Judges in a thread of its own while the file is read on: one reads while the database writes for the other."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._judging = Judging(connection)
        self._waiting: queue.Queue[Kept | None] = queue.Queue(maxsize=BATCHES_BEHIND)
        self._trouble: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="judging", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while (kept := self._waiting.get()) is not None:
            if self._trouble is None:
                try:
                    self._judging.take(kept)
                except BaseException as trouble:  # noqa: BLE001 - told to whoever waits
                    self._trouble = trouble

    def take(self, kept: Kept) -> None:
        """Judge a batch that was just stored, soon."""
        self._waiting.put(kept)
        self._tell()

    def finish(self, source: str, *, note: Waiting = lambda _pending, _hub: None) -> bool:
        """Return when everything the source told is judged; True when a hub did some of it."""
        self.stop()
        self._tell()
        return self._judging.finish(source, note=note)

    def stop(self) -> None:
        """No more batches come."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def _tell(self) -> None:
        if self._trouble is not None:
            raise self._trouble


@contextlib.contextmanager
def judging_beside(connect: Callable[[], Connection[Any]]) -> Iterator[Beside]:
    """Judging on a connection of its own."""
    with connect() as connection:
        beside = Beside(connection)
        try:
            yield beside
        finally:
            beside.stop()


def judge_imported(connection: Connection[Any], source: str, *, note: Waiting = lambda _pending, _hub: None) -> bool:
    """Return when everything the source told is judged; True when the workers of a running hub did some of it."""
    return Judging(connection).finish(source, note=note)
