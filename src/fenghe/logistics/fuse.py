"""The conflict fuse (状态冲突熔断): a parcel's state as a function of everything said about it, in the order it happened.

Promises: any arrival order and any repetition of the same observations end the same; an unknown or empty word never moves
a state; nobody's word jumps over more nodes than the policy allows unless the steps between are in the history.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fenghe.kernel.values import Dispute, Effect, Observation, Projection, Step, moment_of
from fenghe.logistics.lives import split_lives
from fenghe.logistics.policy import HOUR_MS, FusePolicy
from fenghe.logistics.scale import BY_WORD, FINAL, RANK, SILENT, State

HANDED_OVER = RANK[State.HANDED_OVER]
_TIE: Mapping[str | None, int] = {str(state): index for index, state in enumerate(State)}
_SEVERITY = {
    "distance": 2,
    "age": 1,
    "moves_after_delivered": 3,
    "signed_after_forward": 3,
    "cancelled_after_handover": 3,
    "after_final": 2,
    "foreign_order": 3,
    "carrier_mismatch": 2,
    "reused_number": 2,
    "future_time": 1,
}
REASONS: Mapping[str, str] = {
    "distance": "相差超过允许的节点数",
    "age": "分歧存在太久",
    "moves_after_delivered": "签收之后仍在移动",
    "signed_after_forward": "转单后原单号显示签收",
    "cancelled_after_handover": "发货后运单被取消",
    "after_final": "到达终态后又有变化",
    "foreign_order": "运单号与订单不符",
    "carrier_mismatch": "承运商不符",
    "reused_number": "单号疑似被重复使用",
    "future_time": "轨迹时间在未来",
}
"""Why a word was not taken, as the screens say it."""


@dataclass(slots=True)
class _Open:
    """A dispute while the history is being walked."""

    reason: str
    ours: str | None
    theirs: str | None
    distance: int | None
    evidence: list[str]
    opens_ms: int | None
    closes_at_rank: int | None
    closed_by: str | None = None


@dataclass(slots=True)
class _Road:
    """What is known so far on the walk from the first observation to the last."""

    policy: FusePolicy
    state: State | None = None
    rank: int = -1
    since_ms: int = 0
    returning: bool = False
    forwarded: bool = False
    handover: Observation | None = None
    seen: set[int] = field(default_factory=set)
    steps: list[Step] = field(default_factory=list)
    disputes: list[_Open] = field(default_factory=list)
    effects: dict[str, Effect] = field(default_factory=dict)
    upheld: set[tuple[str | None, str | None]] = field(default_factory=set)


def project(history: Iterable[Observation], *, policy: FusePolicy, now_ms: int) -> Projection:
    """Walk the history in the order it happened and say what we hold, what is disputed and when to look again."""
    ordered = in_order(history)
    road = _Road(policy=policy)
    road.handover = next((told for told in ordered if told.kind == "handover"), None)
    if revoked := _revoked(ordered):
        road.effects.update(dict.fromkeys(revoked, Effect("excluded", "revoked")))
        ordered = [told for told in ordered if told.key not in revoked]
    current, former = split_lives(ordered, handover=road.handover, policy=policy)
    for told in former:
        _set_aside(road, told, "reused_number")
    for told in current:
        _walk(road, told)
    return _finish(road, now_ms)


def in_order(history: Iterable[Observation]) -> list[Observation]:
    """As it happened: by time, then place on the scale, then identity; never the order of arrival."""
    told = list(history)
    if "ruling" not in [one.kind for one in told]:
        return sorted(told, key=_place)
    moments = {one.key: one.occurred_ms for one in told}
    return sorted(told, key=lambda one: (moment_of(one, moments), _TIE.get(one.status, 99), one.key))


def _place(told: Observation) -> tuple[int, int, str]:
    """Where an observation that is no ruling stands."""
    return told.occurred_ms, _TIE.get(told.status, 99), told.key


def _revoked(ordered: Sequence[Observation]) -> set[str]:
    """Scans that a later scan takes back (EMS: 妥投撤销): of each named code the newest before it."""
    revoked: set[str] = set()
    for place, told in enumerate(ordered):
        if "revokes" in told.facts:
            codes = str(told.facts["revokes"]).split(",")
            before = (one.key for one in reversed(ordered[:place]) if one.code in codes and one.key not in revoked)
            revoked.update([key for key in (next(before, None),) if key])
    return revoked


def _walk(road: _Road, told: Observation) -> None:
    match told.kind:
        case "event":
            _apply_event(road, told)
        case "ruling":
            _apply_ruling(road, told)
        case "manual":
            _apply_manual(road, told)
        case "handover":
            _apply_handover(road, told)
        case _:
            _apply_event(road, told)


def _apply_ruling(road: _Road, told: Observation) -> None:
    """A ruling settles what still stands when it is given; evidence that came to light since may have settled it before."""
    decision = told.facts.get("decision")
    keys = set(told.facts.get("keys", ()))
    open_ones = [one for one in road.disputes if one.closed_by is None and keys & set(one.evidence)]
    if not open_ones or decision == "ask_again":
        road.effects[told.key] = Effect("confirmed", "asked_again" if decision == "ask_again" else "already_settled")
        return
    for dispute in open_ones:
        dispute.closed_by = told.key
    theirs = State(open_ones[-1].theirs or State.UNKNOWN)
    if decision == "accept_theirs":
        _take(road, told, theirs, "accepted_by_ruling")
    else:
        road.upheld.add((road.state, theirs))
        road.effects[told.key] = Effect("confirmed", "ours_upheld")


def _apply_manual(road: _Road, told: Observation) -> None:
    state = _state(told)
    if state in SILENT:
        road.effects[told.key] = Effect("silent", state)
        return
    road.returning = road.forwarded = False
    _take(road, told, state, "manual")
    for dispute in road.disputes:
        dispute.closed_by = dispute.closed_by or told.key


def _apply_handover(road: _Road, told: Observation) -> None:
    road.seen.add(HANDED_OVER)
    if road.state is None or (road.rank < HANDED_OVER and not road.returning and road.state not in FINAL):
        behind, last = road.state, road.steps[-1].key if road.steps else told.key
        _move(road, told, State.HANDED_OVER, "handed_over")
        road.rank = HANDED_OVER
        if behind in RANK:
            _wait_for_pickup(road, told, behind, last)
    else:
        road.effects[told.key] = Effect("confirmed", "handed_over")


def _wait_for_pickup(road: _Road, handover: Observation, theirs: State, evidence: str) -> None:
    """We say 已发货 while the carrier's last word is from before: a disagreement that only the pick-up settles."""
    opens = handover.occurred_ms + road.policy.age_hours * HOUR_MS
    apart = HANDED_OVER - RANK[theirs]
    road.disputes.append(_Open("age", State.HANDED_OVER, theirs, apart, [evidence], opens, RANK[State.PICKED_UP]))


