/** Payments and refunds as the hub tells them. */
import type { AuditRow, CaseRow, Money, TimelineItem } from "./types";

export interface PaymentRow {
  id: string;
  provider: string;
  provider_title: string;
  payment_no: string;
  out_trade_no: string;
  order_no: string;
  order_id: string | null;
  state: string;
  state_title: string;
  held: boolean;
  hold_reason: string | null;
  binding: "pending" | "bound" | "refused";
  binding_title: string;
  cause: string | null;
  cause_title: string | null;
  amount: Money | null;
  buyer_paid: Money | null;
  fee: Money | null;
  refunded: Money | null;
  method: string;
  paid_at: string | null;
  changed_at: string;
  ask_due_at: string | null;
  asked: number;
}

export interface RefundRow {
  id: string;
  provider: string;
  provider_title: string;
  refund_no: string;
  out_refund_no: string;
  payment_no: string;
  payment_id: string | null;
  order_no: string;
  order_id: string | null;
  state: string;
  state_title: string;
  held: boolean;
  hold_reason: string | null;
  amount: Money | null;
  refunded_at: string | null;
  changed_at: string;
  ask_due_at: string | null;
  asked: number;
}

export interface PayOrderRow {
  id: string;
  source_title: string;
  reason: "link" | "search";
  way: string;
  status: string;
  status_title: string;
  url: string;
  error: string;
  amount: Money | null;
  made_by: string;
  created_at: string;
  expires_at: string | null;
}

interface Told {
  timeline: TimelineItem[];
  audit: AuditRow[];
  cases: CaseRow[];
}

export interface PaymentPageData extends Told {
  payment: PaymentRow;
  refunds: RefundRow[];
  others: PaymentRow[];
}

export interface RefundPageData extends Told {
  refund: RefundRow;
}

export interface OrderMoney {
  due: Money | null;
  paid: Money;
  refunded: Money;
  awaiting: boolean;
  payments: PaymentRow[];
  refunds: RefundRow[];
  links: PayOrderRow[];
}
