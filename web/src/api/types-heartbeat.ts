/** The HTTP contract: heartbeat, its thresholds, two-way contract, and declared layouts. */

export interface WatchRow {
  id: string;
  track_id: string;
  tracking_no: string;
  carrier: string;
  carrier_title: string;
  source: string | null;
  source_title: string;
  state: string;
  state_title: string;
  rank: number | null;
  order_id: string | null;
  order_no: string | null;
  shop: string | null;
  shipped_at: string | null;
  phase: "new" | "watching" | "stopped";
  stopped_title: string;
  due_at: string | null;
  asked_at: string | null;
  answered_at: string | null;
  news_at: string | null;
  last_event_at: string | null;
  polls: number;
  empties: number;
  errors: number;
  last_error: string | null;
  silent_since: string | null;
  asks_no: string | null;
  case_id: string | null;
}

export interface Pulse {
  at: string;
  outcome: "news" | "empty" | "error" | "answered";
  outcome_title: string;
  events: number | null;
  message_id: string | null;
}

export interface WatchPage extends WatchRow {
  recent: Pulse[];
  alert_after: number;
  interval_minutes: number;
}

export interface AccountRow {
  id: string;
  title: string;
  connector: string;
  parcels: number;
  silent: number;
  failing: number;
  late: number;
  standing: "ok" | "paused" | "failing" | "idle";
  standing_title: string;
  batch: number;
  needed_per_minute: number;
  limit_per_minute: number;
  enough: boolean;
  calls: number;
  asked: number;
  failed: number;
  last_call_at: string | null;
  last_answer_at: string | null;
  last_error: string | null;
  last_error_at: string | null;
  paused_until: string | null;
}

export interface Heartbeat {
  now: string;
  interval_minutes: number;
  empties: number;
  counts: Record<
    | "watching"
    | "new"
    | "due"
    | "late"
    | "silent"
    | "cannot_ask"
    | "failing"
    | "final"
    | "given_up"
    | "forwarded",
    number
  >;
  accounts: AccountRow[];
  unasked: { carrier: string; carrier_title: string; parcels: number }[];
}

export interface BeatValues {
  interval_minutes: number;
  empties: number;
  jitter_percent: number;
  give_up_days: number;
  due_hours: number;
  push_hours: number;
  calls_per_minute: number;
  batch: number;
}

export interface ContractRow {
  id: string;
  act: "track.subscribe" | "shipment.create";
  act_title: string;
  source: string;
  source_title: string;
  state: "asked" | "accepted" | "refused" | "withdrawn";
  state_title: string;
  asked_at: string;
  asked_by: string;
  answered_at: string | null;
  message_id: string | null;
  error: string | null;
  waybill_no: string | null;
  pushed_at: string | null;
  heard_at: string | null;
  finding: string | null;
  finding_title: string;
  finding_words: string;
  finding_since: string | null;
  shipment_id: string | null;
  tracking_no: string | null;
  carrier_title: string;
  order_id: string | null;
  order_no: string | null;
}

export interface OrderContracts {
  contracts: ContractRow[];
  choices: { id: string; title: string }[];
}

export interface LayoutPreview {
  problems: string[];
  paths: { name: string; path: string; hits: number; sample: string; problem: string | null }[];
  events: {
    number: string;
    occurred_at: string | null;
    code: string;
    text: string;
    location: string;
    order_no: string;
    state: string | null;
    state_title: string | null;
  }[];
  total: number;
  unreadable: string[];
  answer: "events" | "nothing" | "error" | "unread";
  said: string;
  unmapped: string[];
}

export interface LayoutExample {
  name: string;
  title: string;
  config: Record<string, unknown>;
  rules: number;
}
