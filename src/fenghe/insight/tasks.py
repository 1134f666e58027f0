"""Reading clocks anew (时效重算): whoever changed gets his clocks, his order's urgency and his score facts, in one transaction.

Promises: every change is seen once it is committed; the same histories give the same rows however often they are read;
a stage judged as done keeps the promise that judged it until its own moments change.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.insight import clocks as rule
from fenghe.insight import store_clocks as store
from fenghe.insight import store_expected
from fenghe.insight.clocks import Clock, Outcome, Stage, Terms
from fenghe.insight.expected import Expected, Key, choose, keys_for
from fenghe.insight.moments import Row, in_trouble, order_moments, origin_of, parcel_moments
from fenghe.insight.promises import KIND, About, Penalty, Tables, cost, own_word, tables_of, terms_of
from fenghe.insight.regions import province_of
from fenghe.insight.scores import Told, fact_of
from fenghe.insight.store_clocks import ClockRow, OrderClock, Subject
from fenghe.kernel.cases.store_noticing import close_noticed
from fenghe.kernel.declarations import store as declarations
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.values import CHINA, from_ms, to_ms

BATCH: Final = 1_000
TOPICS: Final = ("clocks", "orders", "cases", "workbench")


class Known(msgspec.Struct, kw_only=True):
    """What decides, kept between turns until something new is published or learnt."""

    newest: int = -1
    tables: Tables = {}
    learnt_at: datetime | None = None
    expected: dict[Key, Expected] = {}

    def refresh(self, connection: Connection[Any]) -> None:
        """Load promises and expectations if there are newer ones."""
        newest = declarations.newest_id(connection)
        if newest != self.newest:
            found = declarations.in_force(connection)
            self.tables = tables_of({one.name: (one.version, one.body) for one in found if one.kind == KIND})
            self.newest = newest
        learnt_at = store_expected.learnt_at(connection)
        if learnt_at != self.learnt_at:
            self.expected = store_expected.load(connection)
            self.learnt_at = learnt_at


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What of an order matters for all clocks on it and its parcels."""

    order_id: int | None
    channel: str = ""
    shop: str = ""
    order_type: str = ""
    region: str = ""
    amount_minor: int | None = None
    currency: str = "CNY"


class ClockRefresh:
    """Reads the clocks of subjects that changed (时效重算)."""

    name = "stage_clock_refresh"
    every_seconds = 1.0

    def __init__(self) -> None:
        self.known = Known()

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """Read one batch anew."""
        with connection.transaction():
            if not store.take_turn(connection):
                return 0
            declarations.hold_in_force(connection)
            ids = store.take_looks(connection, limit=BATCH)
            if not ids:
                return 0
            self.known.refresh(connection)
            changed = refresh(connection, ids, known=self.known, now=now)
        if changed:
            beat(connection, TOPICS)
        return len(ids)


def refresh(connection: Connection[Any], ids: Sequence[int], *, known: Known, now: datetime) -> int:
    """Bring these subjects' rows up to date, in the caller's transaction; returns how many clocks changed."""
    orders, parcels = store.read(connection, ids)
    contexts = {one.id: _context(one) for one in orders}
    fresh: dict[tuple[int, str], ClockRow] = {}
    own_words = {one.id: _moments_of(one) for one in orders}
    for order in orders:
        for row in _order_rows(order, own_words[order.id], contexts[order.id], known=known, now=now):
            fresh[row.subject_id, row.stage] = row
    for parcel in parcels:
        own = own_words.get(parcel.row["order_id"] or 0)
        context = contexts.get(parcel.row["order_id"] or 0, Context(order_id=None))
        for row in _parcel_rows(parcel, own, context, known=known, now=now):
            fresh[row.subject_id, row.stage] = row
    held = store.held_clocks(connection, [one.id for one in (*orders, *parcels)])
    settled = {name: settle(held.get(name), row, now=now) for name, row in fresh.items()}
    changed = [row for name, row in settled.items() if row != held.get(name)]
    gone = sorted(held.keys() - settled.keys())
    store.write_clocks(connection, changed, gone)
    _close_cases(connection, held, settled)
    _write_urgency(connection, orders, settled)
    _write_scores(connection, parcels, contexts, settled, now=now)
    return len(changed) + len(gone)


