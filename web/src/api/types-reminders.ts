/** The contract of reminders to pay. Amounts are minor units of `currency`; phones come covered. */
import type { CompensationRow } from "./types-compensation";

export type ReminderState = "preparing" | "queued" | "sent" | "unsure" | "failed" | "withdrawn";

export interface ReminderRow {
  id: string;
  order_id: string;
  nth: number;
  order_no: string;
  channel: string;
  shop: string;
  currency: string;
  amount_minor: number;
  state: ReminderState;
  state_title: string;
  why: string;
  phone: string;
  robot: string;
  policy: string;
  asked_by: string;
  asked_at: string;
  checked_at: string | null;
  sent_at: string | null;
  ended_at: string | null;
  paid_at: string | null;
  paid_after: boolean;
  text: string;
}

export interface ReminderPageData {
  item: ReminderRow;
  events: { at: string; author: string; event: string; body: Record<string, unknown> }[];
}

export interface ReminderSum {
  channel: string;
  currency: string;
  messages: number;
  orders: number;
  amount_minor: number;
  paid_orders: number;
  paid_minor: number;
  withdrawn: number;
  failed: number;
}

export interface WouldRemind {
  order_id: string;
  order_no: string;
  channel: string;
  currency: string;
  amount_minor: number | null;
  created_at: string | null;
  phone: string;
  sent: number;
  due: boolean;
  words: string;
}

export interface WhomNowData {
  orders: WouldRemind[];
  more: boolean;
}

export interface ReminderRule {
  mode: "automatic" | "by_hand" | "off";
  after_minutes: number[];
  pay_within_minutes: number;
  gap_minutes: number;
  most: number;
  quiet_start: string;
  quiet_end: string;
  most_per_day: number;
  channels: string[];
  robot: string;
  text: string;
}

export interface BreakRepairs {
  kind: string;
  kind_title: string;
  able: boolean;
  why_not: string;
  items: CompensationRow[];
}
