"""Two carriers under one number (一单两家): by what they are called, by what their texts say, by the number's own form. Pure.

A station's or a locker's sign, a hand-over that is told as one, and a carrier that was bought by the other are no second
carrier.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from fenghe.logistics.events import CARRIERS

_BRANDS: Final[Mapping[str, re.Pattern[str]]] = {
    word: re.compile(pattern)
    for word, pattern in {
        "zto": "中通(?![道路村镇街乡大桥巷])",
        "yto": "圆通(?![道路村镇街乡大桥巷])",
        "sto": "申通(?![道路村镇街乡大桥巷])",
        "yunda": "韵达",
        "best": "百世|汇通快|汇通速",
        "sf": "顺丰(?!路|街|村|镇|大厦|小区)",
        "jtexpress": "极兔",
        "jdl": "京东(?:物流|快递|配送)",
        "ems": "EMS|邮政|揽投部",
        "deppon": "德邦(?:快递|物流)?(?!花园|小区|国际)",
        "zjs": "宅急送",
        "ttk": "天天快递",
        "ucs": "优速(?:快递|物流)",
    }.items()
}
_NO_SECOND: Final = re.compile(
    "驿站|代收|代办|代派|代投|合作|共配|共同配送|联盟|超市|便利|柜|自提|取件|取货|服务站|服务部|服务点|转|委托|换单|新单号|改寄|承运"
)
"""Beside these words another carrier's name is a sign over a door, or a hand-over that says it is one."""
_ONE_HOUSE: Final = (frozenset({"best", "jtexpress"}),)
_FORMS: Final = (
    (re.compile(r"YT\d{10,}"), "yto"),
    (re.compile(r"SF\d{10,}"), "sf"),
    (re.compile(r"JT\d{10,}"), "jtexpress"),
    (re.compile(r"JD[A-Z]{0,2}\d{10,}"), "jdl"),
)
_NEUTRAL: Final = frozenset({"cainiao"})


def brands_in(text: str) -> frozenset[str]:
    """Carriers that a text speaks of as its own."""
    if _NO_SECOND.search(text):
        return frozenset()
    return frozenset(word for word, pattern in _BRANDS.items() if pattern.search(text))


def second_carrier(told: str, texts: Iterable[str]) -> tuple[str, int] | None:
    """The other carrier that the texts speak of, and in how many; None when they all may be of one.

    `told`: who is said to carry the parcel, "" when nobody said. One text is enough when no text bears out who is told.
    """
    named: Counter[str] = Counter()
    for text in texts:
        brands = brands_in(text)
        if len(brands) == 1:
            named.update(brands)
    own = told or (named.most_common(1)[0][0] if named else "")
    if not own or own in _NEUTRAL:
        return None
    borne_out = any(same_house(own, word) for word in named)
    others = [(word, count) for word, count in named.most_common() if not same_house(own, word)]
    return next(((word, count) for word, count in others if count > 1 or not borne_out), None)


def same_house(one: str, other: str) -> bool:
    """Are these one carrier, or two that became one?"""
    return one == other or frozenset({one, other}) in _ONE_HOUSE


def carrier_of_form(number: str) -> str | None:
    """Whose numbers look like this, where the form leaves no doubt."""
    return next((word for form, word in _FORMS if form.fullmatch(number)), None)


def differ(words: Iterable[str]) -> bool:
    """Do these name more than one house?"""
    named = sorted({word for word in words if word and word not in _NEUTRAL})
    return any(not same_house(named[0], word) for word in named[1:])


def title(word: str) -> str:
    """What a carrier is called."""
    return CARRIERS[word][0] if word in CARRIERS else {"ttk": "天天快递", "ucs": "优速快递"}.get(word, word)
