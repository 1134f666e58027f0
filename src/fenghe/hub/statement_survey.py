"""A look at a whole statement before anything of it is stored (账单预检): can it be read, does it add up, is it whole?"""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

from fenghe.connectors.money_file import Way, camt, mt940, read_fields, readers_for
from fenghe.connectors.money_file.cells import narrow
from fenghe.connectors.money_file.file import ACCOUNT, BANK, FILE, KIND, LAYOUT
from fenghe.connectors.money_file.lines import FileTold
from fenghe.connectors.sales import minor_units
from fenghe.hub.import_rows import RowProblem, broken_reading, printable, problem_of
from fenghe.hub.import_source import Plan
from fenghe.hub.import_survey import NoFile
from fenghe.hub.money_rows import UnitUnclear, headers_of, survey_money, unknown_layout
from fenghe.hub.statement_table import (
    Body,
    FileCut,
    Found,
    NoRows,
    NotFound,
    StatementRefused,
    columns_shown,
    find_heading,
    table_rows,
)
from fenghe.kernel.connecting import Reading, Unreadable
from fenghe.kernel.intake import Broken, FileRefused, Record, open_records, read_xml
from fenghe.kernel.intake.grid import Part, open_parts, part_lines
from fenghe.kernel.layouts import Ambiguous, NoLayout
from fenghe.kernel.values import BadValue, minor_digits
from fenghe.money.events import LineTold
from fenghe.money.headers import tidy
from fenghe.money.layouts import Layout, source_of
from fenghe.money.statement_check import (
    Chain,
    Difference,
    Sums,
    compare_totals,
    major,
    number_of,
    summed_columns,
)
from fenghe.money.statement_words import Said, read_remarks

MOST_FAULTS: Final = 200
"""Faults kept with a file; every row that was set aside is in the inbox."""
DOCUMENT_BYTES: Final = 64 * 1024 * 1024
"""Of a statement that is no table: it is held in memory whole."""


class LayoutUnfit(StatementRefused):
    """{name} 的列是 {columns}，不符合布局 {layout}：还缺 {missing}。"""

    code = "layout_unfit"


class LayoutUnclear(StatementRefused):
    """{name} 的列是 {columns}，同时符合几种布局：{names}。请用 --mapping 指定其中一个。"""

    code = "layout_unclear"


class ImpossibleTime(StatementRefused):
    """{name} 第 {line} 行的 {field} 是“{got}”，不是日历上的时间；账单可能已损坏，什么都没有导入。"""

    code = "impossible_time"


class NothingReadable(StatementRefused):
    """{name} 按布局 {layout} 没有一行能读：第 {line} 行的 {field} 应为 {expected}，实际 {got}；什么都没有导入。"""

    code = "nothing_readable"


class NotAStatement(StatementRefused):
    """{name} 不是完整的 {what}：应为 {expected}，实际 {got}；什么都没有导入。"""

    code = "not_a_statement"


class AlreadyInLedger(StatementRefused):
    """{name} 是保险（运费险）明细，其金额已含在资金流水里，再导入会重复记账。请导入资金流水。"""

    code = "already_in_ledger"


class Surveyed(msgspec.Struct, kw_only=True):
    """What one part of a file says of itself and comes to."""

    where: str
    digest: str
    layout: str
    version: str = ""
    provider: str = ""
    account: str = ""
    period_from: date | None = None
    period_to: date | None = None
    rows: int = 0
    broken: int = 0
    told: dict[str, str] = msgspec.field(default_factory=dict)
    ours: dict[str, str] = msgspec.field(default_factory=dict)
    moved: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    """Money in and out by currency, minor units."""
    checks: list[RowProblem] = msgspec.field(default_factory=list)
    faults: list[RowProblem] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)
    sums: Sums | None = None
    found: Found | None = None
    way: Way | None = None

    @property
    def complete(self) -> bool:
        """Everything that could be checked agrees, and every row can be read."""
        return not self.checks and not self.broken


