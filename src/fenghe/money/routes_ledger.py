"""The ledger over HTTP (总账): vouchers, trial balance, months, exports for Kingdee and Yonyou, what is not booked."""

import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

import anyio
import msgspec
from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from psycopg import Connection

from fenghe.kernel.listing import Listing, listing
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store import names_of
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.routes_listing import filtered
from fenghe.kernel.store_reading import Row
from fenghe.kernel.values import minor_digits
from fenghe.kernel.web.exporting import MEDIA_TYPES, XlsxWriter
from fenghe.kernel.web.paging import Paging, read_id
from fenghe.kernel.web.problems import bad_field, not_found
from fenghe.kernel.web.routes_support import FILE_CHUNK, ApiRequest, actor_of, hub_of, paged, requires
from fenghe.money import ledger_export, store_periods
from fenghe.money import store_ledger_queries as store
from fenghe.money.periods import china_day
from fenghe.money.posting import EVENTS
from fenghe.money.store_declared import chart_in_force

LONGEST_REASON: Final = 500
_LISTED: Final = {**paged(*store.SORTS, default=store.DEFAULT_SORT), **filtered(store.VoucherFilter)}
Program = Literal["kingdee", "yonyou"]


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """One entry (分录)."""

    line: int
    account: str
    account_title: str
    debit_minor: int
    credit_minor: int


class VoucherView(msgspec.Struct, frozen=True, kw_only=True):
    """One voucher (记账凭证) with its entries and the document that proves it."""

    id: str
    voucher_no: str
    period: str
    booked_on: date
    occurred_at: datetime | None
    event: str
    event_title: str
    document_kind: str
    document_key: str
    order_no: str
    payment_no: str
    currency: str
    digits: int
    total_minor: int
    memo: str
    message_id: str | None
    rule_version: str
    posted_by: str
    posted_at: datetime
    reverses_no: str | None
    reversed_by: str | None
    entries: Sequence[EntryView]


class BalanceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One account in the trial balance (试算平衡表); signed debit minus credit at both ends."""

    account: str
    title: str
    kind: str
    currency: str
    digits: int
    opening_minor: int
    debit_minor: int
    credit_minor: int
    closing_minor: int


class TrialBalance(msgspec.Struct, frozen=True, kw_only=True):
    """A month's balances; `balanced`: debits and credits agree in every currency."""

    period: str
    status: str
    balanced: bool
    rows: Sequence[BalanceRow]


class PeriodView(msgspec.Struct, frozen=True, kw_only=True):
    """A month, and what waits for a second person."""

    name: str
    status: str
    vouchers: int
    changed_at: datetime
    wish: str | None
    asked_by: str | None
    asked_by_me: bool
    reason: str | None
    asked_at: datetime | None


