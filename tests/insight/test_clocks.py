"""The rule of stage clocks (时效时钟): only forward, whatever the order of arrival, and what is done stays judged."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.insight.clocks import (
    HISTORY_MS,
    HOUR_MS,
    LAPSE_MS,
    Act,
    Clock,
    OrderMoments,
    Outcome,
    ParcelMoments,
    Reached,
    Stage,
    Terms,
    look,
    order_clocks,
    outcome,
    parcel_clocks,
    severity,
)
from fenghe.insight.moments import Row, order_moments, parcel_moments
from fenghe.kernel.values import Observation, Step, to_ms

START = to_ms(datetime(2026, 2, 5, 6, 0, tzinfo=UTC))
FORWARD = (Outcome.RUNNING, Outcome.BREACHED, Outcome.LAPSED)
TERMS = {stage: Terms(hours=24, promise="default@0#1") for stage in Stage}
moments = st.integers(min_value=START, max_value=START + 60 * 24 * HOUR_MS)


def reached(at_ms: int, *, exact: bool = True) -> Reached:
    return Reached(at_ms=at_ms, heard_ms=at_ms, exact=exact)


@st.composite
def clocks(draw: st.DrawFn) -> Clock:
    started = draw(moments)
    due = draw(st.none() | st.integers(started, started + 200 * HOUR_MS))
    done = draw(st.none() | st.builds(reached, moments, exact=st.booleans()))
    ended = draw(st.booleans()) and done is None
    return Clock(
        stage=Stage.SIGN, started=reached(started), due_ms=due, warn_ms=due, done=done, ended=ended, promise="x"
    )


@given(clocks(), moments, moments)
def test_a_clock_only_goes_forward(clock: Clock, one: int, other: int) -> None:
    before, after = outcome(clock, min(one, other)), outcome(clock, max(one, other))
    if before in FORWARD:
        assert FORWARD.index(after) >= FORWARD.index(before)
    else:
        assert after is before


@given(clocks(), moments)
def test_what_is_done_never_breaches_later(clock: Clock, now: int) -> None:
    if clock.done is not None:
        assert outcome(clock, now) not in FORWARD
        assert outcome(clock, now) is outcome(clock, now + LAPSE_MS * 3)


@given(clocks(), moments)
def test_an_unknown_hour_is_late_never_and_in_time_only_when_the_latest_was(clock: Clock, now: int) -> None:
    if clock.done is not None and not clock.done.exact and clock.due_ms is not None:
        in_time = clock.done.at_ms <= clock.due_ms
        assert outcome(clock, now) is (Outcome.IN_TIME if in_time else Outcome.UNKNOWN)


ROAD = ("handed_over", "picked_up", "in_transit", "arrived_dest", "out_for_delivery", "delivered")


def told(n: int, state: str, at_ms: int) -> tuple[Observation, Step]:
    one = Observation(
        key=f"k{n}", status=state, occurred_ms=at_ms, heard_ms=at_ms + 1000, kind="handover" if n == 0 else "event",
        source="zto", message_id=n, item=0, code=state, text="",
    )  # fmt: skip
    return one, Step(None, state, one.key, at_ms, "in_step")


@given(st.lists(st.integers(1, 40), min_size=len(ROAD), max_size=len(ROAD)), st.integers(1, len(ROAD)), st.randoms())
def test_the_same_moments_in_any_order_give_the_same_clocks(hours: list[int], length: int, chance: Random) -> None:
    at, said = START, []
    for n, (state, pause) in enumerate(zip(ROAD[:length], hours, strict=False)):
        at += pause * HOUR_MS
        said.append(told(n, state, at))
    history, road = [one for one, _ in said], [step for _, step in said]
    expected = parcel_clocks(parcel_moments(history, road, state=ROAD[length - 1], told_ms=at), TERMS)
    chance.shuffle(history)
    chance.shuffle(road)
    found = parcel_clocks(parcel_moments(history * 2, road, state=ROAD[length - 1], told_ms=at), TERMS)
    assert found == expected
    assert [one.stage for one in found if one.done is None] or length == len(ROAD)


def test_the_stages_of_a_parcel_begin_one_after_another() -> None:
    said = [told(n, state, START + n * 10 * HOUR_MS) for n, state in enumerate(ROAD)]
    for length, going in ((1, {"pickup", "sign"}), (2, {"first_transit", "stall", "sign"}), (5, {"delivery", "sign"})):
        history, road = [one for one, _ in said[:length]], [step for _, step in said[:length]]
        known = parcel_moments(history, road, state=ROAD[length - 1], told_ms=road[-1].occurred_ms)
        assert {one.stage for one in parcel_clocks(known, TERMS) if one.done is None} == going


def test_a_step_nobody_told_of_is_done_at_an_unknown_hour() -> None:
    handed, out = told(0, "handed_over", START), told(4, "out_for_delivery", START + 100 * HOUR_MS)
    known = parcel_moments(
        [handed[0], out[0]], [handed[1], out[1]], state="out_for_delivery", told_ms=out[0].occurred_ms
    )
    pickup = next(one for one in parcel_clocks(known, TERMS) if one.stage is Stage.PICKUP)
    assert pickup.done is not None and not pickup.done.exact
    assert outcome(pickup, START + 1000 * HOUR_MS) is Outcome.UNKNOWN


def test_a_stall_starts_anew_with_every_scan_and_ends_with_the_courier() -> None:
    said = [told(n, state, START + n * 10 * HOUR_MS) for n, state in enumerate(ROAD)]

    def stall(length: int) -> Clock | None:
        history, road = [one for one, _ in said[:length]], [step for _, step in said[:length]]
        known = parcel_moments(history, road, state=ROAD[length - 1], told_ms=road[-1].occurred_ms)
        return next((one for one in parcel_clocks(known, TERMS) if one.stage is Stage.STALL), None)

    assert stall(1) is None
    third, fifth = stall(3), stall(5)
    assert third is not None and third.started.at_ms == START + 20 * HOUR_MS and third.done is None
    assert fifth is not None and fifth.started.at_ms == START + 30 * HOUR_MS and fifth.done is not None


def row(**more: object) -> Row:
    at = datetime(2026, 2, 5, 6, 0, tzinfo=UTC)
    told = {
        "created_at": at, "paid_at": at, "shipped_at": None, "promised_ship_at": None, "order_type": "normal",
        "state": "await_shipment", "parcels": 0,
    } | more  # fmt: skip
    return Row(**told)  # type: ignore[arg-type]


def test_an_order_shipped_in_part_has_not_kept_its_promise() -> None:
    at = datetime(2026, 2, 6, 6, 0, tzinfo=UTC)
    part = order_moments([], [], row(state="part_shipped", shipped_at=at, parcels=1))
    step = told(1, "shipped", to_ms(at) + 9 * HOUR_MS)
    by_parcels = order_moments([step[0]], [step[1]], row(state="shipped", parcels_shipped_at=at, parcels=2))
    assert by_parcels.handed_over is not None
    assert (by_parcels.handed_over.at_ms, by_parcels.handed_over.exact) == (to_ms(at), True)
    whole = order_moments([], [], row(state="shipped", shipped_at=at, parcels=2))
    assert part.handed_over is None
    assert whole.handed_over is not None and whole.handed_over.at_ms == to_ms(at)


def test_an_order_known_to_be_shipped_at_an_unknown_hour_is_not_called_late() -> None:
    told_late = told(1, "received", START + 200 * HOUR_MS)
    known = order_moments([told_late[0]], [told_late[1]], row(state="received"))
    (ship,) = order_clocks(known, TERMS)
    assert outcome(ship, START + 900 * HOUR_MS) is Outcome.UNKNOWN
    told_soon = told(1, "received", START + 20 * HOUR_MS)
    (ship,) = order_clocks(order_moments([told_soon[0]], [told_soon[1]], row(state="received")), TERMS)
    assert outcome(ship, START + 900 * HOUR_MS) is Outcome.IN_TIME


def test_nobody_owes_an_unpaid_or_a_cancelled_order() -> None:
    assert order_clocks(order_moments([], [], row(paid_at=None)), TERMS) == []
    cancelled = order_clocks(order_moments([], [], row(state="cancelled")), TERMS)
    assert [outcome(one, START + 999 * HOUR_MS) for one in cancelled] == [Outcome.VOID]
    cod = order_clocks(order_moments([], [], row(paid_at=None, order_type="cod")), TERMS)
    assert [one.stage for one in cod] == [Stage.SHIP]


def test_the_order_tells_of_delivery_only_where_no_parcel_could() -> None:
    known = OrderMoments(
        paid=reached(START), handed_over=reached(START + HOUR_MS), delivered=reached(START + 9 * HOUR_MS)
    )
    assert {one.stage for one in order_clocks(known, TERMS)} == {Stage.SHIP, Stage.SIGN}
    with_parcels = OrderMoments(paid=reached(START), handed_over=reached(START + HOUR_MS), has_parcels=True)
    assert {one.stage for one in order_clocks(with_parcels, TERMS)} == {Stage.SHIP}


def test_a_parcel_that_will_not_come_owes_no_delivery() -> None:
    known = ParcelMoments(handed_over=reached(START), picked_up=reached(START + HOUR_MS), ended=True)
    stands = {one.stage: outcome(one, START + 900 * HOUR_MS) for one in parcel_clocks(known, TERMS)}
    assert stands[Stage.SIGN] is Outcome.VOID and stands[Stage.PICKUP] is Outcome.IN_TIME


DUE = START + 100 * HOUR_MS
WARN = DUE - 4 * HOUR_MS


@pytest.mark.parametrize(
    ("now", "case_open", "act", "following"),
    [
        (WARN - 1, False, Act.NOTHING, WARN),
        (WARN, False, Act.WARN, DUE),
        (DUE - 1, True, Act.WARN, DUE),
        (DUE, True, Act.BREACH, DUE + LAPSE_MS),
        (DUE + HISTORY_MS, True, Act.BREACH, DUE + LAPSE_MS),
        (DUE + HISTORY_MS, False, Act.NOTHING, DUE + LAPSE_MS),
        (DUE + LAPSE_MS, True, Act.LAPSE, None),
    ],
)
def test_when_to_look_and_what_to_do(now: int, case_open: bool, act: Act, following: int | None) -> None:
    found = look(due_ms=DUE, warn_ms=WARN, case_open=case_open, now_ms=now)
    assert (found.act, found.next_ms) == (act, following)


@given(st.integers(WARN - LAPSE_MS, DUE + 2 * LAPSE_MS), st.booleans())
def test_a_look_always_lies_ahead_and_looking_ends(now: int, case_open: bool) -> None:
    looks = 0
    while True:
        found = look(due_ms=DUE, warn_ms=WARN, case_open=case_open, now_ms=now)
        looks += 1
        if found.next_ms is None:
            break
        assert found.next_ms > now
        now = found.next_ms
    assert looks <= 4


def test_a_clock_without_a_promise_asks_for_nothing() -> None:
    assert look(due_ms=None, warn_ms=None, case_open=False, now_ms=START).next_ms is None


@given(st.integers(-(10**9), 10**9), st.none() | st.integers(0, 10**7))
def test_less_time_and_more_money_are_never_less_grave(left: int, risk: int | None) -> None:
    assert 1 <= severity(left_ms=left, risk_minor=risk) <= 3
    assert severity(left_ms=left - HOUR_MS, risk_minor=risk) >= severity(left_ms=left, risk_minor=risk)
    if risk is not None:
        assert severity(left_ms=left, risk_minor=risk + 10_000) >= severity(left_ms=left, risk_minor=risk)


def test_a_breach_of_hours_ago_is_told_the_same_however_late_we_hear() -> None:
    late = Reached(at_ms=START + 10 * HOUR_MS, heard_ms=START + 90 * HOUR_MS)
    known = ParcelMoments(handed_over=reached(START), picked_up=late)
    pickup = next(one for one in parcel_clocks(known, TERMS) if one.stage is Stage.PICKUP)
    assert outcome(pickup, START + 100 * HOUR_MS) is Outcome.IN_TIME
    assert timedelta(milliseconds=late.heard_ms - late.at_ms) == timedelta(hours=80)
