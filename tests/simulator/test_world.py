"""The sandbox: seeded, as faulty as declared, and told so that our own connectors and fuse agree with its truth."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from fenghe.logistics.events import TrackingEvent
from fenghe.simulator.faults import STORIES, TITLES, Fault, FaultKind
from fenghe.simulator.journeys import Step
from fenghe.simulator.parcels import Push
from fenghe.simulator.shops import sales
from fenghe.simulator.world import World
from tests.simulator.observing import held, read_all

NOW = datetime(2026, 2, 5, 6, 0, tzinfo=UTC)
EVERY_FAULT = tuple(Fault(kind=kind, count=3) for kind in FaultKind)


def world(seed: int = 7, faults: tuple[Fault, ...] = EVERY_FAULT, parcels: int = 120) -> World:
    return World(seed=seed, now=NOW, parcels=parcels, faults=faults)


def test_the_same_seed_is_the_same_world_and_another_is_not() -> None:
    assert world().pushes() == world().pushes()
    assert world().parcels == world().parcels
    assert world().secrets == world().secrets
    assert world(8).parcels != world().parcels


def test_as_many_parcels_are_struck_as_declared() -> None:
    parcels = world().parcels
    for kind in FaultKind:
        struck = [parcel for parcel in parcels if kind in parcel.faults]
        assert len(struck) == 3, kind
        assert TITLES[kind]
    assert all(len(parcel.faults & STORIES) <= 1 for parcel in parcels)
    ghosts = [p for p in world(faults=(Fault(kind=FaultKind.GHOST, count=20, teller="sf"),)).parcels if p.faults]
    assert [parcel.teller for parcel in ghosts] == ["sf"] * 20
    with pytest.raises(ValueError, match="ghost: 100 wanted"):
        world(faults=(Fault(kind=FaultKind.GHOST, count=100),))


def by_number(events: list[TrackingEvent]) -> dict[str, list[TrackingEvent]]:
    table: dict[str, list[TrackingEvent]] = defaultdict(list)
    for event in events:
        table[event.tracking_no].append(event)
    return table


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_our_fuse_holds_what_a_perfect_observer_holds(seed: int) -> None:
    given = world(seed)
    end = max(scan.at for parcel in given.parcels for scan in parcel.scans) + timedelta(days=2)
    events = by_number(read_all(given, given.pushes()))
    expected = given.expected()
    for parcel in given.parcels:
        projection = held(parcel, events[parcel.number], end)
        wanted = expected[parcel.number]
        open_ = {dispute.reason for dispute in projection.disputes if dispute.closed_by is None}
        assert projection.state == wanted.state, (parcel, projection)
        assert open_ == ({wanted.case} if wanted.case else set()), (parcel, projection)
        waiting = [effect for effect in projection.effects.values() if effect.reason == "unmapped_code"]
        assert len(waiting) == wanted.unmapped


def test_any_order_of_the_pushes_ends_the_same() -> None:
    given = world()
    end = NOW + timedelta(days=30)
    pushes = given.pushes()
    straight = by_number(read_all(given, pushes))
    Random(1).shuffle(pushes)
    shuffled = by_number(read_all(given, pushes + pushes[::10]))
    for parcel in given.parcels:
        assert held(parcel, straight[parcel.number], end) == held(parcel, shuffled[parcel.number], end)


def test_what_is_told_until_now_is_what_has_happened_until_now() -> None:
    given = world(faults=())
    told = by_number(read_all(given, given.pushes(until=NOW)))
    for parcel in given.parcels:
        visible = given.visible(parcel.number, NOW)
        assert all(scan.at <= NOW for scan in visible)
        moments = {scan.at for scan in visible}
        assert {event.occurred_at for event in told[parcel.number]} <= moments
    assert given.visible("unheard-of", NOW) == ()
    assert {given.expected(NOW)[p.number].state for p in given.parcels} != {e.state for e in given.expected().values()}


def pushes_by_parcel(given: World, kind: FaultKind) -> list[list[Push]]:
    struck = {parcel.number for parcel in given.parcels if kind in parcel.faults}
    table: dict[str, list[Push]] = defaultdict(list)
    for push in given.pushes():
        if push.number in struck:
            table[push.number].append(push)
    return list(table.values())


def test_faults_of_telling() -> None:
    one = {
        kind: world(faults=(Fault(kind=kind, count=5, teller="zto"),), parcels=30)
        for kind in FaultKind
        if kind not in STORIES
    }
    for pushes in pushes_by_parcel(one[FaultKind.REPEATED], FaultKind.REPEATED):
        assert len(pushes) == 2 * len({push.part for push in pushes})
    for pushes in pushes_by_parcel(one[FaultKind.REORDERED], FaultKind.REORDERED):
        assert [push.part for push in pushes] == sorted((push.part for push in pushes), reverse=True)
    late = [
        push.due_at - push.scans[-1].at
        for pushes in pushes_by_parcel(one[FaultKind.LATE], FaultKind.LATE)
        for push in pushes
    ]
    assert max(late) > timedelta(minutes=6)
    lost = one[FaultKind.LOST]
    told = {push.scans[-1] for pushes in pushes_by_parcel(lost, FaultKind.LOST) for push in pushes}
    true = {
        scan for parcel in lost.parcels if parcel.faults for scan in parcel.scans if scan.step is not Step.SIGN_INFO
    }
    assert told < true


def test_three_quarters_of_sfs_pushes_come_twice() -> None:
    given = World(seed=1, now=NOW, parcels=60, tellers=("sf",))
    pushes = given.pushes()
    share = sum(push.turn for push in pushes) / sum(not push.turn for push in pushes)
    assert 0.65 < share < 0.85


def test_a_forwarded_parcel_goes_on_under_its_successor() -> None:
    given = world(faults=(Fault(kind=FaultKind.FORWARDED, count=4),))
    forwarded = [parcel for parcel in given.parcels if parcel.successor]
    assert len(forwarded) == 4
    events = by_number(read_all(given, given.pushes()))
    for parcel in forwarded:
        assert parcel.successor is not None
        assert parcel.successor in {event.forwarded_to for event in events[parcel.number]}
        assert given.expected()[parcel.successor].state == "delivered"


def test_booking_adds_a_parcel_once() -> None:
    given = world()
    first = given.book(teller="sf", order_no="A1", at=NOW)
    assert given.book(teller="sf", order_no="A1", at=NOW) == first
    assert given.find(first.number) == first
    assert [push for push in given.pushes() if push.number == first.number]


def test_trading_on_adds_numbers_of_its_own_and_changes_nothing_else() -> None:
    world, other = World(seed=7, now=NOW, parcels=30), World(seed=7, now=NOW, parcels=30)
    first, later = NOW + timedelta(minutes=3), NOW + timedelta(days=1)
    before = sales(world)
    for moment in (first, later):
        other.trade_on(moment, parcels=20)
    assert other.parcels[:30] == world.parcels
    assert len({parcel.number for parcel in other.parcels}) == len({one.order_no for one in other.parcels}) == 70
    assert {sale.body for sale in before} <= {sale.body for sale in sales(other)}
    for parcel in other.parcels[30:50]:
        assert timedelta(hours=-30) <= parcel.handed_over_at - first <= timedelta(hours=8)
