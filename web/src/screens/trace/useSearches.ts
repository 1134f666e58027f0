/** The searches about a chain, and beginning one: looked at again and again while one is under way, the chain with it. */
import { useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { useEffect, useState } from "react";
import { api } from "../../api/client";
import { useGet } from "../../api/queries";
import type { SearchView } from "../../api/types-seeking";
import { useT } from "../../i18n";
import { useAct } from "../../parts/useAct";

const LOOK_MS = 1_200;

export interface Seeking {
  searches: SearchView[];
  running: SearchView | undefined;
  busy: boolean;
  seek: (gap?: string) => void;
}

export function useSearches(number: string, which: string): Seeking {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [live, setLive] = useState(false);
  const [busy, setBusy] = useState(false);
  const answer = useGet<SearchView[]>("money", "/api/trace/searches", { number, which }, live ? { refetchMs: LOOK_MS } : {});
  const searches = answer.data ?? [];
  const running = searches.find((each) => each.status === "running");
  const stamp = searches.map((each) => `${each.status}${each.questions.filter((one) => one.status !== "waiting").length}`);
  const seen = stamp.join();
  useEffect(() => {
    setLive(Boolean(running));
  }, [running]);
  useEffect(() => {
    void client.invalidateQueries({ queryKey: ["money", "/api/trace"] });
  }, [client, seen]);
  const seek = (gap = "") => {
    setBusy(true);
    void act(async () => {
      const told = await api.post<SearchView>("/api/trace/searches", { number, which, gap });
      void message.info(t(`seek.${told.how || "begun"}`));
      await client.invalidateQueries({ queryKey: ["money", "/api/trace/searches"] });
    }).finally(() => setBusy(false));
  };
  return { searches, running, busy, seek };
}
