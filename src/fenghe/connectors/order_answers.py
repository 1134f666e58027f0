"""What channels answer about an order they do not tell (渠道答复码): one table of codes, each with where it is published. Pure.

Promises: a code that is not in the table, or that nobody published, means nothing: the answer stays unknown and a person says
what it is. A code that a shop has seen for itself is declared on its connection (`no_order_codes`).
"""

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

TABLE: Final = Path(__file__).parent / "shipped" / "order_answers.csv"
SETTING: Final = "no_order_codes"
"""A connection's own codes for an order that does not exist, parted by commas."""

Meaning = Literal["absent", "elsewhere", "busy", "unknown"]


class OrderAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One code of one channel. `source`: where it is published, or that it is not."""

    channel: str
    code: str
    meaning: Meaning
    words: str
    source: str


@cache
def published() -> tuple[OrderAnswer, ...]:
    """The shipped table."""
    with TABLE.open(encoding="utf-8", newline="") as told:
        return tuple(msgspec.convert(row, OrderAnswer) for row in csv.DictReader(told))


def meaning_of(channel: str, codes: Iterable[str], *, settings: Mapping[str, str]) -> Meaning:
    """What these codes of one answer come to: the most particular of them counts."""
    own = {code.strip() for code in settings.get(SETTING, "").replace("，", ",").split(",") if code.strip()}
    told = list(codes)
    if own & set(told):
        return "absent"
    found = {one.meaning for one in published() if one.channel == channel and any(_is(one.code, code) for code in told)}
    ranked: tuple[Meaning, ...] = ("absent", "elsewhere", "busy")
    return next((meaning for meaning in ranked if meaning in found), "unknown")


def _is(pattern: str, code: str) -> bool:
    return code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern
