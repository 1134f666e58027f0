"""Scan (T+1 凭证完整性扫描) and reconciliation (对账): one run, one snapshot, one transaction.

Promises: killed anywhere it has done nothing; run again it changes nothing; two at once wait for each other.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final

import msgspec
import psycopg
from psycopg import Connection, IsolationLevel

from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.duties.contract import Hour
from fenghe.kernel.values import CHINA, digest
from fenghe.money import store_breaks, store_links, store_recon
from fenghe.money.causes import Cause
from fenghe.money.cents import capped
from fenghe.money.chain import Chain
from fenghe.money.classify import Outcome, classify
from fenghe.money.found import Found, Pending, found_in, settle
from fenghe.money.fx_chains import Converter, Crossing, convert, crossing
from fenghe.money.numbers import shape_of
from fenghe.money.policy import KIND, Policy, policy_of, unbooked_days
from fenghe.money.store_links import Sources
from fenghe.money.store_settlement import Span
from fenghe.money.tasks_settling import Settling
from fenghe.money.waterfall import Row, Waterfall, gaps, whole

TRIES: Final = 4
BATCH: Final = 2_000
_AGAIN: Final = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is to look at. `scope`: days (both ends), all, or new (what stands open and what is new up to `last`)."""

    kind: str
    scope: str = "all"
    first: date | None = None
    last: date | None = None
    by: str = "fenghe"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to."""

    run: int
    kind: str
    scope: str
    day_from: date | None
    day_to: date | None
    chains: int
    moved: store_breaks.Moved
    found: dict[str, dict[str, dict[str, int]]]
    """cause → currency → count and amount"""
    coverage: dict[str, Any]
    gaps: list[dict[str, Any]]
    waterfall: list[Row] = []
    days: list[dict[str, Any]] = []
    gross: list[dict[str, Any]] = []
    rules: str = ""
    seconds: dict[str, float] = {}


class NothingToGoOn(Exception):
    """An incremental run has no days: it needs a day up to which it looks."""


def run(connection: Connection[Any], ask: Ask, *, now: datetime, clock: Callable[[], float] | None = None) -> Report:
    """Run on an autocommit connection; tries again when somebody worked on the same breaks meanwhile."""
    store_recon.hold(connection)
    try:
        for attempt in range(TRIES):
            try:
                return _once(connection, ask, now=now, clock=clock or (lambda: 0.0))
            except _AGAIN:
                if attempt == TRIES - 1:
                    raise
        raise AssertionError("unreachable")
    finally:
        if not (connection.broken or connection.closed):
            store_recon.release(connection)


def try_rules(
    connection: Connection[Any], ask: Ask, bodies: Mapping[str, Any], *, now: datetime
) -> tuple[Report, Report]:
    """What a run comes to by the rules in force, and by these declarations instead; nothing of either is kept."""
    store_recon.hold(connection)
    before = connection.isolation_level
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        return try_here(connection, ask, bodies, now=now)
    finally:
        connection.isolation_level = before
        store_recon.release(connection)


def try_here(
    connection: Connection[Any], ask: Ask, bodies: Mapping[str, Any], *, now: datetime
) -> tuple[Report, Report]:
    """The same by whoever holds the lock already, within his transaction if he has one."""
    reports = []
    for told in (None, bodies):
        with connection.transaction(force_rollback=True):
            reports.append(_Run(connection, ask, now=now, clock=lambda: 0.0, bodies=told).whole(now))
    return reports[0], reports[1]


def _once(connection: Connection[Any], ask: Ask, *, now: datetime, clock: Callable[[], float]) -> Report:
    seen_from = store_recon.horizon(connection)
    before = connection.isolation_level
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        with connection.transaction():
            return _Run(connection, ask, now=now, clock=clock).whole(seen_from)
    finally:
        connection.isolation_level = before


class _Run:
    """One run inside its transaction."""

    def __init__(
        self,
        connection: Connection[Any],
        ask: Ask,
        *,
        now: datetime,
        clock: Callable[[], float],
        bodies: Mapping[str, Any] | None = None,
    ) -> None:
        self.connection = connection
        self.ask = ask
        self.now = now
        self.clock = clock
        self.seconds: dict[str, float] = {}
        self.began = clock()
        self.sources: Sources = store_links.sources_of(connection, today=today(now))
        self.policy = in_force(connection, self.sources, bodies, now=now)
        self.accepted = store_recon.accepted(connection)
        self.waterfall = Waterfall()
        self.counts: dict[str, dict[str, dict[str, int]]] = {}
        self.span = Span(first=ask.first, last=ask.last) if ask.scope == "days" else Span()
        self.through = ask.last if ask.scope == "new" else None
        self.crossings: list[Crossing] = []
        self.cents: list[Found] = []
        self.later: list[str] = []

    def lap(self, name: str) -> None:
        """Note how long a part took."""
        now = self.clock()
        self.seconds[name] = round(now - self.began, 3)
        self.began = now

    def whole(self, seen_from: datetime) -> Report:
        """Look, judge, write."""
        run_id = store_recon.next_id(self.connection)
        store_recon.show_stage(self.connection, "links")
        store_links.prepare(self.connection, self.sources)
        store_breaks.prepare(self.connection)
        touched = self._touch()
        reconcile = self.ask.kind == "reconcile"
        look = store_links.chain_table if reconcile else store_links.suspects
        chains = look(self.connection, self.sources, touched=touched)
        self.lap("links")
        store_recon.show_stage(self.connection, "rules")
        self._judge()
        self.lap("rules")
        coverage = msgspec.to_builtins(self.policy.coverage)
        if reconcile:
            store_recon.show_stage(self.connection, "settlement")
            settling = Settling(self.connection, self.policy, self.span)
            self._add(settling.found())
            coverage |= settling.coverage
            self._levels(settling)
            self.lap("settlement")
        self._cap_cents(touched)
        store_recon.show_stage(self.connection, "breaks")
        moved = self._apply(run_id, touched)
        self.lap("breaks")
        report = self._report(run_id, chains=chains, moved=moved, coverage=coverage)
        self._write(report, seen_from)
        self.lap("written")
        return msgspec.structs.replace(report, seconds=self.seconds)

    def _touch(self) -> bool:
        match self.ask.scope:
            case "all":
                return False
            case "days":
                assert self.ask.first is not None
                assert self.ask.last is not None
                store_links.touch_days(self.connection, self.ask.first, self.ask.last)
            case _:
                if self.ask.last is None:
                    raise NothingToGoOn
                mark = store_recon.find_mark(self.connection, self.ask.kind)
                if mark is None:
                    self.span = Span(last=self.ask.last)
                    return False
                store_links.touch_changed(self.connection, mark[0])
                if mark[1] < self.ask.last:
                    store_links.touch_days(self.connection, mark[1] + timedelta(days=1), self.ask.last)
                store_links.touch_standing(self.connection)
        store_links.analyze_touched(self.connection)
        return True

    def _judge(self) -> None:
        """Put every suspicious chain to the rules, batch by batch."""
        pending = Pending()
        told = store_links.chains(self.connection, self.sources)
        while batch := list(islice(told, BATCH)):
            found: list[Found] = []
            for by_currency in batch:
                found += self._chains(by_currency, pending)
            self._add(found)
        self._add(list(self._convert()))
        for rows, outcome in settle(pending, self.policy):
            self._level(rows[0].channel, rows[0].provider, rows[0].day, outcome)
            self._add(rows)

    def _chains(self, by_currency: list[Chain], pending: Pending) -> Iterator[Found]:
        if self._later(by_currency):
            return
        if len(by_currency) > 1:
            yield from self._across(by_currency)
            return
        chain = by_currency[0]
        outcome = classify(chain, self.policy)
        if pending.hold(chain, outcome):
            return
        self._level_of(chain, outcome)
        yield from found_in(chain, outcome.differences)

    def _across(self, by_currency: list[Chain]) -> Iterator[Found]:
        """Judge each currency for itself, or keep an exchange until all are seen and the prevailing rates are known."""
        told = crossing(by_currency) if "fx" in self.policy.matching.passes else None
        if told is not None:
            self.crossings.append(told)
            return
        for chain in by_currency:
            outcome = classify(chain, self.policy)
            self._level_of(chain, outcome)
            yield from found_in(chain, outcome.differences)

    def _convert(self) -> Iterator[Found]:
        converter = Converter(self.policy.fx, self.crossings)
        for one in self.crossings:
            for chain, outcome in convert(one, self.policy, converter):
                self._level_of(chain, outcome)
                yield from found_in(chain, outcome.differences)

    def _later(self, by_currency: list[Chain]) -> bool:
        """An incremental run leaves what happened after its last day to the next one."""
        if self.through is None:
            return False
        days = [day for chain in by_currency if (day := chain.day())]
        later = bool(days) and min(days) > self.through
        if later:
            self.later.append(by_currency[0].order_no)
        return later

    def _level_of(self, chain: Chain, outcome: Outcome) -> None:
        channel = chain.orders[0].channel if chain.orders else ""
        money = next(iter((*chain.payments, *chain.refunds)), None)
        self._level(channel, money.provider if money else "", chain.day(), outcome)

    def _level(self, channel: str, provider: str, day: date | None, outcome: Outcome) -> None:
        if not self.span.holds(day):
            return
        currency = outcome.currency
        for number, amount in enumerate((outcome.receivable, outcome.provider, outcome.booked)):
            self.waterfall.level((currency, channel, provider), number, amount, count=1)
        for name, place, amount in outcome.normal:
            self.waterfall.explain((currency, channel, provider), place, cause=name, amount=amount)

    def _add(self, found: list[Found]) -> None:
        """Note breaks; differences of cents wait until all of their day are known."""
        self.cents += [one for one in found if one.difference.cause == Cause.CENT_DIFFERENCE]
        self._note([one for one in found if one.difference.cause != Cause.CENT_DIFFERENCE])

    def _cap_cents(self, touched: bool) -> None:
        """Cents of a day stay cents up to the day's cap; what people accepted is none of it."""
        agreed = [one for one in self.cents if self.accepted.get(one.key) == one.difference.amount_minor]
        rest = [one for one in self.cents if self.accepted.get(one.key) != one.difference.amount_minor]
        standing = store_breaks.standing_cents(self.connection) if touched else []
        cap = self.policy.matching.cent_daily_cap_minor
        self._note([*agreed, *capped(rest, standing, cap=cap)])

    def _note(self, found: list[Found]) -> None:
        """For the queue, for the waterfall of the days asked for, for the report."""
        store_breaks.add(self.connection, found, self.policy.version)
        accepted = frozenset(one.key for one in found if self.accepted.get(one.key) == one.difference.amount_minor)
        self.waterfall.found((one for one in found if self.span.holds(one.day)), accepted)
        for one in found:
            by_currency = self.counts.setdefault(str(one.difference.cause), {})
            told = by_currency.setdefault(one.difference.currency, {"count": 0, "amount_minor": 0})
            told["count"] += 1
            told["amount_minor"] += one.difference.amount_minor

    def _levels(self, settling: Settling) -> None:
        """The levels of all chains in which nothing is wrong, and the way to the bank."""
        span = (self.span.first, self.span.last)
        for currency, channel, provider, net, count in store_recon.clean_levels(self.connection, span):
            for number in range(3):
                self.waterfall.level((currency, channel, provider), number, net, count=count)
        settling.to_bank(self.waterfall)

    def _apply(self, run_id: int, touched: bool) -> store_breaks.Moved:
        examined = "b.scope_key like 'order:%%'" if self.ask.kind == "scan" else "true"
        if touched or self.ask.scope == "new":
            examined = "b.scope_key like 'order:%%'"
            if touched:
                examined += " and exists (select from recon_touched t where b.scope_key = 'order:' || t.k)"
            if self.ask.kind == "reconcile" and self.ask.scope == "days":
                examined = (
                    f"({examined} or b.scope_key not like 'order:%%' and b.day >= '{self.ask.first}'::date"
                    f" and b.day <= '{self.ask.last}'::date)"
                )
        if self.later:
            store_links.left_for_later(self.connection, self.later)
            examined += " and not exists (select from recon_later l where b.scope_key = 'order:' || l.k)"
        moved = store_breaks.apply(self.connection, run_id, examined=examined, now=self.now, by=self.ask.by)
        self._evidence(run_id)
        store_breaks.cases(self.connection, now=self.now)
        return moved

    def _evidence(self, run_id: int) -> None:
        """What is there now that was not when the break was found."""
        closed = store_breaks.closed_in(self.connection, run_id)
        scopes = sorted({scope.removeprefix("order:") for _, scope, _, _ in closed if scope.startswith("order:")})
        if not scopes:
            return
        store_links.only_suspects(self.connection, scopes)
        now_there: dict[str, list[dict[str, Any]]] = {}
        for by_currency in store_links.chains(self.connection, self.sources):
            for chain in by_currency:
                now_there.setdefault(f"order:{chain.order_no}", []).extend(store_links.brief(chain))
        evidence = []
        for break_id, scope, _, documents in closed:
            before = {(one["kind"], one["id"], one.get("amount_minor")) for one in documents}
            new = [
                one for one in now_there.get(scope, ()) if (one["kind"], one["id"], one["amount_minor"]) not in before
            ]
            evidence.append((break_id, {"documents": new}))
        store_breaks.note_evidence(self.connection, evidence)

    def _report(self, run_id: int, *, chains: int, moved: store_breaks.Moved, coverage: dict[str, Any]) -> Report:
        rows = self.waterfall.rows() if self.ask.kind == "reconcile" else []
        span = (self.span.first, self.span.last)
        left = [
            {"currency": currency, "place": place, "amount_minor": amount}
            for (currency, place), amount in gaps(rows).items()
        ]
        reconcile = self.ask.kind == "reconcile"
        return Report(
            run=run_id,
            kind=self.ask.kind,
            scope=self.ask.scope,
            day_from=self.ask.first,
            day_to=self.ask.last,
            chains=chains,
            moved=moved,
            found=self.counts,
            coverage=coverage,
            gaps=left,
            waterfall=rows,
            days=store_recon.by_day(self.connection, span) if reconcile else [],
            gross=store_recon.gross(self.connection, span) if reconcile else [],
            rules=self.policy.version,
        )

    def _write(self, report: Report, seen_from: datetime) -> None:
        rules = {name: msgspec.to_builtins(getattr(self.policy, name)) for name in ("matching", "rates", "fx")}
        store_recon.write_run(
            self.connection,
            {
                "id": report.run,
                "kind": report.kind,
                "scope": report.scope,
                "day_from": report.day_from,
                "day_to": report.day_to,
                "rules": {"version": self.policy.version, **rules},
                "rules_digest": digest(msgspec.json.encode(rules, order="deterministic")),
                "inputs": store_recon.inputs(self.connection)
                if report.kind == "reconcile"
                else {"chains": report.chains},
                "coverage": report.coverage,
                "counts": report.found,
                "chains": report.chains,
                "opened": report.moved.opened,
                "reopened": report.moved.reopened,
                "closed": report.moved.closed,
                "standing": report.moved.standing,
                "asked_by": self.ask.by,
                "started_at": self.now,
            },
        )
        if report.kind == "reconcile":
            store_recon.write_statement(self.connection, report.run, report.waterfall)
        if self.ask.scope == "new" or (self.ask.scope == "all" and self.ask.last is None):
            through = self.ask.last or yesterday(self.now)
            store_recon.set_mark(
                self.connection, self.ask.kind, seen_from=seen_from, through=through, run_id=report.run
            )


