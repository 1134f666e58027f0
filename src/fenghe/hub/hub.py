"""The running hub (枢纽): what the API's routes ask of it — the database, the rules, and a person's word judged at once."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec
import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from fenghe import __version__
from fenghe.hub import reminding, rooms, routing, seeking
from fenghe.hub.asking import ask_again
from fenghe.hub.declared import Declared
from fenghe.hub.declaring import declared_kinds
from fenghe.hub.notices import CHANNELS, words
from fenghe.hub.paying import NoLink, make_link
from fenghe.hub.titles import titles
from fenghe.hub.worker import Worker
from fenghe.kernel.cases import store as cases
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.outbox import store as outbox
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.pulse import store as pulse
from fenghe.kernel.rulings import SOURCE, Ruling
from fenghe.kernel.secrets import source_unsealer
from fenghe.kernel.values import Observation, Projection
from fenghe.kernel.web.problems import Problem
from fenghe.logistics.declared import FUSE
from fenghe.logistics.policy import DEFAULT_POLICY
from fenghe.logistics.store_queries import begin_correction
from fenghe.money import store_asking as store_money
from fenghe.money.reminder import in_words
from fenghe.money.tasks_binding import BindingDuty
from fenghe.money.tasks_reminders import remind_now
from fenghe.money.tasks_seeking import Started

TRIES = 5
T = TypeVar("T")
P = ParamSpec("P")


class Hub:
    """One process's hold on the hub. Open it before serving; see kernel.room.RoomHub for what routes may ask."""

    def __init__(self, app_url: str, *, key: bytes) -> None:
        self.key = key
        self.version = __version__
        self.app_url = app_url
        self.titles = titles()
        self.connectors = rooms.connectors()
        self.parcels = routing.details_of_orders
        self.kinds = declared_kinds()
        self.robots = CHANNELS
        self.words = words
        self.pool: AsyncConnectionPool[AsyncConnection[TupleRow]] = AsyncConnectionPool(
            app_url, min_size=1, max_size=8, open=False, kwargs={"application_name": "fenghe-api"}
        )
        self._blocking: ConnectionPool[Connection[Any]] = ConnectionPool(
            app_url, min_size=1, max_size=12, open=False, kwargs={"application_name": "fenghe-api"}
        )
        self._declared = Declared()
        self._rules = rooms.rules(self._declared)

    @asynccontextmanager
    async def running(self) -> Any:
        """Connected while the context lasts."""
        await self.pool.open()
        await asyncio.to_thread(self._blocking.open)
        await self.sync(self._declared.refresh)
        try:
            yield self
        finally:
            await self.pool.close()
            await asyncio.to_thread(self._blocking.close)

    @property
    def routers(self) -> Sequence[Any]:
        """Every room's routes."""
        return routing.routers()

    async def sync(self, work: Callable[Concatenate[Connection[Any], P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(connection, ...)` in a thread as one transaction: undone when it raises."""

        def run() -> T:
            with self._blocking.connection() as connection:
                return work(connection, *args, **kwargs)

        return await asyncio.to_thread(run)

    def explain(self, kind: str, key: str, history: Sequence[Observation]) -> Projection:  # noqa: ARG002
        """What the room's rule makes of a history under the declarations in force."""
        return self._rules[kind].project(history, time.time_ns() // 1_000_000)[0]

    async def keep(self) -> None:
        """Learn of published declarations; runs until cancelled."""
        while True:
            await asyncio.sleep(1)
            try:
                await self.sync(self._declared.refresh)
            except psycopg.OperationalError:
                continue  # the database is being restarted; the pool reconnects

    def policy(self, version: str) -> Mapping[str, Any]:
        """The thresholds that a version noted on a case (`fuse:NAME@N`) stands for; the shipped ones for version 0."""
        kind, _, rest = version.partition(":")
        name, _, number = rest.partition("@")
        if kind != FUSE or not number.isdigit():
            return {}
        body = self._declared.policy_bodies.get((name, int(number)))
        return {"version": version, **(body or msgspec.to_builtins(DEFAULT_POLICY))}

    async def rule(self, person: str, ip: str, *, case_id: int, decision: str, reason: str) -> None:
        """A person's ruling on a case, told by the inbox and judged before this returns, all in one transaction."""

        def begin(connection: Connection[Any]) -> Ruling:
            actor = Actor(person, ip)
            disputed = cases.begin_ruling(connection, case_id=case_id, decision=decision, reason=reason, actor=actor)
            if decision == "ask_again" and disputed.subject_kind == "shipment":
                ask_again(connection, number=disputed.subject, case_id=case_id, now=datetime.now(UTC))
            elif decision == "ask_again" and disputed.subject_kind in ("payment", "refund"):
                store_money.ask_subject(connection, disputed.subject_kind, disputed.subject, now=datetime.now(UTC))
            return _word(disputed.subject_kind, disputed.subject, decision, actor, reason, keys=tuple(disputed.keys))

        await asyncio.to_thread(self._say, begin)

    async def correct(self, person: str, ip: str, *, shipment_id: int, state: str, reason: str) -> None:
        """A parcel's state set by hand (客服手动修改), told by the inbox and judged before this returns."""

        def begin(connection: Connection[Any]) -> Ruling:
            actor = Actor(person, ip)
            number = begin_correction(connection, shipment_id=shipment_id, state=state, actor=actor)
            return _word("shipment", number, "manual", actor, reason, state=state)

        await asyncio.to_thread(self._say, begin)

    async def pay_link(self, person: str, *, order_no: str, way: str) -> None:
        """A link for a buyer of this order; refused in plain words where there is to be none."""

        def make(connection: Connection[Any]) -> None:
            sources = outbox.load_sources(connection, source_unsealer(self.key))
            made = make_link(connection, order_no=order_no, way=way, by=person, now=datetime.now(UTC), sources=sources)
            if isinstance(made, NoLink):
                raise Problem(409, f"{made.words}。", code="no_link")

        await self.sync(make)

    async def remind(self, person: str, ip: str, *, order_id: int) -> None:
        """A reminder to pay that somebody wants now; refused in plain words where there is to be none."""

        def enter(connection: Connection[Any]) -> None:
            now = datetime.now(UTC)
            told = remind_now(connection, order_id, reminding.duty(self.key), by=person, ip=ip, now=now)
            if not isinstance(told, int):
                raise Problem(409, f"{in_words(told)}。", code="no_reminder")
            log_access(connection, Actor(person, ip), action="reminder.ask.done", target=f"reminder {told}")

        await self.sync(enter)

    async def seek(self, person: str, ip: str, *, number: str, which: str, gap: str) -> Started:
        """A search for what a number's chain lacks, begun in one transaction; the one that stands is given instead."""

        def begin(connection: Connection[Any]) -> Started:
            actor = Actor(person, ip)
            return seeking.start(connection, number=number, which=which, scope=gap, actor=actor, now=datetime.now(UTC))

        return await self.sync(begin)

    def _say(self, begin: Callable[[Connection[Any]], Ruling]) -> None:
        """Check and note the wish, store the word as a message and judge it: all or nothing.

        A worker takes the subject first and the case second, we the other way round: PostgreSQL ends one of us, and we
        are the ones who try again.
        """
        for attempt in range(TRIES):
            try:
                self._say_once(begin)
            except psycopg.errors.DeadlockDetected:
                if attempt + 1 == TRIES:
                    raise
            else:
                return

    def _say_once(self, begin: Callable[[Connection[Any]], Ruling]) -> None:
        with psycopg.connect(self.app_url, autocommit=True, application_name="fenghe-ruling") as connection:
            worker = Worker(connection)
            with connection.transaction():
                word = begin(connection)
                body = msgspec.json.encode(word)
                arrival = inbox.Arrival(dedupe_key=hashlib.sha256(body).digest(), body=body)
                message, _ = inbox.store_one(connection, source=SOURCE, way="ruling", arrival=arrival)
                worker.process([message])
            if word.subject_kind == "payment":
                BindingDuty().turn(connection, now=datetime.now(UTC))  # whoever rules sees what came of it
            pulse.beat(connection, ("orders", "cases", "messages", "workbench"))


def _word(
    subject_kind: str,
    subject: str,
    decision: str,
    actor: Actor,
    reason: str,
    *,
    keys: tuple[str, ...] = (),
    state: str | None = None,
) -> Ruling:
    return Ruling(
        subject_kind=subject_kind,
        subject=subject,
        kind="manual" if decision == "manual" else "ruling",
        decision=decision,
        keys=keys,
        state=state,
        reason=reason,
        operator=actor.person,
        ip=actor.ip,
        said_ms=time.time_ns() // 1_000_000,
    )
