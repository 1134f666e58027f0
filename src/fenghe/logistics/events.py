"""What a carrier said about a parcel (物流轨迹), in no carrier's dialect. Connectors produce it, the fuse judges it."""

import re
from collections.abc import Mapping
from datetime import datetime

import msgspec


class TrackingEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One scan, as told. `code` is the carrier's own, untouched; the mapper gives it a meaning later.

    `codes` names whose code list `code` belongs to (`zto`, `kuaidi100` ...), `carrier` who carries the parcel (canonical word
    or None when unsaid). `occurred_at` None: the teller gave no time. `item` is the position in the message, in event-time
    order where the order within one second matters. `order_no` is the order the teller names, if any.
    """

    tracking_no: str
    carrier: str | None
    codes: str
    code: str | None
    text: str
    occurred_at: datetime | None
    item: int
    order_no: str | None = None
    location: str = ""
    forwarded_to: str | None = None
    facts: Mapping[str, str] = {}


CARRIERS: dict[str, tuple[str, ...]] = {
    "zto": ("中通快递", "中通", "ZTO", "zhongtong"),
    "sf": ("顺丰速运", "顺丰", "SF", "shunfeng", "SF-EXPRESS"),
    "yto": ("圆通速递", "圆通", "YTO", "yuantong"),
    "sto": ("申通快递", "申通", "STO", "shentong"),
    "yunda": ("韵达快递", "韵达", "YUNDA", "YD"),
    "jtexpress": ("极兔速递", "极兔", "JT", "JTSD", "J&T", "jtexpress"),
    "jdl": ("京东物流", "京东快递", "JD", "JDL"),
    "ems": ("邮政EMS", "EMS", "youzhengguonei", "中国邮政", "POSTB"),
    "deppon": ("德邦快递", "德邦", "DBL", "DBKD", "debangkuaidi", "debangwuliu"),
    "cainiao": ("菜鸟", "菜鸟裹裹", "CAINIAO"),
    "best": ("百世快递", "百世", "HTKY", "huitongkuaidi", "BEST"),
    "zjs": ("宅急送", "ZJS", "zhaijisong"),
}
"""Canonical carrier words with the names channels and trackers give them; the first is what the screens say."""

_TRADE = re.compile(r"(快递|速递|速运|快运|物流|express)+(有限公司|集团)?$")
"""What companies' names end in: 中通快递, 中通速递 and 中通 are one."""

_BY_NAME = {name.casefold(): word for word, names in CARRIERS.items() for name in (word, *names)}


def carrier_word(name: str | None) -> str | None:
    """The canonical word of a carrier named in anybody's way, or None when nobody taught us the name."""
    if not name:
        return None
    plain = name.strip().casefold()
    return _BY_NAME.get(plain) or _BY_NAME.get(_TRADE.sub("", plain))


def clean_tracking_no(text: str) -> str:
    """A tracking number without the blanks, back-ticks, tabs and quotes that spreadsheets put round it, upper case."""
    if text.isalnum():
        return text.upper()
    return text.strip().strip("`'\"=\t ").replace(" ", "").upper()
