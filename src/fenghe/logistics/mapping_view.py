"""A status mapping as the screen reads it (状态映射视图): rows in force, rows that differ, and code lists. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from fenghe.logistics.declared import MappingBody, UserRule, mapping_rules
from fenghe.logistics.events import CARRIERS
from fenghe.logistics.mapping import MappingRule

OFFERED: Final = (
    "zto", "sf", "yto", "sto", "yunda", "jtexpress", "jdl", "ems", "deppon", "cainiao_tms", "cainiao_link_action",
    "kuaidi100", "kdniao", "17track",
)  # fmt: skip
"""Shipped code lists that the screen offers before anybody has used them."""

_TITLES: Final = {
    "cainiao_tms": "菜鸟 TMS",
    "cainiao_link_action": "菜鸟 LINK",
    "kuaidi100": "快递100",
    "kdniao": "快递鸟",
    "17track": "17TRACK",
    "karrio": "Karrio",
    "seed_zto": "示例码表 ZT_05/ZT_07",
}

Name = tuple[str, str, str]
"""A rule's identity: match, value, when."""


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of what is in force; `shipped` rows are read-only, a user's lies over them."""

    match: str
    value: str
    state: str
    note: str
    when: str
    shipped: bool


class RuleDifference(msgspec.Struct, frozen=True, kw_only=True):
    """One row that reads otherwise; null: it is not there."""

    match: str
    value: str
    when: str
    before: str | None
    after: str | None


class RuleCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What a version changed against the one before it."""

    added: int
    removed: int
    changed: int


def body_of(body: Any | None) -> MappingBody:
    """A stored body as what it is; None (nothing published) holds no rows."""
    return MappingBody() if body is None else msgspec.convert(body, MappingBody)


def rules_in_force(codes: str, body: MappingBody) -> list[RuleRow]:
    """The user's rows, then the shipped ones that none of them lies over."""
    own = len(body.rules)
    rows: dict[Name, RuleRow] = {}
    for n, rule in enumerate(mapping_rules(codes, body)):
        rows.setdefault(_name(rule), _row(rule, shipped=n >= own))
    return list(rows.values())


def rules_covered(codes: str, body: MappingBody) -> list[RuleRow]:
    """The shipped rows that a user's lies over: what comes to light again when his is taken away."""
    own = {_name(rule) for rule in body.rules}
    return [row for row in rules_in_force(codes, MappingBody()) if (row.match, row.value, row.when) in own]


def own_rules(body: MappingBody) -> list[RuleRow]:
    """The user's rows alone, as a draft holds them."""
    return [_row(rule, shipped=False) for rule in body.rules]


def _name(rule: UserRule | MappingRule) -> Name:
    return rule.match, rule.value, rule.when


def _row(rule: UserRule | MappingRule, *, shipped: bool) -> RuleRow:
    return RuleRow(
        match=rule.match, value=rule.value, state=rule.state, note=rule.note, when=rule.when, shipped=shipped
    )


def differences(codes: str, before: MappingBody, after: MappingBody) -> list[RuleDifference]:
    """The rows that two bodies read otherwise, shipped rows that come to light or are covered included."""
    old, new = (
        {(one.match, one.value, one.when): one.state for one in rules_in_force(codes, body)} for body in (before, after)
    )
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    return [
        RuleDifference(match=name[0], value=name[1], when=name[2], before=old.get(name), after=new.get(name))
        for name in names
    ]


def counts(before: MappingBody, after: MappingBody) -> RuleCounts:
    """How many of the user's own rows a version added, removed and changed."""
    old, new = ({_name(rule): (rule.state, rule.note) for rule in body.rules} for body in (before, after))
    return RuleCounts(
        added=len(new.keys() - old.keys()),
        removed=len(old.keys() - new.keys()),
        changed=sum(old[name] != new[name] for name in old.keys() & new.keys()),
    )


def title_of_codes(codes: str, declared: Mapping[str, str]) -> str:
    """What the screens call a code list; one declared by a source is called as the source is."""
    if codes in CARRIERS:
        return CARRIERS[codes][0]
    return _TITLES.get(codes) or declared.get(codes) or codes


def title_of_carrier(carrier: str, declared: Mapping[str, str]) -> str:
    """What the screens call a carrier."""
    return CARRIERS[carrier][0] if carrier in CARRIERS else declared.get(carrier) or carrier


def declared_words(sources: Iterable[tuple[str, Mapping[str, Any]]], name: str) -> dict[str, str]:
    """Words that sources' settings declare under `name` (`codes`, `carrier`), with the title of their source."""
    found: dict[str, str] = {}
    for title, config in sources:
        layout = config.get("layout")
        for place in (config, layout if isinstance(layout, Mapping) else {}):
            word = place.get(name)
            if isinstance(word, str) and word.strip():
                found.setdefault(word.strip(), title)
    return found


def in_order(first: Sequence[str], *more: Iterable[str]) -> list[str]:
    """`first` as it stands, then all others once, by the alphabet."""
    rest = {word for words in more for word in words} - set(first)
    return [*first, *sorted(rest)]
