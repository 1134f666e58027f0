"""How messages arrived (到达): lists that jump, words that came late, what was told before. Pure.

These are the only findings that may depend on the order of arrival.
"""

from collections.abc import Iterator, Sequence

from fenghe.logistics import told_order
from fenghe.logistics.callbacks import Finding, Scan, Telling, clock, span
from fenghe.logistics.callbacks_case import Case, beside, timeless
from fenghe.logistics.callbacks_contradictions import short


def arrival(case: Case) -> Iterator[Finding]:
    """Lists that jump, and words that came after later ones."""
    for telling in case.parcel.tellings:
        for scan in telling.scans if telling.is_list else ():
            if "out_of_order" in scan.told.facts:
                yield _stray(case, scan, telling, "list", "在同一份列表里前后颠倒")
    told: dict[str, list[tuple[Scan, Telling]]] = {}
    known: set[str] = set()
    for telling in case.parcel.tellings:
        fresh = [one for one in telling.scans if one.told.key not in known and not timeless(one)]
        known.update(one.told.key for one in telling.scans)
        if fresh and telling.arrival_counts:
            newest = max(fresh, key=lambda one: (one.told.occurred_ms, one.told.key))
            told.setdefault(telling.source, []).append((newest, telling))
    for rows in told.values():
        for place in _late(rows, case):
            scan, telling = rows[place]
            yield _stray(case, scan, telling, "arrival", _late_words(scan, rows[:place]))


def _late(rows: Sequence[tuple[Scan, Telling]], case: Case) -> Sequence[int]:
    """Places of what came after later news; rows of a file only have to run one way."""
    times = [scan.told.occurred_ms for scan, _ in rows]
    if not rows[0][1].message_id:
        return told_order.strays(times, way=told_order.read_way(case.parcel.way))
    slack = case.policy.clock_minutes * 60_000
    return [place for place in range(1, len(times)) if times[place] < max(times[:place]) - slack]


def _late_words(scan: Scan, before: Sequence[tuple[Scan, Telling]]) -> str:
    later = max((one.told.occurred_ms for one, _ in before), default=scan.told.occurred_ms)
    if later > scan.told.occurred_ms:
        return f"到得晚:之前已收到 {clock(later)} 的轨迹,晚了 {span(later - scan.told.occurred_ms)}"
    return "与前后各条的时间顺序不合"


def _stray(case: Case, scan: Scan, telling: Telling, rule: str, words: str) -> Finding:
    return case.found(
        "out_of_order", scan, telling, rule=rule, field="发生时间", theirs=clock(scan.told.occurred_ms), parts=(scan.told.key,),
        ours="按发生时间排列后再研判", words=f"{clock(scan.told.occurred_ms)} 的轨迹{words}",
    )  # fmt: skip


def repetition(case: Case) -> Iterator[Finding]:
    """A message that brings nothing a former one has not told; the same scan twice in one list."""
    known: set[str] = set()
    for place, telling in enumerate(case.parcel.tellings):
        keys = [scan.told.key for scan in telling.scans]
        if telling.scans and known.issuperset(keys):
            newest = max(telling.scans, key=lambda one: (one.told.occurred_ms, one.told.key))
            yield case.found(
                "duplicate", newest, telling, rule="told_before", field="整条消息",
                theirs=short(newest.told.text or newest.told.code) or "(空)", ours="此前已收到过",
                parts=(telling.where or str(telling.message_id), str(place)),
                words="这条消息的内容此前都已收到过,没有带来新轨迹;已计数,未再次采信",
            )  # fmt: skip
        for key in sorted({one for one in keys if keys.count(one) > 1}):
            scan = next(one for one in telling.scans if one.told.key == key)
            yield case.found(
                "duplicate", scan, telling, rule="twice_in_list", field="轨迹", theirs=f"{keys.count(key)} 次", ours="只算一次",
                parts=(key,), words=f"同一条轨迹在一份列表里出现 {keys.count(key)} 次{beside(scan.told)}",
            )  # fmt: skip
        known.update(keys)
