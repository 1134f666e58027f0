/** How one person likes a list (列设置、密度): kept in the browser, per screen. */
import { useState } from "react";

export type Density = "small" | "medium" | "large";

export interface Prefs {
  density: Density;
  /** Columns whose visibility differs from the screen's default. */
  flipped: string[];
  unfolded: boolean;
}

const PLAIN: Prefs = { density: "small", flipped: [], unfolded: false };

function read(key: string): Prefs {
  const text = localStorage.getItem(key);
  if (!text) return PLAIN;
  try {
    return { ...PLAIN, ...(JSON.parse(text) as Partial<Prefs>) };
  } catch (error) {
    if (error instanceof SyntaxError) return PLAIN;
    throw error;
  }
}

export function usePrefs(screen: string): [Prefs, (change: Partial<Prefs>) => void] {
  const key = `fenghe.list.${screen}`;
  const [prefs, setPrefs] = useState(() => read(key));
  const change = (part: Partial<Prefs>) => {
    const next = { ...prefs, ...part };
    localStorage.setItem(key, JSON.stringify(next));
    setPrefs(next);
  };
  return [prefs, change];
}

export function isShown(column: { key: string; optional?: boolean }, prefs: Prefs): boolean {
  return Boolean(column.optional) === prefs.flipped.includes(column.key);
}

export function flip(prefs: Prefs, key: string): string[] {
  return prefs.flipped.includes(key) ? prefs.flipped.filter((each) => each !== key) : [...prefs.flipped, key];
}
