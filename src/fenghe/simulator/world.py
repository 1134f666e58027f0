"""The sandbox's carrier world (沙箱承运商世界): seeded parcels, what truly happens to them, and how it is told.

Promises: the same seed, moment and faults give the same world; it holds no clock and draws from no other randomness;
`expected` says what a perfect observer holds, worked out from the story and not from our own fuse.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

import msgspec

from fenghe.simulator.faults import STORIES, Fault, FaultKind
from fenghe.simulator.journeys import Scan, Step
from fenghe.simulator.parcels import Expected, Parcel, Push
from fenghe.simulator.stories import expect, story_of
from fenghe.simulator.telling import pushes_of

TELLERS: Final = ("zto", "sf", "kuaidi100")
COMPANIES: Final = ("yto", "sto", "yunda")
"""Whose parcels 快递100 tells about here."""
_NUMBERS: Final = {"zto": ("73", 12), "sf": ("SF1", 12), "yto": ("YT7", 12), "sto": ("773", 12), "yunda": ("431", 12)}
OPEN_SHARE: Final = 0.25
"""So much of the time before and after `now` the parcels are handed over in."""


class World:
    """All parcels. `days` is how far back and ahead of `now` they are handed over."""

    def __init__(
        self,
        *,
        seed: int,
        now: datetime,
        parcels: int = 60,
        faults: Sequence[Fault] = (),
        days: float = 3.0,
        sf_repeats: float = 0.75,
        tellers: Sequence[str] = TELLERS,
    ) -> None:
        self.seed, self.now, self.sf_repeats = seed, now, sf_repeats
        self._random = Random(seed)
        self.secrets = _secrets(Random(f"secrets-{seed}"))
        self._by_number: dict[str, Parcel] = {}
        self._days = days
        struck = _strike(self._random, [tellers[place % len(tellers)] for place in range(parcels)], faults)
        for place, (teller, kinds) in enumerate(struck):
            self._add(teller, kinds, place)

    @property
    def parcels(self) -> tuple[Parcel, ...]:
        """Every parcel, successors of forwarded ones after theirs."""
        return tuple(self._by_number.values())

    def find(self, number: str) -> Parcel | None:
        """The parcel of this number, if it is in this world."""
        return self._by_number.get(number)

    def visible(self, number: str, at: datetime) -> tuple[Scan, ...]:
        """What the carrier's own system knows of a parcel at this moment."""
        parcel = self._by_number.get(number)
        return tuple(scan for scan in parcel.scans if scan.at <= at) if parcel else ()

    def pushes(self, *, until: datetime | None = None) -> list[Push]:
        """Everything that is pushed, by the moment it is sent, faults of telling included."""
        told = [push for parcel in self.parcels for push in pushes_of(parcel, self.seed, self.sf_repeats)]
        told.sort(key=lambda push: (push.due_at, push.number, push.part))
        return [push for push in told if until is None or push.due_at <= until]

    def expected(self, at: datetime | None = None) -> dict[str, Expected]:
        """By number, what should be held when everything that happened until `at` has been heard."""
        return {parcel.number: expect(parcel, at) for parcel in self.parcels}

    def trade_on(self, at: datetime, *, parcels: int, faults: Sequence[Fault] = ()) -> None:
        """More parcels, handed over in the day before and the hours after a moment, for a world that has to go on living.

        Their numbers follow from the moment: those of another moment are others.
        """
        drawn = Random(f"{self.seed}-{at:%Y%m%d%H%M}")
        first = (int(at.timestamp()) // 60 % 900 + 1) * 1_000
        struck = _strike(drawn, [TELLERS[place % len(TELLERS)] for place in range(parcels)], faults)
        for place, (teller, kinds) in enumerate(struck):
            moment = at + timedelta(hours=drawn.uniform(-30, 8))
            self._add(teller, kinds, first + place, handed_over_at=moment)

    def book(self, *, teller: str, order_no: str, at: datetime) -> Parcel:
        """A parcel booked through the carrier's own call: from now on it travels."""
        taken = next((one for one in self.parcels if one.order_no == order_no and one.teller == teller), None)
        return taken or self._add(teller, frozenset(), len(self._by_number), order_no=order_no, handed_over_at=at)

    def _add(
        self,
        teller: str,
        kinds: frozenset[FaultKind],
        place: int,
        *,
        order_no: str | None = None,
        handed_over_at: datetime | None = None,
    ) -> Parcel:
        random = Random(f"{self.seed}-{teller}-{place}")
        moved = handed_over_at or self.now + timedelta(days=random.uniform(-self._days, self._days * OPEN_SHARE))
        moved = moved.replace(microsecond=0)
        carrier = teller if teller != "kuaidi100" else COMPANIES[place % len(COMPANIES)]
        named = order_no or f"FH{moved:%Y%m%d}{place:06d}"
        parcel = Parcel(
            number=self._number(random, carrier),
            teller=teller,
            carrier=carrier,
            order_no=named,
            told_order_no=f"FH{moved:%Y%m%d}{place + 500_000:06d}" if FaultKind.FOREIGN_NUMBER in kinds else named,
            phone_tail=f"{random.randrange(10_000):04d}",
            created_at=moved - timedelta(hours=random.randint(2, 20)),
            handed_over_at=moved,
            scans=story_of(random, kinds, moved),
            faults=kinds,
        )
        if FaultKind.FORWARDED in kinds:
            parcel = self._forward(random, parcel)
        self._by_number[parcel.number] = parcel
        return parcel

    def _number(self, random: Random, carrier: str) -> str:
        head, digits = _NUMBERS[carrier]
        while True:
            number = head + "".join(random.choices("0123456789", k=digits))
            if number not in self._by_number:
                return number

    def _forward(self, random: Random, parcel: Parcel) -> Parcel:
        """Half-way the parcel is given a new number; the old one is 'signed' soon after."""
        new = self._number(random, parcel.carrier)
        cut = next(place for place, scan in enumerate(parcel.scans) if scan.step is Step.DEST_IN)
        gone = parcel.scans[cut]
        forward = msgspec.structs.replace(gone, step=Step.FORWARD, following=new)
        signed = msgspec.structs.replace(gone, step=Step.SIGNED, at=gone.at + timedelta(hours=6), who="前台")
        onward = tuple(msgspec.structs.replace(scan, at=scan.at + timedelta(hours=8)) for scan in parcel.scans[cut:])
        got = Scan(at=gone.at + timedelta(hours=7), step=Step.GOT, city=gone.city, site=gone.site, who="小王")
        self._by_number[new] = msgspec.structs.replace(
            parcel, number=new, scans=(got, *onward), faults=frozenset(), precedes=parcel.number
        )
        return msgspec.structs.replace(parcel, scans=(*parcel.scans[:cut], forward, signed), successor=new)


def _strike(random: Random, tellers: Sequence[str], faults: Iterable[Fault]) -> list[tuple[str, frozenset[FaultKind]]]:
    """Which parcel has which faults: as many as declared, at most one story each; too few parcels is a bug."""
    struck: list[set[FaultKind]] = [set() for _ in tellers]
    for fault in faults:
        free = [
            place
            for place, teller in enumerate(tellers)
            if teller in fault.tellers() and fault.kind not in struck[place]
            if fault.kind not in STORIES or not struck[place] & STORIES
        ]
        if len(free) < fault.count:
            raise ValueError(f"{fault.kind}: {fault.count} wanted, only {len(free)} parcels can have it")
        for place in random.sample(free, fault.count):
            struck[place].add(fault.kind)
    return [(teller, frozenset(kinds)) for teller, kinds in zip(tellers, struck, strict=True)]


def _secrets(random: Random) -> dict[str, dict[str, str]]:
    """The keys both sides use; made up from the seed."""

    def word(length: int) -> str:
        return "".join(random.choices("abcdefghijkmnpqrstuvwxyz23456789", k=length))

    return {
        "zto": {"app_key": word(12), "app_secret": word(24)},
        "sf": {"partner_id": f"FH{word(6).upper()}", "checkword": word(32)},
        "kuaidi100": {"customer": word(16).upper(), "key": word(12), "salt": word(16)},
    }
