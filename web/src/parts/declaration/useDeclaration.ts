/** Editing one declaration of any kind: the body, its problems, its dry run, and whose draft it is. */
import { useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { api } from "../../api/client";
import type { Declaration, DraftView, Trial } from "../../api/types-declarations";
import { useT } from "../../i18n";
import { useAct } from "../useAct";

export function declarationPath(kind: string, name: string): string {
  return `/api/declarations/${encodeURIComponent(kind)}/${encodeURIComponent(name)}`;
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

export function useDeclaration<Body>(detail: Declaration<Body>, back: string) {
  const t = useT();
  const act = useAct();
  const client = useQueryClient();
  const { notification } = App.useApp();
  const navigate = useNavigate();
  /** Nobody published it and nothing is shipped under its name: there is only the draft. */
  const isNew = detail.version === 0 && detail.shipped === null;
  const path = declarationPath(detail.kind, detail.name);
  const start = detail.draft?.body ?? detail.body;
  const [body, setBody] = useState<Body>(start);
  const [draft, setDraft] = useState<DraftView<Body> | null>(detail.draft);
  const [tried, setTried] = useState<{ trial: Trial; body: Body } | null>(null);
  const [busy, setBusy] = useState(false);
  const startKey = JSON.stringify([start, detail.draft?.revision ?? null, detail.version]);
  useEffect(() => {
    const [fresh] = JSON.parse(startKey) as [Body];
    setBody(fresh);
    setDraft(detail.draft);
  }, [startKey, detail.draft]);
  const refresh = () => client.invalidateQueries({ queryKey: ["declarations"] });

  /** A draft that is only checked stays its author's: the second person must be somebody else. */
  const keep = async () => {
    if (draft && same(body, draft.body)) return draft;
    const saved = await api.put<DraftView<Body>>(`${path}/draft`, { body, revision: draft?.revision ?? null });
    setDraft(saved);
    return saved;
  };
  const during = async (work: () => Promise<void>, done?: string) => {
    setBusy(true);
    const worked = await act(work, done ? { done } : undefined);
    setBusy(false);
    return worked;
  };
  const save = () =>
    during(async () => {
      await keep();
      await refresh();
    }, t("declaration.saved"));
  const dryRun = (days: number) =>
    during(async () => {
      const saved = await keep();
      if (saved.problems.length === 0) {
        setTried({ trial: await api.post<Trial>(`${path}/dry-run`, { days }), body });
      }
      await refresh();
    });
  const publish = (note: string) =>
    during(async () => {
      const answer = await api.post<{ version: number; looked_at_anew: number }>(`${path}/publish`, {
        note,
        revision: draft?.revision,
      });
      setTried(null);
      await refresh();
      const description = answer.looked_at_anew ? t("publish.anew", { n: answer.looked_at_anew }) : undefined;
      notification.success({ title: t("publish.done", { n: answer.version }), description, duration: 6 });
    });
  const rollBack = (version: number, note: string) =>
    during(async () => {
      await api.post(`${path}/rollback`, { version, note });
      setTried(null);
      await refresh();
    }, t("history.rolledBackDone"));
  const discard = () =>
    during(async () => {
      await api.delete(`${path}/draft`);
      setTried(null);
      if (isNew) navigate(back);
      await refresh();
    }, t("mapping.discarded"));
  return {
    detail,
    body,
    setBody,
    draft,
    busy,
    changed: isNew || !same(body, detail.body),
    unsaved: !same(body, draft?.body ?? detail.body),
    problems: draft && same(body, draft.body) ? draft.problems : [],
    trial: tried?.trial ?? null,
    fresh: tried !== null && same(tried.body, body),
    save,
    dryRun,
    publish,
    rollBack,
    discard,
  };
}

export type DeclarationControl<Body> = ReturnType<typeof useDeclaration<Body>>;
