"""The sender (发件): makes the calls that are due, and brings each reply in by the inbox like anything else we hear.

Promises: a call is claimed before it is sent and finished in the transaction that stores its reply, so it may be sent
twice after a crash but has its effect once; a source that fails is left alone for a while and the others go on.
"""

import random
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Final, Protocol, runtime_checkable
from uuid import uuid4

import msgspec
import orjson
import psycopg
import structlog
from psycopg import Connection

from fenghe.kernel.connecting import Answer, Request
from fenghe.kernel.connections.store import Source
from fenghe.kernel.inbox import store as inbox
from fenghe.kernel.outbox import breaker, calling, pacing, store
from fenghe.kernel.outbox.breaker import Breaker
from fenghe.kernel.outbox.pacing import Bucket, Pace
from fenghe.kernel.outbox.store import Claimed
from fenghe.kernel.secrets import source_unsealer
from fenghe.kernel.values import digest

MOST_CALLS: Final = 16
"""Under way at once in this process."""
LEASE_SLACK_SECONDS: Final = 30.0
"""A lease outlasts the call's own time limit by this."""
RELOAD_SECONDS: Final = 2.0
_log = structlog.get_logger("fenghe.sender")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a call ended: the message its reply became, or why there is none."""

    message_id: int | None
    error: str | None
    reply: bytes


class Act(Protocol):
    """One kind of call. Stateless."""

    def prepare(self, payload: Mapping[str, Any], source: Source, *, now: datetime, nonce: str) -> Request | Answer:
        """The request, signed as of now; or an Answer with the error that makes it pointless."""

    def judge(self, body: bytes, payload: Mapping[str, Any], source: Source) -> Answer:
        """What the platform's own words amount to: HTTP 200 may still be a refusal."""

    def asked(self, payload: Mapping[str, Any]) -> str:
        """What was asked for, kept beside the reply as `:asked` so that it can be read without us."""

    def ended(self, connection: Connection[Any], claimed: Claimed, outcome: Outcome) -> None:
        """Tell whoever asked, in the transaction that ends the call."""


@runtime_checkable
class WholeAct(Act, Protocol):
    """An act that must see the whole answer: a platform that signs its headers, or explains a refusal in a body."""

    def hear(self, answer: Answer, payload: Mapping[str, Any], source: Source) -> Answer:
        """What the answer amounts to, errors of HTTP included; asked instead of `judge`."""


