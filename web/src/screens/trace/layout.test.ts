import { describe, expect, it } from "vitest";
import type { ChainDocument, ChainView } from "../../api/types-trace";
import { columnOf, place } from "./layout";

const document = (id: string, kind: string): ChainDocument => ({
  id, kind, kind_title: "", number: "", title: "", state: "", state_title: "", currency: "CNY", amount_minor: null,
  at: null, link: "", message_id: null,
}); // prettier-ignore

const view = (documents: ChainDocument[], gaps: ChainView["gaps"] = []): ChainView => ({
  number: "A1", which: "", choices: [], documents, links: [], gaps, places: [], accounts: [], uncovered: [],
}); // prettier-ignore

describe("placing a chain", () => {
  it("puts each kind in the column of its step, and nothing on top of another", () => {
    const placed = place(view([document("o", "order"), document("p", "payment"), document("r", "refund")]));
    expect(placed.map((each) => each.x)).toEqual([0, placed[1]?.x, placed[1]?.x]);
    expect(new Set(placed.map((each) => `${each.x}/${each.y}`)).size).toBe(3);
  });
  it("puts a gap where the missing document would stand", () => {
    const gap = { name: "voucher|o", code: "voucher", beside: "o", words: "", search: "" };
    const placed = place(view([document("o", "order"), document("v", "voucher")], [gap]));
    expect(placed[2]?.x).toBe(placed[1]?.x);
    expect(placed[2]?.y).toBeGreaterThan(placed[1]?.y ?? 0);
  });
  it("has a column for every kind, also one it does not know", () => {
    expect(["order", "bank", "something"].map(columnOf)).toEqual([0, 4, 5]);
  });
});
