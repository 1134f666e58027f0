"""What a payment provider can be asked (询问支付机构), and when what is not final is asked about again (巡查). Pure.

Promises: every payment, refund and payment order that is not final is asked about at the published hours until it is
final; after the last of them a person has it.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec


class Ask(StrEnum):
    """What a payment provider can be asked to say or do; also the name of the outbox's act and of the reply's `:act`."""

    PAYMENT = "payment.query"
    CLOSE = "payment.close"
    LINK = "payment.link"
    REFUND = "refund.create"
    REFUND_QUERY = "refund.query"
    BILL_LINK = "bill.link"
    BILL = "bill.download"
    CERTIFICATES = "certificates.query"


TITLES: Final = {
    Ask.PAYMENT: "查询支付单",
    Ask.CLOSE: "关闭支付单",
    Ask.LINK: "生成支付链接",
    Ask.REFUND: "发起退款",
    Ask.REFUND_QUERY: "查询退款",
    Ask.BILL_LINK: "申请账单",
    Ask.BILL: "下载账单",
    Ask.CERTIFICATES: "查询平台证书",
}
MOVES_MONEY: Final = frozenset({Ask.REFUND})
"""A second person has agreed to these before they reach the outbox."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked about or for; each act needs some of it. It becomes the outbox's payload, and `:asked` of the reply."""

    out_trade_no: str = ""
    payment_no: str = ""
    out_refund_no: str = ""
    order_no: str = ""
    amount_minor: int = 0
    total_minor: int = 0
    currency: str = "CNY"
    title: str = ""
    reason: str = ""
    way: str = "native"
    """How a link is paid: native (a QR code), h5 (a phone's browser), jsapi (inside WeChat; `buyer` is the openid)."""
    buyer: str = ""
    client_ip: str = ""
    expires_at: datetime | None = None
    bill_day: date | None = None
    bill_type: str = ""
    url: str = ""
    digest: str = ""
    archive: str = ""
    by: str = ""


def _steps(*minutes: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=one) for one in minutes)


HOUR: Final = 60
DAY: Final = 24 * HOUR
SCHEDULE: Final[Mapping[str, tuple[timedelta, ...]]] = {
    "payment": _steps(1, 5, 15, HOUR, 6 * HOUR, DAY, DAY, DAY),
    "refund": _steps(1, 5, 30, 2 * HOUR, 12 * HOUR, DAY, DAY, 2 * DAY, 3 * DAY),
    "pay_order": _steps(1, 2, 5, 15, HOUR, 6 * HOUR, DAY),
}
"""How long to wait before each question; the first wait begins when we hear of it."""


def next_question(kind: str, asked: int, now: datetime) -> datetime | None:
    """When to ask again after so many questions; None: the schedule is over and a person has it."""
    steps = SCHEDULE[kind]
    return now + steps[asked] if asked < len(steps) else None
