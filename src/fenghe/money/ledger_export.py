"""Vouchers in the shapes that accounting software takes (金蝶、用友凭证导入). Pure: rows in, rows or lines out.

Kingdee KIS takes a sheet, one row an entry, by column names. Yonyou U8 takes text in GB18030: a first line 填制凭证,V800, then one
line an entry, whose vouchers are told apart by date, kind and number; a comma inside a text would shift the columns.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Final

import msgspec

from fenghe.kernel.values import minor_digits

KINGDEE_COLUMNS: Final = (
    "日期", "凭证字", "凭证号", "附单据数", "分录序号", "摘要", "科目代码", "科目名称", "币别", "汇率", "原币金额",
    "借方金额", "贷方金额", "制单人", "来源凭证号", "订单号",
)  # fmt: skip
YONYOU_FIRST_LINE: Final = "填制凭证,V800"
YONYOU_ENCODING: Final = "gb18030"
LONGEST_YONYOU_MEMO: Final = 60
CURRENCIES: Final = {"CNY": "RMB"}
"""What Kingdee calls a currency where it is not the ISO word."""


class BookedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry with its voucher's head; `number` is the voucher's number within its month."""

    booked_on: date
    number: int
    line: int
    memo: str
    account: str
    account_title: str
    currency: str
    debit_minor: int
    credit_minor: int
    voucher_no: str
    order_no: str
    posted_by: str


def kingdee_rows(entries: Iterable[BookedEntry]) -> Iterator[tuple[date | int | str | Decimal | None, ...]]:
    """Rows under KINGDEE_COLUMNS."""
    for one in entries:
        debit, credit = _major(one.debit_minor, one.currency), _major(one.credit_minor, one.currency)
        yield (
            one.booked_on, "记", one.number, 0, one.line, one.memo, one.account, one.account_title,
            CURRENCIES.get(one.currency, one.currency), 1, debit or credit, debit, credit, one.posted_by,
            one.voucher_no, one.order_no,
        )  # fmt: skip


def yonyou_lines(entries: Iterable[BookedEntry]) -> Iterator[str]:
    """Lines of the text file, each with its line end."""
    yield f"{YONYOU_FIRST_LINE}\r\n"
    for one in entries:
        fields = (
            one.booked_on.isoformat(),
            "记",
            str(one.number),
            "0",
            _yonyou_text(f"{one.memo} {one.order_no}".strip()),
            one.account.replace(".", ""),
            f"{_major(one.debit_minor, one.currency) or 0:.2f}",
            f"{_major(one.credit_minor, one.currency) or 0:.2f}",
            "0",
            "0",
            "",
            _yonyou_text(one.posted_by),
        )
        yield ",".join(fields) + "\r\n"


def _yonyou_text(text: str) -> str:
    return " ".join(text.replace(",", "，").replace('"', "”").split())[:LONGEST_YONYOU_MEMO]


def _major(amount_minor: int, currency: str) -> Decimal | None:
    """Major units; None for nothing, as these programs want the other side empty."""
    return Decimal(amount_minor).scaleb(-minor_digits(currency)) if amount_minor else None
