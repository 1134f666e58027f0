"""Lists as files: what a spreadsheet reads back, and that nothing in it runs."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from fenghe.kernel.values import CHINA, Money
from fenghe.kernel.web import exporting
from fenghe.kernel.web.exporting import CHUNK_ROWS, Cell, XlsxWriter, csv_chunks, guard, unguard

MOMENT = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)
ROW: list[Cell] = ["6920000000000000001", 7, Money("CNY", 12345), True, MOMENT, date(2026, 2, 5), None, Decimal("1.50")]
EVIL = [
    "=1+1",
    "+86 138",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "  =cmd|'/c calc'!A0",
    "＝1",
    "\x00=1",
    "'=1",
    "''=1",
    "\n",
]


def written(rows: list[list[Cell]], columns: list[str]) -> list[list[str]]:
    text = b"".join(csv_chunks(columns, rows)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_csv_reads_as_people_write() -> None:
    told = written([ROW], ["订单号", "件数"])
    assert told[0] == ["订单号", "件数"]
    assert told[1] == ["6920000000000000001", "7", "123.45", "是", "2026-11-22 02:30:00", "2026-02-05", "", "1.50"]


def test_csv_begins_so_that_excel_knows_its_encoding() -> None:
    assert b"".join(csv_chunks(["订单号"], [])).startswith(b"\xef\xbb\xbf")


def test_csv_comes_in_pieces() -> None:
    pieces = list(csv_chunks(["n"], ([n] for n in range(CHUNK_ROWS * 2 + 1))))
    assert len(pieces) == 3
    assert b"".join(pieces).count(b"\r\n") == CHUNK_ROWS * 2 + 2


@pytest.mark.parametrize("evil", EVIL)
def test_no_cell_of_a_csv_runs(evil: str) -> None:
    [_, [cell, column]] = written([[evil, "x"]], [evil, "b"])
    assert cell.startswith("'")
    assert unguard(cell) == evil
    assert column == "x"
    assert written([], [evil])[0][0].startswith("'")


def test_numbers_stay_numbers() -> None:
    assert written([[-5, Money("CNY", -100), Decimal("-1.5")]], ["a", "b", "c"])[1] == ["-5", "-1.00", "-1.5"]


@given(st.text())
def test_what_is_guarded_comes_back_as_it_was(text: str) -> None:
    assert unguard(guard(text)) == text
    assert not guard(text).lstrip(" \t\r\n\x00").startswith(tuple("=+-@＝＋－＠"))


@given(
    st.lists(
        st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1), min_size=1
    )
)
def test_csv_round_trip_of_any_text(cells: list[str]) -> None:
    [_, told] = written([list(cells)], ["a"] * len(cells))
    assert [unguard(cell) for cell in told] == cells


def workbook(tmp_path: Path, rows: list[list[Cell]], columns: list[str]) -> CalamineWorkbook:
    writer = XlsxWriter(tmp_path / "x.xlsx", columns)
    for row in rows:
        writer.write(row)
    writer.close()
    return CalamineWorkbook.from_path(tmp_path / "x.xlsx")


def test_xlsx_keeps_kinds(tmp_path: Path) -> None:
    [head, row] = workbook(tmp_path, [ROW], ["a"] * len(ROW)).get_sheet_by_index(0).to_python()
    assert head == ["a"] * len(ROW)
    assert row == [
        "6920000000000000001", 7.0, 123.45, "是", MOMENT.astimezone(CHINA).replace(tzinfo=None), date(2026, 2, 5), "",
        1.5,
    ]  # fmt: skip


def test_xlsx_texts_are_texts_and_long_numbers_too(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[one] for one in ["=1+1", "http://x.cn", "00123", "a\x07b", "x" * 40_000]]
    rows.append([12345678901234567890])
    told = workbook(tmp_path, rows, ["a"]).get_sheet_by_index(0).to_python()
    assert [row[0] for row in told[1:5]] == ["=1+1", "http://x.cn", "00123", "ab"]
    assert len(str(told[5][0])) == exporting.LONGEST_CELL
    assert told[6][0] == "12345678901234567890"


def test_a_full_sheet_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "ROWS_OF_A_SHEET", 2)
    book = workbook(tmp_path, [[n] for n in range(5)], ["n"])
    sheets = [book.get_sheet_by_index(n).to_python() for n in range(len(book.sheet_names))]
    assert sheets == [[["n"], [0.0], [1.0]], [["n"], [2.0], [3.0]], [["n"], [4.0]]]
