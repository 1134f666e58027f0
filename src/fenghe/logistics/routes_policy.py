"""The fuse's thresholds over HTTP (熔断阈值): drafts, dry run, publishing by a second person, history, roll back."""

import time
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
from fenghe.kernel.people.roles import GRANTS
from fenghe.kernel.people.store import names_of
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.web.problems import FieldProblem, Problem, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, hub_of, requires
from fenghe.logistics import mapping_view as view
from fenghe.logistics import store_dry_run as trial
from fenghe.logistics import store_mapping as store
from fenghe.logistics.declared import DEFAULT, FUSE, policy_of
from fenghe.logistics.events import CARRIERS, carrier_word
from fenghe.logistics.policy import DEFAULT_POLICY, FusePolicy
from fenghe.logistics.routes_declaring import (
    TOPICS,
    DryRun,
    DryRunBody,
    PublishBody,
    RollBackBody,
    begin_dry_run,
    checked_name,
    checked_note,
    dry_run_of,
    name_of,
    no_draft,
    publishing,
    raise_moved,
    unfit,
)

Bodies = Mapping[str, tuple[int, Any]]
"""Published thresholds by carrier: version and body."""

DEFAULT_TITLE: Final = "默认(没有单独设置的承运商)"
SINGLE_PERSON: Final = "single person"
"""Marks in the access log what one person both drafted and published because nobody else may publish."""

_PUBLISHERS: Final = sorted(role for role, rights in GRANTS.items() if "policy.publish" in rights)


class FuseValues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The thresholds; `life_days` may be left out and then stays as it is."""

    distance: int
    age_hours: int
    settle_seconds: int
    reuse_hours: int
    life_days: int | None = None


class FuseDraftBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The thresholds, and the revision they were made from (null: there was no draft)."""

    values: FuseValues
    revision: int | None = None


class FuseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One carrier's thresholds as they are in force; `is_default`: it has none of its own."""

    carrier: str
    title: str
    version: int | None
    distance: int
    age_hours: int
    settle_seconds: int
    reuse_hours: int
    is_default: bool
    has_draft: bool


class PublishedFuse(msgspec.Struct, frozen=True, kw_only=True):
    """What is in force for a carrier: version 0 follows the default."""

    version: int
    values: FuseValues
    note: str
    author: str
    at: datetime | None


class FuseDraft(msgspec.Struct, frozen=True, kw_only=True):
    """The thresholds being edited; `problems` must be settled before they can be tried or published."""

    values: FuseValues
    base_version: int
    author: str
    updated_at: datetime
    revision: int
    problems: Sequence[str]


class FuseVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One published version."""

    version: int
    note: str
    author: str
    at: datetime
    values: FuseValues
    rolled_back_to: int | None


class FuseDetail(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the screen of one carrier's thresholds shows."""

    carrier: str
    title: str
    published: PublishedFuse
    draft: FuseDraft | None
    history: Sequence[FuseVersion]


class FusePublished(msgspec.Struct, frozen=True, kw_only=True):
    """The version now in force, and how many parcels are judged anew."""

    version: int
    rejudged_shipments: int


@get("/api/policies/fuse", guards=[requires("orders.view")])
async def list_fuses(request: ApiRequest) -> list[FuseRow]:
    """The thresholds of every carrier, the default first."""
    return await hub_of(request).sync(_rows)


def _rows(connection: Connection[Any]) -> list[FuseRow]:
    """All carriers in four statements."""
    bodies, drafts = _bodies(connection), declarations.drafted(connection, FUSE)
    declared = _declared_carriers(connection)
    names = view.in_order((DEFAULT, *CARRIERS), declared, store.carriers_seen(connection), bodies, drafts)
    return [_row(name, bodies, title=_title(name, declared), has_draft=name in drafts) for name in names]


