"""Which way a list of scans runs, and which of them stand where they do not belong (乱序). Pure.

A list told newest first is as orderly as one told oldest first: only what breaks the list's own way is out of order.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Literal

Way = Literal["up", "down"]

SLACK_MS: Final = 60_000
"""Clocks of hand-held scanners differ by seconds: a smaller step back says nothing."""


def strays(times: Sequence[int], *, way: Way | None = None, slack_ms: int = SLACK_MS) -> tuple[int, ...]:
    """Places of the times that break the list's way. `way` None: the way that fewer of them break, oldest first if equal.

    Of two times that contradict each other the one told later is the stray.
    """
    match way:
        case "up":
            return _breaking(times, slack_ms)
        case "down":
            return _breaking([-one for one in times], slack_ms)
        case None:
            up, down = strays(times, way="up", slack_ms=slack_ms), strays(times, way="down", slack_ms=slack_ms)
            return up if len(up) <= len(down) else down


def _breaking(times: Sequence[int], slack_ms: int) -> tuple[int, ...]:
    """Places outside the longest run that never falls, among those that fall by more than the slack."""
    if all(after >= before for before, after in pairwise(times)):
        return ()
    kept = _longest_run(times)
    high: int | None = None
    low = _next_kept(times, kept)
    found = []
    for place, moment in enumerate(times):
        if place in kept:
            high = moment
        elif (high is not None and high - moment > slack_ms) or moment - low[place] > slack_ms:
            found.append(place)
    return tuple(found)


def _next_kept(times: Sequence[int], kept: set[int]) -> list[int]:
    """For each place the next time that stays; past the last one, nothing is too late."""
    after: list[int] = [0] * len(times)
    following = max(times)
    for place in range(len(times) - 1, -1, -1):
        after[place] = following
        if place in kept:
            following = times[place]
    return after


def _longest_run(times: Sequence[int]) -> set[int]:
    """Places of a longest run that never falls; of several the one that keeps what was told first."""
    ends: list[int] = []
    places: list[int] = []
    before: list[int | None] = [None] * len(times)
    backwards = range(len(times) - 1, -1, -1)
    for place in backwards:
        at = bisect_right(ends, -times[place])
        before[place] = places[at - 1] if at else None
        ends[at : at + 1] = [-times[place]]
        places[at : at + 1] = [place]
    kept: set[int] = set()
    place_or_none: int | None = places[-1] if places else None
    while place_or_none is not None:
        kept.add(place_or_none)
        place_or_none = before[place_or_none]
    return kept


def way_of(rises: int, falls: int) -> Way | None:
    """Which way a long file runs by its neighbouring rows, None where neither way prevails."""
    if rises > 2 * falls:
        return "up"
    return "down" if falls > 2 * rises else None


def read_way(word: str | None) -> Way | None:
    """A way by its word; anything else is none."""
    match word:
        case "up" | "down":
            return word
        case _:
            return None
