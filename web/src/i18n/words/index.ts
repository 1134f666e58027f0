/** All words of the screens. */
import { actions } from "./actions";
import { app } from "./app";
import { callbacks } from "./callbacks";
import { clocks } from "./clocks";
import { compensation } from "./compensation";
import { declarations } from "./declarations";
import { flow } from "./flow";
import { heartbeat } from "./heartbeat";
import { ledger } from "./ledger";
import { notices } from "./notices";
import { payments } from "./payments";
import { reasons } from "./reasons";
import { recon } from "./recon";
import { reminders } from "./reminders";
import { seeking } from "./seeking";
import { shared } from "./shared";
import { statements } from "./statements";
import { states } from "./states";
import { titles } from "./titles";
import { work } from "./work";

export const WORDS = {
  ...actions,
  ...app,
  ...callbacks,
  ...clocks,
  ...compensation,
  ...declarations,
  ...flow,
  ...heartbeat,
  ...ledger,
  ...notices,
  ...payments,
  ...reasons,
  ...recon,
  ...reminders,
  ...seeking,
  ...shared,
  ...statements,
  ...states,
  ...titles,
  ...work,
};

/** The dictionaries one by one, to find a key that two of them define. */
export const PARTS = [
  actions,
  app,
  callbacks,
  clocks,
  compensation,
  declarations,
  flow,
  heartbeat,
  ledger,
  notices,
  payments,
  reasons,
  recon,
  reminders,
  seeking,
  shared,
  statements,
  states,
  titles,
  work,
];

export type Word = keyof typeof WORDS;
