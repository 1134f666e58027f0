/** How late we heard of something (得知 behind 发生). Pure. */
import { secondsBetween } from "./time";

export type Lateness = "unknown" | "prompt" | "late" | "very_late" | "ahead";

export interface Delay {
  level: Lateness;
  seconds: number;
}

const PROMPT_SECONDS = 10 * 60;
const LATE_SECONDS = 6 * 3600;
const CLOCK_SKEW_SECONDS = 60;

/** Without a stated time of happening nothing is known about the delay; it is not "prompt". */
export function lateness(occurredAt: string | null, heardAt: string): Delay {
  if (!occurredAt) return { level: "unknown", seconds: 0 };
  const seconds = secondsBetween(occurredAt, heardAt);
  if (seconds < -CLOCK_SKEW_SECONDS) return { level: "ahead", seconds };
  if (seconds <= PROMPT_SECONDS) return { level: "prompt", seconds };
  return { level: seconds <= LATE_SECONDS ? "late" : "very_late", seconds };
}
