/** One timeline of two clocks: order it by either, and say what was not yet known at a moment. Pure. */
import type { TimelineItem } from "../api/types";

export type Clock = "occurred" | "heard";

function moment(item: TimelineItem, clock: Clock): number {
  const text = clock === "heard" ? item.heard_at : (item.occurred_at ?? item.heard_at);
  return new Date(text).getTime();
}

/** Newest first; equal times keep the order in which we heard. */
export function ordered(items: readonly TimelineItem[], clock: Clock): TimelineItem[] {
  const other: Clock = clock === "heard" ? "occurred" : "heard";
  return [...items].sort((a, b) => moment(b, clock) - moment(a, clock) || moment(b, other) - moment(a, other));
}

/** Keys of items heard only after something that happened later was already known. */
export function overtaken(items: readonly TimelineItem[]): Set<string> {
  const byHeard = ordered(items, "heard").reverse();
  const late = new Set<string>();
  let newest = Number.NEGATIVE_INFINITY;
  for (const item of byHeard) {
    if (!item.occurred_at) continue;
    const happened = moment(item, "occurred");
    if (happened < newest) late.add(item.key);
    newest = Math.max(newest, happened);
  }
  return late;
}

/** Whether we had heard of it at `at`; null means now. */
export function knownAt(item: TimelineItem, at: string | null): boolean {
  return at === null || new Date(item.heard_at).getTime() <= new Date(at).getTime();
}
