"""Rules of notification over HTTP (通知规则): drafts, a trial on the last days, publishing, history, roll back."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import FromPath, JSONBody
from psycopg import Connection

from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.declarations.store import Draft, DraftMoved, NoSuchVersion, NothingToPublish, Published
from fenghe.kernel.notices import store_past, store_robots, store_routing, template
from fenghe.kernel.notices.notice import EVENTS
from fenghe.kernel.notices.preview import Preview, tried
from fenghe.kernel.notices.routes_hub import notice_hub
from fenghe.kernel.notices.rule import NOTICE_RULE, SHIPPED, NoticeRule, unknown_targets
from fenghe.kernel.notices.store import rules_in_force
from fenghe.kernel.notices.store_routing import Words
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.roles import ROLES
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.web.problems import FieldProblem, Problem, bad_field, conflict, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, requires

MANAGES: Final = requires("notices.manage")
MOST_DAYS: Final = 92
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")


class RuleDraftBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rule, and the revision it was made from (null: there was no draft)."""

    values: NoticeRule
    revision: int | None = None


class PreviewBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many days of the past; the rule itself, or null for the saved draft."""

    days: int = 7
    values: NoticeRule | None = None


class PublishNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, and which revision of the draft the person has seen."""

    note: Annotated[str, msgspec.Meta(max_length=500)]
    revision: int


class RollBackNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which version to go back to (0: as shipped), and why."""

    version: int
    note: Annotated[str, msgspec.Meta(max_length=500)]


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rule in the list; `version` null: never published."""

    name: str
    version: int | None
    shipped: bool
    has_draft: bool
    values: NoticeRule


class RuleDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What is being edited; `problems` must be settled before it can be published."""

    values: NoticeRule
    base_version: int
    author: str
    updated_at: datetime
    revision: int
    problems: Sequence[str]


class RuleVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One published version."""

    version: int
    note: str
    author: str
    at: datetime
    values: NoticeRule
    rolled_back_to: int | None


class Choice(msgspec.Struct, frozen=True):
    """Something to choose, with its words."""

    value: str
    title: str


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule may name."""

    events: Sequence[Choice]
    robots: Sequence[Choice]
    roles: Sequence[Choice]
    people: Sequence[Choice]
    kinds: Sequence[Choice]
    shops: Sequence[Choice]
    placeholders: Sequence[Choice]


class RuleDetail(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the screen of a rule shows."""

    name: str
    version: int | None
    shipped: bool
    values: NoticeRule
    draft: RuleDraft | None
    history: Sequence[RuleVersion]
    choices: Choices


class RulePublished(msgspec.Struct, frozen=True):
    """The version now in force."""

    version: int


@get("/api/notice-rules", guards=[MANAGES])
async def list_rules(request: ApiRequest) -> list[RuleRow]:
    """通知规则列表。"""
    return await notice_hub(request).sync(_rows)


def _rows(connection: Connection[Any]) -> list[RuleRow]:
    rules, drafts = rules_in_force(connection), declarations.drafts_of_kind(connection, NOTICE_RULE)
    rows = [_row(name, rule, version, drafted=name in drafts) for name, (rule, version) in rules.items()]
    new = {name: msgspec.convert(body, NoticeRule) for name, body in drafts.items() if name not in rules}
    return [*rows, *(_row(name, rule, None, drafted=True) for name, rule in new.items())]


def _row(name: str, rule: NoticeRule, version: int | None, *, drafted: bool) -> RuleRow:
    return RuleRow(name=name, version=version, shipped=name in SHIPPED, has_draft=drafted, values=rule)


@get("/api/notice-rules/{name:str}", guards=[MANAGES])
async def get_rule(request: ApiRequest, name: FromPath[str]) -> RuleDetail:
    """一条规则：现行、草稿、历史，以及可以选择的内容。"""
    hub = notice_hub(request)
    return await hub.sync(_detail, _name(name), words=hub.words())


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise bad_field("name", "规则编号为小写字母、数字、下划线或短横,以字母或数字开头,最多 41 位")
    return text


