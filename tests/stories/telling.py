"""What the outside world tells in the stories (讲述): a seeded sandbox of shops and carriers as signed deliveries."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import orjson

from fenghe.kernel.connections.store import NewSource
from fenghe.simulator import shops
from fenghe.simulator.faults import Fault, FaultKind
from fenghe.simulator.parcels import Push
from fenghe.simulator.pushing import render
from fenghe.simulator.shops import Sale
from fenghe.simulator.world import World
from tests.stories.driving import Call

TOKEN: Final = "story-shop-token"
CARRIERS: Final = ("zto", "sf", "kuaidi100")
EVENTS: Final = 5
"""Pushes of one parcel that are sent at most; the others are lost, which leaves gaps that the fuse must notice."""
SHARES: Final = {
    FaultKind.GHOST: 6,
    FaultKind.PHANTOM_SIGNED: 3,
    FaultKind.REUSED_NUMBER: 3,
    FaultKind.FORWARDED: 3,
    FaultKind.FOREIGN_NUMBER: 3,
    FaultKind.SILENT: 3,
    FaultKind.ARTICLE_CODES: 4,
    FaultKind.UNKNOWN_CODE: 4,
    FaultKind.EMPTY_STATUS: 4,
}
"""Parcels of a hundred that are struck. None is without any time: when such a word was said depends on when we heard it."""


def world(parcels: int, *, seed: int) -> World:
    """Parcels that were all handed over long enough ago for every patience to have run out."""
    now = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=12)
    faults = [Fault(kind=kind, count=max(1, share * parcels // 100)) for kind, share in SHARES.items()]
    return World(seed=seed, now=now, parcels=parcels, faults=faults, sf_repeats=0.0)


def sources(told: World) -> list[tuple[NewSource, str]]:
    """The parties of a world, each named as its connector."""
    configs: dict[str, dict[str, Any]] = {
        "pdd": {"logistics_companies": shops.PDD_COMPANIES},
        "jd": {"logistics_companies": shops.JD_COMPANIES},
    }
    carriers = [
        (NewSource(id=name, connector=name, title=name, secrets=told.secrets[name]), "carrier") for name in CARRIERS
    ]
    channels = [
        (
            NewSource(id=name, connector=name, title=name, config=configs.get(name, {}), secrets={"token": TOKEN}),
            "channel",
        )
        for name in shops.CHANNELS
    ]
    return carriers + channels


def deliveries(told: World) -> list[Call]:
    """All a world tells, in the order it happened: orders paid, shipped, some closed against all sense, and scans."""
    timed = [(sale.due_at, _sale(sale)) for sale in [*shops.sales(told), *_contradictions(shops.sales(told))]]
    timed += [(push.due_at, _scan(told, push)) for push in _some(told)]
    timed.sort(key=lambda one: (one[0], one[1].path, one[1].body))
    return [call for _, call in timed]


def _some(told: World) -> Iterator[Push]:
    """A few pushes of each parcel, the last always among them."""
    by_parcel: dict[str, list[Push]] = {}
    for push in told.pushes():
        by_parcel.setdefault(push.number, []).append(push)
    for number, pushes in by_parcel.items():
        rng = Random(f"{told.seed}-{number}-heard")
        yield from rng.sample(pushes[:-1], min(EVENTS, len(pushes)) - 1)
        yield pushes[-1]


def _scan(told: World, push: Push) -> Call:
    teller, outgoing = render(told, push)
    return Call(f"/hook/{teller}", outgoing.body, outgoing.headers)


def _sale(sale: Sale) -> Call:
    headers = {"x-fenghe-token": TOKEN, "content-type": "application/json"}
    return Call(f"/hook/{sale.channel}", sale.body, headers)


def _contradictions(sold: Sequence[Sale]) -> Iterator[Sale]:
    """Every eighth shipped order of Taobao is said to be closed as unpaid three hours later."""
    shipped = [sale for sale in sold if sale.channel == "taobao" and b"consign_time" in sale.body]
    for sale in shipped[::8]:
        document = orjson.loads(sale.body)
        trade = document["trade_fullinfo_get_response"]["trade"]
        later = datetime.fromisoformat(trade["modified"]) + timedelta(hours=3)
        trade |= {"status": "TRADE_CLOSED_BY_TAOBAO", "modified": f"{later:%Y-%m-%d %H:%M:%S}"}
        yield Sale(
            channel="taobao",
            order_no=sale.order_no,
            due_at=sale.due_at + timedelta(hours=3),
            body=orjson.dumps(document),
        )


def with_repeats(calls: Sequence[Call]) -> list[Call]:
    """Every tenth delivery three times."""
    return [call for place, call in enumerate(calls) for _ in range(3 if place % 10 == 0 else 1)]


def shuffled(calls: Sequence[Call], *, seed: int) -> list[Call]:
    """The same in another order."""
    return Random(seed).sample(list(calls), len(calls))