class ProblemView(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is not booked, and why."""

    document_kind: str
    document_key: str
    slot: str
    problem: str
    changed_at: datetime


class Unposted(msgspec.Struct, frozen=True, kw_only=True):
    """Documents that are not booked."""

    total: int
    items: Sequence[ProblemView]


class PeriodChange(msgspec.Struct, frozen=True, kw_only=True):
    """One closing or re-opening."""

    action: str
    asked_by: str
    approved_by: str
    reason: str
    at: datetime


class WishBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Close or re-open, and why."""

    action: Literal["close", "reopen"]
    reason: Annotated[str, msgspec.Meta(max_length=5_000)]


@get("/api/ledger/vouchers", guards=[requires("money.view")], dependencies=_LISTED)
async def list_vouchers(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[store.VoucherFilter]
) -> Listing[VoucherView]:
    """Vouchers, newest first."""
    return await hub_of(request).sync(_page, asked=asked, paging=paging)


def _page(connection: Connection[Any], *, asked: store.VoucherFilter, paging: Paging) -> Listing[VoucherView]:
    rows, counts = store.page(connection, asked, paging=paging)
    entries = store.entries_of(connection, [row["id"] for row in rows])
    titles = chart_in_force(connection).titles()
    return listing([_voucher(row, entries[row["id"]], titles) for row in rows], counts=counts, paging=paging)


@get("/api/ledger/vouchers/{voucher_id:str}", guards=[requires("money.view")])
async def get_voucher(request: ApiRequest, voucher_id: FromPath[str]) -> VoucherView:
    """One voucher."""
    return await hub_of(request).sync(_one, read_id(voucher_id))


def _one(connection: Connection[Any], voucher_id: int) -> VoucherView:
    row = store.find_voucher(connection, voucher_id)
    if row is None:
        raise not_found(f"凭证 {voucher_id}")
    entries = store.entries_of(connection, [voucher_id])
    return _voucher(row, entries[voucher_id], chart_in_force(connection).titles())


def _voucher(row: Row, entries: Sequence[Row], titles: Mapping[str, str]) -> VoucherView:
    return VoucherView(
        id=str(row["id"]),
        voucher_no=row["voucher_no"],
        period=row["period"],
        booked_on=row["booked_on"],
        occurred_at=row["occurred_at"],
        event=row["event"],
        event_title=EVENTS.get(row["event"], row["event"]),
        document_kind=row["document_kind"],
        document_key=row["document_key"],
        order_no=row["order_no"],
        payment_no=row["payment_no"],
        currency=row["currency"],
        digits=minor_digits(row["currency"]),
        total_minor=row["total_minor"],
        memo=row["memo"],
        message_id=str(row["message_id"]) if row["message_id"] else None,
        rule_version=row["rule_version"],
        posted_by=row["posted_by"],
        posted_at=row["posted_at"],
        reverses_no=row["reverses_no"],
        reversed_by=row["reversed_by"],
        entries=[
            EntryView(
                line=one["line"],
                account=one["account"],
                account_title=titles.get(one["account"], one["account"]),
                debit_minor=one["debit_minor"],
                credit_minor=one["credit_minor"],
            )
            for one in entries
        ],
    )


@get("/api/ledger/balances/{period:str}", guards=[requires("money.view")])
async def get_trial_balance(request: ApiRequest, period: FromPath[str]) -> TrialBalance:
    """The trial balance of a month."""
    return await hub_of(request).sync(_balance, period)


def _balance(connection: Connection[Any], period: str) -> TrialBalance:
    known = next((row for row in store.periods(connection) if row["name"] == period), None)
    if known is None:
        raise not_found(f"会计期间 {period[:20]}")
    chart = chart_in_force(connection)
    titles, kinds = chart.titles(), {one.code: one.kind for one in chart.accounts}
    rows = [_balance_row(row, titles, kinds) for row in store.balances(connection, period)]
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, 0) + row.closing_minor
    return TrialBalance(period=period, status=known["status"], balanced=not any(sums.values()), rows=rows)


def _balance_row(row: Row, titles: Mapping[str, str], kinds: Mapping[str, str]) -> BalanceRow:
    return BalanceRow(
        account=row["account"],
        title=titles.get(row["account"], row["account"]),
        kind=kinds.get(row["account"], ""),
        currency=row["currency"],
        digits=minor_digits(row["currency"]),
        opening_minor=row["opening_minor"],
        debit_minor=row["debit_minor"],
        credit_minor=row["credit_minor"],
        closing_minor=row["opening_minor"] + row["debit_minor"] - row["credit_minor"],
    )


@get("/api/ledger/periods", guards=[requires("money.view")])
async def list_periods(request: ApiRequest) -> list[PeriodView]:
    """Every month, newest first."""
    return await hub_of(request).sync(_periods, actor=actor_of(request))


def _periods(connection: Connection[Any], *, actor: Actor) -> list[PeriodView]:
    rows = store.periods(connection)
    people = names_of(connection, [row["asked_by"] for row in rows if row["asked_by"]])
    return [
        PeriodView(
            name=row["name"],
            status=row["status"],
            vouchers=row["vouchers"],
            changed_at=row["changed_at"],
            wish=row["wish"],
            asked_by=people.get(row["asked_by"], row["asked_by"]),
            asked_by_me=row["asked_by"] == actor.person,
            reason=row["reason"],
            asked_at=row["asked_at"],
        )
        for row in rows
    ]


@get("/api/ledger/periods/{period:str}/history", guards=[requires("money.view")])
async def period_history(request: ApiRequest, period: FromPath[str]) -> list[PeriodChange]:
    """Who closed and re-opened the month, and why."""
    return await hub_of(request).sync(_history, period)


def _history(connection: Connection[Any], period: str) -> list[PeriodChange]:
    rows = store.period_history(connection, period)
    people: dict[str, str] = names_of(connection, [row[who] for row in rows for who in ("asked_by", "approved_by")])
    return [
        PeriodChange(
            action=row["action"],
            asked_by=people.get(row["asked_by"]) or str(row["asked_by"]),
            approved_by=people.get(row["approved_by"]) or str(row["approved_by"]),
            reason=row["reason"],
            at=row["at"],
        )
        for row in rows
    ]


