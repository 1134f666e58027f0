import { describe, expect, it } from "vitest";
import { minutesOf } from "./minutes";

describe("minutes typed into the rule", () => {
  it("are put in order, each once", () => expect(minutesOf(["720", 30, "30", 1440])).toEqual([30, 720, 1440]));
  it("leave out what is no whole minute", () => expect(minutesOf(["", "x", "1.5", "-3", 0])).toEqual([]));
});
