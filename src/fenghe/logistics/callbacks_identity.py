"""Whose parcel is it? (单号归属): the order, the number, the carrier and the life that what was told belongs to. Pure."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from fenghe.logistics import callbacks_carriers as carriers
from fenghe.logistics.callbacks import Finding, Scan, Telling, clock, span
from fenghe.logistics.callbacks_case import NOTHING, Case, timeless
from fenghe.logistics.policy import HOUR_MS

DAY_MS: Final = 24 * HOUR_MS


def identity(case: Case) -> Iterator[Finding]:
    """The order that is named with the number against the order we know it to be of."""
    named: dict[str, tuple[Scan, Telling]] = {}
    for scan, telling in case.scans:
        if told := str(scan.told.facts.get("order_no") or ""):
            named.setdefault(told, (scan, telling))
    ours = case.order_no
    foreign = [told for told in named if _is_foreign(case, told)]
    for told in foreign:
        scan, telling = named[told]
        parcels = case.parcel.known.parcels_of.get(told, ())
        theirs, belongs = (
            f"订单 {told}",
            f"属于订单 {ours}" if ours else f"订单 {told} 的运单是 {'、'.join(parcels[:3])}",
        )
        yield case.found(
            "foreign_number", scan, telling, rule="foreign_order", field="order_no", theirs=theirs, ours=belongs, parts=(told,),
            words=f"对方说运单 {case.parcel.number} 是订单 {told} 的,我方记录:{belongs}",
        )  # fmt: skip
    rest = sorted(told for told in named if told not in foreign)
    if len(rest) > 1:
        scan, telling = named[rest[-1]]
        yield case.found(
            "foreign_number", scan, telling, rule="two_orders", field="order_no", theirs="、".join(rest[:5]), severity=2,
            ours=ours or "未知", parts=tuple(rest),
            words=f"同一运单号出现在 {len(rest)} 个订单下:{'、'.join(rest[:5])};如不是合并发货,其中必有错单",
        )  # fmt: skip


def other_number(case: Case) -> Iterator[Finding]:
    """The message was about another number than the one its scans are of."""
    for scan, telling in case.scans:
        named = str(scan.told.facts.get("named_number") or "")
        if named:
            yield case.found(
                "foreign_number", scan, telling, rule="other_number", field="运单号", theirs=named, ours=case.parcel.number,
                severity=2, parts=("number", named), words=f"消息说的是运单 {named},里面的轨迹却是 {case.parcel.number} 的",
            )  # fmt: skip
            return


def _is_foreign(case: Case, told: str) -> bool:
    """Not the order we shipped it for. A seller's own system may use other numbers, which say nothing; known ones do."""
    known = case.parcel.known.parcels_of
    if case.order_no:
        return told != case.order_no and (told in known or same_scheme(told, case.order_no))
    return bool(known.get(told)) and case.parcel.number not in known[told]


def same_scheme(one: str, other: str) -> bool:
    """Could both be numbers of one shop?"""
    return len(one) == len(other) and all(a.isdigit() == b.isdigit() for a, b in zip(one, other, strict=True))


def two_carriers(case: Case) -> Iterator[Finding]:
    told = sorted({word for scan, _ in case.scans if (word := str(scan.told.facts.get("carrier") or ""))})
    named = sorted({word for scan, _ in case.scans if (word := str(scan.told.facts.get("named_carrier") or ""))})
    if not case.scans:
        return
    scan, telling = case.scans[-1]
    heard = max(one.heard_ms for _, one in case.scans)
    booked = case.carrier if case.carrier not in told else ""
    if carriers.differ([*told, *named, booked]):
        named_by_them = "、".join(carriers.title(word) for word in dict.fromkeys([*told, *named]) if word)
        everybody = "、".join(carriers.title(word) for word in dict.fromkeys([*told, *named, booked]) if word)
        yield case.found(
            "two_carriers", scan, telling, rule="carriers_named", field="承运商", theirs=named_by_them, parts=("named",),
            at_ms=heard, ours=carriers.title(case.carrier) if case.carrier else "未知",
            words=f"同一单号下有不止一家承运商的说法:{everybody}",
        )  # fmt: skip
        return
    own = told[0] if told else case.carrier
    other = carriers.second_carrier(own, (one.told.text for one, _ in case.scans))
    if other:
        told_by = f"承运商是{carriers.title(own)}" if own else "没有说承运商"
        yield case.found(
            "two_carriers", scan, telling, rule="carriers_in_texts", field="轨迹文字", theirs=carriers.title(other[0]),
            ours=carriers.title(own) if own else "未知", parts=("texts", other[0]), at_ms=heard,
            words=f"{told_by},却有 {other[1]} 条轨迹说的是{carriers.title(other[0])}:单号可能查错了公司,或一单混了两家",
        )  # fmt: skip
    form = carriers.carrier_of_form(case.parcel.number)
    if form and own and own != "cainiao" and not carriers.same_house(form, own):
        yield case.found(
            "two_carriers", scan, telling, rule="number_form", field="承运商", theirs=carriers.title(own), severity=2,
            ours=f"单号是{carriers.title(form)}的写法", parts=("form",), at_ms=heard,
            words=f"{case.parcel.number} 是{carriers.title(form)}的单号写法,消息却说承运商是{carriers.title(own)}",
        )  # fmt: skip


def two_lives(case: Case) -> Iterator[Finding]:
    """A pause no parcel makes: the number was used before, or again."""
    timed = [one for one in case.scans if not timeless(one[0])]
    for (before, first), (after, telling) in pairwise(timed):
        pause = after.told.occurred_ms - before.told.occurred_ms
        if pause > case.policy.pause_days * DAY_MS:
            yield case.found(
                "reused_number", after, telling, rule="long_pause", field="发生时间", parts=(before.told.key, after.told.key),
                theirs=f"{clock(before.told.occurred_ms)} → {clock(after.told.occurred_ms)}",
                evidence=(before.told.key, after.told.key), at_ms=max(first.heard_ms, telling.heard_ms),
                ours=f"一件包裹的轨迹不会停 {case.policy.pause_days} 天以上",
                words=f"前后两条轨迹相隔 {span(pause)}:单号像是被重复使用过,只有一段属于这件包裹",
            )  # fmt: skip
            return
    former = [one for one in timed if case.projection.effects.get(one[0].told.key, NOTHING).reason == "reused_number"]
    if former and case.created_ms is not None:
        scan, telling = former[-1]
        yield case.found(
            "reused_number", scan, telling, rule="before_order", field="发生时间", theirs=clock(scan.told.occurred_ms),
            ours=f"订单创建于 {clock(case.created_ms)}",
            parts=("former",), evidence=tuple(one.told.key for one, _ in former),
            words=f"{len(former)} 条轨迹早在这个订单之前就有了:单号被重复使用,它们不属于这件包裹",
        )  # fmt: skip