def _context(order: Subject) -> Context:
    row = order.row
    return Context(
        order_id=order.id,
        channel=row["channel"],
        shop=row["shop"],
        order_type=row["order_type"],
        region=row["receiver_region"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
    )


def _moments_of(order: Subject) -> rule.OrderMoments:
    row = Row(**{name: order.row[name] for name in Row.__struct_fields__})
    return order_moments(order.history, order.road, row)


def _order_rows(
    order: Subject, moments: rule.OrderMoments, context: Context, *, known: Known, now: datetime
) -> list[ClockRow]:
    about = About(channel=context.channel, order_type=context.order_type, region=context.region)
    began = {Stage.SHIP: moments.created if moments.pays_later else moments.paid, Stage.SIGN: moments.handed_over}
    terms, prices = _terms(about, began, own=moments, known=known)
    found = rule.order_clocks(moments, terms)
    place = {"carrier": "", "origin": "", "destination": province_of(context.region)}
    return [
        _row(clock, order.id, context, place=place, penalty=prices[clock.stage], known=known, now=now)
        for clock in found
    ]


def _parcel_rows(
    parcel: Subject, own: rule.OrderMoments | None, context: Context, *, known: Known, now: datetime
) -> list[ClockRow]:
    carrier = parcel.row["carrier"]
    moments = parcel_moments(parcel.history, parcel.road, state=parcel.row["state"], told_ms=_ms(parcel.row["told_at"]))
    about = About(channel=context.channel, order_type=context.order_type, region=context.region, carrier=carrier)
    began = {
        Stage.PICKUP: moments.handed_over,
        Stage.FIRST_TRANSIT: moments.picked_up,
        Stage.STALL: moments.last_scan,
        Stage.DELIVERY: moments.out_for_delivery,
        Stage.SIGN: moments.handed_over,
    }
    terms, prices = _terms(about, began, own=own, known=known)
    place = {
        "carrier": carrier,
        "origin": origin_of(parcel.history, parcel.road),
        "destination": province_of(context.region),
    }
    return [
        _row(clock, parcel.id, context, place=place, penalty=prices[clock.stage], known=known, now=now)
        for clock in rule.parcel_clocks(moments, terms)
    ]


def _terms(
    about: About, began: Mapping[Stage, rule.Reached | None], *, own: rule.OrderMoments | None, known: Known
) -> tuple[dict[Stage, Terms], dict[Stage, Penalty]]:
    """(what is promised, what a breach costs) of each stage that has begun."""
    terms: dict[Stage, Terms] = {}
    prices: dict[Stage, Penalty] = defaultdict(Penalty)
    for stage, started in began.items():
        if started is None:
            continue
        found, prices[stage] = terms_of(about, stage, started_ms=started.at_ms, tables=known.tables)
        if own is not None:
            found = own_word(stage, own, found)
        if found is not None:
            terms[stage] = found
    return terms, prices


def _row(
    clock: Clock,
    subject_id: int,
    context: Context,
    *,
    place: Mapping[str, str],
    penalty: Penalty,
    known: Known,
    now: datetime,
) -> ClockRow:
    now_ms = to_ms(now)
    stands = rule.outcome(clock, now_ms)
    going = stands in rule.GOING
    keys = keys_for(clock.stage, **place, shop=context.shop, channel=context.channel)
    expected = choose(known.expected, keys)
    look = rule.look(due_ms=clock.due_ms, warn_ms=clock.warn_ms, case_open=False, now_ms=now_ms) if going else None
    return ClockRow(
        subject_id=subject_id,
        stage=clock.stage,
        order_id=context.order_id,
        channel=context.channel,
        shop=context.shop,
        order_type=context.order_type,
        region=context.region[:60],
        **place,
        amount_minor=context.amount_minor,
        currency=context.currency,
        started_at=from_ms(clock.started.at_ms),
        due_at=_moment(clock.due_ms),
        warn_at=_moment(clock.warn_ms),
        done_at=from_ms(clock.done.at_ms) if clock.done else None,
        heard_at=from_ms(clock.done.heard_ms) if clock.done else from_ms(clock.started.heard_ms),
        exact=clock.done.exact if clock.done else clock.started.exact,
        outcome="lapsed" if stands is Outcome.LAPSED else "open" if going else str(stands),
        promise=clock.promise,
        risk_minor=cost(penalty, context.amount_minor) if clock.due_ms is not None else 0,
        expect_id=expected.id if expected else None,
        case_open=False,
        look_at=None if look is None or look.next_ms is None else _look_at(look, now),
    )


def _look_at(look: rule.Look, now: datetime) -> datetime | None:
    """A clock that already wants something is looked at in the next turn."""
    if look.act in (rule.Act.NOTHING, rule.Act.LAPSE):
        return _moment(look.next_ms)
    return now


def settle(before: ClockRow | None, fresh: ClockRow, *, now: datetime) -> ClockRow:
    """What is to stand: a done stage keeps the promise that judged it, an open one its case and its next look."""
    if before is None:
        return fresh
    same = (before.started_at, before.done_at, before.exact) == (fresh.started_at, fresh.done_at, fresh.exact)
    if fresh.done_at is not None and same and before.done_at is not None:
        kept = {name: getattr(before, name) for name in _JUDGED}
        return msgspec.structs.replace(fresh, **kept, case_open=False)
    if fresh.outcome not in ("open", "lapsed"):
        return fresh
    warned = before.case_open and fresh.warn_at is not None and fresh.warn_at <= now
    if (before.due_at, before.warn_at, before.outcome) == (fresh.due_at, fresh.warn_at, fresh.outcome):
        return msgspec.structs.replace(fresh, case_open=warned, look_at=before.look_at)
    return msgspec.structs.replace(fresh, case_open=warned)


_JUDGED: Final = ("due_at", "warn_at", "promise", "outcome", "risk_minor", "expect_id")


def _close_cases(
    connection: Connection[Any],
    held: Mapping[tuple[int, str], ClockRow],
    settled: Mapping[tuple[int, str], ClockRow],
) -> None:
    """A case closes when its stage is done, needs no doing any more, or has got time again."""
    why: dict[str, list[str]] = defaultdict(list)
    for name, before in held.items():
        now = settled.get(name)
        if not before.case_open or (now is not None and now.case_open):
            continue
        if now is not None and now.outcome == "open":
            why["promise_moved"].append(store.case_key(*name))
        else:
            done = now is not None and now.done_at is not None
            why["stage_done" if done else "stage_void"].append(store.case_key(*name))
    for resolution, keys in why.items():
        close_noticed(connection, keys, resolution=resolution)


def _write_urgency(
    connection: Connection[Any], orders: Sequence[Subject], settled: Mapping[tuple[int, str], ClockRow]
) -> None:
    going: dict[int, list[ClockRow]] = defaultdict(list)
    for row in settled.values():
        if row.order_id is not None and row.outcome == "open" and row.due_at is not None:
            going[row.order_id].append(row)
    rows = [_urgency(order.id, order.row["currency"], going[order.id]) for order in orders]
    store.write_order_clocks(connection, rows)


def _urgency(order_id: int, currency: str, going: Sequence[ClockRow]) -> OrderClock:
    first = min(going, key=lambda one: (one.due_at, one.subject_id, one.stage), default=None)
    risks = [one.risk_minor for one in going]
    known = [risk for risk in risks if risk is not None]
    return OrderClock(
        order_id=order_id,
        stage=first.stage if first else None,
        due_at=first.due_at if first else None,
        warn_at=first.warn_at if first else None,
        risk_minor=sum(known) if len(known) == len(risks) else (sum(known) or None),
        currency=currency,
    )


def _write_scores(
    connection: Connection[Any],
    parcels: Sequence[Subject],
    contexts: Mapping[int, Context],
    settled: Mapping[tuple[int, str], ClockRow],
    *,
    now: datetime,
) -> None:
    facts = []
    for parcel in parcels:
        clocks = {stage: row for stage in store.STAGES if (row := settled.get((parcel.id, stage)))}
        context = contexts.get(parcel.row["order_id"] or 0, Context(order_id=None))
        handed = clocks["pickup"].started_at if "pickup" in clocks else None
        first = from_ms(min(step.occurred_ms for step in parcel.road)) if parcel.road else parcel.row["created_at"]
        told = Told(
            day=(handed or first).astimezone(CHINA).date(),
            state=parcel.row["state"],
            trouble=in_trouble(parcel.road, parcel.row["held"]),
            silent=parcel.row["silent"],
            pickup=_span(clocks.get("pickup")),
            delivery=_span(clocks.get("delivery")),
            total=_span(clocks.get("sign")),
            pickup_outcome=_outcome_now(clocks.get("pickup"), now),
            promise_outcome=_outcome_now(clocks.get("sign"), now),
        )
        place = (
            context.shop,
            parcel.row["carrier"],
            origin_of(parcel.history, parcel.road),
            province_of(context.region),
        )
        facts.append((parcel.id, told.day, *place, *fact_of(told)))
    store.write_scores(connection, SCORE_COLUMNS, facts)


SCORE_COLUMNS: Final = (
    "subject_id", "day", "shop", "carrier", "origin", "destination", "pickup_seconds", "delivery_seconds",
    "total_seconds", "pickup", "promise", "trouble", "silent", "lost", "returned", "delivered",
)  # fmt: skip


def _span(row: ClockRow | None) -> int | None:
    """Whole seconds a stage took; None while it is not done or its hour is not known."""
    if row is None or row.done_at is None or not row.exact:
        return None
    return max((row.done_at - row.started_at) // timedelta(seconds=1), 0)


def _outcome_now(row: ClockRow | None, now: datetime) -> str:
    if row is None:
        return "none"
    if row.outcome == "open":
        return "breached" if row.due_at is not None and row.due_at <= now else "running"
    return row.outcome


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_ms(milliseconds)


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)
