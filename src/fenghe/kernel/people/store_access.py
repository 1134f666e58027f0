"""The access log (访问记录): who saw and did what, written in the transaction of the deed, never changed."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg import Connection

from fenghe.kernel.people.person import Actor

INSERT = "insert into access_log (person, ip, action, target) values (%s, %s, %s, %s)"
LONGEST_TARGET = 500


def log_access(connection: Connection[Any], actor: Actor, *, action: str, target: str = "") -> None:
    """Note one deed; `action` is `noun.verb.outcome`, as in `case.rule.done`."""
    connection.execute(INSERT, (actor.person, actor.ip, action, target[:LONGEST_TARGET]))


class AccessRow(msgspec.Struct, frozen=True, kw_only=True):
    """One deed in the list."""

    at: datetime
    user: str
    ip: str
    action: str
    target: str


def list_access(connection: Connection[Any], *, user: str, text: str, limit: int) -> list[AccessRow]:
    """The newest deeds, of one person (exact) and with a text in action or target."""
    rows = connection.execute(
        "select at, person, ip, action, target from access_log where (%(user)s = '' or person = %(user)s)"
        " and (%(text)s = '' or strpos(action || ' ' || target || ' ' || ip, %(text)s) > 0)"
        " order by at desc, id desc limit %(limit)s",
        {"user": user, "text": text, "limit": limit},
    )
    return [AccessRow(at=r[0], user=r[1], ip=r[2], action=r[3], target=r[4]) for r in rows]
