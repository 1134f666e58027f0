"""The two-way contract (双向契约): what was asked of a carrier and what came back, held against each other. Pure.

Promises: a subscription without a push, a query and a push that tell different stories, and a waybill number other than
the one that was booked are findings; within the grace that telling takes nothing is one.
"""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import msgspec

from fenghe.logistics.scale import BY_WORD, FINAL, RANK, State

SUBSCRIBE: Final = "track.subscribe"
CREATE: Final = "shipment.create"
GRACE: Final = timedelta(hours=2)
"""So long one way of telling may be behind the other."""
NODES_APART: Final = 2

TITLES: Final = {
    "no_push": "订阅后没有推送",
    "answer_differs": "查询与推送不一致",
    "number_differs": "下单单号与发货单号不同",
    "not_shipped": "已下单未发货",
}
ACTS: Final = {SUBSCRIBE: "订阅轨迹", CREATE: "下单取号"}


class ContractReply(msgspec.Struct, frozen=True, kw_only=True):
    """What a carrier answered to a subscription or a booking: read from its reply in the inbox."""

    act: str
    contract_id: int
    waybill_no: str = ""
    said: str = ""


class PushHeard(msgspec.Struct, frozen=True, kw_only=True):
    """A push was heard about this number."""

    tracking_no: str


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """The last thing one way of telling says of a parcel, and when we heard it."""

    state: str
    occurred_at: datetime
    heard_at: datetime


def silent_since_asked(
    *, answered_at: datetime | None, pushed_at: datetime | None, push_hours: int, now: datetime
) -> bool:
    """Subscribed, accepted, and not one push in that time."""
    if answered_at is None or pushed_at is not None:
        return False
    return now - answered_at >= timedelta(hours=push_hours)


def differs(answered: Said | None, pushed: Said | None) -> bool:
    """The query and the pushes tell stories that are too far apart, and the slower one has had its time."""
    if answered is None or pushed is None:
        return False
    if answered.heard_at - max(answered.occurred_at, pushed.occurred_at) < GRACE:
        return False
    ours, theirs = BY_WORD.get(answered.state), BY_WORD.get(pushed.state)
    if ours is None or theirs is None or ours is theirs:
        return False
    if (ours in FINAL) != (theirs in FINAL):
        return True
    return _apart(ours, theirs) > NODES_APART


def _apart(one: State, other: State) -> int:
    """Nodes between two states; what stands beside the scale is no distance."""
    if one not in RANK or other not in RANK:
        return 0
    return abs(RANK[one] - RANK[other])


def number_finding(
    waybill_no: str, shipped: Collection[str], *, answered_at: datetime, patience_hours: int, now: datetime
) -> str | None:
    """A number was booked for an order: was it the one that went out?"""
    if waybill_no in shipped:
        return None
    if shipped:
        return "number_differs"
    return "not_shipped" if now - answered_at >= timedelta(hours=patience_hours) else None


_PART: Final = re.compile(r"(?P<province>[^省市区]+?(?:省|自治区|特别行政区)|(?:北京|天津|上海|重庆)市?)?(?P<rest>.*)")
_CITY: Final = re.compile(r"(?P<city>.+?(?:自治州|地区|盟|市))?(?P<district>.*)")


def split_region(region: str) -> tuple[str, str, str]:
    """(province, city, district) of a region as a channel writes it: in parts, or all in one."""
    parts = [part for part in re.split(r"[\s,，/·-]+", region.strip()) if part]
    if len(parts) >= 3:
        return parts[0], parts[1], "".join(parts[2:])
    found = _PART.fullmatch("".join(parts))
    if found is None:
        return region, "", ""
    province, rest = found["province"] or "", found["rest"]
    city = _CITY.fullmatch(rest)
    return province, (city["city"] or "") if city else "", (city["district"] or "") if city else rest
