"""Order numbers that hide in remarks (备注里的订单号): the ways platforms write them. Pure; never a guess."""

import re
from typing import Final

_TAOBAO: Final = re.compile(r"(?<![A-Za-z0-9])T\d{2,6}N?P(\d{8,24})(?!\d)")
"""`T200P` + tid: Taobao's own number at Alipay."""
_MARKED: Final = re.compile(
    r"(?:订单(?:号|编号)?|子订单号|主订单号|交易主单|order(?:[_ ]?(?:no|id|number))?)\s*[:：=＝#【\[({（]*\s*"
    r"(?P<no>[A-Za-z]{0,6}\d{8,30})(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_CAE: Final = re.compile(r"(?<![A-Za-z])(?:HJ)?CAE[_\-A-Z]*\d*.*?==+\s*(?P<no>\d{15,24})(?!\d)")
"""`CAE…==2067…` and `HJCAE…==…`: fees of marketing tools; what follows the marks is the order."""
_ITEM: Final = re.compile(r"KY_ITEM\s*[)）]\s*[(（]\s*(?P<no>\d{15,24})\s*[)）]?")
"""`KY_ITEM)(2067…`: the public-interest deduction of an order."""
_BRACED: Final = re.compile(r"[{\[【(（](?P<no>\d{16,24})[}\]】)）]")
"""`淘宝客佣金代扣款[2067…]`, `{2067…}`."""


def order_no_in(remark: str) -> str:
    """The order number that a remark names; "" where it names none, or two that differ."""
    if not remark or not any(char.isdigit() for char in remark):
        return ""
    taobao = set(_TAOBAO.findall(remark))
    if taobao:
        return taobao.pop() if len(taobao) == 1 else ""
    for pattern in (_ITEM, _CAE, _MARKED, _BRACED):
        found = {one["no"] for one in pattern.finditer(remark)}
        if found:
            return found.pop() if len(found) == 1 else ""
    return ""
