"""The fuse's book of examples: each reads like what a seller would tell."""

from collections.abc import Sequence
from typing import Any

import pytest

from fenghe.kernel.values import Observation, Projection, digest
from fenghe.logistics.fuse import project
from fenghe.logistics.policy import HOUR_MS, FusePolicy
from fenghe.logistics.scale import State

START = 1_770_000_000_000
LATER = START + 30 * 24 * HOUR_MS


def said(state: str | None, hours: float, *, kind: str = "event", code: str = "c", **facts: Any) -> Observation:
    occurred = START + int(hours * HOUR_MS)
    return Observation(
        key=digest(kind, str(state), str(hours), code, str(sorted(facts))),
        status=state,
        occurred_ms=occurred,
        heard_ms=occurred,
        kind=kind,
        source="test",
        message_id=1,
        item=0,
        code=code,
        text="",
        facts=facts,
    )


def shipped(hours: float = 0, **facts: Any) -> Observation:
    return said(State.HANDED_OVER, hours, kind="handover", **facts)


def look(*history: Observation, now_ms: int = LATER, policy: FusePolicy | None = None) -> Projection:
    return project(history, policy=policy or FusePolicy(), now_ms=now_ms)


def standing(projection: Projection) -> list[str]:
    return [dispute.reason for dispute in projection.disputes if dispute.closed_by is None]


def road(projection: Projection) -> list[str]:
    return [step.to_state for step in projection.steps]


def test_the_seeds_ghost_order_trips_and_keeps_our_state() -> None:
    ghost = look(shipped(), said(State.AWAIT_PICKUP, 5))
    assert ghost.state == State.HANDED_OVER
    assert standing(ghost) == ["distance"]
    assert (ghost.disputes[0].ours, ghost.disputes[0].theirs, ghost.disputes[0].distance) == (
        "handed_over",
        "await_pickup",
        3,
    )


def test_picked_up_after_handed_over_is_the_next_step() -> None:
    parcel = look(shipped(), said(State.PICKED_UP, 5))
    assert parcel.state == State.PICKED_UP
    assert not parcel.disputes


def test_steps_between_close_the_distance() -> None:
    jumped = look(shipped(), said(State.DELIVERED, 40))
    assert standing(jumped) == ["distance"] and jumped.state == State.HANDED_OVER
    steps = [said(s, h) for s, h in ((State.PICKED_UP, 4), (State.IN_TRANSIT, 10), (State.OUT_FOR_DELIVERY, 30))]
    filled = look(shipped(), said(State.DELIVERED, 40), *steps)
    assert filled.state == State.DELIVERED and filled.final and not filled.disputes


def test_a_ghost_that_is_picked_up_after_all_closes_its_dispute_on_record() -> None:
    parcel = look(shipped(), said(State.AWAIT_PICKUP, 5), said(State.PICKED_UP, 9))
    assert parcel.state == State.PICKED_UP
    assert [d.reason for d in parcel.disputes] == ["distance"] and standing(parcel) == []


@pytest.mark.parametrize("word", [State.INFO, State.UNKNOWN, State.EXPIRED, None])
def test_a_silent_word_never_moves_a_parcel(word: State | None) -> None:
    parcel = look(shipped(), said(State.PICKED_UP, 2), said(word, 5))
    assert parcel.state == State.PICKED_UP and not parcel.disputes


def test_a_small_disagreement_trips_only_when_it_is_old() -> None:
    history = (shipped(), said(State.PICKUP_IN_PROGRESS, 1))
    opens = START + 25 * HOUR_MS
    young = look(*history, now_ms=opens - 1)
    assert young.due_ms == opens and young.disputes[0].reason == "age"
    assert look(*history, now_ms=opens).due_ms is None


def test_a_waybill_printed_before_shipping_that_stays_so_trips_by_age() -> None:
    parcel = look(said(State.AWAIT_PICKUP, -2), shipped(0))
    assert parcel.state == State.HANDED_OVER and standing(parcel) == ["age"]
    assert standing(look(said(State.AWAIT_PICKUP, -2), shipped(0), said(State.PICKED_UP, 3))) == []


def test_a_signature_after_forwarding_is_no_delivery() -> None:
    scans = [
        said(s, h)
        for s, h in ((State.PICKED_UP, 2), (State.OUT_FOR_DELIVERY, 20), (State.FORWARDED, 21), (State.DELIVERED, 22))
    ]
    parcel = look(shipped(), said(State.IN_TRANSIT, 9), *scans)
    assert parcel.state == State.FORWARDED and standing(parcel) == ["signed_after_forward"]


def test_a_signature_on_the_way_back_is_a_return() -> None:
    out = [said(s, h) for s, h in ((State.PICKED_UP, 2), (State.IN_TRANSIT, 9), (State.OUT_FOR_DELIVERY, 20))]
    back = [
        said(s, h)
        for s, h in ((State.REJECTED, 21), (State.RETURNING, 22), (State.IN_TRANSIT, 30), (State.DELIVERED, 50))
    ]
    parcel = look(shipped(), *out, *back)
    assert parcel.state == State.RETURNED and parcel.final and not standing(parcel)


