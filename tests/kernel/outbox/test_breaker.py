"""The breaker: opens on too many failures, holds, probes, closes; whatever happens, it keeps its promises."""

from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.outbox.breaker import MOST_OUTCOMES, Breaker, Limits, State, heard, room, sent

LIMITS = Limits(window_seconds=10, minimum=4, failure_share=0.5, hold_seconds=5, longest_hold_seconds=17, probes=2)


def after(outcomes: str, *, breaker: Breaker | None = None, at: float = 0.0) -> Breaker:
    """`+` went well, `-` did not, one a tenth of a second."""
    breaker = breaker or Breaker()
    for place, one in enumerate(outcomes):
        breaker = heard(breaker, LIMITS, now=at + place / 10, well=one == "+")
    return breaker


def test_few_failures_say_nothing() -> None:
    assert after("---").state is State.CLOSED


def test_half_of_the_calls_failing_opens_it() -> None:
    assert after("+++-").state is State.CLOSED
    assert after("+-+-").state is State.OPEN
    assert after("----").state is State.OPEN


def test_a_call_that_goes_well_opens_nothing() -> None:
    assert after("--++").state is State.CLOSED
    assert after("--++-").state is State.OPEN


def test_only_the_window_counts() -> None:
    breaker = after("---")
    assert after("+++-", breaker=breaker, at=100).state is State.CLOSED
    assert len(after("-+++", breaker=breaker, at=100).outcomes) == 4


def test_closed_lets_everything_through() -> None:
    assert room(Breaker(), LIMITS, now=0, wanted=7) == 7
    assert sent(Breaker(), now=0, count=7) == Breaker()


def test_open_lets_nothing_through_until_the_hold_is_over_and_then_probes() -> None:
    breaker = after("----")
    assert room(breaker, LIMITS, now=5.2, wanted=7) == 0
    assert room(breaker, LIMITS, now=5.4, wanted=7) == 2
    assert room(breaker, LIMITS, now=5.4, wanted=1) == 1
    assert heard(breaker, LIMITS, now=1, well=True) == breaker, "a straggler says nothing new"


def test_probes_that_go_well_close_it() -> None:
    breaker = sent(after("----"), now=6, count=2)
    assert breaker.state is State.HALF_OPEN
    assert room(breaker, LIMITS, now=6, wanted=7) == 0
    breaker = heard(breaker, LIMITS, now=6.5, well=True)
    assert breaker.state is State.HALF_OPEN
    assert heard(breaker, LIMITS, now=6.6, well=True) == Breaker()


def test_probes_one_after_the_other() -> None:
    breaker = sent(after("----"), now=6, count=1)
    breaker = heard(breaker, LIMITS, now=6.5, well=True)
    assert room(breaker, LIMITS, now=6.6, wanted=7) == 1
    breaker = sent(breaker, now=6.6, count=1)
    assert heard(breaker, LIMITS, now=6.7, well=True).state is State.CLOSED


def test_a_probe_that_fails_holds_longer_and_never_longer_than_the_longest() -> None:
    breaker, at, holds = after("----"), 0.3, []
    for _ in range(4):
        holds.append(round(breaker.until - at, 1))
        at = breaker.until
        breaker = heard(sent(breaker, now=at, count=1), LIMITS, now=at, well=False)
        assert breaker.state is State.OPEN
    assert holds == [5, 10, 17, 17]


def test_what_is_remembered_is_bounded() -> None:
    limits = Limits(window_seconds=1e9)
    breaker = Breaker()
    for place in range(MOST_OUTCOMES + 50):
        breaker = heard(breaker, limits, now=float(place), well=True)
    assert len(breaker.outcomes) == MOST_OUTCOMES


@given(
    steps=st.lists(st.tuples(st.sampled_from(["send", "good", "bad"]), st.floats(0, 8), st.integers(0, 5)), max_size=60)
)
def test_whatever_happens(steps: list[tuple[str, float, int]]) -> None:
    """Never more probes than allowed are under way; nothing goes out in a hold; there is always a way back."""
    breaker, now, probing = Breaker(), 0.0, 0
    for what, later, count in steps:
        now += later
        if what == "send":
            may = room(breaker, LIMITS, now=now, wanted=count)
            assert 0 <= may <= count
            assert may == 0 or breaker.state is not State.OPEN or now >= breaker.until
            breaker = sent(breaker, now=now, count=may)
        else:
            breaker = heard(breaker, LIMITS, now=now, well=what == "good")
        probing = breaker.probing if breaker.state is State.HALF_OPEN else 0
        assert probing <= LIMITS.probes
        assert breaker.state is not State.OPEN or breaker.until - now <= LIMITS.longest_hold_seconds
    for _ in range(3 * LIMITS.probes):
        now = max(now, breaker.until) + 1
        breaker = sent(breaker, now=now, count=room(breaker, LIMITS, now=now, wanted=1))
        breaker = heard(breaker, LIMITS, now=now, well=True)
    assert breaker.state is State.CLOSED
