"""Promises over HTTP (时效承诺): the tables of every channel, drafts, the trial on real history, publishing, going back."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import FromPath, JSONBody
from psycopg import Connection

from fenghe.insight import routes_declaring as declaring
from fenghe.insight import store_board, store_declaring
from fenghe.insight.clocks import OUTCOMES, TITLES, Outcome, Stage
from fenghe.insight.promises import DEFAULT, KIND, SHIPPED, PromiseBody, body_of, problems, sentence, tables_of
from fenghe.insight.routes_declaring import (
    DeclarationInfo,
    Done,
    DraftInfo,
    DryRunBody,
    Kind,
    PublishBody,
    RollBackBody,
)
from fenghe.insight.trial import Changed, Side, compare
from fenghe.kernel.people.person import Actor
from fenghe.kernel.routes_listing import room_hub
from fenghe.kernel.titles import Titles
from fenghe.kernel.values import Money, from_ms
from fenghe.kernel.web.problems import bad_field
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, requires

MOST_CLOCKS: Final = 50_000
SAMPLES: Final = 50
DEFAULT_TITLE: Final = "默认(其他渠道没有写到的环节)"


def _shipped(name: str) -> Any:
    return msgspec.to_builtins(SHIPPED.get(name, PromiseBody()))


def _problems(body: Any) -> Sequence[str]:
    try:
        return problems(body_of(body))
    except msgspec.ValidationError as problem:
        return [f"内容读不懂:{problem}"]


PROMISE: Final = Kind(kind=KIND, words="承诺表", shipped=_shipped, problems=_problems, in_force=store_board.mark_open)


class PromiseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One channel's table in the list; version 0 is as shipped."""

    name: str
    title: str
    version: int
    rules: int
    is_shipped: bool
    has_draft: bool
    ship: str


@get("/api/promises", guards=[requires("orders.view")])
async def list_promises(request: ApiRequest) -> list[PromiseRow]:
    """Every channel's table, the default first."""
    hub = room_hub(request)
    return await hub.sync(_rows, hub.titles)


def _rows(connection: Connection[Any], titles: Titles) -> list[PromiseRow]:
    """All tables, in three statements."""
    published, drafts = store_declaring.in_force(connection, KIND), store_declaring.drafted(connection, KIND)
    names = dict.fromkeys([*SHIPPED, *sorted(published), *store_declaring.channels_seen(connection), *sorted(drafts)])
    tables = tables_of(published)
    return [_row(name, tables, titles, has_draft=name in drafts) for name in names]


def _row(name: str, tables: dict[str, tuple[int, PromiseBody]], titles: Titles, *, has_draft: bool) -> PromiseRow:
    version, body = tables.get(name, (0, PromiseBody()))
    ship = next((rule for rule in body.rules if rule.stage is Stage.SHIP and not rule.order_type), None)
    return PromiseRow(
        name=name,
        title=_title(name, titles),
        version=version,
        rules=len(body.rules),
        is_shipped=version == 0,
        has_draft=has_draft,
        ship=sentence(ship) if ship else "按默认表",
    )


def _title(name: str, titles: Titles) -> str:
    return DEFAULT_TITLE if name == DEFAULT else titles.channel(name)


class StageWord(msgspec.Struct, frozen=True, kw_only=True):
    """A stage as the editor offers it."""

    value: str
    title: str


class PromiseDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One channel's table with what the editor needs beside it."""

    table: DeclarationInfo
    stages: Sequence[StageWord]
    shipped: Any


@get("/api/promises/{name:str}", guards=[requires("orders.view")])
async def get_promise(request: ApiRequest, name: FromPath[str]) -> PromiseDetail:
    """One channel's table: in force, draft and versions."""
    hub, asked = room_hub(request), declaring.checked_name(name, "承诺表")
    table = await hub.sync(declaring.read, PROMISE, asked, title=_title(asked, hub.titles))
    stages = [StageWord(value=stage, title=TITLES[stage]) for stage in Stage]
    return PromiseDetail(table=table, stages=stages, shipped=_shipped(asked))


class DraftBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table as edited, and the revision it was made from (null: there was no draft)."""

    values: dict[str, Any]
    revision: int | None = None


@put("/api/promises/{name:str}/draft", guards=[requires("policy.edit")])
async def save_promise(request: ApiRequest, name: FromPath[str], data: JSONBody[DraftBody]) -> DraftInfo:
    """Save the draft; rows that cannot stand are told, and kept for correction."""
    asked = declaring.checked_name(name, "承诺表")
    try:
        body = msgspec.to_builtins(body_of(data.values))
    except msgspec.ValidationError as problem:
        raise bad_field("values", f"承诺表读不懂:{problem}") from None
    return await room_hub(request).sync(
        declaring.save, PROMISE, asked, body=body, revision=data.revision, actor=actor_of(request)
    )


@delete("/api/promises/{name:str}/draft", guards=[requires("policy.edit")])
async def discard_promise(request: ApiRequest, name: FromPath[str]) -> None:
    """Back to what is in force."""
    asked = declaring.checked_name(name, "承诺表")
    await room_hub(request).sync(declaring.discard, PROMISE, asked, actor=actor_of(request))


class SideTold(msgspec.Struct, frozen=True, kw_only=True):
    """Clocks under a promise, breaches, and what they cost as far as prices are known."""

    promised: int
    breaches: int
    cost: Sequence[Money]
    unpriced: int


class TrialSample(msgspec.Struct, frozen=True, kw_only=True):
    """One clock that would stand otherwise."""

    subject_kind: str
    subject_id: str
    label: str
    stage_title: str
    started_at: datetime
    before: str
    after: str
    due_before: datetime | None
    due_after: datetime | None


class PromiseTrial(msgspec.Struct, frozen=True, kw_only=True):
    """What publishing the draft would have meant for the clocks that began in these days. Reads only."""

    revision: int
    days: int
    clocks_read: int
    truncated: bool
    before: SideTold
    after: SideTold
    changed: int
    samples: Sequence[TrialSample]


@post("/api/promises/{name:str}/dry-run", guards=[requires("policy.edit")], status_code=200)
async def try_promise(request: ApiRequest, name: FromPath[str], data: JSONBody[DryRunBody]) -> PromiseTrial:
    """Try the saved draft on real history: breaches and cents, before and after."""
    asked = declaring.checked_name(name, "承诺表")
    shops = current_person(request).shops
    return await room_hub(request).sync(_try, asked, days=data.days, shops=shops)


def _try(connection: Connection[Any], name: str, *, days: int, shops: Sequence[str] | None) -> PromiseTrial:
    draft = declaring.fit_draft(connection, PROMISE, name, days=days)
    published = store_declaring.in_force(connection, KIND)
    before = tables_of(published)
    after = {**before, name: (0, body_of(draft.body))}
    rows = store_board.tried_rows(connection, name, days=days, limit=MOST_CLOCKS + 1)
    seen = [row for row in rows[:MOST_CLOCKS] if shops is None or row["shop"] in shops]
    tried = compare(seen, before, after, now=datetime.now(UTC), samples=SAMPLES)
    return PromiseTrial(
        revision=draft.revision,
        days=days,
        clocks_read=tried.read,
        truncated=len(rows) > MOST_CLOCKS,
        before=_side(tried.before),
        after=_side(tried.after),
        changed=tried.changed,
        samples=[_sample(one) for one in tried.samples],
    )


def _side(side: Side) -> SideTold:
    cost = [Money(currency=currency, amount_minor=amount) for currency, amount in sorted(side.cost_minor.items())]
    return SideTold(promised=side.promised, breaches=side.breaches, cost=cost, unpriced=side.unpriced)


def _sample(one: Changed) -> TrialSample:
    row = one.row
    by_order = row["subject_id"] == row["order_id"]
    return TrialSample(
        subject_kind="order" if by_order else "shipment",
        subject_id=str(row["subject_id"]),
        label=(row["order_no"] if by_order else row["tracking_no"]) or str(row["subject_id"]),
        stage_title=TITLES[Stage(row["stage"])],
        started_at=row["started_at"],
        before=_stands(one.before),
        after=_stands(one.after),
        due_before=None if one.due_before_ms is None else from_ms(one.due_before_ms),
        due_after=None if one.due_after_ms is None else from_ms(one.due_after_ms),
    )


def _stands(outcome: Outcome | None) -> str:
    return "没有约定" if outcome is None else OUTCOMES[outcome]


@post("/api/promises/{name:str}/publish", guards=[requires("policy.publish")], status_code=200)
async def publish_promise(request: ApiRequest, name: FromPath[str], data: JSONBody[PublishBody]) -> Done:
    """Put the draft of another person in force; open clocks get their new due times."""
    return await _change(request, declaring.publish, name, told=data)


@post("/api/promises/{name:str}/rollback", guards=[requires("policy.publish")], status_code=200)
async def roll_back_promise(request: ApiRequest, name: FromPath[str], data: JSONBody[RollBackBody]) -> Done:
    """Put an earlier table in force again."""
    return await _change(request, declaring.roll_back, name, told=data)


async def _change(request: ApiRequest, work: Any, name: str, *, told: Any) -> Done:
    asked, actor = declaring.checked_name(name, "承诺表"), actor_of(request)

    def change(connection: Connection[Any], actor: Actor) -> Done:
        done: Done = work(connection, PROMISE, asked, told=told, actor=actor)
        return done

    return await room_hub(request).sync(change, actor)


router = Router(
    "/",
    route_handlers=[
        list_promises, get_promise, save_promise, discard_promise, try_promise, publish_promise, roll_back_promise,
    ],
    tags=["promises"],
)  # fmt: skip
