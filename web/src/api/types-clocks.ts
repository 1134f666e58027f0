/** The HTTP contract: stage clocks, promises, freshness of sources, scorecards. */
import type { Money } from "./types";

export type Stage = "ship" | "pickup" | "first_transit" | "stall" | "delivery" | "sign";

export interface OrderClock {
  stage: Stage;
  stage_title: string;
  due_at: string;
  warn_at: string;
  risk: Money | null;
}

export interface ClockForecast {
  likely_at: string | null;
  late_percent: number | null;
  late_seconds: number | null;
  cases: number;
  scope: string;
  scope_title: string;
}

export type ClockOutcome = "running" | "breached" | "lapsed" | "in_time" | "late" | "done" | "unknown" | "void";

export interface ClockItem {
  id: string;
  stage: Stage;
  stage_title: string;
  subject_kind: "order" | "shipment";
  subject_id: string;
  label: string;
  order_id: string | null;
  order_no: string | null;
  channel: string;
  channel_title: string;
  shop: string;
  carrier_title: string;
  destination: string;
  started_at: string;
  due_at: string | null;
  done_at: string | null;
  heard_at: string | null;
  exact: boolean;
  outcome: ClockOutcome;
  outcome_title: string;
  at_risk: boolean;
  risk: Money | null;
  case_open: boolean;
  basis: string;
  forecast: ClockForecast | null;
}

export interface StageCount {
  stage: Stage;
  title: string;
  promise: string;
  running: number;
  at_risk: number;
  breached: number;
  lapsed: number;
  at_risk_money: Money[];
  breached_money: Money[];
  unpriced: number;
}

export interface Board {
  as_of: string;
  waiting: number;
  stages: StageCount[];
}

export interface ExpectedItem {
  id: string;
  stage: Stage;
  stage_title: string;
  scope: string;
  scope_title: string;
  about: string;
  cases: number;
  enough: boolean;
  half_seconds: number;
  most_seconds: number;
  window_from: string;
  window_to: string;
  computed_at: string;
}

export interface Penalty {
  fixed_minor: number;
  share_bp: number;
  least_minor: number;
  most_minor: number | null;
}

export interface PromiseRule {
  stage: Stage;
  hours: number;
  order_type: string;
  regions: string[];
  carrier: string;
  warn_hours: number;
  penalty: Penalty;
  since: string;
  until: string;
  note: string;
}

export interface PromiseValues {
  rules: PromiseRule[];
}

export type Standing = "fresh" | "late" | "silent" | "never" | "unknown" | "off";

export interface Cadence {
  late_minutes: number;
  silent_minutes: number;
}

export interface SourceFreshness {
  id: string;
  title: string;
  kind: string;
  enabled: boolean;
  standing: Standing;
  standing_title: string;
  since: string | null;
  last_good_at: string | null;
  last_way: string;
  last_any_at: string | null;
  by: string;
  late_at: string | null;
  silent_at: string | null;
  rests_on: number;
  week: number[];
  learnt_to: string | null;
  case_open: boolean;
  has_draft: boolean;
  cadence: Cadence | null;
}

export interface FreshnessAnswer {
  as_of: string;
  worst: Standing;
  worst_title: string;
  enough: number;
  items: SourceFreshness[];
}

export interface Share {
  count: number;
  of: number;
  bp: number | null;
}

export interface Span {
  seconds: number | null;
  known: number;
  unknown: number;
}

export interface Card {
  shipments: number;
  delivered: number;
  pickup: Span;
  pickup_in_time: Share;
  delivery: Span;
  total: Span;
  on_time: Share;
  on_time_unknown: number;
  trouble: Share;
  silent: Share;
  lost: Share;
  returned: Share;
}

export interface CardRow {
  a: string;
  b: string;
  title: string;
  card: Card;
}

export interface ScorePage {
  dim: "carrier" | "route" | "shop";
  since: string;
  until: string;
  waiting: number;
  total: Card;
  rows: CardRow[];
}

interface Spread {
  half: number | null;
  most: number | null;
}

export interface CardDetail {
  title: string;
  pickup: Spread;
  delivery: Spread;
  total: Spread;
  days: { day: string; card: Card }[];
}

export interface ScoredShipment {
  id: string;
  tracking_no: string;
  day: string;
  carrier_title: string;
  shop: string;
  route: string;
  state: string;
  state_title: string;
  order_id: string | null;
  order_no: string | null;
  pickup_seconds: number | null;
  delivery_seconds: number | null;
  total_seconds: number | null;
  on_time: string;
  trouble: boolean;
  silent: boolean;
}
