import { fireEvent, render, screen } from "@testing-library/react";
import { App } from "antd";
import { describe, expect, it } from "vitest";
import type { TimelineItem } from "../../api/types";
import { Timeline } from "./Timeline";

function item(part: Partial<TimelineItem>): TimelineItem {
  return {
    key: "k",
    subject_kind: "shipment",
    subject_label: "SF1",
    kind: "event",
    occurred_at: "2026-11-22T01:00:00Z",
    heard_at: "2026-11-22T01:01:00Z",
    source: "sf",
    source_title: "顺丰",
    code: "50",
    text: "已揽收",
    claimed: "picked_up",
    claimed_title: "已揽收",
    effect: "advanced",
    effect_title: "",
    reason: "顺序推进",
    message_id: null,
    item: 0,
    location: null,
    ...part,
  };
}

const late = item({ key: "late", heard_at: "2026-11-22T22:00:00Z" });
const later = item({
  key: "later",
  occurred_at: "2026-11-22T03:00:00Z",
  heard_at: "2026-11-22T03:00:05Z",
  effect: "held",
});

describe("the timeline of two clocks", () => {
  it("shows both clocks in Shanghai's time, the lateness in words, and what came in late", () => {
    render(<Timeline items={[late, later]} />, { wrapper: App });
    const [first, second] = screen.getAllByTestId("timeline-item");
    expect(first?.textContent).toContain("11:00:00");
    expect(first?.textContent).toContain("熔断");
    expect(first?.textContent).toContain("及时");
    expect(second?.textContent).toContain("09:00:00");
    expect(second?.textContent).toContain("2026-11-23 06:00:00");
    expect(second?.textContent).toContain("晚 21 小时");
    expect(second?.textContent).toContain("后到");
  });
  it("orders by when we heard when asked to", () => {
    render(<Timeline items={[late, later]} />, { wrapper: App });
    fireEvent.click(screen.getByText("得知", { selector: ".ant-segmented-item-label" }));
    const order = screen.getAllByTestId("timeline-item").map((each) => each.dataset.effect);
    expect(order).toEqual(["advanced", "held"]);
  });
  it("marks what was not known at a moment, and says when a time was not given", () => {
    render(<Timeline items={[late, item({ key: "x", occurred_at: null })]} asOf="2026-11-22T12:00:00Z" />, {
      wrapper: App,
    });
    expect(screen.getAllByText("当时还不知道")).toHaveLength(1);
    expect(screen.getByText("发生时间未说明")).toBeTruthy();
  });
});
