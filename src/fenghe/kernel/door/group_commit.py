"""Group commit (组提交): while one batch commits the next gathers. No timer, bounded queue, one bad entry fails alone."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

Entry = tuple[str, bytes, str, bytes, int]
Write = Callable[[Sequence[Entry]], Awaitable[None]]


SECOND_LANE = 24
"""So many waiting start a second commit beside the first, so that senders do not all wait for one."""


class QueueFull(Exception):
    """More messages wait to be stored than the door may hold; ask again shortly."""


class GroupCommit:
    """Callers await `put`; it returns when their entry is durable."""

    def __init__(
        self, write: Write, *, batch: int = 512, batch_bytes: int = 8_000_000, waiting: int = 20_000, lanes: int = 2
    ) -> None:
        self._write = write
        self._batch = batch
        self._batch_bytes = batch_bytes
        self._waiting = waiting
        self._lanes = lanes
        self._running = 0
        self._queue: deque[tuple[Entry, asyncio.Future[None]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, entry: Entry) -> asyncio.Future[None]:
        """Queue an entry; the future is done after its commit. Raises QueueFull when too many wait."""
        if len(self._queue) >= self._waiting:
            raise QueueFull
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((entry, future))
        if self._running < self._lanes and (self._running == 0 or len(self._queue) >= SECOND_LANE):
            self._running += 1
            task = asyncio.get_running_loop().create_task(self._drain())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return future

    async def _drain(self) -> None:
        try:
            await asyncio.sleep(0)  # let the requests that are ready in this turn of the loop join
            while self._queue:
                await self._commit(self._take())
        finally:
            self._running -= 1

    def _take(self) -> list[tuple[Entry, asyncio.Future[None]]]:
        taken: list[tuple[Entry, asyncio.Future[None]]] = []
        size = 0
        while self._queue and len(taken) < self._batch and size < self._batch_bytes:
            one = self._queue.popleft()
            size += len(one[0][3])
            taken.append(one)
        return taken

    async def _commit(self, taken: list[tuple[Entry, asyncio.Future[None]]]) -> None:
        try:
            await self._write([entry for entry, _ in taken])
        except Exception as problem:  # noqa: BLE001 - whatever failed, the senders must hear no
            if len(taken) > 1:
                for one in taken:
                    await self._commit([one])
            else:
                _answer(taken, problem)
        else:
            _answer(taken, None)

    async def close(self) -> None:
        """Wait until everything queued is answered."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)


def _answer(taken: Sequence[tuple[Entry, asyncio.Future[None]]], problem: Exception | None) -> None:
    for _, future in taken:
        if future.done():
            continue
        if problem is None:
            future.set_result(None)
        else:
            future.set_exception(problem)
