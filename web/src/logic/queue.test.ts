import { describe, expect, it } from "vitest";
import { safeNext } from "../app/SignIn";
import { caseQuery, stepFrom } from "./queue";

describe("walking a queue", () => {
  const ids = ["a", "b", "c"];
  it("steps and stands still at the ends", () => {
    expect(stepFrom(ids, "a", 1)).toBe("b");
    expect(stepFrom(ids, "c", 1)).toBe("c");
    expect(stepFrom(ids, "a", -1)).toBe("a");
  });
  it("starts at the first, also when the case has left the queue", () => {
    expect(stepFrom(ids, null, 1)).toBe("a");
    expect(stepFrom(ids, "gone", 1)).toBe("a");
    expect(stepFrom([], "a", 1)).toBeNull();
  });
});

describe("tabs of the queue", () => {
  it("become the hub's parameters and keep the other filters", () => {
    expect(caseQuery({ kind: "fuse" })).toEqual({ kind: "fuse", status: "open" });
    expect(caseQuery({ tab: "mine", kind: "fuse" })).toEqual({ kind: "fuse", status: "open", owner: "me" });
    expect(caseQuery({ tab: "overdue" })).toEqual({ status: "open", overdue: "true" });
    expect(caseQuery({ tab: "self_closed" })).toEqual({ status: "self_closed" });
  });
});

describe("where sign-in leads", () => {
  it("is only ever an address of our own", () => {
    expect(safeNext("/cases/12?x=1")).toBe("/cases/12?x=1");
    expect(safeNext("//evil.example")).toBe("/workbench");
    expect(safeNext("/\\evil.example")).toBe("/workbench");
    expect(safeNext("https://evil.example")).toBe("/workbench");
    expect(safeNext(null)).toBe("/workbench");
  });
});
