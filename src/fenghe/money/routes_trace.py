"""The trace board over HTTP (凭证溯源看板): any number's whole chain, its report, the bundle a stranger can verify, a search."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal
from urllib.parse import quote

import msgspec
from litestar import Response, Router, get
from litestar.params import FromQuery
from psycopg import Connection

from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.room import RoomHub
from fenghe.kernel.routes_listing import room_hub
from fenghe.kernel.titles import Titles
from fenghe.kernel.values import minor_digits
from fenghe.kernel.web.problems import Problem, bad_field, conflict
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, requires
from fenghe.money import tasks_trace
from fenghe.money.posting import EVENTS
from fenghe.money.tasks_trace import Several, Traced, Unknown, state_title
from fenghe.money.trace import STATES, TITLES, Document, Kind
from fenghe.money.trace_numbers import Found

LONGEST_NUMBER: Final = 128
_SUBJECTS: Final = {Kind.ORDER: "orders", Kind.PARCEL: "shipments", Kind.PAYMENT: "payments", Kind.REFUND: "refunds"}


class ChainDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document in the chain. `link`: its own page, where it has one."""

    id: str
    kind: str
    kind_title: str
    number: str
    title: str
    state: str
    state_title: str
    currency: str
    digits: int
    amount_minor: int | None
    at: datetime | None
    link: str
    message_id: str | None


class ChainLink(msgspec.Struct, frozen=True, kw_only=True):
    """Two documents name each other."""

    start: str
    end: str
    field: str
    number: str


class ChainGap(msgspec.Struct, frozen=True, kw_only=True):
    """A document that ought to be there."""

    name: str
    code: str
    beside: str
    words: str
    search: str


class ChainPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where an amount stands now."""

    code: str
    words: str
    currency: str
    digits: int
    amount_minor: int


class ChainAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What the books hold on one account."""

    account: str
    title: str
    currency: str
    digits: int
    balance_minor: int


class ChainChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One of several chains that bear the number; `which` chooses it."""

    which: str
    kind_title: str
    number: str
    title: str
    currency: str
    digits: int
    amount_minor: int | None
    at: datetime | None


class ChainView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the board shows of a number. `choices`: the chains to choose from, where it bears several."""

    number: str
    which: str = ""
    choices: Sequence[ChainChoice] = ()
    documents: Sequence[ChainDocument]
    links: Sequence[ChainLink]
    gaps: Sequence[ChainGap]
    places: Sequence[ChainPlace]
    accounts: Sequence[ChainAccount]
    uncovered: Sequence[str]


@get("/api/trace", guards=[requires("money.view")])
async def get_trace(request: ApiRequest, number: FromQuery[str], which: FromQuery[str] = "") -> ChainView:
    """The chain of any number: payment, order, refund, settlement, voucher, bank line, pay-out or tracking number.

    A number that several chains bear brings these to choose from.
    """
    hub = room_hub(request)
    return await hub.sync(_view, hub, checked_number(number), which)


def _view(connection: Connection[Any], hub: RoomHub, number: str, which: str) -> ChainView:
    traced = _must_trace(connection, number, which)
    if isinstance(traced, Several):
        choices = [_choice(one) for one in traced.choices]
        return ChainView(
            number=traced.number, choices=choices, documents=(), links=(), gaps=(), places=(), accounts=(), uncovered=()
        )
    return ChainView(
        number=traced.number,
        which=which,
        documents=[_document(one, hub.titles) for one in traced.chain.documents],
        links=[
            ChainLink(start=one.start, end=one.end, field=one.field, number=one.number) for one in traced.chain.links
        ],
        gaps=[
            ChainGap(name=one.name, code=one.code, beside=one.beside, words=one.words, search=one.search)
            for one in traced.chain.gaps
        ],
        places=[
            ChainPlace(
                code=one.code,
                words=one.words,
                currency=one.currency,
                digits=minor_digits(one.currency),
                amount_minor=one.amount_minor,
            )
            for one in traced.chain.places
        ],
        accounts=[
            ChainAccount(
                account=one.account,
                title=one.title,
                currency=one.currency,
                digits=minor_digits(one.currency),
                balance_minor=one.balance_minor,
            )
            for one in traced.accounts
        ],
        uncovered=traced.chain.uncovered,
    )


