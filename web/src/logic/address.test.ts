import { describe, expect, it } from "vitest";
import { indentJson, readableBody, sizeWords } from "./body";
import { listQuery, readListState, sameFilters, writeListState } from "./listState";

describe("a list's state in the address", () => {
  it("goes there and back", () => {
    const params = new URLSearchParams("tab=held&q=A1+A2&page=3&size=100&sort=-paid_at");
    const state = readListState(params, "-created_at");
    expect(state).toEqual({ filters: { tab: "held", q: "A1 A2" }, page: 3, size: 100, sort: "-paid_at" });
    expect(writeListState(state, "-created_at").toString()).toBe("tab=held&q=A1+A2&sort=-paid_at&size=100&page=3");
  });
  it("falls back to defaults for nonsense and keeps the open row out of the filter", () => {
    const state = readListState(new URLSearchParams("page=-4&size=7&open=12&state="), "-created_at");
    expect(state).toEqual({ filters: {}, page: 1, size: 50, sort: "-created_at" });
    expect(writeListState(state, "-created_at").toString()).toBe("");
    expect(listQuery(state)).toEqual({ page: 1, size: 50, sort: "-created_at" });
  });
  it("compares filters with empty and missing alike", () => {
    expect(sameFilters({ a: "1", b: "" }, { a: "1" })).toBe(true);
    expect(sameFilters({ a: "1" }, { a: "2" })).toBe(false);
  });
});

describe("a raw body made readable", () => {
  it("keeps numbers longer than a float can hold, and repeated keys", () => {
    expect(indentJson('{"id":12345678901234567890,"id":1.0,"a":[],"s":"x,{y"}')).toBe(
      '{\n  "id": 12345678901234567890,\n  "id": 1.0,\n  "a": [],\n  "s": "x,{y"\n}',
    );
  });
  it("leaves broken JSON as it came", () => {
    expect(readableBody('{"a":', "application/json")).toEqual({ text: '{"a":', kind: "text" });
  });
  it("opens a form's fields and the JSON inside", () => {
    const body = `data=${encodeURIComponent('{"a":1}')}&sign=ab%3D`;
    expect(readableBody(body, "application/x-www-form-urlencoded")).toEqual({
      text: 'data =\n{\n  "a": 1\n}\nsign = ab=',
      kind: "form",
    });
  });
  it("does not take a sentence for a form", () => {
    expect(readableBody("hello world", null).kind).toBe("text");
    expect(readableBody("<a/>", null).kind).toBe("xml");
  });
  it("names sizes", () => {
    expect(sizeWords(12)).toBe("12 B");
    expect(sizeWords(2048)).toBe("2.0 KB");
    expect(sizeWords(3 * 1024 * 1024)).toBe("3.0 MB");
  });
});
