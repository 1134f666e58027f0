"""Fees and commission as they should be (手续费、佣金): by the rates declared, else by those that prevail in the rows. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

import msgspec

from fenghe.money.policy import Fx, RateRule, Rates

MILLION: Final = 1_000_000
ROUNDINGS: Final = ("half_up", "down", "up", "half_even")
_MOST_RATES: Final = 6
_COVERED_PERCENT: Final = 95
_SHARE_PERCENT: Final = 3
_LARGE: Final = 1_000
"""Below this the rate cannot be told from the rounded amount."""
OWN: Final = "its own"
_HALF_UP: Final = "ROUND_HALF_UP"
_WAYS: Final = (_HALF_UP, "ROUND_HALF_EVEN", "ROUND_DOWN", "ROUND_UP")
LEAST: Final = 5
"""Conversions from which on a rate prevails."""
_SAMPLE: Final = 200
_NEIGHBOURS: Final = 3
"""The middle of rounded amounts misses what was quoted by a few of its last figures."""
_DECIMALS: Final = 4
"""Exchange rates are quoted so finely at least."""


class Rate(msgspec.Struct, frozen=True, order=True):
    """A rate in parts per million and how its product is rounded to whole minor units."""

    ppm: int
    rounding: str = "half_up"
    least_minor: int = 0


def expected(base_minor: int, rate: Rate) -> int:
    """What is taken of a base (both unsigned)."""
    product = abs(base_minor) * rate.ppm
    whole, rest = divmod(product, MILLION)
    match rate.rounding:
        case "down":
            up = False
        case "up":
            up = rest > 0
        case "half_even":
            up = rest * 2 > MILLION or (rest * 2 == MILLION and whole % 2 == 1)
        case _:
            up = rest * 2 >= MILLION
    return max(whole + up, rate.least_minor)


def declared(rates: Rates, *, what: str, provider: str, day: date | None) -> tuple[Rate, ...]:
    """The rates that were agreed for a provider on a day; the most particular first. Several: by category."""
    fitting = [one for one in rates.rules if one.what == what and _fits(one, provider, day)]
    own = [one for one in fitting if one.provider == provider] or fitting
    return tuple(Rate(one.ppm, one.rounding, one.least_minor) for one in own)


def _fits(rule: RateRule, provider: str, day: date | None) -> bool:
    if rule.provider not in ("*", provider):
        return False
    return day is None or (
        (rule.day_from is None or day >= rule.day_from) and (rule.day_to is None or day <= rule.day_to)
    )


def prevailing(pairs: Sequence[tuple[int, int]], rates: Rates) -> tuple[Rate, ...]:
    """The few rates by which nearly all of these (base, taken) go; none when they go by no rates.

    What a handful of rows does is no rate, and where the rows do not agree nothing is called wrong.
    """
    rows = [(abs(base), abs(taken)) for base, taken in pairs if base]
    if not rates.learn or len(rows) < rates.least_rows:
        return ()
    left = rows
    found: list[Rate] = []
    while left and len(found) < _MOST_RATES:
        best = _best(left)
        if best is None:
            break
        rest = [row for row in left if expected(row[0], best) != row[1]]
        if (len(left) - len(rest)) * 100 < _SHARE_PERCENT * len(rows):
            break
        found.append(best)
        left = rest
    return tuple(found) if (len(rows) - len(left)) * 100 >= _COVERED_PERCENT * len(rows) else ()


def _best(rows: Sequence[tuple[int, int]]) -> Rate | None:
    """The rate and rounding that most rows go by."""
    large = [row for row in rows if row[0] >= _LARGE] or list(rows)
    votes: Counter[int] = Counter()
    for base, taken in large[:4_000]:
        exact = Decimal(taken * MILLION) / base
        for unit in (100, 500, 1_000, 5_000):
            votes[int((exact / unit).to_integral_value()) * unit] += 1
    tried = [Rate(ppm, how) for ppm, _ in votes.most_common(6) for how in ROUNDINGS]
    sample = rows[:4_000]
    counted = [(sum(expected(base, one) == taken for base, taken in sample), one) for one in tried]
    most = max((hits for hits, _ in counted), default=0)
    return next((one for hits, one in counted if hits == most), None) if most else None


def nearest(base_minor: int, taken_minor: int, rates: Iterable[Rate]) -> tuple[Rate, int]:
    """(the rate that comes nearest to what was taken, what it would have been)."""
    told = [(one, expected(base_minor, one)) for one in rates]
    return min(told, key=lambda pair: (abs(pair[1] - abs(taken_minor)), pair[0]))


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One conversion: what left in one currency and came in another, at the rate its teller names (None: none).

    `gross_minor` is what came before the provider took its fee: the other amount may be told of either.
    """

    id: int
    number: str
    source_currency: str
    source_minor: int
    target_currency: str
    target_minor: int
    gross_minor: int | None = None
    rate: Decimal | None = None
    day: date | None = None
    order_no: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """From which currency to which."""
        return self.source_currency, self.target_currency

    def turned(self) -> "Exchange":
        """The same, told from the other side: rates are quoted both ways."""
        return msgspec.structs.replace(
            self, source_currency=self.target_currency, source_minor=self.target_minor,
            target_currency=self.source_currency, target_minor=self.source_minor, gross_minor=None,
        )  # fmt: skip

    def of_gross(self) -> "Exchange":
        """The same, where the other amount is told of the gross."""
        return self if self.gross_minor is None else msgspec.structs.replace(self, target_minor=self.gross_minor)


