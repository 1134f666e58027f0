"""Declarations over HTTP (声明): every kind a room declares has this one life, so that each screen works alike."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Concatenate, Final, Literal, ParamSpec, Protocol, TypeVar

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import FromPath, JSONBody
from psycopg import Connection
from psycopg.errors import DeadlockDetected

from fenghe.kernel.declarations import life, store
from fenghe.kernel.declarations.contract import DeclaredKind, Kinds, Trial, Window
from fenghe.kernel.declarations.store import Draft, Published
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.roles import title_of
from fenghe.kernel.people.store import names_of
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.web.hub import WebHub
from fenghe.kernel.web.problems import FieldProblem, Problem, bad_field, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, requires

LONGEST_NOTE: Final = 500
LONGEST_NAME: Final = 100
MOST_DAYS: Final = 400
TRIES: Final = 3
TOPICS: Final = ("declarations", "workbench")
LOOKS: Final = requires("orders.view", "money.view", "notices.manage")
"""Who may look at declarations at all; which, the kind says."""

T = TypeVar("T")
P = ParamSpec("P")

Note = Annotated[str, msgspec.Meta(max_length=5_000)]


class DeclaringHub(WebHub, Protocol):
    """The part of the hub that knows what may be declared."""

    @property
    def kinds(self) -> Kinds:
        """Every room's kinds of declarations, by word."""


class DraftBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body, and the revision it was made from (null: there was no draft)."""

    body: Any
    revision: int | None = None


class TrialBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many days of history to try the draft on."""

    days: int = 30


class PublishBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, and which revision of the draft the person has seen."""

    note: Note
    revision: int


class RollBackBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which version to go back to (0: as shipped), and why."""

    version: int
    note: Note


class DeclarationRow(msgspec.Struct, frozen=True, kw_only=True):
    """One declaration in its kind's list; version 0 is as shipped."""

    name: str
    title: str
    version: int
    has_draft: bool
    has_shipped: bool
    """Whether there is one under this name without anybody's doing."""
    body: Any


class DeclarationKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind with its declarations, and what this person may do with them."""

    kind: str
    title: str
    may_edit: bool
    may_publish: bool
    second_person: bool
    declarations: Sequence[DeclarationRow]


class DraftView(msgspec.Struct, frozen=True, kw_only=True):
    """The draft being edited; `problems` must be settled before it can be tried or published."""

    body: Any
    base_version: int
    revision: int
    author: str
    updated_at: datetime
    problems: Sequence[FieldProblem]


class VersionView(msgspec.Struct, frozen=True, kw_only=True):
    """One published version."""

    version: int
    note: str
    author: str
    at: datetime
    body: Any
    rolled_back_to: int | None


class Declaration(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the screen of one declaration shows."""

    kind: str
    kind_title: str
    name: str
    title: str
    version: int
    body: Any
    shipped: Any
    draft: DraftView | None
    history: Sequence[VersionView]
    may_edit: bool
    may_publish: bool
    second_person: bool


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """The version now in force, and how much is looked at anew."""

    version: int
    looked_at_anew: int


def _hub(request: ApiRequest) -> DeclaringHub:
    hub: DeclaringHub = request.app.state.hub
    return hub


def _kind(request: ApiRequest, word: str) -> DeclaredKind:
    found = _hub(request).kinds.get(word)
    if found is None:
        raise not_found(f"声明类别 {word[:40]}")
    return found


def _allowed(request: ApiRequest, word: str, right: Literal["view", "edit", "publish"]) -> DeclaredKind:
    """The kind, if this person has its right."""
    kind = _kind(request, word)
    needed = {"view": kind.view_right, "edit": kind.edit_right, "publish": kind.publish_right}[right]
    if not current_person(request).may(needed):
        raise Problem(
            403, f"需要权限 “{title_of(needed)}”({needed})。请联系管理员为您的角色开通。", code="right_missing"
        )
    return kind


@get("/api/declarations/{kind:str}", guards=[LOOKS])
async def list_declarations(request: ApiRequest, kind: FromPath[str]) -> DeclarationKind:
    """Every declaration of a kind as it is in force."""
    declared = _allowed(request, kind, "view")
    return await _hub(request).sync(_list, declared, rights=current_person(request).permissions)


