/** Mapping rules as a document: overlay the shipped ones, move a code, compare, count what is covered. Pure. */
import type { MappingDetail, Rule, SeenCode } from "../api/types";
import { patternFound } from "./pattern";

/** What makes a rule the same rule: what it matches, not where it leads. */
export type RuleName = Pick<Rule, "match" | "value" | "when">;

export function keyOf(rule: RuleName): string {
  return rule.when ? `${rule.match}:${rule.value}:${rule.when}` : `${rule.match}:${rule.value}`;
}

export const plainCode = (value: string): RuleName => ({ match: "code", value, when: "" });

/** What is in force: the user's rules first, as they go first in reading too, then shipped ones not covered. */
export function overlay(shipped: readonly Rule[], own: readonly Rule[]): Rule[] {
  const covered = new Set(own.map(keyOf));
  const left = shipped.filter((rule) => !covered.has(keyOf(rule)));
  return [...own.map((rule) => ({ ...rule, shipped: false })), ...left.map((rule) => ({ ...rule, shipped: true }))];
}

export function ownRules(rules: readonly Rule[]): Rule[] {
  return rules.filter((rule) => !rule.shipped);
}

export function shippedRules(detail: MappingDetail): Rule[] {
  const table = new Map<string, Rule>();
  for (const rule of [...(detail.published?.rules ?? []), ...(detail.draft?.rules ?? [])]) {
    if (rule.shipped) table.set(keyOf(rule), rule);
  }
  return [...table.values()];
}

/** The user's rules to start editing from: the draft's, else the published ones. */
export function startingRules(detail: MappingDetail): Rule[] {
  return ownRules(detail.draft?.rules ?? detail.published?.rules ?? []);
}

/** The user's rules after `name` was put on `state`; null takes the user's rule away. */
export function assign(own: readonly Rule[], name: RuleName, state: string | null): Rule[] {
  const key = keyOf(name);
  const before = own.find((rule) => keyOf(rule) === key);
  if (state === null) return own.filter((rule) => keyOf(rule) !== key);
  if (before) return own.map((rule) => (keyOf(rule) === key ? { ...rule, state } : rule));
  return [...own, { match: name.match, value: name.value, when: name.when, state, note: "", shipped: false }];
}

/** As the hub reads: an exact code decides, with its condition first; only a scan without a code is read by its text. */
export function stateOf(seen: Pick<SeenCode, "code" | "sample_text">, rules: readonly Rule[]): string | null {
  const text = seen.sample_text ?? "";
  if (seen.code === "") {
    return rules.find((rule) => rule.match === "text" && patternFound(rule.value, text))?.state ?? null;
  }
  const fitting = rules.filter((rule) => rule.match === "code" && rule.value === seen.code);
  const conditional = fitting.find((rule) => rule.when && patternFound(rule.when, text));
  return (conditional ?? fitting.find((rule) => !rule.when))?.state ?? null;
}

/** How codes are read with these rules: as the hub said, except where the rules differ from those in force. */
export function reader(inForce: readonly Rule[], rules: readonly Rule[]): (seen: SeenCode) => string | null {
  return (seen) => {
    const after = stateOf(seen, rules);
    return after === stateOf(seen, inForce) ? (seen.mapped_to ?? after) : after;
  };
}

export interface Coverage {
  covered: number;
  total: number;
  ratio: number | null;
  unmapped: number;
}

/** Share of the last 72 h events that can be read; null when nothing was heard. A scan without a code is no code. */
export function coverage(seen: readonly SeenCode[], read: (seen: SeenCode) => string | null): Coverage {
  let covered = 0;
  let total = 0;
  let unmapped = 0;
  for (const each of seen) {
    const mapped = read(each) !== null;
    total += each.events_72h;
    if (mapped) covered += each.events_72h;
    else if (each.code !== "") unmapped += 1;
  }
  return { covered, total, ratio: total ? covered / total : null, unmapped };
}

/** 79.8, and never 100 while something is uncovered. */
export function percent(ratio: number): string {
  const rounded = Math.round(ratio * 1000) / 10;
  return `${ratio < 1 && rounded >= 100 ? 99.9 : rounded} %`;
}

export interface RuleChange extends RuleName {
  before: string | null;
  after: string | null;
}

/** What publishing `after` over `before` would change, by rule; sorted so that it reads the same every time. */
export function compareRules(before: readonly Rule[], after: readonly Rule[]): RuleChange[] {
  const old = new Map(before.map((rule) => [keyOf(rule), rule]));
  const fresh = new Map(after.map((rule) => [keyOf(rule), rule]));
  const changes: RuleChange[] = [];
  for (const [key, { match, value, when }] of new Map([...old, ...fresh])) {
    const was = old.get(key)?.state ?? null;
    const is = fresh.get(key)?.state ?? null;
    if (was !== is) changes.push({ match, value, when, before: was, after: is });
  }
  return changes.sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
}

export function rulesByState(rules: readonly Rule[]): Map<string, Rule[]> {
  const table = new Map<string, Rule[]>();
  for (const rule of rules) table.set(rule.state, [...(table.get(rule.state) ?? []), rule]);
  return table;
}

/** Rules worth a place on the board: the user's, and shipped ones for codes that were heard; the rest is folded. */
export function splitByUse(rules: readonly Rule[], heard: ReadonlyMap<string, number>): { used: Rule[]; idle: Rule[] } {
  const inUse = (rule: Rule) => !rule.shipped || (rule.match === "code" && heard.has(rule.value));
  const sorted = [...rules].sort(
    (a, b) => (heard.get(b.value) ?? 0) - (heard.get(a.value) ?? 0) || a.value.localeCompare(b.value),
  );
  return { used: sorted.filter(inUse), idle: sorted.filter((rule) => !inUse(rule)) };
}
