/** The list's state, read from the address and written back to it. */
import { useMemo } from "react";
import { type ListState, readListState, writeListState } from "../logic/listState";
import { useAddress } from "../parts/useAddress";

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
  const { params, change: write } = useAddress();
  const text = params.toString();
  const state = useMemo(() => readListState(new URLSearchParams(text), defaultSort), [text, defaultSort]);
  const change = (part: (now: ListState) => Partial<ListState>) =>
    write((before) => {
      const now = readListState(before, defaultSort);
      const fresh = writeListState({ ...now, ...part(now) }, defaultSort);
      const view = before.get("view");
      if (view) fresh.set("view", view);
      return fresh;
    });
  const open = (id: string | null) =>
    write(
      (before) => {
        if (id) before.set("open", id);
        else before.delete("open");
        return before;
      },
      { replace: params.has("open") },
    );
  return {
    state,
    setFilters: (filters) => change(() => ({ filters, page: 1 })),
    setFilter: (name, value) => change((now) => ({ filters: { ...now.filters, [name]: value }, page: 1 })),
    set: (part) => change(() => part),
    openId: params.get("open"),
    open,
  };
}
