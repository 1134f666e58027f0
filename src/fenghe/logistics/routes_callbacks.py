"""Callback audit over HTTP (回调核查): audits, their findings, a file to be looked at, a case out of a finding, exports."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from litestar import Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, JSONBody
from litestar.response import Stream
from psycopg import Connection

from fenghe.kernel.cases.store_raising import Raised, raise_case
from fenghe.kernel.listing import Counts, Listing, listing, moment_from, moment_to, words_of
from fenghe.kernel.people.person import Actor, Person
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.room import RoomHub
from fenghe.kernel.routes_listing import filtered, room_hub
from fenghe.kernel.store_reading import Row, stream
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.paging import Paging, read_id
from fenghe.kernel.web.problems import Problem, bad_field, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, export_response, paged, requires
from fenghe.logistics import store_callback_audits as store
from fenghe.logistics.callbacks import KINDS, ORDER_KINDS
from fenghe.logistics.routes_callback_rows import (
    EXPORTED,
    AuditRow,
    FindingRow,
    KindCount,
    audit_row,
    exported,
    finding_row,
    kind_counts,
)
from fenghe.logistics.store_callback_audits import Audit, FindingFilter

LARGEST_FILE: Final = 20_000_000
MOST_DAYS: Final = 366
ABOUT: Final = ("tracking", "orders")
DUE_HOURS: Final = {3: 4, 2: 24, 1: 72}
_LISTED: Final = {**paged(*store.SORTS, default=store.DEFAULT_SORT), **filtered(FindingFilter)}


class Findings(Listing[FindingRow], frozen=True, kw_only=True):
    """One page of what an audit found, with the audit itself and how many there are of each kind under this filter."""

    audit: AuditRow | None
    kinds: Sequence[KindCount]


class AuditBody(msgspec.Struct, frozen=True, kw_only=True):
    """What to look at: the last `hours`, or from `since` to `until`."""

    about: str = "tracking"
    hours: int | None = None
    since: str = ""
    until: str = ""
    source: str = ""


class RaisedCase(msgspec.Struct, frozen=True, kw_only=True):
    """The case a finding became; `fresh`: it was not there before."""

    case_id: str
    fresh: bool


def _own(person: Person) -> str | None:
    """Who may see only some shops sees his own audits and those that nobody asked for."""
    return None if person.shops is None else person.username


@get("/api/callbacks", guards=[requires("orders.view")], dependencies=_LISTED)
async def list_findings(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[FindingFilter]
) -> Findings:
    """What an audit found, gravest first; without `audit` the newest one of stored mail."""
    hub = room_hub(request)
    return await hub.sync(_page, hub, asked=asked, person=current_person(request), paging=paging)


def _page(
    connection: Connection[Any], hub: RoomHub, *, asked: FindingFilter, person: Person, paging: Paging
) -> Findings:
    kinds = _kinds(asked)
    audit = _audit(connection, asked, person)
    if audit is None:
        none: Listing[FindingRow] = listing([], counts=Counts(total=0, limit=store.MOST_KEPT), paging=paging)
        return Findings(**msgspec.structs.asdict(none), audit=None, kinds=kind_counts(asked.about, {}))
    rows, counts = store.page(connection, asked, audit.id, shops=person.shops, paging=paging, kinds=kinds)
    total = sum(found for kind, found in counts.items() if not kinds or kind in kinds)
    page = listing(
        [_row(row, hub, audit) for row in rows], counts=Counts(total=total, limit=store.MOST_KEPT), paging=paging
    )
    return Findings(**msgspec.structs.asdict(page), audit=audit_row(audit), kinds=kind_counts(audit.about, counts))


def _kinds(asked: FindingFilter) -> list[str]:
    if asked.about not in ABOUT:
        raise bad_field("about", f"没有 {asked.about[:40]} 这一类核查,可用的有 {'、'.join(ABOUT)}")
    kinds = words_of(asked.kind)
    known = KINDS if asked.about == "tracking" else ORDER_KINDS
    if unknown := [kind for kind in kinds if kind not in known]:
        raise bad_field("kind", f"没有 {unknown[0][:40]} 这类问题")
    return kinds


def _audit(connection: Connection[Any], asked: FindingFilter, person: Person) -> Audit | None:
    """The audit that is asked for, or the newest finished one of stored mail."""
    if asked.audit:
        found = store.find_audit(connection, read_id(asked.audit, "audit"), own=_own(person))
        if found is None or found.about != asked.about:
            raise not_found(f"核查 {asked.audit}")
        return found
    return store.newest_audit(connection, asked.about, own=_own(person))


def _row(row: Row, hub: RoomHub, audit: Audit) -> FindingRow:
    return finding_row(row, hub.titles, about=audit.about, from_file=audit.origin == "file")


@get("/api/callbacks/audits", guards=[requires("orders.view")])
async def list_audits(request: ApiRequest, about: FromQuery[str] = "tracking") -> list[AuditRow]:
    """The newest audits, under way and done."""
    person = current_person(request)
    found = await room_hub(request).sync(store.audits, about, own=_own(person))
    return [audit_row(one) for one in found]


@post("/api/callbacks/audits", guards=[requires("inbox.view", "cases.rule")], status_code=201)
async def ask_audit(request: ApiRequest, data: JSONBody[AuditBody]) -> AuditRow:
    """Have stored mail looked at; a worker takes it up within seconds."""
    since, until = _span(data, datetime.now(UTC))
    return await room_hub(request).sync(
        _ask,
        about=_about(data.about),
        since=since,
        until=until,
        source=data.source.strip(),
        actor=actor_of(request),
        file=None,
    )


def _about(word: str) -> str:
    if word not in ABOUT:
        raise bad_field("about", f"没有 {word[:40]} 这一类核查,可用的有 {'、'.join(ABOUT)}")
    return word


def _span(data: AuditBody, now: datetime) -> tuple[datetime, datetime]:
    until = moment_to(data.until, "until") or now
    since = moment_from(data.since, "since")
    if since is None:
        hours = 72 if data.hours is None else data.hours
        if not 1 <= hours <= MOST_DAYS * 24:
            raise bad_field("hours", f"小时数应为 1 到 {MOST_DAYS * 24}")
        since = until - timedelta(hours=hours)
    if since >= until:
        raise bad_field("since", "开始时间应早于结束时间")
    if until - since > timedelta(days=MOST_DAYS):
        raise bad_field("since", f"一次最多核查 {MOST_DAYS} 天")
    return since, min(until, now)


def _ask(
    connection: Connection[Any],
    *,
    about: str,
    since: datetime | None,
    until: datetime | None,
    source: str,
    actor: Actor,
    file: tuple[str, bytes] | None,
) -> AuditRow:
    audit_id = store.ask(
        connection, about=about, since=since, until=until, source=source, asked_by=actor.person, file=file
    )
    log_access(
        connection, actor, action="callback.audit.done", target=f"audit {audit_id} {about} {file[0] if file else ''}"
    )
    beat(connection, ("callbacks",))
    found = store.find_audit(connection, audit_id, own=None)
    if found is None:
        raise not_found(f"核查 {audit_id}")
    return audit_row(found)


@post(
    "/api/callbacks/files",
    guards=[requires("inbox.view", "cases.rule")],
    status_code=201,
    request_max_body_size=LARGEST_FILE + 100_000,
)
async def upload_file(
    request: ApiRequest,
    data: Annotated[UploadFile, Body(media_type=RequestEncodingType.MULTI_PART)],
    about: FromQuery[str] = "tracking",
) -> AuditRow:
    """Have an export looked at, without importing it: JSON, NDJSON, CSV, XLSX, or a ZIP of them."""
    name = (data.filename or "").replace("\\", "/").rpartition("/")[2].strip()[:200]
    body = await data.read()
    if not name or not body:
        raise bad_field("data", "请选择一个文件,不能是空的")
    if len(body) > LARGEST_FILE:
        raise Problem(
            413,
            f"文件超过 {LARGEST_FILE // 1_000_000} MB,请拆分后再上传,或用命令 fenghe callbacks audit。",
            code="too_large",
        )
    return await room_hub(request).sync(
        _ask, about=_about(about), since=None, until=None, source="", actor=actor_of(request), file=(name, body)
    )


@get("/api/callbacks/export", guards=[requires("exports.create")], dependencies=_LISTED)
async def export_findings(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    paging: NamedDependency[Paging],
    asked: NamedDependency[FindingFilter],
) -> Stream:
    """What an audit found as a file."""
    hub, person = room_hub(request), current_person(request)
    kinds = _kinds(asked)
    audit = await hub.sync(_begin_export, asked, person=person, actor=actor_of(request))
    query, values = store.everything(asked, audit.id, shops=person.shops, paging=paging, kinds=kinds)
    rows = _export_rows(hub, audit, query, values)
    return await export_response(EXPORTED, rows, file_format=format, filename="回调核查")


def _begin_export(connection: Connection[Any], asked: FindingFilter, *, person: Person, actor: Actor) -> Audit:
    audit = _audit(connection, asked, person)
    if audit is None:
        raise not_found("已完成的核查")
    log_access(connection, actor, action="callback.export.done", target=str(msgspec.to_builtins(asked)))
    return audit


async def _export_rows(hub: RoomHub, audit: Audit, query: str, values: dict[str, Any]) -> AsyncIterator[Sequence[Cell]]:
    async for row in stream(hub.pool, query, values):
        yield exported(_row(row, hub, audit))


@get("/api/callbacks/audits/{audit_id:str}/findings/{n:str}", guards=[requires("orders.view")])
async def get_finding(request: ApiRequest, audit_id: FromPath[str], n: FromPath[str]) -> FindingRow:
    """One finding."""
    hub, person = room_hub(request), current_person(request)
    audit, row = await hub.sync(_finding, read_id(audit_id, "audit"), read_id(n), person=person)
    return _row(row, hub, audit)


def _finding(connection: Connection[Any], audit_id: int, n: int, *, person: Person) -> tuple[Audit, Row]:
    audit = store.find_audit(connection, audit_id, own=_own(person))
    row = store.find_finding(connection, audit_id, n, shops=person.shops) if audit else None
    if audit is None or row is None:
        raise not_found(f"核查发现 {n}")
    return audit, row


@post(
    "/api/callbacks/audits/{audit_id:str}/findings/{n:str}/case",
    guards=[requires("cases.rule", "cases.assign")],
    status_code=200,
)
async def raise_finding(request: ApiRequest, audit_id: FromPath[str], n: FromPath[str]) -> RaisedCase:
    """Make a finding a case (建工单); made twice it is one."""
    return await room_hub(request).sync(
        _raise, read_id(audit_id, "audit"), read_id(n), person=current_person(request), actor=actor_of(request)
    )


def _raise(connection: Connection[Any], audit_id: int, n: int, *, person: Person, actor: Actor) -> RaisedCase:
    audit, row = _finding(connection, audit_id, n, person=person)
    title = KINDS.get(row["kind"]) or ORDER_KINDS[row["kind"]]
    label = row["number"] if audit.about == "tracking" else row["order_no"]
    case = Raised(
        key=f"callback:{row['key']}",
        kind=f"callback.{row['kind']}",
        severity=row["severity"],
        title=f"{label or row['origin'] or '报文'}:{title}({row['theirs'][:60]})",
        told=f"{row['words']}。对方:{row['theirs']};我方:{row['ours']}"
        + (f";来自 {row['origin']}" if row["origin"] else ""),
        ours=row["ours"],
        theirs=row["theirs"],
        rule=f"callback:{row['rule']}",
        due=timedelta(hours=DUE_HOURS[row["severity"]]),
        subject_id=row["subject_id"],
        evidence=row["evidence"],
        message_id=row["message_id"],
    )
    case_id, fresh = raise_case(connection, case, actor=actor)
    beat(connection, ("cases", "callbacks", "workbench"))
    return RaisedCase(case_id=str(case_id), fresh=fresh)


router = Router(
    "/",
    route_handlers=[
        list_findings, list_audits, ask_audit, upload_file, export_findings, get_finding, raise_finding,
    ],
    tags=["callbacks"],
)  # fmt: skip
