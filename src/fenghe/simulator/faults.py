"""What goes wrong in the sandbox (故障开关), as declared data: which fault, how many parcels, whose."""

from enum import StrEnum
from typing import Final

import msgspec


class FaultKind(StrEnum):
    """One way the outside world misbehaves. The first group changes what is true, the second only how it is told."""

    GHOST = "ghost"
    PHANTOM_SIGNED = "phantom_signed"
    REUSED_NUMBER = "reused_number"
    FORWARDED = "forwarded"
    FOREIGN_NUMBER = "foreign_number"
    SILENT = "silent"
    NEVER_SEEN = "never_seen"
    ARTICLE_CODES = "article_codes"
    UNKNOWN_CODE = "unknown_code"
    EMPTY_STATUS = "empty_status"
    LATE = "late"
    LOST = "lost"
    REPEATED = "repeated"
    REORDERED = "reordered"


TITLES: Final = {
    FaultKind.GHOST: "幽灵订单:卖家已发货,承运商一直待揽收",
    FaultKind.PHANTOM_SIGNED: "虚假签收:没有运输轨迹就显示已签收",
    FaultKind.REUSED_NUMBER: "单号复用:同一单号一年前的轨迹又出现",
    FaultKind.FORWARDED: "转单:原单号显示签收,包裹换了新单号",
    FaultKind.FOREIGN_NUMBER: "串单:轨迹里写的是别人的订单号",
    FaultKind.SILENT: "停更:运输途中再无轨迹",
    FaultKind.NEVER_SEEN: "查无:三天没有任何轨迹",
    FaultKind.ARTICLE_CODES: "文章示例码:ZT_05、ZT_07 等待映射",
    FaultKind.UNKNOWN_CODE: "未知状态码",
    FaultKind.EMPTY_STATUS: "状态为空",
    FaultKind.LATE: "迟到的推送",
    FaultKind.LOST: "丢失的推送(查询仍可得)",
    FaultKind.REPEATED: "重复的推送",
    FaultKind.REORDERED: "乱序的推送",
}

STORIES: Final = frozenset(
    {
        FaultKind.GHOST,
        FaultKind.PHANTOM_SIGNED,
        FaultKind.REUSED_NUMBER,
        FaultKind.FORWARDED,
        FaultKind.FOREIGN_NUMBER,
        FaultKind.SILENT,
        FaultKind.NEVER_SEEN,
        FaultKind.ARTICLE_CODES,
        FaultKind.UNKNOWN_CODE,
        FaultKind.EMPTY_STATUS,
    }
)
"""A parcel has at most one of these; the others may come on top."""

TELLERS_OF: Final[dict[FaultKind, tuple[str, ...]]] = {
    FaultKind.GHOST: ("kuaidi100", "sf"),
    FaultKind.FOREIGN_NUMBER: ("sf",),
    FaultKind.ARTICLE_CODES: ("zto",),
    FaultKind.NEVER_SEEN: ("kuaidi100",),
}
"""Who can tell such a thing in its own protocol; the others can by anybody."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """So many parcels are struck. `teller` limits it to one platform."""

    kind: FaultKind
    count: int
    teller: str | None = None

    def tellers(self) -> tuple[str, ...]:
        """Whose parcels may be struck."""
        return (self.teller,) if self.teller else TELLERS_OF.get(self.kind, ("zto", "sf", "kuaidi100"))


class CallFaults(msgspec.Struct, frozen=True, kw_only=True):
    """How the sandbox's own answers misbehave: every so many calls of one platform; 0 never."""

    throttle_every: int = 0
    error_every: int = 0
    timeout_every: int = 0
    timeout_seconds: float = 30.0
