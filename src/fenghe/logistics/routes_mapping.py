"""The status mapper over HTTP (物流状态映射): code lists, drafts, dry run, publishing with replay, roll back."""

import time
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any, Final

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import FromPath, JSONBody
from psycopg import Connection

from fenghe.kernel.declarations import life
from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.declarations.routes import (
    PublishBody,
    RollBackBody,
    checked_name,
    checked_note,
    publishing,
    storable,
)
from fenghe.kernel.declarations.store import Draft, Published
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store import names_of
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.store_reading import Row
from fenghe.kernel.web.problems import bad_field, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, hub_of, requires
from fenghe.logistics import mapping_view as view
from fenghe.logistics import store_dry_run as trial
from fenghe.logistics import store_mapping as store
from fenghe.logistics.declared import FUSE, MAPPING, MappingBody, UserRule, mapping_of, problems
from fenghe.logistics.mapping import Mapping, map_status, shipped_code_lists
from fenghe.logistics.routes_mapping_trial import DryRun, DryRunBody, dry_run_of
from fenghe.logistics.scale import RANK, TITLES, State
from fenghe.logistics.store_mapping_declared import MappingKind, read_otherwise

MOST_RULES: Final = 2_000
SHIPPED_NOTE: Final = "随附规则"
MOST_DAYS: Final = 92
KIND: Final = MappingKind()


class RuleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row as the screen sends it; rows that say they are shipped are not the user's and are passed over."""

    match: Annotated[str, msgspec.Meta(max_length=20)]
    value: Annotated[str, msgspec.Meta(max_length=200)]
    state: Annotated[str, msgspec.Meta(max_length=40)]
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""
    when: Annotated[str, msgspec.Meta(max_length=200)] = ""
    shipped: bool = False


class DraftBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The user's rows, and the revision they were made from (null: there was no draft)."""

    rules: Annotated[list[RuleBody], msgspec.Meta(max_length=MOST_RULES)]
    revision: int | None = None


class MappingSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One code list; `coverage_72h` is the share of its events of the last 72 hours that could be read."""

    codes: str
    title: str
    published_version: int | None
    has_draft: bool
    coverage_72h: float | None
    events_72h: int
    unmapped_codes: int


class StateRow(msgspec.Struct, frozen=True):
    """One of our words for where a parcel is."""

    state: str
    title: str
    rank: int | None


class PublishedMapping(msgspec.Struct, frozen=True, kw_only=True):
    """What is in force: version 0 is what is shipped. `covered`: shipped rows that a user's lies over."""

    version: int
    rules: Sequence[view.RuleRow]
    covered: Sequence[view.RuleRow]
    note: str
    author: str
    at: datetime | None


class MappingDraft(msgspec.Struct, frozen=True, kw_only=True):
    """The rows being edited; `problems` must be settled before they can be tried or published."""

    rules: Sequence[view.RuleRow]
    base_version: int
    author: str
    updated_at: datetime
    revision: int
    problems: Sequence[str]


class SeenCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code as it is heard; "" stands for scans without one. `capped`: there are more than were counted."""

    code: str
    sample_text: str | None
    events_72h: int
    events_total: int
    capped: bool
    last_seen_at: datetime | None
    mapped_to: str | None
    waiting: int


class MappingVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One published version against the one before it."""

    version: int
    note: str
    author: str
    at: datetime
    rules_added: int
    rules_removed: int
    rules_changed: int
    rolled_back_to: int | None


