"""How tests tell an audit of a parcel: scans by a word, messages of scans, and what is found in them."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from fenghe.kernel.values import Observation, digest
from fenghe.logistics.callbacks import DEFAULT_AUDIT, AuditPolicy, Finding, Known, Parcel, Scan, Telling
from fenghe.logistics.callbacks_parcel import audit_parcel
from fenghe.logistics.fuse import project
from fenghe.logistics.mapping import map_status, shipped_mapping
from fenghe.logistics.policy import HOUR_MS, FusePolicy

NUMBER: Final = "YT4200000000001"
START: Final = 1_770_000_000_000
"""When the parcel's story begins."""
NOTHING_KNOWN: Final = Known()


def scan(
    hours: float, text: str = "", code: str = "", *, codes: str = "kuaidi100", heard: float | None = None, **facts: Any
) -> Scan:
    """What one scan says, read by the shipped mapping; heard a minute later unless said otherwise."""
    status = map_status(shipped_mapping(codes), code=code or None, text=text)
    occurred = START + round(hours * HOUR_MS)
    told = Observation(
        key=digest(codes, str(occurred), code, text),
        status=str(status) if status else None,
        occurred_ms=occurred,
        heard_ms=occurred + 60_000 if heard is None else START + round(heard * HOUR_MS),
        kind="event",
        source="k",
        message_id=1,
        item=0,
        code=code,
        text=text,
        facts=facts,
    )
    return Scan(told=told, codes=codes)


def message(*scans: Scan, n: int = 1, heard: float | None = None, source: str = "k") -> Telling:
    """One message; heard a minute after its newest scan unless said otherwise."""
    newest = max(one.told.occurred_ms for one in scans)
    return Telling(
        message_id=n,
        where="",
        source=source,
        heard_ms=newest + 60_000 if heard is None else START + round(heard * HOUR_MS),
        scans=scans,
        is_list=len(scans) > 1,
    )


def handover(
    hours: float = -2, *, order_no: str = "A20260205001", created: float = -5, carrier: str = "yto"
) -> Observation:
    """The seller's word that he handed the parcel over."""
    occurred = START + round(hours * HOUR_MS)
    facts = {"order_no": order_no, "carrier": carrier, "order_created_ms": START + round(created * HOUR_MS)}
    return Observation(
        key="handover", status="handed_over", occurred_ms=occurred, heard_ms=occurred, kind="handover", source="shop",
        message_id=0, item=0, code="", text="", facts=facts,
    )  # fmt: skip


def audit(
    *tellings: Telling,
    words: Sequence[Observation] = (),
    known: Known = NOTHING_KNOWN,
    now: float = 24,
    number: str = NUMBER,
    way: str | None = "up",
    policy: AuditPolicy = DEFAULT_AUDIT,
) -> list[Finding]:
    """What is found in these messages `now` hours after the start."""
    parcel = Parcel(number=number, tellings=tellings, words=tuple(words), known=known, way=way)
    history = [one.told for one, _ in parcel.scans().values()] + list(words)
    now_ms = START + round(now * HOUR_MS)
    projection = project(history, policy=FusePolicy(), now_ms=now_ms)
    return audit_parcel(parcel, projection, now_ms=now_ms, policy=policy)


def kinds(found: Iterable[Finding]) -> list[str]:
    """Of what kinds they are, sorted."""
    return sorted(one.kind for one in found)


ROAD: Final = (
    (0.0, "【句容市公司】 已收件"),
    (2.0, "【句容市】 已发出 下一站 【南京转运中心】"),
    (8.0, "【南京转运中心公司】 已收入"),
    (30.0, "【北京市丰台区南小街公司】 已收入"),
    (31.0, "【北京市丰台区南小街公司】 派件中"),
    (34.0, "客户签收人: 本人签收 已签收 感谢使用圆通速递"),
)
"""A parcel that arrives as it should."""


def road(*, upto: int = len(ROAD), **parcel: Any) -> tuple[Scan, ...]:
    """The beginning of that road; what the message says of the parcel stands with its newest scan."""
    steps = [scan(hours, text, carrier="yto") for hours, text in ROAD[:upto]]
    hours, text = ROAD[upto - 1]
    return (*steps[:-1], scan(hours, text, carrier="yto", **parcel))