def _apply_event(road: _Road, told: Observation) -> None:
    if told.status is None:
        road.effects[told.key] = Effect("unmapped", "empty_status" if not told.code else "unmapped_code")
        return
    state = BY_WORD[told.status]
    if state in SILENT:
        road.effects[told.key] = Effect("silent", state)
        return
    if (road.state, state) in road.upheld:
        road.effects[told.key] = Effect("ignored", "ruled_out")
    else:
        _judge(road, told, state)


def _judge(road: _Road, told: Observation, state: State) -> None:
    """Take the carrier's word, ignore it or dispute it; see the module's promises."""
    doubt = _identity_doubt(road, told)
    if doubt:
        _dispute(road, told, state, doubt, closes_at=None)
    elif road.state is None:
        _judge_first_word(road, told, state)
    elif road.returning:
        _judge_return_leg(road, told, state)
    elif road.state in FINAL and road.state is not State.DELIVERED:
        _judge_after_end(road, told, state)
    elif state in RANK:
        _judge_main_line(road, told, state)
    else:
        _judge_beside(road, told, state)


def _judge_first_word(road: _Road, told: Observation, state: State) -> None:
    """A number nobody sold is taken as told; for an order's parcel a story cannot begin at its end."""
    if road.handover is not None and RANK.get(state, 0) > RANK[State.IN_TRANSIT]:
        _dispute(road, told, state, "distance", closes_at=RANK[state], distance=RANK[state])
    else:
        _accept(road, told, state, "first_word")


