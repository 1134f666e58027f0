"""The audit of what was told of one parcel (运单回调核查): tellings in, findings out. Pure.

Promises: any order and any repetition of the same messages gives the same findings, except those that are about arrival
(重复, 乱序); what is silent, unmapped or compatible is never called a contradiction.
"""

from collections.abc import Iterator
from typing import Final

from fenghe.kernel.values import BadValue, Observation, Projection, parse_moment, to_ms
from fenghe.logistics.callbacks import (
    DEFAULT_AUDIT,
    AuditPolicy,
    Finding,
    Parcel,
    Scan,
    Telling,
    clock,
    every,
    span,
    title_of,
)
from fenghe.logistics.callbacks_arrival import arrival, repetition
from fenghe.logistics.callbacks_case import NOTHING, Case, beside, case_of, excluded, timeless
from fenghe.logistics.callbacks_contradictions import (
    ENDED,
    SIGNED,
    claims_of,
    contradicting,
    hidden_forward,
    reading_of,
    short,
)
from fenghe.logistics.callbacks_identity import identity, other_number, two_carriers, two_lives
from fenghe.logistics.fuse import REASONS
from fenghe.logistics.mapping import shipped_code_lists
from fenghe.logistics.phrases import forwarded_number
from fenghe.logistics.policy import HOUR_MS
from fenghe.logistics.scale import BY_WORD, FINAL, RANK, SILENT, State

_WORDLESS: Final = frozenset({"kuaidi100", "kdniao", "17track", "karrio", "generic", "seed_zto"})
"""Code lists of those who pass on what carriers said, often without a code: the text speaks, and that is in order."""
_AGAINST_ITSELF: Final = ("moves_after_delivered", "signed_after_forward", "after_final", "cancelled_after_handover")
GAVE_UP: Final = "abort"
MOVED: Final = "moves_after_delivered"
LATE_NODES, LATE_HOURS = 2, 24
"""After a signature a scan so near and so soon was only sent late."""
_UNHEARD: Final = ("查询无记录", "天无变化", "查无", "无记录", "单号不存在")


def audit_parcel(
    parcel: Parcel, projection: Projection, *, now_ms: int, policy: AuditPolicy = DEFAULT_AUDIT
) -> list[Finding]:
    """Everything that is wrong with what was told of a parcel. `projection` is what the fuse makes of the same words."""
    case = case_of(parcel, projection, policy=policy, now_ms=now_ms)
    return every(
        _single_scans(case),
        _unknown_codes(case),
        identity(case),
        other_number(case),
        _contradictions(case),
        two_carriers(case),
        two_lives(case),
        _stops(case),
        arrival(case),
        repetition(case),
    )


def _single_scans(case: Case) -> Iterator[Finding]:
    for scan, telling in case.scans:
        yield from _empty_status(case, scan, telling)
        yield from _wrong_times(case, scan, telling)


def _unknown_codes(case: Case) -> Iterator[Finding]:
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
            words=f"{code} 在码表「{codes}」里没有含义{times}{beside(scan.told)}{hint};有人映射之前,它不会改变任何状态",
        )  # fmt: skip


def _empty_status(case: Case, scan: Scan, telling: Telling) -> Iterator[Finding]:
    told = scan.told
    if not told.code and _status_expected(scan):
        speaks = told.status is not None and told.status not in SILENT
        words = (
            f"状态为空,只能按文字读作「{title_of(told.status)}」"
            if speaks
            else "状态为空,文字也说明不了状态,没有改变任何状态"
        )
        yield case.found(
            "empty_status", scan, telling, rule="empty_status", field="status", theirs="(空)", severity=1 if speaks else 2,
            ours=title_of(told.status), words=words + beside(told),
        )  # fmt: skip


def _status_expected(scan: Scan) -> bool:
    """Is an empty status a gap? Nothing was said at all, the field was there, or the carrier's own list always has one."""
    told, facts = scan.told, scan.told.facts
    if told.status is None or "status_empty" in facts:
        return True
    own_list = scan.codes in shipped_code_lists() and scan.codes not in _WORDLESS
    return own_list and not facts.get("status")


