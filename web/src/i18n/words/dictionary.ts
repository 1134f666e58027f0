/** A word and how it reads: Chinese first, then English. */
export type Dictionary = Record<string, readonly [zh: string, en: string]>;
