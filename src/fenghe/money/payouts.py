"""Pay-outs against the bank (出款与银行到账): by reference, by amount, several in one line, short, or still on the way. Pure.

Nothing is guessed: a line that two different sets of pay-outs would explain is left open and says so.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from fenghe.money.chain import ways_of
from fenghe.money.policy import Matching

_WORD: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{3,}")
_PROVIDERS: Final = (
    "支付宝", "蚂蚁", "alipay", "财付通", "微信", "tenpay", "wechat", "抖音", "douyin", "合众易宝", "京东", "网银在线",
    "拼多多", "pdd", "jd", "备付金",
)  # fmt: skip
_WORDS_OF: Final = {
    "alipay": ("支付宝", "蚂蚁", "alipay"),
    "wechatpay": ("财付通", "微信", "tenpay", "wechat"),
    "douyin": ("抖音", "douyin", "合众易宝"),
    "jd": ("京东", "网银在线"),
    "pdd": ("拼多多", "pdd"),
}
_CLEARLY: Final = 4
"""How many times as much the next candidate of a short line must miss by."""
_SHORT_PERCENT: Final = 30
"""A line that brings less than this part too little may still be the pay-out it seems to be."""
_SHORT_TOGETHER_PERCENT: Final = 10
"""Likewise of several in one line, where more could be what it seems to be."""


class Payout(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says it paid out under one number."""

    provider: str
    number: str
    currency: str
    amount_minor: int
    day: date | None
    ref: str = ""
    ids: tuple[int, ...] = ()

    @property
    def name(self) -> tuple[str, str, str]:
        """What tells it from every other."""
        return (self.provider, self.number, self.currency)


class BankLine(msgspec.Struct, frozen=True, kw_only=True):
    """Money that came in at the bank."""

    id: int
    number: str
    currency: str
    amount_minor: int
    day: date | None
    text: str
    kind: str = "other"


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """Pay-outs and the lines that brought them; `way`: reference, amount, together, short, missing, on_the_way, alone."""

    way: str
    payouts: tuple[Payout, ...] = ()
    lines: tuple[BankLine, ...] = ()
    note: str = ""

    @property
    def off_minor(self) -> int:
        """What the bank has more than was paid out."""
        return sum(one.amount_minor for one in self.lines) - sum(one.amount_minor for one in self.payouts)


class _Open:
    """What is not matched yet."""

    def __init__(self, payouts: Sequence[Payout], lines: Sequence[BankLine]) -> None:
        self._payouts = sorted(payouts, key=lambda one: (one.day or date.min, one.provider, one.number))
        self._lines = sorted(lines, key=lambda one: (one.day or date.min, one.id))
        self._days: dict[date | None, list[Payout]] = {}
        for one in self._payouts:
            self._days.setdefault(one.day, []).append(one)
        self._gone: set[tuple[str, str, str]] = set()
        self._gone_lines: set[int] = set()
        self.done: list[Settled] = []

    @property
    def payouts(self) -> list[Payout]:
        """Pay-outs that no line has brought yet, by day."""
        return [one for one in self._payouts if one.name not in self._gone]

    @property
    def lines(self) -> list[BankLine]:
        """Lines that have brought nothing yet, by day."""
        return [one for one in self._lines if one.id not in self._gone_lines]

    def near(self, line: BankLine, matching: Matching) -> list[Payout]:
        """Pay-outs of the line's currency that may be in it by their day."""
        if line.day is None:
            days: Iterable[date | None] = self._days
        else:
            days = [None, *(line.day - timedelta(days=back) for back in range(matching.payout_grace_days, -2, -1))]
        told = [one for day in days for one in self._days.get(day, ())]
        return [one for one in told if one.currency == line.currency and one.name not in self._gone]

    def settle(self, way: str, payouts: Iterable[Payout], lines: Iterable[BankLine], *, note: str = "") -> None:
        """These belong together."""
        told = Settled(way=way, payouts=tuple(payouts), lines=tuple(lines), note=note)
        self.done.append(told)
        self._gone |= {one.name for one in told.payouts}
        self._gone_lines |= {one.id for one in told.lines}


