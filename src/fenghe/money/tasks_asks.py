"""Runs that people asked for (对账申请值守): one after the other by one worker, taken up again when that worker is gone.

Promises: a run that was asked for is done once or says why not; killed anywhere it is begun again, which changes nothing.
"""

from datetime import datetime
from typing import Any

import structlog
from psycopg import Connection

from fenghe.kernel.pulse.store import beat
from fenghe.money import store_asks
from fenghe.money.tasks_recon import Ask, run, yesterday

_log = structlog.get_logger("fenghe.reconciliation")


class AskedRuns:
    """Does the runs that wait, the oldest first."""

    name = "recon_ask"
    every_seconds = 1.0

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """One run; 0 when none waits or another worker is at it."""
        if not store_asks.alone(connection):
            return 0
        try:
            return self._one(connection, now)
        finally:
            if not (connection.broken or connection.closed):
                store_asks.leave(connection)

    def _one(self, connection: Connection[Any], now: datetime) -> int:
        with connection.transaction():
            asked = store_asks.claim(connection)
        if asked is None:
            return 0
        beat(connection, ("money",))
        try:
            report = run(connection, ask_of(asked, now=now), now=now)
        except Exception as problem:
            if connection.broken or connection.closed:
                raise
            _log.exception("asked run failed", ask=asked["id"])
            store_asks.finish(connection, asked["id"], problem=repr(problem)[:500])
        else:
            store_asks.finish(connection, asked["id"], run_id=report.run)
        beat(connection, ("money", "cases"))
        return 1


def ask_of(asked: dict[str, Any], *, now: datetime) -> Ask:
    """What was asked for, as a run takes it."""
    last = yesterday(now) if asked["scope"] == "new" else asked["day_to"]
    return Ask(kind=asked["kind"], scope=asked["scope"], first=asked["day_from"], last=last, by=asked["asked_by"])
