"""Saved views in the database: a person's own, and those shared with all."""

from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.kernel.people.person import Actor, Person
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.web.problems import Problem, bad_field, conflict, not_found

LONGEST_QUERY: Final = 4_000
MOST_VIEWS: Final = 100
"""Of one person and screen."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A filter under a name. `mine` says whether the reader may delete it as his own."""

    id: str
    name: str
    screen: str
    query: str
    shared: bool
    mine: bool
    owner: str


class NewView(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A view to be kept."""

    name: str
    screen: str
    query: str
    shared: bool = False


def list_views(connection: Connection[Any], *, person_id: int, screen: str) -> list[View]:
    """One's own and the shared ones of a screen ("" for all), own first."""
    rows = connection.execute(
        "select v.id, v.name, v.screen, v.query, v.shared, v.person_id = %(who)s, p.name"
        " from saved_view v join person p on p.id = v.person_id"
        " where (v.person_id = %(who)s or v.shared) and (%(screen)s = '' or v.screen = %(screen)s)"
        " order by v.person_id = %(who)s desc, v.name, v.id limit 500",
        {"who": person_id, "screen": screen},
    )
    return [View(id=str(r[0]), name=r[1], screen=r[2], query=r[3], shared=r[4], mine=r[5], owner=r[6]) for r in rows]


def create_view(connection: Connection[Any], wish: NewView, *, person: Person, actor: Actor) -> View:
    """Keep a filter under a name."""
    _check(connection, wish, person)
    row = connection.execute(
        "insert into saved_view (person_id, screen, name, query, shared) values (%s, %s, %s, %s, %s)"
        " on conflict (person_id, screen, name) do nothing returning id",
        (person.id, wish.screen, wish.name.strip(), wish.query, wish.shared),
    ).fetchone()
    if row is None:
        raise conflict(f"您已有名为“{wish.name.strip()}”的视图。请换一个名称，或先删除原来的。", code="view_taken")
    log_access(connection, actor, action="view.create.done", target=f"view {row[0]} {wish.screen} {wish.name.strip()}")
    return View(
        id=str(row[0]),
        name=wish.name.strip(),
        screen=wish.screen,
        query=wish.query,
        shared=wish.shared,
        mine=True,
        owner=person.name,
    )


def _check(connection: Connection[Any], wish: NewView, person: Person) -> None:
    if not 1 <= len(wish.name.strip()) <= 60:
        raise bad_field("name", "视图名称应为 1 到 60 个字")
    if not (wish.screen.replace("-", "").isalnum() and wish.screen.isascii() and len(wish.screen) <= 40):
        raise bad_field("screen", "页面名称有误")
    if len(wish.query) > LONGEST_QUERY:
        raise bad_field("query", f"筛选条件最多 {LONGEST_QUERY} 个字符")
    row = connection.execute(
        "select count(*) from saved_view where person_id = %s and screen = %s", (person.id, wish.screen)
    ).fetchone()
    if row and row[0] >= MOST_VIEWS:
        raise Problem(422, f"此页面您已保存 {MOST_VIEWS} 个视图。请先删除不用的。", code="too_many_views")


def delete_view(connection: Connection[Any], view_id: int, *, person: Person, actor: Actor) -> None:
    """Delete one's own view; who manages people may delete a shared one."""
    row = connection.execute(
        "delete from saved_view where id = %s and (person_id = %s or (shared and %s)) returning screen, name",
        (view_id, person.id, person.may("users.manage")),
    ).fetchone()
    if row is None:
        raise not_found("此视图（或它属于别人）")
    log_access(connection, actor, action="view.delete.done", target=f"view {view_id} {row[0]} {row[1]}")
