"""What reconciliation goes by (匹配规则): tolerances, grace days, rates. Declared, and read into one plain value. Pure."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

from fenghe.money.chain import Coverage
from fenghe.money.numbers import Shape

KIND: Final = "match_rule"
"""Declarations of this kind, by name: `matching`, `rates`, `fx`."""

PASSES: Final = (
    "exact_key", "cleaned_key", "split_parts", "refunds", "escrow", "split_accounts", "statement", "fees", "payouts",
    "fx", "timing", "cents",
)  # fmt: skip


class Matching(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tolerances of matching. A pass that is not named is left out."""

    passes: tuple[str, ...] = PASSES
    cent_tolerance_minor: int = 9
    cent_daily_cap_minor: int = 100_00
    payout_grace_days: int = 5
    statement_grace_days: int = 1
    voucher_grace_days: int = 1
    most_parts: int = 12
    escrow_providers: tuple[str, ...] = ("alipay", "douyin", "jd", "pdd")


class RateRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a provider takes: `what` fee or commission, of a provider (`*`: any), from a day to a day, in parts per million."""

    what: str
    provider: str = "*"
    category: str = "*"
    day_from: date | None = None
    day_to: date | None = None
    ppm: int
    rounding: str = "half_up"
    least_minor: int = 0


class Rates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rates that were agreed; where none is declared the prevailing one is learnt from the rows, if nearly all agree."""

    rules: tuple[RateRule, ...] = ()
    learn: bool = True
    agreeing_percent: int = 80
    least_rows: int = 20


class FxRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One unit of `source_currency` in `target_currency` on a day (None: any), and who says so."""

    source_currency: str
    target_currency: str
    day: date | None = None
    rate: Decimal
    told_by: str = ""


class Fx(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Exchange: the rates in force and by how much a conversion may miss them."""

    rates: tuple[FxRate, ...] = ()
    tolerance_ppm: int = 5_000


class Days(msgspec.Struct, frozen=True, kw_only=True):
    """Days of China after one and through another."""

    after: date
    through: date

    def hold(self, day: date) -> bool:
        """Is it one of them?"""
        return self.after < day <= self.through


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What one run goes by: the declarations in force, what the sources cover, and what order numbers look like.

    `unbooked`: money that moved on these days need not be in the books yet.
    """

    matching: Matching = Matching()
    rates: Rates = Rates()
    fx: Fx = Fx()
    coverage: Coverage = Coverage()
    shapes: frozenset[Shape] = frozenset()
    unbooked: Days | None = None
    version: str = "match_rule@0"

    @property
    def cent_tolerance(self) -> int:
        """Up to this a difference is one of cents."""
        return self.matching.cent_tolerance_minor if "cents" in self.matching.passes else 0


def unbooked_days(booked_until: date | None, matching: Matching, *, today: date) -> Days | None:
    """The days that finance has not come to and still has its grace for; a day that is yet to come is none of them."""
    if booked_until is None or "timing" not in matching.passes:
        return None
    return Days(after=max(booked_until, today - timedelta(days=matching.voucher_grace_days)), through=today)


_TYPES: Final[dict[str, type[msgspec.Struct]]] = {"matching": Matching, "rates": Rates, "fx": Fx}


SHIPPED: Final[dict[str, Any]] = {name: msgspec.to_builtins(kind()) for name, kind in _TYPES.items()}
"""What is in force while nothing is published."""


def policy_of(bodies: dict[str, tuple[int, Any]]) -> Policy:
    """The policy of published bodies by name: (version, body); what is not published is as shipped."""
    read: dict[str, Any] = {
        name: msgspec.convert(bodies[name][1], kind) if name in bodies else kind() for name, kind in _TYPES.items()
    }
    versions = "+".join(f"{name}@{bodies[name][0] if name in bodies else 0}" for name in _TYPES)
    return Policy(version=f"{KIND}:{versions}", **read)


def problems(name: str, body: Any) -> list[str]:
    """What is wrong with a declaration, in the user's words; empty when it may be published."""
    kind = _TYPES.get(name)
    if kind is None:
        return [f"没有叫 {name} 的匹配规则，可用的有 {'、'.join(_TYPES)}"]
    try:
        read = msgspec.convert(body, kind)
    except msgspec.ValidationError as problem:
        return [str(problem)]
    found = []
    if isinstance(read, Matching):
        unknown = [one for one in read.passes if one not in PASSES]
        found += [f"没有叫 {unknown[0]} 的匹配步骤"] if unknown else []
        found += ["分差容忍不能是负数"] if read.cent_tolerance_minor < 0 else []
        found += ["分差每天的限额不能是负数"] if read.cent_daily_cap_minor < 0 else []
    if isinstance(read, Rates):
        found += [
            f"费率的种类应为 fee 或 commission：{one.what}"
            for one in read.rules
            if one.what not in ("fee", "commission")
        ]
    return found
