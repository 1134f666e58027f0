"""Workbooks: cells as a person sees them, and a hostile one costs us nothing."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import xlsxwriter

from fenghe.kernel.intake import Broken, Limits, Record, Shape, open_records
from fenghe.kernel.intake.refusals import ArchiveBomb, HeaderNotFound, SheetNotFound, TooManyRows, WorkbookBroken


def _book(tmp_path: Path, sheets: Mapping[str, Sequence[Sequence[object]]], name: str = "orders.xlsx") -> Path:
    path = tmp_path / name
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for sheet, rows in sheets.items():
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                if isinstance(cell, dt.datetime):
                    page.write_datetime(number, place, cell, day)
                else:
                    page.write(number, place, cell)
    book.close()
    return path


def test_cells_read_as_a_person_sees_them(tmp_path: Path) -> None:
    moment = dt.datetime(2026, 2, 5, 14, 23, 0)  # noqa: DTZ001 a sheet's times have no zone
    rows: list[list[object]] = [
        ["订单编号 ", "金额", "时间", "数量", "备注"],
        ["6930162745589500001", 19.9, moment, 2, "黑色,6.1寸 😀"],
        [2067719225654838, 0.1 + 0.2, "", None, True],
        ["", "", "", "", ""],
    ]
    first, second = open_records(_book(tmp_path, {"订单": rows}))
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert list(first.fields.values()) == ["6930162745589500001", "19.9", "2026-02-05 14:23:00", "2", "黑色,6.1寸 😀"]
    assert list(second.fields.values()) == ["2067719225654838", "0.3", "", "", "true"]
    assert (first.where, first.line, second.line) == ("orders.xlsx › 订单", 2, 3)


def test_a_number_that_lost_its_digits_is_a_broken_row(tmp_path: Path) -> None:
    rows: list[list[object]] = [["订单编号", "金额"], [6930162745589500001, 1], ["2", 2]]
    broken, record = open_records(_book(tmp_path, {"a": rows}))
    assert isinstance(broken, Broken)
    assert (broken.line, broken.field, broken.got) == (2, "订单编号", "6.930163e+18")
    assert "kept as text" in broken.expected
    assert isinstance(record, Record)


def test_the_sheet_is_the_first_or_the_named_one(tmp_path: Path) -> None:
    path = _book(tmp_path, {"说明": [["读我"], ["x"]], "数据": [["a"], ["1"]]})
    assert [r.fields for r in open_records(path) if isinstance(r, Record)] == [{"读我": "x"}]
    named = open_records(path, shape=Shape(sheet="数据"))
    assert [r.fields for r in named if isinstance(r, Record)] == [{"a": "1"}]
    with pytest.raises(SheetNotFound, match="no sheet 汇总; it has 说明、数据"):
        list(open_records(path, shape=Shape(sheet="汇总")))


def test_a_table_that_begins_lower_and_further_right(tmp_path: Path) -> None:
    rows: list[list[object]] = [[], [], [None, "流水", "金额"], [None, "T1", "1.00"], [None, "合计", "1.00"]]
    path = _book(tmp_path, {"a": rows})
    (first, total) = open_records(path)
    assert isinstance(first, Record)
    assert (first.line, first.fields) == (4, {"column 1": "", "流水": "T1", "金额": "1.00"})
    assert isinstance(total, Record)
    shape = Shape(header_has=("流水", "金额"), skip_prefixes=("合计",))
    assert len(list(open_records(path, shape=shape))) == 2
    with pytest.raises(HeaderNotFound, match="订单"):
        list(open_records(path, shape=Shape(header_has=("订单",))))


def test_real_xls(shared_data: Path) -> None:
    path = shared_data / "bills_cn" / "bank" / "spdb_debit.xls"
    outcomes = list(open_records(path, shape=Shape(header_has=("顺序号", "交易日期"))))
    assert len(outcomes) >= 4
    assert all(isinstance(outcome, Record) for outcome in outcomes)
    assert isinstance(outcomes[0], Record)
    assert {"顺序号", "交易日期", "余额"} <= set(outcomes[0].fields)


def _rewritten(path: Path, member: str, change: tuple[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            body = old.read(info)
            if info.filename == member:
                body = re.sub(change[0], change[1], body.decode()).encode()
            new.writestr(info.filename, body)
    return target.getvalue()


def test_a_sheet_of_two_far_cells_does_not_take_our_memory(tmp_path: Path) -> None:
    path = _book(tmp_path, {"a": [["a", "b"], ["1", "2"]]})
    path.write_bytes(_rewritten(path, "xl/worksheets/sheet1.xml", ('r="B2"', 'r="XFD1048576"')))
    with pytest.raises(WorkbookBroken, match="cannot be read as a workbook"):
        list(open_records(path, limits=Limits(sheet_process_bytes=512 * 1024 * 1024)))


def test_too_many_rows_bombs_and_damage_are_said(tmp_path: Path) -> None:
    rows = [["a"], *[[str(number)] for number in range(50)]]
    path = _book(tmp_path, {"a": rows})
    with pytest.raises(TooManyRows, match="51 rows"):
        list(open_records(path, limits=Limits(sheet_rows=20)))
    with pytest.raises(ArchiveBomb):
        list(open_records(path, limits=Limits(archive_bytes=1000)))
    path.write_bytes(_rewritten(path, "xl/workbook.xml", ("<sheets>", "<sheets")))
    with pytest.raises(WorkbookBroken):
        list(open_records(path))
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(WorkbookBroken):
        list(open_records(path))


def test_stopping_early_ends_the_reader(tmp_path: Path) -> None:
    rows = [["a"], *[[str(number)] for number in range(5000)]]
    records = open_records(_book(tmp_path, {"a": rows}))
    assert next(records).line == 2
    records.close()  # type: ignore[attr-defined]