def settle(payouts: Sequence[Payout], lines: Sequence[BankLine], matching: Matching) -> list[Settled]:
    """Which line brought which pay-outs; every pay-out is in exactly one result, and every line at most in one."""
    left = _Open(payouts, lines)
    last = max((one.day for one in lines if one.day), default=None)
    _by_reference(left, matching)
    _by_amount(left, matching)
    doubtful = _together(left, matching)
    _short(left, matching)
    _short_together(left, matching)
    for one in left.payouts:
        waiting = (
            one.amount_minor <= 0
            or last is None
            or one.day is None
            or one.day + timedelta(days=matching.payout_grace_days) > last
        )
        note = doubtful.get((one.provider, one.number), "")
        left.settle("on_the_way" if waiting else "missing", [one], [], note=note)
    for line in left.lines:
        if line.kind == "payout" or any(word in line.text.lower() for word in _PROVIDERS):
            left.settle("alone", [], [line])
    return left.done


def _by_reference(left: _Open, matching: Matching) -> None:
    """A line that names pay-outs brought them."""
    by_name: dict[str, list[Payout]] = {}
    for one in left.payouts:
        for name in {one.number, one.ref} - {""}:
            by_name.setdefault(name.lower(), []).append(one)
    groups = _groups(left.lines, by_name)
    for named, lines in groups:
        off = sum(one.amount_minor for one in lines) - sum(one.amount_minor for one in named)
        if off > 0:
            named = [*named, *_unnamed(left, named, lines, off, matching)]  # noqa: PLW2901
        left.settle("reference", named, lines)


def _groups(lines: Sequence[BankLine], by_name: dict[str, list[Payout]]) -> list[tuple[list[Payout], list[BankLine]]]:
    """Lines and pay-outs that hang together by name."""
    group_of: dict[tuple[str, str, str], int] = {}
    groups: list[tuple[list[Payout], list[BankLine]]] = []
    for line in lines:
        words = {word.lower() for word in _WORD.findall(f"{line.number} {line.text}")}
        named = [one for word in sorted(words) for one in by_name.get(word, ()) if one.currency == line.currency]
        named = list({one.name: one for one in named}.values())
        if not named:
            continue
        known = {group_of[one.name] for one in named if one.name in group_of}
        place = min(known, default=len(groups))
        if place == len(groups):
            groups.append(([], []))
        groups[place][1].append(line)
        for one in named:
            if one.name not in group_of:
                group_of[one.name] = place
                groups[place][0].append(one)
    return groups


def _unnamed(
    left: _Open, named: Sequence[Payout], lines: Sequence[BankLine], off: int, matching: Matching
) -> list[Payout]:
    """Further pay-outs in a line that names only some of them."""
    taken = {one.name for one in named}
    candidates = [one for one in left.near(lines[0], matching) if one.name not in taken][:40]
    chosen = ways_of([one.amount_minor for one in candidates], off, steps=20_000)
    return [candidates[place] for place in chosen[0]] if len(chosen) == 1 else []


def _fits(one: Payout, line: BankLine, matching: Matching) -> bool:
    if one.currency != line.currency:
        return False
    if one.day is None or line.day is None:
        return True
    return timedelta(days=-1) <= line.day - one.day <= timedelta(days=matching.payout_grace_days)


def _by_amount(left: _Open, matching: Matching) -> None:
    """The same amount within the days a pay-out takes, the earliest first."""
    by_amount: dict[tuple[str, int], list[BankLine]] = {}
    for line in left.lines:
        by_amount.setdefault((line.currency, line.amount_minor), []).append(line)
    for one in left.payouts:
        waiting = by_amount.get((one.currency, one.amount_minor), [])
        fitting = next((line for line in waiting if _fits(one, line, matching)), None)
        if fitting is not None:
            waiting.remove(fitting)
            left.settle("amount", [one], [fitting])


def _together(left: _Open, matching: Matching) -> dict[tuple[str, str], str]:
    """Several pay-outs in one line, as over a weekend. Returns those that more than one way would explain."""
    doubtful: dict[tuple[str, str], str] = {}
    for line in left.lines:
        candidates = [one for one in left.near(line, matching) if 0 < one.amount_minor < line.amount_minor]
        chosen = _one_way(candidates, line.amount_minor, matching.most_parts)
        if chosen is None:
            continue
        if chosen:
            left.settle("together", chosen, [line])
        else:
            note = f"银行行 {line.number or line.id} 可由几组出款凑成，请人工匹配"
            doubtful |= {(one.provider, one.number): note for one in candidates}
    return doubtful


