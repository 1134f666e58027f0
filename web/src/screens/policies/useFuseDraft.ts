/** Editing one carrier's thresholds: the numbers, their dry run, and whose draft it is. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api } from "../../api/client";
import type { DryRun, FuseDetail, FuseValues } from "../../api/types";
import { useT } from "../../i18n";
import { useAct } from "../../parts/useAct";

const FALLBACK: FuseValues = { distance: 2, age_hours: 24, settle_seconds: 5, reuse_hours: 24 };
const DAYS = 3;

export const KEYS = ["distance", "age_hours", "settle_seconds", "reuse_hours", "life_days"] as const;

export function differing(a: FuseValues, b: FuseValues): number {
  return KEYS.filter((key) => (a[key] ?? null) !== (b[key] ?? null)).length;
}

export function useFuseDraft(detail: FuseDetail, path: string) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const inForce = detail.published?.values ?? FALLBACK;
  const [values, setValues] = useState<FuseValues>(detail.draft?.values ?? inForce);
  const [revision, setRevision] = useState<number | null>(detail.draft?.revision ?? null);
  const [tried, setTried] = useState<{ result: DryRun; values: FuseValues } | null>(null);
  const [busy, setBusy] = useState(false);
  const startKey = JSON.stringify([detail.draft?.values ?? inForce, detail.draft?.revision ?? null]);
  useEffect(() => {
    const [fresh, known] = JSON.parse(startKey) as [FuseValues, number | null];
    setValues(fresh);
    setRevision(known);
  }, [startKey]);
  const refresh = () => client.invalidateQueries({ queryKey: ["policies"] });
  const forget = async () => {
    setTried(null);
    await refresh();
  };
  /** A draft that is only checked stays its author's: the second person must be somebody else. */
  const save = async () => {
    if (detail.draft && differing(values, detail.draft.values) === 0) return;
    const draft = await api.put<{ revision: number }>(`${path}/draft`, { values, revision });
    setRevision(draft.revision);
  };
  const dryRun = async () => {
    setBusy(true);
    await act(async () => {
      await save();
      setTried({ result: await api.post<DryRun>(`${path}/dry-run`, { days: DAYS }), values });
      await refresh();
    });
    setBusy(false);
  };
  const removeDraft = async () => {
    await api.delete(`${path}/draft`);
    await forget();
  };
  return {
    values,
    setValues,
    inForce,
    revision,
    busy,
    result: tried?.result ?? null,
    fresh: tried !== null && differing(tried.values, values) === 0,
    changes: differing(values, inForce),
    dryRun,
    discard: () => act(removeDraft, { done: t("mapping.discarded") }),
    forget,
  };
}

export type FuseDraftControl = ReturnType<typeof useFuseDraft>;
