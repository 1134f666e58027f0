"""The heartbeat's thresholds over HTTP (心跳阈值): drafts, what they would ask of the carriers, publishing, roll back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import FromPath, JSONBody
from psycopg import Connection

from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.declarations.store import Draft, DraftMoved, NoSuchVersion, NothingToPublish, Published
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store import names_of
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.web.problems import FieldProblem, Problem, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, hub_of, requires
from fenghe.logistics import mapping_view as view
from fenghe.logistics import store_heartbeat_queries as queries
from fenghe.logistics import store_mapping as store
from fenghe.logistics.declared import DEFAULT, HEARTBEAT, heartbeat_of
from fenghe.logistics.events import CARRIERS, carrier_word
from fenghe.logistics.heartbeat import DEFAULT_HEARTBEAT, HeartbeatPolicy, calls_needed
from fenghe.logistics.routes_declaring import (
    PublishBody,
    RollBackBody,
    checked_name,
    checked_note,
    name_of,
    no_draft,
    publishing,
    raise_moved,
    unfit,
)
from fenghe.logistics.routes_heartbeat import batch_of, bodies_of, rate_name

TRACKERS: Final = {"kuaidi100": "快递100(查询多家)"}
"""Connections that ask about many carriers: only their rate is theirs."""
DEFAULT_TITLE: Final = "默认(没有单独设置的承运商)"


class BeatDraftBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The thresholds, and the revision they were made from (null: there was no draft)."""

    values: HeartbeatPolicy
    revision: int | None = None


class BeatRow(msgspec.Struct, frozen=True, kw_only=True):
    """One carrier's thresholds as they are in force; `is_default`: it has none of its own."""

    carrier: str
    title: str
    version: int | None
    values: HeartbeatPolicy
    is_default: bool
    has_draft: bool


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What these thresholds mean for the parcels there are now."""

    parcels: int
    would_be_silent: int
    asked_parcels: int
    needed_per_minute: float
    limit_per_minute: int
    enough: bool
    words: str


class BeatPublished(msgspec.Struct, frozen=True, kw_only=True):
    """What is in force: version 0 follows the default."""

    version: int
    values: HeartbeatPolicy
    note: str
    author: str
    at: datetime | None
    forecast: Forecast


class BeatDraft(msgspec.Struct, frozen=True, kw_only=True):
    """The thresholds being edited, and what they would change."""

    values: HeartbeatPolicy
    base_version: int
    author: str
    updated_at: datetime
    revision: int
    problems: Sequence[str]
    forecast: Forecast | None


class BeatVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One published version."""

    version: int
    note: str
    author: str
    at: datetime
    values: HeartbeatPolicy
    rolled_back_to: int | None


