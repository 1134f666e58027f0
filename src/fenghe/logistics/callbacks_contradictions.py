"""Contradictions inside one message (自相矛盾): the parcel's state, its signed flag, the status word and the text. Pure.

Promises: only what cannot be true together is told: signed against moving, a signature that is a hand-over to another
number. A parcel in a locker is compatible with either; a state that lags a step behind its text is not a contradiction.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

import msgspec

from fenghe.logistics.callbacks import Scan, title_of
from fenghe.logistics.mapping import shipped_mapping
from fenghe.logistics.phrases import forwarded_number
from fenghe.logistics.scale import BY_WORD, State

_TRACKERS: Final = frozenset({"kuaidi100", "kdniao"})
"""They say a state of the whole parcel beside its scans."""
SIGNED, ENDED, MOVING, RETURNING, FORWARDED = "signed", "ended", "moving", "returning", "forwarded"
_YES: Final = frozenset({"1", "true", "yes", "y", "是", "已签收", "签收"})
_NO: Final = frozenset({"0", "false", "no", "n", "否", "未签收"})
_LOCKER: Final = frozenset({"304", "投柜或站签收", "303", "代签"})
"""They say signed while the parcel may wait in a locker or with a neighbour."""
_SENSE: Final[Mapping[State, str]] = {
    State.DELIVERED: SIGNED,
    State.RETURNED: ENDED,
    State.RETURNING: RETURNING,
    State.FORWARDED: FORWARDED,
    **dict.fromkeys(
        (
            State.CREATED, State.AWAIT_PICKUP, State.PICKUP_ASSIGNED, State.PICKUP_IN_PROGRESS, State.HANDED_OVER,
            State.PICKED_UP, State.IN_TRANSIT, State.ARRIVED_DEST, State.OUT_FOR_DELIVERY, State.CUSTOMS,
            State.CUSTOMS_HELD, State.DELIVERY_FAILED, State.EXCEPTION, State.REJECTED, State.LOST, State.CANCELLED,
        ),
        MOVING,
    ),
}  # fmt: skip
"""What a word says about the end of the road; words that are not here say nothing about it."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a message and what it says: `state=0(在途)`."""

    part: str
    said: str
    sense: str
    parcel: bool
    """Said of the whole parcel, not of this scan alone."""


def claims_of(scan: Scan, *, signed_before: bool) -> tuple[Claim, ...]:
    """Everything a scan and the message around it say about the end of the road.

    `signed_before`: the history holds a signature; what is told after it does not deny it.
    """
    told = scan.told
    text = reading_of(scan)
    own = list(_own_claims(scan))
    if text and (sense := _SENSE.get(text)):
        own.append(Claim(part="文字", said=f"「{short(told.text)}」", sense=sense, parcel=False))
    if signed_before and not any(one.sense == SIGNED for one in own):
        own = [one for one in own if one.sense != MOVING]
    return (*_parcel_claims(scan), *own)


def _parcel_claims(scan: Scan) -> Iterator[Claim]:
    facts = scan.told.facts
    state = str(facts.get("state", "")) if scan.codes in _TRACKERS else ""
    if state and state not in _LOCKER:
        meaning = shipped_mapping(scan.codes).plain.get(state)
        if meaning is not None and meaning in _SENSE:
            yield Claim(part="state", said=f"state={state}({title_of(meaning)})", sense=_SENSE[meaning], parcel=True)
    for name in ("ischeck", "signed"):
        flag = str(facts.get(name, "")).strip().casefold()
        if flag in _YES:
            yield Claim(part=name, said=f"{name}={facts[name]}(已签收)", sense=SIGNED, parcel=name == "ischeck")
        elif flag in _NO and state not in _LOCKER:
            yield Claim(part=name, said=f"{name}={facts[name]}(未签收)", sense=MOVING, parcel=name == "ischeck")


def _own_claims(scan: Scan) -> Iterator[Claim]:
    told = scan.told
    if told.code and told.code not in _LOCKER and told.status and (sense := _SENSE.get(BY_WORD[told.status])):
        yield Claim(part="状态码", said=f"{told.code}({title_of(told.status)})", sense=sense, parcel=False)
    word = str(told.facts.get("status", ""))
    if word and word != told.code and word not in _LOCKER:
        mapping = shipped_mapping(scan.codes)
        meaning = mapping.by_code(word, told.text) or mapping.by_text(word)
        if meaning and (sense := _SENSE.get(meaning)):
            yield Claim(part="status", said=f"status={word}", sense=sense, parcel=False)


def reading_of(scan: Scan) -> State | None:
    """What the text alone says, whatever the code; a signature that names another number is a hand-over."""
    return _meaning(scan.codes, scan.told.text) if scan.told.text else None


@lru_cache(maxsize=8_192)
def _meaning(codes: str, text: str) -> State | None:
    """Carriers say the same few sentences again and again."""
    meaning = shipped_mapping(codes).by_text(text)
    return State.FORWARDED if meaning is State.DELIVERED and forwarded_number(text) else meaning


def contradicting(claims: tuple[Claim, ...]) -> bool:
    """Can these not all be true? A return that the sender signed for may be called signed, and a return under way ended."""
    senses = {one.sense for one in claims}
    signed, ended = SIGNED in senses, ENDED in senses
    if signed and not ended and senses & {FORWARDED, RETURNING}:
        return True
    return (signed or ended) and MOVING in senses


def hidden_forward(scan: Scan) -> bool:
    """Does the text say 签收 while the parcel goes on under another number or with another carrier?"""
    return "签收" in scan.told.text and reading_of(scan) is State.FORWARDED


def short(text: str, limit: int = 80) -> str:
    """As much of a text as a line holds."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
