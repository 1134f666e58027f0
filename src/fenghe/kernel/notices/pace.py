"""How fast a robot may be used (限流): a token bucket that keeps to the platform's limits in any minute and any second. Pure.

A bucket of `burst` that fills at `rate` lets out at most burst + 60 x rate in any sixty seconds: both are chosen so that
this never passes the limit, however the sixty seconds lie. (A bucket of 20 filled 20 a minute would let 40 through.)
"""

import msgspec

from fenghe.kernel.connecting_robots import Limit


class Bucket(msgspec.Struct, frozen=True):
    """Messages that may go out at once, and when that was true (seconds of the database's clock)."""

    tokens: float
    at: float


def shape(limit: Limit) -> tuple[float, float]:
    """(burst, rate a second) that keep within the limit in any minute and any second."""
    burst = float(max(1, limit.per_minute // 4))
    if limit.per_second:
        burst = min(burst, max(1.0, limit.per_second / 2))
    rate = max(0.0, (limit.per_minute - burst) / 60)
    if limit.per_second:
        rate = min(rate, max(0.0, limit.per_second - burst))
    return burst, rate if rate > 0 else burst / 60


def filled(bucket: Bucket | None, limit: Limit, *, now: float) -> Bucket:
    """The bucket as it is by now; a new one is full, and a clock that went back fills nothing."""
    burst, rate = shape(limit)
    if bucket is None:
        return Bucket(burst, now)
    return Bucket(min(burst, bucket.tokens + max(0.0, now - bucket.at) * rate), max(now, bucket.at))


def take(bucket: Bucket, wanted: int) -> tuple[int, Bucket]:
    """(how many of the wanted may go out, the bucket after them)."""
    given = max(0, min(wanted, int(bucket.tokens + 1e-9)))
    return given, Bucket(bucket.tokens - given, bucket.at)
