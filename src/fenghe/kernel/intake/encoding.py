"""Which encoding a text file is in (文件编码), decided over the whole stream, and its lines as text."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

CHUNK = 1024 * 1024
BROKEN_CHAR = "\ufffd"
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Encoding(msgspec.Struct, frozen=True, kw_only=True):
    """The encoding of a file. `clean`: no byte of it is wrong. `mark`: bytes of byte order mark to pass over."""

    name: str
    clean: bool
    mark: int = 0
    replaced: bool = False
    """Broken units were already written as U+FFFD."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One physical line with its ending. `broken_column`: a byte could not be decoded. `cut`: it was too long."""

    number: int
    text: str
    broken_column: int | None = None
    cut: bool = False


def decide_encoding(stream: BinaryIO) -> Encoding:
    """Valid UTF-8 wins, then UTF-8 that is mostly right, then GB18030; UTF-16 only by its mark. Reads it all."""
    stream.seek(0)
    head = stream.read(3)
    if head.startswith(UTF16_MARKS):
        return Encoding(name="utf-16", clean=_decodes(stream, "utf-16"))
    if head == codecs.BOM_UTF8:
        return Encoding(name="utf-8", clean=_decodes(stream, "utf-8"), mark=3)
    if _decodes(stream, "utf-8"):
        return Encoding(name="utf-8", clean=True)
    if _mostly_utf8(stream):
        return Encoding(name="utf-8", clean=False)
    return Encoding(name="gb18030", clean=_decodes(stream, "gb18030"))


def _decodes(stream: BinaryIO, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)()
    stream.seek(0)
    try:
        while chunk := stream.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(stream: BinaryIO) -> bool:
    """Whether more foreign letters are right in UTF-8 than wrong.

    Broken UTF-8 often still decodes as GB18030, as nonsense: so one broken byte must not turn a whole file.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    right = wrong = 0
    stream.seek(0)
    while chunk := stream.read(CHUNK):
        text = decoder.decode(chunk)
        broken = text.count(BROKEN_CHAR)
        right += len(text) - len(text.encode("ascii", "ignore")) - broken
        wrong += broken
    return right > wrong


def raw_lines(stream: BinaryIO, *, limit: int) -> Iterator[bytes]:
    """The stream's lines as bytes, never more than `limit` of one at once; a lone CR ends lines where no LF is near."""
    stream.seek(0)
    head = stream.read(CHUNK)
    stream.seek(0)
    if b"\r" in head and b"\n" not in head:
        yield from _carriage_lines(stream, limit)
        return
    while raw := stream.readline(limit):
        yield raw


def _carriage_lines(stream: BinaryIO, limit: int) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(CHUNK):
        *lines, rest = (rest + chunk).split(b"\r")
        for line in lines:
            yield line[:limit] if len(line) >= limit else line + b"\n"
            if len(line) >= limit:
                yield b"\n"
        rest = rest[:limit]
    if rest:
        yield rest


def text_lines(stream: BinaryIO, encoding: Encoding, *, limit: int) -> Iterator[Line]:
    """The stream's lines as text. A line of more than `limit` bytes comes cut, once; the rest of it is passed over."""
    number, continued = 0, False
    for raw in raw_lines(stream, limit=limit):
        whole = raw.endswith(b"\n")
        if continued:
            continued = not whole
            continue
        number += 1
        continued = not whole and len(raw) == limit
        yield _decoded(number, raw[encoding.mark :] if number == 1 else raw, encoding, cut=continued)


def _decoded(number: int, raw: bytes, encoding: Encoding, *, cut: bool) -> Line:
    try:
        text = raw.decode(encoding.name)
    except UnicodeDecodeError as error:
        column = len(raw[: error.start].decode(encoding.name)) + 1
        return Line(number=number, text=raw.decode(encoding.name, "replace"), broken_column=column, cut=cut)
    broken_column = text.index(BROKEN_CHAR) + 1 if encoding.replaced and BROKEN_CHAR in text else None
    return Line(number=number, text=text, broken_column=broken_column, cut=cut)


def to_utf8(stream: BinaryIO, encoding: Encoding, target: BinaryIO) -> Encoding:
    """Copy a file into UTF-8 where lines cannot be told before decoding (UTF-16). Broken units become U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding.name)(errors="replace")
    stream.seek(0)
    while chunk := stream.read(CHUNK):
        target.write(decoder.decode(chunk).encode("utf-8", "replace"))
    target.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))
    return Encoding(name="utf-8", clean=encoding.clean, replaced=not encoding.clean)
