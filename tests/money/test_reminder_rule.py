"""Whether a buyer is reminded (催付规则): never once paid, never in the quiet, never sooner or oftener than declared."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.values import CHINA
from fenghe.money.reminder import (
    BY_HAND_GAP,
    FAILED_MOST,
    LAST_MINUTES,
    STALE,
    Asked,
    Due,
    Later,
    Never,
    Seen,
    in_words,
    judge,
    no_such_payment,
    out_of_quiet,
    phone_of,
    text_of,
    unanswered,
    variables,
)
from fenghe.money.reminder_policy import OWN, PLATFORMS, ReminderRule, problems, rule_name, shipped, title_of

NOON = datetime(2026, 2, 5, 4, 0, tzinfo=UTC)
RULE = ReminderRule()


def seen(*, minutes: float = 60, **more: Any) -> Seen:
    """An order of one's own shop, so many minutes old at noon."""
    told: dict[str, Any] = {
        "state": "await_payment", "paid": False, "due_minor": 1990, "currency": "CNY", "phone": "13812345678",
        "created_at": NOON - timedelta(minutes=minutes),
    }  # fmt: skip
    return Seen(**{**told, **more})


def test_an_order_half_an_hour_old_is_due() -> None:
    assert judge(seen(), RULE, now=NOON) == Due(phone="13812345678", deadline=NOON + timedelta(hours=23))
    early = judge(seen(minutes=29), RULE, now=NOON)
    assert isinstance(early, Later) and early.at == NOON + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"paid": True}, "已经收到付款"),
        ({"state": "await_shipment"}, "不在待付款"),
        ({"state": "cancelled"}, "不在待付款"),
        ({"due_minor": None}, "应付多少"),
        ({"due_minor": 0}, "应付多少"),
        ({"due_minor": -1}, "应付多少"),
        ({"created_at": None}, "什么时候下的"),
        ({"created_at": NOON - timedelta(hours=24)}, "付款时限"),
        ({"phone": "138****5678"}, "手机号"),
        ({"phone": ""}, "手机号"),
        ({"under_way": True}, "正在发送"),
        ({"sent": 3}, "上限"),
        ({"sent": 2}, "已经自动催过 2 次"),
        ({"failed": FAILED_MOST}, "没有发成"),
    ],
)
def test_who_is_not_reminded_is_told_why(told: dict[str, Any], words: str) -> None:
    answer = judge(seen(**told), RULE, now=NOON)
    assert isinstance(answer, Never) and words in answer.words


def test_only_what_is_declared_as_ones_own_is_reminded() -> None:
    own = shipped(OWN)
    for name in (*PLATFORMS, "天猫", "亚马逊", "myshop"):
        assert rule_name(name, frozenset(PLATFORMS), own) == name
        for by_hand in (False, True):
            answer = judge(seen(), shipped(name), now=NOON, by_hand=by_hand)
            assert isinstance(answer, Never) and "没有开启" in answer.words
    assert rule_name("官网", frozenset(PLATFORMS), own) == OWN and isinstance(judge(seen(), own, now=NOON), Due)
    assert rule_name("官网", frozenset({"官网"}), own) == "官网", "a rule of its own name goes before"
    assert "平台" in title_of("jd") and title_of(OWN) == "自有渠道" and "myshop" in title_of("myshop")


def test_by_hand_needs_no_hour_but_keeps_every_other_limit() -> None:
    by_hand = ReminderRule(mode="by_hand")
    assert isinstance(judge(seen(), by_hand, now=NOON), Never)
    assert isinstance(judge(seen(minutes=1), by_hand, now=NOON, by_hand=True), Due)
    assert isinstance(judge(seen(sent=2), by_hand, now=NOON, by_hand=True), Due)
    assert isinstance(judge(seen(sent=3), by_hand, now=NOON, by_hand=True), Never)
    soon = judge(seen(sent=1, last_at=NOON - timedelta(minutes=4)), by_hand, now=NOON, by_hand=True)
    assert isinstance(soon, Later) and soon.at == NOON - timedelta(minutes=4) + BY_HAND_GAP


