/** Editing one declaration: its values, their dry run, and whose draft it is. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api } from "../../api/client";
import { invalidate } from "../../api/queries";
import type { Declared } from "../../api/types";
import { useT } from "../../i18n";
import { useAct } from "../../parts/useAct";

const TOPICS = ["clocks", "promises", "freshness", "orders", "cases", "workbench", "sources"];

interface Options {
  path: string;
  days: number;
  /** What to say when it is in force. */
  published: (version: number, reread: number) => string;
}

/** The same whatever the order of its fields: the hub keeps them in an order of its own. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

export const same = (a: unknown, b: unknown) => canonical(a) === canonical(b);

export function useDeclared<Values, Trial>(detail: Declared<Values>, options: Options) {
  const { path, days } = options;
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const [values, setValues] = useState<Values>(detail.draft?.values ?? detail.values);
  const [revision, setRevision] = useState<number | null>(detail.draft?.revision ?? null);
  const [tried, setTried] = useState<{ result: Trial; values: Values } | null>(null);
  const [busy, setBusy] = useState(false);
  const start = JSON.stringify([detail.draft?.values ?? detail.values, detail.draft?.revision ?? null]);
  useEffect(() => {
    const [fresh, known] = JSON.parse(start) as [Values, number | null];
    setValues(fresh);
    setRevision(known);
  }, [start]);
  const refresh = () => invalidate(client, TOPICS);
  /** A draft that is only checked stays its author's: the second person must be somebody else. */
  const save = async () => {
    if (detail.draft && same(values, detail.draft.values)) return;
    const draft = await api.put<{ revision: number }>(`${path}/draft`, { values, revision });
    setRevision(draft.revision);
  };
  const dryRun = async () => {
    setBusy(true);
    await act(async () => {
      await save();
      setTried({ result: await api.post<Trial>(`${path}/dry-run`, { days }), values });
      refresh();
    });
    setBusy(false);
  };
  const done = async (send: () => Promise<{ version: number; reread: number }>) => {
    let words = "";
    const worked = await act(async () => {
      const answer = await send();
      words = options.published(answer.version, answer.reread);
      setTried(null);
      refresh();
    });
    if (worked) await act(async () => {}, { done: words });
    return worked;
  };
  return {
    values,
    setValues,
    busy,
    result: tried?.result ?? null,
    fresh: tried !== null && same(tried.values, values),
    changes: same(values, detail.values) ? 0 : 1,
    dryRun,
    discard: () =>
      act(
        async () => {
          await api.delete(`${path}/draft`);
          setTried(null);
          refresh();
        },
        { done: t("mapping.discarded") },
      ),
    publish: (note: string) => done(() => api.post(`${path}/publish`, { note, revision })),
    rollBack: (version: number, note: string) => done(() => api.post(`${path}/rollback`, { version, note })),
  };
}
