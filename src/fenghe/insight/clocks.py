"""Stage clocks (时效时钟): from what is known to have happened and what was promised, how much time each stage has left. Pure.

Promises: the answer depends on the set of known moments and on `now`, never on their arrival; with the moments unchanged
a clock only goes forward (running → breached → lapsed); a stage that is done never breaches later; a stage known to be
done at an unknown hour is judged only where either hour gives the same answer.
"""

from enum import StrEnum
from typing import Final

import msgspec

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
LAPSE_MS: Final = 30 * DAY_MS
"""An overdue clock nobody ever heard the end of stops counting as urgent after this long."""


class Stage(StrEnum):
    """What is promised, in the order of the road."""

    SHIP = "ship"
    PICKUP = "pickup"
    FIRST_TRANSIT = "first_transit"
    STALL = "stall"
    DELIVERY = "delivery"
    SIGN = "sign"


TITLES: Final = {
    Stage.SHIP: "发货",
    Stage.PICKUP: "揽收",
    Stage.FIRST_TRANSIT: "首次中转",
    Stage.STALL: "停滞",
    Stage.DELIVERY: "派件",
    Stage.SIGN: "签收",
}


class Outcome(StrEnum):
    """How a clock stands at a moment; see OUTCOMES for the words."""

    RUNNING = "running"
    BREACHED = "breached"
    LAPSED = "lapsed"
    IN_TIME = "in_time"
    LATE = "late"
    DONE = "done"
    UNKNOWN = "unknown"
    VOID = "void"


OUTCOMES: Final = {
    Outcome.RUNNING: "进行中",
    Outcome.BREACHED: "已超时",
    Outcome.LAPSED: "超时失联",
    Outcome.IN_TIME: "按时完成",
    Outcome.LATE: "超时完成",
    Outcome.DONE: "已完成(没有约定时限)",
    Outcome.UNKNOWN: "已完成(时刻不明)",
    Outcome.VOID: "不再适用",
}

GOING: Final = frozenset({Outcome.RUNNING, Outcome.BREACHED, Outcome.LAPSED})


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """That something happened: when, and when we heard. `exact` False: at the latest then, the hour itself is not known."""

    at_ms: int
    heard_ms: int
    exact: bool = True


