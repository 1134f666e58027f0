/** The contract of compensation. Amounts are minor units of `currency`. */

export type CompensationKindName = "rebuild_order" | "refund_payment" | "book_refund";
export type CompensationState = "proposed" | "approved" | "under_way" | "done" | "failed" | "refused" | "withdrawn";

export interface CompensationRow {
  id: string;
  break_id: string;
  kind: CompensationKindName;
  kind_title: string;
  cause: string;
  cause_title: string;
  state: CompensationState;
  state_title: string;
  order_no: string;
  target: string;
  provider: string;
  channel: string;
  shop: string;
  day: string | null;
  currency: string;
  amount_minor: number;
  moves_money: boolean;
  automatic: boolean;
  words: string;
  proposed_by: string;
  proposed_at: string;
  decided_by: string | null;
  decided_at: string | null;
  why: string;
  waits: string;
  started_at: string | null;
  ended_at: string | null;
  message_id: string | null;
  break_status: string;
  own: boolean;
  unanswered: boolean;
}

export interface BreakDocument {
  side: "ours" | "theirs";
  kind: string;
  number: string;
  amount_minor?: number | null;
  at?: string | null;
}

export interface CompensationPageData {
  item: CompensationRow;
  note: string;
  documents: BreakDocument[];
  field: string;
  ours_minor: number | null;
  theirs_minor: number | null;
  closed_by: Record<string, unknown> | null;
  events: { at: string; author: string; event: string; body: Record<string, unknown> }[];
}

export interface DecisionSum {
  count: number;
  amounts: Record<string, number>;
  kinds: Record<string, number>;
  own: number;
}

export interface SetAsideBreak {
  break_id: string;
  cause: string;
  cause_title: string;
  order_no: string;
  payment_no: string;
  currency: string;
  amount_minor: number;
  day: string | null;
  words: string;
}

export interface CauseRule {
  mode: "automatic" | "propose" | "off";
  most_per_day: number;
  most_minor_per_day: number;
}
