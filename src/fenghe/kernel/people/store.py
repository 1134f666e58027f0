"""People in the database: accounts, who is behind a session or a token, and the record of sign-ins."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection, Connection

from fenghe.kernel.people.lockout import WINDOW, Attempt
from fenghe.kernel.people.passwords import check_new_password, hash_password
from fenghe.kernel.people.person import Actor, Person
from fenghe.kernel.people.roles import ROLES, permissions_of, unknown_roles
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.values import digest
from fenghe.kernel.web.problems import Problem, bad_field, conflict, not_found

USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
LONGEST_NAME: Final = 60
LOCALES: Final = ("zh-CN", "en")
SEEN_EVERY_SECONDS: Final = 60
"""How exact `last_seen_at` is: one write a minute and person, not one a request."""

ADMINS_LOCK: Final = 7321
"""Held while roles or activity change, so that two admins cannot take the last one away from each other."""

_ACCOUNT: Final = (
    "id, username, name, roles, shops, locale, password_hash,"
    " coalesce(last_seen_at < now() - interval '1 minute', true)"
)
_USER: Final = "id, username, name, roles, shops, active, last_seen_at, created_at"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An active person as the door of the app needs him. `stamp` changes with the password and ends older sessions."""

    person: Person
    stamp: str
    seen_long_ago: bool


class UserRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person in the list of people."""

    id: str
    username: str
    name: str
    roles: list[str]
    shops: list[str] | None
    active: bool
    last_seen_at: datetime | None
    created_at: datetime


class UserChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be changed of a person; what is left out stays."""

    name: str | None = None
    roles: list[str] | None = None
    shops: list[str] | msgspec.UnsetType | None = msgspec.UNSET
    """Shops he may see; null: all."""
    active: bool | None = None
    password: str | None = None


def stamp_of(password_hash: str) -> str:
    """A session carries this of the hash it was opened with: a new password ends it."""
    return digest("session", password_hash)


async def find_account(connection: AsyncConnection[Any], person_id: int) -> Account | None:
    """The active person of a session."""
    cursor = await connection.execute(f"select {_ACCOUNT} from person where id = %s and active", (person_id,))
    row = await cursor.fetchone()
    return None if row is None else _account(row)


def find_credentials(connection: Connection[Any], username: str) -> tuple[int, str] | None:
    """(id, password hash) of an active person of that name."""
    row = connection.execute(
        "select id, password_hash from person where username = %s and active", (username.strip().lower(),)
    ).fetchone()
    return None if row is None else (int(row[0]), str(row[1]))


def get_account(connection: Connection[Any], person_id: int) -> Account:
    """The active person of that id."""
    row = connection.execute(f"select {_ACCOUNT} from person where id = %s and active", (person_id,)).fetchone()
    if row is None:
        raise not_found("此人员")
    return _account(row)


def _account(row: Sequence[Any]) -> Account:
    person = Person(
        id=row[0],
        username=row[1],
        name=row[2],
        roles=tuple(row[3]),
        permissions=permissions_of(row[3]),
        shops=None if row[4] is None else tuple(row[4]),
        locale=row[5],
    )
    return Account(person=person, stamp=stamp_of(row[6]), seen_long_ago=row[7])


async def note_seen(connection: AsyncConnection[Any], person_id: int) -> None:
    """This person is at work."""
    await connection.execute(
        "update person set last_seen_at = now() where id = %s"
        " and (last_seen_at is null or last_seen_at < now() - %s * interval '1 second')",
        (person_id, SEEN_EVERY_SECONDS),
    )


def recent_attempts(connection: Connection[Any], ip: str) -> tuple[list[Attempt], datetime]:
    """The sign-ins from this address within the lock's window, and the database's now."""
    rows = connection.execute(
        "select person, action, at from access_log where ip = %s and action like 'session.open.%%'"
        " and at > now() - %s order by at desc limit 500",
        (ip, WINDOW),
    ).fetchall()
    return [Attempt(*row) for row in rows], database_now(connection)


def database_now(connection: Connection[Any]) -> datetime:
    """The one clock that several hubs on one database share."""
    for (now,) in connection.execute("select now()"):
        return now  # type: ignore[no-any-return]  # a timestamptz
    raise LookupError("the database tells no time")


def list_users(connection: Connection[Any]) -> list[UserRow]:
    """Everybody, active first."""
    rows = connection.execute(f"select {_USER} from person order by active desc, username")
    return [_user(row) for row in rows]


def get_user(connection: Connection[Any], person_id: int) -> UserRow:
    """One person, active or not."""
    row = connection.execute(f"select {_USER} from person where id = %s", (person_id,)).fetchone()
    if row is None:
        raise not_found("此人员")
    return _user(row)


def _user(row: Sequence[Any]) -> UserRow:
    return UserRow(
        id=str(row[0]),
        username=row[1],
        name=row[2],
        roles=row[3],
        shops=row[4],
        active=row[5],
        last_seen_at=row[6],
        created_at=row[7],
    )


