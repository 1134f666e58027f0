import { describe, expect, it } from "vitest";
import { inserted, NEW_RULE, sameRule } from "./rules";

describe("a rule's form", () => {
  it("knows a rule that was not changed", () => {
    expect(sameRule(NEW_RULE, structuredClone(NEW_RULE))).toBe(true);
    expect(sameRule(NEW_RULE, { ...NEW_RULE, enabled: false })).toBe(false);
  });

  it("puts a placeholder where the cursor stands", () => {
    expect(inserted("订单 到了", "order_no", 3)).toBe("订单 {order_no}到了");
    expect(inserted("", "link", 0)).toBe("{link}");
  });
});