class MappingDetail(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the mapper's screen shows; `seen_capped`: more codes were heard than are shown."""

    codes: str
    title: str
    states: Sequence[StateRow]
    published: PublishedMapping
    draft: MappingDraft | None
    seen: Sequence[SeenCode]
    seen_capped: bool
    history: Sequence[MappingVersion]


class MappingPublished(msgspec.Struct, frozen=True, kw_only=True):
    """The version now in force, and how many stored messages are read again with it."""

    version: int
    replayed_messages: int


@get("/api/status-mappings", guards=[requires("orders.view")])
async def list_mappings(request: ApiRequest) -> list[MappingSummary]:
    """Every code list: how much of it can be read."""
    return await hub_of(request).sync(_summaries)


def _summaries(connection: Connection[Any]) -> list[MappingSummary]:
    """All lists in five statements."""
    versions = {one.name: one.version for one in declarations.in_force(connection) if one.kind == MAPPING}
    drafts = declarations.drafted(connection, MAPPING)
    declared = view.declared_words(store.source_settings(connection), "codes")
    names = view.in_order(view.OFFERED, store.lists_heard(connection), declared, versions, drafts)
    counted: dict[str, list[Row]] = {name: [] for name in names}
    for row in store.recent_counts(connection, names):
        counted[row["codes"]].append(row)
    return [
        _summary(
            name,
            counted[name],
            title=view.title_of_codes(name, declared),
            version=versions.get(name),
            has_draft=name in drafts,
        )
        for name in names
    ]


def _summary(name: str, rows: Sequence[Row], *, title: str, version: int | None, has_draft: bool) -> MappingSummary:
    events, unread = (sum(row[column] for row in rows) for column in ("events", "unread"))
    return MappingSummary(
        codes=name,
        title=title,
        published_version=version,
        has_draft=has_draft,
        coverage_72h=(events - unread) / events if events else None,
        events_72h=events,
        unmapped_codes=sum(row["waiting"] > 0 for row in rows),
    )


@get("/api/status-mappings/{codes:str}", guards=[requires("orders.view")])
async def get_mapping(request: ApiRequest, codes: FromPath[str]) -> MappingDetail:
    """One code list: what is in force, the draft, the codes as they are heard, and all versions."""
    return await hub_of(request).sync(_detail, checked_name(codes, "码表"))


def _detail(connection: Connection[Any], codes: str) -> MappingDetail:
    declared = _must_exist(connection, codes)
    history = declarations.history(connection, MAPPING, codes)
    draft = declarations.find_draft(connection, MAPPING, codes)
    body = history[0].body if history else None
    names = names_of(connection, [one.author for one in history] + ([draft.author] if draft else []))
    seen = store.codes_seen(connection, codes)
    mapping = mapping_of(codes, body)
    return MappingDetail(
        codes=codes,
        title=view.title_of_codes(codes, declared),
        states=[StateRow(state, TITLES[state], RANK.get(state)) for state in State],
        published=_published(codes, history, names),
        draft=_draft(draft, names) if draft else None,
        seen=[_seen(row, mapping) for row in seen],
        seen_capped=len(seen) >= store.MOST_CODES,
        history=_versions(history, names),
    )


def _must_exist(connection: Connection[Any], codes: str) -> dict[str, str]:
    """A code list that is shipped, was heard, declared or mapped; returns the titles of declared ones."""
    declared = view.declared_words(store.source_settings(connection), "codes")
    known = codes in shipped_code_lists() or codes in declared
    if not known and not store.is_list_known(connection, MAPPING, codes):
        raise not_found(f"码表 {codes}")
    return declared


def _published(codes: str, history: Sequence[Published], names: dict[str, str]) -> PublishedMapping:
    if not history:
        rules = view.rules_in_force(codes, MappingBody())
        return PublishedMapping(version=0, rules=rules, covered=(), note=SHIPPED_NOTE, author="", at=None)
    newest = history[0]
    body = view.body_of(newest.body)
    return PublishedMapping(
        version=newest.version,
        rules=view.rules_in_force(codes, body),
        covered=view.rules_covered(codes, body),
        note=newest.note,
        author=names.get(newest.author, newest.author),
        at=newest.published_at,
    )


def _draft(draft: Draft, names: dict[str, str]) -> MappingDraft:
    body = view.body_of(draft.body)
    return MappingDraft(
        rules=view.own_rules(body),
        base_version=draft.base_version,
        author=names.get(draft.author, draft.author),
        updated_at=draft.updated_at,
        revision=draft.revision,
        problems=problems(body),
    )


def _seen(row: Row, mapping: Mapping) -> SeenCode:
    state = map_status(mapping, code=row["code"] or None, text=row["sample_text"] or "")
    total, waiting = row["events_total"], row["waiting"]
    return SeenCode(
        code=row["code"],
        sample_text=row["sample_text"] or None,
        events_72h=row["events_72h"],
        events_total=min(total, store.COUNT_TO),
        capped=max(total, waiting) > store.COUNT_TO,
        last_seen_at=row["last_seen_at"],
        mapped_to=str(state) if state else None,
        waiting=min(waiting, store.COUNT_TO),
    )


def _versions(history: Sequence[Published], names: dict[str, str]) -> list[MappingVersion]:
    bodies = [*(view.body_of(one.body) for one in history), MappingBody()]
    return [
        MappingVersion(
            version=one.version,
            note=one.note,
            author=names.get(one.author, one.author),
            at=one.published_at,
            rules_added=counted.added,
            rules_removed=counted.removed,
            rules_changed=counted.changed,
            rolled_back_to=one.rolled_back_to,
        )
        for one, counted in zip(history, (view.counts(old, new) for new, old in pairwise(bodies)), strict=True)
    ]


@put("/api/status-mappings/{codes:str}/draft", guards=[requires("mapping.edit")])
async def save_mapping_draft(request: ApiRequest, codes: FromPath[str], data: JSONBody[DraftBody]) -> MappingDraft:
    """Save the draft; 409 with who and when if somebody saved it meanwhile."""
    name = checked_name(codes, "码表")
    return await hub_of(request).sync(_save, name, data=data, actor=actor_of(request))


def _save(connection: Connection[Any], codes: str, *, data: DraftBody, actor: Actor) -> MappingDraft:
    _must_exist(connection, codes)
    body = MappingBody(rules=tuple(_user_rule(n, one) for n, one in enumerate(data.rules) if not one.shipped))
    told = msgspec.to_builtins(body)
    draft = life.save(connection, KIND, codes, body=told, revision=data.revision, actor=actor)
    beat(connection, ("mappings",))
    return _draft(draft, names_of(connection, [draft.author]))


def _user_rule(n: int, rule: RuleBody) -> UserRule:
    for field in ("match", "value", "state", "note", "when"):
        if not storable(getattr(rule, field)):
            raise bad_field(f"rules.{n}.{field}", "含有不可见的控制字符")
    return UserRule(match=rule.match, value=rule.value, state=rule.state, note=rule.note, when=rule.when)


@delete("/api/status-mappings/{codes:str}/draft", guards=[requires("mapping.edit")])
async def discard_mapping_draft(request: ApiRequest, codes: FromPath[str]) -> None:
    """Back to what is in force."""
    await hub_of(request).sync(_discard, checked_name(codes, "码表"), actor=actor_of(request))


def _discard(connection: Connection[Any], codes: str, *, actor: Actor) -> None:
    life.discard(connection, KIND, codes, actor=actor)
    beat(connection, ("mappings",))


@post("/api/status-mappings/{codes:str}/dry-run", guards=[requires("mapping.edit")], status_code=200)
async def dry_run_mapping(request: ApiRequest, codes: FromPath[str], data: JSONBody[DryRunBody]) -> DryRun:
    """Try the saved draft on real history: which parcels and cases would change."""
    return await hub_of(request).sync(
        _dry_run, checked_name(codes, "码表"), days=data.days, shops=current_person(request).shops
    )


def _dry_run(connection: Connection[Any], codes: str, *, days: int, shops: Sequence[str] | None) -> DryRun:
    if not 1 <= days <= MOST_DAYS:
        raise bad_field("days", f"试运行的天数应为 1 到 {MOST_DAYS}")
    declarations.take_trial_slot(connection)
    draft = life.draft_of(connection, KIND, codes)
    published = declarations.in_force(connection)
    before = view.body_of(next((one.body for one in published if (one.kind, one.name) == (MAPPING, codes)), None))
    after = view.body_of(draft.body)
    fuses = {one.name: (one.version, one.body) for one in published if one.kind == FUSE}
    window = trial.window_of_codes(connection, codes, days=days)
    tried = trial.mapping_tried(
        connection,
        codes,
        changed=read_otherwise(codes, before, after),
        before=mapping_of(codes, before),
        after=mapping_of(codes, after),
        window=window,
        judge=trial.judge_of(trial.policies_of(fuses), time.time_ns() // 1_000_000),
    )
    return dry_run_of(
        window,
        tried,
        revision=draft.revision,
        days=days,
        shops=shops,
        diff=view.differences(codes, before, after),
    )


@post("/api/status-mappings/{codes:str}/publish", guards=[requires("mapping.publish")], status_code=200)
async def publish_mapping(request: ApiRequest, codes: FromPath[str], data: JSONBody[PublishBody]) -> MappingPublished:
    """Put the draft in force and read again every stored message that used a code it reads otherwise."""
    return await publishing(
        request,
        _publish,
        checked_name(codes, "码表"),
        note=checked_note(data.note),
        revision=data.revision,
        actor=actor_of(request),
    )


def _publish(connection: Connection[Any], codes: str, *, note: str, revision: int, actor: Actor) -> MappingPublished:
    published, replayed = life.publish(connection, KIND, codes, note=note, revision=revision, actor=actor)
    beat(connection, KIND.topics)
    return MappingPublished(version=published.version, replayed_messages=replayed)


@post("/api/status-mappings/{codes:str}/rollback", guards=[requires("mapping.publish")], status_code=200)
async def roll_back_mapping(
    request: ApiRequest, codes: FromPath[str], data: JSONBody[RollBackBody]
) -> MappingPublished:
    """Publish an earlier version again (0: as shipped), and read again what it reads otherwise."""
    return await publishing(
        request,
        _roll_back,
        checked_name(codes, "码表"),
        version=data.version,
        note=checked_note(data.note),
        actor=actor_of(request),
    )


def _roll_back(connection: Connection[Any], codes: str, *, version: int, note: str, actor: Actor) -> MappingPublished:
    _must_exist(connection, codes)
    published, replayed = life.roll_back(connection, KIND, codes, version=version, note=note, actor=actor)
    beat(connection, KIND.topics)
    return MappingPublished(version=published.version, replayed_messages=replayed)


router = Router(
    "/",
    route_handlers=[
        list_mappings, get_mapping, save_mapping_draft, discard_mapping_draft, dry_run_mapping, publish_mapping,
        roll_back_mapping,
    ],
    tags=["mappings"],
)  # fmt: skip
