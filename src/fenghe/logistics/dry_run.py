"""The dry run (试运行): what a changed mapping or threshold would make of real histories. Pure.

Promises: nothing is written; a declaration that reads the same changes nothing; what it says of a history is what
publishing and replaying comes to, for it asks the same rules.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from fenghe.kernel.values import Observation
from fenghe.logistics.mapping import Mapping, MappingRule, map_status


class Outcome(msgspec.Struct, frozen=True):
    """What a history amounts to: the state, and the disputes that a person must see."""

    state: str
    cases: frozenset[str]


Judge = Callable[[Sequence[Observation]], Outcome]
"""The room's rule with its policies and the moment filled in."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How one parcel would stand otherwise. `reread`: how many of its scans would have another meaning."""

    before: str
    after: str
    opened: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    reread: int = 0

    @property
    def matters(self) -> bool:
        """Whether the state or the cases would change; a scan may be read otherwise without that."""
        return self.before != self.after or bool(self.opened or self.closed)


class Move(msgspec.Struct, frozen=True, order=True):
    """How many parcels would go from one state to another."""

    before: str
    after: str
    count: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a dry run comes to; `moves` are the most frequent first."""

    reread: int
    changed: int
    opened: int
    closed: int
    moves: tuple[Move, ...]


def try_mapping(
    history: Sequence[Observation], *, keys: frozenset[str], before: Mapping, after: Mapping, judge: Judge
) -> Difference | None:
    """What reading the scans `keys` (those of the mapping's code list) anew would change; None when nothing."""
    old, new = reread(history, keys, before), reread(history, keys, after)
    count = sum(one.status != other.status for one, other in zip(old, new, strict=True))
    return _difference(judge(old), judge(new), reread=count) if count else None


def try_policy(history: Sequence[Observation], *, before: Judge, after: Judge) -> Difference | None:
    """What other thresholds would make of a history; None when the same."""
    found = _difference(before(history), after(history))
    return found if found.matters else None


def reread(history: Sequence[Observation], keys: frozenset[str], mapping: Mapping) -> list[Observation]:
    """The history with these scans read by the mapping: only their meaning changes, as in a replay."""
    return [_reread(one, mapping) if one.key in keys else one for one in history]


def _reread(told: Observation, mapping: Mapping) -> Observation:
    state = map_status(mapping, code=told.code or None, text=told.text)
    status = str(state) if state else None
    return told if status == told.status else msgspec.structs.replace(told, status=status)


def _difference(before: Outcome, after: Outcome, *, reread: int = 0) -> Difference:
    return Difference(
        before=before.state,
        after=after.state,
        opened=after.cases - before.cases,
        closed=before.cases - after.cases,
        reread=reread,
    )


def summarize(differences: Iterable[Difference]) -> Summary:
    """Put the parcels' differences together."""
    told = list(differences)
    moves = Counter((one.before, one.after) for one in told if one.before != one.after)
    ordered = sorted(moves.items(), key=lambda move: (-move[1], move[0]))
    return Summary(
        reread=sum(one.reread for one in told),
        changed=sum(one.matters for one in told),
        opened=sum(len(one.opened) for one in told),
        closed=sum(len(one.closed) for one in told),
        moves=tuple(Move(before, after, count) for (before, after), count in ordered),
    )


def codes_read_otherwise(before: Iterable[MappingRule], after: Iterable[MappingRule]) -> list[str]:
    """Codes that two sets of rules may read differently; "" when scans without a code may be.

    Where several rules speak of one code, or of text, the first that fits counts: their order is part of the meaning.
    """
    old, new = _readings(before), _readings(after)
    return sorted(code for code in old.keys() | new.keys() if old.get(code) != new.get(code))


def _readings(rules: Iterable[MappingRule]) -> dict[str, list[tuple[str, str]]]:
    """For each code its (narrowing text, state) in the order they are asked; for "" the (phrase, state) of texts."""
    narrowed: dict[str, list[tuple[str, str]]] = {}
    plain: dict[str, tuple[str, str]] = {}
    for rule in rules:
        if rule.match == "text":
            narrowed.setdefault("", []).append((rule.value, rule.state))
        elif rule.when:
            narrowed.setdefault(rule.value, []).append((rule.when, rule.state))
        else:
            plain.setdefault(rule.value, ("", rule.state))
    return {code: [*narrowed.get(code, ()), *((plain[code],) if code in plain else ())] for code in narrowed | plain}
