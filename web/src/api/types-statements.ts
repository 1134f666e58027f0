/** The HTTP contract of statements (账单): files, lines, uploads, layouts. */
import type { Choice, Money } from "./types";

export interface StatementFileRow {
  id: string;
  name: string;
  source: string;
  source_title: string;
  layout: string;
  layout_title: string;
  provider: string;
  provider_title: string;
  account: string;
  period_from: string | null;
  period_to: string | null;
  complete: boolean;
  finished: boolean;
  read: number;
  stored: number;
  duplicate: number;
  set_aside: number;
  problem_count: number;
  moved: { currency: string; money_in: Money; money_out: Money }[];
  imported_by: string;
  imported_at: string;
}

export interface FileProblem {
  kind: "figure" | "row";
  line: number;
  field: string;
  expected: string;
  got: string;
  code: string;
  message_id: string | null;
}

export interface Figure {
  name: string;
  told: string | null;
  rows: string | null;
  agrees: boolean | null;
}

export interface StatementFileDetail extends StatementFileRow {
  digest: string;
  figures: Figure[];
  problems: FileProblem[];
  notes: string[];
}

export interface StatementLineRow {
  id: string;
  source: string;
  message_id: string;
  file_id: string | null;
  file: string | null;
  provider: string;
  provider_title: string;
  account: string;
  ledger: string;
  ledger_title: string;
  kind: string;
  kind_title: string;
  occurred_at: string | null;
  booked_on: string | null;
  line_no: string;
  payment_no: string;
  out_trade_no: string;
  order_no: string;
  refund_no: string;
  batch_no: string;
  net: Money;
  gross: Money | null;
  fee: Money | null;
  balance: Money | null;
  counterparty: string;
  summary: string;
}

export interface StatementLineDetail extends StatementLineRow {
  components: { name: string; amount: Money }[];
  foreign: Money | null;
  rate: string | null;
  origin: string;
  sha256: string;
  cells: { column: string; text: string }[];
  recorded_at: string;
}

export interface StatementFacets {
  sources: Choice[];
  providers: Choice[];
  layouts: Choice[];
  ledgers: Choice[];
  kinds: Choice[];
  currencies: string[];
}

export type UploadState = "held" | "waiting" | "running" | "done" | "refused" | "failed";

export interface RowProblem {
  file: string;
  line: number;
  field: string;
  expected: string;
  got: string;
  code: string;
}

export interface UploadReport {
  read?: number;
  stored?: number;
  duplicate?: number;
  set_aside?: number;
  problems?: RowProblem[];
  checks?: RowProblem[];
  notes?: string[];
  refused?: { code: string; message: string } | null;
}

export interface Upload {
  id: string;
  name: string;
  size: number;
  source: string;
  layout: string;
  state: UploadState;
  rows_read: number;
  report: UploadReport;
  person: string;
  uploaded_at: string;
  changed_at: string;
  has_bytes: boolean;
}

export interface Preview {
  part: string;
  form: string;
  rows: { line: number; cells: string[] }[];
  header_line: number;
  columns: string[];
  layout: string;
  refusal: string;
  near: string;
}

export interface TriedLine {
  line: number;
  said: Record<string, string | number> | null;
  field: string;
  expected: string;
  got: string;
}

export interface Tried {
  lines: TriedLine[];
  rows: number;
  broken: number;
  more: boolean;
  money_in: number;
  money_out: number;
  currency: string;
  problem: string;
}

/** What the list of layouts shows of a body. */
export interface LayoutBody {
  title: string;
  provider: string;
  ledger: string;
}
