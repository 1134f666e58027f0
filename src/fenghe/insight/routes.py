"""The workbench over HTTP (工作台): what waits, today's flow, sources' health; the choices of the query bars."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
from litestar import Router, get
from psycopg import Connection

from fenghe.insight import store
from fenghe.insight.freshness import STANDINGS, Judged
from fenghe.insight.store_freshness import Heard
from fenghe.insight.tasks_sources import judged
from fenghe.kernel.audit import store_queries as audit
from fenghe.kernel.room import RoomHub
from fenghe.kernel.routes_listing import room_hub
from fenghe.kernel.store_reading import Row
from fenghe.kernel.store_subjects import source_titles
from fenghe.kernel.timeline import label_of
from fenghe.kernel.titles import Titles
from fenghe.kernel.values import CHINA
from fenghe.kernel.web.routes_support import ApiRequest, current_person, requires

RECENT: Final = 20
REST: Final = 20
"""A workbench that took a second to count is shown for as many seconds: watching it never takes more of the machine."""

KEPT: Final = 64
"""Workbenches kept: one for each choice of shops that readers have."""

Shops = tuple[str, ...] | None


class CaseCount(msgspec.Struct, frozen=True, kw_only=True):
    """Open cases of one kind; `most` of them say `theirs` against our `ours`."""

    kind: str
    title: str
    open: int
    severe: int
    overdue: int
    ours: str | None
    ours_title: str | None
    theirs: str | None
    theirs_title: str | None
    most: int


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What there is and what waits."""

    orders: int
    shipments: int
    shipments_open: int
    cases_open: int
    held: int
    unmapped_codes: int
    compensations_waiting: int
    messages_pending: int
    messages_set_aside: int


class FlowHour(msgspec.Struct, frozen=True, kw_only=True):
    """What arrived in one hour, and what has become of it by now."""

    hour: str
    received: int
    judged: int
    set_aside: int


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """The hours of today so far."""

    timezone: str
    hours: Sequence[FlowHour]


class StateCount(msgspec.Struct, frozen=True, kw_only=True):
    """Parcels that stand at one place."""

    state: str
    title: str
    rank: int | None
    count: int


class SourceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """A source, when it was last heard, and its last 24 hours."""

    id: str
    title: str
    kind: str
    enabled: bool
    last_received_at: datetime | None
    received_24h: int
    refused_24h: int
    repeats_24h: int
    standing: str
    standing_title: str
    last_good_at: datetime | None
    """The last message that could be read, or the last answer: what the numbers it feeds may rest on."""


class RecentChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of state just now."""

    at: datetime
    subject_kind: str
    subject_id: str
    label: str
    from_: str | None = msgspec.field(name="from")
    to: str
    source: str


class Workbench(msgspec.Struct, frozen=True, kw_only=True):
    """The first screen of the day; `as_of` is when it was counted."""

    as_of: datetime
    cases: Sequence[CaseCount]
    counts: Totals
    today: Today
    shipments_by_state: Sequence[StateCount]
    sources: Sequence[SourceHealth]
    recent: Sequence[RecentChange]


class Bench:
    """One hub's workbench, counted once at a time and shown to all who ask meanwhile."""

    def __init__(self) -> None:
        self._counting = asyncio.Lock()
        self._found: dict[Shops, tuple[float, Workbench]] = {}

    async def look(self, hub: RoomHub, shops: Shops) -> Workbench:
        """The workbench of these shops, not older than its own cost allows; while it is counted anew, the last one."""
        until, found = self._found.get(shops, (0.0, None))
        if found is not None and (time.monotonic() < until or self._counting.locked()):
            return found
        async with self._counting:
            until, found = self._found.get(shops, (0.0, None))
            if found is not None and time.monotonic() < until:
                return found
            began = time.monotonic()
            found = await hub.sync(count, hub.titles, shops=shops, now=datetime.now(UTC))
            ended = time.monotonic()
            if len(self._found) >= KEPT:
                self._found.clear()
            self._found[shops] = (ended + REST * (ended - began), found)
            return found


_benches: WeakKeyDictionary[RoomHub, Bench] = WeakKeyDictionary()


@get("/api/workbench", guards=[requires("orders.view")])
async def get_workbench(request: ApiRequest) -> Workbench:
    """What needs attention now."""
    hub = room_hub(request)
    return await _benches.setdefault(hub, Bench()).look(hub, current_person(request).shops)


def _case_count(row: Row, titles: Titles) -> CaseCount:
    subject = row["kind"].partition(".")[0]
    return CaseCount(
        kind=row["kind"],
        title=titles.case_kind(row["kind"]),
        ours=row["ours"],
        ours_title=titles.state(subject, row["ours"]),
        theirs=row["theirs"],
        theirs_title=titles.state(subject, row["theirs"]),
        **_these(row, "open", "severe", "overdue", "most"),
    )


def count(connection: Connection[Any], titles: Titles, *, shops: Shops, now: datetime) -> Workbench:
    """Count everything, in nine statements."""
    day = now - timedelta(hours=24)
    cases = store.open_cases(connection, shops)
    states = store.shipments_by_state(connection, shops)
    totals = store.totals(connection, shops)
    received = store.received(connection, since=day)
    left = store.left_over(connection, since=day)
    refused = store.refused(connection, since=day)
    named = titles.named({row["id"]: row["title"] for row in received})
    return Workbench(
        as_of=now,
        cases=[_case_count(row, titles) for row in cases],
        counts=Totals(
            **_these(
                totals,
                "orders",
                "held",
                "unmapped_codes",
                "compensations_waiting",
                "messages_pending",
                "messages_set_aside",
            ),
            shipments=sum(row["count"] for row in states),
            shipments_open=sum(row["count"] for row in states if not row["final"]),
            cases_open=sum(row["open"] for row in cases),
        ),
        today=_today(received, left, now=now),
        shipments_by_state=_ladder(states, titles),
        sources=_sources(received, left, refused, judged(connection, now=now)),
        recent=[_recent(row, named) for row in audit.recent(connection, shops=shops, limit=RECENT)],
    )


