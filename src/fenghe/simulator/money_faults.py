"""What goes wrong with money in the sandbox (资金故障), as declared data: which fault, how many orders, and what must be found."""

from enum import StrEnum
from typing import Final

import msgspec


class MoneyFault(StrEnum):
    """One way in which an order and its money part. The first group is about what is true, the second how it is told."""

    PAY_WITHOUT_ORDER = "pay_without_order"
    RANDOM_OUT_TRADE_NO = "random_out_trade_no"
    AMOUNT_WRONG = "amount_wrong"
    CENT_DIFFERENCE = "cent_difference"
    FEN_YUAN_MIXUP = "fen_yuan_mixup"
    DUPLICATE_PAYMENT = "duplicate_payment"
    LATE_PAYMENT = "late_payment"
    CANCELLED_NOT_REFUNDED = "cancelled_not_refunded"
    PARTIAL_REFUND = "partial_refund"
    REFUND_NOT_TOLD = "refund_not_told"
    LOST_NOTICE = "lost_notice"
    REPEATED_NOTICE = "repeated_notice"


TITLES: Final = {
    MoneyFault.PAY_WITHOUT_ORDER: "支付漏单：钱到了，订单从没传来",
    MoneyFault.RANDOM_OUT_TRADE_NO: "商户单号是随机串，不是订单号",
    MoneyFault.AMOUNT_WRONG: "金额不符",
    MoneyFault.CENT_DIFFERENCE: "差一分钱",
    MoneyFault.FEN_YUAN_MIXUP: "分元混淆：金额大了一百倍",
    MoneyFault.DUPLICATE_PAYMENT: "重复支付：微信付了一次，支付宝又付了一次",
    MoneyFault.LATE_PAYMENT: "订单取消之后才付款",
    MoneyFault.CANCELLED_NOT_REFUNDED: "付款后取消，没有退款",
    MoneyFault.PARTIAL_REFUND: "部分退款（正常）",
    MoneyFault.REFUND_NOT_TOLD: "退款成功，通知丢了",
    MoneyFault.LOST_NOTICE: "支付通知丢了，只有查询知道",
    MoneyFault.REPEATED_NOTICE: "同一通知送了 20 次",
}
REFUSED: Final = frozenset(
    {
        MoneyFault.PAY_WITHOUT_ORDER,
        MoneyFault.RANDOM_OUT_TRADE_NO,
        MoneyFault.AMOUNT_WRONG,
        MoneyFault.CENT_DIFFERENCE,
        MoneyFault.FEN_YUAN_MIXUP,
        MoneyFault.DUPLICATE_PAYMENT,
        MoneyFault.LATE_PAYMENT,
    }
)
"""The payment that bears one of these is nobody's payment; the fault's name is the cause that must be found."""
REPEATS: Final = 20


class Strike(msgspec.Struct, frozen=True, kw_only=True):
    """So many orders are struck."""

    kind: MoneyFault
    count: int
