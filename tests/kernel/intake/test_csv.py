"""Tables in text files: what a person's export may contain, and what is told when a row is broken."""

import csv
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.intake import Broken, Limits, Record, Shape, open_records, row_key
from fenghe.kernel.intake.refusals import BadHeader, EmptyFile, HeaderNotFound


def _file(tmp_path: Path, content: bytes | str, name: str = "orders.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _read(
    tmp_path: Path, content: bytes | str, *, shape: Shape | None = None, limits: Limits | None = None
) -> list[Record | Broken]:
    return list(open_records(_file(tmp_path, content), shape=shape, limits=limits))


def _fields(outcomes: list[Record | Broken]) -> list[dict[str, str]]:
    return [outcome.fields for outcome in outcomes if isinstance(outcome, Record)]


def _broken(outcomes: list[Record | Broken]) -> list[Broken]:
    return [outcome for outcome in outcomes if isinstance(outcome, Broken)]


def test_a_plain_table(tmp_path: Path) -> None:
    outcomes = _read(tmp_path, "订单编号,总金额\n1001,12.50\n1002,7\n")
    assert _fields(outcomes) == [{"订单编号": "1001", "总金额": "12.50"}, {"订单编号": "1002", "总金额": "7"}]
    assert [outcome.line for outcome in outcomes] == [2, 3]
    assert outcomes[0] == Record(
        line=2,
        where="orders.csv",
        fields={"订单编号": "1001", "总金额": "12.50"},
        body='{"订单编号":"1001","总金额":"12.50"}'.encode(),
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_heading_tells_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    text = delimiter.join(["a", "b", "c"]) + "\n" + delimiter.join(["1", "2", "3"]) + "\n"
    assert _fields(_read(tmp_path, text)) == [{"a": "1", "b": "2", "c": "3"}]


def test_heading_names_lose_what_spreadsheets_hang_on_them(tmp_path: Path) -> None:
    outcomes = _read(tmp_path, "\ufeff`订单编号,收货地址 ,\t订单付款时间 ,备注,备注,,\n1,广东省,2020-02-01,a,b,,\n")
    assert _fields(outcomes) == [
        {"订单编号": "1", "收货地址": "广东省", "订单付款时间": "2020-02-01", "备注": "a", "备注 (2)": "b"}
    ]


def test_an_unnamed_column_between_others_is_named_by_its_place(tmp_path: Path) -> None:
    assert _fields(_read(tmp_path, "a,,c\n1,2,3\n")) == [{"a": "1", "column 2": "2", "c": "3"}]


def test_too_few_and_too_many_fields_are_told_and_the_next_row_is_read(tmp_path: Path) -> None:
    outcomes = _read(tmp_path, "a,b,c\n1,2\n1,2,3,4\n1,2,3\n1,2,3,,\n")
    assert _fields(outcomes) == [{"a": "1", "b": "2", "c": "3"}] * 2
    short, long = _broken(outcomes)
    assert (short.line, short.field, short.expected, short.got) == (2, "c", "3 fields", "2")
    assert (long.line, long.field, long.expected, long.got) == (3, "c", "3 fields", "4")
    assert long.text == "1,2,3,4"


def test_short_rows_are_whole_where_the_layout_says_so(tmp_path: Path) -> None:
    assert _fields(_read(tmp_path, "a,b,c\n1\n", shape=Shape(short_rows=True))) == [{"a": "1", "b": "", "c": ""}]


def test_quotes_line_breaks_and_blank_rows(tmp_path: Path) -> None:
    outcomes = _read(tmp_path, 'a,b\r\n"x, ""y""","two\r\nlines"\r\n,\r\n\r\n="0012",5" pipe\r\n')
    assert _fields(outcomes) == [{"a": 'x, "y"', "b": "two\r\nlines"}, {"a": '="0012"', "b": '5" pipe'}]
    assert [outcome.line for outcome in outcomes] == [2, 6]


def test_blanks_after_a_closing_quote_are_no_fault(tmp_path: Path) -> None:
    outcomes = _read(tmp_path, 'a,b,c\n"1"\t,"x ""y"", z" ,¥28.16\n"1"\t,"2"\t,\n')
    assert _fields(outcomes) == [{"a": "1", "b": 'x "y", z', "c": "¥28.16"}, {"a": "1", "b": "2", "c": ""}]


def test_an_unclosed_quote_breaks_its_own_row_only(tmp_path: Path) -> None:
    outcomes = _read(tmp_path, 'a,b\n1,"ok"\n2,"never closed\n3,fine\n4,fine\n')
    (broken,) = _broken(outcomes)
    assert (broken.line, broken.field, broken.got) == (3, "b", "a quote that is never closed")
    assert [fields["a"] for fields in _fields(outcomes)] == ["1", "3", "4"]


def test_the_line_named_is_where_the_quote_opened(tmp_path: Path) -> None:
    outcomes = _read(tmp_path, 'a,b\n"two\nlines","open\n3,fine\n')
    (broken,) = _broken(outcomes)
    assert (broken.line, broken.field) == (3, "b")
    assert [fields["a"] for fields in _fields(outcomes)] == ["3"]


def test_two_stray_quotes_far_apart_cost_two_rows(tmp_path: Path) -> None:
    rows = [f"{number},fine" for number in range(50)]
    rows[10], rows[40] = '10,"stray', '40,"stray'
    outcomes = _read(tmp_path, "a,b\n" + "\n".join(rows) + "\n")
    assert [broken.line for broken in _broken(outcomes)] == [12, 42]
    assert len(_fields(outcomes)) == 48


def test_a_nul_byte_breaks_its_row(tmp_path: Path) -> None:
    outcomes = _read(tmp_path, b"a,b\n1,x\x00y\n2,z\n")
    (broken,) = _broken(outcomes)
    assert (broken.line, broken.field, broken.expected, broken.got) == (2, "b", "text without NUL bytes", "x\\x00y")
    assert _fields(outcomes) == [{"a": "2", "b": "z"}]


def test_ten_megabytes_in_one_field_are_a_broken_row_in_small_memory(tmp_path: Path) -> None:
    path = _file(tmp_path, b"a,b\n1," + b"x" * 10_000_000 + b"\n2,y\n")
    tracemalloc.start()
    outcomes = list(open_records(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (broken,) = _broken(outcomes)
    assert (broken.line, broken.field, broken.got) == (2, "b", "a longer one")
    assert _fields(outcomes) == [{"a": "2", "b": "y"}]
    assert peak < 8_000_000


def test_a_field_of_many_lines_is_bounded_too(tmp_path: Path) -> None:
    text = 'a,b\n1,"' + "line\n" * 50 + '"\n2,y\n'
    assert len(_fields(_read(tmp_path, text))) == 2
    outcomes = _read(tmp_path, text, limits=Limits(record_lines=20))
    assert _broken(outcomes)[0].line == 2
    assert _fields(outcomes)[-1] == {"a": "2", "b": "y"}


def test_preamble_and_remarks_are_passed_over_only_when_asked(tmp_path: Path) -> None:
    text = "支付宝账务明细\n账号：1\n\n#---列表---\n流水号,金额\nT1,1.00\n#合计,1\n"
    shape = Shape(header_has=("流水号", "金额"), skip_prefixes=("#",))
    outcomes = _read(tmp_path, text, shape=shape)
    assert [(outcome.line, outcome.fields) for outcome in outcomes if isinstance(outcome, Record)] == [
        (6, {"流水号": "T1", "金额": "1.00"})
    ]
    assert len(outcomes) == 1
    assert _fields(_read(tmp_path, text))[0] == {"支付宝账务明细": "账号：1"}


def test_a_heading_that_is_not_there_is_said_with_the_names_sought(tmp_path: Path) -> None:
    with pytest.raises(HeaderNotFound, match=r"orders\.csv has no heading line with the columns 流水号、金额"):
        _read(tmp_path, "a,b\n1,2\n", shape=Shape(header_has=("流水号", "金额")))


def test_a_heading_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadHeader, match=r"line 1 of orders\.csv"):
        _read(tmp_path, 'a,"b\n1,2\n')
    with pytest.raises(BadHeader, match="broken byte"):
        _read(tmp_path, b"a,\xff\xff,c\n" + "中文\n".encode() * 3)


def test_an_empty_file_is_said_and_a_heading_alone_is_no_row(tmp_path: Path) -> None:
    with pytest.raises(EmptyFile, match=r"orders\.csv is empty"):
        _read(tmp_path, "")
    assert _read(tmp_path, "a,b\n") == []


def test_old_line_endings(tmp_path: Path) -> None:
    assert _fields(_read(tmp_path, "a,b\r1,2\r3,4")) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


_cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufffd"), max_size=8)


@given(st.lists(st.tuples(_cells, _cells, _cells), max_size=8))
def test_what_a_csv_writer_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["a", "b", "c"])
    writer.writerows(rows)
    outcomes = _read(tmp_path_factory.mktemp("csv"), text.getvalue())
    assert _broken(outcomes) == []
    assert [tuple(fields.values()) for fields in _fields(outcomes)] == [
        row for row in rows if any(cell.strip() for cell in row)
    ]


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=6), st.randoms())
def test_a_rows_key_is_stable_under_order_blanks_and_empty_columns(fields: dict[str, str], random: object) -> None:
    names = sorted(fields, reverse=True)
    padded = {name: f" {fields[name]}\t" for name in names}
    assert row_key(padded) == row_key(fields)
    assert row_key({**fields, "a new column \x01": " "}) == row_key(fields)
    assert row_key({**fields, "a new column \x01": "x"}) != row_key(fields)
