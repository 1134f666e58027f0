"""However greedily and irregularly an account is drawn on, no sixty seconds hold more calls than declared."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fenghe.hub.polling import pace_of
from fenghe.hub.trackers import lacking
from fenghe.kernel.outbox.pacing import Bucket, filled, taken
from fenghe.logistics.asking import rate_name
from fenghe.logistics.heartbeat import HeartbeatPolicy


@settings(max_examples=200)
@given(st.integers(2, 2_000), st.lists(st.floats(0.001, 90.0), min_size=20, max_size=300))
def test_never_more_than_declared_in_any_minute(calls_per_minute: int, pauses: Sequence[float]) -> None:
    pace = pace_of(HeartbeatPolicy(calls_per_minute=calls_per_minute))
    bucket: Bucket | None = None
    now, calls = 1_770_000_000.0, []
    for pause in pauses:
        now += pause
        bucket = filled(bucket, pace, now=now)
        count = int(bucket.tokens)
        bucket = taken(bucket, count)
        calls.append((now, count))
    for at, (start, _) in enumerate(calls):
        assert sum(count for moment, count in calls[at:] if moment < start + 60) <= calls_per_minute


@pytest.mark.parametrize(("limit", "least"), [(2, 1), (10, 9), (30, 28), (900, 884)])
def test_nearly_all_that_is_allowed_can_be_used(limit: int, least: int) -> None:
    pace = pace_of(HeartbeatPolicy(calls_per_minute=limit))
    assert pace.per_second * 60 >= least


def test_a_declared_carrier_has_a_rate_of_its_own() -> None:
    assert rate_name("generic_json", {"layout": {"carrier": "gls"}}) == "gls"
    assert rate_name("generic_json", {}) == "generic_json"
    assert rate_name("kuaidi100", {}) == "kuaidi100"


def test_a_source_says_what_it_lacks() -> None:
    assert lacking("zto", {"app_secret": "s"}) == ["app_key"]
    assert lacking("kuaidi100", {"customer": "c", "key": "k"}) == []
    assert lacking("generic_json", {}) == []
