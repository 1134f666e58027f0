import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { MappingDetail, Rule } from "../../api/types";
import { assign, plainCode } from "../../logic/rules";
import { useMappingDraft } from "./useMappingDraft";

const shipped: Rule = { match: "code", value: "签收", when: "", state: "delivered", note: "", shipped: true };

function detail(): MappingDetail {
  return {
    codes: "zto",
    title: "中通快递",
    states: [],
    published: { version: 3, rules: [shipped], note: "", author: "", at: null },
    draft: null,
    seen: [],
    history: [],
  };
}

/** A hub that keeps one draft and refuses a revision that is not its own. */
class Hub {
  revision: number | null = null;
  rules: Rule[] = [];
  saves = 0;

  answer = async (_url: string, init: RequestInit = {}): Promise<Response> => {
    if (init.method !== "PUT") return this.json(200, { ...detail(), draft: this.draft() });
    const body = JSON.parse(String(init.body)) as { rules: Rule[]; revision: number | null };
    if (body.revision !== this.revision) return this.json(409, { detail: "王五 刚刚保存了草稿。" });
    this.saves += 1;
    this.revision = (this.revision ?? 0) + 1;
    this.rules = body.rules;
    return this.json(200, this.draft());
  };

  private draft() {
    if (this.revision === null) return null;
    const rules = this.rules.map((rule) => ({ ...rule, shipped: false }));
    return { rules, base_version: 3, author: "王五", updated_at: "2026-11-22T00:00:00Z", revision: this.revision };
  }

  private json(status: number, body: unknown): Response {
    return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  }
}

let hub: Hub;

beforeEach(() => {
  hub = new Hub();
  document.cookie = "fenghe_csrf=abc";
  vi.stubGlobal("fetch", hub.answer);
});

afterEach(() => vi.unstubAllGlobals());

function editing() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const around = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const start = detail();
  return renderHook(() => useMappingDraft(start), { wrapper: around });
}

describe("a mapping draft", () => {
  it("saves itself, without the shipped rules, and only once for one change", async () => {
    const { result } = editing();
    act(() => result.current.change(assign(result.current.own, plainCode("ZT_05"), "out_for_delivery")));
    expect(result.current.dirty).toBe(true);
    await waitFor(() => expect(result.current.revision).toBe(1), { timeout: 3000 });
    expect(hub.saves).toBe(1);
    expect(hub.rules.map((rule) => rule.value)).toEqual(["ZT_05"]);
    expect(result.current.dirty).toBe(false);
  });
  it("saves an undo as well", async () => {
    const { result } = editing();
    act(() => result.current.change(assign(result.current.own, plainCode("ZT_05"), "delivered")));
    await waitFor(() => expect(result.current.revision).toBe(1), { timeout: 3000 });
    act(() => result.current.undo());
    await waitFor(() => expect(hub.rules).toEqual([]), { timeout: 3000 });
    act(() => result.current.redo());
    await waitFor(() => expect(hub.rules).toHaveLength(1), { timeout: 3000 });
  });
  it("does not get in its own way when asked to save while saving", async () => {
    const { result } = editing();
    act(() => result.current.change(assign(result.current.own, plainCode("A"), "delivered")));
    let first: Promise<boolean> | undefined;
    await act(async () => {
      first = result.current.flush();
    });
    act(() => result.current.change(assign(result.current.own, plainCode("B"), "delivered")));
    await act(async () => {
      expect(await Promise.all([first, result.current.flush()])).toEqual([true, true]);
    });
    expect(hub.rules.map((rule) => rule.value)).toEqual(["A", "B"]);
    expect(result.current.phase).toBe("idle");
  });
  it("overwrites nobody: a conflict waits for a decision, and either decision works", async () => {
    const { result } = editing();
    hub.revision = 7;
    hub.rules = [{ ...shipped, value: "THEIRS", shipped: false }];
    act(() => result.current.change(assign(result.current.own, plainCode("MINE"), "delivered")));
    await waitFor(() => expect(result.current.phase).toBe("conflict"), { timeout: 3000 });
    expect(hub.rules.map((rule) => rule.value)).toEqual(["THEIRS"]);
    await act(() => result.current.keepMine());
    expect(hub.rules.map((rule) => rule.value)).toEqual(["MINE"]);
    expect(result.current.phase).toBe("idle");
    hub.revision = 20;
    hub.rules = [{ ...shipped, value: "THEIRS", shipped: false }];
    await act(() => result.current.takeTheirs());
    expect(result.current.own.map((rule) => rule.value)).toEqual(["THEIRS"]);
    expect(result.current.revision).toBe(20);
  });
});
