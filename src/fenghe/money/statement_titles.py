"""What the screens call statements' words (账单用语): ledgers, kinds of movements, providers, layouts. Pure."""

from collections.abc import Mapping
from typing import Final

from fenghe.money.layouts import shipped_layout

LEDGER_TITLES: Final[Mapping[str, str]] = {
    "trade": "业务明细", "funds": "资金明细", "settlement": "结算明细", "bank": "银行流水",
}  # fmt: skip

KIND_TITLES: Final[Mapping[str, str]] = {
    "payment": "收款", "refund": "退款", "fee": "手续费", "fee_refund": "退手续费", "commission": "佣金", "split": "分账",
    "split_return": "分账回退", "payout": "出款", "transfer": "转账", "adjustment": "调整或冲正", "fx": "汇兑", "other": "其他",
}  # fmt: skip

PROVIDER_TITLES: Final[Mapping[str, str]] = {
    "alipay": "支付宝", "wechatpay": "微信支付", "douyin": "抖店", "jd": "京东", "pdd": "拼多多", "bank": "银行",
    "icbc": "工商银行", "abc": "农业银行", "bocom": "交通银行", "spdb": "浦发银行", "unionpay": "银联",
}  # fmt: skip

_SPECIAL: Final[Mapping[str, str]] = {"mt940": "MT940 对账单", "camt": "camt 对账报文"}


def provider_title(provider: str) -> str:
    """A provider as people call it."""
    return PROVIDER_TITLES.get(provider, provider)


def layout_title(layout: str) -> str:
    """A layout as people call it; a user's own by its name and version."""
    if layout in _SPECIAL:
        return _SPECIAL[layout]
    shipped = shipped_layout(layout)
    return shipped.title if shipped else layout
