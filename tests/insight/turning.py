"""Letting the clocks' duties do all there is to do, as worker processes would, at a moment of the test's choosing."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import Connection

from fenghe.insight.tasks import ClockRefresh
from fenghe.insight.tasks_due import ClockDue, ScoreRollup
from fenghe.kernel.duties.contract import Duty

Rows = list[tuple[Any, ...]]


def all_done(connection: Connection[Any], now: datetime | None = None, duties: Sequence[Duty] = ()) -> None:
    """Until no duty finds anything to do."""
    chosen = duties or (ClockRefresh(), ClockDue(), ScoreRollup())
    at = now or datetime.now(UTC)
    moved = 1
    while moved:
        moved = sum(duty.turn(connection, now=at) for duty in chosen)


def read_clocks(url: str, now: datetime | None = None) -> None:
    """The same on a connection of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        all_done(connection, now)


def rows(connection: Connection[Any], query: str, *values: Any) -> Rows:
    """What a question answers."""
    return connection.execute(query.encode(), values).fetchall()
