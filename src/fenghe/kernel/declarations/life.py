"""The life of a declaration (声明的一生): read, draft, try, publish, roll back. The same for every kind; SQL is in `store`."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.declarations import store
from fenghe.kernel.declarations.contract import DeclaredKind, Named
from fenghe.kernel.declarations.store import Draft, DraftMoved, NoSuchVersion, NothingToPublish, Published
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.roles import GRANTS
from fenghe.kernel.people.store import names_of
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.values import CHINA
from fenghe.kernel.web.problems import FieldProblem, Problem, bad_field, conflict, not_found

SINGLE_PERSON: Final = "single person"
"""Marks in the access log what one person both drafted and published because nobody else may publish."""


def named(connection: Connection[Any], kind: DeclaredKind, told: Iterable[str]) -> list[Named]:
    """Every declaration of a kind: those there are anyway, then those `told`, published or drafted."""
    known = {one.name: one for one in kind.names(connection)}
    for name in sorted(told):
        known.setdefault(name, Named(name=name, title=kind.called(name)))
    return list(known.values())


def must_exist(connection: Connection[Any], kind: DeclaredKind, name: str) -> None:
    """404 for a name nobody may declare; 400 for one that is no name."""
    if store.is_known(connection, kind.kind, name) or any(one.name == name for one in kind.names(connection)):
        return
    if not kind.new_names:
        raise not_found(f"{kind.title} {name[:40]}")
    if not re.fullmatch(kind.new_names, name):
        raise bad_field("name", "编号由小写字母、数字、下划线和短横组成,以字母或数字开头,最多 60 位")


def shipped(connection: Connection[Any], kind: DeclaredKind, name: str) -> Any:
    """What counts for a name before anybody publishes one."""
    others = {one.name: one.body for one in store.in_force_of_kind(connection, kind.kind) if one.name != name}
    return kind.shipped(name, others)


def shown(kind: DeclaredKind, body: Any) -> Any:
    """A stored body as it counts; one that an earlier program wrote and this one cannot read, as it is."""
    try:
        return kind.whole(body)
    except msgspec.ValidationError:
        return body


def problems(connection: Connection[Any], kind: DeclaredKind, name: str, *, body: Any) -> list[FieldProblem]:
    """What must be settled before a stored body can be tried or published."""
    try:
        whole = kind.whole(body)
    except msgspec.ValidationError as problem:
        return [FieldProblem("body", f"格式不对:{problem}")]
    return list(kind.problems(connection, name, whole))


def save(
    connection: Connection[Any], kind: DeclaredKind, name: str, *, body: Any, revision: int | None, actor: Actor
) -> Draft:
    """Save the draft; 400 for one that cannot be read, 409 with who and when if somebody saved it meanwhile."""
    must_exist(connection, kind, name)
    newest = store.newest(connection, kind.kind, name)
    version = newest.version if newest else 0
    try:
        body = kind.whole(body)
    except msgspec.ValidationError as problem:
        raise bad_field("body", f"内容读不懂:{problem}") from None
    try:
        return store.save_draft(
            connection, kind.kind, name, body=body, revision=revision, author=actor.person, base_version=version
        )
    except DraftMoved as moved:
        raise _moved(connection, moved) from None


def discard(connection: Connection[Any], kind: DeclaredKind, name: str, *, actor: Actor) -> None:
    """Back to what is in force."""
    draft = store.find_draft(connection, kind.kind, name)
    if draft is not None:
        store.discard_draft(connection, kind.kind, name)
        log_access(
            connection, actor, action="declaration.draft.discarded", target=f"{kind.kind} {name} (by {draft.author})"
        )


def draft_of(connection: Connection[Any], kind: DeclaredKind, name: str, *, revision: int | None = None) -> Draft:
    """The draft, fit to be tried or published; 409 when there is none or it moved, 422 when it has problems."""
    draft = store.find_draft(connection, kind.kind, name)
    if draft is None:
        raise _no_draft()
    if revision is not None and draft.revision != revision:
        raise _moved(connection, DraftMoved(draft))
    _fit(problems(connection, kind, name, body=draft.body))
    return draft


def publish(
    connection: Connection[Any], kind: DeclaredKind, name: str, *, note: str, revision: int, actor: Actor
) -> tuple[Published, int]:
    """Put the draft in force; (what was published, how much is looked at anew)."""
    store.hold_judging(connection)
    draft = draft_of(connection, kind, name, revision=revision)
    alone = _alone(connection, kind, draft, actor)
    try:
        _, published = store.publish(connection, kind.kind, name, note=note, author=actor.person, revision=revision)
    except DraftMoved as moved:
        raise _moved(connection, moved) from None
    except NothingToPublish:
        raise _no_draft() from None
    return published, _in_force(connection, kind, published, actor, "publish", alone=alone)


def roll_back(
    connection: Connection[Any], kind: DeclaredKind, name: str, *, version: int, note: str, actor: Actor
) -> tuple[Published, int]:
    """Publish an earlier version again (0: as shipped). It was seen by two when it was new, so one person may."""
    store.hold_judging(connection)
    must_exist(connection, kind, name)
    newest = store.newest(connection, kind.kind, name)
    if version == (newest.version if newest else 0):
        raise Problem(422, f"第 {version} 版就是现行版本,不需要回滚。", code="already_in_force")
    first = shipped(connection, kind, name)
    if version == 0 and first is None:
        raise not_found(f"{kind.title} {name} 的出厂版本")
    try:
        _, published = store.roll_back(
            connection, kind.kind, name, version=version, note=note, author=actor.person, shipped=first
        )
    except NoSuchVersion:
        raise not_found(f"{kind.title} {name} 的第 {version} 版") from None
    _fit(problems(connection, kind, name, body=published.body))
    return published, _in_force(connection, kind, published, actor, "rollback", alone=False)


def _in_force(
    connection: Connection[Any], kind: DeclaredKind, published: Published, actor: Actor, deed: str, *, alone: bool
) -> int:
    back = "" if published.rolled_back_to is None else f" ← v{published.rolled_back_to}"
    by = f" ({SINGLE_PERSON})" if alone else ""
    target = f"{kind.kind} {published.name} v{published.version}{back}{by}: {published.note}"
    log_access(connection, actor, action=f"declaration.{deed}.done", target=target)
    return kind.took_force(connection, published.name, published.body)


def _alone(connection: Connection[Any], kind: DeclaredKind, draft: Draft, actor: Actor) -> bool:
    """Whether one person does both, which is allowed only where nobody else may publish; 403 otherwise."""
    if not kind.second_person or draft.author != actor.person:
        return False
    publishers = sorted(role for role, rights in GRANTS.items() if kind.publish_right in rights)
    if store.active_people(connection, publishers) > 1:
        who = names_of(connection, [draft.author]).get(draft.author, draft.author)
        raise Problem(
            403, f"需要另一人发布:草稿由 {who} 编写。请让另一位有发布权限的同事核对后发布。", code="second_person"
        )
    return True


def _fit(found: Sequence[FieldProblem]) -> None:
    if found:
        told = ";".join(one.message for one in found[:5]) + (f";等共 {len(found)} 处" if len(found) > 5 else "")
        raise Problem(422, f"{told}。请改正草稿后再试。", code="draft_unfit", fields=tuple(found))


def _no_draft() -> Problem:
    return conflict("没有草稿:可能尚未修改,或已被发布、放弃。请刷新后查看。", code="no_draft")


def _moved(connection: Connection[Any], moved: DraftMoved) -> Problem:
    draft = moved.draft
    if draft is None:
        return conflict("草稿已被他人发布或放弃。请刷新后在现行版本上修改。", code="draft_gone")
    who = names_of(connection, [draft.author]).get(draft.author, draft.author)
    when = draft.updated_at.astimezone(CHINA).strftime("%m-%d %H:%M")
    told = f"{who} 已于 {when} 保存了这份草稿(第 {draft.revision} 次保存)。请刷新,核对后再保存或发布。"
    return conflict(told, code="draft_moved")
