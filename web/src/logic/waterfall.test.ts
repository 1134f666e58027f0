import { describe, expect, it } from "vitest";
import type { WaterfallLine } from "../api/types-recon";
import { axisOf, barsOf, currenciesOf, stepsOf } from "./waterfall";

function line(place: number, cause: string, amount_minor: number, more: Partial<WaterfallLine> = {}): WaterfallLine {
  return { currency: "CNY", place, step: `s${place}`, cause, title: cause, fault: true, amount_minor, count: 1, ...more };
}

const LINES = [
  line(0, "", 1_000_000),
  line(1, "pay_without_order", 6_200),
  line(1, "cash_on_delivery", -1_000, { fault: false }),
  line(2, "", 1_005_200),
];

describe("the waterfall", () => {
  it("goes on where the bar before ended", () => {
    expect(barsOf(LINES).map(({ from, to, kind }) => [from, to, kind])).toEqual([
      [0, 1_000_000, "level"],
      [1_000_000, 1_006_200, "fault"],
      [1_006_200, 1_005_200, "normal"],
      [0, 1_005_200, "level"],
    ]);
  });
  it("says what a step leaves over, to the cent", () => {
    expect(stepsOf(LINES)).toEqual([{ place: 1, title: "s2", left: 0 }]);
    expect(stepsOf([...LINES, line(1, "amount_wrong", 1)])[0]?.left).toBe(-1);
  });
  it("cuts the axis only where the levels would hide everything else", () => {
    expect(axisOf(barsOf(LINES)).cut).toBe(true);
    expect(axisOf(barsOf([line(0, "", 100), line(1, "a", -90), line(2, "", 10)])).cut).toBe(false);
    expect(axisOf(barsOf([line(0, "", 100), line(1, "a", -190), line(2, "", -90)])).min).toBeLessThan(-90);
  });
  it("names the currency of most chains first", () => {
    expect(currenciesOf([line(0, "", 1, { currency: "USD" }), ...LINES])).toEqual(["CNY", "USD"]);
  });
});
