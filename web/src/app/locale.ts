/** The language of the screens: remembered in the browser, and with the user once signed in. */
import { useSyncExternalStore } from "react";
import type { Locale } from "../api/types";

const KEY = "fenghe.locale";
const listeners = new Set<() => void>();

export function currentLocale(): Locale {
  return localStorage.getItem(KEY) === "en" ? "en" : "zh-CN";
}

export function setLocale(locale: Locale): void {
  if (locale === currentLocale()) return;
  localStorage.setItem(KEY, locale);
  for (const tell of listeners) tell();
}

export function useLocale(): Locale {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, currentLocale);
}