def _identity_doubt(road: _Road, told: Observation) -> str | None:
    """Is this about another order, by another carrier, or from the future?"""
    if told.occurred_ms > told.heard_ms + HOUR_MS:
        return "future_time"
    ours = road.handover.facts if road.handover else {}
    named, expected = told.facts.get("order_no"), ours.get("order_no")
    if named and expected and named != expected and _same_scheme(str(named), str(expected)):
        return "foreign_order"
    carrier, booked = told.facts.get("carrier"), ours.get("carrier")
    return "carrier_mismatch" if carrier and booked and carrier != booked else None


def _same_scheme(one: str, other: str) -> bool:
    """Could both be numbers of one shop? A seller may book with his own system's number, which says nothing."""
    return len(one) == len(other) and all(a.isdigit() == b.isdigit() for a, b in zip(one, other, strict=True))


def _judge_main_line(road: _Road, told: Observation, state: State) -> None:
    rank = RANK[state]
    if road.forwarded and state is State.DELIVERED:
        _dispute(road, told, state, "signed_after_forward", closes_at=None)
    elif rank == road.rank:
        _accept(road, told, state, "same_node") if state != road.state else _confirm(road, told, "same_state")
    elif rank > road.rank:
        gap = _gap_ahead(road, state)
        if gap <= road.policy.distance:
            _accept(road, told, state, "in_step")
        else:
            _dispute(road, told, state, "distance", closes_at=rank, distance=rank - max(road.rank, 0))
    else:
        _judge_backward(road, told, state, road.rank - rank)


def _gap_ahead(road: _Road, state: State) -> int:
    """Nodes between the claim and the nearest step below it that the history holds; 揽收 itself proves the hand-over."""
    rank = RANK[state]
    if state is State.PICKED_UP and road.handover is None:
        return 1
    return rank - max((step for step in road.seen if step <= rank), default=-1)


def _judge_backward(road: _Road, told: Observation, state: State, distance: int) -> None:
    waits_from = told.occurred_ms + road.policy.age_hours * HOUR_MS
    if road.state is State.DELIVERED:
        late_scan = told.occurred_ms - road.since_ms <= road.policy.age_hours * HOUR_MS
        if distance <= road.policy.distance and late_scan:
            road.effects[told.key] = Effect("ignored", "late_scan")
        else:
            _dispute(road, told, state, "moves_after_delivered", closes_at=RANK[State.DELIVERED], distance=distance)
    elif distance > road.policy.distance:
        _dispute(road, told, state, "distance", closes_at=road.rank, distance=distance)
    else:
        _dispute(road, told, state, "age", closes_at=road.rank, distance=distance, opens_ms=waits_from)


def _judge_beside(road: _Road, told: Observation, state: State) -> None:
    """States beside the scale keep the node the parcel had reached."""
    match state:
        case State.CANCELLED if road.rank >= HANDED_OVER:
            _dispute(road, told, state, "cancelled_after_handover", closes_at=None)
        case State.RETURNED if road.rank < RANK[State.PICKED_UP]:
            _dispute(road, told, state, "distance", closes_at=None)
        case State.DELIVERY_FAILED | State.REJECTED | State.LOST if road.state is State.DELIVERED:
            _dispute(road, told, state, "after_final", closes_at=None)
        case State.EXCEPTION | State.FORWARDED if road.state is State.DELIVERED:
            road.effects[told.key] = Effect("ignored", "note_after_delivered")
        case _ if state == road.state:
            _confirm(road, told, "same_state")
        case _:
            _accept(road, told, state, "beside_the_scale")


def _judge_return_leg(road: _Road, told: Observation, state: State) -> None:
    """On the way back a signature is the seller's: 已退回, never 已签收."""
    match state:
        case State.DELIVERED | State.RETURNED if road.state is not State.RETURNED:
            _accept(road, told, State.RETURNED, "signed_on_the_way_back")
        case State.LOST:
            _accept(road, told, state, "beside_the_scale")
        case _:
            _confirm(road, told, "return_leg")