def _list(connection: Connection[Any], kind: DeclaredKind, *, rights: frozenset[str]) -> DeclarationKind:
    """In as many statements, however many there are."""
    published = {one.name: one for one in store.in_force_of_kind(connection, kind.kind)}
    drafts = store.drafts_of_kind(connection, kind.kind)
    bodies = {name: one.body for name, one in published.items()}
    known = life.named(connection, kind, {*bodies, *drafts})
    shipped = {one.name: kind.shipped(one.name, bodies) for one in known}
    rows = [
        DeclarationRow(
            name=one.name,
            title=one.title,
            version=published[one.name].version if one.name in published else 0,
            has_draft=one.name in drafts,
            has_shipped=shipped[one.name] is not None,
            body=life.shown(kind, _first(bodies.get(one.name), shipped[one.name], drafts.get(one.name))),
        )
        for one in known
    ]
    return DeclarationKind(
        kind=kind.kind,
        title=kind.title,
        may_edit=kind.edit_right in rights,
        may_publish=kind.publish_right in rights,
        second_person=kind.second_person,
        declarations=rows,
    )


@get("/api/declarations/{kind:str}/{name:str}", guards=[LOOKS])
async def get_declaration(request: ApiRequest, kind: FromPath[str], name: FromPath[str]) -> Declaration:
    """One declaration: in force, draft and versions."""
    declared, rights = _allowed(request, kind, "view"), current_person(request).permissions
    return await _hub(request).sync(_detail, declared, checked_name(name), rights=rights)


def _detail(connection: Connection[Any], kind: DeclaredKind, name: str, *, rights: frozenset[str]) -> Declaration:
    history = store.history(connection, kind.kind, name)
    draft = store.find_draft(connection, kind.kind, name)
    told = [name] if history or draft else []
    known = next((one for one in life.named(connection, kind, told) if one.name == name), None)
    if known is None:
        raise not_found(f"{kind.title} {name[:40]}")
    people = names_of(connection, [one.author for one in history] + ([draft.author] if draft else []))
    shipped = life.shipped(connection, kind, name)
    return Declaration(
        kind=kind.kind,
        kind_title=kind.title,
        name=name,
        title=known.title,
        version=history[0].version if history else 0,
        body=life.shown(kind, _first(history[0].body if history else None, shipped, draft.body if draft else None)),
        shipped=shipped,
        draft=_draft(connection, kind, name, draft, people) if draft else None,
        history=[_version(kind, one, people) for one in history],
        may_edit=kind.edit_right in rights,
        may_publish=kind.publish_right in rights,
        second_person=kind.second_person,
    )


def _first(*bodies: Any) -> Any:
    """The first of them there is: published, shipped; of one that is neither, the draft."""
    return next((body for body in bodies if body is not None), None)


def _draft(
    connection: Connection[Any], kind: DeclaredKind, name: str, draft: Draft, people: Mapping[str, str]
) -> DraftView:
    return DraftView(
        body=life.shown(kind, draft.body),
        base_version=draft.base_version,
        revision=draft.revision,
        author=people.get(draft.author, draft.author),
        updated_at=draft.updated_at,
        problems=life.problems(connection, kind, name, body=draft.body),
    )


def _version(kind: DeclaredKind, one: Published, people: Mapping[str, str]) -> VersionView:
    return VersionView(
        version=one.version,
        note=one.note,
        author=people.get(one.author, one.author),
        at=one.published_at,
        body=life.shown(kind, one.body),
        rolled_back_to=one.rolled_back_to,
    )


@put("/api/declarations/{kind:str}/{name:str}/draft", guards=[LOOKS])
async def save_declaration_draft(
    request: ApiRequest, kind: FromPath[str], name: FromPath[str], data: JSONBody[DraftBody]
) -> DraftView:
    """Save the draft, problems and all; 409 with who saved it meanwhile."""
    declared = _allowed(request, kind, "edit")
    return await _hub(request).sync(_save, declared, checked_name(name), data=data, actor=actor_of(request))


def _save(connection: Connection[Any], kind: DeclaredKind, name: str, *, data: DraftBody, actor: Actor) -> DraftView:
    draft = life.save(connection, kind, name, body=data.body, revision=data.revision, actor=actor)
    beat(connection, TOPICS)
    return _draft(connection, kind, name, draft, names_of(connection, [draft.author]))


