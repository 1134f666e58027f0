"""Promises (时效承诺): the most specific row wins, 预售 follows its own date, a breach is priced to the cent or not at all."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.insight.clocks import OrderMoments, Stage
from fenghe.insight.promises import (
    SHIPPED,
    About,
    Penalty,
    PromiseBody,
    Rule,
    body_of,
    cost,
    own_word,
    problems,
    tables_of,
    terms_of,
)
from fenghe.insight.regions import PLACES, province_of
from fenghe.insight.trial import compare
from fenghe.kernel.values import to_ms

START = to_ms(datetime(2026, 2, 5, 6, 0, tzinfo=UTC))
AT_HOME = tables_of({})


def hours(about: About, stage: Stage = Stage.SHIP, tables: object = None) -> int | None:
    found, _ = terms_of(about, stage, started_ms=START, tables=tables or AT_HOME)  # type: ignore[arg-type]
    return found.hours if found else None


def table(*rules: Rule) -> dict[str, tuple[int, PromiseBody]]:
    return {**AT_HOME, "taobao": (7, PromiseBody(rules=rules))}


@pytest.mark.parametrize("channel", ["taobao", "pdd", "douyin", "jd", "olist", ""])
def test_every_channel_starts_with_48_hours(channel: str) -> None:
    assert hours(About(channel=channel)) == 48
    assert not problems(SHIPPED.get(channel, PromiseBody()))


def test_every_shipped_row_says_that_it_is_a_default() -> None:
    assert all("出厂默认" in rule.note for body in SHIPPED.values() for rule in body.rules)


def test_the_most_specific_row_wins() -> None:
    tables = table(
        Rule(stage=Stage.SHIP, hours=48),
        Rule(stage=Stage.SHIP, hours=72, regions=("新疆",)),
        Rule(stage=Stage.SHIP, hours=24, carrier="sf"),
        Rule(stage=Stage.SHIP, hours=96, regions=("新疆",), carrier="sf"),
    )
    assert hours(About(channel="taobao", region="浙江省 杭州市"), tables=tables) == 48
    assert hours(About(channel="taobao", region="新疆维吾尔自治区 伊犁"), tables=tables) == 72
    assert hours(About(channel="taobao", region="乌鲁木齐市"), tables=tables) == 72
    assert hours(About(channel="taobao", region="浙江省", carrier="sf"), tables=tables) == 24
    assert hours(About(channel="taobao", region="新疆", carrier="sf"), tables=tables) == 96


def test_a_row_counts_on_its_days_only_and_of_equals_the_newer() -> None:
    tables = table(
        Rule(stage=Stage.SHIP, hours=48),
        Rule(stage=Stage.SHIP, hours=24, since="2026-02-01"),
        Rule(stage=Stage.SHIP, hours=12, since="2026-03-01"),
        Rule(stage=Stage.SHIP, hours=6, until="2026-02-04"),
    )
    assert hours(About(channel="taobao"), tables=tables) == 24


def test_the_channels_own_table_goes_before_the_default_one() -> None:
    found, _ = terms_of(About(channel="taobao", region="西藏"), Stage.SIGN, started_ms=START, tables=AT_HOME)
    assert found is not None and (found.hours, found.promise) == (360, "default@0#8")
    own = table(Rule(stage=Stage.SIGN, hours=100))
    found, _ = terms_of(About(channel="taobao", region="西藏"), Stage.SIGN, started_ms=START, tables=own)
    assert found is not None and (found.hours, found.promise) == (100, "taobao@7#1")


@pytest.mark.parametrize("word", ["presale", "预售订单", "定金预售"])
def test_a_presale_follows_the_date_it_was_sold_with(word: str) -> None:
    assert hours(About(channel="taobao", order_type=word)) is None
    promised = OrderMoments(promised_ship_ms=START + 1000)
    told = own_word(Stage.SHIP, promised, None)
    assert told is not None and (told.due_ms, told.promise) == (START + 1000, "order")
    rule = Rule(stage=Stage.SHIP, hours=240, order_type="presale")
    assert hours(About(channel="taobao", order_type=word), tables=table(rule)) == 240


def test_the_orders_own_word_beats_the_rule() -> None:
    rule, _ = terms_of(About(channel="taobao"), Stage.SHIP, started_ms=START, tables=AT_HOME)
    told = own_word(Stage.SHIP, OrderMoments(promised_ship_ms=START + 5), rule)
    assert told is not None and told.due_ms == START + 5
    assert own_word(Stage.SHIP, OrderMoments(), rule) is rule


@pytest.mark.parametrize(
    ("penalty", "amount", "expected"),
    [
        (Penalty(fixed_minor=300), None, 300),
        (Penalty(share_bp=500, least_minor=100, most_minor=3_000), 100, 100),
        (Penalty(share_bp=500, least_minor=100, most_minor=3_000), 9_999, 500),
        (Penalty(share_bp=500, least_minor=100, most_minor=3_000), 1_000_000, 3_000),
        (Penalty(share_bp=500), None, None),
        (Penalty(), 10_000, 0),
    ],
)
def test_what_a_breach_costs(penalty: Penalty, amount: int | None, expected: int | None) -> None:
    assert cost(penalty, amount) == expected


penalties = st.builds(
    Penalty,
    fixed_minor=st.integers(0, 10_000),
    share_bp=st.integers(0, 10_000),
    least_minor=st.integers(0, 500),
    most_minor=st.none() | st.integers(500, 100_000),
)


@given(penalties, st.integers(0, 10**9))
def test_a_price_stays_within_its_bounds_and_grows_with_the_order(penalty: Penalty, amount: int) -> None:
    price, more = cost(penalty, amount), cost(penalty, amount + 100)
    assert price is not None and more is not None and price <= more
    assert price >= min(penalty.least_minor, price if penalty.most_minor is None else penalty.most_minor)
    assert penalty.most_minor is None or price <= penalty.most_minor


def test_what_is_wrong_is_told_row_by_row() -> None:
    wrong = PromiseBody(
        rules=(
            Rule(stage=Stage.SHIP, hours=0),
            Rule(stage=Stage.SHIP, hours=48, since="2026-02-30"),
            Rule(stage=Stage.PICKUP, hours=24, penalty=Penalty(share_bp=20_000, least_minor=9, most_minor=3)),
            Rule(stage=Stage.PICKUP, hours=12),
            Rule(stage=Stage.SHIP, hours=1, since="2026-03-01", until="2026-02-01", warn_hours=2),
            Rule(stage=Stage.PICKUP, hours=12),
        )
    )
    told = " ".join(problems(wrong))
    for words in ("第 1 行:时限", "第 2 行:日期", "第 3 行:比例", "第 3 行:封顶", "第 5 行:截止", "第 6 行与第 3 行"):
        assert words in told, words


def test_a_stranger_field_or_stage_is_refused() -> None:
    for told in ({"rules": [{"stage": "fly", "hours": 1}]}, {"rules": [{"stage": "ship", "hours": 1, "x": 1}]}):
        with pytest.raises(msgspec.ValidationError):
            body_of(told)


@pytest.mark.parametrize(
    ("place", "province"),
    [
        ("浙江省 杭州市 余杭区", "浙江"),
        ("【杭州市】杭州中转部 已发往 广州", "浙江"),
        ("北京顺义集散中心", "北京"),
        ("内蒙古自治区呼和浩特市", "内蒙古"),
        ("", ""),
        ("某某网点", ""),
        ("SP", "SP"),
        ("12345", ""),
    ],
)
def test_where_a_place_lies(place: str, province: str) -> None:
    assert province_of(place) == province


def test_every_province_and_every_city_is_found_by_its_own_name() -> None:
    for province, cities in PLACES.items():
        assert province_of(province) == province
        assert {province_of(city) for city in cities.split()} == {province}, province


def clock(**more: object) -> dict[str, object]:
    at = datetime(2026, 2, 5, 6, 0, tzinfo=UTC)
    return {
        "subject_id": 1, "stage": "ship", "order_id": 1, "channel": "taobao", "shop": "", "carrier": "", "order_type": "",
        "region": "", "amount_minor": 10_000, "currency": "CNY", "started_at": at, "due_at": None, "done_at": None,
        "exact": True, "outcome": "open", "promise": "",
    } | more  # fmt: skip


def test_a_trial_counts_breaches_and_cents_before_and_after() -> None:
    at = datetime(2026, 2, 5, 6, 0, tzinfo=UTC)
    rows = [
        clock(),
        clock(done_at=at.replace(day=6), outcome="in_time"),
        clock(outcome="void"),
        clock(amount_minor=None),
        clock(promise="order", due_at=at.replace(day=20)),
    ]
    after = table(Rule(stage=Stage.SHIP, hours=12, penalty=Penalty(share_bp=1_000)))
    tried = compare(rows, AT_HOME, after, now=at.replace(day=9), samples=10)
    assert (tried.read, tried.before.breaches, tried.after.breaches) == (5, 2, 3)
    assert (tried.before.cost_minor, tried.before.unpriced) == ({"CNY": 500}, 1)
    assert (tried.after.cost_minor, tried.after.unpriced) == ({"CNY": 2_000}, 1)
    assert tried.changed == len(tried.samples) == 2
    same = compare(rows, AT_HOME, AT_HOME, now=at.replace(day=9), samples=10)
    assert (same.changed, same.before, same.after) == (0, tried.before, tried.before)
