"""Encodings are decided over the whole file, and one broken byte is one broken row."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.intake import Broken, Record, open_records

TABLE = "订单编号,收货地址\n" + "".join(f"{number},广东省深圳市南山区\n" for number in range(1, 31))


def _read(tmp_path: Path, content: bytes) -> list[Record | Broken]:
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    return list(open_records(path))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_each_encoding_reads_the_same(tmp_path: Path, encoding: str) -> None:
    outcomes = _read(tmp_path, TABLE.encode(encoding))
    assert len(outcomes) == 30
    assert isinstance(outcomes[0], Record)
    assert outcomes[0].fields == {"订单编号": "1", "收货地址": "广东省深圳市南山区"}


def test_big_endian_utf16(tmp_path: Path) -> None:
    outcomes = _read(tmp_path, b"\xfe\xff" + "a,b\n订,单\n".encode("utf-16-be"))
    assert [outcome.fields for outcome in outcomes if isinstance(outcome, Record)] == [{"a": "订", "b": "单"}]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_broken_byte_breaks_its_row_and_not_the_file(tmp_path: Path, encoding: str) -> None:
    lines = TABLE.encode(encoding).split(b"\n")
    lines[7] = b"7," + "广东".encode(encoding) + b"\xff" + "省".encode(encoding)
    outcomes = _read(tmp_path, b"\n".join(lines))
    (broken,) = [outcome for outcome in outcomes if isinstance(outcome, Broken)]
    assert (broken.line, broken.field, broken.got) == (8, "收货地址", "a broken byte at column 5")
    assert "UTF-8 or GB18030" in broken.expected
    assert len(outcomes) == 30
    assert all(o.fields["收货地址"] == "广东省深圳市南山区" for o in outcomes if isinstance(o, Record))


def test_utf8_whose_broken_bytes_happen_to_be_gb18030_stays_utf8(tmp_path: Path) -> None:
    """Cut in the middle of a character, as a 255-byte column does, the text is often still valid GB18030."""
    rows = ["1,测试商品", "2,测试", "3,测试商品"]
    body = "编号,标题\n".encode() + b"\n".join(row.encode() for row in rows) + b"\n4," + "测试商".encode()[:-1] + b"\n"
    outcomes = _read(tmp_path, body)
    assert [type(outcome) for outcome in outcomes] == [Record, Record, Record, Broken]
    assert isinstance(outcomes[0], Record)
    assert outcomes[0].fields["标题"] == "测试商品"


def test_a_broken_utf16_unit_breaks_its_row(tmp_path: Path) -> None:
    body = "a,b\n1,订\n2,".encode("utf-16") + b"\x00\xd8" + "\n3,单\n".encode("utf-16")[2:]
    assert [type(outcome) for outcome in _read(tmp_path, body)] == [Record, Broken, Record]


def test_real_bills_in_both_encodings(shared_data: Path) -> None:
    for name, word in (("alipay_app_2023_gb18030.csv", "交易时间"), ("wechat_2019_utf8.csv", "交易时间")):
        outcomes = list(open_records(shared_data / "bills_cn" / name))
        assert any(word in str(outcome) for outcome in outcomes), name
        assert not any("broken byte" in outcome.got for outcome in outcomes if isinstance(outcome, Broken)), name


@given(st.lists(st.text(st.characters(codec="gb18030", exclude_characters='\0\r\n",;\t'), max_size=12), min_size=1))
def test_whatever_gb18030_can_write_is_read(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    """With enough unmistakable lines around it, no text of a cell turns the file into another encoding."""
    text = "订单编号,收货地址\n" + "".join(f"广东省深圳市,{cell}\n" for cell in cells)
    outcomes = _read(tmp_path_factory.mktemp("gb"), text.encode("gb18030"))
    assert [o.fields["收货地址"] for o in outcomes if isinstance(o, Record)] == cells
