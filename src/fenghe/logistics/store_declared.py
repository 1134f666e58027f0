"""Thresholds as declarations (熔断阈值、心跳阈值): what they may say, and what a draft would make of the parcels there are."""

import math
import time
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.declarations.contract import DeclaredKind, Figure, Move, Named, Trial, TrialRow, Window
from fenghe.kernel.web.problems import FieldProblem, bad_field
from fenghe.logistics import mapping_view as view
from fenghe.logistics import store_dry_run as trial
from fenghe.logistics import store_heartbeat_queries as queries
from fenghe.logistics import store_mapping as store
from fenghe.logistics.asking import batch_of, rate_name
from fenghe.logistics.declared import DEFAULT, FUSE, HEARTBEAT, heartbeat_of
from fenghe.logistics.dry_run import summarize
from fenghe.logistics.events import CARRIERS, carrier_word
from fenghe.logistics.heartbeat import HeartbeatPolicy, calls_needed
from fenghe.logistics.policy import FusePolicy
from fenghe.logistics.scale import TITLES, State

Bodies = Mapping[str, tuple[int, Any]]
"""Published thresholds by name: version and body."""

DEFAULT_TITLE: Final = "默认(没有单独设置的承运商)"
TRACKERS: Final = {"kuaidi100": "快递100(查询多家)"}
"""Connections that ask about many carriers: only their rate is theirs."""
MOST_DAYS: Final = 92
SHOWN: Final = 50


def bodies_of(connection: Connection[Any], kind: str) -> dict[str, tuple[int, Any]]:
    """Published thresholds of a kind by name."""
    return {one.name: (one.version, one.body) for one in declarations.in_force_of_kind(connection, kind)}


def _carriers(connection: Connection[Any], first: Mapping[str, str]) -> list[Named]:
    """The default, those `first`, those we know, those that sources declare and those that carry a parcel."""
    told = view.declared_words(store.source_settings(connection), "carrier")
    declared = {carrier_word(name) or name: title for name, title in told.items()}
    titles = {DEFAULT: DEFAULT_TITLE, **first}
    names = view.in_order((*titles, *CARRIERS), declared, store.carriers_seen(connection))
    return [Named(name=name, title=titles.get(name) or view.title_of_carrier(name, declared)) for name in names]


def _problems(policy: FusePolicy | HeartbeatPolicy) -> list[FieldProblem]:
    return [FieldProblem(one.partition(" ")[0], one) for one in policy.problems()]


class FuseKind(DeclaredKind):
    """熔断阈值: one declaration a carrier; those without one follow the default."""

    kind = FUSE
    title = "熔断阈值"
    edit_right = "policy.edit"
    publish_right = "policy.publish"
    second_person = True
    topics = ("mappings", "messages", "orders", "cases")

    def names(self, connection: Connection[Any]) -> Sequence[Named]:
        """Every carrier, the default first."""
        return _carriers(connection, {})

    def shipped(self, name: str, in_force: Mapping[str, Any]) -> Any:
        """What the default says."""
        return self.whole({} if name == DEFAULT else in_force.get(DEFAULT, {}))

    def whole(self, body: Any) -> Any:
        """Thresholds there were not yet when it was published are as shipped."""
        return msgspec.to_builtins(msgspec.convert(body, FusePolicy))

    def problems(self, connection: Connection[Any], name: str, body: Any) -> Sequence[FieldProblem]:  # noqa: ARG002
        """Thresholds out of bounds."""
        return _problems(msgspec.convert(body, FusePolicy))

    def try_out(self, connection: Connection[Any], name: str, body: Any, *, window: Window) -> Trial:
        """Which parcels and cases would change, by the very rule that judges."""
        if window.days > MOST_DAYS:
            raise bad_field("days", f"试运行的天数应为 1 到 {MOST_DAYS}")
        bodies, now_ms = bodies_of(connection, FUSE), time.time_ns() // 1_000_000
        whose, others = _whose(name, bodies)
        parcels = trial.window_of_carrier(connection, whose, except_for=others, days=window.days)
        tried = trial.policy_tried(
            connection,
            window=parcels,
            before=trial.judge_of(trial.policies_of(bodies), now_ms),
            after=trial.judge_of(trial.policies_of({**bodies, name: (0, body)}), now_ms),
        )
        return _trial_of(parcels, tried, window.shops)

    def took_force(self, connection: Connection[Any], name: str, body: Any) -> int:  # noqa: ARG002
        """Have the carrier's parcels judged anew."""
        whose, others = _whose(name, bodies_of(connection, FUSE))
        return store.mark_due(connection, carrier=whose, except_for=others)


def _whose(carrier: str, bodies: Bodies) -> tuple[str | None, list[str]]:
    """(carrier, carriers left out): the default is for all that have no thresholds of their own."""
    return (None, sorted(bodies.keys() - {DEFAULT})) if carrier == DEFAULT else (carrier, [])


