"""The lock on sign-in (登录锁定): after some failures a name is closed to an address for a while. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

WINDOW: Final = timedelta(minutes=15)
FAILURES_OF_A_NAME: Final = 5
FAILURES_OF_AN_ADDRESS: Final = 60
"""Many people may sit behind one address."""

REFUSED: Final = "session.open.refused"
DONE: Final = "session.open.done"


class Attempt(msgspec.Struct, frozen=True):
    """One sign-in, as the access log has it."""

    person: str
    action: str
    at: datetime


def locked_until(attempts: Iterable[Attempt], *, person: str, now: datetime) -> datetime | None:
    """Until when this name is closed to the address whose attempts these are; None: it is open.

    A success forgives the failures of that name before it, not those of other names.
    """
    recent = sorted((one for one in attempts if now - WINDOW < one.at <= now), key=lambda one: one.at)
    of_name: list[datetime] = []
    for one in recent:
        if one.person == person:
            of_name = [] if one.action == DONE else [*of_name, one.at]
    of_address = [one.at for one in recent if one.action == REFUSED]
    ends = [_end(of_name, FAILURES_OF_A_NAME), _end(of_address, FAILURES_OF_AN_ADDRESS)]
    return max((end for end in ends if end is not None), default=None)


def _end(failures: Sequence[datetime], limit: int) -> datetime | None:
    return failures[-1] + WINDOW if len(failures) >= limit else None
