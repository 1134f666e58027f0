"""Uploaded files as files (上传文件): put together for a reader, looked at for the mapping screen, never by a name from outside."""

import re
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.connectors.money_file import Way, read_fields, readers_for
from fenghe.connectors.money_file.lines import FileTold
from fenghe.hub import store_uploads
from fenghe.hub.import_source import Plan, Wish, plan_import
from fenghe.hub.import_words import refusal_words
from fenghe.hub.statement_survey import refusal_of
from fenghe.hub.statement_table import Body, Found, NotFound, find_heading, names_of, table_rows
from fenghe.kernel.intake import Broken, FileRefused
from fenghe.kernel.intake.grid import Part, grid_rows, open_parts
from fenghe.money.events import LineTold
from fenghe.money.layouts import Layout, find_layout
from fenghe.money.statement_words import read_remarks

PREVIEW_ROWS: Final = 40
PREVIEW_COLUMNS: Final = 60
TRIED_ROWS: Final = 20
COUNTED_ROWS: Final = 5_000
LONGEST_NAME: Final = 200
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]+")


def safe_name(told: str) -> str:
    """A file's name for showing: its last part, without what could be a path or a control character."""
    plain = unicodedata.normalize("NFC", told).replace("\\", "/").rpartition("/")[2]
    plain = _FORBIDDEN.sub(" ", plain).strip(" .") or "未命名"
    return plain if len(plain) <= LONGEST_NAME else f"{plain[:150]}…{plain[-40:]}"


@contextmanager
def as_file(connection: Connection[Any], upload: int, name: str) -> Iterator[Path]:
    """The upload as a file in a folder of its own, gone afterwards. Its ending stays, as NDJSON is told by it."""
    with tempfile.TemporaryDirectory(prefix="fenghe-upload-") as folder:
        path = Path(folder) / safe_name(name).lstrip("-")
        with path.open("wb") as file:
            for piece in store_uploads.pieces(connection, upload):
                file.write(piece)
        yield path


class SheetRow(msgspec.Struct, frozen=True):
    """One row of a preview."""

    line: int
    cells: Sequence[str]


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """The beginning of a file, and what it was taken for."""

    part: str
    form: str
    rows: Sequence[SheetRow]
    header_line: int
    columns: Sequence[str]
    layout: str
    refusal: str
    near: str


class TriedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One row as a layout reads it."""

    line: int
    said: dict[str, Any] | None
    field: str = ""
    expected: str = ""
    got: str = ""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What a layout makes of a file's first rows."""

    lines: Sequence[TriedLine]
    rows: int
    broken: int
    more: bool
    money_in: int
    money_out: int
    currency: str
    problem: str = ""


def look(connection: Connection[Any], path: Path, *, header_line: int = 0) -> Preview:
    """The first table of a file and what it is. Raises nothing: a file that cannot be opened says so."""
    plan = plan_import(connection, Wish(kind="statement", source="preview"))
    try:
        for part in open_parts(path):
            if part.form == "table":
                return _look_at(part, plan, header_line)
            return Preview(
                part=part.where,
                form=part.form,
                rows=(),
                header_line=0,
                columns=(),
                layout=part.form,
                refusal="",
                near="",
            )
    except FileRefused as problem:
        return _refused(path, refusal_words(problem, path)[1])
    return _refused(path, f"{path.name} 里没有可读的文件。")


def _refused(path: Path, words: str) -> Preview:
    return Preview(part=path.name, form="", rows=(), header_line=0, columns=(), layout="", refusal=words, near="")


