"""Statement intake over HTTP (账单导入): files given on the screen, what they are taken for, a layout tried by pointing."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Router, delete, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body as RequestBody
from litestar.params import FromPath, FromQuery, JSONBody
from psycopg import Connection

from fenghe.hub import money_plan, store_uploads, uploads
from fenghe.hub.declared_layouts import LARGEST_LAYOUT
from fenghe.kernel.connections.store import SOURCE_ID
from fenghe.kernel.layouts import BadLayout
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.pulse.store import beat
from fenghe.kernel.routes_listing import room_hub
from fenghe.kernel.store_reading import Row
from fenghe.kernel.web.paging import read_id
from fenghe.kernel.web.problems import Problem, bad_field, conflict, not_found
from fenghe.kernel.web.routes_support import ApiRequest, actor_of, current_person, requires
from fenghe.money.layouts import FIELDS, Layout, parse_layout
from fenghe.money.routes_statements import VIEW, whole_house

IMPORT: Final = "money.import"
BYTES_GONE: Final = "这个文件的内容已经清理，请重新上传。"
LARGEST_UPLOAD: Final = 64 * 1024 * 1024
ENVELOPE: Final = 64 * 1024
"""Of a multipart body, what is not the file."""


class UploadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file given on the screen and what became of it."""

    id: str
    name: str
    size: int
    source: str
    layout: str
    state: str
    """held, waiting, running, done, refused, failed"""
    rows_read: int
    report: Mapping[str, Any]
    person: str
    uploaded_at: datetime
    changed_at: datetime
    has_bytes: bool
    """Its bytes are still there: it can be looked at and imported (again)."""


class ImportBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who tells the file, and by which layout it is read (empty: its columns tell)."""

    source: str
    layout: str = ""


class TryBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A layout that is being made."""

    layout: dict[str, Any]
    header_line: int = 0


@post("/api/statement-uploads", guards=[requires(IMPORT)], request_max_body_size=LARGEST_UPLOAD + ENVELOPE)
async def upload_statement(
    request: ApiRequest,
    data: Annotated[UploadFile, RequestBody(media_type=RequestEncodingType.MULTI_PART)],
) -> UploadRow:
    """Keep a file until somebody says what to do with it."""
    whole_house(current_person(request))
    pieces: list[bytes] = []
    told, size = hashlib.sha256(), 0
    while piece := await data.read(store_uploads.PIECE_BYTES):
        size += len(piece)
        if size > LARGEST_UPLOAD:
            raise Problem(
                413,
                f"文件超过 {LARGEST_UPLOAD // 2**20} MB。请拆分，或在服务器上用 fenghe import statement 导入。",
                code="too_large",
            )
        told.update(piece)
        pieces.append(piece)
    if not size:
        raise bad_field("file", "文件是空的")
    name = uploads.safe_name(data.filename or "")
    actor = actor_of(request)
    return await room_hub(request).sync(_keep, name=name, size=size, digest=told.digest(), pieces=pieces, actor=actor)


def _keep(
    connection: Connection[Any], *, name: str, size: int, digest: bytes, pieces: Sequence[bytes], actor: Actor
) -> UploadRow:
    upload = store_uploads.keep(
        connection, name=name, size=size, digest=digest, pieces=pieces, person=actor.person, ip=actor.ip
    )
    log_access(connection, actor, action="statement_upload.create.done", target=f"upload {upload} {name} {size} bytes")
    return _row(_must_find(connection, upload))


def _must_find(connection: Connection[Any], upload: int) -> Row:
    row = store_uploads.find_upload(connection, upload)
    if row is None:
        raise not_found(f"上传 {upload}")
    return row


def _row(row: Row) -> UploadRow:
    names = (
        "name",
        "size",
        "source",
        "layout",
        "state",
        "rows_read",
        "report",
        "person",
        "uploaded_at",
        "changed_at",
        "has_bytes",
    )
    return UploadRow(id=str(row["id"]), **{name: row[name] for name in names})


@get("/api/statement-uploads", guards=[requires(VIEW)])
async def list_statement_uploads(request: ApiRequest) -> Sequence[UploadRow]:
    """The newest uploads."""
    whole_house(current_person(request))
    return [_row(row) for row in await room_hub(request).sync(store_uploads.recent)]


@get("/api/statement-uploads/{upload_id:str}/preview", guards=[requires(IMPORT)])
async def preview_statement(
    request: ApiRequest, upload_id: FromPath[str], header_line: FromQuery[int] = 0
) -> uploads.Preview:
    """The beginning of a file, and what it was taken for."""
    return await room_hub(request).sync(_preview, read_id(upload_id), header_line=header_line)


