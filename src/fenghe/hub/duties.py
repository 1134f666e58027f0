"""What this hub watches (值守总表): every room's duties and appointments, kept by each worker process."""

from collections.abc import Sequence
from typing import Any

from fenghe.hub.contracts import AskForPushes, CheckContracts
from fenghe.hub.heartbeat import BeginWatches, SettleAnswers, WatchAccounts
from fenghe.kernel.duties import running
from fenghe.kernel.duties.contract import Appointment, Duty


def duties() -> Sequence[Duty]:
    """Due work of all rooms."""
    return (BeginWatches(), SettleAnswers(), WatchAccounts(), AskForPushes(), CheckContracts())


def appointments() -> Sequence[Appointment]:
    """Work at fixed hours of all rooms."""
    return ()


def run_duties(dsn: str, *, stop: Any) -> None:
    """Do due work until `stop` is set; any number of these may run."""
    running.run(dsn, duties(), stop=stop)


def run_calendar(dsn: str, *, stop: Any) -> None:
    """Keep appointments until `stop` is set; any number of these may run."""
    running.keep_calendar(dsn, appointments(), stop=stop)
