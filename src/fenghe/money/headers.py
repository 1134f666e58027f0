"""Headings of money columns (列名): how names compare, and the unit that a heading tells. Pure."""

import re
import unicodedata
from functools import lru_cache
from typing import Final, Literal

Unit = Literal["", "major", "minor"]

_MARKS: Final[tuple[tuple[str, Unit], ...]] = (
    (r"[(\[][+-]?(?:元|人民币|cny|rmb|yuan)[)\]]|(?:yuan|cny|rmb)$|元$", "major"),
    (
        r"[(\[][+-]?(?:分|fen|cents?)[)\]]|(?:inminorunits?|minorunits?|minor|infen|fen|incents|cents?)$|(?<=.)分$",
        "minor",
    ),
)
"""What a heading says of its unit, and what is left of it without."""
_TRANSLATED: Final = re.compile(r"(?<=[\u4e00-\u9fff)])\s*[\[(]\s*[a-z][a-z'/. -]{7,}\s*[\])]\s*$", re.IGNORECASE)
"""A Chinese heading with its English beside it: `交易日期[ Transaction Date ]`."""
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")


@lru_cache(maxsize=16384)
def tidy(name: str) -> str:
    """A column's name as names compare: without blanks, quotes, underscores and letter cases, full-width as half-width."""
    plain = _TRANSLATED.sub("", unicodedata.normalize("NFKC", name))
    return re.sub(r"[\s`'\"\ufeff_\-.]", "", plain).casefold()


@lru_cache(maxsize=16384)
def stem_of(name: str) -> tuple[str, Unit]:
    """A money column's name without its unit, and the unit: `金额(元)` is 金额 in yuan, `amount_fen` is amount in fen.

    A Chinese heading without a unit is in yuan, as everybody writes it; an English one leaves it open.
    """
    plain = _TRANSLATED.sub("", unicodedata.normalize("NFKC", name))
    plain = re.sub(r"[\s`'\"\ufeff_.]", "", plain).casefold()
    for pattern, unit in _MARKS:
        if re.search(pattern, plain):
            stem = re.sub(pattern, "", plain)
            return tidy(stem) or tidy(name), unit
    return tidy(name), "major" if _CHINESE.search(plain) else ""
