/** Decisions are called by what they are about: a parcel's carrier, or a payment's provider. */
import type { Permission } from "../api/types";
import type { Decision } from "../api/types-orders";

export function aboutMoney(kind: string | null | undefined): boolean {
  return kind === "payment" || kind === "refund";
}

/** The rights of which one is needed to rule: who reconciles may rule on money, and on nothing else. */
export function rulingRights(kind: string | null | undefined): Permission[] {
  return aboutMoney(kind) ? ["cases.rule", "money.reconcile"] : ["cases.rule"];
}

/** Dealing with a thing is called the same wherever it was raised. */
export function decideWord(kind: string | null | undefined, decision: Decision) {
  if (decision === "settled") return "decide.settled" as const;
  return aboutMoney(kind) ? (`decide.pay.${decision}` as const) : (`decide.${decision}` as const);
}
