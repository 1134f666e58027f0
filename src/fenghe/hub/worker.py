"""The worker (值守): claims messages in batches, reads, judges and marks them in one transaction; then looks at the clock.

Promises: a crash anywhere leaves either all or nothing of a batch; a message that breaks the batch is found by halving,
tried again a few times and then set aside with the reason, and the rest goes on.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg
import structlog
from psycopg import Connection

from fenghe.connectors import money_file
from fenghe.hub import rooms
from fenghe.hub.declared import Declared
from fenghe.kernel.audit import store as audit
from fenghe.kernel.connecting import Connector, InboundMessage, Reading, Unreadable
from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.inbox.lanes import WHOLE
from fenghe.kernel.judging import engine
from fenghe.kernel.judging.contract import Told
from fenghe.kernel.pulse import store as pulse
from fenghe.kernel.recording.contract import Noted
from fenghe.logistics import store_contract

BATCH = 10_000
"""Behind a backlog: about half a second's work."""
GIVE_UP_AFTER = 3
AHEAD = 16_000
"""Messages at the most of which it is kept what they say before they are claimed."""
LEFT_IN_A_ROW = 4
"""After so many turns that left messages to others, a turn waits: nobody is passed over for ever."""
ALL_LANES_EVERY = 8
"""Every so many turns a worker takes what is oldest, whoever's lane it is: nothing waits for a worker that hangs."""
SHARE_SECONDS = 1.0
"""So long a worker trusts what it knows of how many there are."""
ALIVE_SECONDS = 3.0
APPLICATION = "fenghe-worker"
"""The name a worker's connection bears in the database, by which workers count each other."""
LONGEST_KEY = 200
TRY_AGAIN = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.LockNotAvailable,
)
_log = structlog.get_logger("fenghe.worker")


class Done(msgspec.Struct, kw_only=True):
    """What one turn did."""

    messages: int = 0
    due: int = 0
    judged: engine.Judged = msgspec.field(default_factory=engine.Judged)


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """What reading one message came to; `finding` is (set aside?, notes) when something could not be read."""

    told: list[Told]
    noted: list[Noted]
    finding: tuple[bool, list[dict[str, Any]]] | None