@delete("/api/declarations/{kind:str}/{name:str}/draft", guards=[LOOKS])
async def discard_declaration_draft(request: ApiRequest, kind: FromPath[str], name: FromPath[str]) -> None:
    """Back to what is in force."""
    declared = _allowed(request, kind, "edit")
    await _hub(request).sync(life.discard, declared, checked_name(name), actor=actor_of(request))
    await _hub(request).sync(beat, TOPICS)


@post("/api/declarations/{kind:str}/{name:str}/dry-run", guards=[LOOKS], status_code=200)
async def try_declaration(
    request: ApiRequest, kind: FromPath[str], name: FromPath[str], data: JSONBody[TrialBody]
) -> Trial:
    """Run the saved draft over real history; nothing is written."""
    declared = _allowed(request, kind, "edit")
    if not 1 <= data.days <= MOST_DAYS:
        raise bad_field("days", f"试运行的天数应为 1 到 {MOST_DAYS}")
    window = Window(days=data.days, shops=current_person(request).shops)
    return await _hub(request).sync(_try, declared, checked_name(name), window)


def _try(connection: Connection[Any], kind: DeclaredKind, name: str, window: Window) -> Trial:
    store.take_trial_slot(connection)
    draft = life.draft_of(connection, kind, name)
    return kind.try_out(connection, name, draft.body, window=window)


@post("/api/declarations/{kind:str}/{name:str}/publish", guards=[LOOKS], status_code=200)
async def publish_declaration(
    request: ApiRequest, kind: FromPath[str], name: FromPath[str], data: JSONBody[PublishBody]
) -> InForce:
    """Put the draft in force; where a second person is asked for, not by whoever drafted it."""
    declared = _allowed(request, kind, "publish")
    published, anew = await publishing(
        request,
        life.publish,
        declared,
        checked_name(name),
        note=checked_note(data.note),
        revision=data.revision,
        actor=actor_of(request),
    )
    await _hub(request).sync(beat, (*TOPICS, *declared.topics))
    return InForce(version=published.version, looked_at_anew=anew)


@post("/api/declarations/{kind:str}/{name:str}/rollback", guards=[LOOKS], status_code=200)
async def roll_back_declaration(
    request: ApiRequest, kind: FromPath[str], name: FromPath[str], data: JSONBody[RollBackBody]
) -> InForce:
    """Publish an earlier version again (0: as shipped)."""
    declared = _allowed(request, kind, "publish")
    published, anew = await publishing(
        request,
        life.roll_back,
        declared,
        checked_name(name),
        version=data.version,
        note=checked_note(data.note),
        actor=actor_of(request),
    )
    await _hub(request).sync(beat, (*TOPICS, *declared.topics))
    return InForce(version=published.version, looked_at_anew=anew)


async def publishing(
    request: ApiRequest, work: Callable[Concatenate[Connection[Any], P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Put something in force, all or nothing.

    A person's ruling takes its parcel first and the judging second, a publication the other way round: PostgreSQL ends
    one of them, which tries again.
    """
    for _ in range(TRIES - 1):
        try:
            return await _hub(request).sync(work, *args, **kwargs)
        except DeadlockDetected:
            continue
    return await _hub(request).sync(work, *args, **kwargs)


def checked_note(text: str) -> str:
    """The note of a publication: said, and not a novel."""
    note = text.strip()
    if not note or len(note) > LONGEST_NOTE or not storable(note):
        raise bad_field("note", f"请填写发布说明,1 到 {LONGEST_NOTE} 个字")
    return note


def checked_name(text: str, what: str = "声明") -> str:
    """A name from the address; what cannot be stored does not exist."""
    if not text.strip() or len(text) > LONGEST_NAME or not storable(text):
        raise not_found(f"{what} {text[:40]!r}")
    return text


def storable(text: str) -> bool:
    """Whether the database can hold it."""
    return not any((ord(char) < 32 and char not in "\n\t") or 0xD800 <= ord(char) <= 0xDFFF for char in text)


router = Router(
    "/",
    route_handlers=[
        list_declarations, get_declaration, save_declaration_draft, discard_declaration_draft, try_declaration,
        publish_declaration, roll_back_declaration,
    ],
    tags=["declarations"],
)  # fmt: skip
