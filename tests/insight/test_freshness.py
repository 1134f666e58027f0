"""Freshness (新鲜度): silence never looks like health, a quiet night is no silence, and no number is better than its sources."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.insight.freshness import (
    CEILING,
    ENOUGH,
    WEEK,
    Cadence,
    Rhythm,
    Standing,
    judge,
    learn,
    worst,
)

LAST = datetime(2026, 2, 5, 6, 0, tzinfo=UTC)  # Thursday 14:00 in China
BAD = [Standing.FRESH, Standing.LATE, Standing.SILENT]
rhythms = st.none() | st.builds(
    lambda counts: Rhythm(counts=tuple(counts), days=14),
    st.lists(st.integers(0, 500) | st.just(0), min_size=WEEK, max_size=WEEK),
)
cadences = st.none() | st.builds(
    lambda late, more: Cadence(late_minutes=late, silent_minutes=late + more),
    st.integers(1, 10_000),
    st.integers(0, 9_999),
)


def stands(after: timedelta, *, rhythm: Rhythm | None = None, cadence: Cadence | None = None) -> Standing:
    return judge(LAST, now=LAST + after, enabled=True, cadence=cadence, rhythm=rhythm).standing


@given(rhythms, cadences, st.integers(0, 60 * 24 * 20), st.integers(0, 60 * 24 * 20))
def test_while_nothing_comes_a_source_only_gets_worse(
    rhythm: Rhythm | None, cadence: Cadence | None, one: int, other: int
) -> None:
    sooner = stands(timedelta(minutes=min(one, other)), rhythm=rhythm, cadence=cadence)
    later = stands(timedelta(minutes=max(one, other)), rhythm=rhythm, cadence=cadence)
    if sooner in BAD and later in BAD:
        assert BAD.index(later) >= BAD.index(sooner)
    assert not (later is Standing.FRESH and sooner is not Standing.FRESH)


@given(rhythms, cadences, st.booleans())
def test_what_was_never_heard_is_never_green(rhythm: Rhythm | None, cadence: Cadence | None, enabled: bool) -> None:
    found = judge(None, now=LAST, enabled=enabled, cadence=cadence, rhythm=rhythm)
    assert found.standing is (Standing.NEVER if enabled else Standing.OFF)


@given(rhythms, cadences)
def test_three_months_of_silence_are_silence(rhythm: Rhythm | None, cadence: Cadence | None) -> None:
    assert stands(timedelta(days=100), rhythm=rhythm, cadence=cadence) is Standing.SILENT


def test_without_enough_arrivals_nothing_is_called_fresh() -> None:
    few = learn([(n, 1) for n in range(ENOUGH - 1)])
    assert stands(timedelta(minutes=1), rhythm=few) is Standing.UNKNOWN
    assert stands(timedelta(minutes=1)) is Standing.UNKNOWN
    assert stands(CEILING) is Standing.SILENT


def test_one_burst_is_no_rhythm() -> None:
    burst = learn([(90, 5_000)])
    assert stands(timedelta(hours=1), rhythm=burst) is Standing.UNKNOWN
    assert stands(timedelta(hours=80), rhythm=burst) is Standing.SILENT


def test_a_source_of_every_minute_is_late_after_a_quarter_and_silent_soon() -> None:
    busy = Rhythm(counts=(120,) * WEEK, days=14)
    assert stands(timedelta(minutes=14), rhythm=busy) is Standing.FRESH
    assert stands(timedelta(minutes=16), rhythm=busy) is Standing.LATE
    assert stands(timedelta(minutes=31), rhythm=busy) is Standing.SILENT


def test_a_quiet_night_is_no_silence() -> None:
    """Ten an hour from nine to nine, nothing at night: after the last word at nine in the evening nobody worries till ten."""
    counts = tuple(20 if 9 <= hour % 24 < 21 else 0 for hour in range(WEEK))
    evening = datetime(2026, 2, 5, 13, 0, tzinfo=UTC)
    shop = Rhythm(counts=counts, days=14)

    def at(hours: float) -> Standing:
        now = evening + timedelta(hours=hours)
        return judge(evening, now=now, enabled=True, cadence=None, rhythm=shop).standing

    assert at(11.9) is Standing.FRESH
    assert at(12.5) is Standing.LATE
    assert at(13.0) is Standing.SILENT


def test_what_a_person_declares_is_taken_at_its_word() -> None:
    daily = Cadence(late_minutes=25 * 60, silent_minutes=49 * 60)
    busy = Rhythm(counts=(500,) * WEEK, days=14)
    assert stands(timedelta(hours=24), rhythm=busy, cadence=daily) is Standing.FRESH
    assert stands(timedelta(hours=26), rhythm=busy, cadence=daily) is Standing.LATE
    assert stands(timedelta(hours=50), rhythm=busy, cadence=daily) is Standing.SILENT


@pytest.mark.parametrize(("late", "silent"), [(0, 5), (10, 5), (10, 10**9)])
def test_an_expectation_that_cannot_be_is_told(late: int, silent: int) -> None:
    assert Cadence(late_minutes=late, silent_minutes=silent).problems()
    assert not Cadence(late_minutes=5, silent_minutes=10).problems()


standings = st.lists(st.sampled_from(list(Standing)), max_size=8)


@given(standings, st.sampled_from([Standing.SILENT, Standing.NEVER, Standing.LATE, Standing.UNKNOWN]))
def test_a_number_cannot_turn_green_because_a_source_died(others: list[Standing], died: Standing) -> None:
    assert worst([*others, died]) is not Standing.FRESH
    rank = {one: n for n, one in enumerate([Standing.SILENT, Standing.NEVER, Standing.LATE, Standing.UNKNOWN])}
    before = worst([*others, Standing.FRESH])
    assert rank.get(worst([*others, died]), 9) <= rank.get(before, 9)


def test_of_nothing_nothing_is_known() -> None:
    assert worst([]) is Standing.UNKNOWN
    assert worst([Standing.OFF]) is Standing.UNKNOWN
