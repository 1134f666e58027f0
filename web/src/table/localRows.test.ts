import { describe, expect, it } from "vitest";
import { containsWords, localPage, sortRows } from "./localRows";
import type { QueryColumn } from "./types";

interface Row {
  name: string;
  count: number | null;
}
const rows: Row[] = [
  { name: "乙10", count: 5 },
  { name: "乙9", count: null },
  { name: "甲", count: 40 },
];
const columns: QueryColumn<Row>[] = [
  { key: "name", title: "", width: 1, render: () => null, text: (row) => row.name },
  { key: "count", title: "", width: 1, render: () => null, text: (row) => row.count },
];

describe("local lists", () => {
  it("sort numbers as numbers, and keep what has no value last both ways", () => {
    expect(sortRows(rows, "count", columns).map((row) => row.count)).toEqual([5, 40, null]);
    expect(sortRows(rows, "-count", columns).map((row) => row.count)).toEqual([40, 5, null]);
  });
  it("sort numbers inside text naturally and leave an unknown order alone", () => {
    const names = sortRows(rows, "name", columns).map((row) => row.name);
    expect(names.indexOf("乙9")).toBeLessThan(names.indexOf("乙10"));
    expect(sortRows(rows, "nothing", columns)).toEqual(rows);
  });
  it("page after filtering and count what the filter found", () => {
    const state = { filters: { q: "乙" }, page: 2, size: 1, sort: "name" };
    const page = localPage(rows, state, columns, (row, filters) => containsWords(filters.q, [row.name]));
    expect(page.total).toBe(2);
    expect(page.items.map((row) => row.name)).toEqual(["乙10"]);
    expect(page.all).toHaveLength(2);
  });
  it("find rows by all words, in any column", () => {
    expect(containsWords("ZTO 05", ["zto", "ZT_05"])).toBe(true);
    expect(containsWords("zto 07", ["zto", "ZT_05"])).toBe(false);
    expect(containsWords(undefined, [null])).toBe(true);
  });
});
