"""Statements over HTTP (账单): files with what they said of themselves, their lines, a line with the row it was read from."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from psycopg import Connection

from fenghe.kernel.listing import Listing, listing
from fenghe.kernel.people.person import Actor, Person
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.room import RoomHub
from fenghe.kernel.routes_listing import filtered, room_hub
from fenghe.kernel.store_reading import Row, stream
from fenghe.kernel.values import Money
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.paging import Paging, read_id
from fenghe.kernel.web.problems import Problem, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, export_response, paged, requires
from fenghe.money import store_statements as store
from fenghe.money.statement_titles import KIND_TITLES, LEDGER_TITLES, layout_title, provider_title

VIEW: Final = "money.view"
MOST_SET_ASIDE: Final = 500
_FILES: Final = {**paged(*store.FILE_SORTS, default=store.FILE_SORT), **filtered(store.FileFilter)}
_LINES: Final = {**paged(*store.LINE_SORTS, default=store.LINE_SORT), **filtered(store.LineFilter)}


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """Money in and out of a file's rows in one currency."""

    currency: str
    money_in: Money
    money_out: Money


class StatementFileRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a statement and its funnel: read = stored + duplicate + set_aside."""

    id: str
    name: str
    source: str
    source_title: str
    layout: str
    layout_title: str
    provider: str
    provider_title: str
    account: str
    period_from: date | None
    period_to: date | None
    complete: bool
    finished: bool
    read: int
    stored: int
    duplicate: int
    set_aside: int
    problem_count: int
    moved: Sequence[Moved]
    imported_by: str
    imported_at: datetime


class FileProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that the rows do not come to, or a row that cannot be read."""

    kind: str
    """figure or row"""
    line: int
    field: str
    expected: str
    got: str
    code: str
    message_id: str | None = None


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure as the file tells it and as its rows come to it; `agrees` None: the rows cannot tell."""

    name: str
    told: str | None
    rows: str | None
    agrees: bool | None


class StatementFileDetail(StatementFileRow, frozen=True, kw_only=True):
    """A file's page."""

    digest: str
    figures: Sequence[Figure]
    problems: Sequence[FileProblem]
    notes: Sequence[str]


class StatementLineRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a statement."""

    id: str
    source: str
    message_id: str
    file_id: str | None
    file: str | None
    provider: str
    provider_title: str
    account: str
    ledger: str
    ledger_title: str
    kind: str
    kind_title: str
    occurred_at: datetime | None
    booked_on: date | None
    line_no: str
    payment_no: str
    out_trade_no: str
    order_no: str
    refund_no: str
    batch_no: str
    net: Money
    gross: Money | None
    fee: Money | None
    balance: Money | None
    counterparty: str
    summary: str


class Component(msgspec.Struct, frozen=True):
    """A part of a wide row."""

    name: str
    amount: Money


class ToldCell(msgspec.Struct, frozen=True):
    """A cell of the row as it stood in the file."""

    column: str
    text: str


class StatementLineDetail(StatementLineRow, frozen=True, kw_only=True):
    """One line with everything, and the row it was read from."""

    components: Sequence[Component]
    foreign: Money | None
    rate: str | None
    origin: str
    sha256: str
    cells: Sequence[ToldCell]
    recorded_at: datetime


class Choice(msgspec.Struct, frozen=True):
    """A word and its title."""

    value: str
    title: str


class StatementFacets(msgspec.Struct, frozen=True, kw_only=True):
    """The choices of the query bars."""

    sources: Sequence[Choice]
    providers: Sequence[Choice]
    layouts: Sequence[Choice]
    ledgers: Sequence[Choice]
    kinds: Sequence[Choice]
    currencies: Sequence[str]


def whole_house(person: Person) -> None:
    """Statements tell of every shop at once: they are not for who may see only some."""
    if person.shops is not None:
        raise Problem(
            403, "账单含有全部店铺的资金，您的账号只限部分店铺，不能查看。需要时请联系管理员。", code="shops_limited"
        )


@get("/api/statement-files", guards=[requires(VIEW)], dependencies=_FILES)
async def list_statement_files(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[store.FileFilter]
) -> Listing[StatementFileRow]:
    """Files of statements, newest first."""
    whole_house(current_person(request))
    return await room_hub(request).sync(_file_page, asked=asked, paging=paging)


def _file_page(connection: Connection[Any], *, asked: store.FileFilter, paging: Paging) -> Listing[StatementFileRow]:
    rows, counts = store.files(connection, asked, paging=paging)
    return listing([StatementFileRow(**_file(row)) for row in rows], counts=counts, paging=paging)


def _file(row: Row) -> dict[str, Any]:
    names = (
        "name", "source", "layout", "provider", "account", "period_from", "period_to", "complete", "read", "stored",
        "duplicate", "set_aside", "problem_count", "imported_by", "imported_at",
    )  # fmt: skip
    moved = [
        Moved(currency=currency, money_in=Money(currency, told["in"]), money_out=Money(currency, told["out"]))
        for currency, told in sorted(row["line_totals"].items())
    ]
    return {
        **{name: row[name] for name in names},
        "id": str(row["id"]),
        "source_title": row["source_title"] or row["source"],
        "layout_title": layout_title(row["layout"]),
        "provider_title": provider_title(row["provider"]),
        "finished": row["finished_at"] is not None,
        "moved": moved,
    }


FILES_EXPORTED: Final = (
    "文件", "来源", "布局", "机构", "账户", "起始日", "终止日", "读取", "新存", "重复", "搁置", "核对一致", "问题数",
    "导入人", "导入时间",
)  # fmt: skip


@get("/api/statement-files/export", guards=[requires("exports.create")], dependencies=_FILES)
async def export_statement_files(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    paging: NamedDependency[Paging],
    asked: NamedDependency[store.FileFilter],
) -> Stream:
    """The list as a file."""
    hub = await _begin_export(request, "statement_file.export.done", asked)
    query, values = store.every_file(asked, paging=paging)

    async def rows() -> AsyncIterator[Sequence[Cell]]:
        async for row in stream(hub.pool, query, values):
            yield (
                row["name"], row["source_title"] or row["source"], layout_title(row["layout"]),
                provider_title(row["provider"]), row["account"], row["period_from"], row["period_to"], row["read"],
                row["stored"], row["duplicate"], row["set_aside"], "是" if row["complete"] else "否",
                row["problem_count"], row["imported_by"], row["imported_at"],
            )  # fmt: skip

    return await export_response(FILES_EXPORTED, rows(), file_format=format, filename="账单文件")


async def _begin_export(request: ApiRequest, action: str, asked: Any) -> RoomHub:
    person = current_person(request)
    whole_house(person)
    if not person.may(VIEW):
        raise Problem(403, "需要权限“查看资金与账单”(money.view)。请联系管理员开通。", code="right_missing")
    hub = room_hub(request)
    await hub.sync(log_access, actor_of(request), action=action, target=str(msgspec.to_builtins(asked)))
    return hub


@get("/api/statement-files/{file_id:str}", guards=[requires(VIEW)])
async def get_statement_file(request: ApiRequest, file_id: FromPath[str]) -> StatementFileDetail:
    """One file: what it said of itself, what its rows come to, and everything that is wrong."""
    whole_house(current_person(request))
    return await room_hub(request).sync(_file_detail, read_id(file_id))


def _file_detail(connection: Connection[Any], file_id: int) -> StatementFileDetail:
    row = store.find_file(connection, file_id)
    if row is None:
        raise not_found(f"账单文件 {file_id}")
    return StatementFileDetail(
        **_file(row),
        digest=row["digest"],
        figures=_figures(row["totals"], row["problems"]),
        problems=_problems(connection, row),
        notes=row["notes"],
    )


def _figures(totals: Mapping[str, Any], problems: Sequence[Mapping[str, Any]]) -> list[Figure]:
    told, ours = totals.get("told", {}), totals.get("rows", {})
    wrong = {one["field"] for one in problems if one["code"] == "figure_differs"}
    names = [*ours, *(name for name in told if name not in ours and name in wrong)]
    return [
        Figure(
            name=name,
            told=told.get(name),
            rows=ours.get(name),
            agrees=None if name not in told or name not in ours else name not in wrong,
        )
        for name in names
    ]


def _problems(connection: Connection[Any], row: Row) -> list[FileProblem]:
    figures = [
        FileProblem(kind="figure", **{name: one[name] for name in ("line", "field", "expected", "got", "code")})
        for one in row["problems"]
        if one["code"] == "figure_differs"
    ]
    aside = store.set_aside_of(connection, source=row["source"], digest=row["digest"], limit=MOST_SET_ASIDE)
    return figures + [_aside(one) for one in aside]


def _aside(row: Row) -> FileProblem:
    fault = row["fault"] or {}
    line = (row["origin"] or "").rpartition(":")[2]
    return FileProblem(
        kind="row",
        line=int(line) if line.isdigit() else 0,
        field=fault.get("field", ""),
        expected=fault.get("expected", ""),
        got=fault.get("got", ""),
        code=fault.get("code", ""),
        message_id=str(row["message_id"]),
    )


PROBLEMS_EXPORTED: Final = ("类别", "行", "项目", "账单所写或应为", "明细合计或实际", "代码", "报文号")


@get("/api/statement-files/{file_id:str}/problems/export", guards=[requires("exports.create")])
async def export_statement_problems(
    request: ApiRequest,
    file_id: FromPath[str],
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
) -> Stream:
    """Everything that is wrong with a file, as a file."""
    hub = await _begin_export(request, "statement_problem.export.done", {"file": file_id})
    detail = await hub.sync(_file_detail, read_id(file_id))
    rows: list[Sequence[Cell]] = [
        (
            "合计不符" if one.kind == "figure" else "搁置的行", one.line or None, one.field, one.expected, one.got, one.code,
            one.message_id,
        )
        for one in detail.problems
    ]  # fmt: skip
    return await export_response(PROBLEMS_EXPORTED, rows, file_format=format, filename=f"账单问题-{detail.name}"[:80])


@get("/api/statement-lines", guards=[requires(VIEW)], dependencies=_LINES)
async def list_statement_lines(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[store.LineFilter]
) -> Listing[StatementLineRow]:
    """Lines of statements, newest first."""
    whole_house(current_person(request))
    return await room_hub(request).sync(_line_page, asked=asked, paging=paging)


def _line_page(connection: Connection[Any], *, asked: store.LineFilter, paging: Paging) -> Listing[StatementLineRow]:
    rows, counts = store.lines(connection, asked, paging=paging)
    return listing([StatementLineRow(**_line(row)) for row in rows], counts=counts, paging=paging)


def _line(row: Row) -> dict[str, Any]:
    names = (
        "source", "file", "provider", "account", "ledger", "kind", "occurred_at", "booked_on", "line_no", "payment_no",
        "out_trade_no", "order_no", "refund_no", "batch_no", "counterparty", "summary",
    )  # fmt: skip
    amounts = {name: row[f"{name}_minor"] for name in ("gross", "fee", "balance")}
    currency = row["currency"]
    return {
        **{name: row[name] for name in names},
        **{name: None if minor is None else Money(currency, minor) for name, minor in amounts.items()},
        "id": str(row["id"]),
        "message_id": str(row["message_id"]),
        "file_id": None if row["file_id"] is None else str(row["file_id"]),
        "net": Money(currency, row["net_minor"]),
        "provider_title": provider_title(row["provider"]),
        "ledger_title": LEDGER_TITLES.get(row["ledger"], row["ledger"]),
        "kind_title": KIND_TITLES.get(row["kind"], row["kind"]),
    }


LINES_EXPORTED: Final = (
    "机构", "账户", "账类", "类型", "时间", "记账日", "流水号", "支付单号", "商户单号", "订单号", "退款单号", "批次号", "净额",
    "总额", "费用",
    "余额", "币种", "对方", "摘要", "文件", "报文号",
)  # fmt: skip


@get("/api/statement-lines/export", guards=[requires("exports.create")], dependencies=_LINES)
async def export_statement_lines(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    paging: NamedDependency[Paging],
    asked: NamedDependency[store.LineFilter],
) -> Stream:
    """The list as a file."""
    hub = await _begin_export(request, "statement_line.export.done", asked)
    query, values = store.every_line(asked, paging=paging)

    async def rows() -> AsyncIterator[Sequence[Cell]]:
        async for row in stream(hub.pool, query, values):
            one = StatementLineRow(**_line(row))
            yield (
                one.provider_title, one.account, one.ledger_title, one.kind_title, one.occurred_at, one.booked_on,
                one.line_no, one.payment_no, one.out_trade_no, one.order_no, one.refund_no, one.batch_no, one.net,
                one.gross, one.fee, one.balance, one.net.currency, one.counterparty, one.summary, one.file,
                one.message_id,
            )  # fmt: skip

    return await export_response(LINES_EXPORTED, rows(), file_format=format, filename="账单明细")


@get("/api/statement-lines/{line_id:str}", guards=[requires(VIEW)])
async def get_statement_line(request: ApiRequest, line_id: FromPath[str]) -> StatementLineDetail:
    """One line, and the row of the file as it stood there."""
    whole_house(current_person(request))
    return await room_hub(request).sync(_line_detail, read_id(line_id), actor=actor_of(request))


def _line_detail(connection: Connection[Any], line_id: int, *, actor: Actor) -> StatementLineDetail:
    row = store.find_line(connection, line_id)
    if row is None:
        raise not_found(f"账单行 {line_id}")
    log_access(connection, actor, action="statement_line.read.done", target=f"statement line {line_id}")
    currency = row["currency"]
    foreign = row["foreign_currency"]
    return StatementLineDetail(
        **_line(row),
        components=[Component(name, Money(currency, part)) for name, part in (row["components"] or {}).items()],
        foreign=Money(foreign, row["foreign_minor"]) if foreign and row["foreign_minor"] is not None else None,
        rate=None if row["rate"] is None else f"{row['rate'].normalize():f}",
        origin=row["origin"] or "",
        sha256=row["sha256"],
        cells=_cells(bytes(row["body"])),
        recorded_at=row["recorded_at"],
    )


def _cells(body: bytes) -> list[ToldCell]:
    """The row's own columns and texts, as told."""
    told = json.loads(body)
    if not isinstance(told, dict):
        return [ToldCell("", body.decode("utf-8", "replace"))]
    return [
        ToldCell(name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1))
        for name, value in told.items()
    ]


@get("/api/statement-facets", guards=[requires(VIEW)])
async def get_statement_facets(request: ApiRequest) -> StatementFacets:
    """What the lists may be narrowed by."""
    whole_house(current_person(request))
    found = await room_hub(request).sync(store.choices)
    return StatementFacets(
        sources=[Choice(word, word) for word in found.get("sources", ())],
        providers=[Choice(word, provider_title(word)) for word in found.get("providers", ())],
        layouts=[Choice(word, layout_title(word)) for word in found.get("layouts", ())],
        ledgers=[Choice(word, title) for word, title in LEDGER_TITLES.items()],
        kinds=[Choice(word, title) for word, title in KIND_TITLES.items()],
        currencies=found.get("currencies", ()),
    )


router = Router(
    "/",
    route_handlers=[
        list_statement_files, export_statement_files, get_statement_file, export_statement_problems,
        list_statement_lines, export_statement_lines, get_statement_line, get_statement_facets,
    ],
    tags=["statements"],
)  # fmt: skip
