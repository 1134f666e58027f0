/** Walking through a queue: which case comes next, and what asks the hub for a tab of the queue. Pure. */

/** One step from `id` in the list; stands still at the ends; from nowhere to the first. */
export function stepFrom(ids: readonly string[], id: string | null, by: 1 | -1): string | null {
  if (ids.length === 0) return null;
  const at = id === null ? -1 : ids.indexOf(id);
  if (at < 0) return ids[0] ?? null;
  return ids[Math.min(Math.max(at + by, 0), ids.length - 1)] ?? null;
}

/** Tabs of the queue in the hub's parameters. */
export function caseQuery(filters: Record<string, string>): Record<string, string> {
  const { tab = "open", ...rest } = filters;
  switch (tab) {
    case "mine":
      return { ...rest, status: "open", owner: "me" };
    case "overdue":
      return { ...rest, status: "open", overdue: "true" };
    default:
      return { ...rest, status: tab };
  }
}
