/** The callback audit's part of the HTTP contract (回调核查). */
import type { Page } from "./types";

export type AuditAbout = "tracking" | "orders";

export interface CallbackAudit {
  id: string;
  about: AuditAbout;
  origin: "stored" | "file";
  since: string | null;
  until: string | null;
  source: string;
  file_name: string;
  by_itself: boolean;
  asked_by: string;
  asked_at: string;
  status: "waiting" | "running" | "done" | "failed";
  started_at: string | null;
  finished_at: string | null;
  read: number;
  audited: number;
  unreadable: number;
  pending: number;
  subjects: number;
  found: number;
  kept: number;
  reasons: Record<string, number>;
  problem: string | null;
}

export interface CallbackFinding {
  id: string;
  key: string;
  kind: string;
  kind_title: string;
  severity: "low" | "medium" | "high";
  at: string;
  number: string;
  order_no: string;
  carrier: string;
  carrier_title: string;
  source: string;
  source_title: string;
  codes: string;
  code: string;
  field: string;
  theirs: string;
  ours: string;
  words: string;
  rule: string;
  rule_title: string;
  done: string;
  link: string;
  message_id: string | null;
  where: string;
  shipment_id: string | null;
  order_id: string | null;
  case_id: string | null;
  case_status: string | null;
}

export interface CallbackFindings extends Page<CallbackFinding> {
  audit: CallbackAudit | null;
  kinds: { kind: string; title: string; found: number }[];
}
