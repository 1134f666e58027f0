/** Decisions are called by what they are about: a parcel's carrier, or a payment's provider. */
export type Decision = "accept_theirs" | "keep_ours" | "ask_again";

export function aboutMoney(kind: string | null | undefined): boolean {
  return kind === "payment" || kind === "refund";
}

export function decideWord<D extends Decision>(kind: string | null | undefined, decision: D) {
  return aboutMoney(kind) ? (`decide.pay.${decision}` as const) : (`decide.${decision}` as const);
}
