"""The audit of what was told of one parcel (运单回调核查): tellings in, findings out. Pure.

Promises: any order and any repetition of the same messages gives the same findings, except those that are about arrival
(重复, 乱序); what is silent, unmapped or compatible is never called a contradiction.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import msgspec

from fenghe.kernel.values import BadValue, Observation, Projection, parse_moment, to_ms
from fenghe.logistics import callbacks_carriers as carriers
from fenghe.logistics import told_order
from fenghe.logistics.callbacks import (
    SEVERITY,
    AuditPolicy,
    Finding,
    Parcel,
    Scan,
    Telling,
    clock,
    every,
    finding_key,
    span,
    title_of,
)
from fenghe.logistics.callbacks_contradictions import ENDED, SIGNED, claims_of, contradicting, hidden_forward, reading_of, short
from fenghe.logistics.fuse import REASONS
from fenghe.logistics.mapping import shipped_code_lists
from fenghe.logistics.phrases import forwarded_number
from fenghe.logistics.policy import HOUR_MS
from fenghe.logistics.scale import FINAL, SILENT, State

DAY_MS: Final = 24 * HOUR_MS
_WORDLESS: Final = frozenset({"kuaidi100", "kdniao", "17track", "karrio", "generic", "seed_zto"})
"""Code lists of those who pass on what carriers said, often without a code: the text speaks, and that is in order."""
_AGAINST_ITSELF: Final = ("moves_after_delivered", "signed_after_forward", "after_final", "cancelled_after_handover")
GAVE_UP: Final = "abort"
_UNHEARD: Final = ("查询无记录", "天无变化", "查无", "无记录", "单号不存在")


class _Case(msgspec.Struct):
    """A parcel while it is looked at."""

    parcel: Parcel
    scans: list[tuple[Scan, Telling]]
    """Every scan once, in the order it happened; scans without a time of their own last."""
    projection: Projection
    policy: AuditPolicy
    now_ms: int
    order_no: str
    created_ms: int | None
    carrier: str

    def found(self, kind: str, scan: Scan | None, telling: Telling | None, **told: Any) -> Finding:
        """A finding on one scan; where it came from and what the fuse did with it are filled in."""
        key = scan.told.key if scan else ""
        effect = self.projection.effects.get(key)
        parts = told.pop("parts", (key, told["rule"]))
        filled: dict[str, Any] = {
            "severity": SEVERITY[kind],
            "number": self.parcel.number,
            "order_no": self.order_no,
            "carrier": self.carrier,
            "evidence": (key,) if key else (),
            "at_ms": telling.heard_ms if telling else self.now_ms,
            "source": telling.source if telling else "",
            "message_id": telling.message_id if telling else None,
            "where": telling.where if telling else "",
            "codes": scan.codes if scan else "",
            "code": scan.told.code if scan else "",
            "effect": effect.effect if effect else "",
            "effect_reason": effect.reason if effect else "",
        }
        return Finding(kind=kind, key=finding_key(kind, self.parcel.number, *parts), **(filled | told))


def audit_parcel(
    parcel: Parcel, projection: Projection, *, now_ms: int, policy: AuditPolicy = AuditPolicy()
) -> list[Finding]:
    """Everything that is wrong with what was told of a parcel. `projection` is what the fuse makes of the same words."""
    case = _case_of(parcel, projection, policy=policy, now_ms=now_ms)
    return every(
        _single_scans(case),
        _unknown_codes(case),
        _identity(case),
        _other_number(case),
        _contradictions(case),
        _two_carriers(case),
        _two_lives(case),
        _stops(case),
        _arrival(case),
        _repetition(case),
    )


def _case_of(parcel: Parcel, projection: Projection, *, policy: AuditPolicy, now_ms: int) -> _Case:
    scans = sorted(parcel.scans().values(), key=lambda one: (_timeless(one[0]), one[0].told.occurred_ms, one[0].told.key))
    handover = min(
        (one for one in parcel.words if one.kind == "handover"), key=lambda one: (one.occurred_ms, one.key), default=None
    )
    ours: Mapping[str, Any] = handover.facts if handover else {}
    told = sorted({str(name) for scan, _ in scans if (name := scan.told.facts.get("carrier"))})
    return _Case(
        parcel=parcel,
        scans=scans,
        projection=projection,
        policy=policy,
        now_ms=now_ms,
        order_no=str(ours.get("order_no") or parcel.known.order_no),
        created_ms=int(ours["order_created_ms"]) if "order_created_ms" in ours else parcel.known.order_created_ms,
        carrier=str(ours.get("carrier") or parcel.known.carrier or (told[0] if len(told) == 1 else "")),
    )


def _timeless(scan: Scan) -> bool:
    return "no_time" in scan.told.facts


def _single_scans(case: _Case) -> Iterator[Finding]:
    for scan, telling in case.scans:
        yield from _empty_status(case, scan, telling)
        yield from _wrong_times(case, scan, telling)


def _unknown_codes(case: _Case) -> Iterator[Finding]:
    """Each code that nobody has mapped, once for the parcel."""
    unknown: dict[tuple[str, str], list[tuple[Scan, Telling]]] = {}
    for scan, telling in case.scans:
        if scan.told.code and scan.told.status is None:
            unknown.setdefault((scan.codes, scan.told.code), []).append((scan, telling))
    for (codes, code), rows in unknown.items():
        scan, telling = rows[-1]
        times = f",共 {len(rows)} 条轨迹" if len(rows) > 1 else ""
        read = reading_of(scan)
        hint = f";文字可读作「{title_of(read)}」" if read else ""
        yield case.found(
            "unknown_code", scan, telling, rule="status_mapping", field="状态码", theirs=code, ours="没有映射",
            severity=1 if read else 2, parts=(codes, code), evidence=tuple(sorted(one.told.key for one, _ in rows)),
            words=f"{code} 在码表「{codes}」里没有含义{times}{_beside(scan.told)}{hint};有人映射之前,它不会改变任何状态",
        )  # fmt: skip


def _empty_status(case: _Case, scan: Scan, telling: Telling) -> Iterator[Finding]:
    told = scan.told
    if not told.code and _status_expected(scan):
        speaks = told.status is not None and told.status not in SILENT
        words = f"状态为空,只能按文字读作「{title_of(told.status)}」" if speaks else "状态为空,文字也说明不了状态,没有改变任何状态"
        yield case.found(
            "empty_status", scan, telling, rule="empty_status", field="status", theirs="(空)", severity=1 if speaks else 2,
            ours=title_of(told.status), words=words + _beside(told),
        )  # fmt: skip


def _status_expected(scan: Scan) -> bool:
    """Is an empty status a gap? Nothing was said at all, the field was there, or the carrier's own list always has one."""
    told, facts = scan.told, scan.told.facts
    if told.status is None or "status_empty" in facts:
        return True
    own_list = scan.codes in shipped_code_lists() and scan.codes not in _WORDLESS
    return own_list and not facts.get("status")


