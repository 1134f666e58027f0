"""What the screens call every word (称呼总表): rooms' states and reasons, carriers, channels."""

from fenghe.insight import clocks
from fenghe.kernel.titles import Titles
from fenghe.logistics import fuse, scale
from fenghe.logistics.callbacks import KINDS, ORDER_KINDS
from fenghe.logistics.events import CARRIERS
from fenghe.money import binding, causes, claims, payment_rule, refund_rule
from fenghe.orders import mapping
from fenghe.orders import rule as orders

CHANNELS = {"taobao": "淘宝/天猫", "pdd": "拼多多", "douyin": "抖音小店", "jd": "京东"}

_TAKEN = {
    "in_step": "顺序推进",
    "first_word": "首条轨迹",
    "same_state": "与现状一致",
    "same_node": "同一节点",
    "beside_the_scale": "标尺旁的状态",
    "handed_over": "卖家发货",
    "manual": "人工修改",
    "accepted_by_ruling": "裁定采纳承运商",
    "ours_upheld": "裁定维持我方",
    "already_settled": "裁定时已有证据了结",
    "asked_again": "要求再次查询",
    "ruled_out": "同样的说法已被裁定不采纳",
    "late_scan": "签收后的迟到扫描",
    "return_leg": "退回途中",
    "signed_on_the_way_back": "退回签收",
    "note_after_delivered": "签收后的备注",
    "unmapped_code": "状态码未映射",
    "empty_status": "状态为空",
    "told_by_channel": "渠道告知",
    "facts_only": "只含资料,不含状态",
    "reversed": "冲正",
    "revoked": "已被承运商撤销",
    "ruling_accept_theirs": "裁定采纳渠道",
    "ruling_keep_ours": "裁定维持我方",
    "ruling_ask_again": "要求再次查询",
}

_NOTICED = {
    "order": {f"promise_{stage}": f"{title}时效" for stage, title in clocks.TITLES.items()},
    "shipment": {f"promise_{stage}": f"{title}时效" for stage, title in clocks.TITLES.items()},
    "source": {"silent": "连接静默"},
}
"""Kinds of cases that no judged history opens."""


def titles() -> Titles:
    """Every title there is; connections are named by the database."""
    parcels = {str(state): title for state, title in scale.TITLES.items()}
    sold = {str(state): title for state, title in mapping.TITLES.items()}
    refused = {cause: meaning.title for cause, meaning in binding.CAUSES.items()}
    money = {**_TAKEN, **claims.REASONS, **payment_rule.REASONS, **refused, **binding.WAITS, **binding.REASONS}
    return Titles(
        states={
            "shipment": parcels,
            "order": {**sold, "unknown": "未知"},
            "payment": {**{str(state): title for state, title in payment_rule.TITLES.items()}, **binding.TITLES},
            "refund": {str(state): title for state, title in refund_rule.TITLES.items()},
        },
        ranks={
            "shipment": {str(state): rank for state, rank in scale.RANK.items()},
            "order": {str(state): rank for state, rank in mapping.RANK.items()},
        },
        reasons={
            "shipment": {**_TAKEN, **fuse.REASONS, **_NOTICED["shipment"], "silent": "物流异常待跟进"},
            "order": {**_TAKEN, **orders.REASONS, **_NOTICED["order"]},
            "source": _NOTICED["source"],
            "payment": money,
            "refund": money,
            "callback": {**ORDER_KINDS, **KINDS},
            "carrier": {"cannot_ask": "承运商问不到"},
            "contract": {
                "no_push": "订阅后没有推送",
                "answer_differs": "查询与推送不一致",
                "number_differs": "下单单号与发货单号不同",
                "not_shipped": "已下单未发货",
            },
            "money": {
                **{str(cause): f"对账差异：{meaning.title}" for cause, meaning in causes.MEANINGS.items()},
                "reminder": "催付短信",
            },
        },
        carriers={word: names[0] for word, names in CARRIERS.items()},
        channels=CHANNELS,
        sources={"person": "人工裁定"},
    )
