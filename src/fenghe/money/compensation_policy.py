"""What may be done about which break, and how much of it a day (补偿策略): one declaration a cause. Pure.

Promises: what moves money or writes into the books is never automatic, whatever anybody declares.
"""

from enum import StrEnum
from typing import Any, Final, Literal

import msgspec

from fenghe.money.causes import Cause, title_of

POLICY: Final = "compensation_policy"
MOST: Final = 10**12


class Kind(StrEnum):
    """What can be done about a break (补偿动作)."""

    REBUILD_ORDER = "rebuild_order"
    REFUND_PAYMENT = "refund_payment"
    BOOK_REFUND = "book_refund"


TITLES: Final = {
    Kind.REBUILD_ORDER: "重建订单",
    Kind.REFUND_PAYMENT: "原路退款",
    Kind.BOOK_REFUND: "补记退款凭证",
}
MOVES_MONEY: Final = frozenset({Kind.REFUND_PAYMENT})
"""Money leaves by these: whoever proposed one may not be the one who approves it."""
BY_PERSON: Final = frozenset({Kind.REFUND_PAYMENT, Kind.BOOK_REFUND})
"""Never automatic."""

KIND_OF: Final[dict[Cause, Kind]] = {
    Cause.PAY_WITHOUT_ORDER: Kind.REBUILD_ORDER,
    Cause.CANCELLED_NOT_REFUNDED: Kind.REFUND_PAYMENT,
    Cause.DUPLICATE_PAYMENT: Kind.REFUND_PAYMENT,
    Cause.AMOUNT_WRONG: Kind.REFUND_PAYMENT,
    Cause.REFUND_NOT_AT_PROVIDER: Kind.REFUND_PAYMENT,
    Cause.PARTIAL_REFUND_NOT_BOOKED: Kind.BOOK_REFUND,
    Cause.VOUCHER_MISSING: Kind.BOOK_REFUND,
}
"""The first thing to be done about a break of this cause; about any other nothing is done without a person."""

Mode = Literal["automatic", "propose", "off"]


class CauseRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cause: done by itself, proposed to a person, or left alone; and the most of it a day (China's days)."""

    mode: Mode = "propose"
    most_per_day: int = 500
    most_minor_per_day: int = 10_000_000


def _shipped(cause: Cause) -> CauseRule:
    match cause:
        case Cause.PAY_WITHOUT_ORDER:
            return CauseRule(mode="automatic", most_per_day=2_000, most_minor_per_day=100_000_000)
        case Cause.AMOUNT_WRONG | Cause.REFUND_NOT_AT_PROVIDER:
            return CauseRule(mode="off")
        case _:
            return CauseRule()


SHIPPED: Final[dict[Cause, CauseRule]] = {cause: _shipped(cause) for cause in KIND_OF}
NAMES: Final = {str(cause): f"{title_of(cause)} → {TITLES[kind]}" for cause, kind in KIND_OF.items()}


def problems(name: str, body: Any) -> list[tuple[str, str]]:
    """What is wrong with a rule: (field, words)."""
    if name not in NAMES:
        return [("name", f"没有可以补偿的原因 {name}")]
    try:
        rule = msgspec.convert(body, CauseRule)
    except msgspec.ValidationError as problem:
        return [("body", f"格式不对：{problem}")]
    found = []
    if rule.mode == "automatic" and KIND_OF[Cause(name)] in BY_PERSON:
        found.append(("mode", "动钱或记账的补偿必须由另一个人批准，不能自动"))
    if not 0 <= rule.most_per_day <= MOST:
        found.append(("most_per_day", "每天最多几笔，应为不小于 0 的整数"))
    if not 0 <= rule.most_minor_per_day <= MOST:
        found.append(("most_minor_per_day", "每天最多多少钱（分），应为不小于 0 的整数"))
    return found
