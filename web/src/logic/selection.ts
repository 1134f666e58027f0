/** What a bulk action is about: rows ticked by hand, or every row the filter finds (跨页全选). Pure. */

export type Selection =
  | { mode: "ids"; ids: readonly string[] }
  | { mode: "filter"; filter: Record<string, string>; expected: number };

export const NOTHING: Selection = { mode: "ids", ids: [] };

export function countOf(selection: Selection): number {
  return selection.mode === "ids" ? selection.ids.length : selection.expected;
}

/** The request's part that says which rows; `expected` is the count the person saw and confirmed. */
export function bulkBody(selection: Selection): { ids?: string[]; filter?: Record<string, string>; expected: number } {
  return selection.mode === "ids"
    ? { ids: [...selection.ids], expected: selection.ids.length }
    : { filter: selection.filter, expected: selection.expected };
}
