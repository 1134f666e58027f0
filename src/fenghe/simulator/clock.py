"""The sandbox's time (虚拟时钟): days pass in minutes, or stand still in a test."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the sandbox's time."""

    def now(self) -> datetime:
        """The sandbox's moment, UTC."""


class VirtualClock:
    """Starts at `start` and runs `speed` times as fast as the wall; 1440 makes a day of a minute."""

    def __init__(self, start: datetime, *, speed: float = 1.0, ticks: Callable[[], float] = time.monotonic) -> None:
        self._start = start
        self._speed = self.speed = speed
        self._ticks = ticks
        self._began = ticks()

    def now(self) -> datetime:
        """The sandbox's moment, UTC."""
        return self._start + timedelta(seconds=(self._ticks() - self._began) * self._speed)

    def wait_seconds(self, moment: datetime) -> float:
        """How long the wall has to wait until the sandbox reaches a moment."""
        return max(0.0, (moment - self.now()).total_seconds() / self._speed)


class StoppedClock:
    """Stands where it is put."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """The sandbox's moment, UTC."""
        return self.at
