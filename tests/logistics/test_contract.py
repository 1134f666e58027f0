"""What was asked of a carrier against what came: the pure rules of the two-way contract."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.logistics.contract import Said, differs, number_finding, silent_since_asked, split_region
from fenghe.logistics.scale import State

NOW = datetime(2026, 2, 5, 12, 0, tzinfo=UTC)
states = st.sampled_from([str(state) for state in State])


def said(state: str, occurred_hours_ago: float, heard_hours_ago: float = 0.0) -> Said:
    return Said(
        state=state,
        occurred_at=NOW - timedelta(hours=occurred_hours_ago),
        heard_at=NOW - timedelta(hours=heard_hours_ago),
    )


@pytest.mark.parametrize(
    ("answered", "pushed", "found"),
    [
        (said("in_transit", 9), said("picked_up", 20), False),
        (said("in_transit", 9), said("delivered", 5), True),
        (said("delivered", 5), said("out_for_delivery", 9), True),
        (said("delivered", 1), said("out_for_delivery", 9), False),
        (said("out_for_delivery", 5), said("picked_up", 20), True),
        (said("arrived_dest", 5), said("picked_up", 20), False),
        (said("exception", 5), said("in_transit", 20), False),
        (None, said("delivered", 5), False),
        (said("delivered", 5), None, False),
    ],
)
def test_when_query_and_push_tell_different_stories(answered: Said | None, pushed: Said | None, found: bool) -> None:
    assert differs(answered, pushed) is found


@given(states, st.floats(2.1, 500), st.floats(2.1, 500))
def test_who_says_the_same_never_differs(state: str, one: float, other: float) -> None:
    assert not differs(said(state, one), said(state, other))


@given(states, states, st.floats(0, 1.9))
def test_within_the_grace_nothing_differs(one: str, other: str, hours: float) -> None:
    assert not differs(said(one, hours), said(other, 300))


@pytest.mark.parametrize(
    ("answered", "pushed", "found"),
    [(None, None, False), (11.9, None, False), (12.0, None, True), (300.0, 1.0, False)],
)
def test_no_push_since_the_subscription_was_accepted(answered: float | None, pushed: float | None, found: bool) -> None:
    at = None if answered is None else NOW - timedelta(hours=answered)
    heard = None if pushed is None else NOW - timedelta(hours=pushed)
    assert silent_since_asked(answered_at=at, pushed_at=heard, push_hours=12, now=NOW) is found


@pytest.mark.parametrize(
    ("shipped", "hours", "found"),
    [
        (["SF1"], 1, None),
        (["SF2"], 1, "number_differs"),
        (["SF2", "SF1"], 1, None),
        ([], 1, None),
        ([], 25, "not_shipped"),
    ],
)
def test_the_number_that_was_booked_is_the_one_that_goes_out(shipped: list[str], hours: int, found: str | None) -> None:
    answered = NOW - timedelta(hours=hours)
    assert number_finding("SF1", shipped, answered_at=answered, patience_hours=24, now=NOW) == found


@pytest.mark.parametrize(
    ("region", "parts"),
    [
        ("浙江省 杭州市 余杭区", ("浙江省", "杭州市", "余杭区")),
        ("浙江省/杭州市/余杭区", ("浙江省", "杭州市", "余杭区")),
        ("浙江省杭州市余杭区", ("浙江省", "杭州市", "余杭区")),
        ("上海市浦东新区", ("上海市", "", "浦东新区")),
        ("上海 上海市 浦东新区 张江镇", ("上海", "上海市", "浦东新区张江镇")),
        ("广西壮族自治区南宁市青秀区", ("广西壮族自治区", "南宁市", "青秀区")),
        ("", ("", "", "")),
    ],
)
def test_a_region_in_parts(region: str, parts: tuple[str, str, str]) -> None:
    assert split_region(region) == parts
