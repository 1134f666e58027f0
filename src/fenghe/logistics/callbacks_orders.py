"""Times of an order that contradict each other (订单时间核查): each is a finding with both times. Pure.

Promises: a time that the channel never tells is not missed; goods that are paid on delivery may leave before they are paid;
an order that was closed after its goods came back may well have been delivered.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from fenghe.kernel.values import Observation, from_ms
from fenghe.logistics.callbacks import SEVERITY, Finding, every, finding_key, span
from fenghe.logistics.policy import HOUR_MS

DELIVERED: Final = frozenset({"received", "finished"})
SHIPPED: Final = frozenset({"shipped", *DELIVERED})
CANCELLED: Final = frozenset({"cancelled", "closed_unpaid"})
PAID_LATER: Final = frozenset({"cod", "货到付款"})
TIMES: Final = ("created", "paid", "handed_over", "delivered", "promised_ship", "promised_delivery")


class OrderTimes(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of one order's road; None: not told. `tells`: the times that its channel or file tells at all."""

    order_no: str
    state: str
    state_title: str
    tells: frozenset[str]
    created_ms: int | None = None
    paid_ms: int | None = None
    handed_over_ms: int | None = None
    delivered_ms: int | None = None
    promised_ship_ms: int | None = None
    promised_delivery_ms: int | None = None
    order_type: str = ""
    source: str = ""
    message_id: int | None = None
    where: str = ""
    heard_ms: int = 0
    zone_minutes: int = 480
    """Where a promised day begins: the offset of the place the times are of."""
    fields: dict[str, str] = {}
    """What the teller calls these times, where that is known."""
    delivered_number: str = ""
    """The parcel that was delivered, where a carrier and not the channel says so."""


def fold_times(history: Iterable[Observation]) -> dict[str, Any]:
    """Of each thing said of an order the newest word; `more` of all of them together."""
    told: dict[str, Any] = {}
    more: dict[str, Any] = {}
    for one in sorted(history, key=lambda one: (one.occurred_ms, one.key)):
        told.update({name: value for name, value in one.facts.items() if name != "more"})
        more.update(one.facts.get("more", {}))
    return {**told, "more": more}


def audit_order(order: OrderTimes, *, now_ms: int) -> list[Finding]:
    """Everything that is wrong with an order's times."""
    return every(_sequence(order), _missing(order), _cancelled(order), _promises(order), _future(order, now_ms))


_FIELDS: Final = {
    "created": "下单时间",
    "paid": "付款时间",
    "handed_over": "发货时间",
    "delivered": "签收时间",
    "promised_ship": "承诺发货时间",
    "promised_delivery": "承诺送达时间",
}


def _field(order: OrderTimes, name: str) -> str:
    return order.fields.get(name) or _FIELDS[name]


def _clock(order: OrderTimes, ms: int) -> str:
    """A moment as the teller's own clock shows it."""
    return from_ms(ms + order.zone_minutes * 60_000).strftime("%Y-%m-%d %H:%M:%S")


def _found(
    order: OrderTimes, kind: str, *, field: str, theirs: str, ours: str, words: str, severity: int | None = None
) -> Finding:
    return Finding(
        key=finding_key(kind, order.order_no, field),
        kind=kind,
        severity=severity or SEVERITY[kind],
        number=order.delivered_number,
        order_no=order.order_no,
        field=field,
        theirs=theirs,
        ours=ours,
        words=words,
        rule=kind,
        at_ms=order.heard_ms,
        source=order.source,
        message_id=order.message_id,
        where=order.where,
    )


def _sequence(order: OrderTimes) -> Iterator[Finding]:
    """What must come before what."""
    yield from _before(order, "paid_before_created", "paid", order.paid_ms, "created", order.created_ms)
    yield from _before(
        order, "handed_over_before_created", "handed_over", order.handed_over_ms, "created", order.created_ms
    )
    if order.order_type not in PAID_LATER:
        yield from _before(order, "handed_over_before_paid", "handed_over", order.handed_over_ms, "paid", order.paid_ms)
    yield from _before(
        order, "delivered_before_handed_over", "delivered", order.delivered_ms, "handed_over", order.handed_over_ms
    )