def _judge_after_end(road: _Road, told: Observation, state: State) -> None:
    moves = state not in FINAL and RANK.get(state, 0) > HANDED_OVER
    if moves or (state in FINAL and state != road.state):
        _dispute(road, told, state, "after_final", closes_at=None)
    else:
        road.effects[told.key] = Effect("ignored", "after_final")


def _accept(road: _Road, told: Observation, state: State, reason: str) -> None:
    _take(road, told, state, reason)
    _settle(road, told)


def _take(road: _Road, told: Observation, state: State, reason: str) -> None:
    _move(road, told, state, reason)
    if state in RANK:
        road.rank = RANK[state]
        road.seen.add(road.rank)
    road.returning = road.returning or state in (State.RETURNING, State.RETURNED)
    road.forwarded = road.forwarded or state is State.FORWARDED


def _confirm(road: _Road, told: Observation, reason: str) -> None:
    road.effects[told.key] = Effect("confirmed", reason)
    _settle(road, told)


def _settle(road: _Road, told: Observation) -> None:
    """Close what this word settles: the main line has come to where the dispute was."""
    if told.status is None or BY_WORD[told.status] not in RANK:
        return
    for dispute in road.disputes:
        if dispute.closed_by is None and dispute.closes_at_rank is not None and road.rank >= dispute.closes_at_rank:
            dispute.closed_by = told.key


def _move(road: _Road, told: Observation, state: State, reason: str) -> None:
    road.effects[told.key] = Effect("advanced", reason)
    if state != road.state:
        road.steps.append(Step(road.state, state, told.key, told.occurred_ms, reason))
        road.state, road.since_ms = state, told.occurred_ms


def _dispute(
    road: _Road,
    told: Observation,
    state: State,
    reason: str,
    *,
    closes_at: int | None,
    distance: int | None = None,
    opens_ms: int | None = None,
) -> None:
    road.effects[told.key] = Effect("ignored" if reason == "age" else "held", reason)
    for dispute in road.disputes:
        if dispute.reason == reason and dispute.closed_by is None:
            dispute.evidence.append(told.key)
            dispute.theirs, dispute.distance = state, distance
            dispute.closes_at_rank = closes_at
            return
    for dispute in road.disputes:
        if dispute.reason == "age" and dispute.closed_by is None:
            dispute.closed_by = told.key  # the graver one speaks for both
    if opens_ms is None:
        opens_ms = told.heard_ms + road.policy.settle_seconds * 1000
    road.disputes.append(_Open(reason, road.state, state, distance, [told.key], opens_ms, closes_at))


def _set_aside(road: _Road, told: Observation, reason: str) -> None:
    """A scan of another life of this number: never part of the state, noticed once."""
    road.effects[told.key] = Effect("excluded", reason)
    if told.status is None:
        return
    _dispute(road, told, BY_WORD[told.status], reason, closes_at=None)
    road.effects[told.key] = Effect("excluded", reason)


def _numbered(disputes: Sequence[_Open]) -> Iterable[tuple[int, _Open]]:
    """Each dispute with how many of its reason came before: a name that no order of arrival can change."""
    counted: dict[str, int] = {}
    for dispute in disputes:
        ordinal = counted.get(dispute.reason, 0)
        counted[dispute.reason] = ordinal + 1
        yield ordinal, dispute


def _state(told: Observation) -> State:
    return BY_WORD[told.status] if told.status else State.UNKNOWN


def _finish(road: _Road, now_ms: int) -> Projection:
    disputes = tuple(
        Dispute(
            key=f"{dispute.reason}#{ordinal}",
            reason=dispute.reason,
            ours=dispute.ours,
            theirs=dispute.theirs,
            distance=dispute.distance,
            severity=_SEVERITY[dispute.reason],
            evidence=tuple(dispute.evidence),
            opens_ms=dispute.opens_ms,
            closed_by=dispute.closed_by,
        )
        for ordinal, dispute in _numbered(road.disputes)
    )
    waiting = [d.opens_ms for d in disputes if d.closed_by is None and d.opens_ms is not None and d.opens_ms > now_ms]
    return Projection(
        state=road.state or State.UNKNOWN,
        rank=road.rank if road.rank >= 0 else None,
        final=road.state in FINAL,
        steps=tuple(road.steps),
        disputes=disputes,
        effects=road.effects,
        due_ms=min(waiting, default=None),
    )