@post("/api/ledger/periods/{period:str}/wish", guards=[requires("money.approve")], status_code=204)
async def wish_period(request: ApiRequest, period: FromPath[str], data: JSONBody[WishBody]) -> None:
    """Ask for a closing or re-opening; another person does it."""
    reason = data.reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise bad_field("reason", f"请填写理由,1 到 {LONGEST_REASON} 个字")
    await hub_of(request).sync(
        store_periods.wish, period, action=data.action, reason=reason, today=_today(), actor=actor_of(request)
    )
    await hub_of(request).sync(beat, ("money",))


@post("/api/ledger/periods/{period:str}/approve", guards=[requires("money.approve")], status_code=204)
async def approve_period(request: ApiRequest, period: FromPath[str]) -> None:
    """Do what another person asked for."""
    await hub_of(request).sync(store_periods.approve, period, today=_today(), actor=actor_of(request))
    await hub_of(request).sync(beat, ("money",))


@delete("/api/ledger/periods/{period:str}/wish", guards=[requires("money.approve")])
async def withdraw_period(request: ApiRequest, period: FromPath[str]) -> None:
    """Take the wish back, or refuse it."""
    await hub_of(request).sync(store_periods.withdraw, period, actor=actor_of(request))
    await hub_of(request).sync(beat, ("money",))


@get("/api/ledger/unposted", guards=[requires("money.view")])
async def list_unposted(request: ApiRequest) -> Unposted:
    """Documents that are not booked, and why."""
    return await hub_of(request).sync(_unposted)


def _unposted(connection: Connection[Any]) -> Unposted:
    total, rows = store.unposted(connection)
    return Unposted(total=total, items=[ProblemView(**row) for row in rows])


@get("/api/ledger/export/{period:str}", guards=[requires("exports.create")])
async def export_period(request: ApiRequest, period: FromPath[str], program: FromQuery[Program]) -> Stream:
    """A month's vouchers in the shape that Kingdee (xlsx) or Yonyou U8 (txt, GB18030) takes."""
    if not any(one.name == period for one in await hub_of(request).sync(_periods, actor=actor_of(request))):
        raise not_found(f"会计期间 {period[:20]}")
    ending, media = ("xlsx", MEDIA_TYPES["xlsx"]) if program == "kingdee" else ("txt", "text/plain; charset=gb18030")
    name = f"凭证-{period}-{'金蝶' if program == 'kingdee' else '用友U8'}.{ending}"
    return Stream(
        _written(request, period, program, actor_of(request)),
        media_type=media,
        headers={
            "content-disposition": f"attachment; filename=\"vouchers-{period}.{ending}\"; filename*=UTF-8''{quote(name, safe='')}",
            "cache-control": "no-store",
        },
    )


async def _written(request: ApiRequest, period: str, program: Program, actor: Actor) -> AsyncIterator[bytes]:
    """The file is first written whole, so that the database is not kept waiting by a slow reader."""
    with tempfile.TemporaryDirectory(prefix="fenghe-ledger-") as folder:
        path = Path(folder) / "export"
        await hub_of(request).sync(_write, path, period=period, program=program, actor=actor)
        async with await anyio.open_file(path, "rb") as file:
            while chunk := await file.read(FILE_CHUNK):
                yield chunk


def _write(connection: Connection[Any], path: Path, *, period: str, program: Program, actor: Actor) -> None:
    log_access(connection, actor, action="ledger.export.done", target=f"{period} {program}")
    entries = store.booked(connection, period, chart_in_force(connection).titles())
    if program == "kingdee":
        writer = XlsxWriter(path, ledger_export.KINGDEE_COLUMNS)
        for row in ledger_export.kingdee_rows(entries):
            writer.write(row)
        writer.close()
    else:
        with path.open("w", encoding=ledger_export.YONYOU_ENCODING, errors="replace", newline="") as file:
            file.writelines(ledger_export.yonyou_lines(entries))


def _today() -> date:
    return china_day(datetime.now(UTC))


router = Router(
    "/",
    route_handlers=[
        list_vouchers, get_voucher, get_trial_balance, list_periods, period_history, wish_period, approve_period,
        withdraw_period, list_unposted, export_period,
    ],
    tags=["ledger"],
)  # fmt: skip
