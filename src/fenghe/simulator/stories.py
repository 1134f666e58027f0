"""What truly happens to a parcel by its fault (故障剧情), and what a perfect observer then holds. Pure.

Promises: `expect` is worked out from the story alone, never from our own fuse, so that it can judge the fuse.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

import msgspec

from fenghe.simulator.faults import FaultKind
from fenghe.simulator.journeys import Scan, Step, ordinary
from fenghe.simulator.parcels import Expected, Parcel


def story_of(random: Random, kinds: frozenset[FaultKind], moved: datetime) -> tuple[Scan, ...]:
    """What truly happens, by the parcel's story."""
    if FaultKind.NEVER_SEEN in kinds:
        return (Scan(at=moved + timedelta(days=3), step=Step.ABORT),)
    if FaultKind.GHOST in kinds:
        return tuple(Scan(at=moved + timedelta(hours=hours), step=Step.WAITING, city="杭州市") for hours in (3, 15))
    scans = ordinary(random, moved)
    if FaultKind.FORWARDED in kinds:
        while not any(scan.step is Step.SIGN_INFO for scan in scans):
            scans = ordinary(random, moved)
    if FaultKind.PHANTOM_SIGNED in kinds:
        return (Scan(at=moved + timedelta(hours=2), step=Step.SIGNED, city=scans[-1].city, who="前台"),)
    if FaultKind.SILENT in kinds:
        return scans[:5]
    if FaultKind.REUSED_NUMBER in kinds:
        former = ordinary(random, moved - timedelta(days=400))
        return (*former, *scans)
    middle = msgspec.structs.replace(scans[3], at=scans[3].at + timedelta(minutes=5))
    if FaultKind.UNKNOWN_CODE in kinds:
        odd = msgspec.structs.replace(middle, step=Step.ODD)
        return (*scans[:4], odd, *scans[4:])
    if FaultKind.EMPTY_STATUS in kinds:
        return (*scans[:4], msgspec.structs.replace(middle, step=Step.EMPTY), *scans[4:])
    if FaultKind.ARTICLE_CODES in kinds:
        return _with_article_codes(scans)
    return scans


def _with_article_codes(scans: Sequence[Scan]) -> tuple[Scan, ...]:
    """The article's example: 派件 told as ZT_05, 签收 as ZT_07."""
    until_round = [scan for scan in scans if scan.step in _BEFORE_ROUND][:7]
    round_ = next(scan for scan in scans if scan.step is Step.ROUND)
    signed = msgspec.structs.replace(
        round_, step=Step.SIGNED, at=round_.at + timedelta(hours=3), who="本人", code="ZT_07"
    )
    return (*until_round, msgspec.structs.replace(round_, code="ZT_05"), signed)


_BEFORE_ROUND: Final = frozenset({Step.GOT, Step.LEFT, Step.HUB_IN, Step.HUB_OUT, Step.DEST_IN})


def expect(parcel: Parcel, at: datetime | None) -> Expected:
    happened = [scan for scan in parcel.scans if at is None or scan.at <= at]
    shipped = at is None or parcel.handed_over_at <= at
    unmapped = sum(1 for scan in happened if scan.code or scan.step is Step.ODD)
    state = _state_of(parcel, [scan for scan in happened if not scan.code], shipped)
    cases = {
        FaultKind.GHOST: "distance",
        FaultKind.PHANTOM_SIGNED: "distance",
        FaultKind.REUSED_NUMBER: "reused_number",
        FaultKind.FOREIGN_NUMBER: "foreign_order",
    }
    case = next((word for kind, word in cases.items() if kind in parcel.faults and happened), None)
    if parcel.successor and any(scan.step is Step.SIGNED for scan in happened):
        case = "signed_after_forward"
    return Expected(state=state, case=case, unmapped=unmapped)


_STATE_OF: Final[Mapping[Step, str]] = {
    Step.GOT: "picked_up",
    Step.LEFT: "in_transit",
    Step.HUB_IN: "in_transit",
    Step.HUB_OUT: "in_transit",
    Step.DEST_IN: "in_transit",
    Step.ROUND: "out_for_delivery",
    Step.LOCKER: "ready_for_pickup",
    Step.SIGNED: "delivered",
    Step.FAILED: "delivery_failed",
    Step.RETURN: "returning",
    Step.FORWARD: "forwarded",
}


_IN_OWN_WORDS: Final = {
    ("kuaidi100", Step.DEST_IN): "arrived_dest",
    ("zto", Step.FAILED): "exception",
}
"""Some tellers have a finer or coarser word for a step."""


def _state_of(parcel: Parcel, happened: Sequence[Scan], shipped: bool) -> str:
    """The story's end, told in our words; a lie about the parcel does not move it."""
    held = "handed_over" if shipped and parcel.precedes is None else "unknown"
    if parcel.faults & {FaultKind.GHOST, FaultKind.PHANTOM_SIGNED, FaultKind.FOREIGN_NUMBER, FaultKind.NEVER_SEEN}:
        return held
    current = [scan for scan in happened if scan.at >= parcel.handed_over_at - timedelta(days=1)]
    returning = False
    for scan in current:
        if scan.step not in _STATE_OF or held == "forwarded":
            continue
        returning = returning or scan.step is Step.RETURN
        word = _IN_OWN_WORDS.get((parcel.teller, scan.step), _STATE_OF[scan.step])
        held = word if not returning else "returned" if scan.step is Step.SIGNED else "returning"
    return held
