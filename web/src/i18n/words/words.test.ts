import { describe, expect, it } from "vitest";
import { fill, translator } from "..";
import { WORDS, type Word } from ".";
import { actions } from "./actions";
import { app } from "./app";
import { flow } from "./flow";
import { shared } from "./shared";
import { statements } from "./statements";
import { states } from "./states";
import { work } from "./work";

const entries = Object.entries(WORDS) as [Word, readonly [string, string]][];
const column = (at: 0 | 1) => Object.fromEntries(entries.map(([key, both]) => [key, both[at]]));
const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

describe("the two dictionaries", () => {
  it("have the same keys, none of them empty", () => {
    expect(Object.keys(column(0))).toEqual(Object.keys(column(1)));
    expect(entries.filter(([, [zh, en]]) => !zh.trim() || !en.trim())).toEqual([]);
  });
  it("use the same places in both languages", () => {
    const uneven = entries.filter(([, [zh, en]]) => places(zh).some((place) => !places(en).includes(place)));
    expect(uneven.map(([key]) => key)).toEqual([]);
  });
  it("define every key once", () => {
    const parts = [actions, app, shared, states, flow, work, statements].map((part) => Object.keys(part).length);
    expect(parts.reduce((all, each) => all + each, 0)).toBe(entries.length);
  });
  it("speak Chinese in Chinese and no Chinese in English", () => {
    expect(entries.filter(([, [, en]]) => /[\u4e00-\u9fff]/.test(en)).map(([key]) => key)).toEqual([]);
  });
});

describe("translating", () => {
  it("fills the places and leaves unknown ones visible", () => {
    expect(translator("zh-CN")("list.total", { n: 3 })).toBe("共 3 条");
    expect(translator("en")("list.total", { n: 3 })).toBe("3 in all");
    expect(fill("{a} {b}", { a: 1 })).toBe("1 {b}");
  });
});
