"""What this hub watches (值守总表): every room's duties and appointments, kept by each worker process."""

from collections.abc import Sequence
from typing import Any

from fenghe.hub.callback_running import AuditDuty
from fenghe.hub.contracts import AskForPushes, CheckContracts
from fenghe.hub.heartbeat import BeginWatches, SettleAnswers, WatchAccounts
from fenghe.hub.notices import words
from fenghe.hub.statement_duty import StatementDuty
from fenghe.insight.tasks import ClockRefresh
from fenghe.insight.tasks_due import ClockDue, LearnExpected, LearnYoung, ScoreRollup
from fenghe.insight.tasks_sources import LearnRhythms, SourceWatch
from fenghe.kernel.duties import running
from fenghe.kernel.duties.contract import Appointment, Duty
from fenghe.kernel.notices.tasks import NoticeDuty
from fenghe.money.tasks_asking import AskingDuty, BillAppointment
from fenghe.money.tasks_asks import AskedRuns
from fenghe.money.tasks_binding import BindingDuty
from fenghe.money.tasks_compensation import CompensationDuty
from fenghe.money.tasks_ledger import LedgerDuty
from fenghe.money.tasks_recon import ScanAppointment
from fenghe.money.tasks_seeking import SeekingDuty


def duties() -> Sequence[Duty]:
    """Due work of all rooms."""
    return (
        LedgerDuty(),
        AuditDuty(),
        BindingDuty(),
        AskingDuty(),
        CompensationDuty(),
        SeekingDuty(),
        StatementDuty(),
        BeginWatches(),
        SettleAnswers(),
        WatchAccounts(),
        AskForPushes(),
        CheckContracts(),
        ClockRefresh(),
        ClockDue(),
        ScoreRollup(),
        LearnYoung(),
        SourceWatch(),
    )


def appointments() -> Sequence[Appointment]:
    """Work at fixed hours of all rooms."""
    return (BillAppointment(), ScanAppointment(), LearnExpected(), LearnRhythms())


def run_duties(dsn: str, *, stop: Any) -> None:
    """Do due work until `stop` is set; any number of these may run."""
    running.run(dsn, duties(), stop=stop)


def run_calendar(dsn: str, *, stop: Any) -> None:
    """Keep appointments until `stop` is set; any number of these may run."""
    running.keep_calendar(dsn, appointments(), stop=stop)


def run_notices(dsn: str, *, stop: Any) -> None:
    """Find and gather what people are to hear of, beside the duties: a bell waits for no audit."""
    running.run(dsn, (NoticeDuty(words),), stop=stop)


def run_long_duties(dsn: str, *, stop: Any) -> None:
    """Do the work that takes minutes, beside the duties that must not wait for it, until `stop` is set."""
    running.run(dsn, (AskedRuns(),), stop=stop)
