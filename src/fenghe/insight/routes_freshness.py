"""Freshness over HTTP (新鲜度): every source with its last good call and what is expected of it; expectations declared."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from psycopg import Connection

from fenghe.insight import routes_declaring as declaring
from fenghe.insight import store_declaring
from fenghe.insight import store_freshness as store
from fenghe.insight.freshness import ENOUGH, STANDINGS, Cadence, Judged, Standing, worst
from fenghe.insight.routes_declaring import (
    DeclarationInfo,
    Done,
    DraftInfo,
    DryRunBody,
    Kind,
    PublishBody,
    RollBackBody,
)
from fenghe.insight.store_freshness import Heard
from fenghe.insight.tasks_sources import KIND, judged
from fenghe.kernel.routes_listing import room_hub
from fenghe.kernel.web.problems import bad_field, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, requires

MOST_PAUSES: Final = 100

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
    drafts = store_declaring.drafted(connection, KIND)
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


def _problems(body: Any) -> Sequence[str]:
    if not body:
        return []
    try:
        return msgspec.convert(body, Cadence).problems()
    except msgspec.ValidationError as problem:
        return [f"内容读不懂:{problem}"]


def _look_again(connection: Connection[Any], source: str) -> int:  # noqa: ARG001
    """Put in force at once: the watcher judges anew within its turn, the screens with their next question."""
    return 1


CADENCE: Final = Kind(kind=KIND, words="频率", shipped=lambda _: {}, problems=_problems, in_force=_look_again)
"""An empty body: learnt from its own arrivals."""


def _must_exist(connection: Connection[Any], source: str) -> Heard:
    found = next((one for one in store.heard(connection) if one.id == source), None)
    if found is None:
        raise not_found(f"连接 {source}")
    return found


@get("/api/freshness/{source:str}/cadence", guards=[requires("orders.view", "sources.manage")])
async def get_cadence(request: ApiRequest, source: FromPath[str]) -> DeclarationInfo:
    """What is declared of a source: in force, draft and versions."""

    def read(connection: Connection[Any], name: str) -> DeclarationInfo:
        return declaring.read(connection, CADENCE, name, title=_must_exist(connection, name).title)

    return await room_hub(request).sync(read, declaring.checked_name(source, "连接"))


class CadenceBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is expected (null: as learnt), and the revision it was made from."""

    values: dict[str, Any] | None
    revision: int | None = None


@put("/api/freshness/{source:str}/cadence/draft", guards=[requires("policy.edit")])
async def save_cadence(request: ApiRequest, source: FromPath[str], data: JSONBody[CadenceBody]) -> DraftInfo:
    """Save the draft."""
    name, actor = declaring.checked_name(source, "连接"), actor_of(request)
    try:
        body = msgspec.to_builtins(msgspec.convert(data.values, Cadence)) if data.values else {}
    except msgspec.ValidationError as problem:
        raise bad_field("values", f"期望频率读不懂:{problem}") from None

    def save(connection: Connection[Any]) -> DraftInfo:
        _must_exist(connection, name)
        return declaring.save(connection, CADENCE, name, body=body, revision=data.revision, actor=actor)

    return await room_hub(request).sync(save)


@delete("/api/freshness/{source:str}/cadence/draft", guards=[requires("policy.edit")])
async def discard_cadence(request: ApiRequest, source: FromPath[str]) -> None:
    """Back to what is in force."""
    name = declaring.checked_name(source, "连接")
    await room_hub(request).sync(declaring.discard, CADENCE, name, actor=actor_of(request))


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """One pause that would have been noticed."""

    began_at: datetime
    ended_at: datetime | None
    minutes: int
    standing: str


class CadenceTrial(msgspec.Struct, frozen=True, kw_only=True):
    """How often the draft would have called the source late or silent in these days. An empty draft tries nothing."""

    revision: int
    days: int
    arrivals: int
    late: int
    silent: int
    pauses: Sequence[Pause]


@post("/api/freshness/{source:str}/cadence/dry-run", guards=[requires("policy.edit")], status_code=200)
async def try_cadence(request: ApiRequest, source: FromPath[str], data: JSONBody[DryRunBody]) -> CadenceTrial:
    """Try the saved draft on the source's real pauses."""
    name = declaring.checked_name(source, "连接")
    return await room_hub(request).sync(_try, name, days=data.days)


def _try(connection: Connection[Any], source: str, *, days: int) -> CadenceTrial:
    draft = declaring.fit_draft(connection, CADENCE, source, days=days)
    now = datetime.now(UTC)
    came = store.pauses(connection, source, since=now - timedelta(days=days))
    found = _pauses(came, msgspec.convert(draft.body, Cadence), now) if draft.body else []
    return CadenceTrial(
        revision=draft.revision,
        days=days,
        arrivals=len(came),
        late=sum(one.standing == Standing.LATE for one in found),
        silent=sum(one.standing == Standing.SILENT for one in found),
        pauses=sorted(found, key=lambda one: -one.minutes)[:MOST_PAUSES],
    )


def _pauses(came: Sequence[datetime], cadence: Cadence, now: datetime) -> list[Pause]:
    found = []
    for began, ended in zip(came, [*came[1:], None], strict=True):
        minutes = int(((ended or now) - began) / timedelta(minutes=1))
        if minutes >= cadence.late_minutes:
            standing = Standing.SILENT if minutes >= cadence.silent_minutes else Standing.LATE
            found.append(Pause(began_at=began, ended_at=ended, minutes=minutes, standing=standing))
    return found


@post("/api/freshness/{source:str}/cadence/publish", guards=[requires("policy.publish")], status_code=200)
async def publish_cadence(request: ApiRequest, source: FromPath[str], data: JSONBody[PublishBody]) -> Done:
    """Put the draft of another person in force."""
    name, actor = declaring.checked_name(source, "连接"), actor_of(request)

    def publish(connection: Connection[Any]) -> Done:
        _must_exist(connection, name)
        return declaring.publish(connection, CADENCE, name, told=data, actor=actor)

    return await room_hub(request).sync(publish)


@post("/api/freshness/{source:str}/cadence/rollback", guards=[requires("policy.publish")], status_code=200)
async def roll_back_cadence(request: ApiRequest, source: FromPath[str], data: JSONBody[RollBackBody]) -> Done:
    """Put an earlier expectation in force again (0: as learnt)."""
    name, actor = declaring.checked_name(source, "连接"), actor_of(request)
    return await room_hub(request).sync(declaring.roll_back, CADENCE, name, told=data, actor=actor)


router = Router(
    "/",
    route_handlers=[
        list_freshness, get_cadence, save_cadence, discard_cadence, try_cadence, publish_cadence, roll_back_cadence,
    ],
    tags=["freshness"],
)  # fmt: skip
