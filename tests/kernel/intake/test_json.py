"""JSON files: lines, arrays, wrapped lists and single documents; exact numbers; one broken value breaks one record."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.intake import Broken, Limits, Record, open_records
from fenghe.kernel.intake.encoding import Encoding
from fenghe.kernel.intake.exact_json import BadJson, read_exact_json, write_exact_json
from fenghe.kernel.intake.json_values import _Splitter
from fenghe.kernel.intake.refusals import DocumentTooLarge

BIG = 6930162745589500001


def _read(
    tmp_path: Path, content: bytes | str, name: str = "orders.json", limits: Limits | None = None
) -> list[Record | Broken]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(open_records(path, limits=limits))


def _values(outcomes: list[Record | Broken]) -> list[Any]:
    return [outcome.fields for outcome in outcomes if isinstance(outcome, Record)]


def _broken(outcomes: list[Record | Broken]) -> list[Broken]:
    return [outcome for outcome in outcomes if isinstance(outcome, Broken)]


def test_numbers_are_exact_and_the_bytes_are_the_files_own(tmp_path: Path) -> None:
    text = f'{{"id":{BIG},"long":123456789012345678901234567890,"amount":33.80,"flag":true}}'
    (record,) = _read(tmp_path, text + "\n", "orders.ndjson")
    assert isinstance(record, Record)
    assert record.fields == {
        "id": BIG,
        "long": 123456789012345678901234567890,
        "amount": Decimal("33.80"),
        "flag": True,
    }
    assert record.body == text.encode()
    assert write_exact_json(record.fields) == record.body


def test_one_value_a_line(tmp_path: Path) -> None:
    outcomes = _read(tmp_path, '{"a":1}\n\n{"a":\n{"a":3} x\n{"a":4}', "events.ndjson")
    assert _values(outcomes) == [{"a": 1}, {"a": 4}]
    first, second = _broken(outcomes)
    assert (first.line, first.expected, first.text) == (3, "a JSON value", '{"a":')
    assert (second.line, second.got) == (4, "Extra data at column 9")


def test_lines_are_recognised_without_the_ending(tmp_path: Path) -> None:
    assert _values(_read(tmp_path, '{"a":1}\n{"a":2}\n')) == [{"a": 1}, {"a": 2}]
    outcomes = _read(tmp_path, '{"a":}\n{"a":2}\n')
    assert (_broken(outcomes)[0].line, _values(outcomes)) == (1, [{"a": 2}])


def test_an_array_is_streamed_and_a_broken_element_is_only_itself(tmp_path: Path) -> None:
    text = '[\n {"a": [1, {"b": "]}"}]},\n {"a": tru},\n {"a": "\\"]\\\\"},\n 5, "x" ]\n'
    outcomes = _read(tmp_path, text)
    assert _values(outcomes) == [{"a": [1, {"b": "]}"}]}, {"a": '"]\\'}, 5, "x"]
    (broken,) = _broken(outcomes)
    assert (broken.line, broken.text) == (3, '{"a": tru}')


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("[]", [], []),
        ("[ ]\n", [], []),
        ("[1,]", [1], ["a JSON value"]),
        ("[1 2, 3]", [3], ["a JSON value"]),
        ("[,1]", [1], ["a JSON value"]),
        ("[1] [2]", [1], ["nothing after the list"]),
        ("[1, 2", [1], ["the closing ] of the list"]),
        ("[", [], ["the closing ] of the list"]),
        ('[1, "open', [1], ["the closing ] of the list"]),
    ],
)
def test_arrays_that_are_not_quite(tmp_path: Path, text: str, values: list[Any], expected: list[str]) -> None:
    outcomes = _read(tmp_path, text)
    assert (_values(outcomes), [broken.expected for broken in _broken(outcomes)]) == (values, expected)


def test_a_list_wrapped_by_a_tool_is_read_element_by_element(tmp_path: Path) -> None:
    assert _values(_read(tmp_path, '{"RECORDS": [{"a":1},{"a":2}], "total": 2}')) == [{"a": 1}, {"a": 2}]
    outcomes = _read(tmp_path, '{"code": 0, "data": [{"id": 6930162745589500001, "amount": 33.80}]}')
    assert [outcome.body for outcome in outcomes if isinstance(outcome, Record)] == [
        b'{"id":6930162745589500001,"amount":33.80}'
    ]


def test_an_orders_own_lists_are_not_taken_apart(tmp_path: Path) -> None:
    order = {"order_sn": "1", "item_list": [{"sku": "1"}, {"sku": "2"}]}
    assert _values(_read(tmp_path, json.dumps(order, indent=1))) == [order]


def test_a_document_that_is_no_json_is_one_broken_record(tmp_path: Path) -> None:
    (broken,) = _broken(_read(tmp_path, '{\n "a": 1,\n "b": oops\n}\n'))
    assert (broken.line, broken.got) == (3, "Expecting value at column 7")


def test_a_document_beyond_the_limit_is_refused_and_an_array_is_not(tmp_path: Path) -> None:
    limits = Limits(document_bytes=1000)
    with pytest.raises(DocumentTooLarge, match="one record per line"):
        _read(tmp_path, json.dumps({"a": "x" * 2000}), limits=limits)
    assert len(_values(_read(tmp_path, json.dumps(["x" * 900] * 5), limits=limits))) == 5


def test_a_huge_element_is_a_broken_record(tmp_path: Path) -> None:
    outcomes = _read(tmp_path, f'[{{"a":"{"x" * 3000}"}},{{"a":2}}]', limits=Limits(record_chars=1000))
    assert (_broken(outcomes)[0].got, _values(outcomes)) == ("a longer one", [{"a": 2}])
    outcomes = _read(tmp_path, f'{{"a":"{"x" * 3000}"}}\n{{"a":2}}\n', "a.jsonl", limits=Limits(record_chars=1000))
    assert (_broken(outcomes)[0].got, _values(outcomes)) == ("a longer one", [{"a": 2}])


def test_nul_characters_are_told_with_their_place(tmp_path: Path) -> None:
    outcomes = _read(tmp_path, '[{"a":{"b":["x","\\u0000"]}},{"\\u0000":1},"\\u0000",{"a":"\\\\u0000"}]')
    assert [broken.field for broken in _broken(outcomes)] == ["a.b.1", "\0", ""]
    assert _values(outcomes) == [{"a": "\\u0000"}]


def test_gb18030_and_broken_bytes(tmp_path: Path) -> None:
    rows = [{"标题": "测试商品" * 3} for _ in range(4)]
    body = json.dumps(rows, ensure_ascii=False).encode("gb18030")
    assert _values(_read(tmp_path, body)) == rows
    broken = json.dumps(rows, ensure_ascii=False).encode().replace(b"]", b',{"a":"\xff"}]')
    outcomes = _read(tmp_path, broken)
    assert _values(outcomes) == rows
    assert _broken(outcomes)[0].got == "a broken byte at column 7"


def test_what_is_not_json_says_where() -> None:
    for body, line, column in ((b'{"a":\n x}', 2, 2), (b'"\xff"', 1, 2), (b"", 1, 1), (b"[1] x", 1, 5)):
        with pytest.raises(BadJson) as caught:
            read_exact_json(body)
        assert (caught.value.line, caught.value.column) == (line, column), body
    assert read_exact_json(b'{"a":' * 99 + b"[]" + b"}" * 99)
    for body in (
        b"[" * 101 + b"]" * 101,
        b"[" * 5000,
        b"NaN",
        b'"\\ud800"',
        b"9" * 5000,
        b"1." + b"9" * 50 + b"e9999999999999999999",
    ):
        with pytest.raises(BadJson):
            read_exact_json(body)


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(st.lists(_json, max_size=6), st.sampled_from([None, 1]), st.booleans(), st.integers(1, 7))
def test_elements_are_cut_out_alike_whatever_the_chunks(
    values: list[Any], indent: int | None, ascii_only: bool, size: int
) -> None:
    text = json.dumps(values, indent=indent, ensure_ascii=ascii_only)
    splitter = _Splitter(10**6, line=1)
    chunks = [text[1:][place : place + size] for place in range(0, len(text), size)]
    elements = [element.text for chunk in chunks for element in splitter.feed(chunk)]
    assert splitter.closed
    assert [json.loads(element) for element in elements if element or values] == values
    assert Encoding(name="utf-8", clean=True).mark == 0
