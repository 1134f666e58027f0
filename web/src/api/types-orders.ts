/** The HTTP contract: orders, shipments, evidence and cases. */
import type { Money } from "./types";
import type { OrderClock } from "./types-clocks";

export interface ShipmentBrief {
  id: string;
  tracking_no: string;
  carrier: string;
  carrier_title: string;
  state: string;
  state_title: string;
  rank: number | null;
  held: boolean;
  silent?: boolean;
  last_event_at: string | null;
}

export interface OrderRow {
  id: string;
  channel: string;
  channel_title: string;
  shop: string;
  order_no: string;
  state: string;
  state_title: string;
  status_code: string | null;
  paid: Money | null;
  receiver_region: string | null;
  receiver_name: string | null;
  line_count: number;
  first_title: string | null;
  created_at: string | null;
  paid_at: string | null;
  shipped_at: string | null;
  promised_ship_at: string | null;
  shipments: ShipmentBrief[];
  open_cases: number;
  order_type: string;
  updated_at: string | null;
  clock: OrderClock | null;
}

export interface OrderLine {
  line_no: string;
  sku_id: string | null;
  item_id: string | null;
  outer_sku_id: string | null;
  title: string | null;
  spec: string | null;
  quantity: number | null;
  price: Money | null;
  paid: Money | null;
  status_code: string | null;
  refund_code: string | null;
}

export interface OrderFull extends OrderRow {
  total: Money | null;
  post: Money | null;
  discount: Money | null;
  refunded: Money | null;
  payment_no: string | null;
  receiver_phone: string | null;
  receiver_address: string | null;
  remark: string | null;
  finished_at: string | null;
  lines: OrderLine[];
}

export interface ShipmentDetail {
  id: string;
  tracking_no: string;
  carrier: string;
  carrier_title: string;
  state: string;
  state_title: string;
  rank: number | null;
  held: boolean;
  hold_reason: string | null;
  order_id: string | null;
  order_no: string | null;
  version: number;
  due_at: string | null;
  path: PathStep[];
  links: { relation: "forwarded_to" | "forwarded_from"; tracking_no: string; shipment_id: string | null }[];
}

export interface PathStep {
  from: string | null;
  to: string;
  occurred_at: string | null;
  source: string;
}

export interface ShipmentRow extends ShipmentBrief {
  hold_reason: string | null;
  order_id: string | null;
  order_no: string | null;
  event_count: number;
}

export type Effect = "advanced" | "confirmed" | "ignored" | "held" | "unmapped" | "silent" | "excluded";

export interface TimelineItem {
  key: string;
  subject_kind: "order" | "shipment";
  subject_label: string;
  kind: "event" | "ruling" | "manual";
  occurred_at: string | null;
  heard_at: string;
  source: string;
  source_title: string;
  code: string | null;
  text: string | null;
  claimed: string | null;
  claimed_title: string | null;
  effect: Effect;
  effect_title: string;
  reason: string | null;
  message_id: string | null;
  item: number | null;
  location: string | null;
}

export interface AuditRow {
  id: string;
  seq: number;
  subject_kind: string;
  subject_id?: string;
  subject_label: string;
  order_no: string | null;
  from: string | null;
  from_title: string | null;
  to: string;
  to_title: string;
  source: string;
  source_title: string;
  operator: string | null;
  ip: string | null;
  occurred_at: string | null;
  recorded_at: string;
  reason: string | null;
  message_id: string | null;
  reverses_seq: number | null;
  reversed: boolean;
  hash: string;
  policy_version: string | number | null;
}

export interface OrderDetail {
  order: OrderFull;
  shipments: ShipmentDetail[];
  timeline: TimelineItem[];
  audit: AuditRow[];
  cases: CaseRow[];
}

export interface ShipmentPage {
  shipment: ShipmentDetail;
  timeline: TimelineItem[];
  audit: AuditRow[];
  cases: CaseRow[];
}

export interface AsOf {
  state: string;
  state_title: string;
  shipments: { tracking_no: string; state: string; state_title: string }[];
}

export type Severity = "low" | "medium" | "high";
export type Decision = "accept_theirs" | "keep_ours" | "ask_again" | "settled";

export interface CaseRow {
  id: string;
  kind: string;
  kind_title: string;
  severity: Severity;
  status: string;
  title: string;
  subject_kind: string;
  subject_id: string;
  subject_label: string;
  order_id: string | null;
  order_no: string | null;
  owner: { id: string; name: string } | null;
  due_at: string | null;
  opened_at: string;
  closed_at: string | null;
  resolution: string | null;
  resolution_title: string | null;
  ours: string | null;
  ours_title: string | null;
  theirs: string | null;
  theirs_title: string | null;
  distance: number | null;
  reason: string | null;
}

export interface CaseDetail extends CaseRow {
  evidence: { ours: TimelineItem[]; theirs: TimelineItem[] };
  explanation: string;
  policy: { version: string | number | null; distance: number | null; age_hours: number | null } | null;
  comments: { id: string; at: string; author: string; text: string }[];
  log: { at: string; who: string; what: string }[];
  decisions: Decision[];
  raw_message_id: string | null;
}
