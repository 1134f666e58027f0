"""The heartbeat (状态心跳): when a parcel is asked about next, what counts as news, and when its silence is an alert. Pure.

Promises: every parcel is asked once an interval at its own place in it; an error is not an empty answer and never counts
towards silence; a run of empty answers alerts once, and only evidence ends it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from fenghe.kernel.values import EPOCH, Effect, Observation
from fenghe.logistics.scale import SILENT

FIRST_RETRY_SECONDS: Final = 60
REMEMBERED: Final = 6
"""Polls a watch keeps in short, for the page and the alert's evidence."""
_SILENT: Final = frozenset(str(state) for state in SILENT)
_MARGIN: Final = 60
"""A period ends this many parts before the interval does, so that a queue of a few seconds breaks no promise."""


class HeartbeatPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a carrier's parcels are watched, and how fast a connection of its kind may be asked.

    `interval_minutes`: each parcel is asked once in this time. `empties`: so many answers in a row without news alert.
    `jitter_percent`: the part of the interval the parcels are spread over. `give_up_days`: a parcel handed over longer ago
    is no longer asked about. `due_hours`: until when the alert wants an answer. `push_hours`: a subscription without a
    push is a finding after this long. `calls_per_minute` and `batch` belong to the connection that is asked (`batch` 0: as
    many numbers as the platform allows).
    """

    interval_minutes: int = 120
    empties: int = 3
    jitter_percent: int = 100
    give_up_days: int = 30
    due_hours: int = 4
    push_hours: int = 12
    calls_per_minute: int = 900
    batch: int = 0

    def problems(self) -> list[str]:
        """What is wrong with these values, in the user's words; empty when nothing is."""
        limits = (
            ("interval_minutes", self.interval_minutes, 10, 24 * 60),
            ("empties", self.empties, 1, 20),
            ("jitter_percent", self.jitter_percent, 10, 100),
            ("give_up_days", self.give_up_days, 1, 365),
            ("due_hours", self.due_hours, 1, 240),
            ("push_hours", self.push_hours, 1, 240),
            ("calls_per_minute", self.calls_per_minute, 2, 60_000),
            ("batch", self.batch, 0, 100),
        )
        return [
            f"{name} 应在 {low} 到 {high} 之间,现在是 {value}"
            for name, value, low, high in limits
            if not low <= value <= high
        ]

    @property
    def period(self) -> timedelta:
        """What is aimed at so that the interval is kept."""
        return timedelta(minutes=self.interval_minutes) * (_MARGIN - 1) / _MARGIN


DEFAULT_HEARTBEAT: Final = HeartbeatPolicy()


def place_of(track_id: str, policy: HeartbeatPolicy) -> timedelta:
    """Where in the period a parcel is asked: always the same, and evenly spread over all parcels."""
    spread = policy.period * policy.jitter_percent / 100
    return spread * _share(track_id)


def _share(track_id: str) -> float:
    return int.from_bytes(hashlib.sha256(track_id.encode()).digest()[:6]) / 2**48


def first_due(track_id: str, policy: HeartbeatPolicy, *, now: datetime) -> datetime:
    """The parcel's next place after now: within a period."""
    return _place_after(track_id, policy, now)


def next_due(track_id: str, policy: HeartbeatPolicy, *, asked_at: datetime) -> datetime:
    """After an answer: the parcel's next place that is half a period away, but never more than a period."""
    return min(_place_after(track_id, policy, asked_at + policy.period / 2), asked_at + policy.period)


def _place_after(track_id: str, policy: HeartbeatPolicy, moment: datetime) -> datetime:
    since = (moment - EPOCH - place_of(track_id, policy)) // policy.period
    return EPOCH + place_of(track_id, policy) + (since + 1) * policy.period


def retry_due(
    track_id: str, policy: HeartbeatPolicy, *, now: datetime, errors: int, asked_for: float | None = None
) -> datetime:
    """After an error: doubling from a minute to a period, spread, never sooner than the platform asks for."""
    doubled = FIRST_RETRY_SECONDS * 2.0 ** min(max(errors, 1) - 1, 20)
    delay = min(timedelta(seconds=doubled) * (0.75 + _share(track_id) / 2), policy.period)
    return now + max(delay, timedelta(seconds=min(asked_for or 0.0, 86_400.0)))


class Outcome(StrEnum):
    """What came of one poll."""

    NEWS = "news"
    EMPTY = "empty"
    ERROR = "error"


class Act(StrEnum):
    """What an outcome calls for."""

    ALERT = "alert"
    CLEAR = "clear"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a watch stands: empty answers and errors in a row, and whether it is marked."""

    empties: int = 0
    errors: int = 0
    silent: bool = False


def weigh(standing: Standing, outcome: Outcome, policy: HeartbeatPolicy) -> tuple[Standing, Act | None]:
    """The standing after an outcome. Three empty answers alert; an error says nothing of the parcel."""
    match outcome:
        case Outcome.NEWS:
            return Standing(), Act.CLEAR if standing.silent else None
        case Outcome.ERROR:
            return msgspec.structs.replace(standing, errors=standing.errors + 1), None
        case Outcome.EMPTY:
            empties = standing.empties + 1
            alert = empties >= policy.empties and not standing.silent
            after = Standing(empties=empties, silent=standing.silent or alert)
            return after, Act.ALERT if alert else None


def counts(told: Observation, effect: Effect | None) -> bool:
    """A scan with a time and a known meaning of the parcel itself; empty, unmapped and another life's words are none."""
    if told.kind != "event" or told.status is None or told.status in _SILENT or "no_time" in told.facts:
        return False
    return effect is None or effect.effect != "excluded"


def valid_events(history: Iterable[Observation], effects: Mapping[str, Effect]) -> int:
    """How many events of a history count."""
    return sum(counts(told, effects.get(told.key)) for told in history)


def calls_needed(policy: HeartbeatPolicy, *, parcels: int, batch: int) -> float:
    """Calls a minute that keep the interval for so many parcels."""
    seconds = policy.period.total_seconds()
    return 60.0 * -(-parcels // max(batch, 1)) / seconds