class BeatDetail(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the screen of one carrier's heartbeat shows."""

    carrier: str
    title: str
    published: BeatPublished
    draft: BeatDraft | None
    history: Sequence[BeatVersion]


class BeatVersionNow(msgspec.Struct, frozen=True, kw_only=True):
    """The version now in force."""

    version: int


@get("/api/policies/heartbeat", guards=[requires("orders.view")])
async def list_beats(request: ApiRequest) -> list[BeatRow]:
    """The thresholds of every carrier, the default first."""
    return await hub_of(request).sync(_rows)


def _rows(connection: Connection[Any]) -> list[BeatRow]:
    bodies, drafts, declared = bodies_of(connection), declarations.drafted(connection, HEARTBEAT), _declared(connection)
    first = (DEFAULT, *TRACKERS, *CARRIERS)
    names = view.in_order(first, declared, store.carriers_seen(connection), bodies, drafts)
    return [
        BeatRow(
            carrier=name,
            title=_title(name, declared),
            version=bodies[name][0] if name in bodies else None,
            values=heartbeat_of(name, bodies)[0],
            is_default=name not in bodies,
            has_draft=name in drafts,
        )
        for name in names
    ]


def _declared(connection: Connection[Any]) -> dict[str, str]:
    told = view.declared_words(store.source_settings(connection), "carrier")
    return {carrier_word(name) or name: title for name, title in told.items()}


def _title(name: str, declared: Mapping[str, str]) -> str:
    return DEFAULT_TITLE if name == DEFAULT else TRACKERS.get(name) or view.title_of_carrier(name, declared)


@get("/api/policies/heartbeat/{carrier:str}", guards=[requires("orders.view")])
async def get_beat(request: ApiRequest, carrier: FromPath[str]) -> BeatDetail:
    """One carrier's thresholds: in force, draft with what it would change, and versions."""
    return await hub_of(request).sync(_detail, checked_name(carrier, "承运商"))


def _detail(connection: Connection[Any], carrier: str) -> BeatDetail:
    declared, bodies = _must_exist(connection, carrier), bodies_of(connection)
    history = declarations.history(connection, HEARTBEAT, carrier)
    draft = declarations.find_draft(connection, HEARTBEAT, carrier)
    names = names_of(connection, [one.author for one in history] + ([draft.author] if draft else []))
    newest, demand = (history[0] if history else None), queries.demand(connection)
    return BeatDetail(
        carrier=carrier,
        title=_title(carrier, declared),
        published=BeatPublished(
            version=newest.version if newest else 0,
            values=heartbeat_of(carrier, bodies)[0],
            note=newest.note if newest else "",
            author=name_of(names, newest.author) if newest else "",
            at=newest.published_at if newest else None,
            forecast=_forecast(carrier, bodies, demand),
        ),
        draft=_draft(draft, names, carrier=carrier, bodies=bodies, demand=demand) if draft else None,
        history=[_version(one, names) for one in history],
    )


def _must_exist(connection: Connection[Any], carrier: str) -> dict[str, str]:
    declared = _declared(connection)
    known = carrier == DEFAULT or carrier in TRACKERS or carrier in CARRIERS or carrier in declared
    if not known and carrier not in store.carriers_seen(connection) and carrier not in bodies_of(connection):
        raise not_found(f"承运商 {carrier}")
    return declared


def _forecast(name: str, bodies: Mapping[str, tuple[int, Any]], demand: Sequence[Mapping[str, Any]]) -> Forecast:
    """Parcels of this carrier, and what the connections of this name would have to ask a minute."""
    policy = heartbeat_of(name, bodies)[0]
    own = [row for row in demand if _governs(name, row["carrier"], bodies)]
    asked = [
        row for row in demand if row["source"] and _governs(name, rate_name(row["connector"], row["config"]), bodies)
    ]
    by_source: dict[str, tuple[str, int]] = {}
    for row in asked:
        by_source[row["source"]] = (row["connector"], by_source.get(row["source"], ("", 0))[1] + row["parcels"])
    loads = [
        calls_needed(policy, parcels=count, batch=batch_of(connector, policy))
        for connector, count in by_source.values()
    ]
    needed = max(loads, default=0.0)
    silent = sum(row["parcels"] for row in own if row["empties"] >= policy.empties)
    parcels, enough = sum(row["parcels"] for row in own), needed <= policy.calls_per_minute
    words = f"在盯 {parcels} 个运单,其中 {silent} 个已连续 {policy.empties} 次无新轨迹"
    if by_source:
        words += f";最忙的连接每分钟要问 {needed:.1f} 次,限 {policy.calls_per_minute} 次"
        words += "" if enough else f",{policy.interval_minutes} 分钟内问不完一轮"
    return Forecast(
        parcels=parcels,
        would_be_silent=silent,
        asked_parcels=sum(count for _, count in by_source.values()),
        needed_per_minute=round(needed, 1),
        limit_per_minute=policy.calls_per_minute,
        enough=enough,
        words=words,
    )


def _governs(name: str, word: str, bodies: Mapping[str, tuple[int, Any]]) -> bool:
    """Is this the declaration that a word follows? The default holds for all that have none of their own."""
    return word == name or (name == DEFAULT and word not in bodies)


def _draft(
    draft: Draft,
    names: dict[str, str],
    *,
    carrier: str,
    bodies: Mapping[str, tuple[int, Any]],
    demand: Sequence[Mapping[str, Any]],
) -> BeatDraft:
    policy = msgspec.convert(draft.body, HeartbeatPolicy)
    problems = policy.problems()
    return BeatDraft(
        values=policy,
        base_version=draft.base_version,
        author=name_of(names, draft.author),
        updated_at=draft.updated_at,
        revision=draft.revision,
        problems=problems,
        forecast=None if problems else _forecast(carrier, {**bodies, carrier: (0, draft.body)}, demand),
    )


def _version(one: Published, names: dict[str, str]) -> BeatVersion:
    return BeatVersion(
        version=one.version,
        note=one.note,
        author=name_of(names, one.author),
        at=one.published_at,
        values=msgspec.convert(one.body, HeartbeatPolicy),
        rolled_back_to=one.rolled_back_to,
    )


@put("/api/policies/heartbeat/{carrier:str}/draft", guards=[requires("policy.edit")])
async def save_beat_draft(request: ApiRequest, carrier: FromPath[str], data: JSONBody[BeatDraftBody]) -> BeatDraft:
    """Save the draft; 409 with who and when if somebody saved it meanwhile."""
    name = checked_name(carrier, "承运商")
    return await hub_of(request).sync(_save, name, data=data, actor=actor_of(request))


def _save(connection: Connection[Any], carrier: str, *, data: BeatDraftBody, actor: Actor) -> BeatDraft:
    _must_exist(connection, carrier)
    bodies = bodies_of(connection)
    try:
        draft = declarations.save_draft(
            connection,
            HEARTBEAT,
            carrier,
            body=msgspec.to_builtins(data.values),
            revision=data.revision,
            author=actor.person,
            base_version=bodies[carrier][0] if carrier in bodies else 0,
        )
    except DraftMoved as moved:
        raise_moved(connection, moved)
    beat(connection, ("policies",))
    names = names_of(connection, [draft.author])
    return _draft(draft, names, carrier=carrier, bodies=bodies, demand=queries.demand(connection))


@delete("/api/policies/heartbeat/{carrier:str}/draft", guards=[requires("policy.edit")])
async def discard_beat_draft(request: ApiRequest, carrier: FromPath[str]) -> None:
    """Back to what is in force."""
    await hub_of(request).sync(_discard, checked_name(carrier, "承运商"), actor=actor_of(request))


def _discard(connection: Connection[Any], carrier: str, *, actor: Actor) -> None:
    draft = declarations.find_draft(connection, HEARTBEAT, carrier)
    if draft is None:
        return
    declarations.discard_draft(connection, HEARTBEAT, carrier)
    log_access(connection, actor, action="policy.draft.discarded", target=f"heartbeat {carrier} (by {draft.author})")
    beat(connection, ("policies",))


@post("/api/policies/heartbeat/{carrier:str}/publish", guards=[requires("policy.publish")], status_code=200)
async def publish_beat(request: ApiRequest, carrier: FromPath[str], data: JSONBody[PublishBody]) -> BeatVersionNow:
    """Put the draft in force: from their next question on, parcels are watched by it."""
    return await publishing(
        request,
        _publish,
        checked_name(carrier, "承运商"),
        note=checked_note(data.note),
        revision=data.revision,
        actor=actor_of(request),
    )


def _publish(connection: Connection[Any], carrier: str, *, note: str, revision: int, actor: Actor) -> BeatVersionNow:
    draft = declarations.find_draft(connection, HEARTBEAT, carrier)
    if draft is not None:
        _fit(draft.body)
    try:
        if draft is not None and draft.revision != revision:
            raise DraftMoved(draft)
        _, published = declarations.publish(
            connection, HEARTBEAT, carrier, note=note, author=actor.person, revision=revision
        )
    except DraftMoved as moved:
        raise_moved(connection, moved)
    except NothingToPublish:
        raise no_draft() from None
    return _in_force(connection, published, actor=actor, action="policy.publish.done")


def _fit(body: Any) -> None:
    """Refuse thresholds that are out of bounds, naming them."""
    found = msgspec.convert(body, HeartbeatPolicy).problems()
    if found:
        raise unfit([FieldProblem(f"values.{one.partition(' ')[0]}", one) for one in found])


@post("/api/policies/heartbeat/{carrier:str}/rollback", guards=[requires("policy.publish")], status_code=200)
async def roll_back_beat(request: ApiRequest, carrier: FromPath[str], data: JSONBody[RollBackBody]) -> BeatVersionNow:
    """Publish an earlier version again (0: the default)."""
    return await publishing(
        request,
        _roll_back,
        checked_name(carrier, "承运商"),
        version=data.version,
        note=checked_note(data.note),
        actor=actor_of(request),
    )


def _roll_back(connection: Connection[Any], carrier: str, *, version: int, note: str, actor: Actor) -> BeatVersionNow:
    _must_exist(connection, carrier)
    bodies = bodies_of(connection)
    if version == (bodies[carrier][0] if carrier in bodies else 0):
        raise Problem(422, f"第 {version} 版就是现行版本,不需要回滚。", code="already_in_force")
    shipped = DEFAULT_HEARTBEAT if carrier == DEFAULT else heartbeat_of(None, bodies)[0]
    try:
        _, published = declarations.roll_back(
            connection,
            HEARTBEAT,
            carrier,
            version=version,
            note=note,
            author=actor.person,
            shipped=msgspec.to_builtins(shipped),
        )
    except NoSuchVersion:
        raise not_found(f"承运商 {carrier} 的第 {version} 版阈值") from None
    return _in_force(connection, published, actor=actor, action="policy.rollback.done")


def _in_force(connection: Connection[Any], published: Published, *, actor: Actor, action: str) -> BeatVersionNow:
    back = "" if published.rolled_back_to is None else f" ← v{published.rolled_back_to}"
    target = f"heartbeat {published.name} v{published.version}{back}: {published.note}"
    log_access(connection, actor, action=action, target=target)
    beat(connection, ("policies",))
    return BeatVersionNow(version=published.version)


router = Router(
    "/",
    route_handlers=[
        list_beats, get_beat, save_beat_draft, discard_beat_draft, publish_beat, roll_back_beat,
    ],
    tags=["policies"],
)  # fmt: skip