def _beside(told: Observation) -> str:
    return f"(文字:{short(told.text)})" if told.text else ""


def _wrong_times(case: _Case, scan: Scan, telling: Telling) -> Iterator[Finding]:
    told = scan.told
    if _timeless(scan):
        if told.code != GAVE_UP:
            yield case.found(
                "no_time", scan, telling, rule="no_time", field="时间", theirs="(空)", ours=f"按收到的时间 {clock(told.heard_ms)}",
                words=f"没有发生时间,只能从收到的时刻算起{_beside(told)}",
            )  # fmt: skip
        return
    created, updated = _told_moment(told, "create_time"), _told_moment(told, "update_time") or told.occurred_ms
    if created is not None and updated < created:
        yield case.found(
            "updated_before_created", scan, telling, rule="own_creation", field="update_time", theirs=clock(updated),
            ours=f"create_time {clock(created)}",
            words=f"更新时间 {clock(updated)} 早于同一条记录的创建时间 {clock(created)},早了 {span(created - updated)}",
        )  # fmt: skip
    elif _before_order(case, told):
        ordered = case.created_ms or 0
        yield case.found(
            "updated_before_created", scan, telling, rule="order_creation", field="发生时间", theirs=clock(told.occurred_ms),
            ours=f"订单创建于 {clock(ordered)}",
            words=f"轨迹发生在订单创建之前 {span(ordered - told.occurred_ms)}{_beside(told)}",
        )  # fmt: skip
    if told.occurred_ms > told.heard_ms + HOUR_MS:
        yield case.found(
            "future_time", scan, telling, rule="future_time", field="发生时间", theirs=clock(told.occurred_ms),
            ours=f"收到于 {clock(told.heard_ms)}", words=f"发生时间比收到时间晚 {span(told.occurred_ms - told.heard_ms)}",
        )  # fmt: skip