class Misconverted(msgspec.Struct, frozen=True, kw_only=True):
    """A conversion that misses its rate: by how much, and by whose rate."""

    exchange: Exchange
    expected_minor: int
    told_by: str


class _Price(msgspec.Struct, frozen=True, kw_only=True):
    """The rate that a conversion is held to. `sides`: from which side it may be read."""

    rate: Decimal
    told_by: str
    tolerance_ppm: int
    sides: tuple[bool, ...] = (False, True)


def misconverted(exchanges: Sequence[Exchange], fx: Fx) -> list[Misconverted]:
    """Conversions that miss the declared rate, else the one they name themselves, else the one that prevails.

    Each is rounded by itself, as most of those between the two currencies are (half up, to even, down or up); one minor unit
    more or less is rounding in another way and no difference.
    """
    found = []
    usual = _usual_rates(exchanges)
    priced = [(one, price) for one in exchanges if (price := _price_of(one, fx, usual)) is not None]
    rounding = _roundings(priced)
    for one, price in priced:
        if any(_keeps(told, price) for told in _readings(one, price)):
            continue
        side = min(_sides(one, price), key=lambda told: _miss(told, price))
        should = _should(side, price.rate, rounding.get(frozenset(one.pair), _HALF_UP))
        found.append(Misconverted(exchange=side, expected_minor=should, told_by=price.told_by))
    return found


def _sides(one: Exchange, price: _Price) -> list[Exchange]:
    """The net, from each side that the rate may be read from."""
    return [one.turned() if side else one for side in price.sides]


def _readings(one: Exchange, price: _Price) -> list[Exchange]:
    """Net and gross, from each side."""
    return [*_sides(one, price), *_sides(one.of_gross(), price)]


def _roundings(priced: Sequence[tuple[Exchange, _Price]]) -> dict[frozenset[str], str]:
    """How the amounts between two currencies are rounded: by the way that most of them agree with to the unit."""
    votes: dict[frozenset[str], Counter[str]] = {}
    for one, price in priced:
        counted = votes.setdefault(frozenset(one.pair), Counter())
        for told in _readings(one, price):
            counted.update(how for how in _WAYS if _should(told, price.rate, how) == abs(told.target_minor))
    return {pair: max(_WAYS, key=counted.__getitem__) for pair, counted in votes.items()}


def _should(one: Exchange, rate: Decimal, how: str = _HALF_UP) -> int:
    return int((abs(one.source_minor) * rate).to_integral_value(rounding=how))