def _detail(connection: Connection[Any], name: str, *, words: Words) -> RuleDetail:
    found = rules_in_force(connection).get(name)
    draft = declarations.find_draft(connection, NOTICE_RULE, name)
    if found is None and draft is None:
        raise not_found(f"通知规则 {name}")
    choices = _choices(connection, words)
    return RuleDetail(
        name=name,
        version=found[1] if found else None,
        shipped=name in SHIPPED,
        values=found[0] if found else NoticeRule(title=name),
        draft=_draft(draft, choices) if draft else None,
        history=[_version(one) for one in declarations.history(connection, NOTICE_RULE, name)],
        choices=choices,
    )


@get("/api/notice-choices", guards=[MANAGES])
async def list_choices(request: ApiRequest) -> Choices:
    """新建规则时可以选择的内容。"""
    hub = notice_hub(request)
    return await hub.sync(_choices, hub.words())


def _choices(connection: Connection[Any], words: Words) -> Choices:
    kinds, shops, people = store_past.known(connection)
    return Choices(
        events=[Choice(*one) for one in EVENTS.items() if one[0] != "escalated"],
        robots=[Choice(*one) for one in store_robots.robots_known(connection).items()],
        roles=[Choice(*one) for one in ROLES.items()],
        people=[Choice(*one) for one in people.items()],
        kinds=[Choice(one, words.titles.case_kind(one)) for one in kinds],
        shops=[Choice(one, one) for one in shops],
        placeholders=[Choice(*one) for one in template.FIELDS.items()],
    )


def _draft(draft: Draft, choices: Choices) -> RuleDraft:
    rule = msgspec.convert(draft.body, NoticeRule)
    return RuleDraft(
        values=rule,
        base_version=draft.base_version,
        author=draft.author,
        updated_at=draft.updated_at,
        revision=draft.revision,
        problems=_problems(rule, choices),
    )


def _problems(rule: NoticeRule, choices: Choices) -> list[str]:
    known: Mapping[str, set[str]] = {
        name: {one.value for one in getattr(choices, name)} for name in ("robots", "roles", "people")
    }
    return [*rule.problems(), *unknown_targets(rule, **known)]


def _version(one: Published) -> RuleVersion:
    return RuleVersion(
        version=one.version,
        note=one.note,
        author=one.author,
        at=one.published_at,
        values=msgspec.convert(one.body, NoticeRule),
        rolled_back_to=one.rolled_back_to,
    )


@put("/api/notice-rules/{name:str}/draft", guards=[MANAGES])
async def save_rule_draft(request: ApiRequest, name: FromPath[str], data: JSONBody[RuleDraftBody]) -> RuleDraft:
    """保存草稿；新编号即新规则。"""
    hub = notice_hub(request)
    return await hub.sync(_save, _name(name), data=data, actor=actor_of(request), words=hub.words())


def _save(connection: Connection[Any], name: str, *, data: RuleDraftBody, actor: Actor, words: Words) -> RuleDraft:
    version = rules_in_force(connection).get(name, (None, 0))[1]
    try:
        draft = declarations.save_draft(
            connection,
            NOTICE_RULE,
            name,
            body=msgspec.to_builtins(data.values),
            revision=data.revision,
            author=actor.person,
            base_version=version,
        )
    except DraftMoved as moved:
        raise _moved(moved) from None
    beat(connection, ("notices",))
    return _draft(draft, _choices(connection, words))


def _moved(moved: DraftMoved) -> Problem:
    if moved.draft is None:
        return conflict("草稿已被他人发布或放弃。请刷新后在现行版本上修改。", code="draft_gone")
    return conflict(f"{moved.draft.author} 已保存了这份草稿。请刷新,核对后再保存或发布。", code="draft_moved")


@delete("/api/notice-rules/{name:str}/draft", guards=[MANAGES])
async def discard_rule_draft(request: ApiRequest, name: FromPath[str]) -> None:
    """放弃草稿。"""
    await notice_hub(request).sync(_discard, _name(name), actor=actor_of(request))


def _discard(connection: Connection[Any], name: str, *, actor: Actor) -> None:
    draft = declarations.find_draft(connection, NOTICE_RULE, name)
    if draft is None:
        return
    declarations.discard_draft(connection, NOTICE_RULE, name)
    log_access(connection, actor, action="notice_rule.draft.discarded", target=f"{name} (by {draft.author})")
    beat(connection, ("notices",))


