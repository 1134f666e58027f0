"""Fees and commission: what is expected, how rates are learnt, and when nothing is called wrong."""

import random
from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.money.policy import Fx, FxRate, RateRule, Rates
from fenghe.money.rates import Exchange, Quote, Rate, declared, expected, misconverted, nearest, prevailing, quoted


@pytest.mark.parametrize(
    ("base", "rounding", "taken"),
    [(2_500, "half_up", 3), (2_500, "half_even", 2), (1_500, "half_even", 2), (1_500, "down", 1), (1_001, "up", 2)],
)
def test_rounding(base: int, rounding: str, taken: int) -> None:
    assert expected(base, Rate(1_000, rounding)) == taken


@given(st.integers(0, 10**9), st.integers(0, 200_000))
def test_rounding_modes_are_in_order(base: int, ppm: int) -> None:
    down, even, half, up = (expected(base, Rate(ppm, how)) for how in ("down", "half_even", "half_up", "up"))
    assert down <= even <= half <= up <= down + 1
    assert half == int((Decimal(base) * ppm / 1_000_000).to_integral_value(rounding="ROUND_HALF_UP"))


@given(
    st.sampled_from([0, 1_000, 3_800, 6_000, 20_000, 50_000]), st.sampled_from(["half_up", "down", "up"]), st.integers()
)
def test_the_prevailing_rate_is_learnt_and_the_few_that_miss_it_are_not(ppm: int, how: str, seed: int) -> None:
    rng = random.Random(seed)
    bases = [rng.randrange(500, 200_000) for _ in range(400)]
    pairs = [(base, expected(base, Rate(ppm, how)) + (50 if at < 8 else 0)) for at, base in enumerate(bases)]
    rates = prevailing(pairs, Rates())
    assert all(expected(base, rates[0]) == taken for base, taken in pairs[8:])
    assert all(taken not in {expected(base, one) for one in rates} for base, taken in pairs[:8])


def test_rates_by_category_are_learnt_together() -> None:
    rng = random.Random(5)
    pairs = [
        (base, expected(base, Rate(rng.choice([20_000, 50_000]))))
        for base in (rng.randrange(5_000, 90_000) for _ in range(600))
    ]
    assert {one.ppm for one in prevailing(pairs, Rates())} == {20_000, 50_000}


def test_rows_that_go_by_no_rate_are_not_called_wrong() -> None:
    rng = random.Random(5)
    pairs = [(rng.randrange(5_000, 90_000), rng.randrange(0, 3_000)) for _ in range(600)]
    assert prevailing(pairs, Rates()) == ()
    assert prevailing([(10_000, 60)] * 5, Rates()) == ()


def test_declared_rates_by_provider_and_day() -> None:
    rates = Rates(
        rules=(
            RateRule(what="fee", ppm=6_000),
            RateRule(what="fee", provider="alipay", ppm=3_800, day_from=date(2026, 2, 1)),
            RateRule(what="commission", provider="douyin", ppm=50_000),
        )
    )
    assert declared(rates, what="fee", provider="alipay", day=date(2026, 2, 2)) == (Rate(3_800),)
    assert declared(rates, what="fee", provider="alipay", day=date(2026, 1, 2)) == (Rate(6_000),)
    assert declared(rates, what="commission", provider="alipay", day=None) == ()
    assert nearest(10_000, 70, (Rate(6_000), Rate(50_000))) == (Rate(6_000), 60)


def exchange(at: int, foreign: int, settled: int, rate: str | None = "7.05") -> Exchange:
    return Exchange(
        id=at, number=f"X{at}", source_currency="USD", source_minor=foreign, target_currency="CNY", target_minor=settled,
        rate=Decimal(rate) if rate else None, day=date(2026, 2, 1),
    )  # fmt: skip


def test_a_conversion_that_misses_its_rate() -> None:
    right = [exchange(at, 1_000 + at, round((1_000 + at) * 7.05)) for at in range(6)]
    wrong = exchange(9, 10_000, 70_400)
    assert [one.exchange.id for one in misconverted([*right, wrong], Fx())] == [9]
    assert misconverted([*right, wrong], Fx())[0].expected_minor == 70_500
    told = Fx(rates=(FxRate(source_currency="USD", target_currency="CNY", rate=Decimal("7.2"), told_by="央行中间价"),))
    assert misconverted([right[0]], told)[0].told_by == "央行中间价"
    assert misconverted([exchange(1, 1_000, 7_060, None)], Fx()) == []