def survey_statement(path: Path, plan: Plan) -> list[Surveyed]:
    """Every part of the file, looked at to its end. Raises FileRefused or NotThisFile."""
    if not path.is_file():
        raise NoFile(name=path)
    parts = [_survey_part(part, plan) for part in open_parts(path)]
    _compare_summaries(parts)
    if not parts or not any(part.rows or part.told for part in parts):
        raise NoRows(name=path.name)
    return parts


def _survey_part(part: Part, plan: Plan) -> Surveyed:
    reader = _Survey(part, plan)
    rows = statement_rows(part, plan, into=reader.surveyed)
    for told, reading in rows:
        reader.add(told, reading)
    return reader.finish()


def statement_rows(
    part: Part, plan: Plan, *, into: Surveyed, known: Surveyed | None = None
) -> Iterator[tuple[Record | Broken, Reading]]:
    """The rows of a part, each with what it says. What the part says of itself goes into `into`.

    `known` is what an earlier look found, so that the second pass need not look again.
    """
    match part.form:
        case "text":
            yield from _mt940_rows(part, plan, into)
        case "xml":
            yield from _camt_rows(part, plan, into)
        case "json":
            yield from _json_rows(part, plan, into)
        case _:
            yield from _table_rows(part, plan, into, known)


def _table_rows(
    part: Part, plan: Plan, into: Surveyed, known: Surveyed | None
) -> Iterator[tuple[Record | Broken, Reading]]:
    found = known.found if known is not None and known.found else _heading(part, plan)
    into.found, into.layout = found, found.layout.name
    said = read_remarks(found.remarks)
    unit = known.way.unit if known is not None and known.way else _unit(part, found)
    told = FileTold(digest=part.digest, account=said.account)
    into.way = Way(layout=found.layout, unit=unit, provider=_provider(plan), told=told)
    into.account = said.account
    body = Body()
    if found.layout.summary_of:
        _add_up(table_rows(part, found, body), body)
    empty = True
    for one in () if found.layout.summary_of else table_rows(part, found, body):
        empty = False
        yield one, Reading() if isinstance(one, Broken) else read_fields(one.fields, into.way)
    read_remarks(body.remarks, said)
    _take_said(into, said, body)
    if empty and not into.told:
        raise NoRows(name=part.where)
    if empty and (promised := _rows_promised(into, found.layout)):
        raise FileCut(name=part.where, found="表头之下没有一行数据", expected=promised)
    if _has_end(found) and not body.ended and not _totals_only(found.layout, body):
        raise FileCut(name=part.where, found="没有见到文件结尾", expected=found.layout.ends_with[0].strip("#-"))


def _rows_promised(into: Surveyed, layout: Layout) -> str:
    """What a file without rows says that it holds; "" where it says nothing of rows."""
    counts = ["共", *(one.says for one in layout.totals if one.count and not layout.summary_of)]
    return next((f"{name}{into.told[name]}笔" for name in counts if number_of(into.told.get(name, ""))), "")


def _has_end(found: Found) -> bool:
    """Whether a whole file of this make says where it ends."""
    begins = found.layout.begins_with
    return bool(found.layout.ends_with) and (not begins or any(said.startswith(begins) for said in found.remarks))


def _totals_only(layout: Layout, body: Body) -> bool:
    return bool(layout.summary_of and body.totals)


def _add_up(rows: Iterator[Record | Broken], body: Body) -> None:
    """A summary tells one row a shop, and mostly a row 合计; where there is none, the shops are added up."""
    sums: dict[str, Decimal] = {}
    for row in rows:
        for name, text in row.fields.items() if isinstance(row, Record) else ():
            figure = number_of(text)
            if figure is not None:
                sums[name] = sums.get(name, Decimal(0)) + figure
    for name, figure in sums.items():
        body.totals.setdefault(f"合计 {name}", f"{figure:f}")


