"""Order and trade numbers (商户单号、订单号) as money compares them: cleaned, and the order that each stands for. Pure."""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

_NOISE: Final = re.compile(r"[\s\u200b\u200c\u200d\u2060\ufeff`'\"‘’“”′＇＂｀]+")
_SHORTENED: Final = re.compile(r"[+-]?\d+(\.\d+)?[eE]\+?\d+")
_TAOBAO: Final = re.compile(r"T\d{2,6}N?P(?=\d{8,24}$)|T200P(?=[0-9A-Za-z_-]{8,60}$)")
"""Taobao's own payments: `T200P` + tid at Alipay; the digits before the P differ by kind of trade."""
_NUMBER: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.:*#/|@-]{0,63}")


class Shortened(ValueError):
    """A spreadsheet has shortened the number (2.07E+17): its last digits are lost and nobody can tell which it was."""


def clean_number(told: str) -> str:
    """The number as it compares: without blanks, tabs, quotes, back-ticks and a leading `=`; raises Shortened."""
    number = _NOISE.sub("", told).lstrip("=")
    if _SHORTENED.fullmatch(number) and re.search(r"[eE]\+|\.", number):
        raise Shortened(told)
    return number


def order_no_of(out_trade_no: str) -> str:
    """The order number that a merchant's number stands for: a channel's prefix is taken off; "" when it stands for none.

    Whether an order of that number exists is for the books to say.
    """
    try:
        number = clean_number(out_trade_no)
    except Shortened:
        return ""
    taobao = _TAOBAO.match(number)
    if taobao:
        return number[taobao.end() :]
    return number if _NUMBER.fullmatch(number) else ""


class Shape(msgspec.Struct, frozen=True, order=True):
    """What a number looks like: the letters at fixed places, and how long its run of digits is."""

    pattern: str
    length: int


def shape_of(number: str) -> Shape:
    """Two numbers of one numbering have one shape: `TB20260222000000000017` is TB and 20 digits.

    Letters stay as they are where they surround digits; a number in which letters and digits are shuffled (a UUID, a
    random string) has only its alphabet and its length.
    """
    runs = re.findall(r"[A-Za-z]+|\d+|[^A-Za-z\d]+", number)
    if _shuffled(runs):
        alphabet = "hex" if re.fullmatch(r"[0-9a-fA-F-]+", number) else "mixed"
        return Shape(f"{alphabet}:{'-' in number}", len(number))
    return Shape("".join("#" if run[0].isdigit() else run for run in runs), len(number))


def _shuffled(runs: Iterable[str]) -> bool:
    """More than two runs of letters with digits between: no numbering a person made."""
    told = [run for run in runs if run[0].isalnum()]
    return sum(run.isalpha() for run in told) > 2 or (not any(run[0].isdigit() for run in told) and len(told) > 0)


def like_an_order(number: str, shapes: Iterable[Shape]) -> bool:
    """Has the number the shape of the orders we know? Numberings grow by a digit, so one more or less is still one."""
    own = shape_of(number)
    return any(one.pattern == own.pattern and abs(one.length - own.length) <= 1 for one in shapes)
