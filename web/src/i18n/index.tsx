/** Words of the screens in two languages (界面用语): every key holds both, so none can be missing. */
import { createContext, type ReactNode, useCallback, useContext, useMemo } from "react";
import type { Locale } from "../api/types";
import { WORDS, type Word } from "./words";

export type Params = Record<string, string | number>;
export type Translate = (word: Word, params?: Params) => string;

export function fill(text: string, params?: Params): string {
  return params ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole)) : text;
}

export function translator(locale: Locale): Translate {
  const column = locale === "en" ? 1 : 0;
  return (word, params) => fill(WORDS[word][column], params);
}

const Language = createContext<{ locale: Locale; t: Translate }>({ locale: "zh-CN", t: translator("zh-CN") });

export function LanguageProvider({ locale, children }: { locale: Locale; children: ReactNode }) {
  const value = useMemo(() => ({ locale, t: translator(locale) }), [locale]);
  return <Language.Provider value={value}>{children}</Language.Provider>;
}

export function useLanguage() {
  return useContext(Language);
}

export function useT(): Translate {
  return useContext(Language).t;
}

const SAID = new Map(
  Object.entries(WORDS)
    .filter(([key]) => key.startsWith("reason.") || key.startsWith("caseKind."))
    .map(([key, [zh]]) => [zh as string, key as Word]),
);

/** A reason that the hub told in Chinese, in the screen's language. */
export function useReason(): (told: string | null | undefined) => string {
  const { locale, t } = useLanguage();
  return useCallback(
    (told) => {
      const word = told ? SAID.get(told) : undefined;
      return locale === "zh-CN" || !word ? (told ?? "") : t(word);
    },
    [locale, t],
  );
}

/** The hub's Chinese title, or our own word for the code when the screen speaks another language. */
export function useTitle(): (prefix: string, code: string | null | undefined, title?: string | null) => string {
  const { locale, t } = useLanguage();
  return (prefix, code, title) => {
    const word = `${prefix}.${code}`;
    const ours = word in WORDS ? t(word as Word) : "";
    return (locale === "zh-CN" ? title || ours : ours || title) || code || "";
  };
}
