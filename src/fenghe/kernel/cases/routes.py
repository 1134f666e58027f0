"""Cases over HTTP (工单): the queue, both sides' evidence, ruling, comments, assignment, and all of it in bulk."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from psycopg import Connection

from fenghe.kernel.cases import store
from fenghe.kernel.cases.kinds import decisions
from fenghe.kernel.cases.rows import CaseDetail, CaseRow, case_detail, case_row
from fenghe.kernel.cases.store_raising import SETTLED, settle_case
from fenghe.kernel.listing import BulkFailure, BulkResult, Listing, check_expected, listing, read_filter
from fenghe.kernel.people.person import Actor, Person
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.room import RoomHub
from fenghe.kernel.routes_listing import filtered, room_hub
from fenghe.kernel.store_reading import Row, stream
from fenghe.kernel.store_subjects import source_titles, subjects
from fenghe.kernel.timeline import Story
from fenghe.kernel.web.exporting import Cell, ExportFormat
from fenghe.kernel.web.paging import Paging, read_id
from fenghe.kernel.web.problems import Problem, bad_field, conflict, not_found
from fenghe.kernel.web.routes_support import (
    ApiRequest,
    actor_of,
    current_person,
    export_response,
    paged,
    requires,
)

LONGEST_REASON: Final = 500
MONEY: Final = ("payment", "refund")
"""Subjects whose cases are also the business of who reconciles."""
_TOPICS: Final = ("cases", "orders", "workbench")
_SORTED: Final = paged(*store.SORTS, default=store.DEFAULT_SORT)


class RulingBody(msgspec.Struct, frozen=True, kw_only=True):
    """A decision with its reason."""

    decision: str
    reason: str


class CommentBody(msgspec.Struct, frozen=True, kw_only=True):
    """A comment."""

    text: str


class AssignBody(msgspec.Struct, frozen=True, kw_only=True):
    """An owner: a person's id, `me`, or null for nobody; a due time if it is to change."""

    owner: str | None
    due_at: datetime | msgspec.UnsetType | None = msgspec.UNSET


class BulkBody(msgspec.Struct, frozen=True, kw_only=True):
    """One act on many cases: those ticked, or all that a filter finds (`expected`: how many the person saw)."""

    action: Literal["ruling", "assign", "comment"]
    ids: Sequence[str] | None = None
    filter: dict[str, Any] | None = None
    expected: int | None = None
    decision: str = ""
    reason: str = ""
    owner: str | None = None
    due_at: datetime | msgspec.UnsetType | None = msgspec.UNSET
    text: str = ""


@get("/api/cases", guards=[requires("orders.view")], dependencies={**_SORTED, **filtered(store.CaseFilter)})
async def list_cases(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[store.CaseFilter]
) -> Listing[CaseRow]:
    """The queue."""
    hub = room_hub(request)
    rows, counts = await hub.sync(store.page, asked, person=current_person(request), paging=paging)
    return listing([case_row(row, hub.titles) for row in rows], counts=counts, paging=paging)


@get(
    "/api/cases/export",
    guards=[requires("exports.create")],
    dependencies={**_SORTED, **filtered(store.CaseFilter)},
)
async def export_cases(
    request: ApiRequest,
    format: FromQuery[ExportFormat],  # noqa: A002 - the parameter's name in the address
    paging: NamedDependency[Paging],
    asked: NamedDependency[store.CaseFilter],
) -> Stream:
    """The queue as a file."""
    hub = room_hub(request)
    query, values = await hub.sync(
        _begin_export, asked, person=current_person(request), paging=paging, actor=actor_of(request)
    )
    rows = _export_rows(hub, query, values)
    return await export_response(EXPORTED, rows, file_format=format, filename="工单")


EXPORTED: Final = (
    "工单号", "类型", "级别", "状态", "标题", "对象", "订单号", "我方状态", "对方状态", "相差节点", "原因", "负责人",
    "到期时间", "发现时间", "关闭时间", "处理结果", "处理人",
)  # fmt: skip
_LEVELS: Final = {"low": "低", "medium": "中", "high": "高"}
_STATUSES: Final = {"open": "待处理", "resolved": "已裁定", "self_closed": "自动关闭"}


def _begin_export(
    connection: Connection[Any], asked: store.CaseFilter, *, person: Person, paging: Paging, actor: Actor
) -> tuple[str, dict[str, Any]]:
    log_access(connection, actor, action="case.export.done", target=str(msgspec.to_builtins(asked)))
    return store.everything(connection, asked, person=person, paging=paging)