def list_owners(connection: Connection[Any], roles: Sequence[str]) -> list[tuple[str, str]]:
    """(id, name) of every active person with one of these roles."""
    rows = connection.execute(
        "select id, name from person where active and roles && %s::text[] order by name, id", (list(roles),)
    )
    return [(str(row[0]), row[1]) for row in rows]


def create_person(
    connection: Connection[Any],
    *,
    username: str,
    name: str,
    roles: Sequence[str],
    password: str,
    actor: Actor,
    shops: Sequence[str] | None = None,
) -> int:
    """A new person's id; raises a Problem in words for a bad or taken name, an unknown role, a weak password."""
    username = username.strip().lower()
    if not USERNAME.fullmatch(username):
        raise bad_field("username", "用户名为 2 到 32 位小写字母、数字、点、下划线或短横，以字母或数字开头")
    roles = _checked_roles(roles)
    check_new_password(password, username=username)
    row = connection.execute(
        "insert into person (username, name, password_hash, roles, shops) values (%s, %s, %s, %s, %s)"
        " on conflict (username) do nothing returning id",
        (username, _checked_name(name), hash_password(password), roles, None if shops is None else list(shops)),
    ).fetchone()
    if row is None:
        raise conflict(f"用户名 {username} 已有人使用。请换一个。", code="username_taken")
    log_access(connection, actor, action="person.create.done", target=f"person {row[0]} {username} {','.join(roles)}")
    return int(row[0])


def _checked_name(name: str) -> str:
    stripped = name.strip()
    if not 1 <= len(stripped) <= LONGEST_NAME:
        raise bad_field("name", f"姓名应为 1 到 {LONGEST_NAME} 个字")
    return stripped


def _checked_roles(roles: Sequence[str]) -> list[str]:
    if unknown := unknown_roles(roles):
        raise bad_field("roles", f"没有角色 {'、'.join(unknown)}，可用的有 {'、'.join(ROLES)}")
    return sorted(set(roles))


def change_person(connection: Connection[Any], person_id: int, change: UserChange, *, actor: Actor) -> UserRow:
    """Change a person; at least one active admin stays, whatever two admins do at once."""
    connection.execute("select pg_advisory_xact_lock(%s)", (ADMINS_LOCK,))
    before = get_user(connection, person_id)
    name = before.name if change.name is None else _checked_name(change.name)
    roles = before.roles if change.roles is None else _checked_roles(change.roles)
    active = before.active if change.active is None else change.active
    shops = before.shops if change.shops is msgspec.UNSET else change.shops
    connection.execute(
        "update person set name = %s, roles = %s, shops = %s, active = %s where id = %s",
        (name, roles, shops, active, person_id),
    )
    _demand_an_admin(connection, before)
    told = f"person {person_id} {before.username}"
    if change.password is not None:
        check_new_password(change.password, username=before.username)
        store_password(connection, person_id, hash_password(change.password))
        log_access(connection, actor, action="person.password.reset", target=told)
    if roles != before.roles:
        moved = f"{told} {','.join(before.roles)} > {','.join(roles)}"
        log_access(connection, actor, action="person.roles.changed", target=moved)
    if active != before.active:
        log_access(connection, actor, action="person.activity.changed", target=f"{told} {'on' if active else 'off'}")
    if shops != before.shops:
        log_access(
            connection, actor, action="person.shops.changed", target=f"{told} {_told(before.shops)} > {_told(shops)}"
        )
    if name != before.name:
        log_access(connection, actor, action="person.name.changed", target=told)
    return get_user(connection, person_id)


def _told(shops: Sequence[str] | None) -> str:
    return "all" if shops is None else ",".join(shops) or "none"


def _demand_an_admin(connection: Connection[Any], before: UserRow) -> None:
    if "admin" not in before.roles or not before.active:
        return
    row = connection.execute("select count(*) from person where active and 'admin' = any(roles)").fetchone()
    if row is None or row[0] == 0:
        raise Problem(422, "这是最后一位在岗的管理员。请先让另一位成为管理员，再做此更改。", code="last_admin")


def store_password(connection: Connection[Any], person_id: int, password_hash: str) -> None:
    """Set the hash; every session opened with the old one is over."""
    connection.execute("update person set password_hash = %s where id = %s", (password_hash, person_id))


def set_locale(connection: Connection[Any], person_id: int, locale: str) -> None:
    """The language of this person's screens."""
    if locale not in LOCALES:
        raise bad_field("locale", f"语言只能是 {'、'.join(LOCALES)}")
    connection.execute("update person set locale = %s where id = %s", (locale, person_id))


def names_of(connection: Connection[Any], usernames: Sequence[str]) -> dict[str, str]:
    """What people are called, by user name."""
    rows = connection.execute("select username, name from person where username = any(%s)", (sorted(set(usernames)),))
    return {row[0]: row[1] for row in rows}
