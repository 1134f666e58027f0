import { describe, expect, it } from "vitest";
import { fromPairs, toPairs } from "./pairs";

describe("settings as pairs", () => {
  it("survive the way there and back", () => {
    const config = { shop: "旗舰店", zone: "Asia/Shanghai", limit: 12, live: true, layout: { a: ["b"] } };
    expect(fromPairs(toPairs(config), true)).toEqual(config);
  });
  it("keep secrets and long numbers as text, and drop rows without a name", () => {
    expect(fromPairs([{ name: "key", value: "12345" }], false)).toEqual({ key: "12345" });
    expect(
      fromPairs(
        [
          { name: "account", value: "12345678901234567890" },
          { name: " ", value: "x" },
        ],
        true,
      ),
    ).toEqual({
      account: "12345678901234567890",
    });
    expect(fromPairs([{ name: "odd", value: "{not json}" }], true)).toEqual({ odd: "{not json}" });
  });
});
