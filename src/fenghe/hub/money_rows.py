"""Rows of payments, refunds, vouchers and pay-outs (资金行): looked at before anything is stored, then read one by one.

What a row is read by (layout, unit) is decided for a whole table and noted with each row, so that it is read the same ever after.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.connectors.money_file.cells import PLAIN_AMOUNT, UNSAID, BadCell, Readers, bare, narrow
from fenghe.connectors.money_file.file import KIND, LAYOUT, TURN, UNIT, Way, cells_of, read_fields, readers_for
from fenghe.hub.import_rows import Row, broken_reading, identity
from fenghe.hub.import_source import Plan
from fenghe.hub.import_survey import MANY_PARTS, SAMPLE, NoFile, NotThisFile
from fenghe.hub.statement_table import Found, find_heading
from fenghe.hub.store_turns import Turns
from fenghe.kernel.connecting import Reading, Unreadable
from fenghe.kernel.intake import Broken, Record, open_records
from fenghe.kernel.intake.grid import open_parts
from fenghe.kernel.layouts import Ambiguous, NoLayout
from fenghe.kernel.values import digest, minor_digits
from fenghe.money.events import PayoutTold
from fenghe.money.headers import tidy
from fenghe.money.layouts import Kind, Layout, find_layout, missing_columns, source_of
from fenghe.money.statement_words import is_total_row

MOST_COLUMNS: Final = 30
_AGAIN: Final = re.compile(r" \(\d+\)$")
"""How a heading's second column of one name is told from the first."""
COUNTED: Final[frozenset[Kind]] = frozenset({"vouchers", "payouts"})
"""Kinds in which two equal rows of one file are two: a booking made twice is just what is looked for, and the parts of two
equal payments of one order are two parts.
"""


class MoneyLayoutUnknown(NotThisFile):
    """{name} 的列是 {columns}，不是任何已知的{kind}布局{nearest}。已知布局：{known}。请用
    --mapping 指定一个，或为这种文件写一个布局（.json）；账单也可在「账单导入」页里对列。"""

    code = "no_layout"


class MoneyLayoutUnclear(NotThisFile):
    """{name} 的列是 {columns}，同时符合几种布局：{names}。请用 --mapping 指定其中一个。"""

    code = "layout_unclear"


class MoneyLayoutUnfit(NotThisFile):
    """{name} 的列是 {columns}，不符合布局 {layout}：还缺 {missing}。"""

    code = "layout_unfit"


class ColumnRepeated(NotThisFile):
    """{name} 有两个叫 {column} 的列，内容不同：分不出该读哪一个。请删去或改名其中一列再导入。"""

    code = "column_repeated"


class UnitUnclear(NotThisFile):
    """{name} 的 {columns} 列没有写明单位，且全是整数：分不出是元还是分。请把列名改成如 {first}_yuan、{first}_fen（或
    金额(元)、金额(分)），或用 --mapping {layout}_yuan（元）、--mapping {layout}_fen（分）。"""

    code = "unit_unclear"


class MoneyUnreadable(NotThisFile):
    """{name} 没有一行能读：第 {line} 行的 {field} 应为 {expected}，实际 {got}；什么都没有导入。"""

    code = "nothing_readable"


class _Table(msgspec.Struct, kw_only=True):
    """One table of the file while it is looked at."""

    sample: list[Record] = msgspec.field(default_factory=list)
    readers: Readers | None = None
    bare: dict[str, None] = msgspec.field(default_factory=dict)
    """Columns of unclear unit in which an amount stood."""
    told: bool = False
    """An amount with decimals has been seen: the unit is clear."""

    @property
    def decided(self) -> bool:
        """Nothing more is to be learnt."""
        return len(self.sample) >= SAMPLE and (self.told or (self.readers is not None and not self.readers.plain))