def in_force(
    connection: Connection[Any], sources: Sources, instead: Mapping[str, Any] | None = None, *, now: datetime
) -> Policy:
    """The policy of the declarations in force (or of those to be tried), with what is covered and how numbers look."""
    bodies = {one.name: (one.version, one.body) for one in declarations.in_force(connection) if one.kind == KIND}
    bodies |= {name: (-1, body) for name, body in (instead or {}).items()}
    shapes = frozenset(shape_of(number) for number in store_recon.number_examples(connection))
    told = policy_of(bodies)
    days = unbooked_days(sources.booked_until, told.matching, today=today(now))
    return msgspec.structs.replace(told, coverage=sources.coverage, shapes=shapes, unbooked=days)


def today(now: datetime) -> date:
    """The day it is in China."""
    return now.astimezone(CHINA).date()


def yesterday(now: datetime) -> date:
    """The last whole day in China."""
    return today(now) - timedelta(days=1)


class ScanAppointment:
    """T+1 凭证完整性扫描 at 02:00 in China: what is new up to yesterday, and everything that stands open."""

    name = "t1_scan"
    hour = Hour(at=time(2, 0))

    def keep(self, connection: Connection[Any], *, day: date, now: datetime) -> None:
        """Scan up to the day before the appointment's."""
        run(connection, Ask(kind="scan", scope="new", last=day - timedelta(days=1)), now=now.astimezone(UTC))


def summary(rows: list[Row]) -> list[Row]:
    """A waterfall by currency only."""
    return whole(rows)
