"""The lock on sign-in, as a rule over a history of attempts."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.people.lockout import (
    DONE,
    FAILURES_OF_A_NAME,
    FAILURES_OF_AN_ADDRESS,
    REFUSED,
    WINDOW,
    Attempt,
    locked_until,
)

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def failed(minutes_ago: float, person: str = "wang") -> Attempt:
    return Attempt(person, REFUSED, NOW - timedelta(minutes=minutes_ago))


def done(minutes_ago: float, person: str = "wang") -> Attempt:
    return Attempt(person, DONE, NOW - timedelta(minutes=minutes_ago))


def until(*attempts: Attempt, person: str = "wang") -> datetime | None:
    return locked_until(attempts, person=person, now=NOW)


def test_one_failure_less_is_open() -> None:
    tries = [failed(n) for n in range(FAILURES_OF_A_NAME)]
    assert until(*tries[1:]) is None
    assert until(*tries) == NOW + WINDOW


def test_the_lock_counts_from_the_last_failure_and_ends() -> None:
    assert until(*[failed(10)] * FAILURES_OF_A_NAME) == NOW + timedelta(minutes=5)
    assert until(*[failed(15)] * FAILURES_OF_A_NAME) is None


def test_a_success_forgives_what_was_before_it_only() -> None:
    tries = [failed(3)] * FAILURES_OF_A_NAME
    assert until(*tries, done(2)) is None
    assert until(*tries, done(4)) is not None
    assert until(*tries, done(2, "zhao")) is not None


def test_other_names_are_not_concerned_until_the_address_is() -> None:
    assert until(*[failed(1, "zhao")] * FAILURES_OF_A_NAME) is None
    many = [failed(1, f"name{n}") for n in range(FAILURES_OF_AN_ADDRESS)]
    assert until(*many[1:]) is None
    assert until(*many) is not None
    assert until(*many, done(0.5)) is not None, "one good sign-in does not open the address to guessing"


attempts_at_random = st.lists(
    st.builds(
        Attempt,
        st.sampled_from(["wang", "zhao"]),
        st.sampled_from([DONE, REFUSED]),
        st.integers(-600, 1800).map(lambda seconds: NOW - timedelta(seconds=seconds)),
    ),
    unique_by=lambda one: (one.person, one.at),
)


@given(attempts_at_random, st.randoms())
def test_the_order_of_the_record_does_not_matter_and_locks_lie_ahead(attempts: list[Attempt], chance: Random) -> None:
    told = until(*attempts)
    chance.shuffle(attempts)
    assert until(*attempts) == told
    assert told is None or NOW < told <= NOW + WINDOW