def _take_said(into: Surveyed, said: Said, body: Body) -> None:
    into.period_from, into.period_to = said.period_from, said.period_to
    into.told = {**said.figures, **body.totals}
    if said.opening is not None:
        into.told["期初余额"] = said.opening
    if said.closing is not None:
        into.told["期末余额"] = said.closing


def _heading(part: Part, plan: Plan) -> Found:
    found = find_heading(part, plan.layouts, only=plan.money_layout)
    if isinstance(found, Found):
        return found
    raise refusal_of(part.where, found, plan)


def refusal_of(where: str, found: NotFound, plan: Plan) -> Exception:
    """What is said of a table that is none of the known ones."""
    names = {tidy(name) for name in found.names}
    if {tidy("保险单号"), tidy("动账流水号")} <= names:
        return AlreadyInLedger(name=where)
    match found.layout:
        case Ambiguous(names=several):
            return LayoutUnclear(name=where, columns=columns_shown(found.names), names="、".join(several))
        case NoLayout(nearest=nearest, missing=missing) if plan.money_layout is not None and nearest:
            columns = columns_shown(found.names)
            return LayoutUnfit(name=where, columns=columns, layout=nearest, missing="、".join(missing))
        case NoLayout():
            return unknown_layout(where, found.names, layouts=plan.layouts, kind="statement", found=found.layout)


def _unit(part: Part, found: Found) -> Any:
    """Yuan or fen, where only the whole file can tell: one amount with decimals settles it."""
    readers = readers_for(Way(layout=found.layout), found.names)
    if not readers.plain:
        return "major"
    bare_columns: dict[str, None] = {}
    for row in table_rows(part, found, Body()):
        if isinstance(row, Broken):
            continue
        for column in readers.plain:
            text = narrow(row.fields.get(column, "").strip())
            if "." in text:
                return "major"
            if text.strip("0+-, "):
                bare_columns[column] = None
    if not bare_columns or not minor_digits(found.layout.currency):
        return "major"
    first = next(iter(bare_columns))
    raise UnitUnclear(name=part.where, columns="、".join(bare_columns), first=first, layout=found.layout.name)


def _provider(plan: Plan) -> str:
    told = plan.config.get("provider")
    return told if isinstance(told, str) and told else plan.source


def _json_rows(part: Part, plan: Plan, into: Surveyed) -> Iterator[tuple[Record | Broken, Reading]]:
    ways = survey_money(part.path, plan)
    way = next(iter(ways.values()), None)
    if way is None:
        return
    told = msgspec.structs.replace(way, told=FileTold(digest=part.digest))
    into.way, into.layout = told, way.layout.name
    for told_as in open_records(part.path, shape=plan.shape):
        one = msgspec.structs.replace(told_as, where=part.where)
        if isinstance(one, Broken) or not isinstance(one.fields, Mapping):
            yield one, Reading()
        else:
            yield one, read_fields({name: str(value) for name, value in one.fields.items()}, told)


def _mt940_rows(part: Part, plan: Plan, into: Surveyed) -> Iterator[tuple[Record | Broken, Reading]]:
    _check_size(part)
    try:
        statements = mt940.read_statements((line.number, line.text) for line in part_lines(part))
    except mt940.NotMt940 as problem:
        got = f"第 {problem.line} 行 {problem.got}"
        raise NotAStatement(name=part.where, what="MT940", expected=problem.expected, got=got) from None
    into.layout = mt940.LAYOUT
    into.account = _one([statement.account for statement in statements])
    told, provider = FileTold(digest=part.digest), str(plan.config.get("provider") or BANK)
    for statement in statements:
        moved = 0
        for entry in statement.entries:
            record = _record(entry.line, part.where, entry.fields)
            reading = mt940.read_entry(entry.fields, provider=provider, told=told)
            moved += sum(line.net_minor for line in reading.items)
            yield record, reading
        _check_statement(into, statement.number or statement.reference, statement.opening, statement.closing, moved)
    _check_follow_on(into, statements)
    days = [one.day for statement in statements for one in (statement.opening, statement.closing) if one]
    into.period_from, into.period_to = min(days), max(days)


