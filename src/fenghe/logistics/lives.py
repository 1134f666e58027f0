"""A reused waybill number (单号复用) has several lives; only the scans of this order's life count. Pure."""

from collections.abc import Sequence

from fenghe.kernel.values import Observation
from fenghe.logistics.policy import HOUR_MS, FusePolicy

DAY_MS = 24 * HOUR_MS


def split_lives(
    ordered: Sequence[Observation], *, handover: Observation | None, policy: FusePolicy
) -> tuple[list[Observation], list[Observation]]:
    """(this life, other lives) of an ordered history.

    Scans from long before the order are of an earlier life; so is, where no order is known, what lies before a long pause.
    After a long pause that follows this order's life the number belongs to somebody else.
    """
    if handover is None and _one_run(ordered, policy.life_days * DAY_MS):
        return list(ordered), []
    words = [told for told in ordered if told.kind != "event"]
    scans = [told for told in ordered if told.kind == "event"]
    former: list[Observation] = []
    if handover is not None:
        started = int(handover.facts.get("order_created_ms") or handover.occurred_ms) - policy.reuse_hours * HOUR_MS
        former = [told for told in scans if told.occurred_ms < started]
        scans = [told for told in scans if told.occurred_ms >= started]
    runs = _runs(scans, policy.life_days * DAY_MS)
    if len(runs) > 1:
        kept = runs[0] if handover is not None else runs[-1]
        former += [told for run in runs if run is not kept for told in run]
        scans = kept
    if not former:
        return list(ordered), []
    gone = {told.key for told in former}
    return [told for told in ordered if told.key not in gone or told in words], former


def _one_run(ordered: Sequence[Observation], pause_ms: int) -> bool:
    """Nothing but scans, the last within one pause of the first: there is one life, without looking closer."""
    if ordered and ordered[-1].occurred_ms - ordered[0].occurred_ms > pause_ms:
        return False
    return all(told.kind == "event" for told in ordered)


def _runs(scans: Sequence[Observation], pause_ms: int) -> list[list[Observation]]:
    runs: list[list[Observation]] = []
    for told in scans:
        if runs and told.occurred_ms - runs[-1][-1].occurred_ms <= pause_ms:
            runs[-1].append(told)
        else:
            runs.append([told])
    return runs
