/** The contract of the ledger. Amounts are minor units; `digits` says how many decimals the currency has. */

export interface LedgerEntry {
  line: number;
  account: string;
  account_title: string;
  debit_minor: number;
  credit_minor: number;
}

export interface Voucher {
  id: string;
  voucher_no: string;
  period: string;
  booked_on: string;
  occurred_at: string | null;
  event: string;
  event_title: string;
  document_kind: string;
  document_key: string;
  order_no: string;
  payment_no: string;
  currency: string;
  digits: number;
  total_minor: number;
  memo: string;
  message_id: string | null;
  rule_version: string;
  posted_by: string;
  posted_at: string;
  reverses_no: string | null;
  reversed_by: string | null;
  entries: LedgerEntry[];
}

export interface BalanceRow {
  account: string;
  title: string;
  kind: string;
  currency: string;
  digits: number;
  opening_minor: number;
  debit_minor: number;
  credit_minor: number;
  closing_minor: number;
}

export interface TrialBalance {
  period: string;
  status: "open" | "closed";
  balanced: boolean;
  rows: BalanceRow[];
}

export interface Period {
  name: string;
  status: "open" | "closed";
  vouchers: number;
  changed_at: string;
  wish: "close" | "reopen" | null;
  asked_by: string | null;
  asked_by_me: boolean;
  reason: string | null;
  asked_at: string | null;
}

export interface PeriodChange {
  action: "close" | "reopen";
  asked_by: string;
  approved_by: string;
  reason: string;
  at: string;
}

export interface Unposted {
  total: number;
  items: { document_kind: string; document_key: string; slot: string; problem: string; changed_at: string }[];
}

export interface Account {
  code: string;
  title: string;
  kind: string;
}

export interface Chart {
  accounts: Account[];
  clearing: Record<string, string>;
}

export interface PostingRule {
  entries: { account: string; side: "debit" | "credit"; amount: string }[];
  memo: string;
}