def _check_size(part: Part) -> None:
    if part.path.stat().st_size > DOCUMENT_BYTES:
        raise FileCut(name=part.where, found="文件过大", expected=f"最多 {DOCUMENT_BYTES // 2**20} MB 的报文")


def _record(line: int, where: str, fields: Mapping[str, Any]) -> Record:
    return Record(line=line, where=where, fields=fields, body=msgspec.json.encode(fields))


def _one(names: Sequence[str]) -> str:
    told = list(dict.fromkeys(name for name in names if name))
    return told[0] if len(told) == 1 else ""


def _check_statement(into: Surveyed, name: str, opening: Any, closing: Any, moved: int) -> None:
    """Opening balance + Σ = closing balance, of one statement."""
    if opening is None or closing is None:
        into.notes.append(f"{name}：没有期初或期末余额，余额未核对")
        return
    digits = minor_digits(opening.currency)
    told = f"{major(closing.amount_minor, minor_digits(closing.currency))} {closing.currency}"
    ours = f"{major(opening.amount_minor + moved, digits)} {opening.currency}"
    if told != ours:
        into.checks.append(_check(into.where, f"期末余额 {name}", told, ours))
    into.told.setdefault("期初余额", major(opening.amount_minor, digits))
    into.told["期末余额"] = major(closing.amount_minor, minor_digits(closing.currency))


def _check_follow_on(into: Surveyed, statements: Sequence[mt940.Statement]) -> None:
    """Of one account each statement begins where the one before ended."""
    last: dict[str, mt940.Statement] = {}
    for statement in statements:
        before = last.get(statement.account)
        if before and before.closing and statement.opening and before.closing.currency == statement.opening.currency:
            ends, begins = before.closing.amount_minor, statement.opening.amount_minor
            if ends != begins:
                digits = minor_digits(statement.opening.currency)
                name = f"期初余额 {statement.number or statement.reference}"
                into.checks.append(
                    _check(into.where, name, major(ends, digits), major(begins, digits), line=statement.line)
                )
        last[statement.account] = statement


def _check(where: str, check: str, expected: str, got: str, *, line: int = 0) -> RowProblem:
    return RowProblem(file=printable(where), line=line, field=check, expected=expected, got=got, code="figure_differs")


def _camt_rows(part: Part, plan: Plan, into: Surveyed) -> Iterator[tuple[Record | Broken, Reading]]:
    _check_size(part)
    root = read_xml(part.path.read_bytes(), limit_bytes=DOCUMENT_BYTES)
    try:
        statements = camt.read_document(root)
    except camt.NotCamt as problem:
        raise NotAStatement(name=part.where, what="camt 报文", expected=problem.expected, got=problem.got) from None
    into.layout = camt.LAYOUT
    into.account = _one([statement.account for statement in statements])
    told, provider = FileTold(digest=part.digest), str(plan.config.get("provider") or BANK)
    line = 0
    for statement in statements:
        moved = {"in": 0, "out": 0, "ins": 0, "outs": 0}
        for fields in statement.entries:
            line += 1
            reading = camt.read_entry(fields, provider=provider, told=told)
            _add_moves(moved, reading)
            yield _record(line, part.where, fields), reading
        _check_statement(into, statement.name, statement.opening, statement.closing, moved["in"] - moved["out"])
        _check_camt_totals(into, statement, moved)
        into.period_from = min(filter(None, (into.period_from, statement.period[0])), default=None)
        into.period_to = max(filter(None, (into.period_to, statement.period[1])), default=None)
    if not line and all(statement.opening is None for statement in statements):
        raise NoRows(name=part.where)


def _add_moves(moved: dict[str, int], reading: Reading) -> None:
    net = sum(item.net_minor for item in reading.items)
    if reading.items:
        way = "in" if net >= 0 else "out"
        moved[way] += abs(net)
        moved[f"{way}s"] += 1