def _told_moment(told: Observation, name: str) -> int | None:
    """A time that the record tells beside the scan's own; what is no time is none."""
    text = str(told.facts.get(name, ""))
    try:
        return to_ms(parse_moment(text)) if text else None
    except (BadValue, OverflowError, OSError):
        return None


def _before_order(case: _Case, told: Observation) -> bool:
    """Before the order, but not so long before that it was another parcel's life."""
    if case.created_ms is None or case.projection.effects.get(told.key, _NOTHING).reason == "reused_number":
        return False
    return told.occurred_ms < case.created_ms - case.policy.clock_minutes * 60_000


class _Nothing(msgspec.Struct, frozen=True):
    effect: str = ""
    reason: str = ""


_NOTHING: Final = _Nothing()


def _identity(case: _Case) -> Iterator[Finding]:
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
        theirs, belongs = f"订单 {told}", f"属于订单 {ours}" if ours else f"订单 {told} 的运单是 {'、'.join(parcels[:3])}"
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


def _other_number(case: _Case) -> Iterator[Finding]:
    """The message was about another number than the one its scans are of."""
    for scan, telling in case.scans:
        named = str(scan.told.facts.get("named_number") or "")
        if named:
            yield case.found(
                "foreign_number", scan, telling, rule="other_number", field="运单号", theirs=named, ours=case.parcel.number,
                severity=2, parts=("number", named), words=f"消息说的是运单 {named},里面的轨迹却是 {case.parcel.number} 的",
            )  # fmt: skip
            return


def _is_foreign(case: _Case, told: str) -> bool:
    """Not the order we shipped it for. A seller's own system may use other numbers, which say nothing; known ones do."""
    known = case.parcel.known.parcels_of
    if case.order_no:
        return told != case.order_no and (told in known or same_scheme(told, case.order_no))
    return bool(known.get(told)) and case.parcel.number not in known[told]


def same_scheme(one: str, other: str) -> bool:
    """Could both be numbers of one shop?"""
    return len(one) == len(other) and all(a.isdigit() == b.isdigit() for a, b in zip(one, other, strict=True))


def _contradictions(case: _Case) -> Iterator[Finding]:
    signed_at = [scan.told.occurred_ms for scan, _ in case.scans if scan.told.status == State.DELIVERED]
    for scan, telling in case.scans:
        told = scan.told
        before = any(moment <= told.occurred_ms for moment in signed_at) and told.status != State.DELIVERED
        claims = claims_of(scan, signed_before=before)
        if contradicting(claims):
            theirs = " · ".join(one.said for one in claims)
            yield case.found(
                "contradiction", scan, telling, rule="one_message", field="、".join(dict.fromkeys(one.part for one in claims)),
                theirs=theirs, ours=title_of(told.status), parts=(told.key,),
                words=f"同一条消息里说法互相矛盾:{theirs}",
            )  # fmt: skip
        elif hidden_forward(scan):
            number = forwarded_number(told.text, case.parcel.number)
            gone = f"转到了 {number}" if number else "转给了别家"
            yield case.found(
                "contradiction", scan, telling, rule="signed_is_forward", field="文字", theirs=f"「{short(told.text)}」",
                ours=title_of(told.status), parts=(told.key,), words=f"文字里的「签收」其实是转单:包裹{gone},不能当作客户签收",
            )  # fmt: skip
    yield from _against_itself(case)


def _against_itself(case: _Case) -> Iterator[Finding]:
    """What the fuse found the history to contradict: it moves after it was signed for, and the like."""
    by_key = {scan.told.key: (scan, telling) for scan, telling in case.scans}
    for dispute in case.projection.disputes:
        if dispute.reason not in _AGAINST_ITSELF:
            continue
        keys = [key for key in dispute.evidence if key in by_key]
        if keys:
            scan, telling = by_key[min(keys, key=lambda key: (by_key[key][0].told.occurred_ms, key))]
            ours, theirs = title_of(dispute.ours), title_of(dispute.theirs)
            yield case.found(
                "contradiction", scan, telling, rule=dispute.reason, field="轨迹", theirs=f"{theirs}{_beside(scan.told)}",
                ours=ours, evidence=tuple(sorted(keys)), parts=(dispute.reason, *sorted(keys)),
                words=f"{REASONS[dispute.reason]}:已是「{ours}」,{clock(scan.told.occurred_ms)} 又说「{theirs}」",
            )  # fmt: skip


