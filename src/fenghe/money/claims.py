"""What claims about one movement of money amount to (资金研判): the furthest word counts, contradictions go to a person.

Promises: the state is a function of the set of claims, never of their arrival; what succeeded is never un-said by a late
or lower word; two amounts, numbers or currencies for one movement stand as a dispute until a person rules. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from fenghe.kernel.values import Dispute, Effect, Observation, Projection, Step, moment_of
from fenghe.money.observing import amount_words

UNKNOWN = "unknown"


class Road(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of movement can go: its states in the order in which a later one outweighs an earlier."""

    ranks: Mapping[str, int]
    success: str
    first: str
    contradicts: frozenset[str]
    """Words that cannot be true at or after success."""
    follows: Mapping[str, str]
    """Words that may come after success and change nothing, with what they mean then."""
    numbers: tuple[str, ...]
    """Facts of which there is one only: the movement's own numbers."""


REASONS = {
    "told_by_provider": "支付机构告知",
    "late_word": "迟到或更早阶段的说法，不改变已知状态",
    "amounts_differ": "同一单号有两个金额",
    "numbers_differ": "同一单号对应两个商户单号",
    "currencies_differ": "同一单号有两种币种",
    "denied_after_success": "成功之后又被说成没有成功",
    "unmapped_code": "状态码未映射",
    "refund_abnormal": "退款异常，钱没有退回去",
    "ask_exhausted": "问到最后一次仍没有结果",
    "ruling_keep_ours": "裁定维持我方",
    "ruling_accept_theirs": "裁定以对方为准",
    "ruling_ask_again": "要求再次查询",
}


class Walk:
    """The claims in the order they happened, and what they come to."""

    def __init__(self, history: Iterable[Observation], road: Road) -> None:
        self.road = road
        self.told = list(history)
        if len(self.told) > 1:  # nearly every movement is told once
            moments = {one.key: one.occurred_ms for one in self.told}
            self.told.sort(key=lambda one: (moment_of(one, moments), road.ranks.get(one.status or "", -1), one.key))
        self.rulings = [one for one in self.told if one.kind == "ruling" and one.facts.get("decision") != "ask_again"]
        self.successes = [one for one in self.told if one.kind == "event" and one.status == road.success]

    @property
    def counting(self) -> Sequence[Observation]:
        """The claims that say what the movement is worth: those of success, else all that were mapped."""
        return self.successes or [one for one in self.told if one.kind == "event" and one.status]

    def chosen(self, name: str) -> Any:
        """The value of a fact that can have one only: the first told by a success, unless a person took another."""
        return self.told[0].facts.get(name) if len(self.told) == 1 else _Contest(self, name).ours

    def disputes(self) -> list[Dispute]:
        """Everything that is contradictory, settled or not."""
        if len(self.told) == 1:
            return [one for one in (self._unmapped(),) if one is not None]
        money = _Contest(self, "amount_minor").dispute("amounts_differ", self._money)
        currency = _Contest(self, "currency").dispute("currencies_differ", str)
        numbers = [_Contest(self, name).dispute(f"numbers_differ:{name}", str) for name in self.road.numbers]
        return [one for one in (money, currency, *numbers, self._denial(), self._unmapped()) if one is not None]

    def _money(self, amount_minor: int) -> str:
        return amount_words(amount_minor, str(self.chosen("currency") or "CNY"))

    def denied_by_person(self) -> Observation | None:
        """The ruling by which success was taken back."""
        denials = {one.key for one in self._denials()}
        last = [one for one in self.rulings if denials & set(one.facts.get("keys", ()))][-1:]
        return last[0] if last and last[0].facts.get("decision") == "accept_theirs" else None

    def _denials(self) -> list[Observation]:
        """Words that cannot be true beside success."""
        if not self.successes:
            return []
        since = self.successes[0].occurred_ms
        return [
            one
            for one in self.told
            if one.kind == "event" and one.status in self.road.contradicts and one.occurred_ms >= since
        ]

    def _denial(self) -> Dispute | None:
        evidence = self._denials()
        if not evidence:
            return None
        return Dispute(
            key="denied_after_success#0",
            reason="denied_after_success",
            ours=self.road.success,
            theirs=evidence[-1].status,
            distance=None,
            severity=3,
            evidence=tuple(one.key for one in evidence),
            opens_ms=min(one.heard_ms for one in evidence),
            closed_by=self._settler(evidence),
        )

    def _settler(self, evidence: Sequence[Observation]) -> str | None:
        """The ruling after which nothing of the evidence is open."""
        open_ones = {one.key for one in evidence}
        for ruling in self.rulings:
            open_ones -= set(ruling.facts.get("keys", ()))
            if not open_ones:
                return ruling.key
        return None

    def _unmapped(self) -> Dispute | None:
        """A code that nobody has given a meaning is no reason to call money paid or unpaid."""
        evidence = [one for one in self.told if one.kind == "event" and one.status is None]
        if not evidence:
            return None
        known = [
            one for one in self.told if one.kind in ("event", "manual") and one.status not in (None, self.road.first)
        ]
        return Dispute(
            key="unmapped_code#0",
            reason="unmapped_code",
            ours=None,
            theirs=evidence[-1].code or None,
            distance=None,
            severity=2,
            evidence=tuple(one.key for one in evidence),
            opens_ms=min(one.heard_ms for one in evidence),
            closed_by=known[0].key if known else self._settler(evidence),
        )


class _Contest:
    """A fact of which there can be one only, and who says what."""

    def __init__(self, walk: Walk, name: str) -> None:
        self.name = name
        self.evidence: dict[Any, list[Observation]] = {}
        for one in walk.successes:
            value = one.facts.get(name)
            if value not in (None, ""):
                self.evidence.setdefault(value, []).append(one)
        if not walk.successes and (value := newest(walk, name)) is not None:
            self.evidence[value] = []  # before money moves a price may still change
        self.ours = next(iter(self.evidence), None)
        self.settled = {self.ours}
        self.settler: str | None = None
        for ruling in walk.rulings:
            self._hear(ruling)

    def _hear(self, ruling: Observation) -> None:
        keys = set(ruling.facts.get("keys", ()))
        named = [value for value, told in self.evidence.items() if keys & {one.key for one in told}]
        others = [value for value in named if value != self.ours]
        if not others:
            return
        self.settled.update(others)
        self.settler = ruling.key
        if ruling.facts.get("decision") == "accept_theirs":
            self.ours = others[-1]

    def dispute(self, reason: str, words: Any) -> Dispute | None:
        """Two values for one fact."""
        if len(self.evidence) < 2:
            return None
        standing = [value for value in self.evidence if value not in self.settled]
        theirs = standing or [value for value in self.evidence if value != self.ours]
        told = [one for value in theirs for one in self.evidence[value]]
        return Dispute(
            key=f"{reason}#0",
            reason=reason.partition(":")[0],
            ours=words(self.ours),
            theirs=words(theirs[-1]),
            distance=None,
            severity=3,
            evidence=tuple(one.key for one in told),
            opens_ms=min(one.heard_ms for one in told),
            closed_by=None if standing else self.settler,
        )


def project(history: Sequence[Observation], road: Road) -> Projection:
    """The state, the road to it, and what is contradictory."""
    walk = Walk(history, road)
    disputes = tuple(walk.disputes())
    contested = {key: one.reason for one in disputes if one.closed_by is None for key in one.evidence}
    denial = walk.denied_by_person()
    state: str | None = None
    steps: list[Step] = []
    effects: dict[str, Effect] = {}
    for one in walk.told:
        moved, effects[one.key] = _hear(one, state, walk, contested, denial)
        if moved != state and moved is not None:
            steps.append(Step(state, moved, one.key, one.occurred_ms, effects[one.key].reason))
            state = moved
    return Projection(
        state=state or UNKNOWN,
        rank=road.ranks.get(state) if state else None,
        final=state is not None and state != road.first,
        steps=tuple(steps),
        disputes=disputes,
        effects=effects,
        due_ms=None,
    )


def _hear(
    one: Observation, state: str | None, walk: Walk, contested: Mapping[str, str], denial: Observation | None
) -> tuple[str | None, Effect]:
    """(state after it, what it did)."""
    road = walk.road
    if one.kind == "ruling":
        return _ruled(one, state, walk, denial)
    if one.kind == "manual" and one.status:
        return one.status, Effect("advanced" if one.status != state else "confirmed", "manual")
    if one.status is None:
        return state, Effect("unmapped", "unmapped_code" if one.code else "empty_status")
    held = contested.get(one.key)
    if one.status == UNKNOWN:
        return state, Effect("silent", one.status)
    if one.status == state:
        return state, Effect("held", held) if held else Effect("confirmed", "same_state")
    if state is None or road.ranks[one.status] > road.ranks.get(state, -1):
        return one.status, Effect("advanced", held or "told_by_provider")
    if held:
        return state, Effect("held", held)
    meaning = road.follows.get(one.status) if state == road.success else None
    return state, Effect("confirmed", meaning) if meaning else Effect("ignored", "late_word")


def _ruled(one: Observation, state: str | None, walk: Walk, denial: Observation | None) -> tuple[str | None, Effect]:
    decision = str(one.facts.get("decision"))
    if denial is not None and one.key == denial.key and state == walk.road.success:
        named = set(one.facts.get("keys", ()))
        taken = [told.status for told in walk.told if told.key in named and told.status in walk.road.contradicts]
        return taken[-1], Effect("confirmed", "accepted_by_ruling")
    return state, Effect("confirmed", f"ruling_{decision}")


def newest(walk: Walk, name: str) -> Any:
    """Of a fact that may grow (fee, purse, buyer) the newest word among the claims that count, else among all."""
    if len(walk.told) == 1:
        only = walk.told[0]
        value = only.facts.get(name) if only.kind == "event" else None
        return None if value == "" else value
    for told in (walk.counting, [one for one in walk.told if one.kind == "event"]):
        for one in reversed(told):
            value = one.facts.get(name)
            if value not in (None, ""):
                return value
    return None


def order_of(walk: Walk) -> Any:
    """The order number that belongs to the merchant's number that stands."""
    number = walk.chosen("out_trade_no")
    named = [one for one in walk.counting if one.facts.get("order_no")]
    beside = [one for one in named if number is None or one.facts.get("out_trade_no") == number]
    return next((one.facts["order_no"] for one in beside or named), None)
