import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, api, onSignedOut, readCookie, withQuery } from "./client";

interface Sent {
  url: string;
  init: RequestInit;
}

/** Answers every request with this, and remembers what was sent. */
function hubAnswering(status: number, body: unknown, headers: Record<string, string> = {}): Sent[] {
  const sent: Sent[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    sent.push({ url, init });
    const text = body === undefined ? "" : JSON.stringify(body);
    return new Response(text || null, { status, headers: { "content-type": "application/json", ...headers } });
  });
  return sent;
}

afterEach(() => {
  vi.unstubAllGlobals();
  document.cookie = "fenghe_csrf=; max-age=0";
});

async function failure(work: Promise<unknown>): Promise<ApiError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

describe("talking to the hub", () => {
  it("sends the forged-request header on writes and not on reads", async () => {
    document.cookie = "fenghe_csrf=abc";
    const sent = hubAnswering(200, {});
    await api.get("/api/orders", { q: "1" });
    await api.post("/api/cases/1/comments", { text: "x" });
    const header = (at: number) => new Headers(sent[at]?.init.headers).get("x-csrftoken");
    expect(header(0)).toBeNull();
    expect(header(1)).toBe("abc");
    expect(sent[0]?.url).toBe("/api/orders?q=1");
  });
  it("fetches the cookie first when there is none", async () => {
    const sent = hubAnswering(200, {});
    await api.delete("/api/tokens/1");
    expect(sent.map((each) => each.url)).toEqual(["/api/session", "/api/tokens/1"]);
  });
  it("turns a problem into its words, fields and trace", async () => {
    const fields = [{ field: "reason", message: "请填写原因" }];
    hubAnswering(400, { title: "无效", detail: "请检查", code: "invalid", fields }, { "x-request-id": "t-1" });
    const error = await failure(api.get("/api/x"));
    expect(error).toMatchObject({ status: 400, detail: "请检查", code: "invalid", fields, trace: "t-1" });
  });
  it("announces the end of the session, but not a refused sign-in", async () => {
    document.cookie = "fenghe_csrf=abc";
    hubAnswering(401, { detail: "请登录" });
    const heard = vi.fn();
    const stop = onSignedOut(heard);
    await failure(api.post("/api/session", {}));
    expect(heard).not.toHaveBeenCalled();
    await failure(api.get("/api/orders"));
    expect(heard).toHaveBeenCalledOnce();
    stop();
  });
  it("says that the hub cannot be reached", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed to fetch")));
    expect(await failure(api.get("/api/x"))).toMatchObject({ status: 0, code: "unreachable" });
  });
  it("accepts an answer without a body", async () => {
    document.cookie = "fenghe_csrf=abc";
    hubAnswering(204, undefined);
    expect(await api.delete("/api/x")).toBeUndefined();
  });
});

describe("small parts", () => {
  it("reads one cookie among many, with = inside", () => {
    expect(readCookie("b", "a=1; b=x%3D=y; c=2")).toBe("x==y");
    expect(readCookie("d", "a=1")).toBeNull();
  });
  it("leaves empty filters out of the address", () => {
    expect(withQuery("/api/x", { a: "", b: null, c: 0, d: false })).toBe("/api/x?c=0&d=false");
    expect(withQuery("/api/x")).toBe("/api/x");
  });
});