def _row(carrier: str, bodies: Bodies, *, title: str, has_draft: bool) -> FuseRow:
    values = _values(policy_of(carrier, bodies)[0])
    return FuseRow(
        carrier=carrier,
        title=title,
        version=bodies[carrier][0] if carrier in bodies else None,
        distance=values.distance,
        age_hours=values.age_hours,
        settle_seconds=values.settle_seconds,
        reuse_hours=values.reuse_hours,
        is_default=carrier not in bodies,
        has_draft=has_draft,
    )


def _bodies(connection: Connection[Any]) -> dict[str, tuple[int, Any]]:
    return {one.name: (one.version, one.body) for one in declarations.in_force(connection) if one.kind == FUSE}


def _declared_carriers(connection: Connection[Any]) -> dict[str, str]:
    """Carriers that sources declare, by our words, with the title of their source."""
    told = view.declared_words(store.source_settings(connection), "carrier")
    return {carrier_word(name) or name: title for name, title in told.items()}


def _title(carrier: str, declared: Mapping[str, str]) -> str:
    return DEFAULT_TITLE if carrier == DEFAULT else view.title_of_carrier(carrier, declared)


def _values(policy: FusePolicy) -> FuseValues:
    return FuseValues(
        distance=policy.distance,
        age_hours=policy.age_hours,
        settle_seconds=policy.settle_seconds,
        reuse_hours=policy.reuse_hours,
        life_days=policy.life_days,
    )


@get("/api/policies/fuse/{carrier:str}", guards=[requires("orders.view")])
async def get_fuse(request: ApiRequest, carrier: FromPath[str]) -> FuseDetail:
    """One carrier's thresholds: in force, draft and versions."""
    return await hub_of(request).sync(_detail, checked_name(carrier, "承运商"))


def _detail(connection: Connection[Any], carrier: str) -> FuseDetail:
    title = _title(carrier, _must_exist(connection, carrier))
    history = declarations.history(connection, FUSE, carrier)
    draft = declarations.find_draft(connection, FUSE, carrier)
    names = names_of(connection, [one.author for one in history] + ([draft.author] if draft else []))
    newest = history[0] if history else None
    return FuseDetail(
        carrier=carrier,
        title=title,
        published=PublishedFuse(
            version=newest.version if newest else 0,
            values=_values(policy_of(carrier, _bodies(connection))[0]),
            note=newest.note if newest else "",
            author=name_of(names, newest.author) if newest else "",
            at=newest.published_at if newest else None,
        ),
        draft=_draft(draft, names) if draft else None,
        history=[_version(one, names) for one in history],
    )


def _must_exist(connection: Connection[Any], carrier: str) -> dict[str, str]:
    """A carrier we know, that a source declares, or that carries a parcel; returns the titles of declared ones."""
    declared = _declared_carriers(connection)
    known = carrier == DEFAULT or carrier in CARRIERS or carrier in declared
    if not known and carrier not in store.carriers_seen(connection) and carrier not in _bodies(connection):
        raise not_found(f"承运商 {carrier}")
    return declared


def _draft(draft: Draft, names: dict[str, str]) -> FuseDraft:
    policy = msgspec.convert(draft.body, FusePolicy)
    return FuseDraft(
        values=_values(policy),
        base_version=draft.base_version,
        author=name_of(names, draft.author),
        updated_at=draft.updated_at,
        revision=draft.revision,
        problems=policy.problems(),
    )


def _version(one: Published, names: dict[str, str]) -> FuseVersion:
    return FuseVersion(
        version=one.version,
        note=one.note,
        author=name_of(names, one.author),
        at=one.published_at,
        values=_values(msgspec.convert(one.body, FusePolicy)),
        rolled_back_to=one.rolled_back_to,
    )


@put("/api/policies/fuse/{carrier:str}/draft", guards=[requires("policy.edit")])
async def save_fuse_draft(request: ApiRequest, carrier: FromPath[str], data: JSONBody[FuseDraftBody]) -> FuseDraft:
    """Save the draft; 409 with who and when if somebody saved it meanwhile."""
    name = checked_name(carrier, "承运商")
    return await hub_of(request).sync(_save, name, data=data, actor=actor_of(request))


