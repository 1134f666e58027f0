/** The list's state, read from the address and written back to it. */
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import { type ListState, readListState, writeListState } from "../logic/listState";

export interface ListControl {
  state: ListState;
  /** A changed filter starts again on page 1. */
  setFilters: (filters: Record<string, string>) => void;
  setFilter: (name: string, value: string) => void;
  set: (part: Partial<ListState>) => void;
  /** Which row is open in the drawer, also in the address. */
  openId: string | null;
  open: (id: string | null) => void;
}

export function useListState(defaultSort: string): ListControl {
  const [params, setParams] = useSearchParams();
  const text = params.toString();
  const state = useMemo(() => readListState(new URLSearchParams(text), defaultSort), [text, defaultSort]);
  const write = useCallback(
    (next: ListState, replace = false) => {
      const fresh = writeListState(next, defaultSort);
      const view = new URLSearchParams(text).get("view");
      if (view) fresh.set("view", view);
      setParams(fresh, { replace });
    },
    [setParams, defaultSort, text],
  );
  const open = (id: string | null) => {
    const fresh = new URLSearchParams(text);
    if (id) fresh.set("open", id);
    else fresh.delete("open");
    setParams(fresh, { replace: params.has("open") });
  };
  return {
    state,
    setFilters: (filters) => write({ ...state, filters, page: 1 }),
    setFilter: (name, value) => write({ ...state, filters: { ...state.filters, [name]: value }, page: 1 }),
    set: (part) => write({ ...state, ...part }),
    openId: params.get("open"),
    open,
  };
}
