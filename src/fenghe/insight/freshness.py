"""Freshness (新鲜度): whether a source still speaks as often as it is expected to. Silence never looks like health. Pure.

With nothing new heard, an answer only gets worse as time goes on: fresh → late → silent. What was never heard is `never`,
what cannot be judged is `unknown`; neither is green.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from fenghe.kernel.values import CHINA

WEEK: Final = 168
LEARNT_DAYS: Final = 14
ENOUGH: Final = 20
"""Arrivals in the window from which an expectation is learnt."""
ENOUGH_HOURS: Final = 12
"""Different hours of the week in which they must lie: one burst of an import is no rhythm."""
LATE_MISSED: Final = 3
SILENT_MISSED: Final = 8
"""Arrivals that should have come meanwhile: at three the source is late, at eight nobody can call it chance."""
FLOOR: Final = timedelta(minutes=15)
"""However often a source speaks, a pause as short as this says nothing."""
CEILING: Final = timedelta(days=3)
"""However seldom a learnt source spoke, a silence as long as this is one."""


class Standing(StrEnum):
    """How a source stands; see STANDINGS."""

    FRESH = "fresh"
    LATE = "late"
    SILENT = "silent"
    NEVER = "never"
    UNKNOWN = "unknown"
    OFF = "off"


STANDINGS: Final = {
    Standing.FRESH: "正常",
    Standing.LATE: "迟到",
    Standing.SILENT: "静默",
    Standing.NEVER: "从未收到",
    Standing.UNKNOWN: "无法判断",
    Standing.OFF: "已停用",
}
WORST: Final = (
    Standing.SILENT, Standing.NEVER, Standing.LATE, Standing.UNKNOWN, Standing.OFF, Standing.FRESH,
)  # fmt: skip


class Cadence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person expects of a source: late after so many minutes without a good message, silent after so many."""

    late_minutes: int
    silent_minutes: int

    def problems(self) -> list[str]:
        """What is wrong with it, in the user's words."""
        found = []
        if not 1 <= self.late_minutes <= 60 * 24 * 60:
            found.append("late_minutes 应为 1 分钟到 60 天")
        if not self.late_minutes <= self.silent_minutes <= 60 * 24 * 90:
            found.append("silent_minutes 不能小于 late_minutes,最长 90 天")
        return found


class Rhythm(msgspec.Struct, frozen=True, kw_only=True):
    """What was learnt: arrivals in each hour of the week (Monday 00:00 in China first) over `days` days before the last."""

    counts: tuple[int, ...]
    days: int

    @property
    def arrivals(self) -> int:
        """How many arrivals it rests on."""
        return sum(self.counts)

    @property
    def known(self) -> bool:
        """Whether it is enough to expect anything by."""
        hours = sum(count > 0 for count in self.counts)
        return len(self.counts) == WEEK and self.arrivals >= ENOUGH and hours >= ENOUGH_HOURS


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """How a source stands, by what, and when it will be late and silent if nothing comes (None: cannot be said)."""

    standing: Standing
    by: str
    """declared, learnt, or "" where nothing could be expected."""
    late_at: datetime | None = None
    silent_at: datetime | None = None


def judge(
    last_good: datetime | None,
    *,
    now: datetime,
    enabled: bool,
    cadence: Cadence | None,
    rhythm: Rhythm | None,
) -> Judged:
    """How a source stands at `now`."""
    late_at, silent_at, by = _limits(last_good, cadence, rhythm)
    if not enabled:
        return Judged(standing=Standing.OFF, by=by, late_at=late_at, silent_at=silent_at)
    if last_good is None:
        return Judged(standing=Standing.NEVER, by=by)
    if late_at is None or silent_at is None:
        return Judged(standing=Standing.UNKNOWN if now - last_good < CEILING else Standing.SILENT, by="")
    standing = Standing.SILENT if now >= silent_at else Standing.LATE if now >= late_at else Standing.FRESH
    return Judged(standing=standing, by=by, late_at=late_at, silent_at=silent_at)


def _limits(
    last_good: datetime | None, cadence: Cadence | None, rhythm: Rhythm | None
) -> tuple[datetime | None, datetime | None, str]:
    if cadence is not None:
        if last_good is None:
            return None, None, "declared"
        late, silent = timedelta(minutes=cadence.late_minutes), timedelta(minutes=cadence.silent_minutes)
        return last_good + late, last_good + silent, "declared"
    if last_good is None or rhythm is None or not rhythm.known:
        return None, None, ""
    late_at = max(_missed_at(last_good, rhythm, LATE_MISSED), last_good + FLOOR)
    silent_at = max(_missed_at(last_good, rhythm, SILENT_MISSED), last_good + 2 * FLOOR, late_at)
    return late_at, silent_at, "learnt"


def _missed_at(last_good: datetime, rhythm: Rhythm, missed: int) -> datetime:
    """When so many arrivals will be missing: the usual ones are added up hour by hour from the last good message on.

    An hour in which nothing usually comes adds nothing, so a quiet night is no silence.
    """
    at = last_good.astimezone(CHINA)
    wanted = missed * rhythm.days
    """In arrivals of the whole window, so that no fraction is needed: an hour of the week came `days`/7 times."""
    end = at + CEILING
    while at < end:
        hour_end = (at + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
        seconds = (hour_end - at) // timedelta(seconds=1)
        usual = rhythm.counts[at.weekday() * 24 + at.hour] * 7
        if usual and usual * seconds >= wanted * 3_600:
            found = at + timedelta(seconds=-(-wanted * 3_600 // usual))
            return min(found, end).astimezone(last_good.tzinfo)
        wanted -= usual * seconds // 3_600
        at = hour_end
    return end.astimezone(last_good.tzinfo)


def learn(hours: Sequence[tuple[int, int]], *, days: int = LEARNT_DAYS) -> Rhythm:
    """The rhythm of (hour of the week, arrivals) pairs."""
    counts = [0] * WEEK
    for hour, arrivals in hours:
        counts[hour] += arrivals
    return Rhythm(counts=tuple(counts), days=days)


def worst(standings: Sequence[Standing]) -> Standing:
    """The standing that a number fed by all of these may claim; of nothing nothing is known."""
    enabled = [one for one in standings if one is not Standing.OFF]
    return min(enabled, key=WORST.index) if enabled else Standing.UNKNOWN