def _one_way(candidates: Sequence[Payout], target: int, most: int) -> list[Payout] | None:
    """The pay-outs that sum to the target; [] when nobody can tell which, None when none do."""
    providers = sorted({one.provider for one in candidates})
    runs = [
        run
        for provider in providers
        if (run := _run([one for one in candidates if one.provider == provider], target)) is not None
    ]
    if len(runs) == 1:
        return runs[0]
    if len(runs) > 1 or len(candidates) > 40:
        return [] if runs else None
    ways = [way for way in ways_of([one.amount_minor for one in candidates], target) if len(way) <= most]
    if not ways:
        return None
    return [candidates[place] for place in ways[0]] if len(ways) == 1 else []


def _run(candidates: Sequence[Payout], target: int) -> list[Payout] | None:
    """The one run of consecutive pay-outs that sums to the target."""
    places: dict[int, list[int]] = {0: [0]}
    total, found = 0, []
    for end, one in enumerate(candidates, 1):
        total += one.amount_minor
        found += [(start, end) for start in places.get(total - target, ()) if end - start > 1]
        places.setdefault(total, []).append(end)
    return list(candidates[found[0][0] : found[0][1]]) if len(found) == 1 else None


def _short(left: _Open, matching: Matching) -> None:
    """A line that is nearly a pay-out: the only one that could be, or by far the nearest on both sides."""
    while found := _nearest_pairs(left, matching):
        for one, line in found:
            left.settle("short", [one], [line])


def _short_together(left: _Open, matching: Matching) -> None:
    """A line that is nearly several pay-outs in a row, as a weekend's of which a part did not come."""
    for line in left.lines:
        candidates = [one for one in left.near(line, matching) if one.amount_minor > 0 and _may_be(one, line)]
        runs = [
            run
            for provider in sorted({one.provider for one in candidates})
            for run in _runs([one for one in candidates if one.provider == provider], matching.most_parts)
        ]
        off = [sum(one.amount_minor for one in run) - line.amount_minor for run in runs]
        near = [
            place
            for place, less in enumerate(off)
            if less > 0 and less * 100 <= (less + line.amount_minor) * _SHORT_TOGETHER_PERCENT
        ]
        place = _clearly([off[one] for one in near])
        if place is not None and len(_named(line)) <= 1:
            left.settle("short", runs[near[place]], [line])


def _runs(candidates: Sequence[Payout], most: int) -> Iterable[Sequence[Payout]]:
    """Two and more consecutive ones."""
    return (
        candidates[start:end]
        for start in range(len(candidates))
        for end in range(start + 2, min(len(candidates), start + most) + 1)
    )


def _nearest_pairs(left: _Open, matching: Matching) -> list[tuple[Payout, BankLine]]:
    """Pay-outs and lines that are each other's, and clearly so."""
    rivals = {
        line.id: [one for one in left.near(line, matching) if _nearly(one, line)]
        for line in left.lines
        if len(_named(line)) <= 1
    }
    lines = {line.id: line for line in left.lines}
    nearly: dict[tuple[str, str, str], list[BankLine]] = {}
    for at, payouts in rivals.items():
        for one in payouts:
            nearly.setdefault(one.name, []).append(lines[at])
    pairs = []
    for at, payouts in rivals.items():
        place = _clearly([one.amount_minor - lines[at].amount_minor for one in payouts])
        if place is not None:
            asking = nearly[payouts[place].name]
            back = _clearly([payouts[place].amount_minor - line.amount_minor for line in asking])
            if back is not None and asking[back].id == at:
                pairs.append((payouts[place], asking[back]))
    return pairs


def _clearly(off: Sequence[int]) -> int | None:
    """The place of the least, if the next is several times as much."""
    order = sorted(range(len(off)), key=off.__getitem__)
    if not order or (len(order) > 1 and off[order[1]] < off[order[0]] * _CLEARLY):
        return None
    return order[0]


def _named(line: BankLine) -> set[str]:
    """The providers that a line's words name."""
    text = line.text.lower()
    return {provider for provider, words in _WORDS_OF.items() if any(word in text for word in words)}


def _may_be(one: Payout, line: BankLine) -> bool:
    """A line that names a provider is of that provider."""
    named = _named(line)
    return not named or one.provider not in _WORDS_OF or one.provider in named


def _nearly(one: Payout, line: BankLine) -> bool:
    off = one.amount_minor - line.amount_minor
    if not _may_be(one, line):
        return False
    return 0 < off * 100 <= one.amount_minor * _SHORT_PERCENT
