"""The dry run over the database (历史试运行): the parcels of a window, and what old and new rules make of each.

Reads only. Bounded: a number of parcels, a time for every statement, and how many dry runs go on at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.judging.decide import cases_due
from fenghe.kernel.store_reading import Row, fetch
from fenghe.kernel.values import Observation, with_texts
from fenghe.logistics.declared import policy_of
from fenghe.logistics.dry_run import Difference, Judge, Outcome, try_mapping, try_policy
from fenghe.logistics.mapping import Mapping as CodeMapping
from fenghe.logistics.policy import FusePolicy
from fenghe.logistics.rule import PolicyOf, ShipmentRule

MOST_PARCELS: Final = 50_000

_PIECE: Final = 500
_history: Final = msgspec.json.Decoder(list[Observation])


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What was heard in the last days. `truncated`: there were more parcels; those heard of last were taken."""

    events: int
    parcels: Sequence[int]
    truncated: bool


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """One parcel that would be read or would stand differently."""

    id: int
    tracking_no: str
    order_no: str | None
    shop: str | None
    difference: Difference


def window_of_codes(connection: Connection[Any], codes: str, *, days: int) -> Window:
    """Parcels of which something was heard under this code list."""
    return _window(connection, "o.codes = %(codes)s", {"codes": codes, "days": days})


def window_of_carrier(
    connection: Connection[Any], carrier: str | None, *, except_for: Sequence[str] = (), days: int
) -> Window:
    """Parcels of a carrier of which something was heard (None: of all carriers but `except_for`)."""
    whose = "p.carrier = %(carrier)s" if carrier is not None else "(p.carrier is null or p.carrier <> all(%(others)s))"
    return _window(
        connection,
        f"exists (select from shipment p where p.subject_id = o.subject_id and {whose})",
        {"carrier": carrier, "others": list(except_for), "days": days},
    )


def _window(connection: Connection[Any], condition: str, values: Mapping[str, Any]) -> Window:
    rows = fetch(
        connection,
        f"select o.subject_id as id, count(*) as events from observation o where o.kind = 'event' and {condition}"
        " and o.heard_at >= now() - %(days)s * interval '1 day'"
        f" group by o.subject_id order by max(o.heard_at) desc, o.subject_id limit {MOST_PARCELS + 1}",
        values,
    )
    taken = rows[:MOST_PARCELS]
    return Window(
        events=sum(row["events"] for row in taken),
        parcels=[row["id"] for row in taken],
        truncated=len(rows) > MOST_PARCELS,
    )


def policies_of(bodies: Mapping[str, tuple[int, Any]]) -> PolicyOf:
    """The thresholds of every carrier under these published bodies."""

    @cache
    def asked(carrier: str | None) -> tuple[FusePolicy, str]:
        return policy_of(carrier, bodies)

    return asked


def judge_of(policies: PolicyOf, now_ms: int) -> Judge:
    """The very rule and the very opening of cases that the judge engine uses, at one moment."""
    rule = ShipmentRule(policies)

    def judge(history: Sequence[Observation]) -> Outcome:
        projection, _ = rule.project(history, now_ms)
        return Outcome(str(projection.state), frozenset(cases_due(projection, now_ms)))

    return judge


_FROM: Final = (
    " from subject s left join shipment p on p.subject_id = s.id"
    " left join customer_order c on c.subject_id = p.order_id"
)
_COLUMNS: Final = "s.id, s.key as tracking_no, s.history, c.order_no, c.shop"
_WITH_KEYS: Final = (
    f"select {_COLUMNS}, told.texts{_FROM} cross join lateral (select jsonb_object_agg(o.key, o.body) as texts,"
    " bool_or(o.code = any(%(changed)s)) as touched from observation o where o.subject_id = s.id and o.codes ="
    " %(codes)s and o.kind = 'event') told where s.id = any(%(ids)s) and told.touched order by s.id"
)
_PLAIN: Final = f"select {_COLUMNS}{_FROM} where s.id = any(%(ids)s) order by s.id"


def mapping_tried(
    connection: Connection[Any],
    codes: str,
    *,
    changed: Sequence[str],
    before: CodeMapping,
    after: CodeMapping,
    window: Window,
    judge: Judge,
) -> list[Tried]:
    """The window's parcels that the new mapping reads otherwise. Histories are read in pieces and let go."""

    def compare(row: Row) -> Difference | None:
        history = with_texts(_history.decode(row["history"]), row["texts"])
        return try_mapping(history, keys=frozenset(row["texts"]), before=before, after=after, judge=judge)

    if not changed:
        return []
    values = {"codes": codes, "changed": list(changed)}
    return list(_tried(connection, _WITH_KEYS, values, window=window, compare=compare))


def policy_tried(connection: Connection[Any], *, window: Window, before: Judge, after: Judge) -> list[Tried]:
    """The window's parcels that other thresholds judge otherwise."""

    def compare(row: Row) -> Difference | None:
        return try_policy(_history.decode(row["history"]), before=before, after=after)

    return list(_tried(connection, _PLAIN, {}, window=window, compare=compare))


def _tried(
    connection: Connection[Any],
    query: str,
    values: Mapping[str, Any],
    *,
    window: Window,
    compare: Callable[[Row], Difference | None],
) -> Iterator[Tried]:
    for start in range(0, len(window.parcels), _PIECE):
        for row in fetch(connection, query, {**values, "ids": window.parcels[start : start + _PIECE]}):
            difference = compare(row)
            if difference is not None:
                yield Tried(
                    id=row["id"],
                    tracking_no=row["tracking_no"],
                    order_no=row["order_no"],
                    shop=row["shop"],
                    difference=difference,
                )
