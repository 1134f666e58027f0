"""What the sandbox knows of a parcel (沙箱包裹), and how it is told in pushes. Data only."""

from datetime import datetime

import msgspec

from fenghe.simulator.faults import FaultKind
from fenghe.simulator.journeys import Scan


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel with its order. `told_order_no` is what the carrier writes, `successor` the number it goes on under."""

    number: str
    teller: str
    carrier: str
    order_no: str
    told_order_no: str
    phone_tail: str
    created_at: datetime
    handed_over_at: datetime
    scans: tuple[Scan, ...]
    faults: frozenset[FaultKind] = frozenset()
    successor: str | None = None
    precedes: str | None = None


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a perfect observer holds: our state word, why a person should look, and how many scans wait for a
    mapping.
    """

    state: str
    case: str | None = None
    unmapped: int = 0


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery to the hub. `part` numbers a parcel's pushes, `turn` the repeats of one; `over`: nothing will
    follow.
    """

    due_at: datetime
    number: str
    part: int
    scans: tuple[Scan, ...]
    turn: int = 0
    over: bool = False
