/** All words of the screens. */
import { actions } from "./actions";
import { app } from "./app";
import { flow } from "./flow";
import { heartbeat } from "./heartbeat";
import { shared } from "./shared";
import { states } from "./states";
import { work } from "./work";

export const WORDS = { ...actions, ...app, ...shared, ...states, ...flow, ...work, ...heartbeat };

export type Word = keyof typeof WORDS;