def _must_trace(connection: Connection[Any], number: str, which: str) -> Traced | Several:
    traced = tasks_trace.trace(connection, number, now=datetime.now(UTC), which=which)
    if isinstance(traced, Unknown):
        raise nobody_knows(traced)
    return traced


def nobody_knows(told: Unknown) -> Problem:
    """What it was looked for as, so that nobody wonders."""
    if told.problem:
        return bad_field("number", told.problem)
    words = f"没有单据带有编号 {told.number[:64]}。查过：{'、'.join(told.looked)}。"
    return Problem(404, words, code="not_found")


_KINDS: Final = {
    "order": "订单", "payment": "支付单", "refund": "退款单", "parcel": "运单", "voucher": "财务凭证", "ledger": "记账凭证",
    "line": "账单行", "batch": "出款",
}  # fmt: skip


def _choice(one: Found) -> ChainChoice:
    bearer = one.bearer
    return ChainChoice(
        which=bearer.name,
        kind_title=_KINDS[bearer.kind],
        number=bearer.order_no or bearer.payment_no or bearer.batch_no,
        title=STATES.get(bearer.title, EVENTS.get(bearer.title, bearer.title)),
        currency=bearer.currency,
        digits=minor_digits(bearer.currency),
        amount_minor=bearer.amount_minor,
        at=bearer.at,
    )


def _document(one: Document, titles: Titles) -> ChainDocument:
    _, _, own = one.id.partition(":")
    place = _SUBJECTS.get(one.kind)
    link = f"/{place}/{own}" if place else f"/ledger?q={quote(one.number)}" if one.kind is Kind.LEDGER else ""
    return ChainDocument(
        id=one.id,
        kind=one.kind,
        kind_title=TITLES[one.kind],
        number=one.number,
        title=one.title,
        state=one.state,
        state_title=state_title(one, titles),
        currency=one.currency,
        digits=minor_digits(one.currency),
        amount_minor=one.amount_minor,
        at=one.at,
        link=link,
        message_id=str(one.message_id) if one.message_id else None,
    )


@get("/api/trace/report", guards=[requires("money.view")])
async def export_trace(
    request: ApiRequest,
    number: FromQuery[str],
    shape: FromQuery[Literal["pdf", "bundle"]] = "pdf",
    which: FromQuery[str] = "",
) -> Response[bytes]:
    """The chain as a PDF, or with its proof and the verifier as a ZIP."""
    hub = room_hub(request)
    body = await hub.sync(_report, hub, checked_number(number), which=which, shape=shape, actor=actor_of(request))
    name = f"凭证链-{number}.{'pdf' if shape == 'pdf' else 'zip'}"
    return Response(
        body,
        media_type="application/pdf" if shape == "pdf" else "application/zip",
        headers={
            "content-disposition": f"attachment; filename=\"chain.{name[-3:]}\"; filename*=UTF-8''{quote(name, safe='')}",
            "cache-control": "no-store",
        },
    )


def _report(connection: Connection[Any], hub: RoomHub, number: str, *, which: str, shape: str, actor: Actor) -> bytes:
    now = datetime.now(UTC)
    traced = _must_trace(connection, number, which)
    if isinstance(traced, Several):
        raise conflict(f"编号 {traced.number} 属于 {len(traced.choices)} 条凭证链，请先选定是哪一条。", code="several")
    log_access(connection, actor, action="trace.export.done", target=f"{number} {shape}")
    files = tasks_trace.bundle(connection, traced, now=now, titles=hub.titles)
    return files["chain.pdf"] if shape == "pdf" else tasks_trace.packed(files, now=now)


def checked_number(number: str) -> str:
    """What was entered, if it can be a number."""
    cleaned = number.strip()
    if not cleaned or len(cleaned) > LONGEST_NUMBER or not cleaned.isprintable():
        raise bad_field("number", f"请输入一个编号,1 到 {LONGEST_NUMBER} 个字符")
    return cleaned


router = Router("/", route_handlers=[get_trace, export_trace], tags=["trace"])