def _two_carriers(case: _Case) -> Iterator[Finding]:
    told = sorted({word for scan, _ in case.scans if (word := str(scan.told.facts.get("carrier") or ""))})
    named = sorted({word for scan, _ in case.scans if (word := str(scan.told.facts.get("named_carrier") or ""))})
    if not case.scans:
        return
    scan, telling = case.scans[-1]
    heard = max(one.heard_ms for _, one in case.scans)
    booked = case.carrier if case.carrier not in told else ""
    if carriers.differ([*told, *named, booked]):
        all_named = dict.fromkeys(word for word in (*told, *named) if word)
        theirs = "、".join(carriers.title(word) for word in all_named)
        yield case.found(
            "two_carriers", scan, telling, rule="carriers_named", field="承运商", theirs=theirs, parts=("named",), at_ms=heard,
            ours=carriers.title(case.carrier) if case.carrier else "未知",
            words=f"同一单号下有不止一家承运商的说法:{'、'.join(carriers.title(w) for w in dict.fromkeys([*all_named, *filter(None, [booked])]))}",
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


def _two_lives(case: _Case) -> Iterator[Finding]:
    """A pause no parcel makes: the number was used before, or again."""
    timed = [one for one in case.scans if not _timeless(one[0])]
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
    former = [one for one in timed if case.projection.effects.get(one[0].told.key, _NOTHING).reason == "reused_number"]
    if former:
        scan, telling = former[-1]
        yield case.found(
            "reused_number", scan, telling, rule="before_order", field="发生时间", theirs=clock(scan.told.occurred_ms),
            ours=f"订单创建于 {clock(case.created_ms)}" if case.created_ms is not None else "属于单号的另一段历史",
            parts=("former",), evidence=tuple(one.told.key for one, _ in former),
            words=f"{len(former)} 条轨迹早在这个订单之前就有了:单号被重复使用,它们不属于这件包裹",
        )  # fmt: skip


def _stops(case: _Case) -> Iterator[Finding]:
    """Not at its end, and nothing new for too long; or whoever watches has given up."""
    end = case.projection
    over = end.final or end.state == State.FORWARDED or _said_to_be_over(case)
    gave_up = next((one for one in case.scans if _watch_ended(one[0])), None)
    if gave_up and not over:
        yield _given_up(case, *gave_up)
        return
    silent = [one for one in case.scans if not _timeless(one[0]) and not _excluded(case, one[0])]
    last = silent[-1] if silent else None
    if over or (last and last[0].told.status is None):
        return  # ended; or its last word says nothing yet: that is a finding of its own
    heard = last[0].told.occurred_ms if last else _handed_over(case)
    if heard is not None and case.now_ms - heard >= case.policy.stop_hours * HOUR_MS:
        yield _stopped(case, last, heard)


def _said_to_be_over(case: _Case) -> bool:
    """Whether the last word is an end, taken or not: what is disputed about it is said elsewhere."""
    timed = [scan for scan, _ in case.scans if not _timeless(scan)]
    if not timed:
        return False
    last = timed[-1]
    return last.told.status in FINAL or any(one.sense in (SIGNED, ENDED) for one in claims_of(last, signed_before=False))


def _watch_ended(scan: Scan) -> bool:
    facts = scan.told.facts
    said = str(facts.get("push_message", "")) if scan.told.code != GAVE_UP else scan.told.text
    ended = facts.get("push_status") in (GAVE_UP, "shutdown")
    return scan.told.code == GAVE_UP or ended or any(word in said for word in _UNHEARD)


def _given_up(case: _Case, scan: Scan, telling: Telling) -> Finding:
    facts = scan.told.facts
    said = str(facts.get("push_message") or "") or scan.told.text or str(facts.get("push_status") or GAVE_UP)
    state = title_of(case.projection.state)
    return case.found(
        "history_stops", scan, telling, rule="watch_ended", field="status", theirs=short(said), ours=state, parts=("watch",),
        severity=3, words=f"查询方已停止跟踪(「{short(said)}」),包裹却没有终态,我方停在「{state}」",
    )  # fmt: skip


def _excluded(case: _Case, scan: Scan) -> bool:
    return case.projection.effects.get(scan.told.key, _NOTHING).effect == "excluded"


def _handed_over(case: _Case) -> int | None:
    return min((one.occurred_ms for one in case.parcel.words if one.kind == "handover"), default=None)


def _stopped(case: _Case, last: tuple[Scan, Telling] | None, heard: int) -> Finding:
    silence = span(case.now_ms - heard)
    state = title_of(case.projection.state)
    since = heard + case.policy.stop_hours * HOUR_MS
    if last is None:
        return case.found(
            "history_stops", None, None, rule="never_heard", field="轨迹", theirs="(没有任何轨迹)", ours=state, at_ms=since,
            parts=("never",), words=f"{clock(heard)} 已发货,此后 {silence} 没有任何轨迹",
        )  # fmt: skip
    scan, telling = last
    return case.found(
        "history_stops", scan, telling, rule="silence", field="轨迹", theirs=f"最后一条 {clock(heard)}{_beside(scan.told)}",
        ours=state, at_ms=since, parts=(scan.told.key,),
        words=f"停在「{state}」,已有 {silence} 没有新轨迹,也没有终态",
    )  # fmt: skip


def _arrival(case: _Case) -> Iterator[Finding]:
    """Lists that jump, and words that came after later ones."""
    for telling in case.parcel.tellings:
        for scan in telling.scans if telling.is_list else ():
            if "out_of_order" in scan.told.facts:
                yield _stray(case, scan, telling, "list", "在同一份列表里前后颠倒")
    told: dict[str, list[tuple[Scan, Telling]]] = {}
    known: set[str] = set()
    for telling in case.parcel.tellings:
        fresh = [one for one in telling.scans if one.told.key not in known and not _timeless(one)]
        known.update(one.told.key for one in telling.scans)
        if fresh and telling.arrival_counts:
            newest = max(fresh, key=lambda one: (one.told.occurred_ms, one.told.key))
            told.setdefault(telling.source, []).append((newest, telling))
    for rows in told.values():
        times = [scan.told.occurred_ms for scan, _ in rows]
        way = told_order.read_way(case.parcel.way)
        slack = max(told_order.SLACK_MS, case.policy.clock_minutes * 60_000 if rows[0][1].message_id else 0)
        for place in told_order.strays(times, way=way, slack_ms=slack):
            scan, telling = rows[place]
            yield _stray(case, scan, telling, "arrival", _late_words(scan, rows[:place]))


def _late_words(scan: Scan, before: Sequence[tuple[Scan, Telling]]) -> str:
    later = max((one.told.occurred_ms for one, _ in before), default=scan.told.occurred_ms)
    if later > scan.told.occurred_ms:
        return f"到得晚:之前已收到 {clock(later)} 的轨迹,晚了 {span(later - scan.told.occurred_ms)}"
    return "与前后各条的时间顺序不合"


def _stray(case: _Case, scan: Scan, telling: Telling, rule: str, words: str) -> Finding:
    return case.found(
        "out_of_order", scan, telling, rule=rule, field="发生时间", theirs=clock(scan.told.occurred_ms), parts=(scan.told.key,),
        ours="按发生时间排列后再研判", words=f"{clock(scan.told.occurred_ms)} 的轨迹{words}",
    )  # fmt: skip


def _repetition(case: _Case) -> Iterator[Finding]:
    """A message that brings nothing a former one has not told; the same scan twice in one list."""
    known: set[str] = set()
    for place, telling in enumerate(case.parcel.tellings):
        keys = [scan.told.key for scan in telling.scans]
        if telling.scans and known.issuperset(keys):
            newest = max(telling.scans, key=lambda one: (one.told.occurred_ms, one.told.key))
            yield case.found(
                "duplicate", newest, telling, rule="told_before", field="整条消息", theirs=short(newest.told.text or newest.told.code),
                ours="此前已收到过", parts=(telling.where or str(telling.message_id), str(place)),
                words="这条消息的内容此前都已收到过,没有带来新轨迹;已计数,未再次采信",
            )  # fmt: skip
        for key in sorted({one for one in keys if keys.count(one) > 1}):
            scan = next(one for one in telling.scans if one.told.key == key)
            yield case.found(
                "duplicate", scan, telling, rule="twice_in_list", field="轨迹", theirs=f"{keys.count(key)} 次", ours="只算一次",
                parts=(key,), words=f"同一条轨迹在一份列表里出现 {keys.count(key)} 次{_beside(scan.told)}",
            )  # fmt: skip
        known.update(keys)
