"""Channels' order codes in our words (订单状态映射): states of orders and refunds, and the shipped code lists. Pure."""

import csv
import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

SHIPPED: Final = Path(__file__).with_name("shipped")


class OrderState(StrEnum):
    """Where an order can be, in our words, in the order of the road; see RANK and TITLES."""

    AWAIT_PAYMENT = "await_payment"
    PART_PAID = "part_paid"
    PAID_HOLD = "paid_hold"
    AWAIT_SHIPMENT = "await_shipment"
    PREPARING = "preparing"
    PART_SHIPPED = "part_shipped"
    SHIPPED = "shipped"
    RECEIVED = "received"
    FINISHED = "finished"
    CLOSED_UNPAID = "closed_unpaid"
    CLOSED_REFUNDED = "closed_refunded"
    CANCELLED = "cancelled"
    ORDER_UNKNOWN = "order_unknown"


TITLES: Final[dict[OrderState, str]] = {
    OrderState.AWAIT_PAYMENT: "待付款",
    OrderState.PART_PAID: "部分付款/定金已付",
    OrderState.PAID_HOLD: "已付款待成交/审核",
    OrderState.AWAIT_SHIPMENT: "待发货",
    OrderState.PREPARING: "备货/出库中",
    OrderState.PART_SHIPPED: "部分发货",
    OrderState.SHIPPED: "已发货",
    OrderState.RECEIVED: "已签收/待完成",
    OrderState.FINISHED: "交易成功",
    OrderState.CLOSED_UNPAID: "未付款关闭",
    OrderState.CLOSED_REFUNDED: "退款后关闭",
    OrderState.CANCELLED: "已取消",
    OrderState.ORDER_UNKNOWN: "未知/附加",
}

RANK: Final[dict[OrderState, int]] = {
    OrderState.AWAIT_PAYMENT: 0,
    OrderState.PART_PAID: 5,
    OrderState.PAID_HOLD: 8,
    OrderState.AWAIT_SHIPMENT: 10,
    OrderState.PREPARING: 12,
    OrderState.PART_SHIPPED: 20,
    OrderState.SHIPPED: 30,
    OrderState.RECEIVED: 40,
    OrderState.FINISHED: 50,
}
"""Steps of the main road; the closed states end it beside the road, and the unknown one is no place at all."""


class RefundState(StrEnum):
    """Where a refund or another after-sale affair can be."""

    REFUND_NONE = "refund_none"
    REFUND_REQUESTED = "refund_requested"
    REFUND_REJECTED = "refund_rejected"
    REFUND_WAIT_RETURN = "refund_wait_return"
    REFUND_WAIT_RECEIVE = "refund_wait_receive"
    REFUND_ARBITRATION = "refund_arbitration"
    REFUND_PROCESSING = "refund_processing"
    REFUND_SUCCESS = "refund_success"
    REFUND_CLOSED = "refund_closed"
    REFUND_FAILED = "refund_failed"
    EXCHANGE_OPEN = "exchange_open"
    EXCHANGE_DONE = "exchange_done"


REFUND_TITLES: Final[dict[RefundState, str]] = {
    RefundState.REFUND_NONE: "无售后",
    RefundState.REFUND_REQUESTED: "申请退款待商家",
    RefundState.REFUND_REJECTED: "商家拒绝",
    RefundState.REFUND_WAIT_RETURN: "待买家退货",
    RefundState.REFUND_WAIT_RECEIVE: "待商家收退货",
    RefundState.REFUND_ARBITRATION: "平台介入",
    RefundState.REFUND_PROCESSING: "退款中",
    RefundState.REFUND_SUCCESS: "退款成功",
    RefundState.REFUND_CLOSED: "退款关闭",
    RefundState.REFUND_FAILED: "退款失败",
    RefundState.EXCHANGE_OPEN: "换货/补寄/维修处理中",
    RefundState.EXCHANGE_DONE: "换货/补寄/维修完成",
}


def shipped_order_rules(codes: str) -> dict[str, OrderState]:
    """Code → state for the code list of a channel (`taobao`, `pdd` ...) or of a shipped file layout; else empty."""
    return dict(_order_rules(codes))


@lru_cache(maxsize=64)
def _order_rules(codes: str) -> Mapping[str, OrderState]:
    states = {state.value for state in OrderState}
    return {code: OrderState(state) for code, (_, state) in _shipped(codes).items() if state in states}


def shipped_refund_rules(codes: str) -> dict[str, RefundState]:
    """Code → refund state, as `shipped_order_rules`."""
    states = {state.value for state in RefundState}
    return {code: RefundState(state) for code, (_, state) in _shipped(codes).items() if state in states}


def shipped_code_titles(codes: str) -> dict[str, str]:
    """Code → what the channel itself calls it, for the mapper's screen."""
    return {code: title for code, (title, _) in _shipped(codes).items()}


def _shipped(codes: str) -> Mapping[str, tuple[str, str]]:
    return _shipped_codes().get(codes, MappingProxyType({}))


@cache
def _shipped_codes() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    lists: dict[str, dict[str, tuple[str, str]]] = {}
    with (SHIPPED / "channel_order_statuses.csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            lists.setdefault(row["channel"], {})[row["code"]] = (row["title"], row["state"])
    for path in sorted(SHIPPED.glob("*.json")):
        layout = json.loads(path.read_bytes())
        status = layout.get("status", {"columns": [""], "states": {}})
        codes = {f"{status['columns'][0]}:{told}": (told, state) for told, state in status["states"].items()}
        lists.setdefault(layout["name"], {}).update(codes)
    return MappingProxyType({codes: MappingProxyType(rows) for codes, rows in lists.items()})


def state_of_lines(states: Iterable[OrderState | None]) -> OrderState | None:
    """The state of an order of which only the lines were told; None while any line's state is not known.

    Closed lines do not count while another line goes on; of those that go on, some shipped and some not is 部分发货.
    """
    told = list(states)
    if not told or any(state is None or state is OrderState.ORDER_UNKNOWN for state in told):
        return None
    ranked = sorted({state for state in told if state in RANK}, key=lambda state: RANK[state])
    if not ranked:
        kinds = {state for state in told if state is not None}
        return kinds.pop() if len(kinds) == 1 else OrderState.CANCELLED
    first, last = ranked[0], ranked[-1]
    shipped = RANK[OrderState.PART_SHIPPED]
    return OrderState.PART_SHIPPED if RANK[first] < shipped <= RANK[last] else first