def _wrong_times(case: Case, scan: Scan, telling: Telling) -> Iterator[Finding]:
    told = scan.told
    if timeless(scan):
        if told.code != GAVE_UP:
            yield case.found(
                "no_time", scan, telling, rule="no_time", field="时间", theirs="(空)", ours=f"按收到的时间 {clock(told.heard_ms)}",
                words=f"没有发生时间,只能从收到的时刻算起{beside(told)}",
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
            words=f"轨迹发生在订单创建之前 {span(ordered - told.occurred_ms)}{beside(told)}",
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


def _before_order(case: Case, told: Observation) -> bool:
    """Before the order, but not so long before that it was another parcel's life."""
    if case.created_ms is None or case.projection.effects.get(told.key, NOTHING).reason == "reused_number":
        return False
    return told.occurred_ms < case.created_ms - case.policy.clock_minutes * 60_000


def _contradictions(case: Case) -> Iterator[Finding]:
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
    moved = list(_against_itself(case))
    yield from moved
    if not any(one.rule == MOVED for one in moved):
        yield from _signed_and_moving(case)


def _signed_and_moving(case: Case) -> Iterator[Finding]:
    """Signed for, then further back on the road: also where the fuse did not take the signature in the first place."""
    signed: tuple[Scan, Telling] | None = None
    for scan, telling in case.scans:
        status = scan.told.status
        if timeless(scan) or excluded(case, scan) or status is None:
            continue
        if status == State.DELIVERED:
            signed = (scan, telling)
        elif signed and _is_back(signed[0].told, scan.told):
            key, at = signed[0].told.key, clock(signed[0].told.occurred_ms)
            yield case.found(
                "contradiction", scan, telling, rule=MOVED, field="轨迹", theirs=f"{title_of(status)}{beside(scan.told)}",
                ours=title_of(case.projection.state), evidence=(key, scan.told.key), parts=(MOVED, key, scan.told.key),
                words=f"{at} 已说签收,{clock(scan.told.occurred_ms)} 又说「{title_of(status)}」",
            )  # fmt: skip
            return


def _is_back(signed: Observation, told: Observation) -> bool:
    """Further from the door than a scan that was merely sent late."""
    rank = RANK.get(BY_WORD[told.status or "unknown"])
    apart = told.occurred_ms - signed.occurred_ms
    return (
        rank is not None
        and rank < RANK[State.DELIVERED]
        and (RANK[State.DELIVERED] - rank > LATE_NODES or apart > LATE_HOURS * HOUR_MS)
    )


def _against_itself(case: Case) -> Iterator[Finding]:
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
                "contradiction", scan, telling, rule=dispute.reason, field="轨迹", theirs=f"{theirs}{beside(scan.told)}",
                ours=ours, evidence=tuple(sorted(keys)), parts=(dispute.reason, *sorted(keys)),
                words=f"{REASONS[dispute.reason]}:已是「{ours}」,{clock(scan.told.occurred_ms)} 又说「{theirs}」",
            )  # fmt: skip


def _stops(case: Case) -> Iterator[Finding]:
    """Not at its end, and nothing new for too long; or whoever watches has given up."""
    end = case.projection
    over = end.final or end.state == State.FORWARDED or _said_to_be_over(case)
    gave_up = next((one for one in case.scans if _watch_ended(one[0])), None)
    if gave_up and not over:
        yield _given_up(case, *gave_up)
        return
    silent = [one for one in case.scans if not timeless(one[0]) and not excluded(case, one[0])]
    last = silent[-1] if silent else None
    if over or (last and last[0].told.status is None):
        return  # ended; or its last word says nothing yet: that is a finding of its own
    heard = last[0].told.occurred_ms if last else _handed_over(case)
    if heard is not None and case.now_ms - heard >= case.policy.stop_hours * HOUR_MS:
        yield _stopped(case, last, heard)


def _said_to_be_over(case: Case) -> bool:
    """Whether the last word is an end, taken or not: what is disputed about it is said elsewhere."""
    timed = [scan for scan, _ in case.scans if not timeless(scan)]
    if not timed:
        return False
    last = timed[-1]
    return last.told.status in FINAL or any(
        one.sense in (SIGNED, ENDED) for one in claims_of(last, signed_before=False)
    )


def _watch_ended(scan: Scan) -> bool:
    facts = scan.told.facts
    said = str(facts.get("push_message", "")) if scan.told.code != GAVE_UP else scan.told.text
    ended = facts.get("push_status") in (GAVE_UP, "shutdown")
    return scan.told.code == GAVE_UP or ended or any(word in said for word in _UNHEARD)


def _given_up(case: Case, scan: Scan, telling: Telling) -> Finding:
    facts = scan.told.facts
    said = str(facts.get("push_message") or "") or scan.told.text or str(facts.get("push_status") or GAVE_UP)
    state = title_of(case.projection.state)
    return case.found(
        "history_stops", scan, telling, rule="watch_ended", field="status", theirs=short(said), ours=state, parts=("watch",),
        severity=3, words=f"查询方已停止跟踪(「{short(said)}」),包裹却没有终态,我方停在「{state}」",
    )  # fmt: skip


def _handed_over(case: Case) -> int | None:
    return min((one.occurred_ms for one in case.parcel.words if one.kind == "handover"), default=None)


def _stopped(case: Case, last: tuple[Scan, Telling] | None, heard: int) -> Finding:
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
        "history_stops", scan, telling, rule="silence", field="轨迹", theirs=f"最后一条 {clock(heard)}{beside(scan.told)}",
        ours=state, at_ms=max(since, telling.heard_ms), parts=(scan.told.key,),
        words=f"停在「{state}」,已有 {silence} 没有新轨迹,也没有终态",
    )  # fmt: skip
