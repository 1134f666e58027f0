"""What a duty (值守) is: a bounded piece of due work that any number of processes may offer to do. Pure contracts."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, Protocol

import msgspec
from psycopg import Connection

from fenghe.kernel.values import CHINA


class Duty(Protocol):
    """Due work: claims what is due (`FOR UPDATE SKIP LOCKED`), does one bounded batch, commits by itself.

    Two processes may be in the same duty at once, and one may be killed anywhere in it: what it claimed comes back.
    """

    @property
    def name(self) -> str:
        """Stable word: `heartbeat`, `stage_clock` ...; its last turn shows as pulse `duty:NAME`."""

    @property
    def every_seconds(self) -> float:
        """How long it may be left alone when a turn found nothing to do."""

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """Do one batch on an autocommit connection, in transactions of its own; returns how much moved."""


class Appointment(Protocol):
    """Work at a fixed hour of every day (日程), such as the T+1 scan. Resumable: it may be killed and begun again."""

    @property
    def name(self) -> str:
        """Stable word: `t1_scan` ..."""

    @property
    def hour(self) -> "Hour":
        """When on each day."""

    def keep(self, connection: Connection[Any], *, day: date, now: datetime) -> None:
        """Do the work of the appointment of `day` (the day in its own zone on which it fell due)."""


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """An hour of every day in one zone."""

    at: time
    zone: timezone = CHINA

    def next_after(self, moment: datetime) -> datetime:
        """The first such hour strictly after a moment, as UTC."""
        local = moment.astimezone(self.zone)
        today = datetime.combine(local.date(), self.at, tzinfo=self.zone)
        return (today if today > local else today + timedelta(days=1)).astimezone(UTC)