@post("/api/notice-rules/{name:str}/preview", guards=[MANAGES], status_code=200)
async def preview_rule(request: ApiRequest, name: FromPath[str], data: JSONBody[PreviewBody]) -> Preview:
    """在最近几天的工单上试运行：本来会发出多少消息。"""
    if not 1 <= data.days <= MOST_DAYS:
        raise bad_field("days", f"试运行的天数应为 1 到 {MOST_DAYS}")
    hub = notice_hub(request)
    return await hub.sync(_preview, _name(name), data=data, words=hub.words())


def _preview(connection: Connection[Any], name: str, *, data: PreviewBody, words: Words) -> Preview:
    rule = data.values
    if rule is None:
        draft = declarations.find_draft(connection, NOTICE_RULE, name)
        found = rules_in_force(connection).get(name)
        rule = msgspec.convert(draft.body, NoticeRule) if draft else found[0] if found else None
    if rule is None:
        raise not_found(f"通知规则 {name}")
    _fit(rule, _choices(connection, words))
    now = datetime.now(UTC)
    past = store_past.past(connection, words, days=data.days, now=now)
    return tried(name, rule, past, public_url=store_routing.public_url(connection), now=now)


def _fit(rule: NoticeRule, choices: Choices) -> None:
    found = _problems(rule, choices)
    if found:
        fields = tuple(FieldProblem(*one.split(" ", 1)) for one in found)
        told = ";".join(one.message for one in fields[:5])
        raise Problem(422, f"{told}。请改正草稿后再试。", code="draft_unfit", fields=fields)


@post("/api/notice-rules/{name:str}/publish", guards=[MANAGES], status_code=200)
async def publish_rule(request: ApiRequest, name: FromPath[str], data: JSONBody[PublishNote]) -> RulePublished:
    """发布草稿，立即生效。"""
    hub = notice_hub(request)
    return await hub.sync(_publish, _name(name), data=data, actor=actor_of(request), words=hub.words())


def _publish(connection: Connection[Any], name: str, *, data: PublishNote, actor: Actor, words: Words) -> RulePublished:
    draft = declarations.find_draft(connection, NOTICE_RULE, name)
    if draft is not None:
        _fit(msgspec.convert(draft.body, NoticeRule), _choices(connection, words))
    try:
        _, published = declarations.publish(
            connection, NOTICE_RULE, name, note=_note(data.note), author=actor.person, revision=data.revision
        )
    except DraftMoved as moved:
        raise _moved(moved) from None
    except NothingToPublish:
        raise conflict("没有草稿:可能尚未修改,或已被发布、放弃。请刷新后查看。", code="no_draft") from None
    return _in_force(connection, published, actor=actor, action="notice_rule.publish.done")


def _note(text: str) -> str:
    if not text.strip():
        raise bad_field("note", "请填写发布说明")
    return text.strip()


def _in_force(connection: Connection[Any], published: Published, *, actor: Actor, action: str) -> RulePublished:
    log_access(connection, actor, action=action, target=f"{published.name} v{published.version}")
    beat(connection, ("notices",))
    return RulePublished(published.version)


@post("/api/notice-rules/{name:str}/rollback", guards=[MANAGES], status_code=200)
async def roll_back_rule(request: ApiRequest, name: FromPath[str], data: JSONBody[RollBackNote]) -> RulePublished:
    """回滚到较早的版本；0 为出厂规则。"""
    return await notice_hub(request).sync(_roll_back, _name(name), data=data, actor=actor_of(request))


def _roll_back(connection: Connection[Any], name: str, *, data: RollBackNote, actor: Actor) -> RulePublished:
    shipped = SHIPPED.get(name)
    if data.version == 0 and shipped is None:
        raise not_found("出厂版本")
    try:
        _, published = declarations.roll_back(
            connection,
            NOTICE_RULE,
            name,
            version=data.version,
            note=_note(data.note),
            author=actor.person,
            shipped=msgspec.to_builtins(shipped),
        )
    except NoSuchVersion:
        raise not_found(f"第 {data.version} 版") from None
    return _in_force(connection, published, actor=actor, action="notice_rule.rollback.done")


router = Router(
    "/",
    route_handlers=[
        list_rules, get_rule, list_choices, save_rule_draft, discard_rule_draft, preview_rule, publish_rule,
        roll_back_rule,
    ],
    tags=["notices"],
)  # fmt: skip
