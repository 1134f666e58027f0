"""The daily cap on cents (分差日限额): small differences are one row while they stay small together; beyond, each is named. Pure.

The rule: of one provider, trade day and currency the differences within the tolerance are put in the order of their order numbers;
each is a cent difference while the sum of absolute amounts up to and including it is within the cap. The first that would go
beyond, and every one after it, is over the cap (分差超日限额) and says so with the cap and the day's sum.

Promises: the same differences give the same names whatever order they come in; nothing is dropped, no amount changes; what people
have accepted takes nothing of the cap.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

import msgspec

from fenghe.money.causes import Cause
from fenghe.money.found import Found, key_of
from fenghe.money.observing import amount_words

CAUSES: Final = (Cause.CENT_DIFFERENCE, Cause.CENT_OVER_CAP)
Day = tuple[str, date | None, str]
"""provider, day in China, currency"""


class Stands(msgspec.Struct, frozen=True, kw_only=True):
    """A difference of cents that stands since an earlier run and is not looked at in this one."""

    scope_key: str
    provider: str
    day: date | None
    currency: str
    amount_minor: int


def capped(found: Iterable[Found], standing: Iterable[Stands] = (), *, cap: int) -> Iterator[Found]:
    """The same differences, those over the cap under their own cause; `standing` only take their place and their share."""
    days: dict[Day, list[Found | Stands]] = defaultdict(list)
    for one in found:
        days[one.provider, one.day, one.difference.currency].append(one)
    for other in standing:
        if (other.provider, other.day, other.currency) in days:
            days[other.provider, other.day, other.currency].append(other)
    for told in days.values():
        yield from _of_day(sorted(told, key=_place), cap)


def _place(one: Found | Stands) -> tuple[str, int, str]:
    """By order number; two of one order by amount. Nothing that depends on when it came."""
    return one.scope_key, _amount(one), one.difference.field if isinstance(one, Found) else ""


def _amount(one: Found | Stands) -> int:
    return abs(one.difference.amount_minor if isinstance(one, Found) else one.amount_minor)


def _of_day(told: Sequence[Found | Stands], cap: int) -> Iterator[Found]:
    whole, so_far = sum(_amount(one) for one in told), 0
    for one in told:
        so_far += _amount(one)
        if isinstance(one, Found):
            yield one if so_far <= cap else _over(one, whole=whole, count=len(told), cap=cap)


def _over(one: Found, *, whole: int, count: int, cap: int) -> Found:
    currency = one.difference.currency
    note = (
        f"{one.provider or '（支付机构不明）'} {one.day or '（日期不明）'} 的分差共 {count} 笔、{amount_words(whole, currency)}，"
        f"超过每天 {amount_words(cap, currency)} 的限额；按单号排到本笔时已超"
    )
    told = " ".join(part for part in (one.difference.note, note) if part)
    difference = msgspec.structs.replace(one.difference, cause=Cause.CENT_OVER_CAP, note=told)
    return msgspec.structs.replace(one, difference=difference, key=key_of(one.scope_key, difference))
