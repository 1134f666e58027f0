"""A statement that is a table (表格账单): its heading found among remarks, its rows told from totals and footers, its cells mended.

WeChat's bills begin each cell with a back-tick and leave commas bare; wallets pad cells with tabs; banks leave out empty
cells at the end of a row. What is kept of a row are its cells by the heading's names, as they stand.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from fenghe.connectors.money_file.cells import bare
from fenghe.hub.import_survey import NotThisFile
from fenghe.kernel.intake import Broken, Record
from fenghe.kernel.intake.grid import GridRow, Part, grid_rows
from fenghe.kernel.intake.records import Limits
from fenghe.kernel.intake.table import read_heading
from fenghe.kernel.layouts import Ambiguous, NoLayout
from fenghe.money.headers import tidy
from fenghe.money.layouts import Layout, find_layout, missing_columns
from fenghe.money.statement_words import is_total_row

PREAMBLE_ROWS: Final = 200
_TICK: Final = "`"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Where a table's heading is, and what it was recognised as."""

    layout: Layout
    names: tuple[str, ...]
    line: int
    remarks: tuple[str, ...]
    """What stands before it."""


class NotFound(msgspec.Struct, frozen=True, kw_only=True):
    """No row is the heading of a known layout; `names` are those of the likeliest one."""

    names: tuple[str, ...]
    line: int
    layout: NoLayout | Ambiguous


class Body(msgspec.Struct, kw_only=True):
    """What is learnt of a table while its rows are read."""

    remarks: list[str] = msgspec.field(default_factory=list)
    """Lines after the rows."""
    totals: dict[str, str] = msgspec.field(default_factory=dict)
    """Figures of total rows, by the heading's or the second heading's names."""
    ended: bool = False
    """The file's own end was seen."""


def find_heading(
    part: Part, layouts: Sequence[Layout], *, only: Layout | None = None, header_line: int = 0
) -> Found | NotFound:
    """The heading, and the layout it is one of. `header_line` says where it is, for a layout that is being made."""
    before: list[str] = []
    widest: tuple[int, tuple[str, ...], int, NoLayout | Ambiguous] = (0, (), 0, NoLayout())
    rows = grid_rows(part, sheet=only.sheet if only else None)
    for row in itertools.islice(rows, PREAMBLE_ROWS):
        names = names_of(row, part.where)
        if header_line and row.line != header_line:
            before.append(row.text)
            continue
        found = _fit(names, layouts, only)
        if isinstance(found, Layout):
            return Found(layout=found, names=names, line=row.line, remarks=tuple(before))
        told = len([name for name in names if name and not name.startswith("column ")])
        if isinstance(found, Ambiguous) or (found.nearest and told >= 3) or told > widest[0]:
            better = isinstance(found, Ambiguous) or bool(found.nearest)
            if better or not _better(widest[3]):
                widest = (told, names, row.line, found)
        before.append(row.text)
    return NotFound(names=widest[1], line=widest[2], layout=widest[3])


def _better(found: NoLayout | Ambiguous) -> bool:
    return isinstance(found, Ambiguous) or bool(found.nearest)


def _fit(names: Sequence[str], layouts: Sequence[Layout], only: Layout | None) -> Layout | Ambiguous | NoLayout:
    if only is None:
        return find_layout(names, layouts)
    missing = missing_columns(only, names)
    return NoLayout(nearest=only.name, missing=missing) if missing else only


def names_of(row: GridRow, where: str) -> tuple[str, ...]:
    """The cells as column names; none where they cannot be."""
    cells = [bare(cell) for cell in row.cells]
    if sum(bool(cell) for cell in cells) < 2:
        return ()
    return read_heading(cells, line=row.line, where=where, limits=Limits()).names


def table_rows(part: Part, found: Found, body: Body) -> Iterator[Record | Broken]:
    """The rows under the heading; what is no row goes into `body`."""
    layout, width = found.layout, len(found.names)
    rows = (row for row in grid_rows(part, sheet=layout.sheet) if row.line > found.line)
    second: tuple[str, ...] = ()
    heading = tuple(tidy(name) for name in found.names)
    for row in rows:
        first = bare(row.cells[0]) if row.cells else ""
        body.ended = body.ended or (not layout.totals_head and _ends(first, layout))
        if second:
            body.totals |= dict(zip(second, map(bare, row.cells), strict=False))
            body.ended = body.ended or len(row.cells) >= len(second)
            second = ()
        elif layout.totals_head and tidy(first) == tidy(layout.totals_head[0]):
            second = tuple(bare(cell) for cell in row.cells)
        elif _is_remark(row, first, layout, width):
            body.remarks.append(row.text)
        elif is_total_row(row.cells) or first.startswith(("合计", "总计", "人民币合计")):
            told = zip(found.names, map(bare, row.cells), strict=False)
            body.totals |= {f"合计 {name}": cell for name, cell in told if cell}
        elif tuple(tidy(bare(cell)) for cell in row.cells[:width]) != heading:
            yield _row(row, found, part.where)


