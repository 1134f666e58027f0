import { describe, expect, it } from "vitest";
import { configOf, fieldsOf, withoutLayout } from "./layout";

const CONFIG = {
  layout: { carrier: "ups", codes: "ups", number: "", time: ["date", "time"], location: ["city", "country"] },
  query_url: "https://carrier.example/{number}",
  error: "errors[*].message",
  nothing: { path: "warnings[*].code", values: ["TW0001", "TW0002"] },
  subscribe: true,
};

describe("a declared layout as fields", () => {
  it("goes there and back unchanged", () => {
    expect({ ...withoutLayout(CONFIG), ...configOf(fieldsOf(CONFIG)) }).toEqual(CONFIG);
  });

  it("keeps one path as text and several as a list", () => {
    const fields = { ...fieldsOf({}), paths: { time: "at", location: " a  b ", number: "" } };
    expect(configOf(fields).layout).toEqual({ time: "at", location: ["a", "b"], number: "" });
  });

  it("leaves out what was not said, and half a declaration of nothing", () => {
    expect(configOf({ ...fieldsOf({}), nothing: "path only" })).toEqual({ layout: {} });
    expect(configOf(undefined)).toEqual({});
  });
});
