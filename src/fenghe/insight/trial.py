"""Trying promises on real history (承诺试运行): how many clocks would breach under other tables, and what that would cost. Pure.

The same rules that judge live clocks judge here; what a channel promised itself stays what it is.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from fenghe.insight.clocks import Clock, Outcome, Reached, Stage, outcome
from fenghe.insight.promises import About, Tables, cost, terms_of
from fenghe.kernel.values import to_ms

BROKEN: Final = frozenset({Outcome.BREACHED, Outcome.LATE, Outcome.LAPSED})
HOUR_MS: Final = 3_600_000


class Side(msgspec.Struct, kw_only=True):
    """What one set of tables comes to: clocks under a promise, breaches, what they cost, breaches without a known price."""

    promised: int = 0
    breaches: int = 0
    cost_minor: dict[str, int] = {}
    unpriced: int = 0

    def count(self, stands: Outcome | None, price: int | None, currency: str) -> None:
        """Take one clock in."""
        if stands is None:
            return
        self.promised += 1
        if stands in BROKEN:
            self.breaches += 1
            self.unpriced += price is None
            if price:
                self.cost_minor[currency] = self.cost_minor.get(currency, 0) + price


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that would stand otherwise."""

    row: Mapping[str, Any]
    before: Outcome | None
    after: Outcome | None
    due_before_ms: int | None
    due_after_ms: int | None


class Trial(msgspec.Struct, kw_only=True):
    """A whole trial."""

    read: int = 0
    before: Side = msgspec.field(default_factory=Side)
    after: Side = msgspec.field(default_factory=Side)
    changed: int = 0
    samples: list[Changed] = msgspec.field(default_factory=list)


def compare(rows: Iterable[Mapping[str, Any]], before: Tables, after: Tables, *, now: datetime, samples: int) -> Trial:
    """Judge every clock by both sets of tables at one moment."""
    trial = Trial()
    for row in rows:
        trial.read += 1
        old, old_price, old_due = _judge(row, before, now)
        new, new_price, new_due = _judge(row, after, now)
        trial.before.count(old, old_price, row["currency"])
        trial.after.count(new, new_price, row["currency"])
        if (old, old_price if old in BROKEN else 0) != (new, new_price if new in BROKEN else 0):
            trial.changed += 1
            if len(trial.samples) < samples:
                trial.samples.append(
                    Changed(row=row, before=old, after=new, due_before_ms=old_due, due_after_ms=new_due)
                )
    return trial


def _judge(row: Mapping[str, Any], tables: Tables, now: datetime) -> tuple[Outcome | None, int | None, int | None]:
    """(how it stands, what a breach costs, when it is due); no outcome where nothing is promised or owed."""
    if row["outcome"] == "void":
        return None, 0, None
    stage, started = Stage(row["stage"]), to_ms(row["started_at"])
    about = About(channel=row["channel"], order_type=row["order_type"], region=row["region"], carrier=row["carrier"])
    terms, penalty = terms_of(about, stage, started_ms=started, tables=tables)
    own = row["promise"] == "order" and row["due_at"] is not None
    if own:
        due_ms = to_ms(row["due_at"])
    elif terms is None or terms.hours is None:
        return None, 0, None
    else:
        due_ms = started + terms.hours * HOUR_MS
    done = row["done_at"]
    clock = Clock(
        stage=stage,
        started=Reached(at_ms=started, heard_ms=started),
        due_ms=due_ms,
        warn_ms=due_ms,
        done=None if done is None else Reached(at_ms=to_ms(done), heard_ms=to_ms(done), exact=row["exact"]),
        ended=False,
        promise="",
    )
    return outcome(clock, to_ms(now)), cost(penalty, row["amount_minor"]), due_ms
