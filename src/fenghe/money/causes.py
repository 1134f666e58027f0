"""Why two sides of money differ (差异原因): the vocabulary of breaks, what each is called and how grave it is. Pure.

One difference has one cause. docs/reconciliation.md says of each how it is found, what outranks it, and its sign.
"""

from enum import StrEnum
from typing import Final

import msgspec


class Cause(StrEnum):
    """The vocabulary; codes are never reused."""

    PAY_WITHOUT_ORDER = "pay_without_order"
    ORDER_WITHOUT_PAYMENT = "order_without_payment"
    CANCELLED_NOT_REFUNDED = "cancelled_not_refunded"
    PARTIAL_REFUND_NOT_BOOKED = "partial_refund_not_booked"
    REFUND_NOT_AT_PROVIDER = "refund_not_at_provider"
    DUPLICATE_PAYMENT = "duplicate_payment"
    CENT_DIFFERENCE = "cent_difference"
    CENT_OVER_CAP = "cent_over_cap"
    AMOUNT_WRONG = "amount_wrong"
    VOUCHER_MISSING = "voucher_missing"
    VOUCHER_AMOUNT_WRONG = "voucher_amount_wrong"
    VOUCHER_DUPLICATE = "voucher_duplicate"
    RANDOM_OUT_TRADE_NO = "random_out_trade_no"
    OVER_REFUND = "over_refund"
    FEN_YUAN_MIXUP = "fen_yuan_mixup"
    COMMISSION_WRONG = "commission_wrong"
    PAID_BUT_PENDING = "paid_but_pending"
    PAYOUT_SHORT = "payout_short"
    FEE_WRONG = "fee_wrong"
    FX_DIFFERENCE = "fx_difference"
    TIMING = "timing"
    VOUCHER_WITHOUT_SOURCE = "voucher_without_source"
    STATEMENT_AMOUNT_WRONG = "statement_amount_wrong"
    NOT_ON_STATEMENT = "not_on_statement"
    BANK_WITHOUT_PAYOUT = "bank_without_payout"
    CASH_ON_DELIVERY = "cash_on_delivery"
    ACCEPTED = "accepted"
    UNEXPLAINED = "unexplained"


class Meaning(msgspec.Struct, frozen=True):
    """What a cause is called, whether it is a fault that somebody has to mend, and how grave it is (1 to 3)."""

    title: str
    fault: bool = True
    severity: int = 2


MEANINGS: Final[dict[Cause, Meaning]] = {
    Cause.PAY_WITHOUT_ORDER: Meaning("支付漏单", severity=3),
    Cause.ORDER_WITHOUT_PAYMENT: Meaning("有订单无支付", severity=3),
    Cause.CANCELLED_NOT_REFUNDED: Meaning("已取消未退款", severity=3),
    Cause.PARTIAL_REFUND_NOT_BOOKED: Meaning("部分退款未入账"),
    Cause.REFUND_NOT_AT_PROVIDER: Meaning("账上已退渠道未退", severity=3),
    Cause.DUPLICATE_PAYMENT: Meaning("重复支付", severity=3),
    Cause.CENT_DIFFERENCE: Meaning("分差", severity=1),
    Cause.CENT_OVER_CAP: Meaning("分差超日限额"),
    Cause.AMOUNT_WRONG: Meaning("金额不符"),
    Cause.VOUCHER_MISSING: Meaning("缺凭证"),
    Cause.VOUCHER_AMOUNT_WRONG: Meaning("凭证金额错"),
    Cause.VOUCHER_DUPLICATE: Meaning("凭证重复"),
    Cause.RANDOM_OUT_TRADE_NO: Meaning("商户单号不合规"),
    Cause.OVER_REFUND: Meaning("超额退款", severity=3),
    Cause.FEN_YUAN_MIXUP: Meaning("分元混淆", severity=3),
    Cause.COMMISSION_WRONG: Meaning("佣金算错"),
    Cause.PAID_BUT_PENDING: Meaning("已支付仍待付款", severity=3),
    Cause.PAYOUT_SHORT: Meaning("到账短款", severity=3),
    Cause.FEE_WRONG: Meaning("手续费错"),
    Cause.FX_DIFFERENCE: Meaning("汇差"),
    Cause.TIMING: Meaning("跨日在途", fault=False, severity=1),
    Cause.VOUCHER_WITHOUT_SOURCE: Meaning("凭证无业务来源"),
    Cause.STATEMENT_AMOUNT_WRONG: Meaning("账单金额不符"),
    Cause.NOT_ON_STATEMENT: Meaning("渠道账单无此笔"),
    Cause.BANK_WITHOUT_PAYOUT: Meaning("银行到账无出款"),
    Cause.CASH_ON_DELIVERY: Meaning("货到付款待回款", fault=False, severity=1),
    Cause.ACCEPTED: Meaning("人工确认的差异", fault=False, severity=1),
    Cause.UNEXPLAINED: Meaning("尚未查明", severity=3),
}


TO_PROVIDER: Final = 1
TO_VOUCHER: Final = 2
TO_BANK: Final = 3
"""Steps of the waterfall: receivable 应收 → provider 渠道实收 → vouchers 凭证 → bank 银行到账."""

LEVELS: Final = {0: "应收净额", 1: "渠道实收净额", 2: "凭证净额", 3: "银行到账"}
STEPS: Final = {TO_PROVIDER: "应收 → 渠道", TO_VOUCHER: "渠道 → 凭证", TO_BANK: "凭证 → 银行"}
NORMAL: Final = {
    "fees": "手续费(正常)",
    "commission": "佣金(正常)",
    "not_paid_out": "渠道未出款余额",
    "fx_converted": "换汇",
    "split": "分账给他人",
    "escrow": "担保中(买家未确认收货)",
}
"""What explains a step without being a difference: it has no rows in the queue, but rows behind it."""


def title_of(cause: str) -> str:
    """What a cause or a normal item of the waterfall is called."""
    return MEANINGS[Cause(cause)].title if cause in set(Cause) else NORMAL.get(cause, cause)