def _preview(connection: Connection[Any], upload: int, *, header_line: int) -> uploads.Preview:
    row = _must_find(connection, upload)
    if not row["has_bytes"]:  # a list that was drawn a moment ago may still ask
        return uploads.Preview(
            part="", form="gone", rows=(), header_line=0, columns=(), layout="", refusal=BYTES_GONE, near=""
        )
    with uploads.as_file(connection, upload, row["name"]) as path:
        return uploads.look(connection, path, header_line=header_line)


def _with_bytes(connection: Connection[Any], upload: int) -> Row:
    row = _must_find(connection, upload)
    if not row["has_bytes"]:
        raise conflict(BYTES_GONE, code="bytes_gone")
    return row


@post("/api/statement-uploads/{upload_id:str}/try", guards=[requires(IMPORT)], status_code=200)
async def try_statement_layout(request: ApiRequest, upload_id: FromPath[str], data: JSONBody[TryBody]) -> uploads.Tried:
    """What a layout would make of the file; nothing is stored."""
    layout = _parsed(data.layout)
    return await room_hub(request).sync(_try, read_id(upload_id), layout=layout, header_line=data.header_line)


def _try(connection: Connection[Any], upload: int, *, layout: Layout, header_line: int) -> uploads.Tried:
    row = _with_bytes(connection, upload)
    with uploads.as_file(connection, upload, row["name"]) as path:
        return uploads.attempt(path, layout, header_line=header_line)


def _parsed(body: Mapping[str, Any]) -> Layout:
    encoded = msgspec.json.encode(dict(body))
    if len(encoded) > LARGEST_LAYOUT:
        raise bad_field("layout", f"布局最多 {LARGEST_LAYOUT // 1024} KB")
    try:
        layout = parse_layout(encoded)
    except BadLayout as problem:
        raise bad_field(problem.path.removeprefix("$."), f"应为 {problem.expected}") from None
    if layout.kind != "statement":
        raise bad_field("kind", "这里只做账单的布局")
    return layout


@post("/api/statement-uploads/{upload_id:str}/import", guards=[requires(IMPORT)], status_code=202)
async def import_statement_upload(
    request: ApiRequest, upload_id: FromPath[str], data: JSONBody[ImportBody]
) -> UploadRow:
    """Have a worker import the file; its progress is in the list."""
    return await room_hub(request).sync(_order, read_id(upload_id), data=data, actor=actor_of(request))


def _order(connection: Connection[Any], upload: int, *, data: ImportBody, actor: Actor) -> UploadRow:
    row = _with_bytes(connection, upload)
    source = data.source.strip().lower()
    if not SOURCE_ID.fullmatch(source):
        raise bad_field(
            "source", "来源名应为 1 到 63 位小写字母、数字、点、下划线或短横，以字母或数字开头，如 alipay-main"
        )
    if data.layout:
        _named(connection, data.layout)
    if not store_uploads.order(connection, upload, source=source, layout=data.layout):
        raise conflict("这个文件正在导入。", code="import_running")
    log_access(
        connection, actor, action="statement_upload.import.done", target=f"upload {upload} {row['name']} to {source}"
    )
    beat(connection, ("statements",))
    return _row(_must_find(connection, upload))


def _named(connection: Connection[Any], name: str) -> None:
    try:
        money_plan.named_layout(connection, name, "statement")
    except money_plan.MappingRefused as problem:
        raise bad_field("layout", str(problem)) from None


@delete("/api/statement-uploads/{upload_id:str}", guards=[requires(IMPORT)], status_code=204)
async def discard_statement_upload(request: ApiRequest, upload_id: FromPath[str]) -> None:
    """Give up a file's bytes; what was imported of it stays."""
    await room_hub(request).sync(_discard, read_id(upload_id), actor=actor_of(request))


def _discard(connection: Connection[Any], upload: int, *, actor: Actor) -> None:
    row = _must_find(connection, upload)
    if row["state"] in ("waiting", "running"):
        raise conflict("这个文件正在导入，不能丢弃。", code="import_running")
    store_uploads.forget(connection, upload)
    log_access(connection, actor, action="statement_upload.discard.done", target=f"upload {upload} {row['name']}")
    beat(connection, ("statements",))


@get("/api/statement-fields", guards=[requires(VIEW)])
async def list_statement_fields() -> Mapping[str, str]:
    """What a row of a statement may say, and how each is read."""
    return dict(FIELDS["statement"])


router = Router(
    "/",
    route_handlers=[
        upload_statement, list_statement_uploads, preview_statement, try_statement_layout, import_statement_upload,
        discard_statement_upload, list_statement_fields,
    ],
    tags=["statements"],
)  # fmt: skip
