"""What falls due by itself (到点值守): a case before a promise breaks, the breach told on it; rollups of scorecards; learning.

Promises: one case per order or parcel and stage, whoever finds it and however often; nothing is read that is not due.
"""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.insight import store_clocks as store
from fenghe.insight import store_expected, store_scores
from fenghe.insight.clocks import TITLES, Act, Stage, look, severity
from fenghe.insight.promises import FROM, UNTIL
from fenghe.insight.store_clocks import ClockRow, Due
from fenghe.insight.tasks import TOPICS
from fenghe.kernel.cases.store_noticing import Notice, open_noticed
from fenghe.kernel.duties.contract import Hour
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.values import CHINA, from_ms, to_ms

BATCH: Final = 500


class ClockDue:
    """Opens cases before promises break (时效预警)."""

    name = "stage_clock"
    every_seconds = 2.0

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """Look at the clocks whose time has come."""
        with connection.transaction():
            due = store.take_due(connection, now=now, limit=BATCH)
            if not due:
                return 0
            looked = [_look(one, now) for one in due]
            open_noticed(connection, [notice for _, notice, _ in looked if notice is not None])
            store.write_looks(connection, [row for row, _, _ in looked])
            store.look_again(connection, sorted({row.subject_id for row, _, moved in looked if moved}))
        beat(connection, TOPICS)
        return len(due)


def _look(due: Due, now: datetime) -> tuple[ClockRow, Notice | None, bool]:
    """(the clock as it stands now, its case if there is one to tell of, whether what is counted of it changes)."""
    clock, now_ms = due.clock, to_ms(now)
    if clock.outcome != "open":
        return msgspec.structs.replace(clock, look_at=None), None, False
    found = look(due_ms=_ms(clock.due_at), warn_ms=_ms(clock.warn_at), case_open=clock.case_open, now_ms=now_ms)
    opens = found.act in (Act.WARN, Act.BREACH)
    row = msgspec.structs.replace(
        clock,
        case_open=clock.case_open or opens,
        outcome="lapsed" if found.act is Act.LAPSE else "open",
        look_at=None if found.next_ms is None else from_ms(found.next_ms),
    )
    moved = clock.due_at is not None and clock.due_at <= now
    return row, _notice(due, now) if opens else None, moved


def _notice(due: Due, now: datetime) -> Notice:
    clock = due.clock
    stage = Stage(clock.stage)
    by_order = clock.subject_id == clock.order_id
    number = (due.order_no if by_order else due.tracking_no) or str(clock.subject_id)
    due_at = clock.due_at or now
    left = to_ms(due_at) - to_ms(now)
    when = due_at.astimezone(CHINA).strftime("%m-%d %H:%M")
    money = _money(clock)
    state = f"应在 {when} 前{UNTIL[stage]}" if left > 0 else f"已过 {when},仍没有{UNTIL[stage].removeprefix('有')}"
    return Notice(
        key=store.case_key(clock.subject_id, clock.stage),
        kind=f"{'order' if by_order else 'shipment'}.promise_{stage}",
        severity=severity(left_ms=left, risk_minor=clock.risk_minor),
        subject_id=clock.subject_id,
        title=f"{number}:{TITLES[stage]}{state}{money}",
        told=(
            f"{FROM[stage]}时间 {clock.started_at.astimezone(CHINA).strftime('%Y-%m-%d %H:%M')},{state}"
            f"(依据:{_basis(clock.promise)}){money}。完成后工单自动关闭。"
        ),
        due_at=due_at,
        version=f"promise:{clock.promise}",
    )


def _basis(promise: str) -> str:
    if promise == "order":
        return "渠道给出的承诺时间"
    table, _, row = promise.partition("#")
    name, _, version = table.partition("@")
    shipped = "出厂默认" if version == "0" else f"第 {version} 版"
    return f"{name} 承诺表{shipped},第 {row} 行"


def _money(clock: ClockRow) -> str:
    if clock.risk_minor is None:
        return ",超时赔付金额未知"
    if clock.risk_minor == 0:
        return ""
    whole, cents = divmod(clock.risk_minor, 100)
    return f",超时约赔 {whole}.{cents:02d} {'元' if clock.currency == 'CNY' else clock.currency}"


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


class ScoreRollup:
    """Makes the rollups of days that changed anew (记分卡汇总)."""

    name = "score_rollup"
    every_seconds = 3.0

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:  # noqa: ARG002
        """Some days, each from its parcels' facts."""
        with connection.transaction():
            days = store_scores.take_dirty(connection)
            store_scores.make_days(connection, days)
        if days:
            beat(connection, ("clocks",))
        return len(days)


YOUNG: Final = 2_000
"""Cases of a stage below which a shop's history is learnt from every hour instead of every night."""


class LearnYoung:
    """Learns from a history that has only begun, or was just imported, without waiting for the night."""

    name = "learn_young"
    every_seconds = 60.0

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """Learn once all that is known has been read, and again hourly while there is little."""
        if store.waiting(connection):
            return 0
        with connection.transaction():
            if not store_expected.take_turn(connection):
                return 0
            learnt_at, cases = store_expected.rests_on(connection)
            if learnt_at is None or (cases < YOUNG and now - learnt_at > timedelta(hours=1)):
                store_expected.learn(connection, now=now)
        return 0


class LearnExpected:
    """Learns how long stages take (预计时长), every night."""

    name = "learn_expected_times"
    hour = Hour(at=time(3, 10))

    def keep(self, connection: Connection[Any], *, day: date, now: datetime) -> None:  # noqa: ARG002
        """Learn anew, and have the clocks that run read by it."""
        store_expected.learn(connection, now=now)
