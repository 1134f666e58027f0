"""How a parcel's scans are told (推送编排): grouped as each platform does, late, lost, twice and out of order. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

import msgspec

from fenghe.simulator.faults import FaultKind
from fenghe.simulator.journeys import Scan, Step
from fenghe.simulator.parcels import Parcel, Push

_MAY_BE_LOST: Final = frozenset({Step.HUB_IN, Step.HUB_OUT})
"""Steps whose loss leaves no gap the fuse must stop at."""
_LAST_STEPS: Final = frozenset({Step.SIGNED, Step.SIGN_INFO, Step.ABORT})


def pushes_of(parcel: Parcel, seed: int, sf_repeats: float) -> list[Push]:
    """All pushes of one parcel with its faults of telling."""
    random = Random(f"{seed}-{parcel.number}-pushes")
    groups = _groups(parcel)
    if FaultKind.LOST in parcel.faults:
        groups = [group for group in groups if group[-1].step not in _MAY_BE_LOST or random.random() < 0.5]
    pushes = [
        Push(
            due_at=max(group[-1].at, parcel.handed_over_at) + timedelta(seconds=random.randint(20, 300)),
            number=parcel.number,
            part=part,
            scans=group,
            over=part == len(groups) - 1 and group[-1].step in _LAST_STEPS,
        )
        for part, group in enumerate(groups)
    ]
    if FaultKind.LATE in parcel.faults:
        pushes = [_later(random, push, hours=8) if random.random() < 0.5 else push for push in pushes]
    if FaultKind.REORDERED in parcel.faults and pushes:
        last = max(push.due_at for push in pushes)
        pushes = [_at_the_end(push, last, len(pushes)) for push in pushes]
    share = 1.0 if FaultKind.REPEATED in parcel.faults else sf_repeats if parcel.teller == "sf" else 0.0
    again = [_later(random, push, hours=0.5, turn=1) for push in pushes if random.random() < share]
    return pushes + again


def _groups(parcel: Parcel) -> list[tuple[Scan, ...]]:
    """SF adds 8000 to 80; 快递100 tells everything so far each time; ZTO each scan by itself."""
    scans = [scan for scan in parcel.scans if scan.step is not Step.SIGN_INFO or parcel.teller == "sf"]
    if parcel.teller == "kuaidi100":
        return [tuple(scans[: place + 1]) for place in range(len(scans))]
    groups: list[tuple[Scan, ...]] = []
    for scan in scans:
        if scan.step is Step.SIGN_INFO and groups:
            groups[-1] = (*groups[-1], scan)
        else:
            groups.append((scan,))
    return groups


def _later(random: Random, push: Push, *, hours: float, turn: int = 0) -> Push:
    wait = timedelta(seconds=random.randint(60, max(61, int(hours * 3600))))
    return msgspec.structs.replace(push, due_at=push.due_at + wait, turn=turn)


def _at_the_end(push: Push, last: datetime, count: int) -> Push:
    """Everything at once when it is over, newest first."""
    return msgspec.structs.replace(push, due_at=last + timedelta(seconds=count - push.part))


def truth(scans: Sequence[Scan], teller: str) -> list[Scan]:
    """What a query answers: the scans the teller would tell, oldest first."""
    return sorted(
        (scan for scan in scans if scan.step is not Step.SIGN_INFO or teller == "sf"), key=lambda scan: scan.at
    )
