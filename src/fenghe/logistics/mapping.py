"""The status mapper's rule (物流状态映射): a carrier's code, or failing that its text, read as one of our words. Pure.

Promises: a code nobody mapped has no meaning (it is held for the mapper), whatever the text says; a signature on
a parcel that went on under another number is never a delivery.
"""

import csv
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from operator import itemgetter

import msgspec

from fenghe.logistics.phrases import forwarded_number, shipped_phrases
from fenghe.logistics.scale import State

_STATES = frozenset(str(state) for state in State)
ANY_CODES = "*"
"""The code list of a rule that holds for every carrier (text rules only)."""


class MappingRule(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a mapping: `value` said under the code list `codes` means `state`.

    `match` is `code` (exact) or `text` (a pattern, see Pattern). `when` narrows a code rule to texts that match
    this pattern: some codes mean different things and only the text tells. Of several rules that fit, the first
    counts, except that a code rule with `when` goes before one without.
    """

    codes: str
    match: str
    value: str
    state: str
    note: str = ""
    when: str = ""

    def problem(self) -> str | None:
        """What is wrong with this row, in the user's words; None when nothing is."""
        if self.match not in ("code", "text"):
            return f"match 应为 code 或 text,现在是 {self.match!r}"
        if not self.value.strip():
            return "value 不能为空:空状态不能映射"
        if self.state not in _STATES:
            return f"state {self.state!r} 不是已知的状态"
        if not Pattern.is_sound(self.value if self.match == "text" else self.when or "-"):
            return "文字规则里没有要找的词(只有 * 或 ! 排除的词)"
        if self.match == "code" and self.codes == ANY_CODES:
            return "状态码必须属于某一家的码表,不能对所有承运商生效"
        return None


class Pattern:
    """A text pattern: plain words, `*` for anything between, `!word` for words that are struck out before looking.

    `签收 !准备签收` finds 签收 in `已签收` and in `准备签收后又签收`, not in `请您准备签收`.
    """

    __slots__ = ("_parts", "_struck", "begins_with")

    @staticmethod
    def is_sound(text: str) -> bool:
        """Is there anything to look for?"""
        return any(word.replace("*", "") for word in text.split(" ") if not word.startswith("!"))

    def __init__(self, text: str) -> None:
        words = text.split(" ")
        self._parts = tuple(part for word in words if not word.startswith("!") for part in word.split("*") if part)
        self.begins_with = self._parts[0][0]
        self._struck = tuple(word[1:] for word in words if word.startswith("!") and len(word) > 1)

    def found_in(self, text: str) -> bool:
        """True when the words occur in this order."""
        if not self._occurs(text):
            return False
        if not self._struck:
            return True
        for word in self._struck:
            text = text.replace(word, "")
        return self._occurs(text)

    def _occurs(self, text: str) -> bool:
        start = 0
        for part in self._parts:
            at = text.find(part, start)
            if at < 0:
                return False
            start = at + len(part)
        return True


class Mapping:
    """The rules of one code list, ready to be asked. Build it with `compile_mapping`."""

    __slots__ = ("_count", "_texts", "codes", "conditional", "plain")

    def __init__(self, codes: str, rules: Iterable[MappingRule]) -> None:
        self.codes = codes
        self.plain: dict[str, State] = {}
        self.conditional: dict[str, list[tuple[Pattern, State]]] = {}
        self._texts: dict[str, list[tuple[int, Pattern, State]]] = {}
        self._count = 0
        for rule in rules:
            self._add(rule)

    def _add(self, rule: MappingRule) -> None:
        problem = rule.problem()
        if problem:
            raise ValueError(f"{rule.codes}/{rule.value}: {problem}")
        if rule.codes not in (self.codes, ANY_CODES):
            return
        state = State(rule.state)
        if rule.match == "text":
            pattern = Pattern(rule.value)
            self._texts.setdefault(pattern.begins_with, []).append((self._count, pattern, state))
            self._count += 1
        elif rule.when:
            self.conditional.setdefault(rule.value, []).append((Pattern(rule.when), state))
        else:
            self.plain.setdefault(rule.value, state)

    def by_code(self, code: str, text: str) -> State | None:
        """The meaning of a code, seen with its text."""
        if code in self.conditional:
            for pattern, state in self.conditional[code]:
                if pattern.found_in(text):
                    return state
        return self.plain.get(code)

    def by_text(self, text: str) -> State | None:
        """The meaning of a text that came without a code."""
        likely = [one for sign in set(text) for one in self._texts.get(sign, ())]
        likely.sort(key=itemgetter(0))
        return next((state for _, pattern, state in likely if pattern.found_in(text)), None)


def compile_mapping(codes: str, rules: Iterable[MappingRule]) -> Mapping:
    """The mapping of one code list out of rules of many; earlier rules win, so a user's go before the shipped ones."""
    return Mapping(codes, rules)


def map_status(mapping: Mapping, *, code: str | None, text: str) -> State | None:
    """What a scan means, or None while nobody has said.

    The exact code decides; only a scan without a code is read by its text. A delivery whose text names another
    number the parcel went on under is 转单.
    """
    state = mapping.by_code(code, text) if code else mapping.by_text(text) if text else None
    if state is State.DELIVERED and forwarded_number(text):
        return State.FORWARDED
    return state


@cache
def text_rules() -> tuple[MappingRule, ...]:
    """The shipped reading of Chinese tracking phrases, in order; for every carrier."""
    return tuple(
        MappingRule(codes=ANY_CODES, match="text", value=phrase, state=state) for state, phrase in shipped_phrases()
    )


@cache
def _revocations() -> dict[tuple[str, str], tuple[str, ...]]:
    return {(row["codes"], row["code"]): tuple(row["revokes"].split()) for row in _shipped_table() if row["revokes"]}


def revoked_codes(codes: str, code: str | None) -> tuple[str, ...]:
    """Which earlier codes of the same parcel a scan takes back (EMS: 投递妥投撤销 704); () for nearly all."""
    return _revocations().get((codes, code or ""), ())


@cache
def _shipped_table() -> tuple[dict[str, str], ...]:
    text = files("fenghe.logistics").joinpath("shipped/status_codes.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def _shipped_codes() -> dict[str, tuple[MappingRule, ...]]:
    table: dict[str, list[MappingRule]] = {}
    for row in _shipped_table():
        rule = MappingRule(
            codes=row["codes"],
            match="code",
            value=row["code"],
            state=row["state"],
            when=row["when"],
            note="; ".join(part for part in (row["title"], row["note"]) if part),
        )
        table.setdefault(rule.codes, []).append(rule)
    return {codes: tuple(rules) for codes, rules in table.items()}


def shipped_rules(codes: str) -> tuple[MappingRule, ...]:
    """The shipped rules of one code list (`zto`, `sf`, `kuaidi100` ...) with the text rules after; () codes is no
    error.
    """
    return _shipped_codes().get(codes, ()) + text_rules()


def shipped_code_lists() -> tuple[str, ...]:
    """Which code lists are shipped; `seed_zto` is the article's example and belongs to no carrier."""
    return tuple(_shipped_codes())


@cache
def shipped_mapping(codes: str) -> Mapping:
    """The shipped rules of a code list, compiled once."""
    return compile_mapping(codes, shipped_rules(codes))
