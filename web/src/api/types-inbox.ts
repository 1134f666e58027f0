/** The HTTP contract: messages as they came. */
import type { Effect } from "./types-orders";

export interface MessageRow {
  id: string;
  source: string;
  source_title: string;
  connector: string;
  way: "webhook" | "file" | "poll" | "ruling" | "api";
  received_at: string;
  status: "pending" | "judged" | "set_aside";
  repeats: number;
  size: number;
  content_type: string | null;
  summary: string | null;
  error: string | null;
  file: string | null;
  line: number | null;
}

export interface MessageItem {
  item: number;
  subject_kind: string;
  subject_id: string | null;
  subject_label: string;
  code: string | null;
  text: string | null;
  occurred_at: string | null;
  claimed: string | null;
  effect: Effect;
  reason?: string | null;
}

export interface MessageDetail extends MessageRow {
  headers: Record<string, string>;
  body_text: string | null;
  body_truncated: boolean;
  body_base64: string | null;
  sha256: string;
  outcome: Record<string, number> | null;
  items: MessageItem[];
  more_items?: boolean;
  unreadable: { item: number; field: string; expected: string; got: string; code: string }[];
}

export interface RefusedDelivery {
  source: string;
  source_title?: string;
  at: string;
  reason: string;
  ip: string | null;
  count: number;
}
