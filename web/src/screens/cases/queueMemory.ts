/** The queue one came from, so that a case's page knows the next one. */

const KEY = "fenghe.queue";

export function rememberQueue(ids: readonly string[]): void {
  if (ids.length > 0) sessionStorage.setItem(KEY, JSON.stringify(ids));
}

export function rememberedQueue(): string[] {
  return JSON.parse(sessionStorage.getItem(KEY) ?? "[]") as string[];
}
