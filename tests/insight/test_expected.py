"""Expected times (预计时长): nothing is claimed from too few cases; a forecast only worsens while nothing happens."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.insight.expected import ENOUGH, PERCENTS, Expected, choose, forecast, keys_for, quantiles

durations = st.lists(st.integers(0, 3_000_000), min_size=1, max_size=300)


def known(seconds: tuple[int, ...], cases: int = 100) -> Expected:
    return Expected(id=1, scope="carrier", cases=cases, seconds=seconds)


@given(durations)
def test_quantiles_are_ordered_and_within_what_was_seen(took: list[int]) -> None:
    found = quantiles(took)
    assert list(found) == sorted(found)
    assert min(took) <= found[0] and found[-1] <= max(took)
    assert abs(found[PERCENTS.index(50)] - statistics.median(took)) <= 1


def test_of_nothing_there_are_no_quantiles() -> None:
    assert quantiles([]) == ()


@given(durations, st.integers(0, ENOUGH - 1), st.integers(0, 10**7), st.none() | st.integers(0, 10**7))
def test_nothing_is_claimed_from_too_few_cases(took: list[int], cases: int, elapsed: int, allowed: int | None) -> None:
    assert forecast(known(quantiles(took), cases), elapsed=elapsed, allowed=allowed) is None
    assert forecast(None, elapsed=elapsed, allowed=allowed) is None


@given(durations, st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7))
def test_waiting_longer_never_makes_a_breach_less_likely(took: list[int], one: int, other: int, allowed: int) -> None:
    expected = known(quantiles(took))
    sooner = forecast(expected, elapsed=min(one, other), allowed=allowed)
    later = forecast(expected, elapsed=max(one, other), allowed=allowed)
    assert sooner is not None and later is not None
    assert sooner.late_percent is not None and later.late_percent is not None
    assert 0 <= sooner.late_percent <= later.late_percent <= 100
    assert (later.late_percent == 100) is (max(one, other) >= allowed)
    assert sooner.cases == 100


@given(durations, st.integers(0, 10**7))
def test_the_likely_end_lies_ahead_or_is_unknown(took: list[int], elapsed: int) -> None:
    found = forecast(known(quantiles(took)), elapsed=elapsed, allowed=None)
    assert found is not None and found.late_percent is None
    assert found.likely_seconds is None or found.likely_seconds >= min(elapsed, max(took))


def test_a_forecast_reads_as_expected() -> None:
    hours = tuple(3600 * n for n in (2, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40))
    fresh = forecast(known(hours), elapsed=0, allowed=20 * 3600)
    waited = forecast(known(hours), elapsed=16 * 3600, allowed=20 * 3600)
    assert fresh is not None and (fresh.likely_seconds, fresh.late_percent) == (20 * 3600, 50)
    assert waited is not None and waited.late_percent == 83


@pytest.mark.parametrize(("stage", "first"), [("sign", "route"), ("ship", "shop")])
def test_the_most_special_expectation_with_enough_cases_is_chosen(stage: str, first: str) -> None:
    keys = keys_for(stage, carrier="zto", origin="浙江", destination="广东", shop="甲店", channel="taobao")
    assert keys[0][1] == first and keys[-1][1] == "all"
    few, many = known((1,) * len(PERCENTS), 3), known((2,) * len(PERCENTS), 40)
    assert choose({keys[0]: few, keys[1]: many, keys[-1]: many}, keys) is many
    assert choose({keys[0]: few}, keys) is None


def test_what_is_not_known_is_not_looked_up() -> None:
    assert keys_for("sign", carrier="", origin="", destination="", shop="", channel="") == [
        ("sign", "all", "", "", "", "", "")
    ]
