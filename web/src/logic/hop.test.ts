import { describe, expect, it } from "vitest";
import { cornerIn, hop } from "./hop";

const slot = (id: string, column: number, row: number) => ({
  id,
  left: column * 300,
  top: row * 50,
  width: 280,
  height: 44,
});
const slots = [slot("a0", 1, 0), slot("a1", 1, 1), slot("a2", 1, 2), slot("b0", 2, 0), slot("b1", 2, 1)];
const chip = { left: 10, top: 55, width: 60, height: 24 };

describe("moving a code by arrow keys", () => {
  it("goes from the list to the slot beside it", () => {
    expect(hop(chip, slots, "ArrowRight")?.id).toBe("a1");
  });
  it("goes up and down within its column", () => {
    expect(hop(slot("", 1, 1), slots, "ArrowDown")?.id).toBe("a2");
    expect(hop(slot("", 1, 1), slots, "ArrowUp")?.id).toBe("a0");
  });
  it("changes the column and stands still at the edge", () => {
    expect(hop(slot("", 1, 1), slots, "ArrowRight")?.id).toBe("b1");
    expect(hop(slot("", 2, 0), slots, "ArrowUp")).toBeNull();
    expect(hop(chip, [], "ArrowDown")).toBeNull();
  });
  it("lands in the middle", () => {
    expect(cornerIn(slot("a0", 1, 0), { width: 80, height: 24 })).toEqual({ x: 400, y: 10 });
  });
});
