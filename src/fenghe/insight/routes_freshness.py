"""Freshness over HTTP (新鲜度): every source with its last good call and what is expected of it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
from litestar import Router, get
from litestar.params import FromQuery
from psycopg import Connection

from fenghe.insight.freshness import ENOUGH, STANDINGS, Cadence, Judged, worst
from fenghe.insight.store_freshness import Heard
from fenghe.insight.tasks_sources import KIND, judged
from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.routes_listing import room_hub
from fenghe.kernel.web.routes_support import ApiRequest, requires

WAYS: Final = {"webhook": "推送", "poll": "查询", "file": "文件", "api": "接口", "ruling": "人工"}


class SourceFreshness(msgspec.Struct, frozen=True, kw_only=True):
    """A source as it stands now. `by`: declared, learnt, or "" where nothing can be expected."""

    id: str
    title: str
    kind: str
    enabled: bool
    standing: str
    standing_title: str
    since: datetime | None
    last_good_at: datetime | None
    last_way: str
    last_any_at: datetime | None
    by: str
    late_at: datetime | None
    silent_at: datetime | None
    rests_on: int
    """Arrivals the learnt rhythm rests on."""
    week: Sequence[int]
    """Arrivals by hour of the week, Monday 00:00 first; empty while nothing was learnt."""
    learnt_to: datetime | None
    case_open: bool
    has_draft: bool
    cadence: Cadence | None


class FreshnessPage(msgspec.Struct, frozen=True, kw_only=True):
    """All sources, and what a number fed by all of them may claim at best."""

    as_of: datetime
    worst: str
    worst_title: str
    enough: int
    items: Sequence[SourceFreshness]


@get("/api/freshness", guards=[requires("orders.view", "sources.manage", "audit.view")])
async def list_freshness(request: ApiRequest, kind: FromQuery[Literal["", "channel", "carrier"]] = "") -> FreshnessPage:
    """Every source there is, dead ones too; `kind` narrows to channels or carriers."""
    return await room_hub(request).sync(_page, kind=kind)


def _page(connection: Connection[Any], *, kind: str) -> FreshnessPage:
    """In three statements."""
    now = datetime.now(UTC)
    drafts = declarations.drafted(connection, KIND)
    found = [one for one in judged(connection, now=now) if kind in ("", one[0].kind)]
    standing = worst([stands.standing for _, stands, _ in found])
    return FreshnessPage(
        as_of=now,
        worst=standing,
        worst_title=STANDINGS[standing],
        enough=ENOUGH,
        items=[_told(one, stands, cadence, has_draft=one.id in drafts) for one, stands, cadence in found],
    )


def _told(one: Heard, stands: Judged, cadence: Cadence | None, *, has_draft: bool) -> SourceFreshness:
    return SourceFreshness(
        id=one.id,
        title=one.title,
        kind=one.kind,
        enabled=one.enabled,
        standing=stands.standing,
        standing_title=STANDINGS[stands.standing],
        since=one.since if one.standing == stands.standing else None,
        last_good_at=one.last_good_at,
        last_way=WAYS.get(one.last_way or "", ""),
        last_any_at=one.last_any_at,
        by=stands.by,
        late_at=stands.late_at,
        silent_at=stands.silent_at,
        rests_on=one.rhythm.arrivals if one.rhythm else 0,
        week=one.rhythm.counts if one.rhythm else (),
        learnt_to=one.rhythm_to,
        case_open=one.case_open,
        has_draft=has_draft,
        cadence=cadence,
    )


router = Router("/", route_handlers=[list_freshness], tags=["freshness"])