def _save(connection: Connection[Any], carrier: str, *, data: FuseDraftBody, actor: Actor) -> FuseDraft:
    _must_exist(connection, carrier)
    bodies = _bodies(connection)
    told = {name: value for name, value in msgspec.to_builtins(data.values).items() if value is not None}
    policy = msgspec.structs.replace(policy_of(carrier, bodies)[0], **told)
    try:
        draft = declarations.save_draft(
            connection,
            FUSE,
            carrier,
            body=msgspec.to_builtins(policy),
            revision=data.revision,
            author=actor.person,
            base_version=bodies[carrier][0] if carrier in bodies else 0,
        )
    except DraftMoved as moved:
        raise_moved(connection, moved)
    beat(connection, ("mappings",))
    return _draft(draft, names_of(connection, [draft.author]))


@delete("/api/policies/fuse/{carrier:str}/draft", guards=[requires("policy.edit")])
async def discard_fuse_draft(request: ApiRequest, carrier: FromPath[str]) -> None:
    """Back to what is in force."""
    await hub_of(request).sync(_discard, checked_name(carrier, "承运商"), actor=actor_of(request))


def _discard(connection: Connection[Any], carrier: str, *, actor: Actor) -> None:
    draft = declarations.find_draft(connection, FUSE, carrier)
    if draft is None:
        return
    declarations.discard_draft(connection, FUSE, carrier)
    log_access(connection, actor, action="policy.draft.discarded", target=f"fuse {carrier} (by {draft.author})")
    beat(connection, ("mappings",))


@post("/api/policies/fuse/{carrier:str}/dry-run", guards=[requires("policy.edit")], status_code=200)
async def dry_run_fuse(request: ApiRequest, carrier: FromPath[str], data: JSONBody[DryRunBody]) -> DryRun:
    """Try the saved draft on real history: which parcels and cases would change."""
    return await hub_of(request).sync(
        _dry_run, checked_name(carrier, "承运商"), days=data.days, shops=current_person(request).shops
    )


def _dry_run(connection: Connection[Any], carrier: str, *, days: int, shops: Sequence[str] | None) -> DryRun:
    begin_dry_run(connection, days)
    draft = declarations.find_draft(connection, FUSE, carrier)
    if draft is None:
        raise no_draft()
    _fit(draft.body)
    bodies, now_ms = _bodies(connection), time.time_ns() // 1_000_000
    whose, others = _whose(carrier, bodies)
    window = trial.window_of_carrier(connection, whose, except_for=others, days=days)
    tried = trial.policy_tried(
        connection,
        window=window,
        before=trial.judge_of(trial.policies_of(bodies), now_ms),
        after=trial.judge_of(trial.policies_of({**bodies, carrier: (0, draft.body)}), now_ms),
    )
    return dry_run_of(window, tried, revision=draft.revision, days=days, shops=shops)


def _whose(carrier: str, bodies: Bodies) -> tuple[str | None, list[str]]:
    """(carrier, carriers left out): the default is for all that have no thresholds of their own."""
    return (None, sorted(bodies.keys() - {DEFAULT})) if carrier == DEFAULT else (carrier, [])


def _fit(body: Any) -> None:
    """Refuse thresholds that are out of bounds, naming them."""
    found = msgspec.convert(body, FusePolicy).problems()
    if found:
        raise unfit([FieldProblem(f"values.{one.partition(' ')[0]}", one) for one in found])


@post("/api/policies/fuse/{carrier:str}/publish", guards=[requires("policy.publish")], status_code=200)
async def publish_fuse(request: ApiRequest, carrier: FromPath[str], data: JSONBody[PublishBody]) -> FusePublished:
    """Put the draft of another person in force and have the carrier's parcels judged anew."""
    return await publishing(
        request,
        _publish,
        checked_name(carrier, "承运商"),
        note=checked_note(data.note),
        revision=data.revision,
        actor=actor_of(request),
    )


