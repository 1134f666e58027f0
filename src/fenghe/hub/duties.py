"""What this hub watches (值守总表): every room's duties and appointments, kept by each worker process."""

from collections.abc import Sequence
from typing import Any

from fenghe.kernel.duties import running
from fenghe.kernel.duties.contract import Appointment, Duty
from fenghe.money.tasks_recon import ScanAppointment


def duties() -> Sequence[Duty]:
    """Due work of all rooms."""
    return ()


def appointments() -> Sequence[Appointment]:
    """Work at fixed hours of all rooms."""
    return (ScanAppointment(),)


def run_duties(dsn: str, *, stop: Any) -> None:
    """Do due work until `stop` is set; any number of these may run."""
    running.run(dsn, duties(), stop=stop)


def run_calendar(dsn: str, *, stop: Any) -> None:
    """Keep appointments until `stop` is set; any number of these may run."""
    running.keep_calendar(dsn, appointments(), stop=stop)
