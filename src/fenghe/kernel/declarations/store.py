"""Declarations in the database: published versions are immutable, the newest is in force; one draft per declaration."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import orjson
from psycopg import Connection
from psycopg.errors import LockNotAvailable

from fenghe.kernel.web.problems import Problem


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """One published version."""

    kind: str
    name: str
    version: int
    body: Any
    note: str
    author: str
    published_at: datetime
    rolled_back_to: int | None


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The one draft of a declaration; `revision` guards against two editors."""

    body: Any
    base_version: int
    revision: int
    author: str
    updated_at: datetime


class DraftMoved(Exception):
    """Somebody else saved this draft meanwhile; load it again before saving."""

    def __init__(self, draft: Draft | None) -> None:
        super().__init__("draft has moved")
        self.draft = draft


class NothingToPublish(Exception):
    """There is no draft to publish."""


class NoSuchVersion(Exception):
    """This version was never published."""


_VERSION = "kind, name, version, body, note, author, published_at, rolled_back_to"


JUDGING_LOCK = 7313
"""Shared by every batch that judges, exclusive while a publication takes effect."""


def hold_in_force(connection: Connection[Any]) -> None:
    """Until this transaction ends no publication takes effect: what is read now is what the batch is judged by."""
    connection.execute("select pg_advisory_xact_lock_shared(%s, 0)", (JUDGING_LOCK,))


_PATIENCE = "30s"
"""How long a publication waits for a lock before it is given up."""


def hold_judging(connection: Connection[Any]) -> None:
    """Let batches that read the old declarations finish, and start none until this transaction ends.

    Without it a message in flight would be judged by what was in force after its replay had been ordered.
    """
    connection.execute("select set_config('lock_timeout', %s, true)", (_PATIENCE,))
    try:
        connection.execute("select pg_advisory_xact_lock(%s, 0)", (JUDGING_LOCK,))
    except LockNotAvailable:
        told = "正在研判的一批报文迟迟没有结束,没有发布。请稍后再试。"
        raise Problem(503, told, code="judging_busy", retry_after_seconds=10) from None


def newest_id(connection: Connection[Any]) -> int:
    """Grows with every publication: a cheap question for caches."""
    row = connection.execute("select coalesce(max(id), 0) from declaration_version").fetchone()
    return int(row[0]) if row else 0


def in_force(connection: Connection[Any]) -> list[Published]:
    """The newest version of every declaration that was ever published."""
    return [
        _published(row)
        for row in connection.execute(
            f"select distinct on (kind, name) {_VERSION} from declaration_version order by kind, name, version desc".encode()
        )
    ]


def in_force_of_kind(connection: Connection[Any], kind: str) -> list[Published]:
    """The newest version of every declaration of a kind."""
    return [
        _published(row)
        for row in connection.execute(
            f"select distinct on (name) {_VERSION} from declaration_version where kind = %s"
            " order by name, version desc".encode(),
            (kind,),
        )
    ]


def newest(connection: Connection[Any], kind: str, name: str) -> Published | None:
    """The version in force, None when none was ever published."""
    row = connection.execute(
        f"select {_VERSION} from declaration_version where kind = %s and name = %s order by version desc limit 1".encode(),
        (kind, name),
    ).fetchone()
    return _published(row) if row else None


def is_known(connection: Connection[Any], kind: str, name: str) -> bool:
    """Whether somebody ever published this one or is drafting it."""
    row = connection.execute(
        "select exists (select from declaration_version where kind = %(kind)s and name = %(name)s) or exists"
        " (select from declaration_draft where kind = %(kind)s and name = %(name)s)",
        {"kind": kind, "name": name},
    ).fetchone()
    return bool(row and row[0])


def drafted(connection: Connection[Any], kind: str) -> set[str]:
    """Names of the declarations of a kind that somebody is editing."""
    return {row[0] for row in connection.execute("select name from declaration_draft where kind = %s", (kind,))}


def active_people(connection: Connection[Any], roles: Sequence[str]) -> int:
    """How many active people have one of these roles."""
    row = connection.execute(
        "select count(*) from person where active and roles && %s::text[]", (list(roles),)
    ).fetchone()
    return int(row[0]) if row else 0


TRIALS = 2
"""Dry runs at once, over all processes: each takes a core while it lasts."""
TRIAL_LOCK = 7315
TRIAL_MS = 60_000
"""The longest statement of a dry run."""


def take_trial_slot(connection: Connection[Any]) -> None:
    """A place among the dry runs until this transaction ends; 429 when all are taken."""
    connection.execute("select set_config('statement_timeout', %s, true)", (str(TRIAL_MS),))
    for slot in range(TRIALS):
        row = connection.execute("select pg_try_advisory_xact_lock(%s, %s)", (TRIAL_LOCK, slot)).fetchone()
        if row and row[0]:
            return
    raise Problem(429, "已有试运行正在进行。请等它结束后再试。", code="dry_run_busy", retry_after_seconds=10)