class Worker:
    """One worker on one connection; any number may run beside each other against one database."""

    def __init__(self, connection: Connection[Any], connectors: Mapping[str, Connector] | None = None) -> None:
        self.connection = connection
        self.declared = Declared()
        self.rules = rooms.rules(self.declared)
        self.recorders = rooms.recorders()
        self.connectors = rooms.connectors() if connectors is None else connectors
        self._sources: dict[str, tuple[str, dict[str, Any]]] = {}
        self._left: dict[int, _Said] = {}
        self._left_in_a_row = 0
        self._ahead: dict[int, Reading] = {}
        self._turns = 0
        self._share, self._share_until = WHOLE, 0.0

    def hear(self, readings: Mapping[int, Reading]) -> None:
        """Whoever stored these messages has read them already, as they are to be read: they need not be read again."""
        self._ahead = {**self._ahead, **readings} if len(self._ahead) + len(readings) <= AHEAD else {}

    def turn(self, *, batch: int = BATCH) -> Done:
        """One batch of messages and one of subjects whose time has come; returns zeros when there was nothing to do."""
        done = self._messages(batch)
        done.due = self._due(batch)
        if done.messages or done.due:
            pulse.beat(self.connection, ("orders", "cases", "messages", "mappings", "workbench"))
        return done

    def _due(self, batch: int) -> int:
        """Subjects whose time has come; one that breaks its rule is put off, so that it does not stop the clock."""
        try:
            return self._judge_due(batch)
        except Exception as problem:  # noqa: BLE001 - a bug in one subject must not stop the others
            self._away(problem)
            _log.exception("due subjects failed, one by one")
        for _ in range(batch):
            try:
                if not self._judge_due(1):
                    break
            except Exception as problem:  # noqa: BLE001 - see above
                self._away(problem)
                with self.connection.transaction():
                    _log.error("subject put off", subject=engine.put_off_next(self.connection))
        return batch

    def _judge_due(self, limit: int) -> int:
        with self.connection.transaction():
            declarations.hold_in_force(self.connection)
            self.declared.refresh(self.connection)
            return engine.judge_due(self.connection, rules=self.rules, now_ms=_now_ms(), limit=limit).subjects

    def _away(self, problem: Exception) -> None:
        """Raise again what says that the database is away; trouble between workers is simply tried again."""
        if isinstance(problem, psycopg.OperationalError) and (self.connection.broken or database_away(problem)):
            raise problem

    def process(self, ids: Sequence[int]) -> engine.Judged:
        """Judge these messages now (a ruling whose outcome a person waits for); waits for a worker that holds one."""
        with self.connection.transaction():
            return self._judge(inbox.claim_these(self.connection, ids), wait=True)

    def _messages(self, batch: int) -> Done:
        claimed: list[inbox.Claimed] = []
        try:
            with self.connection.transaction():
                claimed = self._claim(batch)
                judged = self._judge(claimed, wait=self._left_in_a_row >= LEFT_IN_A_ROW)
        except Exception as problem:  # noqa: BLE001 - a bug in one message must not stop the others
            self._away(problem)
            if isinstance(problem, TRY_AGAIN):
                return Done(messages=len(claimed))
            _log.exception("batch failed, halving", messages=len(claimed))
            judged = self._halve([one.id for one in claimed])
        self._left_in_a_row = self._left_in_a_row + 1 if judged.left else 0
        return Done(messages=len(claimed), judged=judged)

    def _claim(self, batch: int) -> list[inbox.Claimed]:
        """What lies in this worker's lanes; what lies in any lane when there is nothing, and now and then."""
        now, self._turns = time.monotonic(), self._turns + 1
        if now >= self._share_until:
            self._share = inbox.share_of(self.connection, application=APPLICATION)
            self._share_until = now + SHARE_SECONDS
        if self._share.workers > 1 and self._turns % ALL_LANES_EVERY:
            claimed = inbox.claim(self.connection, limit=batch, share=self._share)
            if claimed:
                return claimed
        return inbox.claim(self.connection, limit=batch)

    def _halve(self, ids: Sequence[int]) -> engine.Judged:
        """Find the message that broke the batch; the others are judged."""
        try:
            return self.process(ids)
        except Exception as problem:  # noqa: BLE001 - see above
            self._away(problem)
            if isinstance(problem, TRY_AGAIN):
                return engine.Judged()
            if len(ids) > 1:
                middle = len(ids) // 2
                self._halve(ids[:middle])
                return self._halve(ids[middle:])
            _log.exception("message failed", message=list(ids))
            with self.connection.transaction():
                inbox.count_attempt(self.connection, ids, give_up_after=GIVE_UP_AFTER, problem=repr(problem))
            return engine.Judged()

    def _judge(self, claimed: Sequence[inbox.Claimed], *, wait: bool) -> engine.Judged:
        """Read and judge. Without `wait`, messages about what another worker holds stay pending, and what they said is
        remembered for the next turn.
        """
        if not claimed:
            return engine.Judged()
        declarations.hold_in_force(self.connection)
        if self.declared.refresh(self.connection):
            self._left, self._ahead = {}, {}
        self.declared.subscribed = store_contract.any_subscription(self.connection)
        said = {one.id: self._left.get(one.id) or self._said(one) for one in claimed}
        judged = engine.judge(
            self.connection,
            [word for one in said.values() for word in one.told],
            rules=self.rules,
            bodies={one.id: one.body for one in claimed},
            now_ms=_now_ms(),
            wait=wait,
        )
        self._left = {message: said.pop(message) for message in judged.left}
        self._record([fact for one in said.values() for fact in one.noted])
        findings = [(message, *one.finding) for message, one in said.items() if one.finding]
        findings += [(message, True, [_OVERFULL]) for message in judged.overfull]
        inbox.mark_judged(self.connection, list(said))
        inbox.mark_findings(self.connection, findings)
        return judged

    def _said(self, one: inbox.Claimed) -> _Said:
        """Read one message."""
        reading, words, noted = self._read(one)
        too_long = [_too_long(word) for word in words if len(word.subject) > LONGEST_KEY]
        if too_long:
            words = [word for word in words if len(word.subject) <= LONGEST_KEY]
        if not (reading.unreadable or too_long):
            return _Said(told=words, noted=noted, finding=None)
        notes = [msgspec.to_builtins(note) for note in (*reading.unreadable, *too_long)]
        return _Said(told=words, noted=noted, finding=(bool(too_long) or not reading.items, notes))

    def _record(self, noted: Sequence[Noted]) -> None:
        """Keep the batch's facts, kind by kind."""
        by_kind: dict[str, list[Noted]] = {}
        for fact in noted:
            by_kind.setdefault(fact.kind, []).append(fact)
        for kind in sorted(by_kind):
            self.recorders[kind].save(self.connection, by_kind[kind])

    def _read(self, one: inbox.Claimed) -> tuple[Reading, list[Told], list[Noted]]:
        """What the connector read, what that tells, and the facts in it."""
        connector_name, config = self._source(one.source)
        if connector_name == money_file.CONNECTOR.name and self.declared.statement_layouts:
            config = {**config, "layouts": self.declared.statement_layouts}
        message = InboundMessage(
            id=one.id,
            source=one.source,
            connector=connector_name,
            received_ms=one.received_ms,
            headers=one.headers,
            body=one.body,
            config=config,
        )
        connector = self.connectors.get(connector_name)
        if connector is None:
            unknown = Unreadable(item=0, field="connector", expected=", ".join(self.connectors), got=connector_name)
            return Reading(unreadable=(unknown,)), [], []
        reading = self._ahead.pop(one.id, None) or connector.read(message)
        words: list[Told] = []
        noted: list[Noted] = []
        for item in reading.items:
            for said in rooms.observe(item, message, self.declared):
                if isinstance(said, Told):
                    words.append(said)
                else:
                    noted.append(said)
        return reading, words, noted

    def _source(self, name: str) -> tuple[str, dict[str, Any]]:
        if name not in self._sources:
            self._sources = pulse.source_settings(self.connection)
        return self._sources.get(name, ("", {}))


