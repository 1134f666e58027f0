/** A list's filter, page, sort and tab live in the address, so that a link shows what the sender saw. Pure. */

export interface ListState {
  filters: Record<string, string>;
  page: number;
  size: number;
  sort: string;
}

export const SIZES = [20, 50, 100];
export const DEFAULT_SIZE = 50;

/** In the address but not part of the filter: which row is open beside the list, which page of a screen. */
const NOT_FILTERS = new Set(["page", "size", "sort", "open", "view"]);

export function readListState(params: URLSearchParams, defaultSort: string): ListState {
  const filters: Record<string, string> = {};
  for (const [name, value] of params) if (!NOT_FILTERS.has(name) && value !== "") filters[name] = value;
  const page = Number.parseInt(params.get("page") ?? "1", 10);
  const size = Number.parseInt(params.get("size") ?? "", 10);
  return {
    filters,
    page: Number.isFinite(page) && page > 0 ? page : 1,
    size: SIZES.includes(size) ? size : DEFAULT_SIZE,
    sort: params.get("sort") ?? defaultSort,
  };
}

/** The address of a state; defaults are left out. `open` and other foreign words are dropped: another list, another row. */
export function writeListState(state: ListState, defaultSort: string): URLSearchParams {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(state.filters)) if (value !== "") params.set(name, value);
  if (state.sort && state.sort !== defaultSort) params.set("sort", state.sort);
  if (state.size !== DEFAULT_SIZE) params.set("size", String(state.size));
  if (state.page > 1) params.set("page", String(state.page));
  return params;
}

export function listQuery(state: ListState): Record<string, string | number> {
  return { ...state.filters, page: state.page, size: state.size, ...(state.sort ? { sort: state.sort } : {}) };
}

export function sameFilters(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => (a[name] ?? "") === (b[name] ?? ""));
}
