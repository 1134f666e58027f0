"""A body as a person can read it: its own encoding, a cut that falls inside a letter, and what is no text at all."""

import base64

import pytest

from fenghe.kernel.inbox.rows import readable


@pytest.mark.parametrize(
    ("body", "text", "encoding"),
    [
        ("已签收".encode(), "已签收", "utf-8"),
        (b"\xef\xbb\xbf{}", "{}", "utf-8"),
        ("已签收".encode("gb18030"), "已签收", "gb18030"),
        (b"", "", "utf-8"),
    ],
)
def test_text_is_read_in_its_own_encoding(body: bytes, text: str, encoding: str) -> None:
    found = readable(body, cut=False)
    assert (found.text, found.encoding, found.base64) == (text, encoding, None)


@pytest.mark.parametrize("shorter", [1, 2])
def test_a_cut_inside_a_letter_loses_that_letter_only(shorter: int) -> None:
    assert readable("已签收".encode()[:-shorter], cut=True).text == "已签"
    assert readable("已签收".encode("gb18030")[:-1], cut=True).text == "已签"


@pytest.mark.parametrize("body", [b"\x00\x01\x02", b"\xff\xfe\x80\x81", b"PK\x03\x04\x00\x00"])
def test_what_is_no_text_is_told_in_base64(body: bytes) -> None:
    found = readable(body, cut=False)
    assert (found.text, found.encoding) == (None, None)
    assert base64.b64decode(found.base64 or "") == body
