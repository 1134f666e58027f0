"""The circuit breaker (断路器) of one source: stop calling whom we only get errors from, probe, go on. Pure.

Closed: calls go out and outcomes are counted over a window. Open: nothing goes out until the hold is over. Half open: a
few probes go out; one that fails opens it again for longer, all of them well close it.
"""

from enum import StrEnum

import msgspec

MOST_OUTCOMES = 1_000
"""Remembered at most, whatever the window."""


class State(StrEnum):
    """Where a breaker is."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """When it opens and for how long: data, so that a source may have its own."""

    window_seconds: float = 60.0
    minimum: int = 5
    """Fewer outcomes than this in the window say nothing."""
    failure_share: float = 0.5
    hold_seconds: float = 15.0
    """The first hold; each further one is twice as long."""
    longest_hold_seconds: float = 600.0
    probes: int = 1


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one source. Times are seconds of one steady clock."""

    state: State = State.CLOSED
    outcomes: tuple[tuple[float, bool], ...] = ()
    """(when, did it go well) within the window, oldest first."""
    until: float = 0.0
    """Open: when the hold is over."""
    holds: int = 0
    """How often it opened without closing in between."""
    probing: int = 0
    """Half open: probes under way."""
    passed: int = 0
    """Half open: probes that went well."""


def room(breaker: Breaker, limits: Limits, *, now: float, wanted: int) -> int:
    """How many of the wanted calls may go out now."""
    match breaker.state:
        case State.CLOSED:
            return wanted
        case State.OPEN:
            return min(wanted, limits.probes) if now >= breaker.until else 0
        case State.HALF_OPEN:
            return max(0, min(wanted, limits.probes - breaker.probing - breaker.passed))


def sent(breaker: Breaker, *, now: float, count: int) -> Breaker:
    """Calls went out. After the hold they are probes."""
    if breaker.state is State.CLOSED or not count or (breaker.state is State.OPEN and now < breaker.until):
        return breaker
    passed = breaker.passed if breaker.state is State.HALF_OPEN else 0
    probing = breaker.probing if breaker.state is State.HALF_OPEN else 0
    return msgspec.structs.replace(breaker, state=State.HALF_OPEN, probing=probing + count, passed=passed)


def heard(breaker: Breaker, limits: Limits, *, now: float, well: bool) -> Breaker:
    """A call came back. While it is open only stragglers do, and they say nothing new."""
    match breaker.state:
        case State.OPEN:
            return breaker
        case State.HALF_OPEN:
            return _probed(breaker, limits, now=now, well=well)
        case State.CLOSED:
            since = now - limits.window_seconds
            recent = tuple(one for one in breaker.outcomes if one[0] > since)[-(MOST_OUTCOMES - 1) :]
            counted = msgspec.structs.replace(breaker, outcomes=(*recent, (now, well)))
            opens = not well and _too_many(counted, limits)
            return _opened(counted, limits, now=now) if opens else counted


def _too_many(breaker: Breaker, limits: Limits) -> bool:
    failures = sum(not well for _, well in breaker.outcomes)
    count = len(breaker.outcomes)
    return count >= limits.minimum and failures >= limits.failure_share * count


def _probed(breaker: Breaker, limits: Limits, *, now: float, well: bool) -> Breaker:
    if not well:
        return _opened(breaker, limits, now=now)
    passed = breaker.passed + 1
    if passed >= limits.probes:
        return Breaker()
    return msgspec.structs.replace(breaker, probing=max(0, breaker.probing - 1), passed=passed)


def _opened(breaker: Breaker, limits: Limits, *, now: float) -> Breaker:
    hold = min(limits.hold_seconds * 2**breaker.holds, limits.longest_hold_seconds)
    return Breaker(state=State.OPEN, until=now + hold, holds=breaker.holds + 1)
