"""A parcel's road through China (运输过程): which scans it gets, where and when. Pure: the randomness is passed in."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

import msgspec

from fenghe.simulator.places import CITIES, COURIERS, SIGNERS, City


class Step(StrEnum):
    """What happens to a parcel, in nobody's code."""

    WAITING = "waiting"
    GOT = "got"
    LEFT = "left"
    HUB_IN = "hub_in"
    HUB_OUT = "hub_out"
    DEST_IN = "dest_in"
    ROUND = "round"
    LOCKER = "locker"
    SIGNED = "signed"
    SIGN_INFO = "sign_info"
    FAILED = "failed"
    RETURN = "return"
    FORWARD = "forward"
    ODD = "odd"
    EMPTY = "empty"
    ABORT = "abort"


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """One scan as it truly happened. `code` overrides the teller's own code for the step."""

    at: datetime
    step: Step
    city: str = ""
    site: str = ""
    following: str = ""
    who: str = ""
    code: str | None = None


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """A scan still without its moment: so many hours after the one before."""

    hours: float
    step: Step
    city: City
    site: str
    following: str = ""
    who: str = ""


def ordinary(random: Random, handed_over_at: datetime) -> tuple[Scan, ...]:
    """From pick-up to signature; one in seventeen comes back, one in six waits in a locker first."""
    start, end = random.sample(CITIES, 2)
    draw = random.random()
    legs = _outward(random, start, end)
    if draw < 0.06:
        legs += _failed_and_returned(start, end)
    elif draw < 0.22:
        legs += [Leg(hours=2, step=Step.LOCKER, city=end, site=f"{end.outlets[0]}驿站"), *_signed(random, end)]
    else:
        legs += _signed(random, end)
    return tuple(_timed(random, handed_over_at, legs))


def _outward(random: Random, start: City, end: City) -> list[Leg]:
    """From the sender's outlet to the courier's round."""
    outlet, last = random.choice(start.outlets), random.choice(end.outlets)
    return [
        Leg(hours=2, step=Step.GOT, city=start, site=outlet, who=random.choice(COURIERS)),
        Leg(hours=2, step=Step.LEFT, city=start, site=outlet, following=start.hub),
        Leg(hours=3, step=Step.HUB_IN, city=start, site=start.hub),
        Leg(hours=1, step=Step.HUB_OUT, city=start, site=start.hub, following=end.hub),
        Leg(hours=14, step=Step.HUB_IN, city=end, site=end.hub),
        Leg(hours=1, step=Step.HUB_OUT, city=end, site=end.hub, following=last),
        Leg(hours=3, step=Step.DEST_IN, city=end, site=last),
        Leg(hours=1, step=Step.ROUND, city=end, site=last, who=random.choice(COURIERS)),
    ]


def _signed(random: Random, end: City) -> list[Leg]:
    return [
        Leg(hours=3, step=Step.SIGNED, city=end, site=end.outlets[0], who=random.choice(SIGNERS)),
        Leg(hours=0.01, step=Step.SIGN_INFO, city=end, site=end.outlets[0]),
    ]


def _failed_and_returned(start: City, end: City) -> list[Leg]:
    return [
        Leg(hours=4, step=Step.FAILED, city=end, site=end.outlets[0]),
        Leg(hours=20, step=Step.RETURN, city=end, site=end.outlets[0]),
        Leg(hours=16, step=Step.HUB_IN, city=start, site=start.hub),
        Leg(hours=4, step=Step.SIGNED, city=start, site=start.outlets[0], who="寄件人"),
    ]


def _timed(random: Random, began: datetime, legs: list[Leg]) -> Iterator[Scan]:
    moment = began
    for leg in legs:
        moment += timedelta(seconds=max(20, int(leg.hours * 3600 * random.uniform(0.6, 1.4))))
        yield Scan(at=moment, step=leg.step, city=leg.city.name, site=leg.site, following=leg.following, who=leg.who)
