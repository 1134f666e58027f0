"""Promises and expected rhythms as declarations (承诺表、期望频率): what they may say, and what a draft would have meant."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.insight import store_board
from fenghe.insight import store_freshness as sources
from fenghe.insight.clocks import OUTCOMES, TITLES, Outcome, Stage
from fenghe.insight.freshness import STANDINGS, Cadence, Standing
from fenghe.insight.promises import DEFAULT, KIND, SHIPPED, PromiseBody, body_of, problems, tables_of
from fenghe.insight.tasks_sources import KIND as CADENCE
from fenghe.insight.trial import Changed, Side, compare
from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.declarations.contract import DeclaredKind, Figure, Named, Trial, TrialRow, Window
from fenghe.kernel.store_reading import fetch
from fenghe.kernel.titles import Titles
from fenghe.kernel.web.problems import FieldProblem

MOST_CLOCKS: Final = 50_000
SHOWN: Final = 50
HOME: Final = "CNY"
"""What costs are told in while there are none."""
DEFAULT_TITLE: Final = "默认(其他渠道没有写到的环节)"


def channels_seen(connection: Connection[Any]) -> list[str]:
    """Channels in use, found by leaping over an index."""
    rows = fetch(
        connection,
        "with recursive channel(name) as ((select min(channel) from customer_order) union all select (select"
        " min(o.channel) from customer_order o where o.channel > channel.name) from channel where channel.name is not"
        " null) select name from channel where name is not null limit 200",
    )
    return [row["name"] for row in rows]


class PromiseKind(DeclaredKind):
    """承诺表: one declaration a channel; the default is for what no channel's table says."""

    kind = KIND
    title = "承诺表"
    edit_right = "policy.edit"
    publish_right = "policy.publish"
    second_person = True
    new_names = r"[a-z0-9][a-z0-9_-]{0,59}"
    topics = ("clocks", "orders", "cases", "sources", "mappings")

    def __init__(self, titles: Titles) -> None:
        self._titles = titles

    def called(self, name: str) -> str:
        """As its channel is called."""
        return DEFAULT_TITLE if name == DEFAULT else self._titles.channel(name)

    def names(self, connection: Connection[Any]) -> Sequence[Named]:
        """The default, the channels we know and those in use."""
        names = dict.fromkeys([*SHIPPED, *channels_seen(connection)])
        return [Named(name=name, title=self.called(name)) for name in names]

    def shipped(self, name: str, in_force: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """Where a shop starts; a channel we do not know begins with nothing."""
        return msgspec.to_builtins(SHIPPED.get(name, PromiseBody()))

    def whole(self, body: Any) -> Any:
        """Rows with all they leave out."""
        return msgspec.to_builtins(body_of(body))

    def problems(self, connection: Connection[Any], name: str, body: Any) -> Sequence[FieldProblem]:  # noqa: ARG002
        """Rows that cannot stand."""
        return [FieldProblem("rules", words) for words in problems(body_of(body))]

    def try_out(self, connection: Connection[Any], name: str, body: Any, *, window: Window) -> Trial:
        """Breaches and cents, before and after, of the clocks that began in these days."""
        before = tables_of(
            {one.name: (one.version, one.body) for one in declarations.in_force_of_kind(connection, KIND)}
        )
        rows = store_board.tried_rows(connection, name, days=window.days, limit=MOST_CLOCKS + 1)
        seen = [row for row in rows[:MOST_CLOCKS] if window.shops is None or row["shop"] in window.shops]
        after = {**before, name: (0, body_of(body))}
        tried = compare(seen, before, after, now=datetime.now(UTC), samples=SHOWN)
        return Trial(
            read=tried.read,
            truncated=len(rows) > MOST_CLOCKS,
            figures=_figures(tried.before, tried.after, changed=tried.changed),
            rows=[_sample(one) for one in tried.samples],
        )

    def took_force(self, connection: Connection[Any], name: str, body: Any) -> int:  # noqa: ARG002
        """Open clocks get their new due times."""
        return store_board.mark_open(connection, name)


def _figures(before: Side, after: Side, *, changed: int) -> list[Figure]:
    told = [
        Figure(word="promised", title="有约定的时钟", before=before.promised, after=after.promised),
        Figure(word="breaches", title="违约", before=before.breaches, after=after.breaches),
        *(
            Figure(
                word="breach_cost",
                title="违约金",
                before=before.cost_minor.get(currency, 0),
                after=after.cost_minor.get(currency, 0),
                currency=currency,
            )
            for currency in sorted({*before.cost_minor, *after.cost_minor}) or [HOME]
        ),
    ]
    if before.unpriced + after.unpriced:
        told.append(Figure(word="unpriced", title="算不出金额的违约", before=before.unpriced, after=after.unpriced))
    return [*told, Figure(word="clocks_changed", title="结果会变的时钟", after=changed)]


def _sample(one: Changed) -> TrialRow:
    row = one.row
    by_order = row["subject_id"] == row["order_id"]
    label = (row["order_no"] if by_order else row["tracking_no"]) or str(row["subject_id"])
    return TrialRow(
        title=f"{label} {TITLES[Stage(row['stage'])]}",
        link=f"/{'orders' if by_order else 'shipments'}/{row['subject_id']}",
        before=_stands(one.before),
        after=_stands(one.after),
    )


def _stands(outcome: Outcome | None) -> str:
    return "没有约定" if outcome is None else OUTCOMES[outcome]


class CadenceKind(DeclaredKind):
    """期望频率: one declaration a source; an empty body is learnt from its own arrivals."""

    kind = CADENCE
    title = "期望频率"
    edit_right = "policy.edit"
    publish_right = "policy.publish"
    second_person = True
    topics = ("sources", "freshness")

    def names(self, connection: Connection[Any]) -> Sequence[Named]:
        """Every source there is."""
        return [Named(name=one.id, title=one.title) for one in sources.heard(connection)]

    def shipped(self, name: str, in_force: Mapping[str, Any]) -> Any:  # noqa: ARG002
        """As learnt."""
        return {}

    def whole(self, body: Any) -> Any:
        """Both limits, or nothing."""
        return msgspec.to_builtins(msgspec.convert(body, Cadence)) if body else {}

    def problems(self, connection: Connection[Any], name: str, body: Any) -> Sequence[FieldProblem]:  # noqa: ARG002
        """Limits out of bounds."""
        found = msgspec.convert(body, Cadence).problems() if body else []
        return [FieldProblem("late_minutes", words) for words in found]

    def try_out(self, connection: Connection[Any], name: str, body: Any, *, window: Window) -> Trial:
        """How often the source would have been called late or silent in these days."""
        now = datetime.now(UTC)
        came = sources.pauses(connection, name, since=now - timedelta(days=window.days))
        found = _pauses(came, msgspec.convert(body, Cadence), now) if body else []
        late, silent = (sum(one.standing == wanted for one in found) for wanted in (Standing.LATE, Standing.SILENT))
        return Trial(
            read=len(came),
            figures=[
                Figure(word="times_late", title="次迟到", after=late),
                Figure(word="times_silent", title="次静默", after=silent),
            ],
            rows=[
                TrialRow(title=STANDINGS[one.standing], at=one.began_at, after=f"{one.minutes} 分钟")
                for one in sorted(found, key=lambda one: -one.minutes)[:SHOWN]
            ],
        )

    def took_force(self, connection: Connection[Any], name: str, body: Any) -> int:  # noqa: ARG002
        """Put in force at once: the watcher judges anew within its turn, the screens with their next question."""
        return 1


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """One pause that would have been noticed."""

    began_at: datetime
    minutes: int
    standing: Standing


def _pauses(came: Sequence[datetime], cadence: Cadence, now: datetime) -> list[Pause]:
    found = []
    for began, ended in pairwise([*came, now]):
        minutes = int((ended - began) / timedelta(minutes=1))
        if minutes >= cadence.late_minutes:
            standing = Standing.SILENT if minutes >= cadence.silent_minutes else Standing.LATE
            found.append(Pause(began_at=began, minutes=minutes, standing=standing))
    return found
