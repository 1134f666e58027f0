"""API tokens in the database: only their digest is kept, so that nobody can read one back."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection, Connection

from fenghe.kernel.people.person import Actor, Person
from fenghe.kernel.people.roles import permissions_of, unknown_permissions
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.web.problems import Problem, bad_field, not_found

PREFIX: Final = "fh_"
SHOWN: Final = 10
"""Characters of a token that stay visible, to tell one from another."""
LONGEST_DAYS: Final = 366
MOST_TOKENS: Final = 50
SESSION_ONLY: Final = frozenset({"users.manage", "tokens.manage"})
"""Rights that no token can carry: a token must not be able to make people or further tokens."""


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A token in the list; the secret itself is nowhere."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    owner: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token just made: the only time its secret is told."""

    token: str
    id: str
    name: str
    prefix: str
    scopes: list[str]
    expires_at: datetime


def digest_of(token: str) -> bytes:
    """What is stored. The secret has 256 random bits, so a plain digest is enough."""
    return hashlib.sha256(token.encode()).digest()


async def find_bearer(connection: AsyncConnection[Any], token: str) -> tuple[Person, bool] | None:
    """(person with the token's rights, was it used long ago) of a valid token; None for any other text."""
    cursor = await connection.execute(
        "select t.id, t.scopes, p.id, p.username, p.name, p.roles, p.shops, p.locale,"
        " coalesce(t.last_used_at < now() - interval '1 minute', true)"
        " from api_token t join person p on p.id = t.person_id"
        " where t.secret_digest = %s and t.revoked_at is null and p.active"
        " and (t.expires_at is null or t.expires_at > now())",
        (digest_of(token),),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    person = Person(
        id=row[2],
        username=row[3],
        name=row[4],
        roles=tuple(row[5]),
        permissions=(permissions_of(row[5]) & frozenset(row[1])) - SESSION_ONLY,
        shops=None if row[6] is None else tuple(row[6]),
        locale=row[7],
        token_id=row[0],
    )
    return person, row[8]


async def note_used(connection: AsyncConnection[Any], token_id: int) -> None:
    """The token was used; written once a minute at most."""
    await connection.execute(
        "update api_token set last_used_at = now() where id = %s"
        " and (last_used_at is null or last_used_at < now() - interval '1 minute')",
        (token_id,),
    )


def list_tokens(connection: Connection[Any], *, person_id: int | None) -> list[TokenRow]:
    """Tokens that are not revoked, of one person or (None) of everybody."""
    rows = connection.execute(
        "select t.id, t.name, t.prefix, t.scopes, p.username, t.created_at, t.last_used_at, t.expires_at"
        " from api_token t join person p on p.id = t.person_id"
        " where t.revoked_at is null and (%(who)s::bigint is null or t.person_id = %(who)s) order by t.id desc",
        {"who": person_id},
    )
    return [
        TokenRow(
            id=str(r[0]),
            name=r[1],
            prefix=r[2],
            scopes=r[3],
            owner=r[4],
            created_at=r[5],
            last_used_at=r[6],
            expires_at=r[7],
        )
        for r in rows
    ]


def create_token(
    connection: Connection[Any], *, person: Person, name: str, scopes: Sequence[str], days: int, actor: Actor
) -> NewToken:
    """A new token of this person; it can do no more than he can, now or later."""
    _check(connection, person=person, name=name, scopes=scopes, days=days)
    token = PREFIX + secrets.token_urlsafe(32)
    granted = sorted(set(scopes))
    row = connection.execute(
        "insert into api_token (person_id, name, prefix, secret_digest, scopes, expires_at)"
        " values (%s, %s, %s, %s, %s, now() + %s * interval '1 day') returning id, expires_at",
        (person.id, name.strip(), token[:SHOWN], digest_of(token), granted, days),
    ).fetchone()
    if row is None:
        raise LookupError("the token just written is not there")
    told = f"token {row[0]} {token[:SHOWN]} {','.join(granted)}"
    log_access(connection, actor, action="token.create.done", target=told)
    return NewToken(
        token=token, id=str(row[0]), name=name.strip(), prefix=token[:SHOWN], scopes=granted, expires_at=row[1]
    )


def _check(connection: Connection[Any], *, person: Person, name: str, scopes: Sequence[str], days: int) -> None:
    if not 1 <= len(name.strip()) <= 60:
        raise bad_field("name", "令牌名称应为 1 到 60 个字")
    if not 1 <= days <= LONGEST_DAYS:
        raise bad_field("expires_days", f"有效期应为 1 到 {LONGEST_DAYS} 天")
    if not scopes:
        raise bad_field("scopes", "请至少选择一项权限")
    if unknown := unknown_permissions(scopes):
        raise bad_field("scopes", f"没有权限 {'、'.join(unknown)}")
    if beyond := [one for one in scopes if not person.may(one) or one in SESSION_ONLY]:
        raise bad_field("scopes", f"令牌不能拥有 {'、'.join(beyond)}：它超出了您的权限，或只能在页面上使用")
    row = connection.execute(
        "select count(*) from api_token where person_id = %s and revoked_at is null", (person.id,)
    ).fetchone()
    if row and row[0] >= MOST_TOKENS:
        raise Problem(422, f"您已有 {MOST_TOKENS} 个令牌。请先撤销不再使用的令牌。", code="too_many_tokens")


def revoke_token(connection: Connection[Any], token_id: int, *, person_id: int | None, actor: Actor) -> None:
    """End a token at once; of one person only, or (None) of anybody."""
    row = connection.execute(
        "update api_token set revoked_at = now() where id = %(id)s and revoked_at is null"
        " and (%(who)s::bigint is null or person_id = %(who)s) returning prefix",
        {"id": token_id, "who": person_id},
    ).fetchone()
    if row is None:
        raise not_found("此令牌")
    log_access(connection, actor, action="token.revoke.done", target=f"token {token_id} {row[0]}")
