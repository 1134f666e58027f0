"""The sandbox's own HTTP face (沙箱接口): each platform's gateway under its path, with call faults. A plain ASGI app.

Paths: /sf/std/service · /zto/<method> · /kuaidi100/poll and /kuaidi100/poll/query.do · GET /world for people and tests.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from fenghe.connectors.scans import NotReadable, decode_json, field_of, form_fields
from fenghe.simulator.clock import Clock, StoppedClock
from fenghe.simulator.dialects import kuaidi100, sf, zto
from fenghe.simulator.dialects.words import Call, Reply, to_bytes
from fenghe.simulator.faults import CallFaults
from fenghe.simulator.world import World

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ANSWERS: Final[dict[str, Callable[[World, Call, datetime], Reply]]] = {
    "zto": zto.answer,
    "sf": sf.answer,
    "kuaidi100": kuaidi100.answer,
}
THROTTLED: Final[dict[str, Callable[[], Reply]]] = {
    "zto": zto.throttled,
    "sf": sf.throttled,
    "kuaidi100": kuaidi100.throttled,
}
MAX_BODY: Final = 1_000_000
LOCK: Final = timedelta(minutes=30)


class Gateway:
    """Answers calls; remembers how many each platform had, and when 快递100 was asked about a number."""

    def __init__(self, world: World, clock: Clock, faults: CallFaults) -> None:
        self._world, self._clock, self._faults = world, clock, faults
        self.calls: Counter[str] = Counter()
        self._asked: dict[str, datetime] = {}

    async def reply(self, platform: str, call: Call) -> Reply:
        """The platform's answer, or what its fault makes of it."""
        self.calls[platform] += 1
        number, faults = self.calls[platform], self._faults
        if faults.timeout_every and number % faults.timeout_every == 0:
            await asyncio.sleep(faults.timeout_seconds)
        if faults.error_every and number % faults.error_every == 0:
            return Reply(status=500, body=b"Internal Server Error")
        if faults.throttle_every and number % faults.throttle_every == 0:
            return THROTTLED[platform]()
        if platform == "kuaidi100" and self._too_soon(call):
            return kuaidi100.throttled()
        return ANSWERS[platform](self._world, msgspec.structs.replace(call, number=number), self._clock.now())

    def _too_soon(self, call: Call) -> bool:
        """The same number within half an hour of the sandbox's time?"""
        if not call.path.endswith("query.do"):
            return False
        try:
            told = decode_json(dict(form_fields(call.body)).get("param", b""))
        except NotReadable:
            return False
        number = field_of(told, "num") if isinstance(told, dict) else ""
        now = self._clock.now()
        before = self._asked.get(number)
        if before is not None and timedelta(0) <= now - before < LOCK:
            return True
        self._asked[number] = now
        return False

    def summary(self) -> dict[str, Any]:
        """The world as a person or a test wants to see it."""
        now = self._clock.now()
        expected = self._world.expected(now)
        return {
            "seed": self._world.seed,
            "now": now.isoformat(),
            "calls": dict(self.calls),
            "parcels": [
                {
                    "number": parcel.number,
                    "order_no": parcel.order_no,
                    "carrier": parcel.carrier,
                    "teller": parcel.teller,
                    "faults": sorted(parcel.faults),
                    "state": expected[parcel.number].state,
                    "case": expected[parcel.number].case,
                }
                for parcel in self._world.parcels
            ],
        }


def build_app(world: World, *, clock: Clock | None = None, faults: CallFaults | None = None) -> App:
    """The ASGI app of a world; without a clock its time stands at the world's `now`."""
    gateway = Gateway(world, clock or StoppedClock(world.now), faults or CallFaults())

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            return
        path = str(scope["path"])
        platform = path.strip("/").partition("/")[0]
        if path == "/world":
            await _answer(send, Reply(body=to_bytes(gateway.summary())))
        elif platform not in ANSWERS or scope["method"] != "POST":
            await _answer(send, Reply(status=404, body=b'{"error":"no such gateway"}'))
        else:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            call = Call(path=path, headers=headers, body=await _body(receive))
            await _answer(send, await gateway.reply(platform, call))

    return app


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _body(receive: Receive) -> bytes:
    body = b""
    while len(body) <= MAX_BODY:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body


async def _answer(send: Send, reply: Reply) -> None:
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(reply.body)).encode()),
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
