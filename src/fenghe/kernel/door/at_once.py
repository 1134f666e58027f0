"""A delivery that is there as a whole (整件报文): nearly every webhook comes in one piece, head and body together.

Promises: `whole_delivery` recognises only the plainest form of exactly one request, and then says of it what the full
parser would; everything else, however slightly unusual, is None and goes the long way. Pure.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

Headers = Sequence[tuple[bytes, bytes]]
"""Names in lower case, in the order told."""


class Answer(NamedTuple):
    """What a sender is told."""

    status: int
    body: bytes
    content_type: str = "application/json"
    extra: Headers = ()


class Whole(NamedTuple):
    """A POST to the door. `path` is what follows /hook/."""

    path: str
    query: bytes
    headers: Headers
    body: bytes


_HEAD: Final = re.compile(
    rb"POST /hook/([A-Za-z0-9._~!$&'()*+,;=:@/-]*)(?:\?([!\"$-~]*))? HTTP/1\.1"
    rb"((?:\r\n[A-Za-z0-9!#$%&'*+.^_`|~-]+:[\t -~\x80-\xff]*)+)"
)
"""No escape in the path, no control character, no folded line, no blank before a colon."""
_UNUSUAL: Final = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"trailer", b"te"})


def whole_delivery(data: bytes) -> Whole | None:
    """The one delivery that these bytes are, or None."""
    head, _, body = data.partition(b"\r\n\r\n")
    found = _HEAD.fullmatch(head)
    if found is None:
        return None
    path, query, lines = found.groups()
    headers, lengths = [], []
    for line in lines[2:].split(b"\r\n"):
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        if name == b"content-length":
            lengths.append(value)
        elif name in _UNUSUAL or (name == b"connection" and value.lower() != b"keep-alive"):
            return None
        headers.append((name, value))
    if len(lengths) != 1 or lengths[0] != b"%d" % len(body):
        return None
    return Whole(path.decode("ascii"), query or b"", headers, body)
