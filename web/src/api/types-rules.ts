/** The HTTP contract: what a user may edit, status mappings and fuse thresholds. */

export interface Rule {
  match: "code" | "text";
  value: string;
  /** Narrows a code rule to texts that match this pattern; empty: always. */
  when: string;
  state: string;
  note: string;
  shipped?: boolean;
}

export interface MappingSummary {
  codes: string;
  title: string;
  published_version: number | null;
  has_draft: boolean;
  coverage_72h: number | null;
  events_72h: number;
  unmapped_codes: number;
}

export interface SeenCode {
  code: string;
  sample_text: string | null;
  events_72h: number;
  events_total: number;
  last_seen_at: string | null;
  mapped_to: string | null;
  waiting: number;
  capped?: boolean;
}

export interface MappingVersion {
  version: number;
  note: string;
  author: string;
  at: string;
  rules_added: number;
  rules_removed: number;
  rules_changed: number;
  rolled_back_to: number | null;
}

export interface MappingDraft {
  rules: Rule[];
  base_version: number | null;
  author: string;
  updated_at: string;
  revision: number;
  problems?: string[];
}

export interface MappingDetail {
  codes: string;
  title: string;
  states: { state: string; title: string; rank: number | null }[];
  published: { version: number; rules: Rule[]; note: string; author: string; at: string | null } | null;
  draft: MappingDraft | null;
  seen: SeenCode[];
  seen_capped?: boolean;
  history: MappingVersion[];
}

export interface DryRun {
  events_read: number;
  events_reread?: number;
  truncated?: boolean;
  shipments_read: number;
  shipments_changed: number;
  cases_would_open: number;
  cases_would_close: number;
  changes: { from: string; from_title: string; to: string; to_title: string; count: number }[];
  samples: {
    shipment_id: string;
    tracking_no: string;
    order_no: string | null;
    from_title: string;
    to_title: string;
    opens_case: boolean;
  }[];
  diff?: { match: string; value: string; when?: string; before: string | null; after: string | null }[];
  revision?: number;
}

export interface FuseValues {
  distance: number;
  age_hours: number;
  settle_seconds: number;
  reuse_hours: number;
  life_days: number;
}

export interface UnmappedCode {
  codes: string;
  codes_title: string;
  code: string;
  sample_text: string | null;
  events: number;
  shipments: number;
  first_seen_at: string | null;
  capped?: boolean;
  last_seen_at: string | null;
}
