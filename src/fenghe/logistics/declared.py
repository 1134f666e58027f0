"""What the logistics room reads from declarations: status mappings and fuse policies. Pure: bodies in, rules out.

Kinds: `status_mapping`, named by code list, body {"rules": [Rule]}, lies over the shipped rules; `fuse`, named by carrier
(`default` for all others), body FusePolicy; `heartbeat`, named the same way or by a connector, body HeartbeatPolicy.
"""

from collections.abc import Mapping as Table
from typing import Any, Final

import msgspec

from fenghe.logistics.heartbeat import DEFAULT_HEARTBEAT, HeartbeatPolicy
from fenghe.logistics.mapping import Mapping, MappingRule, compile_mapping, shipped_mapping, shipped_rules
from fenghe.logistics.policy import DEFAULT_POLICY, FusePolicy

MAPPING: Final = "status_mapping"
FUSE: Final = "fuse"
HEARTBEAT: Final = "heartbeat"
DEFAULT: Final = "default"


class UserRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of a user's mapping as the screen sends it."""

    match: str
    value: str
    state: str
    note: str = ""
    when: str = ""


class MappingBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A published mapping: the user's rows only."""

    rules: tuple[UserRule, ...] = ()


def mapping_rules(codes: str, body: MappingBody) -> tuple[MappingRule, ...]:
    """The user's rows, then the shipped ones; a user's plain row for a code speaks for all of that code."""
    own = tuple(
        MappingRule(codes=codes, match=r.match, value=r.value, state=r.state, note=r.note, when=r.when)
        for r in body.rules
    )
    settled = {rule.value for rule in own if rule.match == "code" and not rule.when}
    return own + tuple(rule for rule in shipped_rules(codes) if rule.match != "code" or rule.value not in settled)


def mapping_of(codes: str, body: Any | None) -> Mapping:
    """The mapping in force for a code list, `body` being the newest published one (None: only what is shipped)."""
    if body is None:
        return shipped_mapping(codes)
    return compile_mapping(codes, mapping_rules(codes, msgspec.convert(body, MappingBody)))


def policy_of(carrier: str | None, bodies: Table[str, tuple[int, Any]]) -> tuple[FusePolicy, str]:
    """The policy for a carrier and its version's name, from published bodies by name."""
    for name in (carrier or DEFAULT, DEFAULT):
        if name in bodies:
            version, body = bodies[name]
            return msgspec.convert(body, FusePolicy), f"fuse:{name}@{version}"
    return DEFAULT_POLICY, "fuse:default@0"


def problems(body: MappingBody) -> list[str]:
    """What is wrong with a mapping, in the user's words; empty when it may be published."""
    found = [f"第 {n} 行:{p}" for n, rule in enumerate(body.rules, 1) if (p := _rule(rule).problem())]
    seen: set[tuple[str, str, str]] = set()
    for n, rule in enumerate(body.rules, 1):
        name = (rule.match, rule.value, rule.when)
        if name in seen:
            found.append(f"第 {n} 行:{rule.value} 重复")
        seen.add(name)
    return found


def _rule(rule: UserRule) -> MappingRule:
    return MappingRule(codes="-", match=rule.match, value=rule.value, state=rule.state, when=rule.when)


def heartbeat_of(name: str | None, bodies: Table[str, tuple[int, Any]]) -> tuple[HeartbeatPolicy, str]:
    """The heartbeat of a carrier (or of a kind of connection) and its version's name, from published bodies by name."""
    for one in (name or DEFAULT, DEFAULT):
        if one in bodies:
            version, body = bodies[one]
            return msgspec.convert(body, HeartbeatPolicy), f"{HEARTBEAT}:{one}@{version}"
    return DEFAULT_HEARTBEAT, f"{HEARTBEAT}:{DEFAULT}@0"
