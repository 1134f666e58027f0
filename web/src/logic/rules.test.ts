import { describe, expect, it } from "vitest";
import type { Rule, SeenCode } from "../api/types";
import { patternFound } from "./pattern";
import {
  assign,
  compareRules,
  coverage,
  overlay,
  ownRules,
  percent,
  plainCode,
  reader,
  rulesByState,
  splitByUse,
  stateOf,
} from "./rules";
import { advance, begin, MOST_STEPS, redo, undo } from "./undo";

const rule = (value: string, state: string, shipped = false, match: Rule["match"] = "code", when = ""): Rule => ({
  match,
  value,
  when,
  state,
  note: "",
  shipped,
});
const seen = (code: string, events: number, text = ""): SeenCode => ({
  code,
  sample_text: text,
  events_72h: events,
  events_total: events,
  last_seen_at: null,
  mapped_to: null,
  waiting: 0,
});

describe("rules", () => {
  it("lay the user's over the shipped ones and give the shipped back when the user's goes", () => {
    const shipped = [rule("签收", "delivered", true)];
    const own = assign([], plainCode("签收"), "ready_for_pickup");
    expect(overlay(shipped, own).map((each) => each.state)).toEqual(["ready_for_pickup"]);
    const without = assign(own, plainCode("签收"), null);
    expect(without).toEqual([]);
    expect(overlay(shipped, without).map((each) => each.state)).toEqual(["delivered"]);
    expect(ownRules(overlay(shipped, own))).toHaveLength(1);
  });
  it("move a code without making a second rule or changing the first document", () => {
    const before = [rule("ZT_05", "in_transit")];
    const after = assign(before, plainCode("ZT_05"), "out_for_delivery");
    expect(after).toHaveLength(1);
    expect(before[0]?.state).toBe("in_transit");
  });
  it("let the exact code decide, and read only a scan without a code by its text", () => {
    const rules = [rule("派件", "out_for_delivery", false, "text"), rule("A", "delivered")];
    expect(stateOf(seen("A", 1, "正在派件"), rules)).toBe("delivered");
    expect(stateOf(seen("B", 1, "正在派件"), rules)).toBeNull();
    expect(stateOf(seen("", 1, "正在派件"), rules)).toBe("out_for_delivery");
    expect(stateOf(seen("", 1, "别的"), rules)).toBeNull();
  });
  it("ask a code's condition before its plain meaning, and keep both rules apart", () => {
    const rules = [rule("80", "delivered"), rule("80", "ready_for_pickup", false, "code", "驿站")];
    expect(stateOf(seen("80", 1, "放入驿站"), rules)).toBe("ready_for_pickup");
    expect(stateOf(seen("80", 1, "本人签收"), rules)).toBe("delivered");
    expect(assign(rules, { match: "code", value: "80", when: "驿站" }, null)).toHaveLength(1);
  });
  it("fold shipped rules that nobody has heard, never the user's", () => {
    const rules = [rule("A", "x", true), rule("B", "x", true), rule("C", "x")];
    const split = splitByUse(rules, new Map([["B", 3]]));
    expect(split.used.map((each) => each.value)).toEqual(["B", "C"]);
    expect(split.idle.map((each) => each.value)).toEqual(["A"]);
  });
});

describe("coverage", () => {
  it("weighs codes by their events", () => {
    const read = reader([], [rule("A", "delivered")]);
    const result = coverage([seen("A", 70), seen("B", 25), seen("", 5)], read);
    expect(result).toEqual({ covered: 70, total: 100, ratio: 0.7, unmapped: 1 });
  });
  it("is unknown, not full, when nothing was heard", () => expect(coverage([], () => null).ratio).toBeNull());
  it("believes the hub where the draft changes nothing", () => {
    const told: SeenCode = { ...seen("", 4), mapped_to: "in_transit" };
    expect(reader([], [])(told)).toBe("in_transit");
    const moved: SeenCode = { ...seen("A", 4), mapped_to: "in_transit" };
    expect(reader([rule("A", "in_transit")], [rule("A", "lost")])(moved)).toBe("lost");
    expect(reader([rule("A", "in_transit")], [])(moved)).toBeNull();
  });
  it("never rounds up to all", () => {
    expect(percent(0.9999)).toBe("99.9 %");
    expect(percent(1)).toBe("100 %");
    expect(percent(0.798)).toBe("79.8 %");
  });
});

describe("difference between two sets of rules", () => {
  it("names added, removed and changed, and nothing else", () => {
    const before = [rule("A", "delivered"), rule("B", "in_transit"), rule("C", "info")];
    const after = [rule("C", "info"), rule("B", "exception"), rule("D", "lost")];
    expect(compareRules(before, after)).toEqual([
      { match: "code", value: "A", when: "", before: "delivered", after: null },
      { match: "code", value: "B", when: "", before: "in_transit", after: "exception" },
      { match: "code", value: "D", when: "", before: null, after: "lost" },
    ]);
    expect(compareRules(before, [...before].reverse())).toEqual([]);
  });
  it("groups by state", () => {
    const grouped = rulesByState([rule("A", "x"), rule("B", "x"), rule("C", "y")]);
    expect(grouped.get("x")?.map((each) => each.value)).toEqual(["A", "B"]);
  });
});

describe("text patterns", () => {
  it("want the words in order, with anything between", () => {
    expect(patternFound("快件*签收", "快件已由本人签收")).toBe(true);
    expect(patternFound("签收 快件", "快件已由本人签收")).toBe(false);
  });
  it("strike out what is excluded before looking", () => {
    expect(patternFound("签收 !准备签收", "请您准备签收")).toBe(false);
    expect(patternFound("签收 !准备签收", "准备签收后又签收")).toBe(true);
  });
  it("find nothing when nothing is looked for", () => expect(patternFound("* !签收", "签收")).toBe(false));
});

describe("undo", () => {
  it("goes back and forth, and a new step forgets what was undone", () => {
    let line = advance(advance(begin(1), 2), 3);
    line = undo(line);
    expect(line.present).toBe(2);
    expect(redo(line).present).toBe(3);
    expect(advance(line, 9).future).toEqual([]);
  });
  it("stands still at both ends and on a change that is none", () => {
    const line = begin("a");
    expect(undo(line)).toBe(line);
    expect(redo(line)).toBe(line);
    expect(advance(line, "a")).toBe(line);
  });
  it("is bounded", () => {
    let line = begin(0);
    for (let step = 1; step <= MOST_STEPS + 20; step += 1) line = advance(line, step);
    expect(line.past).toHaveLength(MOST_STEPS);
  });
});
