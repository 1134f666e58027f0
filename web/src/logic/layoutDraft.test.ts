import { describe, expect, it } from "vitest";
import { EMPTY, guess, layoutBody, missingIn } from "./layoutDraft";

describe("guessing what columns are", () => {
  it("knows a bank's columns", () => {
    expect(guess(["交易日期", "收入金额", "支出金额", "账户余额", "对方户名", "摘要", "备注", "网点"])).toEqual({
      交易日期: "occurred_at",
      收入金额: "income",
      支出金额: "expense",
      账户余额: "balance",
      对方户名: "counterparty",
      摘要: "summary",
      备注: "summary",
    });
  });
  it("puts a day and its hour together, and leaves a whole time alone", () => {
    const both = { 交易日期: "occurred_at", 交易时间: "occurred_at", 金额: "net" };
    expect(guess(["交易日期", "交易时间", "金额"], ["20260201", "101112", "1.00"])).toEqual(both);
    expect(guess(["交易日期", "交易时间", "金额"], ["20260201", "2026-02-01 10:11:12", "1"]).交易日期).toBe("booked_on");
  });
  it("takes an amount with a direction for what it is", () => {
    expect(guess(["交易时间", "收/支", "金额"])).toEqual({ 交易时间: "occurred_at", "收/支": "direction", 金额: "amount" });
  });
});

describe("a draft", () => {
  it("says what is missing", () => {
    expect(missingIn(EMPTY)).toEqual(["time", "amount", "name"]);
    const draft = { ...EMPTY, name: "my_bank", columns: { 日: "booked_on", 额: "amount" } as const };
    expect(missingIn(draft)).toEqual(["amount"]);
    expect(missingIn({ ...draft, columns: { ...draft.columns, 向: "direction" } as const })).toEqual([]);
  });
  it("becomes the declaration that the hub reads", () => {
    const body = layoutBody({
      ...EMPTY,
      name: "my_bank",
      title: "我的银行",
      unit: "minor",
      inWords: "进，来",
      outWords: "出",
      skip: "合计 #",
      columns: { 日期: "occurred_at", 时刻: "occurred_at", 额: "amount", 向: "direction", 流水: "line_no" },
    });
    expect(body.needs).toEqual(["日期", "时刻", "额", "向", "流水"]);
    expect(body.skip_prefixes).toEqual(["合计", "#"]);
    expect(body.fields).toEqual({
      occurred_at: { join: ["日期", "时刻"] },
      amount: { columns: ["额"], unit: "minor" },
      direction: { columns: ["向"], values: { 进: "in", 来: "in", 出: "out" } },
      line_no: ["流水"],
    });
  });
});