def survey_money(path: Path, plan: Plan) -> dict[str, Way]:
    """How each table of the file is read. Raises FileRefused or NotThisFile; nothing is stored yet."""
    if not path.is_file():
        raise NoFile(name=path)
    with path.open("rb") as stream:
        whole = stream.read(4).startswith(MANY_PARTS)
    tables: dict[str, _Table] = {}
    layouts: dict[str, Layout] = {}
    strange: Broken | None = None
    for told in open_records(path, shape=plan.shape):
        if not isinstance(told, Record) or not isinstance(told.fields, Mapping):
            strange = strange or (told if isinstance(told, Broken) else _no_row(told))
            continue
        table = tables.setdefault(told.where, _Table())
        if len(table.sample) < SAMPLE:
            table.sample.append(told)
        elif table.readers is None:
            _begin(told.where, table, plan, layouts)
        if table.readers is not None and not table.told:
            _look_at_unit(table, cells_of(told.fields))
        if not whole and table.decided:
            break
    if strange is not None and not tables:
        raise MoneyUnreadable(
            name=strange.where, line=strange.line, field=strange.field, expected=strange.expected, got=strange.got
        )
    return {where: _way(where, table, plan, layouts) for where, table in tables.items()}


def under_its_title(path: Path, plan: Plan) -> Plan:
    """Where lines stand before the heading (a title over merged cells, who exported it) the rows begin below it."""
    if plan.shape.header_has or not path.is_file():
        return plan
    shape = plan.shape
    for place, part in enumerate(open_parts(path)):
        if place or part.form != "table":
            return plan
        found = find_heading(part, plan.layouts, only=plan.money_layout)
        if isinstance(found, Found) and found.remarks:
            names = [name for name in found.names if not name.startswith("column ") and not _AGAIN.search(name)]
            shape = msgspec.structs.replace(plan.shape, header_has=tuple(names[:4]))
    return msgspec.structs.replace(plan, shape=shape)


def _begin(where: str, table: _Table, plan: Plan, layouts: dict[str, Layout]) -> None:
    """The sample tells the layout; then its rows are asked for their unit."""
    columns = _columns(table.sample)
    layout = plan.money_layout or _layout_of(where, columns, plan)
    if missing := missing_columns(layout, columns):
        raise MoneyLayoutUnfit(name=where, columns=_listed(columns), layout=layout.name, missing="、".join(missing))
    _check_repeated(where, table.sample, columns, layout)
    layouts[where] = layout
    table.readers = readers_for(Way(layout=layout), columns)
    for record in table.sample:
        if not table.told:
            _look_at_unit(table, cells_of(record.fields))


def _check_repeated(where: str, sample: Sequence[Record], columns: Sequence[str], layout: Layout) -> None:
    """Two columns of one name that say different things, and the layout reads it: nobody can tell which is meant."""
    read = {tidy(name) for told in layout.fields.values() for name in source_of(told).columns}
    for column in columns:
        first = _AGAIN.sub("", column)
        if first == column or first not in columns or tidy(first) not in read:
            continue
        rows = [cells_of(record.fields) for record in sample if isinstance(record.fields, Mapping)]
        if any(cells.get(first, "").strip() != cells.get(column, "").strip() for cells in rows):
            raise ColumnRepeated(name=where, column=first)


def _look_at_unit(table: _Table, cells: Mapping[str, str]) -> None:
    readers = table.readers
    if readers is None or not readers.plain:
        return
    for column in readers.plain:
        text = narrow(bare(cells.get(column, "")))
        if text in UNSAID or not text.strip("0+-,. "):
            continue
        if "." in text:
            table.told = True
        elif PLAIN_AMOUNT.fullmatch(text) and _counts_minor(readers, cells):
            table.bare.setdefault(column)


def _counts_minor(readers: Readers, cells: Mapping[str, str]) -> bool:
    """Yen have no minor unit: there is nothing to mix up."""
    try:
        return minor_digits(readers.currency_of(cells)) > 0
    except BadCell:
        return True


def _way(where: str, table: _Table, plan: Plan, layouts: dict[str, Layout]) -> Way:
    if table.readers is None:
        _begin(where, table, plan, layouts)
    layout = layouts[where]
    if table.bare and not table.told:
        columns = tuple(table.bare)
        raise UnitUnclear(name=where, columns="、".join(columns), first=columns[0], layout=layout.name)
    return Way(layout=layout, unit="major", provider=_provider(plan))


def _provider(plan: Plan) -> str:
    told = plan.config.get("provider")
    return told if isinstance(told, str) and told else plan.source