def _these(row: Mapping[str, Any], *names: str) -> dict[str, int]:
    return {name: int(row[name]) for name in names}


def _today(received: Sequence[Row], left: Sequence[Row], *, now: datetime) -> Today:
    midnight = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    arrived: dict[datetime, int] = defaultdict(int)
    waiting: dict[datetime, int] = defaultdict(int)
    aside: dict[datetime, int] = defaultdict(int)
    for row in received:
        if row["hour"] is not None:
            arrived[row["hour"]] += row["received"]
    for row in left:
        waiting[row["hour"]] += row["pending"]
        aside[row["hour"]] += row["set_aside"]
    hours = []
    for n in range(24):
        hour = midnight + timedelta(hours=n)
        if hour > now:
            break
        judged = max(arrived[hour] - waiting[hour] - aside[hour], 0)
        hours.append(
            FlowHour(
                hour=hour.isoformat(timespec="minutes"), received=arrived[hour], judged=judged, set_aside=aside[hour]
            )
        )
    return Today(timezone="Asia/Shanghai", hours=hours)


def _ladder(states: Sequence[Row], titles: Titles) -> list[StateCount]:
    """Along the scale, then the states beside it."""
    steps = [
        StateCount(
            state=row["state"],
            title=titles.state("shipment", row["state"]) or row["state"],
            rank=titles.rank("shipment", row["state"]),
            count=row["count"],
        )
        for row in states
    ]
    return sorted(steps, key=lambda step: (step.rank is None, step.rank or 0, step.state))


def _sources(
    received: Sequence[Row],
    left: Sequence[Row],
    refused: Mapping[str, int],
    watched: Sequence[tuple[Heard, Judged, object]],
) -> list[SourceHealth]:
    stands = {one.id: (one, found.standing) for one, found, _ in watched}
    arrived: dict[str, int] = defaultdict(int)
    repeats: dict[str, int] = defaultdict(int)
    for row in received:
        arrived[row["id"]] += row["received"]
    for row in left:
        repeats[row["source"]] += row["repeats"]
    return [
        SourceHealth(
            id=row["id"],
            title=row["title"],
            kind=row["kind"],
            enabled=row["enabled"],
            last_received_at=row["last_received_at"],
            received_24h=arrived[row["id"]],
            refused_24h=refused.get(row["id"], 0),
            repeats_24h=repeats[row["id"]],
            standing=stands[row["id"]][1],
            standing_title=STANDINGS[stands[row["id"]][1]],
            last_good_at=stands[row["id"]][0].last_good_at,
        )
        for row in {row["id"]: row for row in received}.values()
        if row["id"] in stands
    ]


def _recent(row: Row, titles: Titles) -> RecentChange:
    return RecentChange(
        at=row["recorded_at"],
        subject_kind=row["subject_kind"],
        subject_id=str(row["subject_id"]),
        label=label_of(row["subject_kind"], row["key"]),
        from_=row["from_state"],
        to=row["to_state"],
        source=titles.source(row["source"]),
    )


class Choice(msgspec.Struct, frozen=True):
    """A word and its title."""

    value: str
    title: str


class RankedChoice(msgspec.Struct, frozen=True):
    """A state, its title and its place on the scale."""

    value: str
    title: str
    rank: int | None


class Facets(msgspec.Struct, frozen=True, kw_only=True):
    """The choices of the query bars."""

    channels: Sequence[Choice]
    shops: Sequence[Choice]
    carriers: Sequence[Choice]
    order_states: Sequence[Choice]
    shipment_states: Sequence[RankedChoice]
    case_kinds: Sequence[Choice]
    sources: Sequence[Choice]


@get("/api/facets", guards=[requires("orders.view", "inbox.view", "mapping.edit", "audit.view")])
async def get_facets(request: ApiRequest) -> Facets:
    """What the lists may be narrowed by."""
    hub = room_hub(request)
    return await hub.sync(_facets, hub.titles, shops=current_person(request).shops)


def _facets(connection: Connection[Any], titles: Titles, *, shops: Shops) -> Facets:
    own, channels = store.shops_and_channels(connection, shops)
    sources = source_titles(connection)
    kinds = store.case_kinds(connection)
    return Facets(
        channels=[Choice(word, titles.channel(word)) for word in channels],
        shops=[Choice(word, word) for word in own],
        carriers=[Choice(word, titles.carrier(word)) for word in store.carriers(connection)],
        order_states=[Choice(word, title) for word, title in titles.states.get("order", {}).items()],
        shipment_states=[
            RankedChoice(word, title, titles.rank("shipment", word))
            for word, title in titles.states.get("shipment", {}).items()
        ],
        case_kinds=[Choice(kind, titles.case_kind(kind)) for kind in kinds],
        sources=[Choice(word, title) for word, title in sorted(sources.items())],
    )


router = Router("/", route_handlers=[get_workbench, get_facets], tags=["workbench"])