async def _export_rows(hub: RoomHub, query: str, values: dict[str, Any]) -> AsyncIterator[Sequence[Cell]]:
    async for row in stream(hub.pool, query, values):
        case = case_row(row, hub.titles)
        yield (
            case.id, case.kind_title, _LEVELS[case.severity], _STATUSES[case.status], case.title, case.subject_label,
            case.order_no, case.ours_title, case.theirs_title, case.distance, case.reason,
            case.owner.name if case.owner else None, case.due_at, case.opened_at, case.closed_at, case.resolution_title,
            case.resolved_by,
        )  # fmt: skip


@get("/api/cases/{case_id:str}", guards=[requires("orders.view")])
async def get_case(request: ApiRequest, case_id: FromPath[str]) -> CaseDetail:
    """A case with both sides' evidence."""
    return await _detail(request, read_id(case_id))


async def _detail(request: ApiRequest, case_id: int) -> CaseDetail:
    hub = room_hub(request)
    return await hub.sync(read_detail, hub, case_id=case_id, shops=current_person(request).shops)


def read_detail(connection: Connection[Any], hub: RoomHub, *, case_id: int, shops: Sequence[str] | None) -> CaseDetail:
    """The case's page, in five statements."""
    row = store.find_case(connection, case_id, shops=shops)
    if row is None:
        raise not_found(f"工单 {case_id}")
    known = subjects(connection, [row["subject_id"]]).get(row["subject_id"]) if row["subject_id"] else None
    story = None
    if known is not None:
        effects = hub.explain(known.kind, known.key, known.history).effects
        story = Story(kind=known.kind, label=known.label, history=known.history, effects=effects)
    return case_detail(
        row,
        store.entries_of(connection, case_id),
        story=story,
        path=known.path if known else (),
        policy=hub.policy(row["rule_version"]),
        titles=hub.titles.named(source_titles(connection)),
    )


@post("/api/cases/{case_id:str}/ruling", guards=[requires("cases.rule", "money.reconcile")], status_code=200)
async def rule_case(request: ApiRequest, case_id: FromPath[str], data: JSONBody[RulingBody]) -> CaseDetail:
    """Settle a case, or ask again; 409 when somebody else was first."""
    number, reason = read_id(case_id), _reason(data.reason)
    hub, person = room_hub(request), current_person(request)
    await hub.sync(_may_rule, number, person=person)
    await _rule(request, number, decision=data.decision, reason=reason)
    await hub.sync(beat, _TOPICS)
    return await _detail(request, number)


def _may_rule(connection: Connection[Any], case_id: int, *, person: Person) -> None:
    """Who reconciles may also rule on what is said of payments and refunds, and on nothing else."""
    case = store.find_case(connection, case_id, shops=person.shops)
    if case is None:
        raise not_found(f"工单 {case_id}")
    if not person.may("cases.rule") and case["subject_kind"] not in MONEY:
        raise Problem(
            403, "这个工单不是资金的事,需要权限 “裁定工单”(cases.rule)。请转给客服或运营。", code="right_missing"
        )


def _must_see(connection: Connection[Any], case_id: int, *, person: Person) -> None:
    if store.find_case(connection, case_id, shops=person.shops) is None:
        raise not_found(f"工单 {case_id}")


async def _rule(request: ApiRequest, case_id: int, *, decision: str, reason: str) -> None:
    actor = actor_of(request)
    if decision == SETTLED:
        await room_hub(request).sync(_settle, case_id, reason=reason, actor=actor)
        return
    await room_hub(request).rule(actor.person, actor.ip, case_id=case_id, decision=decision, reason=reason)


def _settle(connection: Connection[Any], case_id: int, *, reason: str, actor: Actor) -> None:
    case = store.find_case(connection, case_id, shops=None)
    if case is not None and case["status"] == "open" and SETTLED not in decisions(case["kind"], "open"):
        raise Problem(422, "这类工单不能这样裁定,请从列出的选项里选一个。", code="decision_unfit")
    settle_case(connection, case_id, reason=reason, actor=actor)


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise bad_field("reason", f"请填写理由,1 到 {LONGEST_REASON} 个字")
    return reason


@post("/api/cases/{case_id:str}/comments", guards=[requires("orders.view")], status_code=201)
async def comment_case(request: ApiRequest, case_id: FromPath[str], data: JSONBody[CommentBody]) -> CaseDetail:
    """Say something on a case."""
    number = read_id(case_id)
    await room_hub(request).sync(
        _comment, [number], text=data.text, person=current_person(request), actor=actor_of(request)
    )
    return await _detail(request, number)


def _comment(connection: Connection[Any], ids: Sequence[int], *, text: str, person: Person, actor: Actor) -> None:
    for case_id in ids if len(ids) == 1 else ():
        _must_see(connection, case_id, person=person)
    store.comment(connection, ids, text=text, actor=actor)
    beat(connection, ("cases",))