def test_scans_of_an_earlier_life_of_the_number_do_not_count() -> None:
    old = [said(s, h) for s, h in ((State.PICKED_UP, -9000), (State.IN_TRANSIT, -8990), (State.DELIVERED, -8950))]
    parcel = look(shipped(), *old)
    assert parcel.state == State.HANDED_OVER and standing(parcel) == ["reused_number"]
    assert {parcel.effects[one.key].effect for one in old} == {"excluded"}


def test_without_an_order_the_newest_life_counts() -> None:
    old = [said(s, h) for s, h in ((State.PICKED_UP, -9000), (State.DELIVERED, -8950))]
    new = [said(State.PICKED_UP, 1), said(State.IN_TRANSIT, 5)]
    assert look(*old, *new).state == State.IN_TRANSIT


def test_an_event_that_names_another_order_is_held() -> None:
    parcel = look(shipped(order_no="A1"), said(State.PICKED_UP, 2, order_no="B9"))
    assert parcel.state == State.HANDED_OVER and standing(parcel) == ["foreign_order"]
    assert look(shipped(order_no="A1"), said(State.PICKED_UP, 2, order_no="A1")).state == State.PICKED_UP


def test_moving_on_after_delivery_trips_but_a_late_scan_does_not() -> None:
    done = [
        said(s, h)
        for s, h in ((State.PICKED_UP, 2), (State.IN_TRANSIT, 9), (State.OUT_FOR_DELIVERY, 20), (State.DELIVERED, 22))
    ]
    late = look(shipped(), *done, said(State.OUT_FOR_DELIVERY, 22.1))
    assert late.state == State.DELIVERED and not late.disputes
    moving = look(shipped(), *done, said(State.IN_TRANSIT, 30))
    assert moving.state == State.DELIVERED and standing(moving) == ["moves_after_delivered"]


def _ruled(decision: str, target: Observation, hours: float) -> Observation:
    return said(None, hours, kind="ruling", decision=decision, keys=[target.key], operator="li")


def test_accepting_the_carriers_word_moves_back_and_the_road_goes_on_from_there() -> None:
    ghost = said(State.AWAIT_PICKUP, 5)
    accepted = look(shipped(), ghost, _ruled("accept_theirs", ghost, 8))
    assert accepted.state == State.AWAIT_PICKUP and not standing(accepted)
    moving = look(shipped(), ghost, _ruled("accept_theirs", ghost, 8), said(State.PICKED_UP, 12))
    assert moving.state == State.PICKED_UP and not standing(moving)


def test_keeping_ours_silences_the_same_word_said_again() -> None:
    ghost = said(State.AWAIT_PICKUP, 5)
    kept = look(shipped(), ghost, _ruled("keep_ours", ghost, 8), said(State.AWAIT_PICKUP, 10))
    assert kept.state == State.HANDED_OVER and not standing(kept)


def test_pickup_point_and_courier_may_alternate() -> None:
    scans: Sequence[Observation] = [
        said(s, h)
        for s, h in (
            (State.PICKED_UP, 2),
            (State.IN_TRANSIT, 9),
            (State.OUT_FOR_DELIVERY, 20),
            (State.READY_FOR_PICKUP, 22),
            (State.DELIVERY_FAILED, 30),
            (State.OUT_FOR_DELIVERY, 44),
            (State.DELIVERED, 46),
        )
    ]
    parcel = look(shipped(), *scans)
    assert road(parcel)[-5:] == [
        "out_for_delivery",
        "ready_for_pickup",
        "delivery_failed",
        "out_for_delivery",
        "delivered",
    ]
    assert not parcel.disputes


def test_cancelled_after_hand_over_is_put_to_a_person() -> None:
    parcel = look(shipped(), said(State.CANCELLED, 3))
    assert parcel.state == State.HANDED_OVER and standing(parcel) == ["cancelled_after_handover"]
    assert look(said(State.CREATED, -3), said(State.CANCELLED, -2)).state == State.CANCELLED


def test_thresholds_are_the_carriers_own() -> None:
    history = (shipped(), said(State.AWAIT_PICKUP, 5))
    assert standing(look(*history, policy=FusePolicy(distance=3))) == ["age"]


def test_a_delivery_taken_back_is_no_delivery() -> None:
    out = [said(s, h) for s, h in ((State.PICKED_UP, 2), (State.IN_TRANSIT, 9), (State.OUT_FOR_DELIVERY, 20))]
    signed = said(State.DELIVERED, 22, code="704")
    taken_back = said(State.INFO, 23, code="748", revokes="704")
    parcel = look(shipped(), *out, signed, taken_back)
    assert parcel.state == State.OUT_FOR_DELIVERY and parcel.effects[signed.key].effect == "excluded"
