"""The canonical tracking scale (物流状态标尺): one node a step, and the states beside it. Pure."""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a parcel can be, in our words; see RANK for the steps and TITLES for what the screens say."""

    CREATED = "created"
    AWAIT_PICKUP = "await_pickup"
    PICKUP_ASSIGNED = "pickup_assigned"
    PICKUP_IN_PROGRESS = "pickup_in_progress"
    HANDED_OVER = "handed_over"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    ARRIVED_DEST = "arrived_dest"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    READY_FOR_PICKUP = "ready_for_pickup"
    CUSTOMS = "customs"
    CUSTOMS_HELD = "customs_held"
    DELIVERY_FAILED = "delivery_failed"
    EXCEPTION = "exception"
    FORWARDED = "forwarded"
    REJECTED = "rejected"
    RETURNING = "returning"
    RETURNED = "returned"
    LOST = "lost"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    INFO = "info"
    UNKNOWN = "unknown"


TITLES: Final[dict[State, str]] = {
    State.CREATED: "已出单",
    State.AWAIT_PICKUP: "待揽收",
    State.PICKUP_ASSIGNED: "已派揽收员",
    State.PICKUP_IN_PROGRESS: "揽收中",
    State.HANDED_OVER: "已发货",
    State.PICKED_UP: "已揽收",
    State.IN_TRANSIT: "运输中",
    State.ARRIVED_DEST: "到达派件网点",
    State.OUT_FOR_DELIVERY: "派件中",
    State.DELIVERED: "已签收",
    State.READY_FOR_PICKUP: "待取件",
    State.CUSTOMS: "清关中",
    State.CUSTOMS_HELD: "清关异常",
    State.DELIVERY_FAILED: "派送未果",
    State.EXCEPTION: "异常",
    State.FORWARDED: "转单",
    State.REJECTED: "拒收",
    State.RETURNING: "退回中",
    State.RETURNED: "已退回",
    State.LOST: "丢失/破损",
    State.CANCELLED: "已取消",
    State.EXPIRED: "超期停止跟踪",
    State.INFO: "信息",
    State.UNKNOWN: "未知",
}

RANK: Final[dict[State, int]] = {
    State.CREATED: 0,
    State.AWAIT_PICKUP: 1,
    State.PICKUP_ASSIGNED: 2,
    State.PICKUP_IN_PROGRESS: 3,
    State.HANDED_OVER: 4,
    State.PICKED_UP: 5,
    State.IN_TRANSIT: 6,
    State.CUSTOMS: 6,
    State.CUSTOMS_HELD: 6,
    State.ARRIVED_DEST: 7,
    State.OUT_FOR_DELIVERY: 8,
    State.READY_FOR_PICKUP: 8,
    State.DELIVERED: 9,
}
"""Nodes of the main line and those that stand at one of its nodes."""

SILENT: Final = frozenset({State.INFO, State.UNKNOWN, State.EXPIRED})
"""Words that never move a state."""

FINAL: Final = frozenset({State.DELIVERED, State.RETURNED, State.LOST, State.CANCELLED})
"""Where a parcel's road ends."""

BY_WORD: Final[dict[str, State]] = {str(state): state for state in State}
"""States by their word: the look-up that the hot path uses."""
