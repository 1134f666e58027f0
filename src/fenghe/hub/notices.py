"""Notifications wired (通知接线): which robots there are, what messages call things and advise, and the process that sends."""

from contextlib import closing
from functools import cache
from typing import Any, Final

from fenghe.connectors.robots import CHANNELS
from fenghe.hub import reminding
from fenghe.hub.titles import titles
from fenghe.kernel.duties import running
from fenghe.kernel.notices.store_routing import Words
from fenghe.kernel.notices.tasks import SendDuty

__all__ = ["CHANNELS", "run_robots", "words"]

ADVICE: Final = {
    "shipment.distance": "联系承运商核实是否揽收;确认后在工单里裁定采纳或维持",
    "shipment.age": "分歧拖得太久:再查一次轨迹,仍不一致就裁定",
    "shipment.silent": "轨迹停更:联系承运商网点查件,必要时补发并登记理赔",
    "shipment.reused_number": "单号被复用:核对发货时间,维持我方状态",
    "shipment.signed_after_forward": "已转单:以新单号的轨迹为准,核对收件人",
    "shipment.foreign_order": "串单:核对面单与订单号,更正单号",
    "shipment.*": "核对双方证据,必要时联系承运商,然后裁定",
    "order.*": "核对渠道后台的订单状态,然后裁定",
    "clock.*": "催仓库或承运商,赶在承诺时间之前",
    "money.reminder": "买家还不付款时,打电话问一问,或到期关单",
    "callbacks.*": "核对原始报文与我方记录,需要时改映射或裁定",
}
"""What to do about a case, by kind; the first that fits. A rule's own template may say something better."""


@cache
def words() -> Words:
    """What messages call things."""
    return Words(titles=titles(), advice=ADVICE)


def run_robots(dsn: str, *, stop: Any, key: bytes) -> None:
    """Send messages until `stop` is set; any number of these may run. Apart from other duties: robots may be slow."""
    with closing(SendDuty(CHANNELS, key=key, gates=reminding.GATES)) as duty:
        running.run(dsn, [duty, reminding.duty(key)], stop=stop)
