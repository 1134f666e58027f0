import { act, render, screen } from "@testing-library/react";
import { MemoryRouter, useLocation } from "react-router";
import { beforeEach, describe, expect, it } from "vitest";
import { useListState } from "../table/useListState";
import { type Address, useAddress } from "./useAddress";

let one: Address;
let other: Address;
let filter: (name: string, value: string) => void;

function One() {
  one = useAddress();
  return null;
}

function Other() {
  other = useAddress();
  filter = useListState("name").setFilter;
  return <output>{useLocation().search}</output>;
}

const address = () => [...new URLSearchParams(screen.getByRole("status").textContent ?? "")].sort();

beforeEach(() => {
  render(
    <MemoryRouter initialEntries={["/list?view=rules&a=1"]}>
      <One />
      <Other />
    </MemoryRouter>,
  );
});

describe("the address", () => {
  it("keeps two changes made before either is drawn, whoever makes them", () => {
    act(() => {
      one.put({ b: "2" });
      other.put({ c: "3", a: "" });
      filter("q", "x");
    });
    expect(address()).toEqual([
      ["b", "2"],
      ["c", "3"],
      ["q", "x"],
      ["view", "rules"],
    ]);
  });

  it("builds on what is drawn once it is drawn", () => {
    act(() => one.put({ b: "2" }));
    act(() => other.put({ b: null }));
    expect(address()).toEqual([
      ["a", "1"],
      ["view", "rules"],
    ]);
  });

  it("begins afresh with another view", () => {
    act(() => {
      one.put({ b: "2" });
      other.begin({ view: "log", q: "" });
    });
    expect(address()).toEqual([["view", "log"]]);
  });
});
