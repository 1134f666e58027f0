"""The heartbeat's rule: every parcel once an interval, three empty answers alert once, errors say nothing of the parcel."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.values import Effect, Observation
from fenghe.logistics.heartbeat import (
    DEFAULT_HEARTBEAT,
    Act,
    HeartbeatPolicy,
    Outcome,
    Standing,
    calls_needed,
    counts,
    first_due,
    next_due,
    place_of,
    retry_due,
    valid_events,
    weigh,
)
from fenghe.logistics.scale import State

NOW = datetime(2026, 2, 5, 6, 23, tzinfo=UTC)
policies = st.builds(
    HeartbeatPolicy,
    interval_minutes=st.integers(10, 24 * 60),
    empties=st.integers(1, 6),
    jitter_percent=st.integers(10, 100),
)
tracks = st.integers(1, 10**9).map("TK{:010d}".format)
moments = st.integers(1_577_836_800, 2_051_222_400).map(lambda s: datetime.fromtimestamp(s, UTC))
outcomes = st.lists(st.sampled_from(Outcome), max_size=60)


def told(state: str | None, *, kind: str = "event", **facts: str) -> Observation:
    return Observation(
        key=str(state), status=state, occurred_ms=1, heard_ms=2, kind=kind, source="t", message_id=1, item=0,
        code="c", text="", facts=facts,
    )  # fmt: skip


@given(policies, tracks, moments)
def test_the_first_question_comes_within_the_interval(policy: HeartbeatPolicy, track: str, now: datetime) -> None:
    due = first_due(track, policy, now=now)
    assert now < due <= now + timedelta(minutes=policy.interval_minutes)


@given(policies, tracks, moments, st.lists(st.integers(0, 60), min_size=1, max_size=40))
def test_each_question_follows_within_the_interval_however_late_each_is_asked(
    policy: HeartbeatPolicy, track: str, now: datetime, lateness: Sequence[int]
) -> None:
    """Late by up to a sixtieth of the interval, every parcel is still asked once in every interval."""
    asked = first_due(track, policy, now=now)
    for late in lateness:
        due = next_due(track, policy, asked_at=asked)
        assert policy.period / 2 <= due - asked <= policy.period
        before, asked = asked, due + timedelta(minutes=policy.interval_minutes) / 60 * late / 60
        assert asked - before <= timedelta(minutes=policy.interval_minutes)


@given(policies, tracks, moments)
def test_a_parcel_asked_on_time_keeps_its_place(policy: HeartbeatPolicy, track: str, now: datetime) -> None:
    due = first_due(track, policy, now=now)
    after = next_due(track, policy, asked_at=due)
    assert abs(after - due - policy.period) < timedelta(milliseconds=1)


def test_parcels_are_spread_evenly_over_the_interval() -> None:
    places = [place_of(f"TK{n:010d}", DEFAULT_HEARTBEAT) for n in range(12_000)]
    tenths = [0] * 10
    for place in places:
        tenths[int(10 * place / DEFAULT_HEARTBEAT.period)] += 1
    assert all(1_050 < count < 1_350 for count in tenths), tenths


def test_a_narrower_jitter_keeps_them_together() -> None:
    policy = HeartbeatPolicy(jitter_percent=10)
    assert all(place_of(f"TK{n}", policy) < policy.period / 10 for n in range(500))


@given(policies, tracks, moments, st.integers(1, 1000), st.floats(0, 200_000))
def test_after_an_error_it_waits_longer_each_time_and_as_long_as_it_is_asked_to(
    policy: HeartbeatPolicy, track: str, now: datetime, errors: int, asked_for: float
) -> None:
    wait = retry_due(track, policy, now=now, errors=errors) - now
    assert timedelta(seconds=45) <= wait <= policy.period
    assert retry_due(track, policy, now=now, errors=errors + 1) - now >= wait
    patient = retry_due(track, policy, now=now, errors=errors, asked_for=asked_for) - now
    assert patient >= timedelta(seconds=min(asked_for, 86_400))


@given(policies, outcomes)
def test_so_many_empty_answers_in_a_row_alert_exactly_once_until_there_is_news(
    policy: HeartbeatPolicy, said: Sequence[Outcome]
) -> None:
    """Against the plainest book-keeping of the same thing: errors are taken out, then runs of empties are counted."""
    standing, run, marked = Standing(), 0, False
    for outcome in said:
        before = standing
        standing, act = weigh(standing, outcome, policy)
        match outcome:
            case Outcome.ERROR:
                assert act is None and (standing.empties, standing.silent) == (before.empties, before.silent)
                assert standing.errors == before.errors + 1
            case Outcome.NEWS:
                assert act is (Act.CLEAR if marked else None)
                run, marked = 0, False
            case Outcome.EMPTY:
                run += 1
                assert (act is Act.ALERT) == (run == policy.empties)
                marked = marked or run >= policy.empties
        assert standing.silent is marked


@given(policies, outcomes, st.integers(0, 60))
def test_a_restart_anywhere_changes_nothing(policy: HeartbeatPolicy, said: Sequence[Outcome], cut: int) -> None:
    """All that is remembered is in the standing."""

    def walk(standing: Standing, part: Sequence[Outcome]) -> tuple[Standing, list[Act | None]]:
        acts = []
        for outcome in part:
            standing, act = weigh(standing, outcome, policy)
            acts.append(act)
        return standing, acts

    whole = walk(Standing(), said)
    kept, first = walk(Standing(), said[:cut])
    again = Standing(empties=kept.empties, errors=kept.errors, silent=kept.silent)
    end, second = walk(again, said[cut:])
    assert (end, first + second) == whole


@pytest.mark.parametrize(
    ("one", "effect", "counted"),
    [
        (told(State.IN_TRANSIT), Effect("advanced", ""), True),
        (told(State.AWAIT_PICKUP), Effect("held", "distance"), True),
        (told(None), Effect("unmapped", "unmapped_code"), False),
        (told(State.UNKNOWN), Effect("silent", ""), False),
        (told(State.INFO), Effect("silent", ""), False),
        (told(State.EXPIRED), None, False),
        (told(State.IN_TRANSIT, no_time="1"), Effect("advanced", ""), False),
        (told(State.DELIVERED), Effect("excluded", "reused_number"), False),
        (told(State.HANDED_OVER, kind="handover"), Effect("advanced", ""), False),
        (told(State.DELIVERED, kind="manual"), Effect("advanced", ""), False),
    ],
)
def test_what_counts_as_a_valid_event(one: Observation, effect: Effect | None, counted: bool) -> None:
    assert counts(one, effect) is counted
    assert valid_events([one], {one.key: effect} if effect else {}) == int(counted)


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"interval_minutes": 1}, "interval_minutes"), ({"empties": 0}, "empties"), ({"calls_per_minute": 0}, "calls_per_minute"),
     ({"batch": -1}, "batch"), ({"jitter_percent": 0}, "jitter_percent"), ({"give_up_days": 0}, "give_up_days")],
)  # fmt: skip
def test_values_out_of_bounds_are_named(changed: dict[str, int], named: str) -> None:
    (problem,) = HeartbeatPolicy(**changed).problems()
    assert problem.startswith(named)
    assert not DEFAULT_HEARTBEAT.problems()


def test_the_shipped_limit_holds_a_hundred_thousand_parcels_asked_one_by_one() -> None:
    assert calls_needed(DEFAULT_HEARTBEAT, parcels=100_000, batch=1) <= DEFAULT_HEARTBEAT.calls_per_minute
    assert calls_needed(DEFAULT_HEARTBEAT, parcels=100_000, batch=10) < 100
