"""Expected times (预计时长): how long a stage takes, learnt from own history, and what that says of a running clock. Pure.

Nothing is claimed from fewer than ENOUGH cases: then the answer is None, which the screens call 未知. Every claim carries
the number of cases it rests on.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import msgspec

ENOUGH: Final = 30
WINDOW_DAYS: Final = 90
PERCENTS: Final = (5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95)
"""Which quantiles are kept."""
_SCALE: Final = 1_000_000


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds at each of PERCENTS over `cases` cases; `scope` says how special: route, lane, carrier, shop, channel, all."""

    id: int
    scope: str
    cases: int
    seconds: tuple[int, ...]


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What history says of a running clock. `likely_seconds`: from its start to its end, None when it is beyond what was
    ever usual; `late_percent`: how many of such clocks end after their due time, None without one."""

    cases: int
    scope: str
    likely_seconds: int | None
    late_percent: int | None


def quantiles(durations: Sequence[int]) -> tuple[int, ...]:
    """Seconds at each of PERCENTS, between neighbours in proportion (as PostgreSQL's percentile_cont), to the whole second."""
    ordered = sorted(durations)
    if not ordered:
        return ()
    found = []
    for percent in PERCENTS:
        place = percent * (len(ordered) - 1)
        low, part = divmod(place, 100)
        high = min(low + 1, len(ordered) - 1)
        found.append((ordered[low] * (100 - part) + ordered[high] * part + 50) // 100)
    return tuple(found)


def forecast(expected: Expected | None, *, elapsed: int, allowed: int | None) -> Forecast | None:
    """What becomes of a clock that has run `elapsed` seconds of `allowed`; None while too few cases are known."""
    if expected is None or expected.cases < ENOUGH or len(expected.seconds) != len(PERCENTS):
        return None
    lasting = _lasting(expected.seconds, elapsed)
    late = None
    if allowed is not None:
        late = 100 if elapsed >= allowed else min(99, _lasting(expected.seconds, allowed) * 100 // max(lasting, 1))
    return Forecast(
        cases=expected.cases,
        scope=expected.scope,
        likely_seconds=_time_of(expected.seconds, lasting // 2),
        late_percent=late,
    )


def _lasting(seconds: Sequence[int], after: int) -> int:
    """How many of a million last longer than `after` seconds, in proportion between the known quantiles."""
    points = [(0, 0), *zip(seconds, PERCENTS, strict=True)]
    if after >= seconds[-1]:
        return (100 - PERCENTS[-1]) * _SCALE // 100
    for (low, done_low), (high, done_high) in pairwise(points):
        if after < high:
            done = done_low * _SCALE + (done_high - done_low) * _SCALE * max(after - low, 0) // max(high - low, 1)
            return _SCALE - done // 100
    return (100 - PERCENTS[-1]) * _SCALE // 100


def _time_of(seconds: Sequence[int], lasting: int) -> int | None:
    """After how many seconds only so many of a million still last; None beyond the last known quantile."""
    if lasting < (100 - PERCENTS[-1]) * _SCALE // 100:
        return None
    low, high = 0, seconds[-1]
    while low < high:
        middle = (low + high) // 2
        if _lasting(seconds, middle) <= lasting:
            high = middle
        else:
            low = middle + 1
    return low


Key = tuple[str, str, str, str, str, str, str]
"""(stage, scope, carrier, origin, destination, shop, channel), "" for what a scope does not tell apart."""


def keys_for(stage: str, *, carrier: str, origin: str, destination: str, shop: str, channel: str) -> list[Key]:
    """Where to look for a clock's expectation, the most special first. What is not known cannot be looked up by."""
    by_order = stage == "ship"
    keys: list[Key] = []
    if not by_order and carrier and origin and destination:
        keys.append((stage, "route", carrier, origin, destination, "", ""))
    if not by_order and carrier and destination:
        keys.append((stage, "lane", carrier, "", destination, "", ""))
    if not by_order and carrier:
        keys.append((stage, "carrier", carrier, "", "", "", ""))
    if by_order and shop:
        keys.append((stage, "shop", "", "", "", shop, ""))
    if channel:
        keys.append((stage, "channel", "", "", "", "", channel))
    keys.append((stage, "all", "", "", "", "", ""))
    return keys


def choose(known: Mapping[Key, Expected], keys: Sequence[Key]) -> Expected | None:
    """The most special expectation that rests on enough cases; None when none does."""
    return next((found for key in keys if (found := known.get(key)) and found.cases >= ENOUGH), None)


SCOPES: Final = {
    "route": "同承运商同线路",
    "lane": "同承运商同目的地",
    "carrier": "同承运商",
    "shop": "同店铺",
    "channel": "同渠道",
    "all": "全部订单",
}