def converted(source: int, target: int, rate: str) -> bool:
    """Whether a conversion at its own rate stands."""
    one = Exchange(id=1, number="X", source_currency="USD", source_minor=source, target_currency="CNY",
                   target_minor=target, rate=Decimal(rate))  # fmt: skip
    return not misconverted([one], Fx())


@pytest.mark.parametrize(
    ("source", "target", "rate", "stands"),
    [
        (10_000, 70_512, "7.0512", True),
        (333, 2_348, "7.0512", True),
        (333, 2_349, "7.0512", True),
        (10_000, 70_513, "7.0512", True),
        (10_000, 70_514, "7.0512", False),
        (100_000, 705_117, "7.0512", True),
        (100_000, 705_126, "7.0512", True),
        (100_000, 705_127, "7.0512", False),
        (100_000, 705_122, "7.05120000", True),
        (100_000, 705_125, "7.051234", False),
    ],
)
def test_a_conversion_keeps_the_rate_that_it_names_up_to_its_last_printed_figure(
    source: int, target: int, rate: str, *, stands: bool
) -> None:
    assert converted(source, target, rate) is stands


def test_a_rate_is_read_from_either_side_and_of_net_or_gross() -> None:
    net = Exchange(id=1, number="OV", source_currency="CNY", source_minor=14_181, target_currency="USD",
                   target_minor=1_956, gross_minor=2_000, rate=Decimal("7.25"))  # fmt: skip
    gross = msgspec.structs.replace(net, source_minor=14_500)
    wrong = msgspec.structs.replace(net, source_minor=13_293)
    (found,) = misconverted([net, gross, wrong], Fx())
    assert (found.exchange.target_currency, found.exchange.target_minor, found.expected_minor) == (
        "CNY",
        13_293,
        14_181,
    )
    told = Fx(rates=(FxRate(source_currency="USD", target_currency="CNY", rate=Decimal("7.25"), told_by="央行"),))
    assert misconverted([net], told) == []
    assert misconverted([wrong], told)[0].told_by == "央行"


@pytest.mark.parametrize("how", ["ROUND_HALF_UP", "ROUND_HALF_EVEN", "ROUND_DOWN", "ROUND_UP"])
def test_what_misses_its_rate_misses_what_the_others_way_of_rounding_makes(how: str) -> None:
    told = []
    for n in range(40):
        source = 1_000 + 37 * n
        target = int((source * Decimal("7.0512")).to_integral_value(rounding=how)) - (700 if n == 7 else 0)
        told.append(Exchange(id=n, number=str(n), source_currency="USD", source_minor=source, target_currency="CNY",
                             target_minor=target, rate=Decimal("7.0512")))  # fmt: skip
    (found,) = misconverted(told, Fx())
    assert (found.exchange.id, found.exchange.target_minor - found.expected_minor) == (7, -700)


@given(st.integers(60_000, 80_000), st.sampled_from(["ROUND_HALF_UP", "ROUND_DOWN", "ROUND_UP"]), st.integers(0, 10**9))
def test_a_quoted_rate_is_found_to_its_last_figure(rate: int, how: str, seed: int) -> None:
    """From amounts rounded to the cent, the rate by which they were made; so what misses it misses it to the cent."""
    quote, rng = Decimal(rate) / 10_000, random.Random(seed)
    sources = [rng.randrange(1_000, 60_000) for _ in range(30)]
    pairs = [(one, int((one * quote).to_integral_value(rounding=how))) for one in sources]
    found = quoted([*pairs, (10_000, 1), (20_000, 999_999)])
    assert all(int((one * found.rate).to_integral_value(rounding=found.rounding)) == target for one, target in pairs)


def test_where_no_rate_was_quoted_the_middle_one_prevails() -> None:
    assert quoted([(100, 700 + n) for n in range(9)]) == Quote(Decimal("7.04"), "ROUND_HALF_UP")