class OrderMoments(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an order. `ended`: closed or cancelled, nothing is owed any more."""

    created: Reached | None = None
    paid: Reached | None = None
    handed_over: Reached | None = None
    delivered: Reached | None = None
    ended: bool = False
    pays_later: bool = False
    """Cash on delivery: what is owed begins with the order, not with the payment."""
    promised_ship_ms: int | None = None
    promised_sign_ms: int | None = None
    has_parcels: bool = False


class ParcelMoments(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a parcel. `ended`: returned, lost or cancelled, it will not be delivered any more."""

    handed_over: Reached | None = None
    picked_up: Reached | None = None
    first_transit: Reached | None = None
    out_for_delivery: Reached | None = None
    arrived: Reached | None = None
    """At the door or at the pick-up point (派件完成: 签收或待取件)."""
    delivered: Reached | None = None
    last_scan: Reached | None = None
    scan_before_delivery: Reached | None = None
    ended: bool = False


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What is promised of one stage and what a breach costs, as found in the declarations or said by the channel itself."""

    hours: int | None
    warn_hours: int = 4
    promise: str = ""
    """Which rule: `taobao@3#2`; `taobao@0#1` as shipped; `order` the channel's own word."""
    due_ms: int | None = None
    """Said outright instead of hours."""


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """One stage's clock. `ended`: it will never be done, and nobody is owed it."""

    stage: Stage
    started: Reached
    due_ms: int | None
    warn_ms: int | None
    done: Reached | None
    ended: bool
    promise: str


def outcome(clock: Clock, now_ms: int) -> Outcome:
    """How the clock stands."""
    if clock.done is not None:
        return _how_done(clock.done, clock.due_ms)
    if clock.ended:
        return Outcome.VOID
    if clock.due_ms is None or now_ms < clock.due_ms:
        return Outcome.RUNNING
    return Outcome.BREACHED if now_ms < clock.due_ms + LAPSE_MS else Outcome.LAPSED


def _how_done(done: Reached, due_ms: int | None) -> Outcome:
    if due_ms is None:
        return Outcome.DONE
    if done.at_ms <= due_ms:
        return Outcome.IN_TIME
    return Outcome.LATE if done.exact else Outcome.UNKNOWN


def order_clocks(known: OrderMoments, terms: dict[Stage, Terms]) -> list[Clock]:
    """The clocks an order itself carries: 发货, and 签收 where no parcel is known that could tell."""
    clocks = []
    began = known.created if known.pays_later else known.paid
    if began is not None:
        clocks.append(_clock(Stage.SHIP, began, known.handed_over, ended=known.ended, terms=terms))
    if _exact(known.handed_over) and known.handed_over is not None and not known.has_parcels:
        clocks.append(_clock(Stage.SIGN, known.handed_over, known.delivered, ended=known.ended, terms=terms))
    return clocks


def parcel_clocks(known: ParcelMoments, terms: dict[Stage, Terms]) -> list[Clock]:
    """The clocks of a parcel that have begun."""
    road = (
        (Stage.PICKUP, known.handed_over, known.picked_up),
        (
            Stage.FIRST_TRANSIT,
            known.picked_up if known.picked_up and known.picked_up.exact else None,
            known.first_transit,
        ),
        (Stage.DELIVERY, known.out_for_delivery if _exact(known.out_for_delivery) else None, known.arrived),
        (Stage.SIGN, known.handed_over, known.delivered),
    )
    clocks = [
        _clock(stage, started, done, ended=known.ended, terms=terms)
        for stage, started, done in road
        if started is not None
    ]
    return [*clocks, *_stall(known, terms)]


def _stall(known: ParcelMoments, terms: dict[Stage, Terms]) -> list[Clock]:
    """停滞 runs from the newest scan while a parcel is under way, and ends when it goes out for delivery."""
    out = known.out_for_delivery or known.arrived or known.delivered
    started = known.scan_before_delivery if out is not None else known.last_scan
    if started is None or known.picked_up is None:
        return []
    return [_clock(Stage.STALL, started, out, ended=known.ended, terms=terms)]


def _exact(reached: Reached | None) -> bool:
    return reached is not None and reached.exact


def _clock(stage: Stage, started: Reached, done: Reached | None, *, ended: bool, terms: dict[Stage, Terms]) -> Clock:
    promised = terms.get(stage)
    due_ms = None
    if promised is not None:
        due_ms = promised.due_ms
        if due_ms is None and promised.hours is not None:
            due_ms = started.at_ms + promised.hours * HOUR_MS
    warn_ms = None if due_ms is None or promised is None else due_ms - promised.warn_hours * HOUR_MS
    return Clock(
        stage=stage,
        started=started,
        due_ms=due_ms,
        warn_ms=warn_ms,
        done=done,
        ended=ended and done is None,
        promise=promised.promise if promised is not None and due_ms is not None else "",
    )


HISTORY_MS: Final = 7 * DAY_MS
"""A breach first seen this long after it happened is history, not work: the board shows it, no case opens."""


class Act(StrEnum):
    """What is to be done about a clock now."""

    NOTHING = "nothing"
    WARN = "warn"
    BREACH = "breach"
    LAPSE = "lapse"


class Look(msgspec.Struct, frozen=True):
    """What to do now and when to look again (None: never by itself)."""

    act: Act
    next_ms: int | None


def look(*, due_ms: int | None, warn_ms: int | None, case_open: bool, now_ms: int) -> Look:
    """What a running clock wants at `now`: a case before the breach, the breach told on it, and an end to waiting."""
    if due_ms is None or warn_ms is None:
        return Look(Act.NOTHING, None)
    if now_ms < min(warn_ms, due_ms):
        return Look(Act.NOTHING, min(warn_ms, due_ms))
    if now_ms < due_ms:
        return Look(Act.WARN, due_ms)
    if now_ms >= due_ms + LAPSE_MS:
        return Look(Act.LAPSE, None)
    stale = not case_open and now_ms >= due_ms + HISTORY_MS
    return Look(Act.NOTHING if stale else Act.BREACH, due_ms + LAPSE_MS)


HIGH_MINOR: Final = 5_000
"""Money at risk in minor units from which a warning is grave."""


def severity(*, left_ms: int, risk_minor: int | None) -> int:
    """1 to 3: a breach or the last hour is grave unless it costs nothing; hours left are small while no price is known."""
    if left_ms <= HOUR_MS:
        return 2 if risk_minor == 0 else 3
    if (risk_minor or 0) >= HIGH_MINOR:
        return 3
    return 2 if risk_minor else 1