def _check_camt_totals(into: Surveyed, statement: camt.Statement, moved: Mapping[str, int]) -> None:
    digits = minor_digits(statement.currency)
    ours = {
        "NbOfNtries": str(moved["ins"] + moved["outs"]),
        "CdtNbOfNtries": str(moved["ins"]),
        "DbtNbOfNtries": str(moved["outs"]),
        "CdtSum": major(moved["in"], digits),
        "DbtSum": major(moved["out"], digits),
    }
    for name, told in statement.totals.items():
        into.told[f"{statement.name} {name}"] = told
        if number_of(told) != number_of(ours[name]):
            into.checks.append(_check(into.where, f"{name} {statement.name}", told, ours[name]))


class _Survey:
    """Counts and checks one part, row by row."""

    def __init__(self, part: Part, plan: Plan) -> None:
        self.surveyed = Surveyed(where=part.where, digest=part.digest, layout="")
        self._part = part
        self._plan = plan
        self._chains: dict[tuple[str, str], Chain] = {}
        self._first: Any = None
        self._last: Any = None
        self._columns: dict[str, str] = {}
        self._last_line = 0
        self._column_sums: dict[str, int] = {}
        """What the amounts under each heading come to, for a row 合计 at the end."""
        self._money: tuple[str, ...] = ()

    def add(self, told: Record | Broken, reading: Reading) -> None:
        """One row."""
        surveyed = self.surveyed
        surveyed.rows += 1
        self._last_line = told.line
        if surveyed.rows == 1:
            self._begin()
        said = said_of(told, reading)
        if said.unreadable and not said.items:
            self._fault(told, said.unreadable[0])
            return
        line = next((item for item in reading.items if isinstance(item, LineTold)), None)
        if line is None or isinstance(told, Broken):
            return
        for one in reading.items:
            if isinstance(one, LineTold):
                self._add_line(one, told.line)
        self._add_sums(told, line)

    def _begin(self) -> None:
        found = self.surveyed.found
        if found is None:
            return
        totals = found.layout.totals
        self.surveyed.sums = Sums(totals)
        by_name = {tidy(name): name for name in found.names}
        wanted = {*summed_columns(totals), *(column for total in totals for column in total.where)}
        self._column_sums = dict.fromkeys(_amount_columns(found), 0)
        self._columns = {column: by_name[tidy(column)] for column in wanted if tidy(column) in by_name}
        self._money = tuple(column for column in summed_columns(totals) if column in self._columns)

    def _fault(self, told: Record | Broken, fault: Unreadable) -> None:
        surveyed = self.surveyed
        if fault.code == "bad_time":
            raise ImpossibleTime(name=surveyed.where, line=told.line, field=fault.field, got=fault.got)
        surveyed.broken += 1
        if len(surveyed.faults) < MOST_FAULTS:
            surveyed.faults.append(problem_of(told, fault))

    def _add_line(self, line: LineTold, number: int) -> None:
        surveyed = self.surveyed
        surveyed.provider = surveyed.provider or line.provider
        moved = surveyed.moved.setdefault(line.currency, {"in": 0, "out": 0})
        moved["in" if line.net_minor >= 0 else "out"] += abs(line.net_minor)
        chain = self._chains.setdefault((line.account, line.currency), Chain())
        chain.add(net=line.net_minor, balance=line.balance_minor, line=number)
        when = line.occurred_at or line.booked_on
        self._first, self._last = self._first or when, when
        if line.booked_on is not None:
            day = line.booked_on
            surveyed.ours["first"] = min(surveyed.ours.get("first", day.isoformat()), day.isoformat())
            surveyed.ours["last"] = max(surveyed.ours.get("last", day.isoformat()), day.isoformat())

    def _add_sums(self, told: Record, line: LineTold) -> None:
        sums = self.surveyed.sums
        if sums is not None and self._columns:
            cells = {column: _bare(told, name) for column, name in self._columns.items()}
            sums.add(cells, {column: _minor(cells[column], line.currency) for column in self._money})
        for column in self._column_sums:
            self._column_sums[column] += _minor(_bare(told, column), line.currency)

    def finish(self) -> Surveyed:
        """Everything told of the part."""
        surveyed = self.surveyed
        if not surveyed.rows and not surveyed.told and not surveyed.notes:
            raise NoRows(name=surveyed.where)
        if surveyed.rows and surveyed.broken == surveyed.rows:
            self._refuse_unreadable()
        self._check_last()
        self._check_chains()
        self._check_totals()
        first, last = surveyed.ours.pop("first", None), surveyed.ours.pop("last", None)
        surveyed.period_from = surveyed.period_from or (date.fromisoformat(first) if first else None)
        surveyed.period_to = surveyed.period_to or (date.fromisoformat(last) if last else None)
        surveyed.provider = surveyed.provider or (surveyed.found.layout.provider if surveyed.found else "")
        surveyed.provider = surveyed.provider or _provider(self._plan)
        return surveyed

    def _refuse_unreadable(self) -> None:
        surveyed = self.surveyed
        fault = surveyed.faults[0]
        raise NothingReadable(
            name=surveyed.where, layout=surveyed.layout, line=fault.line, field=fault.field, expected=fault.expected,
            got=fault.got,
        )  # fmt: skip

    def _check_last(self) -> None:
        """A last row with too few cells, half a letter or an open quote: the file was cut in the middle of it."""
        surveyed = self.surveyed
        last = surveyed.faults[-1] if surveyed.faults else None
        if last is None or last.line != self._last_line:
            return
        if last.expected.endswith(" fields") and int(last.got or 0) < int(last.expected.split()[0]):
            raise FileCut(
                name=surveyed.where, found=f"最后一行（第 {last.line} 行）只有 {last.got} 列", expected=last.expected
            )
        if last.got.startswith(_HALVES) and not _ends_a_line(self._part):
            raise FileCut(
                name=surveyed.where, found=f"最后一行（第 {last.line} 行）断在中间", expected="完整的最后一行"
            )

    def _check_chains(self) -> None:
        surveyed = self.surveyed
        backwards = self._first is not None and self._last is not None and str(self._last) < str(self._first)
        for (account, currency), chain in self._chains.items():
            if not chain.checkable:
                if chain.rows:
                    surveyed.notes.append(f"{chain.silent} 行没有余额，余额未逐笔核对")
                continue
            digits = minor_digits(currency)
            name = f"余额 {account}".strip()
            for line, expected, got in chain.gaps(newest_first=backwards):
                surveyed.checks.append(
                    _check(surveyed.where, name, major(expected, digits), major(got, digits), line=line)
                )
            if len(self._chains) == 1:
                self._check_ends(chain, digits, backwards=backwards)

    def _check_ends(self, chain: Chain, digits: int, *, backwards: bool) -> None:
        surveyed = self.surveyed
        for name, ours in zip(("期初余额", "期末余额"), chain.ends(newest_first=backwards), strict=True):
            told = surveyed.told.get(name)
            if ours is None:
                continue
            surveyed.ours[name] = major(ours, digits)
            if told is not None and number_of(told) != number_of(major(ours, digits)):
                surveyed.checks.append(_check(surveyed.where, name, told, major(ours, digits)))

    def _check_totals(self) -> None:
        surveyed = self.surveyed
        sums, found = surveyed.sums, surveyed.found
        if found is not None and sums is None:
            sums = surveyed.sums = Sums(found.layout.totals)
        if sums is None or found is None:
            return
        digits = minor_digits(found.layout.currency)
        differences, known = compare_totals(surveyed.told, sums, digits=digits)
        surveyed.checks += [_difference(surveyed.where, one) for one in differences]
        for says, (total, value) in sums.values().items():
            if says in surveyed.told:
                surveyed.ours[says] = str(value) if total.count else major(value, digits)
        for column, ours in self._column_sums.items():
            told = surveyed.told.get(f"合计 {column}")
            if told is not None and number_of(told) is not None:
                known += 1
                surveyed.ours[f"合计 {column}"] = major(ours, digits)
                if number_of(told) != number_of(major(ours, digits)):
                    surveyed.checks.append(_check(surveyed.where, f"合计 {column}", told, major(ours, digits)))
        if found.layout.totals and not known:
            surveyed.notes.append("文件没有写合计，合计未核对")


