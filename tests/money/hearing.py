"""Orders, payments and refunds heard by the real engine and bound by the real duty, for the tests of the guard."""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from fenghe.hub import rooms
from fenghe.hub.declared import Declared
from fenghe.kernel.connecting import InboundMessage
from fenghe.kernel.judging import engine
from fenghe.kernel.judging.contract import Told
from fenghe.kernel.values import to_ms
from fenghe.money.events import PaymentState, PaymentTold, RefundState, RefundTold
from fenghe.money.tasks_binding import BindingDuty
from fenghe.orders.snapshot import OrderSnapshot

RULES: Final = rooms.rules(Declared())
START: Final = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=48)
"""Two days ago by the wall: what is due is due by the database's clock."""
_numbers = itertools.count(1)


def at(hours: float) -> datetime:
    """So many hours after the start."""
    return START + timedelta(hours=hours)


def number() -> str:
    """A fresh order number."""
    return f"2602052{next(_numbers):07d}"


def order(order_no: str, state: str = "await_payment", hours: float = 0.5, **more: Any) -> OrderSnapshot:
    """An order as its channel tells it."""
    told: dict[str, Any] = {
        "channel": "jd",
        "shop": "甲店",
        "codes": "jd",
        "status_state": state,
        "created_at": at(0),
        "modified_at": at(hours),
        "total_minor": 1990,
    }
    return OrderSnapshot(order_no=order_no, **{**told, **more})


def payment(order_no: str, n: int = 1, hours: float = 1, **more: Any) -> PaymentTold:
    """A payment that names it."""
    told: dict[str, Any] = {
        "provider": "wechatpay",
        "payment_no": f"42{order_no}{n}",
        "out_trade_no": order_no,
        "state": PaymentState.SUCCESS,
        "status_code": "SUCCESS",
        "amount_minor": 1990,
        "paid_at": at(hours),
        "occurred_at": at(hours),
    }
    return PaymentTold(**{**told, **more})


def refund(order_no: str, n: int = 1, hours: float = 3, **more: Any) -> RefundTold:
    """A refund of it."""
    told: dict[str, Any] = {
        "provider": "wechatpay",
        "refund_no": f"50{order_no}{n}",
        "payment_no": f"42{order_no}1",
        "out_trade_no": order_no,
        "state": RefundState.SUCCESS,
        "amount_minor": 500,
        "refunded_at": at(hours),
        "occurred_at": at(hours),
    }
    return RefundTold(**{**told, **more})


def observed(items: Iterable[Any]) -> list[Told]:
    """What the items tell, as if one message had told each."""
    message = InboundMessage(
        id=1, source="till", connector="wechatpay", received_ms=to_ms(at(47)), headers={}, body=b"", config={}
    )
    told = [one for item in items for one in rooms.observe(item, message, Declared())]
    assert all(isinstance(one, Told) for one in told)
    return [one for one in told if isinstance(one, Told)]


def hear(connection: Connection[Any], *items: Any) -> engine.Judged:
    """One batch in one transaction."""
    with connection.transaction():
        return engine.judge(connection, observed(items), rules=RULES, bodies={1: b""}, now_ms=to_ms(at(48)))


def guard(connection: Connection[Any], now: datetime | None = None) -> int:
    """Let the duty do all there is to do."""
    duty, moved = BindingDuty(), 0
    while turned := duty.turn(connection, now=now or datetime.now(UTC)):
        moved += turned
    return moved


def bindings(connection: Connection[Any], order_no: str) -> list[tuple[str, str | None]]:
    """(binding, refusal) of the order's payments by number."""
    rows = connection.execute(
        "select binding, refusal from payment where order_no = %s order by payment_no", (order_no,)
    )
    return [(row[0], row[1]) for row in rows]


def cases(connection: Connection[Any], order_no: str) -> list[tuple[str, str]]:
    """(kind, status) of every case about the order's payments."""
    rows = connection.execute(
        "select c.kind, c.status from work_case c join payment p on p.subject_id = c.subject_id where p.order_no = %s"
        " order by c.id",
        (order_no,),
    )
    return [(row[0], row[1]) for row in rows]
