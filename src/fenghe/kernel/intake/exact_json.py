"""JSON without loss (精确 JSON): ids keep every digit, amounts stay decimal, and an error says where it stands."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

MAX_DEPTH = 100
_TOO_DEEP = "nested too deeply"


class BadJson(ValueError):
    """The text is not JSON; `line` and `column` count from 1."""

    def __init__(self, line: int, column: int, found: str) -> None:
        super().__init__(f"line {line}, column {column}: {found}")
        self.line = line
        self.column = column
        self.found = found


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError("a number beyond any use") from error


_DECODER = msgspec.json.Decoder(float_hook=_decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def read_exact_json(body: bytes) -> Any:
    """Parse UTF-8 JSON (a byte order mark is passed over); numbers become int or Decimal. Raises BadJson."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        value = _DECODER.decode(body)
    except RecursionError:
        raise BadJson(1, 1, _TOO_DEEP) from None
    except ValueError as error:
        raise _located(body, str(error)) from None
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _is_deep(value):
        raise BadJson(1, 1, _TOO_DEEP)
    return value


def _is_deep(value: Any) -> bool:
    """Whether it nests beyond what those who walk it later can bear."""
    level = [value]
    for _ in range(MAX_DEPTH):
        inner = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [item for items in inner for item in items]
    return any(isinstance(one, dict | list) for one in level)


def write_exact_json(value: Any) -> bytes:
    """The value as UTF-8 JSON; decimals are written as numbers with all their digits."""
    return _ENCODER.encode(value)


def _located(body: bytes, found: str) -> BadJson:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        before = body[: error.start].decode()
        return BadJson(before.count("\n") + 1, len(before) - before.rfind("\n"), "a byte that is not UTF-8")
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return BadJson(error.lineno, error.colno, error.msg)
    except (ValueError, RecursionError):
        return BadJson(1, 1, found)
    return BadJson(1, 1, found)
