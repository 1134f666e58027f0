import { describe, expect, it } from "vitest";
import type { TimelineItem } from "../api/types";
import { knownAt, ordered, overtaken } from "./timeline";

function item(key: string, occurred: string | null, heard: string): TimelineItem {
  return {
    key,
    subject_kind: "shipment",
    subject_label: "",
    kind: "event",
    occurred_at: occurred,
    heard_at: heard,
    source: "zto",
    source_title: "",
    code: null,
    text: null,
    claimed: null,
    claimed_title: null,
    effect: "advanced",
    effect_title: "",
    reason: null,
    message_id: null,
    item: null,
    location: null,
  };
}

const pickedUp = item("picked", "2026-11-22T01:00:00Z", "2026-11-22T09:00:00Z");
const inTransit = item("transit", "2026-11-22T03:00:00Z", "2026-11-22T03:01:00Z");
const timeless = item("timeless", null, "2026-11-22T10:00:00Z");

describe("one timeline, two clocks", () => {
  it("orders by either clock, newest first", () => {
    expect(ordered([pickedUp, inTransit], "occurred").map((each) => each.key)).toEqual(["transit", "picked"]);
    expect(ordered([pickedUp, inTransit], "heard").map((each) => each.key)).toEqual(["picked", "transit"]);
  });
  it("names what came in after something later, in any order of input, and never what has no time", () => {
    expect([...overtaken([inTransit, timeless, pickedUp])]).toEqual(["picked"]);
    expect([...overtaken([pickedUp, inTransit, timeless])]).toEqual(["picked"]);
  });
  it("knows at a moment only what had been heard", () => {
    expect(knownAt(pickedUp, "2026-11-22T08:59:59Z")).toBe(false);
    expect(knownAt(pickedUp, "2026-11-22T09:00:00Z")).toBe(true);
    expect(knownAt(pickedUp, null)).toBe(true);
  });
});
