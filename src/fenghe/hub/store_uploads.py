"""SQL of uploads (上传): bytes in pieces until a worker has imported them; who gave what, and how far it is."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import msgspec
import orjson
from psycopg import Connection

from fenghe.kernel.store_reading import Row, fetch, find

PIECE_BYTES: Final = 1024 * 1024
KEEP_DAYS: Final = 7
RECENT: Final = 50
LEASE_SECONDS: Final = 120
"""A worker that gave no sign for so long has died: the import is taken up again."""
KIND: Final = "statement"


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """An upload that a worker is to import."""

    id: int
    name: str
    source: str
    layout: str
    person: str
    ip: str


_COLUMNS: Final = (
    "u.id, u.name, u.size, encode(u.digest, 'hex') as digest, u.source, u.layout, u.state, u.rows_read, u.report, u.person,"
    " u.uploaded_at, u.changed_at, exists (select from statement_upload_part p where p.upload_id = u.id) as has_bytes"
)


def keep(
    connection: Connection[Any], *, name: str, size: int, digest: bytes, pieces: Iterable[bytes], person: str, ip: str
) -> int:
    """Store an upload; returns its number."""
    row = connection.execute(
        "insert into statement_upload (name, size, digest, kind, person, ip) values (%s, %s, %s, %s, %s, %s) returning id",
        (name, size, digest, KIND, person, ip),
    ).fetchone()
    if row is None:
        raise LookupError("an upload was not stored")
    upload = int(row[0])
    for n, piece in enumerate(pieces):
        connection.execute(
            "insert into statement_upload_part (upload_id, n, body) values (%b, %b, %b)", (upload, n, piece)
        )
    return upload


def pieces(connection: Connection[Any], upload: int) -> Iterator[bytes]:
    """The bytes of an upload, piece by piece."""
    n = 0
    while True:
        row = connection.execute(
            "select body from statement_upload_part where upload_id = %b and n = %b", (upload, n), binary=True
        ).fetchone()
        if row is None:
            return
        yield bytes(row[0])
        n += 1


def find_upload(connection: Connection[Any], upload: int) -> Row | None:
    """One upload."""
    return find(connection, f"select {_COLUMNS} from statement_upload u where u.id = %(id)s", {"id": upload})


def recent(connection: Connection[Any]) -> list[Row]:
    """The newest uploads."""
    return fetch(connection, f"select {_COLUMNS} from statement_upload u order by u.id desc limit {RECENT}")


def order(connection: Connection[Any], upload: int, *, source: str, layout: str) -> bool:
    """Have a worker import it; False when one is at it or its bytes are gone."""
    cursor = connection.execute(
        "update statement_upload u set state = 'waiting', source = %s, layout = %s, due_at = now(), rows_read = 0,"
        " report = '{}', changed_at = now() where id = %s and state not in ('waiting', 'running')"
        " and exists (select from statement_upload_part p where p.upload_id = u.id)",
        (source, layout, upload),
    )
    return cursor.rowcount == 1


def take(connection: Connection[Any], now: datetime) -> Taken | None:
    """The upload that has waited longest; it is ours while we give signs of life."""
    row = connection.execute(
        "update statement_upload set state = 'running', due_at = now() + %s * interval '1 second', changed_at = now()"
        " where id = (select id from statement_upload where due_at <= greatest(%s, now()) order by due_at, id limit 1"
        " for update skip locked) returning id, name, source, layout, person, ip",
        (LEASE_SECONDS, now),
    ).fetchone()
    if row is None:
        return None
    return Taken(id=row[0], name=row[1], source=row[2], layout=row[3], person=row[4], ip=row[5])


def sign(connection: Connection[Any], upload: int, rows: int) -> None:
    """We live, and have read so many rows."""
    connection.execute(
        "update statement_upload set rows_read = %s, due_at = now() + %s * interval '1 second', changed_at = now()"
        " where id = %s and state = 'running'",
        (rows, LEASE_SECONDS, upload),
    )


def end(connection: Connection[Any], upload: int, *, state: str, report: Any, rows: int) -> None:
    """What came of it; the bytes of an imported one are given up, those of a refused one wait for a mapping."""
    connection.execute(
        "update statement_upload set state = %s, report = %s, rows_read = %s, due_at = null, changed_at = now() where id = %s",
        (state, orjson.dumps(report).decode(), rows, upload),
    )
    if state == "done":
        forget(connection, upload)


def forget(connection: Connection[Any], upload: int) -> None:
    """Give up the bytes."""
    connection.execute("delete from statement_upload_part where upload_id = %s", (upload,))


def forget_old(connection: Connection[Any]) -> int:
    """Give up the bytes of what nobody took up for days."""
    return connection.execute(
        "delete from statement_upload_part p using statement_upload u where u.id = p.upload_id and u.due_at is null"
        " and u.changed_at < now() - %s * interval '1 day'",
        (KEEP_DAYS,),
    ).rowcount
