import { describe, expect, it } from "vitest";
import type { CaseCount } from "../api/types";
import { byArea } from "./benchAreas";

function count(kind: string, open = 1): CaseCount {
  return { kind, title: kind, open, severe: 0, overdue: 0, ours: null, ours_title: null, theirs: null, theirs_title: null, most: 0 };
}

describe("the corners of the workbench", () => {
  it("hold every open case once", () => {
    const kinds = ["shipment.distance", "shipment.promise_pickup", "payment.late_payment", "money.amount_wrong", "source.silent"];
    const areas = byArea([...kinds.map((kind) => count(kind, 3)), count("order.jump", 0)]);
    const held = areas.flatMap((each) => [...each.cases, ...each.breaks].map((one) => one.kind));
    expect(held.sort()).toEqual([...kinds].sort());
    expect(areas.map((each) => [each.area, each.open])).toEqual([
      ["parcels", 3],
      ["promises", 6],
      ["money", 6],
    ]);
  });
  it("leave out what has nothing open", () => {
    expect(byArea([count("refund.over", 2)]).map((each) => each.area)).toEqual(["money"]);
  });
});
