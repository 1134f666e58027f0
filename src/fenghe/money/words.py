"""Other people's words for money in ours (资金用词): who a provider is, what a payment's or a refund's status means. Pure.

A word that is not here has no meaning yet: the state stays None and the row is a finding, held for a person.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from fenghe.money.events import PaymentState, RefundState

PROVIDERS: Final[Mapping[str, str]] = {
    "wechatpay": "wechatpay wechat wx wxpay weixin weixinpay tenpay 微信 微信支付 财付通 微信支付商户平台",
    "alipay": "alipay ali zhifubao zfb 支付宝 蚂蚁 支付宝支付",
    "douyin": "douyin doudian tiktok 抖音 抖店 抖音支付 聚合账户",
    "jd": "jd jdpay jingdong 京东 京东支付 京东钱包 网银在线",
    "pdd": "pdd pinduoduo 拼多多 拼多多支付",
    "unionpay": "unionpay chinapay 银联 云闪付",
    "paypal": "paypal",
    "stripe": "stripe",
}
"""Our word for a provider → the words it goes by."""

_PROVIDER_OF: Final = {word: ours for ours, words in PROVIDERS.items() for word in words.split()}

PAYMENT_WORDS: Final[Mapping[PaymentState, str]] = {
    PaymentState.SUCCESS: (
        "success succeeded successful succ paid pay_success payment_success trade_success trade_finished finished"
        " completed complete settled captured refund refunded partially_refunded partial_refund partial_refunded"
        " 支付成功 已支付 成功 交易成功 已付款 付款成功 支付完成 已完成 已收款 收款成功 交易完成 转入退款 已退款 部分退款"
    ),
    PaymentState.AWAITING: (
        "notpay not_paid wait_buyer_pay pending unpaid awaiting awaiting_payment await_payment created waiting"
        " processing userpaying accept init initial"
        " 待支付 未支付 待付款 未付款 支付中 处理中 等待付款 等待买家付款 用户支付中"
    ),
    PaymentState.CLOSED: (
        "closed trade_closed cancelled canceled revoked expired timeout 已关闭 交易关闭 已取消 已撤销 已过期 超时关闭 关闭"
    ),
    PaymentState.FAILED: (
        "failed fail failure payerror pay_error pay_failed error declined rejected 支付失败 失败 交易失败 付款失败"
    ),
}
"""What a payment's status may be called, letters in any case, `-` and blanks as `_`."""

REFUND_WORDS: Final[Mapping[RefundState, str]] = {
    RefundState.SUCCESS: (
        "success succeeded successful succ refund_success refunded completed complete finished done"
        " 退款成功 已退款 成功 退款完成 已完成 交易成功 已到账"
    ),
    RefundState.PROCESSING: (
        "processing pending refunding refund_processing created accepted accept waiting wait init"
        " 退款中 处理中 退款处理中 待退款 申请中 已受理"
    ),
    RefundState.CLOSED: "closed cancelled canceled refund_closed revoked rejected 退款关闭 已取消 已关闭 已撤销 已拒绝",
    RefundState.FAILED: "failed fail failure abnormal change notsure refund_failed error 退款失败 退款异常 失败 异常",
}
"""What a refund's status may be called."""


@lru_cache(maxsize=4096)
def plain(word: str) -> str:
    """A word as the tables have it."""
    return re.sub(r"[\s\-]+", "_", unicodedata.normalize("NFKC", word).strip()).casefold()


_PAYMENT_OF: Final = {word: state for state, words in PAYMENT_WORDS.items() for word in words.split()}
_REFUND_OF: Final = {word: state for state, words in REFUND_WORDS.items() for word in words.split()}


def provider_of(word: str) -> str:
    """Our word for a provider; one that we do not know keeps its own name in small letters."""
    return _PROVIDER_OF.get(plain(word).replace("_", ""), word.strip().casefold())


def payment_state_of(word: str) -> PaymentState | None:
    """What a payment's status means; None: nobody has said."""
    return _PAYMENT_OF.get(plain(word))


def refund_state_of(word: str) -> RefundState | None:
    """What a refund's status means; None: nobody has said."""
    return _REFUND_OF.get(plain(word))
