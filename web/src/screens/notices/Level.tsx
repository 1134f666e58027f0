/** A severity by its number, as the cases' own tag. */
import type { Severity } from "../../api/types";
import { SeverityTag } from "../../parts/Tags";

const WORDS: Record<number, Severity> = { 1: "low", 2: "medium", 3: "high" };

export function Level({ severity }: { severity: number }) {
  return <SeverityTag severity={WORDS[severity] ?? "low"} />;
}
