/** A failure in plain words: what happened and what to do. The hub's own words come first. Pure. */
import { ApiError } from "../api/client";
import type { Translate } from "../i18n";
import type { Word } from "../i18n/words";

export interface ProblemWords {
  what: string;
  next: string;
  trace: string;
}

const KNOWN: Record<number, [Word, Word]> = {
  0: ["problem.unreachable", "problem.unreachable.next"],
  401: ["problem.signedOut", "problem.signedOut.next"],
  403: ["problem.forbidden", "problem.forbidden.next"],
  404: ["problem.gone", "problem.gone.next"],
  409: ["problem.conflict", "problem.conflict.next"],
  422: ["problem.invalid", "problem.invalid.next"],
  429: ["problem.tooMany", "problem.tooMany.next"],
};

export function problemWords(error: unknown, t: Translate): ProblemWords {
  if (!(error instanceof ApiError)) {
    return { what: t("problem.ours"), next: t("problem.ours.next"), trace: String(error) };
  }
  const [what, next] =
    KNOWN[error.status] ??
    (error.status >= 500
      ? (["problem.hub", "problem.hub.next"] as const)
      : (["problem.invalid", "problem.invalid.next"] as const));
  const told = error.status !== 0 && error.detail !== `HTTP ${error.status}` ? error.detail : "";
  const fields = error.fields.map((each) => `${each.field}: ${each.message}`).join("; ");
  const trace = [error.request, error.status || "-", error.trace].filter(Boolean).join(" · ");
  return { what: [told || t(what), fields].filter(Boolean).join(" "), next: told ? "" : t(next), trace };
}
