/** Whether a source still speaks (来源心跳). Silence is never shown as health. Pure. */
import { secondsBetween } from "./time";

export type Freshness = "live" | "quiet" | "silent" | "never";

const LIVE_SECONDS = 15 * 60;
const QUIET_SECONDS = 2 * 3600;

export function freshness(lastReceivedAt: string | null, now: string): Freshness {
  if (!lastReceivedAt) return "never";
  const seconds = secondsBetween(lastReceivedAt, now);
  if (seconds <= LIVE_SECONDS) return "live";
  return seconds <= QUIET_SECONDS ? "quiet" : "silent";
}
