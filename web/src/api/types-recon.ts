/** The contract of reconciliation (对账). Amounts are minor units of their currency. */

export interface WaterfallLine {
  currency: string;
  place: number;
  step: string;
  cause: string;
  title: string;
  fault: boolean;
  amount_minor: number;
  count: number;
}

export interface ReconRun {
  id: string;
  kind: "scan" | "reconcile";
  scope: "days" | "all" | "new";
  day_from: string | null;
  day_to: string | null;
  chains: number;
  opened: number;
  reopened: number;
  closed: number;
  standing: number;
  asked_by: string;
  started_at: string;
  finished_at: string;
}

export interface ReconRunPage {
  run: ReconRun;
  before_id: string | null;
  rules: { version?: string };
  inputs: Record<string, number | string>;
  coverage: Record<string, unknown>;
  counts: Record<string, Record<string, { count: number; amount_minor: number }>>;
  waterfall: WaterfallLine[];
  channels: string[];
  providers: string[];
}

export interface BreakDocument {
  side: string;
  kind: string;
  id: number | null;
  number: string;
  message_id: number | null;
  amount_minor: number | null;
  at: string | null;
}

export interface ReconBreak {
  id: string;
  key: string;
  cause: string;
  title: string;
  fault: boolean;
  status: "open" | "closed";
  order_no: string;
  payment_no: string;
  channel: string;
  shop: string;
  provider: string;
  day: string | null;
  currency: string;
  amount_minor: number;
  field: string;
  ours_minor: number | null;
  theirs_minor: number | null;
  documents: BreakDocument[];
  note: string;
  rule_version: string;
  owner: string | null;
  decision: string;
  comment: string;
  case_id: string | null;
  found_at: string;
  closed_at: string | null;
  closed_by: { run?: number; ruling?: number | string; documents?: BreakDocument[] } | null;
}

export interface BreakEvent {
  at: string;
  author: string;
  event: string;
  run_id: string | null;
  body: { before?: string; after?: string; amount_minor?: number };
}

export interface BreakPageData {
  item: ReconBreak;
  events: BreakEvent[];
}

export interface CauseSum {
  cause: string;
  title: string;
  currency: string;
  fault: boolean;
  count: number;
  amount_minor: number;
}

export interface Ruling {
  id: string;
  act: "match" | "unmatch" | "force";
  scope_key: string;
  body: { key?: string; kind?: string; id?: number; order_no?: string };
  reason: string;
  status: "proposed" | "approved" | "rejected" | "withdrawn";
  proposed_by: string;
  proposed_at: string;
  decided_by: string | null;
  decided_at: string | null;
  own: boolean;
  break_id: string | null;
  cause_title: string;
  currency: string;
  amount_minor: number | null;
  number: string;
}

export interface ReconAsk {
  id: string;
  kind: "scan" | "reconcile";
  scope: "days" | "all" | "new";
  day_from: string | null;
  day_to: string | null;
  status: "waiting" | "running" | "done" | "failed";
  asked_by: string;
  asked_at: string;
  started_at: string | null;
  finished_at: string | null;
  run_id: string | null;
  problem: string | null;
  stage: string;
}

export interface ReconChoices {
  channels: string[];
  providers: string[];
  currencies: string[];
  owners: string[];
}

export interface SheetTaken {
  name: string;
  rows: number;
  applied: boolean;
  edits: { line: number; key: string; changes: Record<string, [string, string]> }[];
  edit_count: number;
  refused: { line: number; field: string; reason: string }[];
  refused_count: number;
  changed: number;
}

export interface MatchingBody {
  passes: string[];
  cent_tolerance_minor: number;
  cent_daily_cap_minor: number;
  payout_grace_days: number;
  statement_grace_days: number;
  voucher_grace_days: number;
  most_parts: number;
  escrow_providers: string[];
}

export interface RateRow {
  what: string;
  provider: string;
  category: string;
  day_from: string | null;
  day_to: string | null;
  ppm: number;
  rounding: string;
  least_minor: number;
}

export interface RatesBody {
  rules: RateRow[];
  learn: boolean;
  agreeing_percent: number;
  least_rows: number;
}

export interface FxRow {
  source_currency: string;
  target_currency: string;
  day: string | null;
  rate: string;
  told_by: string;
}

export interface FxBody {
  rates: FxRow[];
  tolerance_ppm: number;
}