def _look_at(part: Part, plan: Plan, header_line: int) -> Preview:
    rows: list[SheetRow] = []
    names: tuple[str, ...] = ()
    for row in grid_rows(part):
        if len(rows) >= PREVIEW_ROWS:
            break
        rows.append(SheetRow(row.line, [cell.strip()[:200] for cell in row.cells[:PREVIEW_COLUMNS]]))
        if header_line and row.line == header_line:
            names = names_of(row, part.where)
    found = find_heading(part, plan.layouts)
    if header_line and names:
        fit = find_layout(names, plan.layouts)
        layout = fit.name if isinstance(fit, Layout) else ""
        return _preview(part, rows, line=header_line, names=names, layout=layout, refusal="", near="")
    if isinstance(found, Found):
        return _preview(part, rows, line=found.line, names=found.names, layout=found.layout.name, refusal="", near="")
    near = getattr(found.layout, "nearest", "")
    words = str(refusal_of(part.where, found, plan))
    return _preview(part, rows, line=found.line, names=found.names, layout="", refusal=words, near=near)


def _preview(
    part: Part, rows: Sequence[SheetRow], *, line: int, names: Sequence[str], layout: str, refusal: str, near: str
) -> Preview:
    return Preview(
        part=part.where, form=part.form, rows=rows, header_line=line, columns=names, layout=layout, refusal=refusal,
        near=near,
    )  # fmt: skip


def attempt(path: Path, layout: Layout, *, header_line: int) -> Tried:
    """What a layout makes of the file's rows."""
    for one in open_parts(path):
        if one.form == "table":
            return _attempt(one, layout, header_line)
    return _nothing(layout, "这个文件不是表格，不需要对列。")


def _nothing(layout: Layout, problem: str) -> Tried:
    return Tried(
        lines=(), rows=0, broken=0, more=False, money_in=0, money_out=0, currency=layout.currency, problem=problem
    )


def _attempt(part: Part, layout: Layout, header_line: int) -> Tried:
    found = find_heading(part, (layout,), only=layout, header_line=header_line)
    if isinstance(found, NotFound):
        missing = getattr(found.layout, "missing", ())
        return _nothing(layout, f"表头里缺少 {'、'.join(missing)}" if missing else "没有找到这样的表头")
    way = Way(
        layout=layout, unit=_unit(layout, found, part), told=FileTold(account=read_remarks(found.remarks).account)
    )
    lines: list[TriedLine] = []
    rows = broken = 0
    moved = {1: 0, -1: 0}
    for told in table_rows(part, found, Body()):
        if rows >= COUNTED_ROWS:
            return _tried(lines, rows, broken, moved, layout, more=True)
        rows += 1
        one = _line(told, way)
        broken += one.said is None
        if one.said is not None:
            net = one.said["net_minor"]
            moved[1 if net >= 0 else -1] += abs(net)
        if len(lines) < TRIED_ROWS or (one.said is None and broken <= TRIED_ROWS):
            lines.append(one)
    return _tried(lines, rows, broken, moved, layout, more=False)


def _tried(
    lines: list[TriedLine], rows: int, broken: int, moved: dict[int, int], layout: Layout, *, more: bool
) -> Tried:
    return Tried(
        lines=lines, rows=rows, broken=broken, more=more, money_in=moved[1], money_out=moved[-1], currency=layout.currency,
        problem="" if rows else "表头之下没有一行数据",
    )  # fmt: skip


def _unit(layout: Layout, found: Found, part: Part) -> Any:
    """In a trial, bare amounts are yuan as soon as one has decimals; else every row says that the unit is not clear."""
    plain = readers_for(Way(layout=layout), found.names).plain
    if not plain:
        return "major"
    rows = (row for _, row in zip(range(COUNTED_ROWS), table_rows(part, found, Body()), strict=False))
    decimals = any("." in row.fields.get(column, "") for row in rows if not isinstance(row, Broken) for column in plain)
    return "major" if decimals else ""


def _line(told: Any, way: Way) -> TriedLine:
    if isinstance(told, Broken):
        return TriedLine(line=told.line, said=None, field=told.field, expected=told.expected, got=told.got)
    reading = read_fields(told.fields, way)
    line = next((item for item in reading.items if isinstance(item, LineTold)), None)
    if line is None:
        fault = reading.unreadable[0]
        return TriedLine(line=told.line, said=None, field=fault.field, expected=fault.expected, got=fault.got)
    said = {name: value for name, value in msgspec.to_builtins(line).items() if value not in ("", None)}
    return TriedLine(line=told.line, said=said)
