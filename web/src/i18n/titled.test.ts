import { describe, expect, it } from "vitest";
import { said, titled } from ".";

describe("what the hub tells in Chinese", () => {
  const answer = {
    items: [{ id: "1", title: "菜鸟", state_title: "已签收", carrier_title: "中通快递", note: "已签收" }],
    choices: [{ value: "zto", title: "中通快递" }],
    body: { title: "菜鸟", message_title: "已签收" },
    none: null,
  };

  it("stays as it is on a Chinese screen", () => {
    expect(titled(answer, "zh-CN")).toBe(answer);
  });

  it("is told in English, but not what people wrote", () => {
    expect(titled(answer, "en")).toEqual({
      items: [{ id: "1", title: "菜鸟", state_title: "Delivered", carrier_title: "ZTO Express", note: "已签收" }],
      choices: [{ value: "zto", title: "ZTO Express" }],
      body: { title: "菜鸟", message_title: "已签收" },
      none: null,
    });
  });

  it("is told on both sides of an arrow, and shown as it is where nobody translated it", () => {
    expect(said("重复支付 → 原路退款", "en")).not.toMatch(/[\u4e00-\u9fff]/);
    expect(said("没有人译过", "en")).toBe("没有人译过");
  });
});