def test_the_second_waits_for_its_hour_and_for_the_gap() -> None:
    first = seen(minutes=719, sent=1, last_at=NOON - timedelta(minutes=689))
    answer = judge(first, RULE, now=NOON)
    assert isinstance(answer, Later) and answer.at == NOON + timedelta(minutes=1)
    late = seen(minutes=800, sent=1, last_at=NOON - timedelta(minutes=30))
    answer = judge(late, RULE, now=NOON)
    assert isinstance(answer, Later) and answer.at == NOON + timedelta(minutes=90)
    assert in_words(answer) == "离上次催付还不够久（02-05 13:30 起可催）"
    assert in_words(Never(words="不催")) == "不催"


moments = st.integers(0, 19 * 24 * 60).map(lambda one: datetime(2026, 2, 1, tzinfo=UTC) + timedelta(minutes=one))
orders = st.builds(
    Seen,
    state=st.sampled_from(["await_payment", "await_shipment", "cancelled"]),
    paid=st.booleans(),
    due_minor=st.none() | st.integers(-5, 10_000),
    currency=st.just("CNY"),
    created_at=st.none() | moments,
    phone=st.sampled_from(["13812345678", "138****5678", "", "+86 138-1234-5678"]),
    sent=st.integers(0, 4),
    failed=st.integers(0, 4),
    under_way=st.booleans(),
    last_at=st.none() | moments,
)
clock = st.times().map(lambda one: f"{one.hour:02d}:{one.minute:02d}")
rules = st.builds(
    ReminderRule,
    mode=st.sampled_from(["automatic", "by_hand", "off"]),
    after_minutes=st.lists(st.integers(1, 2000), min_size=1, max_size=3, unique=True).map(
        lambda one: tuple(sorted(one))
    ),
    pay_within_minutes=st.integers(10, 5000),
    gap_minutes=st.integers(10, 600),
    most=st.integers(1, 5),
    quiet_start=clock,
    quiet_end=clock,
)


@given(orders, rules, moments, st.booleans())
def test_what_is_due_breaks_no_promise(told: Seen, rule: ReminderRule, now: datetime, by_hand: bool) -> None:
    answer = judge(told, rule, now=now, by_hand=by_hand)
    if not isinstance(answer, Due):
        return
    assert told.state == "await_payment" and not told.paid and not told.under_way and (told.due_minor or 0) > 0
    assert (
        told.created_at is not None
        and now <= told.created_at + timedelta(minutes=rule.pay_within_minutes) - LAST_MINUTES
    )
    assert rule.mode == "automatic" or (rule.mode == "by_hand" and by_hand)
    assert told.sent < rule.most and (by_hand or told.sent < len(rule.after_minutes))
    gap = BY_HAND_GAP if by_hand else timedelta(minutes=rule.gap_minutes)
    assert told.last_at is None or now - told.last_at >= gap
    assert by_hand or now - told.created_at >= timedelta(minutes=rule.after_minutes[told.sent])
    assert out_of_quiet(now, rule) == now and answer.phone == "13812345678"


@given(orders, rules, moments, st.booleans())
def test_paid_is_never_due_whatever_else(told: Seen, rule: ReminderRule, now: datetime, by_hand: bool) -> None:
    paid = msgspec.structs.replace(told, paid=True)
    assert isinstance(judge(paid, rule, now=now, by_hand=by_hand), Never)


@given(orders, rules, moments, st.booleans())
def test_later_comes_true_at_that_moment(told: Seen, rule: ReminderRule, now: datetime, by_hand: bool) -> None:
    answer = judge(told, rule, now=now, by_hand=by_hand)
    if isinstance(answer, Later):
        assert answer.at > now and isinstance(judge(told, rule, now=answer.at, by_hand=by_hand), Due)


