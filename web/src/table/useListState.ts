/** The list's state, read from the address and written back to it. */
import { useLayoutEffect, useMemo, useRef } from "react";
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

/**
 * Each change builds on the last one asked for, not on the one last drawn: an address may be drawn later than it is
 * written, and a click in between would take the earlier change back.
 */
export function useListState(defaultSort: string): ListControl {
  const [params, setParams] = useSearchParams();
  const text = params.toString();
  const state = useMemo(() => readListState(new URLSearchParams(text), defaultSort), [text, defaultSort]);
  const latest = useRef(text);
  useLayoutEffect(() => {
    latest.current = text;
  }, [text]);
  const go = (fresh: URLSearchParams, replace = false) => {
    latest.current = fresh.toString();
    setParams(fresh, { replace });
  };
  const change = (part: (now: ListState) => Partial<ListState>) => {
    const before = new URLSearchParams(latest.current);
    const now = readListState(before, defaultSort);
    const fresh = writeListState({ ...now, ...part(now) }, defaultSort);
    const view = before.get("view");
    if (view) fresh.set("view", view);
    go(fresh);
  };
  const open = (id: string | null) => {
    const fresh = new URLSearchParams(latest.current);
    const wasOpen = fresh.has("open");
    if (id) fresh.set("open", id);
    else fresh.delete("open");
    go(fresh, wasOpen);
  };
  return {
    state,
    setFilters: (filters) => change(() => ({ filters, page: 1 })),
    setFilter: (name, value) => change((now) => ({ filters: { ...now.filters, [name]: value }, page: 1 })),
    set: (part) => change(() => part),
    openId: params.get("open"),
    open,
  };
}
