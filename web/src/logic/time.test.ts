import { describe, expect, it } from "vitest";
import { lateness } from "./lateness";
import { durationWords, endOfShanghaiDay, formatMinute, formatSecond, fromShanghai, hourOfDay } from "./time";

const UNITS = { day: "天", hour: "小时", minute: "分", second: "秒" };

describe("times are Shanghai's, whatever the browser's zone", () => {
  it("reads an instant across midnight", () => {
    expect(formatMinute("2026-11-21T16:30:05Z")).toBe("2026-11-22 00:30");
    expect(formatSecond("2026-11-21T16:30:05Z")).toBe("2026-11-22 00:30:05");
    expect(hourOfDay("2026-11-22T08:00+08:00")).toBe("08");
  });
  it("says nothing when nothing was said", () => {
    expect(formatMinute(null)).toBe("");
    expect(formatMinute("not a time")).toBe("");
  });
  it("turns a wall clock into an instant and back", () => {
    expect(fromShanghai("2026-11-22 00:30")).toBe("2026-11-21T16:30:00Z");
    expect(fromShanghai("2026-11-22")).toBe("2026-11-21T16:00:00Z");
    expect(endOfShanghaiDay("2026-11-22")).toBe("2026-11-22T15:59:59Z");
  });
  it("names the two largest units", () => {
    expect(durationWords(0, UNITS)).toBe("0 秒");
    expect(durationWords(59, UNITS)).toBe("59 秒");
    expect(durationWords(3 * 86400 + 4 * 3600 + 59, UNITS)).toBe("3 天 4 小时");
    expect(durationWords(3 * 86400 + 59, UNITS)).toBe("3 天");
    expect(durationWords(-125, UNITS)).toBe("2 分 5 秒");
    expect(durationWords(7500, UNITS, 1)).toBe("2 小时");
  });
});

describe("lateness", () => {
  const heard = "2026-11-22T06:00:00Z";
  it("is unknown, not prompt, when the time of happening was not said", () => {
    expect(lateness(null, heard).level).toBe("unknown");
  });
  it("grows from prompt over late to very late", () => {
    expect(lateness("2026-11-22T05:50:00Z", heard).level).toBe("prompt");
    expect(lateness("2026-11-22T05:49:59Z", heard)).toEqual({ level: "late", seconds: 601 });
    expect(lateness("2026-11-21T23:59:59Z", heard).level).toBe("very_late");
  });
  it("calls a happening in our future by its name, small clock differences aside", () => {
    expect(lateness("2026-11-22T06:00:30Z", heard).level).toBe("prompt");
    expect(lateness("2026-11-22T06:02:00Z", heard).level).toBe("ahead");
  });
});
