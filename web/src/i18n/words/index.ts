/** All words of the screens. */
import { actions } from "./actions";
import { app } from "./app";
import { flow } from "./flow";
import { shared } from "./shared";
import { statements } from "./statements";
import { states } from "./states";
import { work } from "./work";

export const WORDS = { ...actions, ...app, ...shared, ...states, ...flow, ...work, ...statements };

export type Word = keyof typeof WORDS;
