"""Rows of payments, refunds, vouchers and pay-outs (资金行): looked at before anything is stored, then read one by one.

What a row is read by (layout, unit) is decided for a whole table and noted with each row, so that it is read the same ever after.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.connectors.money_file.cells import UNSAID, BadCell, Readers, bare
from fenghe.connectors.money_file.file import KIND, LAYOUT, UNIT, Way, cells_of, read_fields, readers_for
from fenghe.hub.import_rows import Row, broken_fault, identity
from fenghe.hub.import_source import Plan
from fenghe.hub.import_survey import MANY_PARTS, SAMPLE, NoFile, NotThisFile
from fenghe.hub.store_turns import Turns
from fenghe.kernel.intake import Broken, Record, open_records
from fenghe.kernel.layouts import Ambiguous, NoLayout
from fenghe.kernel.values import digest, minor_digits
from fenghe.money.headers import tidy
from fenghe.money.layouts import Kind, Layout, find_layout, missing_columns, source_of

MOST_COLUMNS: Final = 30
_AGAIN: Final = re.compile(r" \(\d+\)$")
"""How a heading's second column of one name is told from the first."""
COUNTED: Final[frozenset[Kind]] = frozenset({"vouchers"})
"""Kinds in which two equal rows of one file are two: a booking made twice is just what is looked for."""


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
    for told in open_records(path, shape=plan.shape):
        if not isinstance(told, Record) or not isinstance(told.fields, Mapping):
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
    return {where: _way(where, table, plan, layouts) for where, table in tables.items()}


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
        text = bare(cells.get(column, ""))
        if text in UNSAID or not text.strip("0+-,. "):
            continue
        if "." in text:
            table.told = True
        elif _counts_minor(readers, cells):
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
    """Every row of the file, read; equal vouchers are told apart by their turn."""
    rows = _read_rows(path, plan, ways)
    return Turns(connection).apart(rows) if plan.money in COUNTED else rows


def _read_rows(path: Path, plan: Plan, ways: Mapping[str, Way]) -> Iterator[Row]:
    headers = {where: headers_of(plan.kind, way) for where, way in ways.items()}
    kind = plan.kind
    for told in open_records(path, shape=plan.shape):
        if isinstance(told, Broken):
            yield Row(identity(told), told, faults=broken_fault(told))
            continue
        key = bytes.fromhex(digest(kind, identity(told)))
        if told.where not in ways or not isinstance(told.fields, Mapping):
            yield Row(key, told, faults=broken_fault(_no_row(told)))
            continue
        reading = read_fields(cells_of(told.fields), ways[told.where])
        yield Row(key, told, headers[told.where], (reading.unreadable, not reading.items))


def _no_row(told: Record) -> Broken:
    return Broken(line=told.line, where=told.where, field="row", expected="values by column", got=str(told.fields)[:80])
