import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { App } from "antd";
import { MemoryRouter, useLocation } from "react-router";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Me } from "../api/types";
import { SessionProvider } from "../app/session";
import { QueryTable } from "./QueryTable";
import { useListState } from "./useListState";

interface Row {
  id: string;
  name: string;
}

const me: Me = {
  id: "1",
  username: "a",
  name: "甲",
  roles: [],
  permissions: ["exports.create"],
  locale: "zh-CN",
  shops: null,
};

let asked: string[] = [];

beforeEach(() => {
  asked = [];
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    const items = [1, 2].map((n) => ({ id: String(n), name: `第 ${n} 行` }));
    const body = { items, total: 120, page: 1, size: 50, tabs: { all: 120, held: 7 }, capped_tabs: ["all"] };
    return new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } });
  });
});

afterEach(() => vi.unstubAllGlobals());

function Probe() {
  const control = useListState("-name");
  const { search } = useLocation();
  return (
    <>
      <output>{search}</output>
      <button
        type="button"
        data-testid="twice"
        onClick={() => {
          control.set({ filters: { q: "A7" }, page: 1 });
          control.setFilter("shop", "S7");
        }}
      />
      <QueryTable<Row>
        screen="probe"
        source={{ topic: "orders", path: "/api/probe" }}
        control={control}
        rowKey={(row) => row.id}
        rowTestId={(row) => `row-${row.id}`}
        fields={[
          { kind: "numbers", name: "q", label: "单号", primary: true },
          { kind: "text", name: "shop", label: "店铺" },
        ]}
        tabs={{
          name: "tab",
          first: "all",
          list: [
            { key: "all", label: "全部" },
            { key: "held", label: "熔断" },
          ],
        }}
        bulk={(selection) => <i>{JSON.stringify(selection)}</i>}
        columns={[
          { key: "id", title: "编号", width: 100, render: (row) => row.id },
          { key: "name", title: "名称", width: 100, render: (row) => row.name, sort: "name" },
        ]}
      />
    </>
  );
}

function show(address: string) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <MemoryRouter initialEntries={[address]}>
      <App>
        <QueryClientProvider client={client}>
          <SessionProvider me={me}>
            <Probe />
          </SessionProvider>
        </QueryClientProvider>
      </App>
    </MemoryRouter>,
  );
}

describe("a list", () => {
  it("asks for what the address says, and shows counts with a bound as such", async () => {
    show("/?tab=held&q=A1+A2&page=2&size=20");
    await screen.findByTestId("row-1");
    expect(asked[0]).toBe("/api/probe?tab=held&q=A1+A2&page=2&size=20&sort=-name");
    expect(screen.getByTestId("tab-all").textContent).toBe("全部120+");
  });
  it("writes filter and tab into the address, starting again on page 1", async () => {
    show("/?page=2");
    await screen.findByTestId("row-1");
    fireEvent.change(screen.getByTestId("filter-q"), { target: { value: "B1\nB2，B3" } });
    fireEvent.click(screen.getByTestId("filter-apply"));
    await waitFor(() => expect(document.querySelector("output")?.textContent).toBe("?q=B1+B2+B3"));
    fireEvent.click(screen.getByTestId("tab-held"));
    await waitFor(() => expect(document.querySelector("output")?.textContent).toContain("tab=held"));
  });
  it("means the ticked rows, or every row the filter finds, with the count that was seen", async () => {
    show("/?tab=held");
    const row = await screen.findByTestId("row-1");
    fireEvent.click(row.querySelector("input") as HTMLInputElement);
    expect(screen.getByTestId("bulk-bar").textContent).toContain('{"mode":"ids","ids":["1"]}');
    fireEvent.click(screen.getByTestId("bulk-select-all"));
    expect(screen.getByTestId("bulk-bar").textContent).toContain(
      '{"mode":"filter","filter":{"tab":"held"},"expected":120}',
    );
  });
  it("builds a change on the one before, drawn or not", async () => {
    show("/?q=A1");
    fireEvent.click(await screen.findByTestId("twice"));
    await waitFor(() => expect(document.querySelector("output")?.textContent).toContain("shop=S7"));
    expect(document.querySelector("output")?.textContent).toContain("q=A7");
  });
});
