/** Lists that come whole from the hub: filter, sort and page them here. Pure. */
import type { ListState } from "../logic/listState";
import type { QueryColumn } from "./types";

type Value = string | number | boolean | null | undefined;

function compare(a: Value, b: Value): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "zh-CN", { numeric: true });
}

/** `-name` is downwards; rows without a value stay last either way. */
export function sortRows<Row>(rows: readonly Row[], sort: string, columns: readonly QueryColumn<Row>[]): Row[] {
  const down = sort.startsWith("-");
  const text = columns.find((column) => (column.sort ?? column.key) === sort.replace(/^-/, ""))?.text;
  if (!text) return [...rows];
  return [...rows].sort((a, b) => {
    const [x, y] = [text(a), text(b)];
    const empty = (value: Value) => value === null || value === undefined;
    if (empty(x) || empty(y)) return compare(x, y);
    return down ? compare(y, x) : compare(x, y);
  });
}

export function localPage<Row>(
  rows: readonly Row[],
  state: ListState,
  columns: readonly QueryColumn<Row>[],
  match: (row: Row, filters: Record<string, string>) => boolean,
): { all: Row[]; items: Row[]; total: number } {
  const all = sortRows(
    rows.filter((row) => match(row, state.filters)),
    state.sort,
    columns,
  );
  const start = (state.page - 1) * state.size;
  return { all, items: all.slice(start, start + state.size), total: all.length };
}

/** Every word of the query appears somewhere in the texts. */
export function containsWords(query: string | undefined, texts: readonly (string | null | undefined)[]): boolean {
  const haystack = texts.filter(Boolean).join("\u0000").toLowerCase();
  return (query ?? "")
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}
