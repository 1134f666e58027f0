"""Closing and re-opening a month (关账、反关账): wished by one person with a reason, done by another, on record."""

from datetime import date
from typing import Any

import orjson
from psycopg import Connection

from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.web.problems import Problem, conflict, not_found
from fenghe.money import store_ledger
from fenghe.money.periods import closing_problems
from fenghe.money.store_ledger_queries import balances

DONE = {"close": "closed", "reopen": "open"}
WORDS = {"close": "关账", "reopen": "反关账"}


def wish(connection: Connection[Any], period: str, *, action: str, reason: str, today: date, actor: Actor) -> None:
    """Ask for a closing or re-opening; refused at once where it could not be done."""
    store_ledger.wait_for_lock(connection)
    _must_fit(connection, period, action=action, today=today)
    cursor = connection.execute(
        "insert into period_wish (period, action, asked_by, reason) values (%s, %s, %s, %s) on conflict do nothing",
        (period, action, actor.person, reason),
    )
    if cursor.rowcount == 0:
        raise conflict(f"{period} 已有人申请关账或反关账,请先处理那一份。", code="wish_waits")
    log_access(connection, actor, action=f"period.{action}.asked", target=f"{period}: {reason}")


def withdraw(connection: Connection[Any], period: str, *, actor: Actor) -> None:
    """Take a wish back or refuse it."""
    cursor = connection.execute("delete from period_wish where period = %s", (period,))
    if cursor.rowcount == 0:
        raise not_found(f"{period} 的申请")
    log_access(connection, actor, action="period.wish.refused", target=period)


def approve(connection: Connection[Any], period: str, *, today: date, actor: Actor) -> None:
    """Do what was wished, as another person than who wished it."""
    store_ledger.wait_for_lock(connection)
    row = connection.execute("select action, asked_by, reason from period_wish where period = %s", (period,)).fetchone()
    if row is None:
        raise not_found(f"{period} 的申请")
    action, asked_by, reason = row
    if asked_by == actor.person:
        raise Problem(
            403, f"需要另一人复核:{WORDS[action]}由您申请。请让另一位有权限的同事确认。", code="second_person"
        )
    _must_fit(connection, period, action=action, today=today)
    connection.execute(
        "update accounting_period set status = %s, changed_at = now() where name = %s", (DONE[action], period)
    )
    totals = orjson.dumps(balances(connection, period), default=str).decode()
    connection.execute(
        "insert into period_change (period, action, asked_by, approved_by, reason, totals) values (%s, %s, %s, %s, %s, %s)",
        (period, action, asked_by, actor.person, reason, totals),
    )
    connection.execute("delete from period_wish where period = %s", (period,))
    log_access(connection, actor, action=f"period.{action}.done", target=f"{period} (asked by {asked_by}): {reason}")


def _must_fit(connection: Connection[Any], period: str, *, action: str, today: date) -> None:
    row = connection.execute("select status from accounting_period where name = %s", (period,)).fetchone()
    if row is None:
        raise not_found(f"会计期间 {period}")
    if row[0] == DONE[action]:
        raise Problem(422, f"{period} 已经是{'已关账' if action == 'close' else '打开'}状态。", code="already_so")
    problems = _closing(connection, period, today) if action == "close" else _reopening(connection, period)
    if problems:
        raise Problem(422, f"{WORDS[action]}还不能做:{';'.join(problems)}。请处理后再试。", code="not_yet")


def _closing(connection: Connection[Any], period: str, today: date) -> list[str]:
    earlier = connection.execute(
        "select name from accounting_period where name < %s and status = 'open'", (period,)
    ).fetchall()
    unposted = connection.execute("select count(*) from ledger_posting where problem is not null").fetchone()
    return closing_problems(
        period,
        today=today,
        open_before=[one[0] for one in earlier],
        unposted=unposted[0] if unposted else 0,
        open_breaks=0,
    )


def _reopening(connection: Connection[Any], period: str) -> list[str]:
    later = connection.execute(
        "select name from accounting_period where name > %s and status = 'closed' order by name", (period,)
    ).fetchall()
    return [f"更晚的期间已关账:{'、'.join(one[0] for one in later)},请先反关账它们"] if later else []
