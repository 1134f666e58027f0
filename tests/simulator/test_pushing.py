"""Pushing over real HTTP: each push arrives, is tried again until acknowledged, and is counted when given up."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from fenghe.kernel.connecting import Accepted, Delivery
from fenghe.simulator.clock import VirtualClock
from fenghe.simulator.faults import Fault, FaultKind
from fenghe.simulator.pushing import push_all
from fenghe.simulator.running import serving, simulate
from fenghe.simulator.world import World
from tests.simulator.observing import CONNECTORS

NOW = datetime(2026, 2, 5, 6, 0, tzinfo=UTC)


class Door:
    """A hub's door in miniature; `stumbles` times for each message it answers something else first."""

    def __init__(self, world: World, stumbles: int = 0, answer: tuple[int, bytes] = (500, b"busy")) -> None:
        self.world, self.stumbles, self.answer = world, stumbles, answer
        self.seen: Counter[str] = Counter()
        self.kept: list[tuple[str, bytes]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        status, reply = self._reply(scope, body)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": reply})

    def _reply(self, scope: Any, body: bytes) -> tuple[int, bytes]:
        source = scope["path"].removeprefix("/hook/").removesuffix("-main")
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        verdict = CONNECTORS[source].check(Delivery(headers=headers, query="", body=body), self.world.secrets[source])
        if not isinstance(verdict, Accepted):
            return verdict.status, verdict.reply
        key = f"{source}-{verdict.key or hash(body)}"
        self.seen[key] += 1
        if self.seen[key] <= self.stumbles:
            return self.answer
        self.kept.append((source, body))
        return 200, verdict.reply


def world(parcels: int = 20) -> World:
    return World(seed=5, now=NOW, parcels=parcels, faults=(Fault(kind=FaultKind.REPEATED, count=2),))


def test_every_push_arrives_under_the_named_sources() -> None:
    given = world()
    door = Door(given)
    names = {teller: f"{teller}-main" for teller in CONNECTORS}
    with serving(door) as address:
        report = asyncio.run(push_all(given, address, sources=names, until=NOW))
    assert report.sent == report.acknowledged == report.tries == len(door.kept) == len(given.pushes(until=NOW))
    assert report.given_up == []


def test_a_door_that_stumbles_gets_it_again() -> None:
    given = world(6)
    for answer in ((500, b"busy"), (200, b"<html>"), (200, b'{"result":false,"return_code":"1000","status":false}')):
        door = Door(given, stumbles=1, answer=answer)
        with serving(door) as address:
            report = asyncio.run(push_all(given, address, until=NOW - timedelta(days=1)))
        assert report.sent == report.acknowledged
        assert report.tries > report.sent


def test_what_nobody_acknowledges_is_given_up_and_counted() -> None:
    given = world(3)
    with serving(Door(given, stumbles=99)) as address:
        report = asyncio.run(push_all(given, address, until=NOW, attempts=2))
    assert report.sent > 0
    assert report.acknowledged == 0
    assert len(report.given_up) == report.sent
    assert report.tries == 2 * report.sent


def test_wrong_secrets_are_never_acknowledged() -> None:
    given, other = world(3), World(seed=6, now=NOW, parcels=3)
    door = Door(other)
    with serving(door) as address:
        report = asyncio.run(push_all(given, address, until=NOW, attempts=1))
    assert report.sent > 0
    assert report.acknowledged == 0
    assert door.kept == []


def test_the_virtual_clock_runs_as_fast_as_told() -> None:
    wall = [100.0]
    clock = VirtualClock(NOW, speed=1440.0, ticks=lambda: wall[0])
    wall[0] += 60
    assert clock.now() == NOW + timedelta(days=1)
    assert clock.wait_seconds(NOW + timedelta(days=2)) == 60
    assert clock.wait_seconds(NOW) == 0


def test_simulate_lives_through_days_in_a_moment() -> None:
    given = world(4)
    door = Door(given)
    with serving(door) as address:
        report = simulate(given, hub=address, speed=5_000_000)
    assert report.sent == report.acknowledged == len(given.pushes())
    assert {json.dumps(source) for source, _ in door.kept} == {'"zto"', '"sf"', '"kuaidi100"'}
