"""Accounting periods (会计期间): which month a movement is booked in, and when a month may be closed. Pure."""

from collections.abc import Collection
from datetime import date, datetime

from fenghe.kernel.values import CHINA


def period_of(day: date) -> str:
    """The month of a day, `2026-02`."""
    return f"{day.year:04d}-{day.month:02d}"


def next_period(name: str) -> str:
    """The month after."""
    year, month = int(name[:4]), int(name[5:])
    return f"{year + month // 12:04d}-{month % 12 + 1:02d}"


def first_day(name: str) -> date:
    """The first day of a month."""
    return date(int(name[:4]), int(name[5:]), 1)


def booking_day(day: date | None, closed: Collection[str], *, today: date) -> tuple[date, str]:
    """(day to book on, its month). A closed month takes nothing any more: what comes late goes to the next open one."""
    day = day or today
    name = period_of(day)
    if name not in closed:
        return day, name
    while name in closed:
        name = next_period(name)
    return first_day(name), name


def china_day(moment: datetime) -> date:
    """The day on which a moment falls in China."""
    return moment.astimezone(CHINA).date()


def closing_problems(
    name: str, *, today: date, open_before: Collection[str], unposted: int, open_breaks: int
) -> list[str]:
    """Why a month cannot be closed yet, in words; empty when it can."""
    found = []
    if next_period(name) > period_of(today):
        found.append(f"{name} 还没有过完")
    if open_before:
        found.append(f"更早的期间还没有关账:{'、'.join(sorted(open_before))}")
    if unposted:
        found.append(f"还有 {unposted} 张单据没有过账")
    if open_breaks:
        found.append(f"还有 {open_breaks} 条差异没有处理")
    return found