def _miss(one: Exchange, price: _Price) -> Fraction:
    """By what part of itself it misses the rate."""
    should = _should(one, price.rate)
    return Fraction(abs(abs(one.target_minor) - should), max(should, 1))


def _keeps(one: Exchange, price: _Price) -> bool:
    should = _should(one, price.rate)
    allowed = max(1, should * price.tolerance_ppm // MILLION)
    if price.told_by == OWN:
        allowed += _printed(one, price.rate)
    return abs(abs(one.target_minor) - should) <= allowed


def _price_of(one: Exchange, fx: Fx, usual: dict[tuple[str, str], Decimal]) -> _Price | None:
    named = {one.pair: (False,), one.turned().pair: (True,)}
    fitting = [
        rate
        for rate in fx.rates
        if (rate.source_currency, rate.target_currency) in named and rate.day in (None, one.day)
    ]
    for rate in sorted(fitting, key=lambda rate: rate.day is None):
        sides = named[rate.source_currency, rate.target_currency]
        told_by = rate.told_by or "declared"
        return _Price(rate=rate.rate, told_by=told_by, tolerance_ppm=fx.tolerance_ppm, sides=sides)
    common = usual.get(one.pair)
    if one.rate:
        if common is not None and abs(one.rate / common - 1) * MILLION > fx.tolerance_ppm * 4:
            return _Price(rate=common, told_by="prevailing", tolerance_ppm=fx.tolerance_ppm * 4)
        return _Price(rate=one.rate, told_by=OWN, tolerance_ppm=0)
    if common is None:
        return None
    return _Price(rate=common, told_by="prevailing", tolerance_ppm=fx.tolerance_ppm * 2, sides=(False,))


def _printed(one: Exchange, rate: Decimal) -> int:
    """What a rate that is printed with so many decimals leaves open: half of its last one, of at least four."""
    exponent = rate.normalize().as_tuple().exponent
    decimals = max(_DECIMALS, -exponent if isinstance(exponent, int) else 0)
    return abs(one.source_minor) // (2 * int("1" + "0" * decimals))


def _usual_rates(exchanges: Sequence[Exchange]) -> dict[tuple[str, str], Decimal]:
    """The rate that prevails between each pair of currencies that is exchanged at least five times."""
    told: dict[tuple[str, str], list[Decimal]] = {}
    amounts: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for one in exchanges:
        if one.rate:
            told.setdefault(one.pair, []).append(one.rate)
        elif one.source_minor:
            amounts.setdefault(one.pair, []).append((abs(one.source_minor), abs(one.target_minor)))
    named = {pair: sorted(rates)[len(rates) // 2] for pair, rates in told.items() if len(rates) >= LEAST}
    learnt = {pair: quoted(pairs).rate for pair, pairs in amounts.items() if len(pairs) >= LEAST}
    return {**learnt, **named}


class Quote(msgspec.Struct, frozen=True):
    """A rate as somebody quoted it, and how what came of it was rounded."""

    rate: Decimal
    rounding: str = _HALF_UP


def quoted(pairs: Sequence[tuple[int, int]]) -> Quote:
    """The rate of these (source, target): the shortest near the middle one by which at least half come out to the unit,
    else the middle one itself.
    """
    middle = sorted(Fraction(target, source) for source, target in pairs)[len(pairs) // 2]
    near = Decimal(middle.numerator) / Decimal(middle.denominator)
    sample, best, most = pairs[:_SAMPLE], Quote(near), 0
    for decimals in range(2, 9):
        unit = Decimal(1).scaleb(-decimals)
        for step in range(-_NEIGHBOURS, _NEIGHBOURS + 1):
            rate = near.quantize(unit) + step * unit
            for how in _WAYS:
                hits = sum(int((source * rate).to_integral_value(rounding=how)) == target for source, target in sample)
                if hits > most:
                    best, most = Quote(rate, how), hits
    return best if most * 2 >= len(sample) else Quote(near)
