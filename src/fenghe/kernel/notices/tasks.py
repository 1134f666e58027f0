"""The duties of notification (通知值守): find what changed, give it to whom it concerns, send it within every robot's limits."""

import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from typing import Any, Final, assert_never

import msgspec
import psycopg
import structlog
from psycopg import Connection

from fenghe.kernel.connecting import Answer
from fenghe.kernel.connecting_robots import Channel, Robot
from fenghe.kernel.declarations.store import newest_id
from fenghe.kernel.notices import posting, store, store_routing, store_sending
from fenghe.kernel.notices.gate import Admitted, Dropped, Gate, NotYet
from fenghe.kernel.notices.rule import NoticeRule
from fenghe.kernel.notices.store_routing import Words
from fenghe.kernel.notices.store_sending import Claimed
from fenghe.kernel.outbox import calling, pacing
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.secrets import about_robot, unseal_table

MOST_AT_ONCE: Final = 8
LEASE_SECONDS: Final = 60.0
"""A lease outlasts the slowest send; should we die, the message comes back after it."""
GIVE_UP_AFTER: Final = 6
FAULT_SECONDS: Final = 60.0
_log = structlog.get_logger("fenghe.notices")


class NoticeDuty:
    """Finds and gathers. Idle it costs six looks at indexes that are empty when nothing changed."""

    name = "notices"
    every_seconds = 1.0

    def __init__(self, words: Callable[[], Words]) -> None:
        self._words = words
        self._newest = -1
        self._rules: dict[str, tuple[NoticeRule, int]] = {}

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """Find, route and gather, each in a transaction of its own; returns how much moved."""
        self._refresh(connection)
        moved = self._step(connection, lambda: self._watch(connection, now))
        moved += self._step(connection, lambda: store_routing.route(connection, self._rules, now=now))
        told = self._step(connection, lambda: store_routing.gather(connection, self._rules, self._words(), now=now))
        if told:
            beat(connection, ("notices",))
        return moved + told

    def _step(self, connection: Connection[Any], work: Callable[[], int]) -> int:
        with connection.transaction():
            return work() if store.take_turn(connection) else 0

    def _watch(self, connection: Connection[Any], now: datetime) -> int:
        return (
            store.watch_changes(connection)
            + store.watch_due_times(connection, now=now)
            + store.watch_comments(connection)
            + store.watch_escalations(connection, self._rules, now=now)
        )

    def _refresh(self, connection: Connection[Any]) -> None:
        newest = newest_id(connection)
        if newest != self._newest:
            self._rules = store.rules_in_force(connection)
            self._newest = newest


class SendDuty:
    """Sends. Any number may run beside each other: buckets and breakers are in the database."""

    name = "notice_sending"
    every_seconds = 0.5

    def __init__(
        self,
        channels: Mapping[str, Channel],
        *,
        key: bytes,
        gates: Mapping[str, Gate] | None = None,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._channels = channels
        self._gates = gates or {}
        self._key = key
        self._lease = lease_seconds
        self._client = calling.new_client()
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="fenghe-notice")

    def close(self) -> None:
        """Let go of what is under way: leases bring it back."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """Send what is due and may go out; returns how many messages moved. Leases and buckets go by the database's clock."""
        claimed = store_sending.claim(
            connection, self._channels, self._unseal, most=MOST_AT_ONCE, lease_seconds=self._lease
        )
        under_way = {}
        for one in claimed:
            let_out = self._let_out(connection, one, now)
            if let_out is not None:
                under_way[self._pool.submit(self._post, let_out)] = let_out
        for future in as_completed(under_way):
            one, answer = under_way[future], future.result()
            delay = _delay(one, answer)
            status = store_sending.finish(connection, one, answer, delay_seconds=delay)
            if answer.error is not None:
                _log.warning(
                    "message not taken", robot=one.robot_id, delivery=one.id, status=status, error=answer.error
                )
        if claimed:
            beat(connection, ("notices",))
        return len(claimed)

    def _let_out(self, connection: Connection[Any], one: Claimed, now: datetime) -> Claimed | None:
        """The message as it goes out; None: its gate keeps it back, which is booked."""
        if not one.gate or one.robot is None:
            return one
        with connection.transaction():
            told = self._ask_gate(connection, one, one.robot, now)
            match told:
                case Admitted():
                    robot = msgspec.structs.replace(one.robot, config={**one.robot.config, **told.config})
                    posted = msgspec.structs.replace(one.posted, variables=told.variables)
                    return msgspec.structs.replace(one, robot=robot, posted=posted)
                case Dropped():
                    store_sending.hold_back(connection, one, words=told.words, seconds=None)
                case NotYet():
                    store_sending.hold_back(connection, one, words=told.words, seconds=told.seconds)
                case _:
                    assert_never(told)
        return None

    def _ask_gate(
        self, connection: Connection[Any], one: Claimed, robot: Robot, now: datetime
    ) -> Admitted | Dropped | NotYet:
        gate = self._gates.get(one.gate)
        if gate is None:
            return NotYet(words="本版本不会发这种消息", seconds=FAULT_SECONDS)
        try:
            with connection.transaction():
                return gate.open(connection, key=one.posted.key, robot=robot, now=now)
        except psycopg.OperationalError:
            raise
        except Exception:  # noqa: BLE001 - a fault of one gate must not stop other messages
            _log.exception("gate failed", delivery=one.id, gate=one.gate)
            return NotYet(words="内部错误:没有放行", seconds=FAULT_SECONDS)

    def _unseal(self, robot: str, sealed: bytes) -> dict[str, str]:
        return unseal_table(self._key, sealed, about=about_robot(robot))

    def _post(self, claimed: Claimed) -> Answer:
        if claimed.robot is None:
            return Answer(body=b"", error="密钥由另一把主密钥封存,读不出来,请重新填写", permanent=True)
        channel = self._channels[claimed.kind]
        return posting.post(self._client, channel, claimed.robot, posted=claimed.posted, now=datetime.now(UTC))


def _delay(claimed: Claimed, answer: Answer) -> float | None:
    """How long until it is tried again; None when it is not."""
    if answer.error is None or answer.permanent:
        return None
    if claimed.gate and answer.retry_after_seconds is None and not answer.unsent:
        return None
    if answer.retry_after_seconds is None and claimed.attempts >= GIVE_UP_AFTER:
        return None
    return pacing.retry_seconds(claimed.attempts, jitter=random.random(), asked=answer.retry_after_seconds)  # noqa: S311