@given(moments, clock, clock)
def test_the_first_calm_moment_is_calm_and_the_first(moment: datetime, start: str, end: str) -> None:
    rule = ReminderRule(quiet_start=start, quiet_end=end)
    calm = out_of_quiet(moment, rule)
    assert calm >= moment and out_of_quiet(calm, rule) == calm
    if calm > moment:
        assert calm - moment <= timedelta(days=1) and calm.astimezone(CHINA).time() == time.fromisoformat(end)


def test_nights_are_quiet_in_china() -> None:
    night = datetime(2026, 2, 5, 23, 0, tzinfo=CHINA)
    answer = judge(seen(created_at=night - timedelta(hours=1)), RULE, now=night)
    assert (
        isinstance(answer, Later) and answer.at == datetime(2026, 2, 6, 8, 0, tzinfo=CHINA) and "免打扰" in answer.words
    )
    short = ReminderRule(pay_within_minutes=120)
    assert judge(seen(created_at=night - timedelta(hours=1)), short, now=night) == Never(
        words="等到可以打扰时，付款时限已到"
    )


@pytest.mark.parametrize(
    ("told", "phone"),
    [
        ("13812345678", "13812345678"), ("+86 138-1234-5678", "13812345678"), ("0086 13812345678", "13812345678"),
        ("138****5678", ""), ("13812345678-1234", ""), ("0571-88880000", ""), ("1281234567", ""), ("", ""), ("abc", ""),
    ],
)  # fmt: skip
def test_only_a_mobile_number_is_written_to(told: str, phone: str) -> None:
    assert phone_of(told) == phone


def test_the_provider_has_the_last_word() -> None:
    assert unanswered(Asked(), since=NOON, now=NOON) is None
    waits = unanswered(Asked(waiting=1), since=NOON, now=NOON + STALE)
    assert isinstance(waits, Later)
    assert isinstance(unanswered(Asked(waiting=1), since=NOON, now=NOON + STALE + timedelta(seconds=1)), Never)
    assert isinstance(unanswered(Asked(error="签名不对"), since=NOON, now=NOON), Never)
    assert no_such_payment("交易不存在（ACQ.TRADE_NOT_EXIST）") and no_such_payment("ORDER_NOT_EXIST 订单不存在")
    assert not no_such_payment("系统繁忙")


def test_the_words_are_filled() -> None:
    filled = variables("A1", amount_minor=1990, currency="CNY", link="https://h/p/x")
    assert text_of(RULE, filled) == "您的订单 A1（19.90元）还没有付款，点此付款：https://h/p/x 。已付款请忽略。"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "请付款"}, "text"), ({"text": "{link} {name}"}, "text"), ({"text": "{link}" + "字" * 300}, "text"),
        ({"after_minutes": []}, "after_minutes"), ({"after_minutes": [60, 30]}, "after_minutes"),
        ({"after_minutes": [0]}, "after_minutes"), ({"after_minutes": [30, 1440]}, "after_minutes"),
        ({"most": 1}, "most"), ({"most": 11}, "most"), ({"gap_minutes": 1}, "gap_minutes"),
        ({"quiet_start": "9点"}, "quiet_start"), ({"most_per_day": -1}, "most_per_day"), ({"mode": "always"}, "body"),
        ({"pay_within_minutes": 0, "after_minutes": []}, "pay_within_minutes"), ({"colour": 1}, "body"),
    ],
)  # fmt: skip
def test_what_cannot_be_published_says_why(body: dict[str, Any], field: str) -> None:
    assert field in [one for one, _ in problems(OWN, {**msgspec.to_builtins(RULE), **body})]


def test_the_shipped_rules_may_be_published() -> None:
    for name in (OWN, *PLATFORMS, "myshop"):
        assert problems(name, msgspec.to_builtins(shipped(name))) == []
    assert problems("My Shop", {}) == [("name", "没有 My Shop 这个渠道")]
    listed = {**msgspec.to_builtins(RULE), "channels": ["myshop"]}
    assert problems(OWN, listed) == [] and [field for field, _ in problems("jd", listed)] == ["channels"]
