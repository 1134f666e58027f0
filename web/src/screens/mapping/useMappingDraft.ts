/** Editing a mapping's draft (草稿): undo and redo, saved by itself, and a conflict said instead of overwritten. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { ApiError, api } from "../../api/client";
import type { MappingDetail, MappingDraft, Rule } from "../../api/types";
import { ownRules, startingRules } from "../../logic/rules";
import { advance, begin, redo, type Timeline, undo } from "../../logic/undo";

const SETTLE_MS = 600;
const AGAIN_MS = 6_000;

export type Phase = "idle" | "saving" | "conflict" | "failed";

interface Saved {
  text: string;
  revision: number | null;
  version: number | null;
}

export interface DraftControl {
  own: readonly Rule[];
  text: string;
  revision: number | null;
  phase: Phase;
  dirty: boolean;
  problem: unknown;
  canUndo: boolean;
  canRedo: boolean;
  change: (own: readonly Rule[]) => void;
  undo: () => void;
  redo: () => void;
  /** Saves what is not yet saved; false when it could not. */
  flush: () => Promise<boolean>;
  /** After a conflict: take theirs, or save ours over it. */
  takeTheirs: () => Promise<void>;
  keepMine: () => Promise<void>;
}

function serial(rules: readonly Rule[]): string {
  return JSON.stringify(rules.map(({ match, value, when, state, note }) => ({ match, value, when, state, note })));
}

function savedOf(detail: MappingDetail): Saved {
  return {
    text: serial(startingRules(detail)),
    revision: detail.draft?.revision ?? null,
    version: detail.published?.version ?? null,
  };
}

interface Doc {
  line: Timeline<readonly Rule[]>;
  setLine: (change: (line: Timeline<readonly Rule[]>) => Timeline<readonly Rule[]>) => void;
  saved: Saved;
  phase: Phase;
  problem: unknown;
  adopt: (fresh: MappingDetail) => void;
  /** One save at a time; a forced revision overwrites, else nothing is sent when nothing changed. */
  save: (force?: { revision: number | null }) => Promise<boolean>;
}

/** The document and its saving. Saves wait for each other, so that each knows the revision of the one before. */
function useDocument(detail: MappingDetail, path: string, key: readonly unknown[]): Doc {
  const client = useQueryClient();
  const [line, setLine] = useState<Timeline<readonly Rule[]>>(() => begin(startingRules(detail)));
  const [saved, setSaved] = useState<Saved>(() => savedOf(detail));
  const [phase, setPhase] = useState<Phase>("idle");
  const [problem, setProblem] = useState<unknown>(null);
  const latest = useRef(line);
  latest.current = line;
  const base = useRef(saved);
  const running = useRef<Promise<boolean>>(Promise.resolve(true));

  const settle = (next: Saved) => {
    base.current = next;
    setSaved(next);
    setPhase("idle");
    setProblem(null);
  };
  const adopt = (fresh: MappingDetail) => {
    setLine(begin(startingRules(fresh)));
    settle(savedOf(fresh));
  };
  const send = async (force?: { revision: number | null }): Promise<boolean> => {
    const sent = serial(ownRules(latest.current.present));
    if (!force && sent === base.current.text) return true;
    setPhase("saving");
    await client.cancelQueries({ queryKey: key });
    const revision = force ? force.revision : base.current.revision;
    try {
      const draft = await api.put<MappingDraft>(`${path}/draft`, { rules: JSON.parse(sent), revision });
      client.setQueryData<MappingDetail>(key, (old) => (old ? { ...old, draft } : old));
      settle({ ...base.current, text: sent, revision: draft.revision });
      return true;
    } catch (error) {
      setPhase(error instanceof ApiError && error.status === 409 ? "conflict" : "failed");
      setProblem(error);
      return false;
    }
  };
  const save = (force?: { revision: number | null }) => {
    running.current = running.current.then(() => send(force));
    return running.current;
  };
  return { line, setLine, saved, phase, problem, adopt, save };
}

export function useMappingDraft(detail: MappingDetail): DraftControl {
  const client = useQueryClient();
  const path = `/api/status-mappings/${encodeURIComponent(detail.codes)}`;
  const key = ["mappings", path, {}];
  const doc = useDocument(detail, path, key);
  const { line, setLine, saved, phase, problem } = doc;
  const text = serial(line.present);
  const dirty = text !== saved.text;
  const now = useRef({ doc, dirty });
  now.current = { doc, dirty };

  useEffect(() => {
    const { doc: current, dirty: unsaved } = now.current;
    const theirs = savedOf(detail);
    const moved = theirs.revision !== current.saved.revision || theirs.version !== current.saved.version;
    if (moved && !unsaved && current.phase === "idle") current.adopt(detail);
  }, [detail]);

  useEffect(() => {
    if (!dirty || phase === "saving" || phase === "conflict") return;
    const wait = phase === "failed" ? AGAIN_MS : SETTLE_MS;
    const timer = setTimeout(() => void now.current.doc.save(), wait);
    return () => clearTimeout(timer);
  }, [text, dirty, phase]);

  const fresh = () => client.fetchQuery({ queryKey: key, queryFn: () => api.get<MappingDetail>(path), staleTime: 0 });
  return {
    own: line.present,
    text,
    revision: saved.revision,
    phase,
    dirty,
    problem,
    canUndo: line.past.length > 0,
    canRedo: line.future.length > 0,
    change: (own) => setLine((before) => advance(before, own)),
    undo: () => setLine(undo),
    redo: () => setLine(redo),
    flush: () => doc.save(),
    takeTheirs: async () => doc.adopt(await fresh()),
    keepMine: async () => void (await doc.save({ revision: (await fresh()).draft?.revision ?? null })),
  };
}
