"""A delivery in one piece is read as the full parser reads it, or not at all."""

from typing import Any

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.door.at_once import Whole, whole_delivery

PLAIN = b"POST /hook/zto?a=1&b=%7B HTTP/1.1\r\nHost: h\r\nX-Sign:  a b \t\r\nContent-Length: 4\r\n\r\nbody"


class Parsed:
    """What httptools makes of bytes: the requests in them."""

    def __init__(self, data: bytes) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.url = self.body = b""
        self.ended = self.begun = 0
        self.parser = httptools.HttpRequestParser(self)
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.begun += 1

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.ended += 1


def agrees(whole: Whole, data: bytes) -> bool:
    """Whether the full parser sees exactly this one request."""
    parsed = Parsed(data)
    url = httptools.parse_url(parsed.url)
    path = "/hook/" + whole.path
    same = (url.path.decode(), url.query or b"", parsed.body) == (path, whole.query, whole.body)
    told = [(name, value.strip(b" \t")) for name, value in parsed.headers]
    return same and told == list(whole.headers) and (parsed.begun, parsed.ended) == (1, 1)


def test_the_plainest_form_is_taken() -> None:
    whole = whole_delivery(PLAIN)
    assert whole is not None
    assert (whole.path, whole.query, whole.body) == ("zto", b"a=1&b=%7B", b"body")
    assert (b"x-sign", b"a b") in whole.headers
    assert agrees(whole, PLAIN)


@pytest.mark.parametrize(
    ("was", "by"),
    [
        (b"POST", b"GET"), (b"/hook/", b"/api/"), (b"zto", b"z%74o"), (b"HTTP/1.1", b"HTTP/1.0"), (b"h\r\nX", b"h\nX"),
        (b"X-Sign:", b"X-Sign :"), (b"X-Sign:", b" X-Sign:"), (b"a b", b"a\x00b"), (b"a b", b"a\r\n b"), (b": 4", b": 5"),
        (b": 4", b": 3"), (b": 4", b": +4"), (b": 4", b": 04"), (b"X-Sign: ", b"Content-Length: 4\r\nX: "),
        (b"X-Sign: ", b"Transfer-Encoding: chunked\r\nX: "), (b"X-Sign: ", b"Connection: close\r\nX: "),
        (b"X-Sign: ", b"Expect: 100-continue\r\nX: "), (b"\r\n\r\nbody", b"\r\n"), (b"body", b"bodyPOST /hook/zto HTTP/1.1"),
        (b"?a", b"#a"), (b"zto?", b"z to?"),
    ],
)  # fmt: skip
def test_whatever_is_unusual_goes_the_long_way(was: bytes, by: bytes) -> None:
    assert was in PLAIN
    assert whole_delivery(PLAIN.replace(was, by, 1)) is None


@given(data=st.data())
def test_what_is_taken_is_what_the_full_parser_reads(data: Any) -> None:
    """Random damage to a request: it is either left to the full parser or read as that one reads it."""
    told = bytearray(PLAIN)
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(told) - 1))
        piece = data.draw(
            st.one_of(st.binary(max_size=2), st.sampled_from([b"\r\n", b":", b" ", b"\t", b"%", b"\x80"]))
        )
        told[place : place + data.draw(st.integers(0, 2))] = piece
    whole = whole_delivery(bytes(told))
    assert whole is None or agrees(whole, bytes(told))
