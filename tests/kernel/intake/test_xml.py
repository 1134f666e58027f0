"""XML from outside: read, or refused with a clear word; never expanded."""

import pytest

from fenghe.kernel.intake import read_xml
from fenghe.kernel.intake.refusals import BadXml, FileTooLarge, XmlRefused

LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">]><lolz>&lol3;</lolz>"""


def test_a_document_is_read() -> None:
    root = read_xml('<?xml version="1.0" encoding="GBK"?><response><flag>成功</flag></response>'.encode("gbk"))
    assert (root.tag, root.findtext("flag")) == ("response", "成功")


@pytest.mark.parametrize(
    "body",
    [
        LAUGHS,
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    ],
)
def test_entities_and_document_types_are_refused(body: bytes) -> None:
    with pytest.raises(XmlRefused, match="The XML is refused: it brings a document type"):
        read_xml(body)


def test_nesting_and_size_are_bounded() -> None:
    with pytest.raises(XmlRefused, match="nested too deeply"):
        read_xml(b"<a>" * 1_000_000)
    assert read_xml(b"<a>" * 90 + b"</a>" * 90).tag == "a"
    with pytest.raises(FileTooLarge, match="larger than the 100 bytes"):
        read_xml(b"<a>" + b"x" * 200 + b"</a>", limit_bytes=100)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<a>\n  <b></a>", "line 2, column 8: mismatched tag"),
        (b"", "no element found"),
        (b"not xml", "syntax error"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "klingon|unknown encoding"),
        (b"<a>\xff</a>", "not well-formed"),
    ],
)
def test_what_is_no_xml_says_where(body: bytes, message: str) -> None:
    with pytest.raises(BadXml, match=message):
        read_xml(body)
