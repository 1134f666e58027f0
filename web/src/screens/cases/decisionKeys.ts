/** The keys that rule on a case, the same in the queue and on its page. */
import type { Decision } from "../../api/types";
import type { KeyMap } from "../../parts/useKeys";

const KEYS: Record<string, Decision> = {
  a: "accept_theirs",
  "1": "accept_theirs",
  o: "keep_ours",
  "2": "keep_ours",
  r: "ask_again",
  "3": "ask_again",
  d: "settled",
  "4": "settled",
};

export function decisionKeys(decide: (decision: Decision) => void): KeyMap {
  return Object.fromEntries(Object.entries(KEYS).map(([key, decision]) => [key, () => decide(decision)]));
}
