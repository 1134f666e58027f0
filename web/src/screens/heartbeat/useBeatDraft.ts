/** Editing one carrier's heartbeat: the numbers, what they would ask of the carriers, and whose draft it is. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api } from "../../api/client";
import type { BeatDetail, BeatValues } from "../../api/types-heartbeat";
import { useT } from "../../i18n";
import { useAct } from "../../parts/useAct";

export const BEAT_KEYS = [
  "interval_minutes",
  "empties",
  "due_hours",
  "give_up_days",
  "push_hours",
  "jitter_percent",
  "calls_per_minute",
  "batch",
] as const satisfies readonly (keyof BeatValues)[];

export function beatChanges(a: BeatValues, b: BeatValues): number {
  return BEAT_KEYS.filter((key) => a[key] !== b[key]).length;
}

export function useBeatDraft(detail: BeatDetail, path: string) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const inForce = detail.published.values;
  const start = detail.draft?.values ?? inForce;
  const [values, setValues] = useState<BeatValues>(start);
  const [busy, setBusy] = useState(false);
  const startKey = JSON.stringify(start);
  useEffect(() => setValues(JSON.parse(startKey) as BeatValues), [startKey]);
  const refresh = () => client.invalidateQueries({ queryKey: ["policies"] });
  const save = async () => {
    setBusy(true);
    await act(async () => {
      await api.put(`${path}/draft`, { values, revision: detail.draft?.revision ?? null });
      await refresh();
    });
    setBusy(false);
  };
  const discard = () =>
    act(
      async () => {
        await api.delete(`${path}/draft`);
        await refresh();
      },
      { done: t("mapping.discarded") },
    );
  const publish = (note: string) =>
    act(
      async () => {
        await api.post(`${path}/publish`, { note, revision: detail.draft?.revision });
        await refresh();
      },
      { done: t("common.saved") },
    );
  const rollBack = (version: number, note: string) =>
    act(
      async () => {
        await api.post(`${path}/rollback`, { version, note });
        await refresh();
      },
      { done: t("history.rolledBackDone") },
    );
  const saved = detail.draft !== null && beatChanges(values, detail.draft.values) === 0;
  return { values, setValues, inForce, busy, saved, changes: beatChanges(values, inForce), save, discard, publish, rollBack };
}

export type BeatDraftControl = ReturnType<typeof useBeatDraft>;
