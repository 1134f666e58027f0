/** All words of the screens. */
import { actions } from "./actions";
import { app } from "./app";
import { callbacks } from "./callbacks";
import { flow } from "./flow";
import { ledger } from "./ledger";
import { shared } from "./shared";
import { states } from "./states";
import { work } from "./work";

export const WORDS = { ...actions, ...app, ...shared, ...states, ...flow, ...ledger, ...work, ...callbacks };

export type Word = keyof typeof WORDS;
