/** The HTTP contract between screens and hub, by hand: ids are strings, times ISO-8601 UTC, money minor units. */

import type { Standing } from "./types-clocks";

export interface Money {
  currency: string;
  amount_minor: number;
}

export interface Page<Row> {
  items: Row[];
  total: number;
  page: number;
  size: number;
  tabs?: Record<string, number>;
  /** Counting stopped at a bound: there are more. */
  capped?: boolean;
  capped_tabs?: string[];
}

export interface BulkResult {
  matched: number;
  changed: number;
  failed?: { id: string; reason: string }[];
}

export type Permission =
  | "money.reconcile"
  | "orders.view"
  | "orders.pii"
  | "cases.rule"
  | "cases.assign"
  | "mapping.edit"
  | "mapping.publish"
  | "inbox.view"
  | "inbox.replay"
  | "users.manage"
  | "tokens.manage"
  | "audit.view"
  | "policy.edit"
  | "policy.publish"
  | "sources.manage"
  | "money.view"
  | "money.edit"
  | "money.approve"
  | "notices.manage"
  | "money.import"
  | "exports.create";

export type Locale = "zh-CN" | "en";

export interface Me {
  id: string;
  username: string;
  name: string;
  roles: string[];
  permissions: Permission[];
  locale: Locale;
  shops: string[] | null;
}

/** Open cases of one kind; `most` of them say `theirs` against our `ours`. */
export interface CaseCount {
  kind: string;
  title: string;
  open: number;
  severe: number;
  overdue: number;
  ours: string | null;
  ours_title: string | null;
  theirs: string | null;
  theirs_title: string | null;
  most: number;
}

export interface Workbench {
  cases: CaseCount[];
  counts: {
    orders: number;
    shipments: number;
    shipments_open: number;
    cases_open: number;
    held: number;
    unmapped_codes: number;
    compensations_waiting: number;
    messages_pending: number;
    messages_set_aside: number;
  };
  today: { timezone: string; hours: FlowHour[] };
  shipments_by_state: StateCount[];
  sources: SourceHealth[];
  recent: RecentChange[];
}

export interface FlowHour {
  hour: string;
  received: number;
  judged: number;
  set_aside: number;
}

export interface StateCount {
  state: string;
  title: string;
  rank: number | null;
  count: number;
}

export interface SourceHealth {
  id: string;
  title: string;
  kind: string;
  last_received_at: string | null;
  received_24h: number;
  refused_24h: number;
  repeats_24h: number;
  standing: Standing;
  standing_title: string;
  last_good_at: string | null;
}

export interface RecentChange {
  at: string;
  subject_kind: string;
  subject_id: string;
  label: string;
  from: string | null;
  to: string | null;
  source: string;
}

export interface User {
  id: string;
  username: string;
  name: string;
  roles: string[];
  shops?: string[] | null;
  active: boolean;
  last_seen_at: string | null;
  created_at: string;
}

export interface Role {
  role: string;
  title: string;
  permissions: { permission: string; title: string }[];
}

export interface Token {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
}

export interface AccessRow {
  at: string;
  user: string;
  ip: string | null;
  action: string;
  target: string | null;
}

export interface Source {
  id: string;
  connector: string;
  title: string;
  kind: string;
  enabled: boolean;
  hook_path: string;
  last_received_at: string | null;
  received_24h: number;
  refused_24h: number;
  repeats_24h: number;
  config: Record<string, unknown>;
  secret_names?: string[];
}

export interface SavedView {
  id: string;
  name: string;
  screen: string;
  query: string;
  shared: boolean;
}

export interface Choice {
  value: string;
  title: string;
}

export interface Facets {
  channels: Choice[];
  shops: Choice[];
  carriers: Choice[];
  order_states: Choice[];
  shipment_states: (Choice & { rank: number | null })[];
  case_kinds: Choice[];
  sources: Choice[];
}

export * from "./types-clocks";
export * from "./types-inbox";
export * from "./types-orders";
export * from "./types-rules";