def bodies_of_kind(connection: Connection[Any], kind: str) -> dict[tuple[str, int], Any]:
    """Every published body of a kind, by name and version: what a noted version stood for."""
    rows = connection.execute("select name, version, body from declaration_version where kind = %s", (kind,))
    return {(row[0], row[1]): row[2] for row in rows}


def history(connection: Connection[Any], kind: str, name: str) -> list[Published]:
    """Every published version, newest first."""
    return [
        _published(row)
        for row in connection.execute(
            f"select {_VERSION} from declaration_version where kind = %s and name = %s order by version desc".encode(),
            (kind, name),
        )
    ]


def _published(row: tuple[Any, ...]) -> Published:
    return Published(
        kind=row[0],
        name=row[1],
        version=row[2],
        body=row[3],
        note=row[4],
        author=row[5],
        published_at=row[6],
        rolled_back_to=row[7],
    )


def find_draft(connection: Connection[Any], kind: str, name: str) -> Draft | None:
    """The draft being edited, if any."""
    row = connection.execute(
        "select body, base_version, revision, author, updated_at from declaration_draft where kind = %s and name = %s",
        (kind, name),
    ).fetchone()
    return Draft(body=row[0], base_version=row[1], revision=row[2], author=row[3], updated_at=row[4]) if row else None


def drafts_of_kind(connection: Connection[Any], kind: str) -> dict[str, Any]:
    """The bodies of all drafts of a kind, by name."""
    return dict(
        connection.execute("select name, body from declaration_draft where kind = %s order by name", (kind,)).fetchall()
    )


def save_draft(
    connection: Connection[Any],
    kind: str,
    name: str,
    *,
    body: Any,
    revision: int | None,
    author: str,
    base_version: int,
) -> Draft:
    """Save the draft if it is still at `revision` (None: there is none yet); raises DraftMoved otherwise."""
    text = orjson.dumps(body).decode()
    if revision is None:
        cursor = connection.execute(
            "insert into declaration_draft (kind, name, body, base_version, author) values (%s, %s, %s::jsonb, %s, %s)"
            " on conflict (kind, name) do nothing",
            (kind, name, text, base_version, author),
        )
    else:
        cursor = connection.execute(
            "update declaration_draft set body = %s::jsonb, revision = revision + 1, author = %s, updated_at = now()"
            " where kind = %s and name = %s and revision = %s",
            (text, author, kind, name, revision),
        )
    draft = find_draft(connection, kind, name)
    if cursor.rowcount != 1 or draft is None:
        raise DraftMoved(draft)
    return draft


def discard_draft(connection: Connection[Any], kind: str, name: str) -> None:
    """Back to what is published."""
    connection.execute("delete from declaration_draft where kind = %s and name = %s", (kind, name))


def publish(
    connection: Connection[Any], kind: str, name: str, *, note: str, author: str, revision: int
) -> tuple[Any, Published]:
    """Make the draft the next version; returns (body before, new version). Raises DraftMoved or NothingToPublish."""
    _lock(connection, kind, name)
    draft = find_draft(connection, kind, name)
    if draft is None:
        raise NothingToPublish
    if draft.revision != revision:
        raise DraftMoved(draft)
    before = _newest_body(connection, kind, name)
    published = _append(connection, kind, name, body=draft.body, note=note, author=author, rolled_back_to=None)
    discard_draft(connection, kind, name)
    return before, published


def roll_back(
    connection: Connection[Any], kind: str, name: str, *, version: int, note: str, author: str, shipped: Any
) -> tuple[Any, Published]:
    """Publish an earlier version again (0: what is shipped); returns (body before, new version)."""
    _lock(connection, kind, name)
    before = _newest_body(connection, kind, name)
    row = connection.execute(
        "select body from declaration_version where kind = %s and name = %s and version = %s", (kind, name, version)
    ).fetchone()
    if row is None and version != 0:
        raise NoSuchVersion
    body = row[0] if row else shipped
    return before, _append(connection, kind, name, body=body, note=note, author=author, rolled_back_to=version)


def _lock(connection: Connection[Any], kind: str, name: str) -> None:
    connection.execute("select pg_advisory_xact_lock(7312, hashtext(%s))", (f"{kind}/{name}",))


def _newest_body(connection: Connection[Any], kind: str, name: str) -> Any:
    row = connection.execute(
        "select body from declaration_version where kind = %s and name = %s order by version desc limit 1", (kind, name)
    ).fetchone()
    return row[0] if row else None


def _append(
    connection: Connection[Any], kind: str, name: str, *, body: Any, note: str, author: str, rolled_back_to: int | None
) -> Published:
    row = connection.execute(
        (
            "insert into declaration_version (kind, name, version, body, note, author, rolled_back_to)"
            " select %(kind)s, %(name)s, coalesce(max(version), 0) + 1, %(body)s::jsonb, %(note)s, %(author)s, %(back)s"
            f" from declaration_version where kind = %(kind)s and name = %(name)s returning {_VERSION}"
        ).encode(),
        {
            "kind": kind,
            "name": name,
            "body": orjson.dumps(body).decode(),
            "note": note,
            "author": author,
            "back": rolled_back_to,
        },
    ).fetchone()
    if row is None:
        raise LookupError("a published version was not written")
    return _published(row)