def _before(
    order: OrderTimes, kind: str, first: str, first_ms: int | None, second: str, second_ms: int | None
) -> Iterator[Finding]:
    if first_ms is None or second_ms is None or first_ms >= second_ms:
        return
    theirs, ours = _clock(order, first_ms), f"{_FIELDS[second]} {_clock(order, second_ms)}"
    early = f"早了 {span(second_ms - first_ms)}"
    yield _found(
        order,
        kind,
        field=_field(order, first),
        theirs=theirs,
        ours=ours,
        words=f"{_FIELDS[first]} {theirs} 早于{ours},{early}",
    )


def _missing(order: OrderTimes) -> Iterator[Finding]:
    for kind, name, moment, states in (
        ("delivered_without_time", "delivered", order.delivered_ms, DELIVERED),
        ("handed_over_without_time", "handed_over", order.handed_over_ms, SHIPPED),
    ):
        if order.state in states and moment is None and name in order.tells:
            yield _found(
                order, kind, field=_field(order, name), theirs="(空)", ours=f"状态「{order.state_title}」",
                words=f"订单状态是「{order.state_title}」,却没有{_FIELDS[name]}",
            )  # fmt: skip


def _cancelled(order: OrderTimes) -> Iterator[Finding]:
    if order.state in CANCELLED and order.delivered_ms is not None:
        parcel = f"(运单 {order.delivered_number})" if order.delivered_number else ""
        yield _found(
            order, "cancelled_yet_delivered", field=_field(order, "delivered"), theirs=_clock(order, order.delivered_ms),
            ours=f"状态「{order.state_title}」",
            words=f"订单已是「{order.state_title}」,货却在 {_clock(order, order.delivered_ms)} 签收了{parcel}",
        )  # fmt: skip


def _promises(order: OrderTimes) -> Iterator[Finding]:
    for kind, name, moment, promise, promised in (
        ("handed_over_late", "handed_over", order.handed_over_ms, "promised_ship", order.promised_ship_ms),
        ("delivered_late", "delivered", order.delivered_ms, "promised_delivery", order.promised_delivery_ms),
    ):
        if moment is None or promised is None or moment <= promised:
            continue
        same_day = _is_day(order, promised) and moment < promised + 24 * HOUR_MS
        late = "承诺只说到日,当天才到" if same_day else f"晚了 {span(moment - promised)}"
        theirs, ours = _clock(order, moment), f"{_FIELDS[promise]} {_clock(order, promised)}"
        yield _found(
            order, kind, field=_field(order, name), theirs=theirs, ours=ours, severity=1 if same_day else None,
            words=f"{_FIELDS[name]} {theirs} 晚于{ours},{late}",
        )  # fmt: skip


def _is_day(order: OrderTimes, moment_ms: int) -> bool:
    """Was only a day promised? Then its first moment is what was written."""
    local = from_ms(moment_ms + order.zone_minutes * 60_000)
    return local.time() == from_ms(0).time()


def _future(order: OrderTimes, now_ms: int) -> Iterator[Finding]:
    heard = order.heard_ms or now_ms
    for name, moment in (
        ("created", order.created_ms), ("paid", order.paid_ms), ("handed_over", order.handed_over_ms),
        ("delivered", order.delivered_ms),
    ):  # fmt: skip
        if moment is not None and moment > heard + HOUR_MS:
            theirs = _clock(order, moment)
            yield _found(
                order, "future_time", field=_field(order, name), theirs=theirs, ours=f"收到于 {_clock(order, heard)}",
                words=f"{_FIELDS[name]} {theirs} 比收到它的时刻还晚",
            )  # fmt: skip
