/** Keyboard commands of a screen. Typing in a field or an open dialog keeps its keys. */
import { useEffect, useRef } from "react";

export type KeyMap = Record<string, () => void>;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable || Boolean(target.closest("input, textarea, select, [role=combobox], [role=listbox]"))
  );
}

function dialogOpen(): boolean {
  const masks = document.querySelectorAll<HTMLElement>(".ant-modal-wrap, .ant-drawer-open");
  return [...masks].some((each) => each.offsetParent !== null || getComputedStyle(each).display !== "none");
}

/** An Enter on a focused button or link stays that button's. */
function ownsEnter(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && Boolean(target.closest("a, button, [role=tab], [role=menuitem]"));
}

export function useKeys(keys: KeyMap, enabled = true): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    if (!enabled) return;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || dialogOpen()) return;
      if (event.key === "Enter" && ownsEnter(event.target)) return;
      const act = latest.current[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [enabled]);
}