def _ends(first: str, layout: Layout) -> bool:
    """Dashes of an end mark vary from bill to bill."""
    plain = first.replace("-", "")
    return any(first.startswith(mark) or plain.startswith(mark.replace("-", "")) for mark in layout.ends_with)


def _is_remark(row: GridRow, first: str, layout: Layout, width: int) -> bool:
    if layout.skip_prefixes and first.startswith(layout.skip_prefixes):
        return True
    told = [cell for cell in row.cells if bare(cell)]
    if not told:
        return True
    return len(told) == 1 and width > 3 and len(row.cells) < width and not first[:1].isdigit() and row.fault is None


def _row(row: GridRow, found: Found, where: str) -> Record | Broken:
    width, names = len(found.names), found.names
    text = row.text[:300]
    if row.fault is not None:
        return Broken(line=row.line, where=where, field=names[0], expected=row.fault[0], got=row.fault[1], text=text)
    cells = _mended(list(row.cells), found)
    while len(cells) > width and not bare(cells[-1]):
        cells.pop()
    if len(cells) > width:
        return Broken(
            line=row.line, where=where, field=names[-1], expected=f"{width} fields", got=f"{len(cells)}", text=text
        )
    if len(cells) < width and not found.layout.short_rows:
        return Broken(
            line=row.line,
            where=where,
            field=names[len(cells)],
            expected=f"{width} fields",
            got=f"{len(cells)}",
            text=text,
        )
    nul = next((name for name, cell in zip(names, cells, strict=False) if "\0" in cell), None)
    if nul is not None:
        return Broken(line=row.line, where=where, field=nul, expected="text without NUL bytes", got="NUL", text=text)
    fields = dict(zip(names, [*cells, *[""] * (width - len(cells))], strict=True))
    return Record(line=row.line, where=where, fields=fields, body=msgspec.json.encode(fields))


def _mended(cells: list[str], found: Found) -> list[str]:
    """A comma inside a cell has cut it in two: put it together by the back-ticks, else where free text may stand."""
    width = len(found.names)
    if len(cells) <= width or not cells[0].lstrip().startswith(_TICK):
        return cells
    joined: list[str] = []
    for cell in cells:
        if cell.startswith(_TICK) or not joined:
            joined.append(cell)
        else:
            joined[-1] = f"{joined[-1]},{cell}"
    extra = len(joined) - width
    if extra <= 0:
        return joined
    fitting = [tried for place in _free_places(found) if _fits(tried := _merged(joined, place, extra), found)]
    return fitting[0] if len(fitting) == 1 else joined


def _free_places(found: Found) -> Iterator[int]:
    free = {tidy(name) for name in found.layout.free_text}
    return (place for place, name in enumerate(found.names) if tidy(name) in free)


def _merged(cells: list[str], place: int, extra: int) -> list[str]:
    return [*cells[:place], ",".join(cells[place : place + extra + 1]), *cells[place + extra + 1 :]]


def _fits(cells: list[str], found: Found) -> bool:
    """Every amount of the layout's totals reads as one."""
    amounts = {tidy(total.sum) for total in found.layout.totals if total.sum}
    told = [bare(cell) for name, cell in zip(found.names, cells, strict=True) if tidy(name) in amounts]
    return all(cell.lstrip("+-").replace(".", "", 1).replace(",", "").isdigit() for cell in told if cell)


class StatementRefused(NotThisFile):
    """这份账单没有导入。"""


class FileCut(StatementRefused):
    """{name} 不完整：{found}，应有 {expected}。文件可能在下载或复制时被截断，请重新下载；什么都没有导入。"""

    code = "file_cut"


class NoRows(StatementRefused):
    """{name} 只有表头，没有一行数据，也没有合计；什么都没有导入。"""

    code = "no_rows"


def columns_shown(names: Mapping[str, str] | Sequence[str]) -> str:
    """Column names for a message."""
    told = list(names)
    return "、".join(told[:30]) + ("…" if len(told) > 30 else "") or "（没有列名）"