class Sender:
    """One sender on one connection; any number may run beside each other against one database."""

    def __init__(
        self,
        connection: Connection[Any],
        acts: Mapping[str, Act],
        *,
        key: bytes,
        lease_slack_seconds: float = LEASE_SLACK_SECONDS,
    ) -> None:
        self.connection = connection
        self._acts = acts
        self._unseal = source_unsealer(key)
        self._slack = lease_slack_seconds
        self._client = calling.new_client()
        self._pool = ThreadPoolExecutor(MOST_CALLS, thread_name_prefix="fenghe-call")
        self._under_way: dict[Future[Answer], Claimed] = {}
        self._sources: dict[str, Source | None] = {}
        self._loaded_at = float("-inf")
        self._paces: dict[str, Pace] = {}
        self.breakers: dict[str, Breaker] = {}
        self._buckets: dict[str, Bucket] = {}
        self._paused: dict[str, float] = {}

    def close(self) -> None:
        """Let go of the calls under way: their leases bring them back."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    @property
    def under_way(self) -> int:
        """Calls that have not come back."""
        return len(self._under_way)

    def turn(self) -> int:
        """Bring in what came back and send what is due; returns how many calls moved."""
        return self.collect() + self._send()

    def collect(self) -> int:
        """Bring in the replies that are there."""
        back = [future for future in self._under_way if future.done()]
        for future in back:
            claimed = self._under_way.pop(future)
            answer = self._heard(claimed, _answer_of(future))
            self._learn(claimed.source, answer)
            self._end(claimed, answer)
        return len(back)

    def _send(self) -> int:
        self._load()
        room = self._room(store.sources_due(self.connection))
        lease = max((self._pace(source).timeout_seconds for source in room), default=0.0) + self._slack
        claimed = store.claim(self.connection, room, lease_seconds=lease)
        for one in claimed:
            self._buckets[one.source] = pacing.taken(self._buckets[one.source], 1)
            self._start(one)
        return len(claimed)

    def _room(self, due: list[str]) -> dict[str, int]:
        """How many calls each source may be sent now; no source takes all places while others wait."""
        now = time.monotonic()
        busy = Counter(one.source for one in self._under_way.values())
        free = MOST_CALLS - len(self._under_way)
        share = -(-free // len(due)) if due else 0
        room: dict[str, int] = {}
        for source in due:
            if source not in self._sources or self._paused.get(source, now) > now:
                continue
            pace = self._pace(source)
            bucket = self._buckets[source] = pacing.filled(self._buckets.get(source), pace, now=now)
            wanted = min(share, free, int(bucket.tokens), pace.concurrency - busy[source])
            room[source] = breaker.room(self._breaker(source), pace.breaker, now=now, wanted=max(0, wanted))
            free -= room[source]
        return room

    def _start(self, claimed: Claimed) -> None:
        request = self._request(claimed)
        if isinstance(request, Answer):
            self._end(claimed, request)
            return
        self.breakers[claimed.source] = breaker.sent(self._breaker(claimed.source), now=time.monotonic(), count=1)
        timeout = self._pace(claimed.source).timeout_seconds
        future = self._pool.submit(calling.call, self._client, request, timeout_seconds=timeout)
        self._under_way[future] = claimed

    def _request(self, claimed: Claimed) -> Request | Answer:
        source, act = self._sources[claimed.source], self._acts.get(claimed.act)
        if act is None:
            return _refused(f"本版本不会做 {claimed.act}")
        if source is None:
            return _refused(f"连接 {claimed.source} 的密钥由另一把主密钥封存，读不出来，请重新填写")
        try:
            return act.prepare(claimed.payload, source, now=datetime.now(UTC), nonce=uuid4().hex)
        except Exception as problem:  # noqa: BLE001 - a fault of one act must not stop the others
            _log.exception("act cannot be prepared", call=claimed.id)
            return _refused(f"内部错误：{problem!r}")

    def _heard(self, claimed: Claimed, answer: Answer) -> Answer:
        """What the answer amounts to in the platform's own words."""
        source, act = self._sources.get(claimed.source), self._acts[claimed.act]
        if source is None:
            return answer
        try:
            if isinstance(act, WholeAct) and answer.status:
                return act.hear(answer, claimed.payload, source)
            return answer if answer.error is not None else act.judge(answer.body, claimed.payload, source)
        except Exception as problem:  # noqa: BLE001 - a fault of one act must not stop the others
            _log.exception("answer cannot be judged", call=claimed.id)
            return _refused(f"内部错误：{problem!r}")

    def _end(self, claimed: Claimed, answer: Answer) -> None:
        """Book the outcome in one transaction; if telling who asked fails, the outcome is booked without it."""
        act = self._acts.get(claimed.act)
        try:
            self._book(claimed, answer, act)
        except psycopg.OperationalError:
            raise
        except Exception:  # noqa: BLE001 - a fault of one act must not stop the others
            _log.exception("call could not be booked", call=claimed.id)
            broken = msgspec.structs.replace(answer, error=answer.error or "内部错误：答复没有记下")
            self._book(claimed, broken, None)

    def _book(self, claimed: Claimed, answer: Answer, act: Act | None) -> None:
        with self.connection.transaction():
            if answer.error is None and act is not None:
                self._keep(claimed, answer, act)
            else:
                self._again_or_not(claimed, answer, act)

    def _keep(self, claimed: Claimed, answer: Answer, act: Act) -> None:
        if not store.finish(self.connection, claimed):
            return
        headers = {
            ":act": claimed.act,
            ":asked": act.asked(claimed.payload),
            ":outbox": str(claimed.id),
            "content-type": "application/json",
        }
        arrival = inbox.Arrival(
            dedupe_key=bytes.fromhex(digest("outbox", claimed.idempotency_key)),
            body=answer.body,
            headers=orjson.dumps(headers).decode(),
        )
        message_id, _ = inbox.store_one(self.connection, source=claimed.source, way="poll", arrival=arrival)
        act.ended(self.connection, claimed, Outcome(message_id=message_id, error=None, reply=answer.body))

    def _again_or_not(self, claimed: Claimed, answer: Answer, act: Act | None) -> None:
        error = (answer.error or "")[:500]
        if not answer.permanent and claimed.attempts < self._pace(claimed.source).give_up_after:
            asked = answer.retry_after_seconds
            delay = pacing.retry_seconds(claimed.attempts, jitter=random.random(), asked=asked)  # noqa: S311
            store.try_later(self.connection, claimed, error=error, delay_seconds=delay)
        elif store.give_up(self.connection, claimed, error=error) and act is not None:
            act.ended(self.connection, claimed, Outcome(message_id=None, error=error, reply=answer.body))
        _log.info("call failed", call=claimed.id, source=claimed.source, error=error, attempts=claimed.attempts)

    def _learn(self, source: str, answer: Answer) -> None:
        """A source that asks for patience is given it; other passing errors count against it."""
        now = time.monotonic()
        if answer.error is not None and answer.retry_after_seconds is not None:
            self._paused[source] = now + min(answer.retry_after_seconds, pacing.LONGEST_RETRY_SECONDS)
        before = self._breaker(source)
        well = answer.error is None or answer.permanent or answer.retry_after_seconds is not None
        self.breakers[source] = breaker.heard(before, self._pace(source).breaker, now=now, well=well)
        if self.breakers[source].state is not before.state:
            _log.warning("breaker", source=source, state=str(self.breakers[source].state))

    def _load(self) -> None:
        if time.monotonic() - self._loaded_at < RELOAD_SECONDS:
            return
        self._sources = store.load_sources(self.connection, self._unseal)
        self._paces = {name: pacing.pace_of(source.config) for name, source in self._sources.items() if source}
        self._loaded_at = time.monotonic()

    def _pace(self, source: str) -> Pace:
        return self._paces.get(source) or Pace()

    def _breaker(self, source: str) -> Breaker:
        return self.breakers.get(source) or Breaker()