@post("/api/cases/{case_id:str}/assign", guards=[requires("cases.assign", "cases.rule")], status_code=200)
async def assign_case(request: ApiRequest, case_id: FromPath[str], data: JSONBody[AssignBody]) -> CaseDetail:
    """Give a case an owner, claim it or let it go."""
    number, person = read_id(case_id), current_person(request)
    owner = _owner(data.owner, person)
    await room_hub(request).sync(
        _assign_one, number, owner_id=owner, due_at=data.due_at, person=person, actor=actor_of(request)
    )
    return await _detail(request, number)


def _owner(word: str | None, person: Person) -> int | None:
    """Who is meant; without the right to assign one may only claim or let go."""
    owner = person.id if word == "me" else None if word is None else read_id(word, "owner")
    if owner not in (None, person.id) and not person.may("cases.assign"):
        raise Problem(403, "您只能领取或放下工单,指派给别人需要权限“分派工单”(cases.assign)。", code="right_missing")
    return owner


def _assign_one(
    connection: Connection[Any],
    case_id: int,
    *,
    owner_id: int | None,
    due_at: datetime | msgspec.UnsetType | None,
    person: Person,
    actor: Actor,
) -> None:
    case = store.find_case(connection, case_id, shops=person.shops)
    if case is None:
        raise not_found(f"工单 {case_id}")
    holder = None if person.may("cases.assign") else person.id
    if not store.assign(connection, [case_id], owner_id=owner_id, due_at=due_at, actor=actor, holder=holder):
        raise _unassignable(store.find_case(connection, case_id, shops=None) or case)
    beat(connection, ("cases",))


def _unassignable(case: Row) -> Problem:
    if case["status"] != "open":
        return store.already_settled(case)
    return conflict(f"{case['owner_name']} 已经领取了这个工单。请刷新,或请有分派权限的人改派。", code="case_taken")


@post("/api/cases/bulk", guards=[requires("cases.rule", "cases.assign", "orders.view")], status_code=200)
async def act_on_cases(request: ApiRequest, data: JSONBody[BulkBody]) -> BulkResult:
    """One act on many cases; what could not be done is told row by row."""
    person, actor, hub = current_person(request), actor_of(request), room_hub(request)
    _check_right(person, data.action)
    ids = await hub.sync(store.matching, _bulk_filter(data), person=person)
    check_expected(len(ids), data.expected)
    match data.action:
        case "comment":
            await hub.sync(_comment, ids, text=data.text, person=person, actor=actor)
            return BulkResult(matched=len(ids), changed=len(ids))
        case "assign":
            owner = _owner(data.owner, person)
            holder = None if person.may("cases.assign") else person.id
            changed = await hub.sync(store.assign, ids, owner_id=owner, due_at=data.due_at, actor=actor, holder=holder)
            failed = [BulkFailure(str(one), "已关闭,或已被他人领取") for one in ids if one not in changed]
        case "ruling":
            reason = _reason(data.reason)
            failed = await _rule_all(request, ids, decision=data.decision, reason=reason)
    await hub.sync(beat, _TOPICS)
    return BulkResult(matched=len(ids), changed=len(ids) - len(failed), failed=failed)


def _check_right(person: Person, action: str) -> None:
    wanted = {"ruling": ("cases.rule",), "assign": ("cases.assign", "cases.rule"), "comment": ("orders.view",)}[action]
    if not any(person.may(right) for right in wanted):
        raise Problem(403, f"需要权限 {'或'.join(wanted)}。请联系管理员为您的角色开通。", code="right_missing")


def _bulk_filter(data: BulkBody) -> store.CaseFilter:
    if (data.ids is None) == (data.filter is None):
        raise bad_field("ids", "请给出 ids 或 filter 其中之一")
    if data.ids is not None:
        if not data.ids:
            raise bad_field("ids", "没有选中任何工单")
        return store.CaseFilter(ids=",".join(data.ids), status="all")
    return read_filter(store.CaseFilter, (data.filter or {}).items())


async def _rule_all(request: ApiRequest, ids: Sequence[int], *, decision: str, reason: str) -> list[BulkFailure]:
    """One after another, each in its own transaction: what fails does not hold up the rest."""
    failed: list[BulkFailure] = []
    for case_id in ids:
        try:
            await _rule(request, case_id, decision=decision, reason=reason)
        except Problem as problem:
            failed.append(BulkFailure(str(case_id), problem.detail))
    return failed


router = Router(
    "/",
    route_handlers=[
        list_cases, export_cases, get_case, rule_case, comment_case, assign_case, act_on_cases,
    ],
    tags=["cases"],
)  # fmt: skip
