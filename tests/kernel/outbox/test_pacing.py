"""Pace: the bucket never gives more than its rate, retries double and are spread, settings are data."""

from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.outbox.breaker import Limits
from fenghe.kernel.outbox.pacing import (
    LONGEST_ASKED_SECONDS,
    LONGEST_RETRY_SECONDS,
    Bucket,
    Pace,
    filled,
    pace_of,
    retry_seconds,
    taken,
)


def test_a_new_bucket_is_full_and_fills_with_time() -> None:
    pace = Pace(per_second=2, burst=4)
    bucket = taken(filled(None, pace, now=10), 4)
    assert filled(bucket, pace, now=10).tokens == 0
    assert filled(bucket, pace, now=11).tokens == 2
    assert filled(bucket, pace, now=99).tokens == 4


@given(waits=st.lists(st.floats(0, 3), max_size=50))
def test_never_more_than_the_rate(waits: list[float]) -> None:
    pace = Pace(per_second=3, burst=2)
    bucket: Bucket | None = None
    now, given_out = 0.0, 0
    for wait in waits:
        now += wait
        bucket = filled(bucket, pace, now=now)
        count = int(bucket.tokens)
        bucket = taken(bucket, count)
        given_out += count
    assert given_out <= pace.burst + pace.per_second * now + 1e-6


def test_retries_double_are_spread_and_end_somewhere() -> None:
    assert [retry_seconds(attempts, jitter=0.5) for attempts in (1, 2, 3, 4)] == [2, 4, 8, 16]
    assert retry_seconds(1, jitter=0) == 1
    assert retry_seconds(10_000, jitter=0.5) == LONGEST_RETRY_SECONDS


def test_a_platform_that_asks_for_time_gets_it_within_reason() -> None:
    assert retry_seconds(1, jitter=0.5, asked=60) == 60
    assert retry_seconds(6, jitter=0.5, asked=1) == 64
    assert retry_seconds(1, jitter=0.5, asked=1e9) == LONGEST_ASKED_SECONDS


def test_a_source_may_have_its_own_pace() -> None:
    told = {"outbox": {"per_second": 0.5, "breaker": {"minimum": 3}}}
    assert pace_of(told) == Pace(per_second=0.5, breaker=Limits(minimum=3))
    assert pace_of({}) == Pace()


def test_a_pace_that_is_none_is_as_if_unsaid() -> None:
    for told in ("fast", {"per_second": "many"}, {"per_second": 0}, {"concurrency": 0}, {"timeout_seconds": 1e9}):
        assert pace_of({"outbox": told}) == Pace()
