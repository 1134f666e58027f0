/** Decisions are called by what they are about: a parcel's carrier, or a payment's provider. */
import type { Decision } from "../api/types-orders";

export function aboutMoney(kind: string | null | undefined): boolean {
  return kind === "payment" || kind === "refund";
}

/** Dealing with a thing is called the same wherever it was raised. */
export function decideWord(kind: string | null | undefined, decision: Decision) {
  if (decision === "settled") return "decide.settled" as const;
  return aboutMoney(kind) ? (`decide.pay.${decision}` as const) : (`decide.${decision}` as const);
}
