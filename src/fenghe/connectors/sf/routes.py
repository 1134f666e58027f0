"""SF's routes (顺丰路由): a scan's fields are the same in pushes, query answers and the old 4501 form.

Promises: `opCode` stays as told; where the reason changes the meaning the code is `opCode+reasonCode` (`8000+6`
is 丢失).
"""

from collections.abc import Mapping
from typing import Any, Final

from fenghe.connectors.scans import Scans, facts_of, field_of
from fenghe.logistics.events import TrackingEvent
from fenghe.logistics.phrases import forwarded_number

CODES: Final = "sf"
CARRIER: Final = "sf"
_ANY_REASON: Final = frozenset({"8000", "99"})
"""With a reason these are another thing altogether, so an unknown reason must not pass for the plain code."""
_REASONS: Final = frozenset({("70", "46"), ("70", "83"), ("70", "85"), ("33", "83"), ("33", "85")})
_FACTS: Final = (
    *("reasonCode", "reasonName", "firstStatusCode", "firstStatusName"),
    *("secondaryStatusCode", "secondaryStatusName"),
)
_NO_REASON: Final = frozenset({"", "0"})


def add_route(scans: Scans, told: Mapping[str, Any], *, number: str = "", order_no: str = "") -> bool:
    """One scan. `number` and `order_no` are the message's own where the scan does not repeat them."""
    text = field_of(told, "remark", "opName")
    number = field_of(told, "mailno", "mailNo", "waybillNo") or number
    event = TrackingEvent(
        tracking_no=number,
        carrier=CARRIER,
        codes=CODES,
        code=route_code(told),
        text=text,
        occurred_at=None,
        item=0,
        order_no=field_of(told, "orderid", "orderId") or order_no or None,
        location=field_of(told, "acceptAddress"),
        forwarded_to=forwarded_number(text, number),
        facts=facts_of(told, _FACTS),
    )
    return scans.add(event, time=field_of(told, "acceptTime"), number_field="mailno", time_field="acceptTime")


def route_code(told: Mapping[str, Any]) -> str | None:
    """opCode, with its reason where that changes the meaning; failing an opCode, SF's newer status codes by their
    names.
    """
    code, reason = field_of(told, "opCode", "opcode"), field_of(told, "reasonCode")
    if code:
        changes = reason not in _NO_REASON and (code in _ANY_REASON or (code, reason) in _REASONS)
        return f"{code}+{reason}" if changes else code
    secondary, first = field_of(told, "secondaryStatusCode"), field_of(told, "firstStatusCode")
    return f"secondary:{secondary}" if secondary else f"firstStatus:{first}" if first else None


def add_order_state(scans: Scans, told: Mapping[str, Any]) -> bool:
    """One order state (下单、调度、收件 before the parcel moves)."""
    code = field_of(told, "orderStateCode")
    event = TrackingEvent(
        tracking_no=field_of(told, "waybillNo", "mailNo"),
        carrier=CARRIER,
        codes=CODES,
        code=f"orderState:{code}" if code else None,
        text=field_of(told, "orderStateDesc"),
        occurred_at=None,
        item=0,
        order_no=field_of(told, "orderNo", "orderId") or None,
        facts=facts_of(told, ("netCode", "bookTime")),
    )
    return scans.add(
        event, time=field_of(told, "lastTime", "createTm"), number_field="waybillNo", time_field="lastTime"
    )
