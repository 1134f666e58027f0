"""Rules of notification as declarations (通知规则): what they may say, and which messages a draft would have sent."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from psycopg import Connection

from fenghe.kernel.declarations.contract import DeclaredKind, Figure, Named, Trial, TrialRow, Window
from fenghe.kernel.notices import store_past, store_robots, store_routing, template
from fenghe.kernel.notices.notice import EVENTS
from fenghe.kernel.notices.preview import Preview, tried
from fenghe.kernel.notices.rule import NOTICE_RULE, SHIPPED, NoticeRule, unknown_targets
from fenghe.kernel.notices.store_routing import Words
from fenghe.kernel.people.roles import ROLES
from fenghe.kernel.web.problems import FieldProblem


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


def choices(connection: Connection[Any], words: Words) -> Choices:
    """What there is to choose from."""
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


class NoticeKind(DeclaredKind):
    """通知规则: what goes to whom; a new name is a new rule."""

    kind = NOTICE_RULE
    title = "通知规则"
    view_right = "notices.manage"
    edit_right = "notices.manage"
    publish_right = "notices.manage"
    new_names = r"[a-z0-9][a-z0-9_-]{0,40}"
    topics = ("notices",)

    def __init__(self, words: Callable[[], Words]) -> None:
        self._words = words

    def names(self, connection: Connection[Any]) -> Sequence[Named]:  # noqa: ARG002
        """Those that are shipped."""
        return [Named(name=name, title=rule.title) for name, rule in SHIPPED.items()]

    def shipped(self, name: str, in_force: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """A rule that works before anybody writes one."""
        return msgspec.to_builtins(SHIPPED[name]) if name in SHIPPED else None

    def whole(self, body: Any) -> Any:
        """What a rule leaves out is as it is for every rule."""
        return msgspec.to_builtins(msgspec.convert(body, NoticeRule))

    def problems(self, connection: Connection[Any], name: str, body: Any) -> Sequence[FieldProblem]:  # noqa: ARG002
        """Events, words and times that cannot be, and targets that do not exist."""
        rule = msgspec.convert(body, NoticeRule)
        _, _, people = store_past.known(connection)
        found = [
            *rule.problems(),
            *unknown_targets(rule, robots=store_robots.robots_known(connection), roles=ROLES, people=people),
        ]
        return [FieldProblem(*one.split(" ", 1)) for one in found]

    def try_out(self, connection: Connection[Any], name: str, body: Any, *, window: Window) -> Trial:
        """Which messages it would have sent about the cases of the last days, and to whom."""
        now = datetime.now(UTC)
        past = store_past.past(connection, self._words(), days=window.days, now=now)
        public_url = store_routing.public_url(connection)
        found = tried(name, msgspec.convert(body, NoticeRule), past, public_url=public_url, now=now)
        return Trial(read=found.notices, figures=_figures(found), rows=_rows(found, self._titles(connection)))

    def _titles(self, connection: Connection[Any]) -> Mapping[str, str]:
        """What targets are called: `robot:x`, `role:ops`, `person:3`."""
        told = choices(connection, self._words())
        lists = {"robot": told.robots, "role": told.roles, "person": told.people}
        return {f"{kind}:{one.value}": one.title for kind, found in lists.items() for one in found}


def _figures(found: Preview) -> list[Figure]:
    told = (
        ("matched", "命中的事件", found.matched),
        ("messages", "会发出的消息", found.messages),
        ("digests", "其中汇总", found.digests),
        ("held_back", "去重压下的", found.held_back),
        ("put_off", "免打扰推迟的", found.put_off),
        ("escalations", "升级的", found.escalations),
    )
    return [Figure(word=word, title=title, after=count) for word, title, count in told]


def _rows(found: Preview, titles: Mapping[str, str]) -> list[TrialRow]:
    counts = [TrialRow(title=titles.get(to, to), after=str(count)) for to, count in found.by_target.items()]
    samples = [TrialRow(title=titles.get(one.target, one.target), at=one.at, text=one.body) for one in found.samples]
    return counts + samples
