"""How fast a source is called (调用节奏): a token bucket, a bound on calls under way, and when to try again. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from fenghe.kernel.outbox.breaker import Limits

FIRST_RETRY_SECONDS: Final = 2.0
LONGEST_RETRY_SECONDS: Final = 900.0
LONGEST_ASKED_SECONDS: Final = 86_400.0
"""A platform that asks us to wait longer than a day has sent us a date we misread."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """What one source bears; its settings may say otherwise under `outbox`."""

    per_second: float = 5.0
    burst: int = 5
    concurrency: int = 4
    timeout_seconds: float = 15.0
    give_up_after: int = 8
    """Attempts."""
    breaker: Limits = Limits()


def pace_of(config: Mapping[str, Any]) -> Pace:
    """The pace that a source's settings declare; what is not one there is as if unsaid."""
    try:
        pace = msgspec.convert(config.get("outbox", {}), Pace)
    except msgspec.ValidationError:
        return Pace()
    sound = pace.per_second > 0 and pace.burst >= 1 and pace.concurrency >= 1 and 0 < pace.timeout_seconds <= 120
    return pace if sound and pace.give_up_after >= 1 else Pace()


class Bucket(msgspec.Struct, frozen=True):
    """Calls that may go out at once, and when that was true (seconds of one steady clock)."""

    tokens: float
    at: float


def filled(bucket: Bucket | None, pace: Pace, *, now: float) -> Bucket:
    """The bucket as it is by now; a new one is full."""
    if bucket is None:
        return Bucket(float(pace.burst), now)
    return Bucket(min(float(pace.burst), bucket.tokens + (now - bucket.at) * pace.per_second), now)


def taken(bucket: Bucket, count: int) -> Bucket:
    """After that many calls went out."""
    return Bucket(bucket.tokens - count, bucket.at)


def retry_seconds(attempts: int, *, jitter: float, asked: float | None = None) -> float:
    """How long to wait after so many attempts: doubling, spread by `jitter` (0 to 1), never sooner than asked for."""
    doubled: float = FIRST_RETRY_SECONDS * 2.0 ** min(attempts - 1, 20)
    delay = min(doubled, LONGEST_RETRY_SECONDS) * (0.5 + jitter)
    return max(delay, min(asked or 0.0, LONGEST_ASKED_SECONDS))
