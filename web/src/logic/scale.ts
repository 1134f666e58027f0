/** The canonical tracking scale (物流状态标尺) as the screens draw it: ten nodes, and states beside it. Pure. */

export const MAIN_LINE = [
  "created",
  "await_pickup",
  "pickup_assigned",
  "pickup_in_progress",
  "handed_over",
  "picked_up",
  "in_transit",
  "arrived_dest",
  "out_for_delivery",
  "delivered",
] as const;

export const LAST_RANK = MAIN_LINE.length - 1;

const RANK: Record<string, number> = {
  ...Object.fromEntries(MAIN_LINE.map((state, rank) => [state, rank])),
  customs: 6,
  customs_held: 6,
  ready_for_pickup: 8,
};

export function rankOf(state: string | null | undefined): number | null {
  return state ? (RANK[state] ?? null) : null;
}

/** How a state feels: bad news, the end, on the way, no statement, or turned round. */
export type Tone = "bad" | "done" | "going" | "mute" | "back" | "wait";

const TONES: Record<string, Tone> = {
  customs_held: "bad",
  delivery_failed: "bad",
  exception: "bad",
  lost: "bad",
  rejected: "back",
  returning: "back",
  returned: "back",
  forwarded: "back",
  delivered: "done",
  cancelled: "mute",
  expired: "mute",
  info: "mute",
  unknown: "mute",
  created: "wait",
  await_pickup: "wait",
  pickup_assigned: "wait",
  await_payment: "wait",
  part_paid: "wait",
  paid_hold: "wait",
  await_shipment: "wait",
  preparing: "wait",
  received: "done",
  finished: "done",
  closed_unpaid: "mute",
  closed_refunded: "back",
  order_unknown: "mute",
};

export function toneOf(state: string | null | undefined): Tone {
  return state ? (TONES[state] ?? "going") : "mute";
}
