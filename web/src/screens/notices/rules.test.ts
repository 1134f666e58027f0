import { describe, expect, it } from "vitest";
import { inserted } from "./rules";

describe("a rule's form", () => {
  it("puts a placeholder where the cursor stands", () => {
    expect(inserted("订单 到了", "order_no", 3)).toBe("订单 {order_no}到了");
    expect(inserted("", "link", 0)).toBe("{link}");
  });
});
