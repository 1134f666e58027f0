"""A small till for the tests of payments: shops' orders, one of each fault, keys drawn once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from fenghe.simulator.money_faults import MoneyFault, Strike
from fenghe.simulator.till import Sold, Till

NOW: Final = datetime(2026, 2, 7, 4, 0, tzinfo=UTC)
OPEN: Final = datetime(2026, 2, 5, 6, 0, tzinfo=UTC)


def sold(count: int, *, channel: str = "jd") -> list[Sold]:
    """So many orders, paid one a minute."""
    return [order(place, channel=channel) for place in range(count)]


def order(place: int, *, channel: str = "jd", told: bool = True, cancelled: float | None = None) -> Sold:
    """The nth order; `cancelled`: minutes between payment and cancellation (negative: paid after it was cancelled)."""
    created_at = OPEN + timedelta(minutes=place)
    paid_at = created_at + timedelta(seconds=40)
    return Sold(
        channel=channel,
        order_no=f"26020520{place:06d}",
        title=f"手机壳，黑色 {place}",
        due_minor=1990 + place,
        created_at=created_at,
        paid_at=paid_at,
        cancelled_at=None if cancelled is None else paid_at + timedelta(minutes=cancelled),
        told=told,
    )


def faulty() -> tuple[list[Sold], list[Strike]]:
    """Forty orders of two channels, with each fault."""
    orders = [order(place, channel="taobao" if place % 3 == 0 else "jd") for place in range(40)]
    orders += [order(900 + place, told=False) for place in range(3)]
    orders += [order(50 + place, cancelled=-30) for place in range(2)]
    orders += [order(60 + place, cancelled=30) for place in range(2)]
    own = {MoneyFault.PAY_WITHOUT_ORDER: 3, MoneyFault.LATE_PAYMENT: 2, MoneyFault.CANCELLED_NOT_REFUNDED: 2}
    return orders, [Strike(kind=kind, count=own.get(kind, 1)) for kind in MoneyFault]


def till(orders: Sequence[Sold] | None = None, faults: Sequence[Strike] = (), *, seed: int = 7) -> Till:
    """The till of these orders."""
    return Till(seed=seed, now=NOW, sold=sold(4) if orders is None else orders, faults=faults)
