/** The words of the address (地址栏参数): read as drawn, changed as last asked for. */
import { useLayoutEffect } from "react";
import { useLocation, useSearchParams } from "react-router";

type Part = Record<string, string | null | undefined>;

export interface Address {
  /** As the address stands on the screen. */
  params: URLSearchParams;
  /** Change these words, the others stay; an empty one is taken away. */
  put: (part: Part, options?: { replace?: boolean }) => void;
  /** Only these words from now on: another view begins afresh. */
  begin: (part: Part, options?: { replace?: boolean }) => void;
  /** Any change, made from the words last asked for. */
  change: (make: (before: URLSearchParams) => URLSearchParams, options?: { replace?: boolean }) => void;
}

/** What was asked for and is not drawn yet. One page has one address, whoever on it writes. */
let asked: string | null = null;
/** The place that was drawn last. */
let drawn = "";

function written(before: URLSearchParams, part: Part): URLSearchParams {
  const fresh = new URLSearchParams(before);
  for (const [name, value] of Object.entries(part)) {
    if (value) fresh.set(name, value);
    else fresh.delete(name);
  }
  return fresh;
}

/**
 * Each change builds on the last one asked for, not on the one last drawn: an address may be drawn later than it is
 * written, and a click in between would take the earlier change back.
 */
export function useAddress(): Address {
  const [params, setParams] = useSearchParams();
  const { key } = useLocation();
  useLayoutEffect(() => {
    if (drawn === key) return;
    drawn = key;
    asked = null;
  }, [key]);
  const change: Address["change"] = (make, { replace = false } = {}) => {
    const fresh = make(new URLSearchParams(asked ?? params.toString()));
    asked = fresh.toString();
    setParams(fresh, { replace });
  };
  return {
    params,
    change,
    put: (part, options) => change((before) => written(before, part), options),
    begin: (part, options) => change(() => written(new URLSearchParams(), part), options),
  };
}
