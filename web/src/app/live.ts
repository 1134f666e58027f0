/** Server-sent events (实时推送): what changed makes its queries stale; a broken line is said, not hidden. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { invalidate } from "../api/queries";

export type Line = "connecting" | "live" | "lost";

const QUIET_MS = 1_500;
const RETRY_MS = 5_000;
const LOST_AFTER_MS = 4_000;

let line: Line = "connecting";
const listeners = new Set<() => void>();

function setLine(next: Line): void {
  if (line === next) return;
  line = next;
  for (const tell of listeners) tell();
}

export function useLine(): Line {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => line,
  );
}

/** Opens the line and keeps it open, also after the browser gave up. Returns the way to close it. */
export function listen(onTopics: (topics: string[]) => void, onReturn: () => void): () => void {
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let doubt: ReturnType<typeof setTimeout> | undefined;
  let wasLost = false;
  const open = () => {
    source = new EventSource("/api/events");
    source.onopen = () => {
      clearTimeout(doubt);
      doubt = undefined;
      setLine("live");
      if (wasLost) onReturn();
      wasLost = false;
    };
    source.onerror = () => {
      doubt ??= setTimeout(() => {
        wasLost = true;
        setLine("lost");
      }, LOST_AFTER_MS);
      if (source?.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS);
    };
    source.addEventListener("changed", (event) => onTopics(topicsOf((event as MessageEvent<string>).data)));
  };
  open();
  return () => {
    clearTimeout(retry);
    clearTimeout(doubt);
    source?.close();
    setLine("connecting");
  };
}

function topicsOf(data: string): string[] {
  const told = JSON.parse(data) as { topics?: string[] };
  return told.topics ?? [];
}

/** While signed in: refetch what changed at once, then gathered so that a busy hub does not make the screen flicker. */
export function useLive(): void {
  const client = useQueryClient();
  useEffect(() => {
    const waiting = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let lastFlush = 0;
    const flush = () => {
      timer = undefined;
      lastFlush = Date.now();
      invalidate(client, [...waiting]);
      waiting.clear();
    };
    const close = listen(
      (topics) => {
        for (const topic of topics) waiting.add(topic);
        timer ??= setTimeout(flush, Math.max(0, lastFlush + QUIET_MS - Date.now()));
      },
      () => void client.invalidateQueries(),
    );
    return () => {
      clearTimeout(timer);
      close();
    };
  }, [client]);
}
