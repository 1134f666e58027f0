"""Searches over HTTP (凭证寻踪): begun by whoever reconciles, looked at by whoever may see money."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from psycopg import Connection

from fenghe.kernel.routes_listing import room_hub
from fenghe.kernel.store_reading import Row
from fenghe.kernel.web.paging import read_id
from fenghe.kernel.web.problems import not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, requires
from fenghe.money import store_seeking as store
from fenghe.money.routes_trace import checked_number
from fenghe.money.tasks_trace import Several, find_chain, names_of, unknown_key
from fenghe.money.trace_numbers import Found

VIEW: Final = "money.view"
SEEK: Final = "money.reconcile"
WHO: Final[Mapping[str, str]] = {
    "provider": "支付机构", "channel": "销售渠道", "carrier": "承运商", "bill": "账单", "files": "文件与报文",
}  # fmt: skip
STATUS: Final[Mapping[str, str]] = {
    "waiting": "进行中", "found": "有新证据", "nothing": "没有", "failed": "没问成", "not_asked": "没有问", "late": "还没答复",
}  # fmt: skip


class SearchWish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be searched for: a number's whole chain, or one gap of it by its name; `which` of several chains."""

    number: str
    which: str = ""
    gap: str = ""


class SearchQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Who was asked what, when, and the answer in plain words. `evidence`: how much it attached to the chain."""

    who: str
    who_title: str
    source: str
    source_title: str
    words: str
    status: str
    status_title: str
    answer: str
    message_id: str | None
    evidence: int
    asked_at: datetime
    answered_at: datetime | None


class SearchGap(msgspec.Struct, frozen=True, kw_only=True):
    """A gap the search was about, and whether it is closed."""

    name: str
    words: str
    closed: bool


class SearchView(msgspec.Struct, frozen=True, kw_only=True):
    """One search: who began it about what, whom it asked, and which gaps it closed."""

    id: str
    number: str
    which: str
    gap: str
    words: str
    status: str
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    gaps: Sequence[SearchGap]
    closed: int
    questions: Sequence[SearchQuestion]
    how: str = ""
    """Of a wish: begun, joined (one is under way), former (the same was made minutes ago)."""


def view_of(row: Row, how: str = "") -> SearchView:
    """One search as the screens are told it."""
    done = row["gaps_after"] is not None
    still = {one["name"] for one in row["gaps_after"] or ()}
    gaps = [
        SearchGap(name=one["name"], words=one["words"], closed=done and one["name"] not in still)
        for one in row["gaps_before"]
    ]
    return SearchView(
        id=str(row["id"]),
        number=row["number"],
        which=row["which"],
        gap=row["scope"],
        words=row["scope_words"],
        status=row["status"],
        asked_by=row["asked_by"],
        asked_at=row["asked_at"],
        finished_at=row["finished_at"],
        gaps=gaps,
        closed=sum(one.closed for one in gaps),
        questions=[_question(one) for one in row["questions"]],
        how=how,
    )


def _question(row: Row) -> SearchQuestion:
    return SearchQuestion(
        who=row["who"],
        who_title=WHO[row["who"]],
        source=row["source"],
        source_title=row["source_title"],
        words=row["words"],
        status=row["status"],
        status_title=STATUS[row["status"]],
        answer=row["answer"],
        message_id=None if row["message_id"] is None else str(row["message_id"]),
        evidence=row["evidence"],
        asked_at=row["asked_at"],
        answered_at=row["answered_at"],
    )


@post("/api/trace/searches", guards=[requires(SEEK)])
async def begin_search(request: ApiRequest, data: JSONBody[SearchWish]) -> SearchView:
    """Ask providers, channels, carriers and files for what a chain lacks; the search that stands already is given instead."""
    hub, actor = room_hub(request), actor_of(request)
    number = checked_number(data.number)
    started = await hub.seek(actor.person, actor.ip, number=number, which=data.which, gap=data.gap)

    def read(connection: Connection[Any]) -> SearchView:
        row = store.search(connection, started.id)
        assert row is not None
        return view_of(row, started.how)

    return await hub.sync(read)


@get("/api/trace/searches", guards=[requires(VIEW)])
async def list_searches(
    request: ApiRequest, number: FromQuery[str] = "", which: FromQuery[str] = ""
) -> list[SearchView]:
    """The searches about a number's chain, or the newest about any, the newest first."""

    def read(connection: Connection[Any]) -> list[SearchView]:
        if not number.strip():
            return [view_of(row) for row in store.recent(connection)]
        return [view_of(row) for row in store.searches(connection, keys_of(connection, checked_number(number), which))]

    return await room_hub(request).sync(read)


def keys_of(connection: Connection[Any], number: str, which: str) -> list[str]:
    """What searches about this number's chain are called, also those made before anybody knew it."""
    found = find_chain(connection, number, which=which)
    names = [unknown_key(name) for name in names_of(number)]
    if isinstance(found, Found):
        return [found.numbers.key, *names]
    return [one.numbers.key for one in found.choices] if isinstance(found, Several) else names


@get("/api/trace/searches/{search_id:str}", guards=[requires(VIEW)])
async def get_search(request: ApiRequest, search_id: FromPath[str]) -> SearchView:
    """One search as it stands."""
    number = read_id(search_id)
    row = await room_hub(request).sync(lambda connection: store.search(connection, number))
    if row is None:
        raise not_found(f"寻踪 {search_id}")
    return view_of(row)


router = Router("/", route_handlers=[begin_search, list_searches, get_search], tags=["trace"])