_HALVES: Final = ("a broken byte", "a quote that is never closed")
"""What is said of a row that breaks off."""


def _ends_a_line(part: Part) -> bool:
    """Whether the file's last byte ends a line."""
    with part.path.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) in (b"\n", b"\r")


def _amount_columns(found: Found) -> tuple[str, ...]:
    """The columns of amounts that a row 合计 adds up."""
    readers = readers_for(Way(layout=found.layout), found.names)
    names: dict[str, None] = {}
    for field in ("net", "income", "expense", "amount"):
        told = found.layout.fields.get(field)
        for wanted in source_of(told).columns if told else ():
            column = readers.column(wanted, money=True)
            names |= {column: None} if column else {}
    return tuple(names)


def _bare(told: Record, column: str) -> str:
    return str(told.fields.get(column, "")).strip(" \t`'\"")


def _minor(text: str, currency: str) -> int:
    """An amount under a heading; what is none counts nothing."""
    try:
        return minor_units(narrow(text), currency) if text not in ("", "-", "--", "/") else 0
    except BadValue:
        return 0


def _difference(where: str, one: Difference) -> RowProblem:
    return _check(where, one.check, one.expected, one.got, line=one.line)


def said_of(told: Record | Broken, reading: Reading) -> Reading:
    """What a row comes to, also one that is no row."""
    return broken_reading(told) if isinstance(told, Broken) else reading