def _too_long(word: Told) -> Unreadable:
    expected = f"a number of at most {LONGEST_KEY} letters"
    return Unreadable(
        item=word.observation.item,
        field=f"{word.kind} number",
        expected=expected,
        got=word.subject[:80],
        code="too_long",
    )


def database_away(problem: psycopg.OperationalError) -> bool:
    """Is it the connection or the server that failed, and not what we asked of it?"""
    state = problem.sqlstate
    return state is None or state[:2] in ("08", "53") or state in ("57P01", "57P02", "57P03", "57P05")


_OVERFULL = msgspec.to_builtins(
    Unreadable(item=0, field="history", expected="at most 500 observations of one subject", got="more", code="overfull")
)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def run(dsn: str, *, stop: Any, seal_every_seconds: float = 10.0) -> None:
    """Work until `stop` is set; a lost database is waited for, never given up on."""
    while not stop.is_set():
        try:
            with psycopg.connect(dsn, autocommit=True, application_name=APPLICATION) as connection:
                _run_connected(Worker(connection), stop=stop, seal_every_seconds=seal_every_seconds)
        except psycopg.OperationalError as problem:
            _log.warning("database away, trying again", problem=str(problem).strip()[:200])
            stop.wait(0.5)


def _run_connected(worker: Worker, *, stop: Any, seal_every_seconds: float) -> None:
    idle, sealed, told = 0.02, time.monotonic(), 0.0
    while not stop.is_set():
        done = worker.turn()
        if time.monotonic() - told > ALIVE_SECONDS:
            pulse.alive(worker.connection)
            told = time.monotonic()
        if time.monotonic() - sealed > seal_every_seconds:
            audit.seal(worker.connection)
            sealed = time.monotonic()
        if done.messages or done.due:
            idle = 0.02
        else:
            stop.wait(idle)
            idle = min(idle * 1.5, 0.2)