def _trial_of(parcels: trial.Window, tried: Sequence[trial.Tried], shops: Sequence[str] | None) -> Trial:
    """A dry run as it is answered; samples only of the shops this person may see."""
    summary = summarize(one.difference for one in tried)
    seen = (one for one in tried if one.difference.matters and (shops is None or one.shop in shops))
    return Trial(
        read=len(parcels.parcels),
        truncated=parcels.truncated,
        figures=[
            Figure(word="shipments_changed", title="状态或工单会变的运单", after=summary.changed),
            Figure(word="cases_would_open", title="会新开的工单", after=summary.opened, warn=summary.opened > 0),
            Figure(word="cases_would_close", title="会关闭的工单", after=summary.closed),
        ],
        moves=[
            Move(
                of="state",
                before=one.before,
                before_title=TITLES[State(one.before)],
                after=one.after,
                after_title=TITLES[State(one.after)],
                count=one.count,
            )
            for one in summary.moves
        ],
        rows=[_sample(one) for one in islice(seen, SHOWN)],
    )


def _sample(one: trial.Tried) -> TrialRow:
    before, after = one.difference.before, one.difference.after
    return TrialRow(
        title=one.tracking_no,
        link=f"/shipments/{one.id}",
        before=TITLES[State(before)],
        after=TITLES[State(after)] + ("(开工单)" if one.difference.opened else ""),
    )


class HeartbeatKind(DeclaredKind):
    """心跳阈值: one declaration a carrier or tracker; those without one follow the default."""

    kind = HEARTBEAT
    title = "心跳阈值"
    edit_right = "policy.edit"
    publish_right = "policy.publish"

    def names(self, connection: Connection[Any]) -> Sequence[Named]:
        """Every carrier and tracker, the default first."""
        return _carriers(connection, TRACKERS)

    def shipped(self, name: str, in_force: Mapping[str, Any]) -> Any:
        """What the default says."""
        return self.whole({} if name == DEFAULT else in_force.get(DEFAULT, {}))

    def whole(self, body: Any) -> Any:
        """Thresholds there were not yet when it was published are as shipped."""
        return msgspec.to_builtins(msgspec.convert(body, HeartbeatPolicy))

    def problems(self, connection: Connection[Any], name: str, body: Any) -> Sequence[FieldProblem]:  # noqa: ARG002
        """Thresholds out of bounds."""
        return _problems(msgspec.convert(body, HeartbeatPolicy))

    def try_out(self, connection: Connection[Any], name: str, body: Any, *, window: Window) -> Trial:  # noqa: ARG002
        """What it would ask of the carriers for the parcels there are now, and how many would be called silent."""
        bodies, demand = bodies_of(connection, HEARTBEAT), queries.demand(connection)
        before = forecast(name, bodies, demand)
        after = forecast(name, {**bodies, name: (0, body)}, demand)
        return Trial(read=after.parcels, figures=_figures(before, after))


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What thresholds mean for the parcels there are now. `needed`: calls a minute of the busiest connection."""

    parcels: int
    silent: int
    needed: int
    limit: int
    enough: bool
    """Whether the busiest connection asks about all of its parcels within the interval."""


def forecast(name: str, bodies: Bodies, demand: Sequence[Mapping[str, Any]]) -> Forecast:
    """Parcels of this carrier, and what the connections of this name would have to ask a minute."""
    policy = heartbeat_of(name, bodies)[0]
    own = [row for row in demand if _governs(name, row["carrier"], bodies)]
    asked: dict[str, tuple[str, int]] = {}
    for row in demand:
        if row["source"] and _governs(name, rate_name(row["connector"], row["config"]), bodies):
            asked[row["source"]] = (row["connector"], asked.get(row["source"], ("", 0))[1] + row["parcels"])
    needed = max(
        (calls_needed(policy, parcels=count, batch=batch_of(connector, policy)) for connector, count in asked.values()),
        default=0.0,
    )
    return Forecast(
        parcels=sum(row["parcels"] for row in own),
        silent=sum(row["parcels"] for row in own if row["empties"] >= policy.empties),
        needed=math.ceil(needed),
        limit=policy.calls_per_minute,
        enough=needed <= policy.calls_per_minute,
    )


def _governs(name: str, word: str, bodies: Bodies) -> bool:
    """Is this the declaration that a word follows? The default holds for all that have none of their own."""
    return word == name or (name == DEFAULT and word not in bodies)


def _figures(before: Forecast, after: Forecast) -> list[Figure]:
    slow = not after.enough
    told = (
        ("watched", "在盯的运单", before.parcels, after.parcels, False),
        ("silent", "会判为无更新的运单", before.silent, after.silent, False),
        ("calls_needed", "最忙的连接每分钟要问的次数", before.needed, after.needed, slow),
        ("calls_allowed", "每分钟最多问的次数", before.limit, after.limit, False),
    )
    return [Figure(word=word, title=title, before=old, after=new, warn=warn) for word, title, old, new, warn in told]
