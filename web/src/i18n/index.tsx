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

/** Every Chinese text with its word. The same text under several words: a title's or a reason's own word counts. */
const SAID = new Map(
  Object.entries(WORDS)
    .sort(([a], [b]) => Number(isTold(a)) - Number(isTold(b)))
    .map(([key, [zh]]) => [zh as string, key as Word]),
);

function isTold(key: string): boolean {
  return /^(told|reason|caseKind|state|orderState)\./.test(key);
}

/** What the hub told in Chinese, in the screen's language; of 「这样 → 那样」 both sides. */
export function said(told: string, locale: Locale): string {
  if (locale === "zh-CN") return told;
  const word = SAID.get(told);
  if (word) return translator(locale)(word);
  return told.includes(" → ") ? told.split(" → ").map((part) => said(part, locale)).join(" → ") : told;
}

/** A reason that the hub told in Chinese, in the screen's language. */
export function useReason(): (told: string | null | undefined) => string {
  const { locale } = useLanguage();
  return useCallback((told) => said(told ?? "", locale), [locale]);
}

/** What people wrote themselves: it is edited and sent back as it is. */
const WRITTEN = new Set(["body", "shipped", "config", "values"]);

/**
 * An answer of the hub with its titles in the screen's language: every `state_title`, `hold_reason` ..., and the `title`
 * of what can be chosen. What has an id of its own was named by somebody and keeps its name.
 */
export function titled<Answer>(answer: Answer, locale: Locale): Answer {
  if (locale === "zh-CN" || answer === null || typeof answer !== "object") return answer;
  if (Array.isArray(answer)) return answer.map((each: unknown) => titled(each, locale)) as Answer;
  const isTitle = (name: string) => /_(title|reason)$/.test(name) || (name === "title" && !("id" in answer));
  const read = Object.entries(answer).map(([name, value]) => {
    if (WRITTEN.has(name)) return [name, value];
    return [name, typeof value === "string" && isTitle(name) ? said(value, locale) : titled(value, locale)];
  });
  return Object.fromEntries(read) as Answer;
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