def _compare_summaries(parts: list[Surveyed]) -> None:
    """A 汇总 beside its 明细: what it tells is held against all details of its account and of its days."""
    for summary in parts:
        of = summary.found.layout.summary_of if summary.found else ""
        if not of:
            continue
        details = [part for part in parts if part.layout == of and _sums_up(summary, part)]
        if not details:
            summary.notes.append("旁边没有业务明细，汇总未核对")
            continue
        told = {
            f"汇总 {name.removeprefix('合计 ')}": text
            for name, text in summary.told.items()
            if name.startswith("合计 ")
        }
        whole = Sums(details[0].found.layout.totals if details[0].found else ())
        for detail in details:
            if detail.sums is not None:
                whole.merge(detail.sums)
        differences, _ = compare_totals(told, whole)
        summary.checks += [_difference(summary.where, one) for one in differences]
        summary.ours |= {
            says: str(value) if total.count else major(value)
            for says, (total, value) in whole.values().items()
            if says in told
        }


def _sums_up(summary: Surveyed, part: Surveyed) -> bool:
    """Same account, and no day that the summary does not tell of: an archive may hold several days."""
    begins = summary.period_from is None or part.period_from is None or summary.period_from <= part.period_from
    ends = summary.period_to is None or part.period_to is None or part.period_to <= summary.period_to
    return part.account == summary.account and begins and ends


def part_headers(surveyed: Surveyed) -> str:
    """What is noted with each row of a part."""
    if surveyed.way is not None:
        more = {FILE: surveyed.digest} | ({ACCOUNT: surveyed.account} if surveyed.account else {})
        return headers_of("statement", surveyed.way, **more)
    told = {"content-type": "application/json", KIND: "statement", LAYOUT: surveyed.layout, FILE: surveyed.digest}
    return msgspec.json.encode(told).decode()


__all__ = ["FileRefused", "Surveyed", "part_headers", "said_of", "statement_rows", "survey_statement"]
