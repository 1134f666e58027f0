/** Reading from the hub with a cache; the first word of every key is the live topic that makes it stale. */
import { type Query as CachedQuery, keepPreviousData, type QueryClient, useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { titled, useLanguage } from "../i18n";
import { ApiError, api, type Query } from "./client";
import type { Facets } from "./types";

export type Topic =
  | "orders"
  | "cases"
  | "messages"
  | "mappings"
  | "workbench"
  | "people"
  | "sources"
  | "views"
  | "declarations"
  | "money"
  | "statements"
  | "callbacks"
  | "notices"
  | "facets"
  | "clocks"
  | "freshness";

/** Which keys a live topic touches: an order's page shows its cases, the bench counts everything. */
const TOUCHES: Record<string, Topic[]> = {
  orders: ["orders"],
  cases: ["cases", "orders"],
  messages: ["messages"],
  mappings: ["mappings"],
  declarations: ["declarations"],
  money: ["money"],
  sources: ["sources", "freshness"],
  clocks: ["clocks"],
  freshness: ["freshness"],
  workbench: ["workbench"],
  callbacks: ["callbacks"],
  notices: ["notices"],
  statements: ["statements"],
};

interface Options {
  keep?: boolean;
  enabled?: boolean;
  refetchMs?: number;
}

export function useGet<T>(topic: Topic, path: string, query: Query = {}, options: Options = {}) {
  const { locale } = useLanguage();
  const select = useCallback((answer: T) => titled(answer, locale), [locale]);
  return useQuery({
    queryKey: [topic, path, query],
    queryFn: ({ signal }) => api.get<T>(path, query, signal),
    select,
    enabled: options.enabled ?? true,
    ...(options.keep ? { placeholderData: keepPreviousData } : {}),
    ...(options.refetchMs ? { refetchInterval: options.refetchMs } : {}),
  });
}

export function invalidate(client: QueryClient, topics: readonly string[]): void {
  const keys = new Set(topics.flatMap((topic) => TOUCHES[topic] ?? []));
  for (const key of keys) void client.invalidateQueries({ queryKey: [key], predicate: mayHaveChanged });
}

/** What was not there is not asked for again with every change elsewhere. */
function mayHaveChanged(query: CachedQuery): boolean {
  const { error } = query.state;
  return !(error instanceof ApiError && error.status === 404);
}

const FACETS_FRESH_MS = 5 * 60_000;

const NO_FACETS: Facets = {
  channels: [],
  shops: [],
  carriers: [],
  order_states: [],
  shipment_states: [],
  case_kinds: [],
  sources: [],
};

/** Choices for the query bars. */
export function useFacets(): Facets {
  const { locale } = useLanguage();
  const select = useCallback((answer: Facets) => titled(answer, locale), [locale]);
  const { data } = useQuery({
    queryKey: ["facets"],
    queryFn: () => api.get<Facets>("/api/facets"),
    staleTime: FACETS_FRESH_MS,
    select,
  });
  return data ?? NO_FACETS;
}

/** Who can be given a case; asked only by who may see it. */
export function useOwners(enabled: boolean) {
  const { data } = useQuery({
    queryKey: ["people", "/api/owners"],
    queryFn: () => api.get<{ id: string; name: string }[]>("/api/owners"),
    staleTime: FACETS_FRESH_MS,
    enabled,
  });
  return data ?? [];
}