def _refused(error: str) -> Answer:
    return Answer(body=b"", error=error[:500], permanent=True)


def _answer_of(future: Future[Answer]) -> Answer:
    problem = future.exception()
    if problem is not None:
        _log.error("call broke", problem=repr(problem))
        return Answer(body=b"", error=f"内部错误：{problem!r}"[:500])
    return future.result()


def run(dsn: str, *, stop: Any, key: bytes, acts: Mapping[str, Act]) -> None:
    """Send until `stop` is set; a lost database is waited for, never given up on."""
    while not stop.is_set():
        try:
            with psycopg.connect(dsn, autocommit=True, application_name="fenghe-sender") as connection:
                _run_connected(Sender(connection, acts, key=key), stop=stop)
        except psycopg.OperationalError as problem:
            _log.warning("database away, trying again", problem=str(problem).strip()[:200])
            stop.wait(0.5)


def _run_connected(sender: Sender, *, stop: Any, last_seconds: float = 3.0) -> None:
    with closing(sender):
        idle = 0.05
        while not stop.is_set():
            moved = sender.turn()
            idle = 0.05 if moved else min(idle * 1.5, 0.5)
            stop.wait(0.01 if moved else (0.05 if sender.under_way else idle))
        deadline = time.monotonic() + last_seconds
        while sender.under_way and time.monotonic() < deadline:
            sender.collect()
            time.sleep(0.02)
