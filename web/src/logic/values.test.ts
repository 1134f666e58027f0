import { describe, expect, it } from "vitest";
import { csvCell, toCsv } from "./csv";
import { formatMoney } from "./money";
import { joinNumbers, splitNumbers } from "./numbers";
import { MAIN_LINE, rankOf, toneOf } from "./scale";
import { bulkBody, countOf } from "./selection";

describe("money", () => {
  it("shows two decimals and never a float's rounding", () => {
    expect(formatMoney({ currency: "CNY", amount_minor: 123450 })).toBe("¥1,234.50");
    expect(formatMoney({ currency: "CNY", amount_minor: 5 })).toBe("¥0.05");
    expect(formatMoney({ currency: "CNY", amount_minor: -100000001 })).toBe("-¥1,000,000.01");
    expect(formatMoney({ currency: "JPY", amount_minor: 1200 })).toBe("JP¥1,200");
    expect(formatMoney({ currency: "AUD", amount_minor: 100 })).toBe("AUD 1.00");
  });
  it("says nothing when nothing was said", () => expect(formatMoney(null)).toBe(""));
});

describe("numbers pasted from anywhere", () => {
  it("splits on every separator people use, and keeps each once", () => {
    expect(splitNumbers("A1\nA2，A3, A4;A5；A6、A1\t A7")).toEqual(["A1", "A2", "A3", "A4", "A5", "A6", "A7"]);
  });
  it("drops a spreadsheet's quotes and invisible signs", () => {
    expect(splitNumbers('`75300001 \'75300002 "75300003" \ufeff75300004')).toEqual([
      "75300001",
      "75300002",
      "75300003",
      "75300004",
    ]);
  });
  it("is empty for nothing and survives its own address form", () => {
    expect(splitNumbers(" \n ")).toEqual([]);
    expect(splitNumbers(joinNumbers(["a", "b"]))).toEqual(["a", "b"]);
  });
});

describe("csv", () => {
  it("quotes separators, and disarms formulas but not negative numbers", () => {
    expect(csvCell('a"b,c')).toBe('"a""b,c"');
    expect(csvCell("=HYPERLINK(1)")).toBe("'=HYPERLINK(1)");
    expect(csvCell(-5)).toBe("-5");
    expect(csvCell(null)).toBe("");
    expect(toCsv(["a"], [["b"]])).toBe("\ufeffa\r\nb\r\n");
  });
});

describe("bulk selection", () => {
  it("sends ids or the filter, always with the count the person saw", () => {
    expect(bulkBody({ mode: "ids", ids: ["1", "2"] })).toEqual({ ids: ["1", "2"], expected: 2 });
    const all = { mode: "filter", filter: { tab: "held" }, expected: 127 } as const;
    expect(bulkBody(all)).toEqual({ filter: { tab: "held" }, expected: 127 });
    expect(countOf(all)).toBe(127);
  });
});

describe("scale", () => {
  it("has ten nodes, with states standing at some of them and others off the line", () => {
    expect(MAIN_LINE).toHaveLength(10);
    expect(rankOf("handed_over")).toBe(4);
    expect(rankOf("ready_for_pickup")).toBe(8);
    expect(rankOf("lost")).toBeNull();
    expect(rankOf(null)).toBeNull();
    expect(toneOf("lost")).toBe("bad");
    expect(toneOf(null)).toBe("mute");
  });
});
