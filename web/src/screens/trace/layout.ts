/** Where each document of a chain stands on the board: a column a step of the road, gaps below what they belong to. Pure. */
import type { ChainDocument, ChainGap, ChainView } from "../../api/types-trace";

export const COLUMNS = [
  ["order"],
  ["payment", "refund"],
  ["statement", "parcel"],
  ["payout", "voucher", "invoice"],
  ["bank", "ledger"],
  ["evidence"],
] as const;

export const WIDTH = 208;
export const HEIGHT = 84;
const GAP_X = 64;
const GAP_Y = 18;

export interface Placed {
  id: string;
  x: number;
  y: number;
  document?: ChainDocument;
  gap?: ChainGap;
}

/** The column in which the document missing at this gap would stand. */
const COLUMN_OF_GAP: Record<string, number> = {
  order: 0,
  payment: 1,
  refund: 1,
  statement: 2,
  parcel: 2,
  track: 3,
  voucher: 3,
  refund_voucher: 3,
  invoice: 3,
  bank: 4,
  ledger: 4,
};

export function columnOf(kind: string): number {
  const at = COLUMNS.findIndex((kinds) => (kinds as readonly string[]).includes(kind));
  return at < 0 ? COLUMNS.length - 1 : at;
}

/** An order's part of a pay-out stands before the pay-out that it went into. */
const columnOfDocument = (document: ChainDocument): number =>
  columnOf(document.state === "part" ? "statement" : document.kind);

const columnOfGap = (gap: ChainGap): number => COLUMN_OF_GAP[gap.code] ?? 0;

/** Steps of the road at which nothing stands take no room. */
export function place(view: ChainView): Placed[] {
  const used = new Set([...view.documents.map(columnOfDocument), ...view.gaps.map(columnOfGap)]);
  const places = [...used].sort((a, b) => a - b);
  const filled = COLUMNS.map(() => 0);
  const put = (column: number, id: string, rest: Partial<Placed>): Placed => {
    const row = filled[column] ?? 0;
    filled[column] = row + 1;
    return { id, x: places.indexOf(column) * (WIDTH + GAP_X), y: row * (HEIGHT + GAP_Y), ...rest };
  };
  const documents = view.documents.map((document) => put(columnOfDocument(document), document.id, { document }));
  const gaps = view.gaps.map((gap, n) => put(columnOfGap(gap), `gap:${n}`, { gap }));
  return [...documents, ...gaps];
}

const LEAST_HEIGHT = 220;
const MOST_HEIGHT = 560;
const MARGIN = 110;

/** How high the board has to be for what stands on it. */
export function heightOf(placed: Placed[]): number {
  const bottom = Math.max(0, ...placed.map((each) => each.y + HEIGHT));
  return Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, bottom + MARGIN));
}

/** The two ends of a line, the left one first: a line never runs back under the cards. */
export function ends(placed: Placed[], start: string, end: string): { source: string; target: string } {
  const at = (id: string) => placed.find((each) => each.id === id)?.x ?? 0;
  return at(start) <= at(end) ? { source: start, target: end } : { source: end, target: start };
}
