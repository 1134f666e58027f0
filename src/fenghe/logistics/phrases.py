"""How Chinese tracking texts are read (轨迹用语): the shipped phrases, and the new number a 转单 text names. Pure.

The order is the rule: the first phrase found counts. `*` stands for anything between; `!word` is struck out
before looking, so that 准备签收 is not a signature and 派件员 no delivery round.
"""

import csv
import re
from functools import cache
from importlib.resources import files

_HINT = re.compile(
    r"新[^,，。;；]{0,4}单号|(?<![中流周])转(?!运(?!单号))[^,，。;；]{0,8}单号|单号(?:更换|变更)|更换[^,，。;；]{0,4}单号|改寄|换单"
    r"|(?<![中流周])转(?:单|寄|由|第三方|同行|邮政|EMS|其他|至)|已转(?!运)"
)
_NAMED = re.compile(
    r"(?:新|转|改|更换为|变更为)[^,，。;；]{0,12}?单号?[^0-9A-Za-z]{0,8}([A-Za-z]{0,4}\d[0-9A-Za-z-]{7,23})"
)
_ANY_NUMBER = re.compile(r"(?<![0-9A-Za-z-])([A-Za-z]{0,4}\d[0-9A-Za-z-]{8,23})(?![0-9A-Za-z-])")
_PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4}|\d{4}-\d{1,2}-\d{1,2}|95\d{3,4}")


@cache
def shipped_phrases() -> tuple[tuple[str, str], ...]:
    """(state word, phrase), tried in this order: `shipped/phrases.csv`."""
    text = files("fenghe.logistics").joinpath("shipped/phrases.csv").read_text(encoding="utf-8")
    return tuple((row["state"], row["phrase"]) for row in csv.DictReader(text.splitlines()))


def forwarded_number(text: str, own: str = "") -> str | None:
    """The new number, when the text says 转单 or the like and names one; never `own`, never a phone."""
    if ("转" not in text and "单" not in text and "改寄" not in text) or not _HINT.search(text):
        return (
            None  # whatever the hint finds has one of these in it: most texts are told apart by looking for three words
        )
    for pattern in (_NAMED, _ANY_NUMBER):
        for match in pattern.finditer(text):
            number = match.group(1).upper()
            if not _PHONE.fullmatch(number) and number != own.upper() and sum(map(str.isdigit, number)) >= 8:
                return number
    return None
