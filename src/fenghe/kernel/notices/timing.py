"""When something is told (时间安排): quiet hours in China's time, digest windows, steps of an escalation. Pure."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

import msgspec

from fenghe.kernel.values import CHINA

EPOCH: Final = datetime(2020, 1, 1, tzinfo=CHINA)
MINUTE: Final = timedelta(minutes=1)


class Quiet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hours without messages, by China's clock; they may run across midnight. The same hour twice is no quiet at all."""

    start: str
    end: str
    severe_passes: bool = True
    """Whether what is severe is told all the same."""


def hour_of(text: str) -> time | None:
    """`22:00` as a time; None for anything else."""
    try:
        return time.fromisoformat(text) if len(text) == 5 and text[2] == ":" else None
    except ValueError:
        return None


def quiet_until(moment: datetime, quiet: Quiet | None) -> datetime:
    """The first moment from this one on that is not quiet."""
    if quiet is None:
        return moment
    start, end = hour_of(quiet.start), hour_of(quiet.end)
    if start is None or end is None or start == end or not _within(moment.astimezone(CHINA).time(), start, end):
        return moment
    local = moment.astimezone(CHINA)
    today = datetime.combine(local.date(), end, tzinfo=CHINA)
    return (today if today > local else today + timedelta(days=1)).astimezone(UTC)


def _within(clock: time, start: time, end: time) -> bool:
    return start <= clock < end if start < end else clock >= start or clock < end


def window_end(moment: datetime, minutes: int) -> datetime:
    """The end of the digest window a moment lies in: windows stand still, so that any worker finds the same."""
    if minutes <= 0:
        return moment
    span = timedelta(minutes=minutes)
    return (EPOCH + ((moment - EPOCH) // span + 1) * span).astimezone(UTC)


def due_at(moment: datetime, *, severe: bool, quiet: Quiet | None, minutes: int, severe_at_once: bool) -> datetime:
    """When a message about something that happened now is due: after its digest window, out of quiet hours."""
    waits = 0 if severe and severe_at_once else minutes
    passes = quiet is not None and quiet.severe_passes and severe
    return quiet_until(window_end(moment, waits), None if passes else quiet)


def step_due(began: datetime, minutes: list[int], step: int) -> datetime | None:
    """When the step (counted from 0) of an escalation falls due: each so long after the one before. None: no such step."""
    if not 0 <= step < len(minutes):
        return None
    return began + sum(minutes[: step + 1]) * MINUTE
