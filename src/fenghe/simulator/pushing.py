"""Pushing to the hub's door (沙箱推送): signed, in the sandbox's time, again until acknowledged in the platform's
terms.

Promises: a push is given up only after `attempts` tries and is then counted, never forgotten silently.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

import httpx
import msgspec

from fenghe.simulator.clock import VirtualClock
from fenghe.simulator.dialects import kuaidi100, sf, zto
from fenghe.simulator.dialects.words import Outgoing
from fenghe.simulator.parcels import Parcel, Push
from fenghe.simulator.world import World

PUSHES: Final[dict[str, Callable[[World, Parcel, Push], Outgoing]]] = {
    "zto": zto.push,
    "sf": sf.push,
    "kuaidi100": kuaidi100.push,
}
ACKNOWLEDGED: Final[dict[str, Callable[[int, bytes], bool]]] = {
    "zto": zto.acknowledged,
    "sf": sf.acknowledged,
    "kuaidi100": kuaidi100.acknowledged,
}
_BACKOFF_SECONDS: Final = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)


class Pushed(msgspec.Struct):
    """What became of the pushes. `sent` counts pushes, `tries` calls; `given_up` names those nobody acknowledged."""

    sent: int = 0
    acknowledged: int = 0
    tries: int = 0
    given_up: list[str] = []
    last_problem: str = ""


def render(world: World, push: Push) -> tuple[str, Outgoing]:
    """(teller, the signed call) of a push."""
    parcel = world.find(push.number)
    if parcel is None:
        raise KeyError(push.number)
    return parcel.teller, PUSHES[parcel.teller](world, parcel, push)


async def push_all(
    world: World,
    hub: str,
    *,
    sources: Mapping[str, str] | None = None,
    pushes: Iterable[Push] | None = None,
    until: datetime | None = None,
    clock: VirtualClock | None = None,
    senders: int = 20,
    attempts: int = 6,
) -> Pushed:
    """Send every push to `{hub}/hook/{source}` by `senders` at once.

    `sources` names the hub's source for each teller (default: the teller's own name). With a clock each push
    waits for its moment; without one they go as fast as they are taken, in order of their moments.
    """
    report = Pushed()
    waiting = iter(world.pushes(until=until) if pushes is None else pushes)
    names = sources or {}

    async def sender(client: httpx.AsyncClient) -> None:
        for push in waiting:
            if clock is not None:
                await asyncio.sleep(clock.wait_seconds(push.due_at))
            teller, outgoing = render(world, push)
            report.sent += 1
            url = f"{hub.rstrip('/')}/hook/{names.get(teller, teller)}"
            if await _send(client, url, teller, outgoing, report, attempts):
                report.acknowledged += 1
            else:
                report.given_up.append(f"{push.number}/{push.part}")

    await each_with_a_line(senders, sender)
    return report


async def each_with_a_line(senders: int, sender: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    """Run so many senders at once, each with a connection of its own: a shared pool looks through all at every request."""
    trust = httpx.create_ssl_context()

    async def one() -> None:
        async with httpx.AsyncClient(timeout=30.0, verify=trust, limits=httpx.Limits(max_connections=1)) as client:
            await sender(client)

    await asyncio.gather(*(one() for _ in range(senders)))


async def _send(
    client: httpx.AsyncClient, url: str, teller: str, outgoing: Outgoing, report: Pushed, attempts: int
) -> bool:
    for attempt in range(attempts):
        report.tries += 1
        try:
            answer = await client.post(url, content=outgoing.body, headers=dict(outgoing.headers))
            if ACKNOWLEDGED[teller](answer.status_code, answer.content):
                return True
        except httpx.TransportError as problem:
            report.last_problem = str(problem)
        if attempt + 1 < attempts:
            await asyncio.sleep(_BACKOFF_SECONDS[min(attempt, len(_BACKOFF_SECONDS) - 1)])
    return False
