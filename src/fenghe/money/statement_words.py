"""What a statement says of itself around its rows (账单自述): account, period, balances, totals. Pure.

Read from preambles and footers as providers write them: `账号：[2088…]`, `起始日期：[2026年02月05日 00:00:00]`,
`#交易合计：3笔，商家实收共246.40元`, `收入：1笔 28.50元`, `共66笔记录`.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import msgspec

_DAY: Final = r"(\d{4})\s*[年/.-]\s*(\d{1,2})\s*[月/.-]\s*(\d{1,2})|(20\d{2})(\d{2})(\d{2})(?!\d)"
_FROM: Final = re.compile(r"(?:起始|开始|起)(?:日期|时间|日)\s*[::]?\s*\[?\s*(?:" + _DAY + ")")
_TO: Final = re.compile(r"(?:终止|结束|截止|止)(?:日期|时间|日)\s*[::]?\s*\[?\s*(?:" + _DAY + ")")
_SPAN: Final = re.compile(
    r"(?:日期范围|查询时间段|起止日期|账单周期|期间|统计区间)[::,\s\[]*(?:" + _DAY + r")[^\d]{1,12}(?:" + _DAY + ")"
)
_ACCOUNT: Final = re.compile(
    r"(?:支付宝账户|支付宝账号|账户号|账号|卡号|账户|户号|商户号|account(?: ?(?:no|number))?)\s*[::,]\s*\[?\s*"
    r"(?P<no>[0-9A-Za-z*@._-]{4,64})",
    re.IGNORECASE,
)
_AMOUNT: Final = r"\s*[::,]\s*(?P<amount>-?[\d,]+(?:\.\d+)?)"
_OPENING: Final = re.compile(r"(?:期初|上期|承前|昨日|opening)\s*(?:余额|结余|balance)?" + _AMOUNT, re.IGNORECASE)
_CLOSING: Final = re.compile(r"(?:期末|本期|closing)\s*(?:余额|结余|balance)" + _AMOUNT, re.IGNORECASE)
_FIGURE: Final = re.compile(r"(?P<label>[^\d+\-,;。.]*?)\s*(?P<number>[+-]?\d[\d,]*(?:\.\d+)?)\s*(?P<unit>笔|元)")
_HEAD: Final = re.compile(r"^[#\s]*(?P<head>[^\d::]{1,16}?)\s*[::]\s*(?=\D{0,12}[+-]?\d)")


class Said(msgspec.Struct, kw_only=True):
    """What the remarks round a table tell."""

    account: str = ""
    period_from: date | None = None
    period_to: date | None = None
    opening: str | None = None
    closing: str | None = None
    figures: dict[str, str] = msgspec.field(default_factory=dict)
    """Figures by how the file calls them: `交易合计`, `交易合计 商家实收共`, `收入 元`."""


def read_remarks(lines: Iterable[str], into: Said | None = None) -> Said:
    """Everything the lines tell; the first word on a thing counts."""
    said = into or Said()
    for raw in lines:
        line = unicodedata.normalize("NFKC", raw).strip().strip("`")
        if not line or len(line) > 2_000:
            continue
        _read_period(line, said)
        account = _ACCOUNT.search(line)
        if account and not said.account:
            said.account = account["no"]
        said.opening = said.opening or _amount_of(_OPENING, line)
        said.closing = said.closing or _amount_of(_CLOSING, line)
        for name, figure in figures_of(line).items():
            said.figures.setdefault(name, figure)
    return said


def _amount_of(pattern: re.Pattern[str], line: str) -> str | None:
    found = pattern.search(line)
    return found["amount"] if found else None


def _read_period(line: str, said: Said) -> None:
    span = _SPAN.search(line)
    if span:
        said.period_from = said.period_from or _day(span.groups()[:6])
        said.period_to = said.period_to or _day(span.groups()[6:])
    for pattern, name in ((_FROM, "period_from"), (_TO, "period_to")):
        found = pattern.search(line)
        if found and getattr(said, name) is None:
            setattr(said, name, _day(found.groups()))


def _day(groups: tuple[str | None, ...]) -> date | None:
    parts = [int(part) for part in groups if part is not None]
    try:
        return date(*parts[:3])
    except ValueError:
        return None


def figures_of(line: str) -> dict[str, str]:
    """`#交易合计:3笔,商家实收共246.40元` as {交易合计: 3, 交易合计 商家实收共: 246.40}; `共66笔记录` as {共: 66}."""
    head = _HEAD.match(line)
    name = head["head"].strip() if head else ""
    rest = line[head.end() :] if head else line.lstrip("# ")
    found: dict[str, str] = {}
    for figure in _FIGURE.finditer(rest):
        label = figure["label"].strip(" ,:;、")
        plain = " ".join(word for word in (name, label) if word)
        if not plain:
            continue
        key = plain if figure["unit"] == "笔" or label else f"{plain} 元"
        found.setdefault(key, figure["number"].replace(",", ""))
    return found


TOTAL_ROW: Final = re.compile(
    r"^(?:人民币|本页|本期|账户|收支)?(?:合计|总计|小计|总额|汇总)\s*[::]?$|^total$", re.IGNORECASE
)
"""A row whose first cell says that it adds the others up."""


def is_total_row(cells: Iterable[str]) -> bool:
    """Whether the first cell that says something names a total."""
    first = next((text for cell in cells if (text := cell.strip(" \t`'\"#")) != ""), "")
    return bool(TOTAL_ROW.match(first if first.isascii() else unicodedata.normalize("NFKC", first)))


def merge(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    """Figures of two places; the first counts."""
    return {**second, **first}
