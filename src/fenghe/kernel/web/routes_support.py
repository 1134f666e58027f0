"""What routes of rooms stand on (路由支撑): who is asking, what he may do, pages, exports. The app puts it in place.

A route is closed unless it says otherwise: the app demands a signed-in person for each, `requires` demands a right on
top, `PUBLIC` opens one to everybody.
"""

import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

import anyio
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.response import Stream

from fenghe.kernel.people.person import Actor, Person
from fenghe.kernel.people.roles import PERMISSIONS, title_of
from fenghe.kernel.web.exporting import CHUNK_ROWS, MEDIA_TYPES, Cell, CsvWriter, ExportFormat, XlsxWriter
from fenghe.kernel.web.hub import WebHub
from fenghe.kernel.web.paging import DEFAULT_SIZE, MAX_SIZE, Paging, read_paging
from fenghe.kernel.web.problems import Problem

ApiRequest = Request[Person | None, str | None, State]
"""What handlers are given: annotate `request: ApiRequest`."""

PUBLIC: Final = {"public": True}
"""`opt=PUBLIC` on a handler opens it to everybody."""

ANY_PERSON: Final = {"any_person": True}
"""`opt=ANY_PERSON` on a handler without `requires`: whoever is signed in may use it."""

FILE_CHUNK: Final = 256 * 1024

Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]
Rows = Iterable[Sequence[Cell]] | AsyncIterable[Sequence[Cell]]


def hub_of(connection: ASGIConnection[Any, Any, Any, Any]) -> WebHub:
    """The running hub."""
    hub: WebHub = connection.app.state.hub
    return hub


def find_person(connection: ASGIConnection[Any, Any, Any, Any]) -> Person | None:
    """Who is asking, None when nobody is signed in."""
    person = connection.scope.get("user")
    return person if isinstance(person, Person) else None


def current_person(connection: ASGIConnection[Any, Any, Any, Any]) -> Person:
    """Who is asking; nobody is answered 401."""
    person = find_person(connection)
    if person is None:
        raise Problem(401, "登录已失效或尚未登录。请登录后再试。", code="signed_out")
    return person


def actor_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor:
    """Who is asking and from where, for audit and access log."""
    return Actor(current_person(connection).username, client_ip(connection))


def client_ip(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The address of the other end, as the server resolved it (behind a trusted proxy: what the proxy says)."""
    return connection.client.host if connection.client else ""


def requires(*any_of: str) -> Guard:
    """Guard: the person must have one of these rights. `guards=[requires("orders.view")]`."""
    if not any_of or any(one not in PERMISSIONS for one in any_of):
        raise ValueError(f"no such rights: {any_of}")

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        person = current_person(connection)
        if not any(person.may(one) for one in any_of):
            names = "或".join(f"“{title_of(one)}”({one})" for one in any_of)
            raise Problem(403, f"需要权限 {names}。请联系管理员为您的角色开通。", code="right_missing")

    guard.__dict__["rights"] = any_of
    return guard


def rights_of(handler: BaseRouteHandler) -> tuple[str, ...]:
    """The rights a handler's guards ask for; the schema and the tests read them."""
    return tuple(one for guard in handler.resolve_guards() for one in getattr(guard, "rights", ()))


def paged(*sorts: str, default: str) -> dict[str, Provide]:
    """`dependencies=paged("opened_at", default="-opened_at")`; the handler takes `paging: NamedDependency[Paging]`."""
    names = "、".join(f"{one}" for one in sorts)

    def paging(
        page: Annotated[int, QueryParameter(description="页码，从 1 开始")] = 1,
        size: Annotated[int, QueryParameter(description=f"每页条数，最多 {MAX_SIZE}")] = DEFAULT_SIZE,
        sort: Annotated[str | None, QueryParameter(description=f"排序：{names}；前加 - 为倒序；默认 {default}")] = None,
    ) -> Paging:
        return read_paging(page=page, size=size, sort=sort, sorts=sorts, default=default)

    return {"paging": Provide(paging, sync_to_thread=False)}


async def export_response(columns: Sequence[str], rows: Rows, *, file_format: ExportFormat, filename: str) -> Stream:
    """A file of these rows, streamed; `filename` without its ending. Rows may come from a server-side cursor.

    CSV leaves row by row; XLSX is first written to a temporary file (its index stands at its end). Memory is bounded.
    """
    pieces = _csv(columns, rows) if file_format == "csv" else _xlsx(columns, rows)
    name = f"{filename}.{file_format}"
    ascii_name = name.encode("ascii", "ignore").decode().replace('"', "") or f"export.{file_format}"
    return Stream(
        pieces,
        media_type=MEDIA_TYPES[file_format],
        headers={
            "content-disposition": f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}",
            "cache-control": "no-store",
        },
    )


async def _csv(columns: Sequence[str], rows: Rows) -> AsyncIterator[bytes]:
    writer = CsvWriter(columns)
    async for row in _each(rows):
        if chunk := writer.write(row):
            yield chunk
    yield writer.close()


async def _xlsx(columns: Sequence[str], rows: Rows) -> AsyncIterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="fenghe-export-") as folder:
        path = Path(folder) / "export.xlsx"
        writer = XlsxWriter(path, columns)
        gathered: list[Sequence[Cell]] = []
        async for row in _each(rows):
            gathered.append(row)
            if len(gathered) >= CHUNK_ROWS:
                await anyio.to_thread.run_sync(_write_all, writer, gathered)
                gathered = []
        _write_all(writer, gathered)
        await anyio.to_thread.run_sync(writer.close)
        async with await anyio.open_file(path, "rb") as file:
            while chunk := await file.read(FILE_CHUNK):
                yield chunk


def _write_all(writer: XlsxWriter, rows: list[Sequence[Cell]]) -> None:
    for row in rows:
        writer.write(row)


async def _each(rows: Rows) -> AsyncIterator[Sequence[Cell]]:
    if isinstance(rows, AsyncIterable):
        async for row in rows:
            yield row
    else:
        for row in rows:
            yield row
