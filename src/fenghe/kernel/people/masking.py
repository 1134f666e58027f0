"""Personal data (个人信息) covered for those who may not see it: two buyers can be told apart, not reached. Pure."""

import re
from typing import Final

COVER: Final = "*"
_DIGITS: Final = re.compile(r"\d")
_PROVINCE: Final = re.compile(
    r"^\s*(?:中国)?\s*((?:北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东"
    r"|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门)"
    r"(?:维吾尔自治区|壮族自治区|回族自治区|自治区|特别行政区|省|市)?)"
)


def mask_phone(text: str) -> str:
    """138****5678: the first three and last four digits of a mobile; of a shorter number only the last two."""
    places = [found.start() for found in _DIGITS.finditer(text)]
    head, tail = (3, 4) if len(places) >= 11 else (0, 2 if len(places) > 4 else 0)
    shown = {*places[:head], *places[len(places) - tail :]}
    return "".join(one if n in shown or not one.isalnum() else COVER for n, one in enumerate(text))


def mask_name(text: str) -> str:
    """张*: the first character, and one star for all the rest, so that its length is not told either."""
    name = text.strip()
    return f"{name[0]}{COVER}" if len(name) > 1 else COVER * len(name)


def mask_address(text: str) -> str:
    """浙江省****: a known province stays, everything more exact does not; the order's region is told beside it."""
    if not text.strip():
        return ""
    province = _PROVINCE.match(text)
    return f"{province[1] if province else ''}{COVER * 4}"