def _layout_of(where: str, columns: Sequence[str], plan: Plan) -> Layout:
    kind = plan.money or "payments"
    layouts = plan.layouts
    found = find_layout(columns, layouts)
    match found:
        case Layout():
            return found
        case Ambiguous(names=names):
            raise MoneyLayoutUnclear(name=where, columns=_listed(columns), names="、".join(names))
        case NoLayout():
            raise unknown_layout(where, columns, layouts=layouts, kind=kind, found=found)


def unknown_layout(
    where: str, columns: Sequence[str], *, layouts: Sequence[Layout], kind: Kind, found: NoLayout
) -> NotThisFile:
    """What is said of a table that no layout fits."""
    near = f"；最接近的是 {found.nearest}，还缺 {'、'.join(found.missing)}" if found.nearest else ""
    known = "、".join(f"{one.name}（{one.title}）" for one in layouts)
    return MoneyLayoutUnknown(name=where, columns=_listed(columns), nearest=near, known=known, kind=KIND_WORDS[kind])


KIND_WORDS: Final[Mapping[Kind, str]] = {
    "payments": "支付流水", "refunds": "退款流水", "vouchers": "凭证", "payouts": "出款", "statement": "账单",
}  # fmt: skip


def _columns(sample: Sequence[Record]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for record in sample:
        names |= dict.fromkeys(cells_of(record.fields))
    return tuple(names)


def _listed(columns: Sequence[str]) -> str:
    return "、".join(columns[:MOST_COLUMNS]) + ("…" if len(columns) > MOST_COLUMNS else "") or "（没有列名）"


def headers_of(kind: str, way: Way, **more: str) -> str:
    """What is noted with each row of a table."""
    told = {"content-type": "application/json", KIND: kind, LAYOUT: way.layout.name, **more}
    if way.unit:
        told[UNIT] = way.unit
    return msgspec.json.encode(told).decode()


def money_rows(connection: Connection[Any], path: Path, plan: Plan, *, ways: Mapping[str, Way]) -> Iterator[Row]:
    """Every row of the file, read; equal vouchers, and equal parts of pay-outs, are told apart by their turn."""
    rows = _read_rows(path, plan, ways)
    if plan.money not in COUNTED:
        return rows

    def mark(row: Row, turn: int) -> Row:
        return _of_turn(row, turn, ways)

    return Turns(connection, counts=_is_of_its_own, mark=mark).apart(rows)


def _is_of_its_own(row: Row) -> bool:
    """A pay-out as a whole has its number, and a part its payment's, if they are told: the same again is the same."""
    items = row.reading.items if row.reading is not None else ()
    told = items[0] if items else None
    return not isinstance(told, PayoutTold) or bool(told.order_no and not told.payment_no)


def _of_turn(row: Row, turn: int, ways: Mapping[str, Way]) -> Row:
    """The row as it is read at its turn."""
    if isinstance(row.told, Broken) or row.reading is None or not row.reading.items:
        return row
    way = ways[row.told.where]
    told = msgspec.structs.replace(way, told=msgspec.structs.replace(way.told, turn=turn))
    headers = {**msgspec.json.decode(row.headers), TURN: str(turn)}
    reading = read_fields(cells_of(row.told.fields), told)
    return msgspec.structs.replace(row, headers=msgspec.json.encode(headers).decode(), reading=reading)


def _read_rows(path: Path, plan: Plan, ways: Mapping[str, Way]) -> Iterator[Row]:
    headers = {where: headers_of(plan.kind, way) for where, way in ways.items()}
    kind = plan.kind
    for told in open_records(path, shape=plan.shape):
        if isinstance(told, Broken):
            yield Row(identity(told), told, reading=broken_reading(told))
            continue
        key = bytes.fromhex(digest(kind, identity(told)))
        if told.where not in ways or not isinstance(told.fields, Mapping):
            yield Row(key, told, reading=broken_reading(_no_row(told)))
            continue
        cells = cells_of(told.fields)
        reading = TOTAL_ROW if is_total_row(cells.values()) else read_fields(cells, ways[told.where])
        yield Row(key, told, headers[told.where], reading)


TOTAL_ROW: Final = Reading(
    unreadable=(
        Unreadable(item=0, field="", expected="a row of its own", got="the sum of the others", code="total_row"),
    )
)
"""A row 合计 is kept, and is nothing that moved."""


def _no_row(told: Record) -> Broken:
    return Broken(line=told.line, where=told.where, field="row", expected="values by column", got=str(told.fields)[:80])
