"""Everybody's own inbox over HTTP (站内信): the bell, the list, what is read, what one wants to hear of."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from psycopg import Connection

from fenghe.kernel.listing import Listing, listing
from fenghe.kernel.notices import store_mail
from fenghe.kernel.notices.notice import EVENTS
from fenghe.kernel.notices.store_mail import Mail, MailFilter, Preference
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.routes_listing import filtered
from fenghe.kernel.web.paging import Paging
from fenghe.kernel.web.routes_support import ANY_PERSON, ApiRequest, current_person, hub_of, paged


class Bell(msgspec.Struct, frozen=True):
    """How many letters wait; counted as far as a bell shows."""

    unread: int


class ReadBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which letters (null: all), and whether they are read now."""

    ids: list[str] | None = None
    read: bool = True


class Changed(msgspec.Struct, frozen=True):
    """How many changed."""

    changed: int


class EventWord(msgspec.Struct, frozen=True):
    """One kind of happening."""

    event: str
    title: str


class MyPreference(msgspec.Struct, frozen=True, kw_only=True):
    """What one wants, and what there is to choose from."""

    preference: Preference
    events: Sequence[EventWord]


@get("/api/notices", opt=ANY_PERSON, dependencies={**paged("shown_at", default="-shown_at"), **filtered(MailFilter)})
async def list_mail(
    request: ApiRequest, paging: NamedDependency[Paging], asked: NamedDependency[MailFilter]
) -> Listing[Mail]:
    """自己的站内信，最新在前。"""
    mine = current_person(request).id
    rows, counts = await hub_of(request).sync(store_mail.page, asked, person_id=mine, paging=paging)
    return listing(rows, counts=counts, paging=paging)


@get("/api/notices/unread", opt=ANY_PERSON)
async def count_unread(request: ApiRequest) -> Bell:
    """未读数，铃铛上的数字。"""
    return Bell(await hub_of(request).sync(store_mail.unread, current_person(request).id))


@post("/api/notices/read", opt=ANY_PERSON, status_code=200)
async def mark_mail(request: ApiRequest, data: JSONBody[ReadBody]) -> Changed:
    """标为已读或未读；ids 为空即全部。"""
    return Changed(await hub_of(request).sync(_mark, current_person(request).id, ids=data.ids, read=data.read))


def _mark(connection: Connection[Any], person_id: int, *, ids: Sequence[str] | None, read: bool) -> int:
    changed = store_mail.mark_read(connection, person_id, ids, read=read)
    if changed:
        beat(connection, ("notices",))
    return changed


@get("/api/notices/preferences", opt=ANY_PERSON)
async def get_preference(request: ApiRequest) -> MyPreference:
    """自己的通知偏好。"""
    wish = await hub_of(request).sync(store_mail.preference, current_person(request).id)
    return MyPreference(preference=wish, events=[EventWord(*pair) for pair in EVENTS.items()])


@put("/api/notices/preferences", opt=ANY_PERSON)
async def set_preference(request: ApiRequest, data: JSONBody[Preference]) -> Preference:
    """修改自己的通知偏好：不想听的类型与事件、免打扰时间。"""
    return await hub_of(request).sync(store_mail.set_preference, current_person(request).id, data)


@post("/api/notices/test", opt=ANY_PERSON, status_code=200)
async def send_test(request: ApiRequest) -> None:
    """给自己发一条测试站内信。"""
    await hub_of(request).sync(_test, current_person(request).id)


def _test(connection: Connection[Any], person_id: int) -> None:
    store_mail.put_test(connection, person_id)
    beat(connection, ("notices",))


router = Router(
    "/",
    route_handlers=[list_mail, count_unread, mark_mail, get_preference, set_preference, send_test],
    tags=["notices"],
)