def _publish(connection: Connection[Any], carrier: str, *, note: str, revision: int, actor: Actor) -> FusePublished:
    store.hold_judging(connection)
    draft = declarations.find_draft(connection, FUSE, carrier)
    try:
        if draft is not None and draft.revision != revision:
            raise DraftMoved(draft)
        _, published = declarations.publish(
            connection, FUSE, carrier, note=note, author=actor.person, revision=revision
        )
    except DraftMoved as moved:
        raise_moved(connection, moved)
    except NothingToPublish:
        raise no_draft() from None
    alone = draft is not None and _alone(connection, draft, actor)
    return _put_in_force(connection, published, actor=actor, action="policy.publish.done", alone=alone)


def _alone(connection: Connection[Any], draft: Draft, actor: Actor) -> bool:
    """Whether one person does both, which is allowed only where nobody else may publish; 403 otherwise."""
    if draft.author != actor.person:
        return False
    if declarations.active_people(connection, _PUBLISHERS) > 1:
        who = name_of(names_of(connection, [draft.author]), draft.author)
        raise Problem(
            403, f"需要另一人发布:草稿由 {who} 编写。请让另一位有发布权限的同事核对后发布。", code="second_person"
        )
    return True


@post("/api/policies/fuse/{carrier:str}/rollback", guards=[requires("policy.publish")], status_code=200)
async def roll_back_fuse(request: ApiRequest, carrier: FromPath[str], data: JSONBody[RollBackBody]) -> FusePublished:
    """Publish an earlier version again (0: the default); it was seen by two when it was new, so one person may."""
    return await publishing(
        request,
        _roll_back,
        checked_name(carrier, "承运商"),
        version=data.version,
        note=checked_note(data.note),
        actor=actor_of(request),
    )


def _roll_back(connection: Connection[Any], carrier: str, *, version: int, note: str, actor: Actor) -> FusePublished:
    store.hold_judging(connection)
    _must_exist(connection, carrier)
    bodies = _bodies(connection)
    if version == (bodies[carrier][0] if carrier in bodies else 0):
        raise Problem(422, f"第 {version} 版就是现行版本,不需要回滚。", code="already_in_force")
    shipped = DEFAULT_POLICY if carrier == DEFAULT else policy_of(None, bodies)[0]
    try:
        _, published = declarations.roll_back(
            connection,
            FUSE,
            carrier,
            version=version,
            note=note,
            author=actor.person,
            shipped=msgspec.to_builtins(shipped),
        )
    except NoSuchVersion:
        raise not_found(f"承运商 {carrier} 的第 {version} 版阈值") from None
    return _put_in_force(connection, published, actor=actor, action="policy.rollback.done")


def _put_in_force(
    connection: Connection[Any], published: Published, *, actor: Actor, action: str, alone: bool = False
) -> FusePublished:
    """Have the parcels judged anew, in the transaction that published the thresholds."""
    _fit(published.body)
    whose, others = _whose(published.name, _bodies(connection))
    marked = store.mark_due(connection, carrier=whose, except_for=others)
    back = "" if published.rolled_back_to is None else f" ← v{published.rolled_back_to}"
    by = f" ({SINGLE_PERSON})" if alone else ""
    target = f"fuse {published.name} v{published.version}{back}{by}: {published.note}"
    log_access(connection, actor, action=action, target=target)
    beat(connection, TOPICS)
    return FusePublished(version=published.version, rejudged_shipments=marked)


router = Router(
    "/",
    route_handlers=[
        list_fuses, get_fuse, save_fuse_draft, discard_fuse_draft, dry_run_fuse, publish_fuse, roll_back_fuse,
    ],
    tags=["policies"],
)  # fmt: skip
