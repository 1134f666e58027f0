"""What the routes of this room's declarations share (声明路由): drafts, notes, the second person, publishing, going back."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, NoReturn

import msgspec
from psycopg import Connection

from fenghe.insight import store_declaring as store
from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.declarations.store import Draft, DraftMoved, NoSuchVersion, NothingToPublish, Published
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.roles import GRANTS
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.values import CHINA
from fenghe.kernel.web.problems import FieldProblem, Problem, bad_field, conflict, not_found

LONGEST_NOTE: Final = 500
LONGEST_NAME: Final = 100
MOST_DAYS: Final = 92
TOPICS: Final = ("clocks", "orders", "cases", "workbench", "sources", "mappings")
_UNSTORABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")
_PUBLISHERS: Final = sorted(role for role, rights in GRANTS.items() if "policy.publish" in rights)


class DryRunBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many days of history to try the draft on."""

    days: int = 14


class PublishBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, and which revision of the draft the person has seen."""

    note: Annotated[str, msgspec.Meta(max_length=5_000)]
    revision: int


class RollBackBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which version to go back to (0: as shipped), and why."""

    version: int
    note: Annotated[str, msgspec.Meta(max_length=5_000)]


class DraftInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What is being edited, by whom; `problems` must be settled before it can be tried or published."""

    values: Any
    base_version: int
    revision: int
    author: str
    updated_at: datetime
    problems: Sequence[str]


class VersionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One published version."""

    version: int
    note: str
    author: str
    at: datetime
    values: Any
    rolled_back_to: int | None


class DeclarationInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What is in force (version 0: as shipped), the draft and every version."""

    name: str
    title: str
    version: int
    values: Any
    draft: DraftInfo | None
    history: Sequence[VersionInfo]


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The version now in force, and how much is read anew because of it."""

    version: int
    reread: int


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of declaration: its word, what is shipped, what is wrong with a body, what putting one in force does."""

    kind: str
    words: str
    shipped: Callable[[str], Any]
    problems: Callable[[Any], Sequence[str]]
    in_force: Callable[[Connection[Any], str], int]


def read(connection: Connection[Any], kind: Kind, name: str, *, title: str) -> DeclarationInfo:
    """Everything the editor of one declaration shows."""
    history = declarations.history(connection, kind.kind, name)
    draft = declarations.find_draft(connection, kind.kind, name)
    names = store.names_of(connection, [one.author for one in history] + ([draft.author] if draft else []))
    newest = history[0] if history else None
    return DeclarationInfo(
        name=name,
        title=title,
        version=newest.version if newest else 0,
        values=newest.body if newest else kind.shipped(name),
        draft=_draft(draft, names, kind) if draft else None,
        history=[_version(one, names) for one in history],
    )


def _draft(draft: Draft, names: dict[str, str], kind: Kind) -> DraftInfo:
    return DraftInfo(
        values=draft.body,
        base_version=draft.base_version,
        revision=draft.revision,
        author=names.get(draft.author, draft.author),
        updated_at=draft.updated_at,
        problems=kind.problems(draft.body),
    )


def _version(one: Published, names: dict[str, str]) -> VersionInfo:
    return VersionInfo(
        version=one.version,
        note=one.note,
        author=names.get(one.author, one.author),
        at=one.published_at,
        values=one.body,
        rolled_back_to=one.rolled_back_to,
    )


def save(
    connection: Connection[Any], kind: Kind, name: str, *, body: Any, revision: int | None, actor: Actor
) -> DraftInfo:
    """Save the draft; 409 with who and when if somebody saved it meanwhile."""
    _storable(msgspec.json.encode(body).decode())
    published = store.in_force(connection, kind.kind)
    try:
        draft = declarations.save_draft(
            connection,
            kind.kind,
            name,
            body=body,
            revision=revision,
            author=actor.person,
            base_version=published[name][0] if name in published else 0,
        )
    except DraftMoved as moved:
        _raise_moved(connection, moved)
    return _draft(draft, store.names_of(connection, [draft.author]), kind)


def discard(connection: Connection[Any], kind: Kind, name: str, *, actor: Actor) -> None:
    """Back to what is in force."""
    draft = declarations.find_draft(connection, kind.kind, name)
    if draft is not None:
        declarations.discard_draft(connection, kind.kind, name)
        target = f"{kind.kind} {name} (by {draft.author})"
        log_access(connection, actor, action=f"{kind.kind}.draft.discarded", target=target)


def fit_draft(connection: Connection[Any], kind: Kind, name: str, *, days: int) -> Draft:
    """The draft that is to be tried, if it may be: 409 without one, 422 when something is wrong with it."""
    if not 1 <= days <= MOST_DAYS:
        raise bad_field("days", f"试运行的天数应为 1 到 {MOST_DAYS}")
    draft = declarations.find_draft(connection, kind.kind, name)
    if draft is None:
        raise conflict("没有草稿:可能尚未修改,或已被发布、放弃。请刷新后查看。", code="no_draft")
    _fit(kind, draft.body)
    return draft


def _fit(kind: Kind, body: Any) -> None:
    found = list(kind.problems(body))
    if found:
        told = ";".join(found[:5]) + (f";等共 {len(found)} 处" if len(found) > 5 else "")
        fields = tuple(FieldProblem("values", one) for one in found)
        raise Problem(422, f"{told}。请改正草稿后再试。", code="draft_unfit", fields=fields)


def publish(connection: Connection[Any], kind: Kind, name: str, *, told: PublishBody, actor: Actor) -> Done:
    """Put the draft of another person in force."""
    note = checked_note(told.note)
    store.hold_reading(connection)
    draft = declarations.find_draft(connection, kind.kind, name)
    alone = False
    try:
        if draft is not None:
            if draft.revision != told.revision:
                raise DraftMoved(draft)
            alone = _alone(connection, draft, actor)
            _fit(kind, draft.body)
        _, published = declarations.publish(
            connection, kind.kind, name, note=note, author=actor.person, revision=told.revision
        )
    except DraftMoved as moved:
        _raise_moved(connection, moved)
    except NothingToPublish:
        raise conflict("没有草稿:可能尚未修改,或已被发布、放弃。请刷新后查看。", code="no_draft") from None
    return _put_in_force(connection, kind, published, actor=actor, action="publish", alone=alone)


def _alone(connection: Connection[Any], draft: Draft, actor: Actor) -> bool:
    """Whether one person does both, which is allowed only where nobody else may publish; 403 otherwise."""
    if draft.author != actor.person:
        return False
    if store.others_with(connection, _PUBLISHERS, username=actor.person):
        who = store.names_of(connection, [draft.author]).get(draft.author, draft.author)
        raise Problem(
            403, f"需要另一人发布:草稿由 {who} 编写。请让另一位有发布权限的同事核对后发布。", code="second_person"
        )
    return True


def roll_back(connection: Connection[Any], kind: Kind, name: str, *, told: RollBackBody, actor: Actor) -> Done:
    """Publish an earlier version again (0: as shipped); it was seen by two when it was new, so one person may."""
    note = checked_note(told.note)
    store.hold_reading(connection)
    published = store.in_force(connection, kind.kind)
    if told.version == (published[name][0] if name in published else 0):
        raise Problem(422, f"第 {told.version} 版就是现行版本,不需要回滚。", code="already_in_force")
    try:
        _, again = declarations.roll_back(
            connection,
            kind.kind,
            name,
            version=told.version,
            note=note,
            author=actor.person,
            shipped=kind.shipped(name),
        )
    except NoSuchVersion:
        raise not_found(f"{kind.words} {name} 的第 {told.version} 版") from None
    return _put_in_force(connection, kind, again, actor=actor, action="rollback", alone=False)


def _put_in_force(
    connection: Connection[Any], kind: Kind, published: Published, *, actor: Actor, action: str, alone: bool
) -> Done:
    reread = kind.in_force(connection, published.name)
    back = "" if published.rolled_back_to is None else f" ← v{published.rolled_back_to}"
    by = " (single person)" if alone else ""
    target = f"{kind.kind} {published.name} v{published.version}{back}{by}: {published.note}"
    log_access(connection, actor, action=f"{kind.kind}.{action}.done", target=target)
    beat(connection, TOPICS)
    return Done(version=published.version, reread=reread)


def checked_note(text: str) -> str:
    """The note of a publication: said, and not a novel."""
    note = text.strip()
    if not note or len(note) > LONGEST_NOTE:
        raise bad_field("note", f"请填写发布说明,1 到 {LONGEST_NOTE} 个字")
    return _storable(note)


def checked_name(text: str, what: str) -> str:
    """A name from the address; what cannot be stored does not exist."""
    if not text.strip() or len(text) > LONGEST_NAME or _UNSTORABLE.search(text):
        raise not_found(f"{what} {_UNSTORABLE.sub('?', text[:40])}")
    return text


def _storable(text: str) -> str:
    if _UNSTORABLE.search(text) or "\\u0000" in text:
        raise bad_field("values", "含有不可见的控制字符")
    return text


def _raise_moved(connection: Connection[Any], moved: DraftMoved) -> NoReturn:
    """409: who saved the draft meanwhile, and when."""
    draft = moved.draft
    if draft is None:
        raise conflict("草稿已被他人发布或放弃。请刷新后在现行版本上修改。", code="draft_gone")
    who = store.names_of(connection, [draft.author]).get(draft.author, draft.author)
    when = draft.updated_at.astimezone(CHINA).strftime("%m-%d %H:%M")
    raise conflict(
        f"{who} 已于 {when} 保存了这份草稿(第 {draft.revision} 次保存)。请刷新,核对后再保存或发布。", code="draft_moved"
    )
