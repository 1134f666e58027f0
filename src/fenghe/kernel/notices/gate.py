"""A gate (放行): whoever is asked once more right before a message goes out that must go once at most. Pure contract."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec
from psycopg import Connection

from fenghe.kernel.connecting_robots import Robot


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """It goes out now. `config`: what the robot's settings are for this message alone (whom it reaches)."""

    config: Mapping[str, Any]
    variables: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Admitted({sorted(self.config)})"


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """It does not go out any more, and why."""

    words: str


class NotYet(msgspec.Struct, frozen=True, kw_only=True):
    """Ask again after so many seconds."""

    words: str
    seconds: float = 1.0


class Gate(Protocol):
    """Asked in a transaction of its own; what it says is done at once. A message it let out is never let out again."""

    def open(
        self, connection: Connection[Any], *, key: str, robot: Robot, now: datetime
    ) -> Admitted | Dropped | NotYet:
        """May the message of this key go out by this robot?"""
